"""From a launched wave to its ledger: invitations and touches, in chunks, each its own short transaction.

Nothing is released before the last chunk is in and one short statement opens the wave, so a stop
in the middle mails nobody, and the next run goes on behind the last contact dealt with.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyd.base.bulk import insert_rows
from surveyd.base.changes import count_change, invited_topic
from surveyd.base.database import insert_new, reserve_ids
from surveyd.base.tokens import Keys, token_digest
from surveyd.distribution.audience import CHUNK, Member, judge, judge_one
from surveyd.distribution.cadence import cadence_of
from surveyd.distribution.crowds import crowd_of, daily_limit
from surveyd.distribution.days_off import calendars
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
from surveyd.distribution.plans import Plan, Plans, Who
from surveyd.distribution.programs import window_of
from surveyd.people.models import Account, Contact

ASKED_ALREADY, NOT_OPEN = "asked_already", "not_open"
"""Why one more contact is not invited into a wave, besides the rules of its audience."""
NO_DAY_LEFT = "no_day_left"
"""The rule of whom no day is left to ask before the close: days off, or so many people at their account."""

INVITED = (
    "id",
    "wave_id",
    "contact_id",
    "account_id",
    "version_id",
    "token_digest",
    "language",
    "time_zone",
    "state",
    "invited_at",
)
PLANNED = ("invitation_id", "wave_id", "step", "channel", "state", "due_at", "reason")


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
    _hold_contacts(session, after=wave.prepared_to)
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
    session.execute(select(Contact.id).where(Contact.id == contact_id).with_for_update(key_share=True)).all()
    member = judge_one(session, wave, program, contact_id, now=now)
    (_, plan), *_ = _planned(session, _plans(session, wave, program, begins=now), program, [member])
    if wave.state is not WaveState.OPEN or not plan:
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
    asked = [member for member in members if not member.rule]
    planned = _planned(session, _plans(session, wave, program, begins=day_zero), program, asked)
    left_out = [(one.contact_id, one.rule) for one in members if one.rule]
    left_out += [(one.contact_id, NO_DAY_LEFT) for one, plan in planned if not plan]
    rows = [{"wave_id": wave.id, "contact_id": contact_id, "rule": rule} for contact_id, rule in left_out]
    insert_new(session, Exclusion, rows, unique=["wave_id", "contact_id"])
    planned = [(member, plan) for member, plan in planned if plan]
    if not planned:
        return
    invitations: list[tuple[Any, ...]] = []
    touches: list[tuple[Any, ...]] = []
    ids = reserve_ids(session, "invitations", len(planned))
    for invitation_id, (member, plan) in zip(ids, planned, strict=True):
        invitations.append(
            (
                invitation_id,
                wave.id,
                member.contact_id,
                member.account_id,
                wave.version_id,
                token_digest(keys.survey_token(invitation_id)),
                language_for(member.language, program.language, languages),
                member.time_zone or program.time_zone,
                InvitationState.WAITING,
                plan[0][1],
            )
        )
        # The steps of one invitation that come before the close.
        touches += [
            (invitation_id, wave.id, step.name, step.channel, TouchState.PLANNED, at, "") for step, at in plan
        ]
    insert_rows(session, Invitation, INVITED, invitations)
    insert_rows(session, Touch, PLANNED, touches)


def _plans(session: Session, wave: Wave, program: Program, *, begins: datetime) -> Plans:
    return Plans(
        cadence=cadence_of(session, wave),
        begins=begins,
        closes_at=wave.closes_at,
        window=window_of(program),
        calendars=calendars(session, since=begins),
        program_id=program.id,
        limit=daily_limit(session, program.id),
    )


def _planned(
    session: Session, plans: Plans, program: Program, members: Sequence[Member]
) -> list[tuple[Member, Plan]]:
    """Each member with their steps, in the order of their ids."""
    accounts = {member.account_id for member in members}
    if plans.limit is not None:
        plans.crowd = crowd_of(session, accounts, since=plans.begins)
    rows = session.execute(select(Account.id, Account.country).where(Account.id.in_(accounts)))
    countries = {row.id: row.country for row in rows}
    return [
        (
            member,
            plans.of(
                Who(
                    member.contact_id,
                    member.account_id,
                    member.time_zone or program.time_zone,
                    countries[member.account_id],
                )
            ),
        )
        for member in members
    ]


def _hold_contacts(session: Session, *, after: int) -> None:
    """Let nobody else invite the contacts of the next chunk until this transaction ends.

    Two waves at the same moment would each find that the other has not asked them yet.
    """
    chunk = select(Contact.id).where(Contact.id > after).order_by(Contact.id).limit(CHUNK)
    session.execute(chunk.with_for_update(key_share=True)).all()
