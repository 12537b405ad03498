"""Whether all is well, from the ledger: owed, stuck, refused, held. The same for /health and the alarms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.errors import Finding
from surveyd.base.statements import spelled
from surveyd.distribution import papers
from surveyd.distribution.bursts import ALL_REFUSED, MANY_REFUSED
from surveyd.distribution.models import (
    OWED,
    Heartbeat,
    Message,
    MessageState,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.distribution.outbox import IS_OWED, oldest_owed
from surveyd.distribution.paper_models import PaperState
from surveyd.distribution.tallies import T, count_tallied, mails_by_state
from surveyd.distribution.tally_models import TallyKind
from surveyd.distribution.troubles import LOGIN_REFUSED, NO_ANSWER, Trouble, trouble

RED, WARN, OK = "red", "warn", "ok"
STUCK = timedelta(minutes=4)
LATE, DEAD = timedelta(minutes=2), timedelta(minutes=4)
LASTING = timedelta(minutes=1)
"""The relay may be started anew without anybody being told."""
LATELY = timedelta(minutes=15)
MANY_FAILED = 20
MANY = 5_000
"""So many stuck mails are not counted on: what to do is the same."""
WAITING = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the database says at one moment. `oldest_s` is in seconds, `failed` of the last quarter hour."""

    owed: int
    oldest_s: int
    stuck: int
    held: int
    failed: int
    refused_waves: int
    papers_waiting: int
    papers_failed: int
    last_sweep: datetime | None
    relay: Trouble | None


def read_ledger(session: Session, *, now: datetime, system_now: datetime) -> Ledger:
    """The figures at program time `now`."""
    mails = mails_by_state(session)
    owed = sum(mails.get(state, 0) for state in OWED)
    oldest = oldest_owed(session) if owed else None
    held = count_tallied(session, TallyKind.TOUCH, which=[T.state == TouchState.HELD.value])
    return Ledger(
        owed=owed,
        oldest_s=max(0, int((now - (oldest or now)).total_seconds())),
        stuck=_stuck(session, now, system_now),
        held=held + mails.get(MessageState.HELD, 0),
        failed=_failed(session, system_now),
        refused_waves=_refused_waves(session),
        papers_waiting=papers.waiting(session, asked_before=now - STUCK, system_now=system_now),
        papers_failed=papers.counts(session)[PaperState.FAILED.value],
        last_sweep=session.scalar(select(Heartbeat.system_at).where(Heartbeat.name == "schedule")),
        relay=trouble(session, system_now=system_now),
    )


def findings_of(ledger: Ledger, *, system_now: datetime) -> Iterator[Finding]:
    """What is not as it should be, in sentences, each with what to do."""
    if ledger.stuck:
        many = f"{ledger.stuck} mails" if ledger.stuck < MANY else f"{MANY} mails or more"
        sentence = f"{many} are due for more than four minutes and none goes out."
        yield Finding("H04", sentence, "Look at the sender and the relay: surveyd check.", RED)
    if ledger.held:
        sentence = f"{ledger.held} mails or reminders are held until a person releases them."
        yield Finding("H05", sentence, "Look why: surveyd outbox held.", WARN)
    yield from _about_sweeps(ledger, system_now)
    if ledger.papers_waiting:
        sentence = f"{ledger.papers_waiting} PDFs are wanted for four minutes and nobody makes them."
        yield Finding("H07", sentence, "Start surveyd worker.", WARN)
    if ledger.papers_failed:
        sentence = f"{ledger.papers_failed} PDFs could not be made; mails that carry them wait."
        yield Finding("H08", sentence, "Look why, and have them made again: surveyd papers.", WARN)
    yield from _about_relay(ledger, system_now)
    if ledger.failed:
        sentence = f"{ledger.failed} mails failed in the last quarter of an hour, at least half of all."
        yield Finding("H10", sentence, "Read what the relay said: surveyd outbox --state failed.", RED)
    if ledger.refused_waves:
        sentence = f"{ledger.refused_waves} waves are paused because the relay refused their mails."
        yield Finding("H11", sentence, "Mend the cause, then surveyd wave resume, or cancel.", RED)


def _about_sweeps(ledger: Ledger, system_now: datetime) -> Iterator[Finding]:
    if ledger.last_sweep is None:
        yield Finding("H06", "No sweep has run yet.", "Start surveyd schedule.", WARN)
    elif (age := system_now - ledger.last_sweep) > LATE:
        sentence = f"The last sweep ran {int(age.total_seconds() // 60)} minutes ago."
        yield Finding("H06", sentence, "Start surveyd schedule.", RED if age > DEAD else WARN)


def _about_relay(ledger: Ledger, system_now: datetime) -> Iterator[Finding]:
    if ledger.relay is None:
        return
    sentence, hint = "No sender gets through to the relay", "Mails wait in the outbox. Run surveyd check."
    if ledger.relay.kind == LOGIN_REFUSED:
        sentence, hint = "The relay refuses our sign-in", "Correct the user and password in SURVEYD_SMTP_URL."
    elif ledger.relay.kind != NO_ANSWER:
        sentence = "The relay hangs up on us"
    lasts = system_now - ledger.relay.since > LASTING
    since = f"{ledger.relay.since:%Y-%m-%d %H:%M} UTC"
    yield Finding("H09", f"{sentence} since {since}.", hint, RED if lasts else WARN)


def _stuck(session: Session, now: datetime, system_now: datetime) -> int:
    """Mails that could have gone out for some minutes, when nothing at all did in that time; MANY at most."""
    lately = and_(Message.state == spelled(MessageState.SENT), Message.sent_at > now - STUCK)
    # The question first that an index answers at once.
    if session.execute(select(Message.id).where(lately).limit(1)).first():
        return 0
    # Mails of waves that are paused are not looked through: they may be many.
    paused = select(Wave.id).where(Wave.paused_at.is_not(None))
    waiting = mails_by_state(
        session, T.state.in_([state.value for state in WAITING]), T.wave_id.not_in(paused)
    )
    if not waiting:
        return 0
    some = select(Message.id).where(
        IS_OWED,
        Message.state.in_(WAITING),
        or_(Message.wave_id.is_(None), Message.wave_id.not_in(paused)),
        Message.due_at < now - STUCK,
        Message.awaits_paper == false(),
        or_(Message.stale_at.is_(None), Message.stale_at > system_now),
    )
    return session.execute(select(func.count()).select_from(some.limit(MANY).subquery())).scalar_one()


def _failed(session: Session, system_now: datetime) -> int:
    """Mails that failed lately, where they are many and no more than as many went out; else 0."""
    since = system_now - LATELY
    bad = select(func.count()).where(Message.state == spelled(MessageState.FAILED), Message.begun_at > since)
    failed = session.execute(bad).scalar_one()
    if failed < MANY_FAILED:
        return 0
    # Both by system time: a clock that jumps would set the failures of a year against the mails of a moment.
    good = select(Message.id).where(Message.state == MessageState.SENT, Message.begun_at > since)
    sent = session.execute(select(func.count()).select_from(good.limit(failed + 1).subquery())).scalar_one()
    return failed if sent <= failed else 0


def _refused_waves(session: Session) -> int:
    running = [WaveState.PREPARING, WaveState.OPEN]
    paused = select(func.count(Wave.id)).where(
        Wave.paused_at.is_not(None),
        Wave.pause_reason.in_([ALL_REFUSED, MANY_REFUSED]),
        Wave.state.in_(running),
    )
    return session.execute(paused).scalar_one()
