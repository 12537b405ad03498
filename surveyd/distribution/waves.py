"""Waves: scheduled, launched, paused, slowed, cancelled, closed, and where each one stands."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.audience import count_audience
from surveyd.distribution.blackouts import behind_blackouts
from surveyd.distribution.cadence import freeze_cadence, plain_step
from surveyd.distribution.call_models import CallState
from surveyd.distribution.days_off import keep_holidays
from surveyd.distribution.invitations import STOPPABLE, end_waiting, hold, run
from surveyd.distribution.languages import asked_languages, refuse_gaps
from surveyd.distribution.large_accounts import large_revenue
from surveyd.distribution.last_waves import start_from_last
from surveyd.distribution.launching.gate import refuse_red
from surveyd.distribution.locks import hold_mails
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Program,
    QuestionnaireVersion,
    TouchState,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.distribution.outbox import release_claims
from surveyd.distribution.programs import check_slug
from surveyd.distribution.questionnaires import read_version
from surveyd.distribution.tallies import tallies_of_wave
from surveyd.distribution.tally_models import STARTED, TallyKind
from surveyd.forms.definition import Questionnaire
from surveyd.forms.texts import missing
from surveyd.people.batches import is_writing


def schedule_wave(session: Session, program: Program, slug: str, *, at: datetime, now: datetime) -> Wave:
    """A wave that may be launched; nothing goes out before `at`. Raises Refused when the name is taken.

    It asks whom the program's last wave asked, until somebody says otherwise.
    """
    check_slug(slug)
    if session.scalar(select(Wave.id).where(Wave.slug == slug)):
        raise Refused(f"There is a wave {slug!r} already; choose another name.")
    wave = Wave(program_id=program.id, slug=slug, version_id=program.version_id, scheduled_at=at)
    session.add(wave)
    session.flush()
    start_from_last(session, wave, program, now=now)
    return wave


def find_wave(session: Session, slug: str) -> Wave:
    """The wave of that name. Raises NotFound, also for a standing one: nothing can be done with it."""
    wave = session.scalar(select(Wave).where(Wave.slug == slug, Wave.kind == WaveKind.PROGRAM))
    if wave is None:
        raise NotFound("wave", slug)
    return wave


def get_wave(session: Session, wave_id: int) -> Wave:
    """The wave of that id. Raises NotFound, also for a standing one: nothing can be done with it."""
    wave = session.get(Wave, wave_id)
    if wave is None or wave.kind is not WaveKind.PROGRAM:
        raise NotFound("wave", wave_id)
    return wave


def program_of(session: Session, wave: Wave) -> Program:
    """The program that the wave is a running of."""
    return session.get_one(Program, wave.program_id)


def launch(session: Session, wave: Wave, *, now: datetime, by: int | None) -> None:
    """Let the wave go: its audience is fixed from now on, its mails go out from day 0 on.

    Day 0 is the scheduled instant, or now when that is past, behind any blackout. Raises Refused when it was
    launched before, while an import is written, when somebody would be asked in a language that lacks texts,
    and when the last look at it found what forbids a launch and nobody has overridden that.
    """
    if wave.state is WaveState.SCHEDULED:
        # Nobody can have agreed to a number that half a list came to.
        if is_writing(session):
            raise Refused("A file is being imported at this moment; launch the wave when its list is whole.")
        _refuse_gaps(session, wave, now=now)
        refuse_red(session, wave)
    keep_holidays(session, now=now)
    day_zero = behind_blackouts(session, program_of(session, wave), max(now, wave.scheduled_at))
    values = {
        "state": WaveState.PREPARING,
        "launched_at": now,
        "launched_by_id": by,
        "day_zero": day_zero,
        "closes_at": day_zero + timedelta(days=freeze_cadence(session, wave).close_day),
        "large_revenue_cents": large_revenue(session),
    }
    if not _moved(session, wave, [WaveState.SCHEDULED], values):
        raise Refused(f"The wave {wave.slug} is {wave.state.value}; only a scheduled wave can be launched.")


def _refuse_gaps(session: Session, wave: Wave, *, now: datetime) -> None:
    found = questionnaire_of(session, wave)
    if any(missing(found, language) for language in found.languages):
        program = program_of(session, wave)
        wishes = count_audience(session, wave, program, now=now).wishes
        refuse_gaps(found, asked_languages(found, wishes, fallback=program.language))


def questionnaire_of(session: Session, wave: Wave) -> Questionnaire:
    """What the wave asks."""
    version = session.get_one(QuestionnaireVersion, wave.version_id)
    return read_version(version.digest, version.definition)


def pause(session: Session, wave: Wave, *, now: datetime, reason: str = "by hand") -> None:
    """Stop sending within moments; planned touches wait too. Pausing twice changes nothing."""
    _require_running(wave)
    session.execute(
        update(Wave)
        .where(Wave.id == wave.id, Wave.paused_at.is_(None))
        .values(paused_at=now, pause_reason=reason)
    )
    release_claims(session, wave.id)


def resume(session: Session, wave: Wave) -> None:
    """Go on where the pause began."""
    _require_running(wave)
    session.execute(update(Wave).where(Wave.id == wave.id).values(paused_at=None, pause_reason=""))


def cancel(session: Session, wave: Wave, *, now: datetime) -> int:
    """End the wave for good: what has not gone out never will. Returns how many mails were stopped."""
    live = [WaveState.SCHEDULED, WaveState.PREPARING, WaveState.OPEN]
    if not _moved(session, wave, live, {"state": WaveState.CANCELLED, "closed_at": now}):
        raise Refused(f"The wave {wave.slug} is {wave.state.value}; there is nothing to cancel.")
    # Letters to contacts hang on no touch; mails to ourselves about the wave go on.
    letters = (Message.wave_id == wave.id, Message.contact_id.is_not(None), Message.state.in_(STOPPABLE))
    hold(session, Invitation.wave_id == wave.id)
    hold_mails(session, *letters)
    stopped = end_waiting(session, wave.id, state=InvitationState.CANCELLED, reason="wave cancelled", now=now)
    values = {"state": MessageState.CANCELLED, "reason": "wave cancelled", "lease_by": None}
    return stopped + run(session, update(Message).where(*letters).values(**values, lease_until=None))


def set_rate(session: Session, wave: Wave, rate: int) -> None:
    """At most `rate` mails a second over all senders; 0 takes the limit away."""
    if rate < 0:
        raise Refused(f"The rate {rate} does not do; write mails a second, or 0 for no limit.")
    session.execute(update(Wave).where(Wave.id == wave.id).values(rate=rate or None, next_slot=0.0))
    release_claims(session, wave.id)


def close_due(session: Session, *, now: datetime) -> int:
    """Close each wave whose day has come; returns how many were closed."""
    due = select(Wave).where(Wave.state == WaveState.OPEN, Wave.closes_at <= now)
    closed = 0
    for wave in session.scalars(due).all():
        if _moved(session, wave, [WaveState.OPEN], {"state": WaveState.CLOSED, "closed_at": now}):
            end_waiting(session, wave.id, state=InvitationState.CLOSED, reason="wave closed", now=now)
            closed += 1
    return closed


@dataclass(frozen=True, slots=True)
class WaveStatus:
    """Where a wave stands. The invitations by state add up to `invited`; so do the messages of each step.

    `calls` has those that are open and those that are done; one that became needless is in neither.
    """

    wave: str
    program: str
    state: str
    paused: str
    rate: int | None
    scheduled_at: datetime
    day_zero: datetime | None
    closes_at: datetime | None
    invited: int
    left_out: dict[str, int]
    invitations: dict[str, int]
    messages: dict[str, dict[str, int]]
    planned: dict[str, int]
    reached: int
    started: int
    answered: int
    calls: dict[str, int]

    @property
    def owed(self) -> int:
        """Mails that are to go out and have not."""
        return sum(
            count
            for states in self.messages.values()
            for state, count in states.items()
            if state in ("queued", "sending", "uncertain", "held")
        )


def status(session: Session, wave: Wave) -> WaveStatus:
    """The wave in numbers, each from the ledger; its rows are not counted for that."""
    found: dict[str, Counter[tuple[str, ...]]] = {kind.value: Counter() for kind in TallyKind}
    for row in tallies_of_wave(session, wave.id):
        found[row.kind][row.state, row.step, row.name] += row.number
    invitations, messages = _by(found[TallyKind.INVITATION], 0), dict[str, dict[str, int]]()
    for (state, step, _name), count in found[TallyKind.STEP_MAIL].items():
        its_mails = messages.setdefault(step, {})
        its_mails[state] = its_mails.get(state, 0) + count
    # Touches that one person asked for again and again are one step.
    planned = Counter[str]()
    for (state, step, _name), count in found[TallyKind.TOUCH].items():
        if state in (TouchState.PLANNED, TouchState.HELD):
            planned[plain_step(step)] += count
    calls = _by(found[TallyKind.CALL], 0)
    return WaveStatus(
        wave=wave.slug,
        program=program_of(session, wave).slug,
        state=wave.state.value,
        # Nothing of a cancelled wave can go on; a closed one may have letters that wait.
        paused=wave.pause_reason if wave.paused_at and wave.state is not WaveState.CANCELLED else "",
        rate=wave.rate,
        scheduled_at=wave.scheduled_at,
        day_zero=wave.day_zero,
        closes_at=wave.closes_at,
        invited=sum(invitations.values()),
        left_out=_by(found[TallyKind.EXCLUSION], 2),
        invitations=invitations,
        messages=messages,
        planned=dict(planned),
        reached=sum(found[TallyKind.REACHED].values()),
        started=_by(found[TallyKind.INVITATION], 1).get(STARTED, 0),
        answered=invitations.get("answered", 0),
        calls={state: calls.get(state, 0) for state in (CallState.OPEN.value, CallState.DONE.value)},
    )


def _by(counted: Counter[tuple[str, ...]], place: int) -> dict[str, int]:
    """The counts by one part of their key."""
    counts = Counter[str]()
    for key, count in counted.items():
        counts[key[place]] += count
    return dict(counts)


def _moved(session: Session, wave: Wave, states: list[WaveState], values: dict[str, object]) -> bool:
    won = run(session, update(Wave).where(Wave.id == wave.id, Wave.state.in_(states)).values(values))
    session.refresh(wave)
    return bool(won)


def _require_running(wave: Wave) -> None:
    # A wave that is over may still have its letters to send.
    if wave.state not in (WaveState.PREPARING, WaveState.OPEN, WaveState.CLOSED):
        raise Refused(
            f"The wave {wave.slug} is {wave.state.value}; only a launched wave can be paused or resumed."
        )
