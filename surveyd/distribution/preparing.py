"""From a launched wave to its ledger: invitations and touches, in chunks, each its own short transaction.

Nothing is released before the last chunk is in and one short statement opens the wave, so a stop
in the middle mails nobody, and the next run goes on behind the last contact dealt with.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyd.base.changes import count_change, invited_topic
from surveyd.base.clock import zone_named
from surveyd.base.database import insert_new, reserve_ids
from surveyd.base.tokens import Keys, token_digest
from surveyd.distribution.audience import Member, judge, judge_one
from surveyd.distribution.cadence import Cadence, Window, cadence_of, due_at
from surveyd.distribution.invitations import run
from surveyd.distribution.languages import language_for
from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    Program,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.distribution.programs import window_of

ASKED_ALREADY, NOT_OPEN = "asked_already", "not_open"
"""Why one more contact is not invited into a wave, besides the rules of its audience."""


def prepare_chunk(
    session: Session,
    wave: Wave,
    program: Program,
    *,
    twins: Sequence[int],
    keys: Keys,
    languages: tuple[str, ...],
) -> bool:
    """Write the next chunk of a wave in preparation, or open it; False when nothing is left to do.

    Another process may be at the same wave: the row count of one UPDATE says who has the chunk.
    """
    if wave.state is not WaveState.PREPARING or wave.launched_at is None or wave.day_zero is None:
        return False
    members = judge(session, wave, program, twins=twins, after=wave.prepared_to, now=wave.launched_at)
    mine = update(Wave).where(
        Wave.id == wave.id, Wave.state == WaveState.PREPARING, Wave.prepared_to == wave.prepared_to
    )
    if not members:
        run(session, mine.values(state=WaveState.OPEN))
        return False
    if run(session, mine.values(prepared_to=members[-1].contact_id)):
        _write(session, wave, program, members, keys=keys, languages=languages, day_zero=wave.day_zero)
    session.refresh(wave)
    return True


def invite_one(
    session: Session,
    wave: Wave,
    program: Program,
    contact_id: int,
    *,
    keys: Keys,
    languages: tuple[str, ...],
    now: datetime,
) -> str:
    """Invite one more contact into a wave that runs; return the rule that leaves them out, empty for invited.

    Their day 0 is now; steps that would come after the close are left out. Besides the rules of an audience
    there are `asked_already` and `not_open`.
    """
    asked = select(Invitation.id).where(Invitation.wave_id == wave.id, Invitation.contact_id == contact_id)
    if session.scalar(asked) is not None:
        return ASKED_ALREADY
    member = judge_one(session, wave, program, contact_id, now=now)
    first = _Plans(cadence_of(session, wave), now, window_of(program)).for_zone(
        member.time_zone or program.time_zone
    )[0]
    if wave.state is not WaveState.OPEN or (wave.closes_at is not None and first >= wave.closes_at):
        return NOT_OPEN
    # Whoever was left out at the launch and is asked now stands in one place only.
    left_out = (Exclusion.wave_id == wave.id, Exclusion.contact_id == contact_id)
    session.execute(delete(Exclusion).where(*left_out))
    _write(session, wave, program, [member], keys=keys, languages=languages, day_zero=now)
    count_change(session, invited_topic(wave.id))
    return member.rule


def _write(
    session: Session,
    wave: Wave,
    program: Program,
    members: list[Member],
    *,
    keys: Keys,
    languages: tuple[str, ...],
    day_zero: datetime,
) -> None:
    left_out = [
        {"wave_id": wave.id, "contact_id": one.contact_id, "rule": one.rule} for one in members if one.rule
    ]
    insert_new(session, Exclusion, left_out, unique=["wave_id", "contact_id"])
    asked = [member for member in members if not member.rule]
    if not asked:
        return
    invitations: list[dict[str, Any]] = []
    touches: list[dict[str, Any]] = []
    cadence = cadence_of(session, wave)
    plans = _Plans(cadence, day_zero, window_of(program))
    for invitation_id, member in zip(reserve_ids(session, "invitations", len(asked)), asked, strict=True):
        zone = member.time_zone or program.time_zone
        due = plans.for_zone(zone)
        invitations.append(
            {
                "id": invitation_id,
                "wave_id": wave.id,
                "contact_id": member.contact_id,
                "account_id": member.account_id,
                "version_id": wave.version_id,
                "token_digest": token_digest(keys.survey_token(invitation_id)),
                "language": language_for(member.language, program.language, languages),
                "time_zone": zone,
                "state": InvitationState.WAITING,
                "invited_at": due[0],
            }
        )
        touches += _touches(wave, cadence, invitation_id, due)
    session.execute(insert(Invitation), invitations)
    session.execute(insert(Touch), touches)


def _touches(wave: Wave, cadence: Cadence, invitation_id: int, due: list[datetime]) -> list[dict[str, Any]]:
    """The steps of one invitation that come before the close."""
    return [
        {
            "invitation_id": invitation_id,
            "wave_id": wave.id,
            "step": step.name,
            "channel": step.channel,
            "state": TouchState.PLANNED,
            "due_at": at,
            "reason": "",
        }
        for step, at in zip(cadence.steps, due, strict=True)
        if wave.closes_at is None or at < wave.closes_at
    ]


class _Plans:
    """The due times of all steps, worked out once a time zone."""

    def __init__(self, cadence: Cadence, day_zero: datetime, window: Window) -> None:
        self.cadence = cadence
        self.day_zero = day_zero
        self.window = window
        self.known: dict[str, list[datetime]] = {}

    def for_zone(self, name: str) -> list[datetime]:
        if name not in self.known:
            zone: ZoneInfo = zone_named(name)
            self.known[name] = [
                due_at(self.day_zero, step.day, zone, step.window or self.window)
                for step in self.cadence.steps
            ]
        return self.known[name]
