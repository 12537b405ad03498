"""The operator's page: one small JSON document that says whether all is well.

It answers within two seconds whatever is down: each neighbour is asked in a thread of its own, and one that
has said nothing by then does not answer. The relay is asked at most twice a minute, since it writes a line in
its log each time.
"""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.config import Relay
from surveyd.base.database import reading
from surveyd.base.errors import Finding, Unavailable
from surveyd.base.services import services
from surveyd.distribution import papers
from surveyd.distribution.models import Heartbeat, Message, MessageState, Touch, TouchState, Wave
from surveyd.distribution.outbox import summary
from surveyd.distribution.paper_models import PaperState

log = logging.getLogger("surveyd.health")

bp = Blueprint("health", __name__)

EXTENSION = "surveyd.health"
RED, WARN, OK = "red", "warn", "ok"
ANSWER_SECONDS = 1.5
RELAY_SECONDS = 30.0
STUCK = timedelta(minutes=5)
LATE, DEAD = timedelta(minutes=2), timedelta(minutes=5)
WAITING = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN)
Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the database says: mails owed, the oldest's age, how many are stuck or held, the last sweep."""

    owed: int
    oldest_s: int
    stuck: int
    held: int
    papers_waiting: int
    papers_failed: int
    last_sweep: datetime | None


@dataclass
class Watch:
    """The threads that ask, and what the relay said last."""

    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=6, thread_name_prefix="health")
    )
    relay_asked_at: float = -RELAY_SECONDS
    relay_answers: bool = True

    def ask(self, question: Callable[[], Known]) -> "Future[Known]":
        """Put a question in a thread, inside the app's context."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy's own way

        def inside() -> Known:
            with app.app_context():
                return question()

        return self.threads.submit(inside)


def open_health(app: Flask) -> None:
    """Serve /health. No thread is started before the first question."""
    app.extensions[EXTENSION] = Watch()
    app.register_blueprint(bp)


@bp.get("/health")
def health() -> tuple[Response, int]:
    """Status ok, warn or red, mails owed, the oldest's age in seconds, and findings; 503 when red."""
    watch = cast(Watch, current_app.extensions[EXTENSION])
    end = time.monotonic() + ANSWER_SECONDS
    ledger_asked, queue_asked = watch.ask(_ledger), watch.ask(_queue_answers)
    relay = _in_time(watch.ask(lambda: _relay_answers(watch)), end)
    ledger, queue = _in_time(ledger_asked, end), _in_time(queue_asked, end)
    findings = [*_about_database(ledger), *_about_neighbours(bool(queue), bool(relay))]
    severities = {finding.severity for finding in findings}
    status = next((severity for severity in (RED, WARN) if severity in severities), OK)
    body = {
        "status": status,
        "owed": ledger.owed if ledger else None,
        "oldest_s": ledger.oldest_s if ledger else None,
        "findings": [asdict(finding) for finding in findings],
    }
    return jsonify(body), 503 if status == RED else 200


def _about_database(ledger: Ledger | None) -> Iterator[Finding]:
    if ledger is None:
        hint = "Start it, or correct SURVEYD_DATABASE_URL; if it was never set up, run surveyd init."
        yield Finding("H01", "The database does not answer.", hint, RED)
        return
    if ledger.stuck:
        sentence = f"{ledger.stuck} mails are due for more than five minutes and none goes out."
        yield Finding("H04", sentence, "Look at the sender and the relay: surveyd check.", RED)
    if ledger.held:
        sentence = f"{ledger.held} mails or reminders are held until a person releases them."
        yield Finding("H05", sentence, "Look why: surveyd outbox.", WARN)
    if ledger.papers_waiting:
        sentence = f"{ledger.papers_waiting} PDFs are wanted for five minutes and nobody makes them."
        yield Finding("H07", sentence, "Start surveyd worker.", WARN)
    if ledger.papers_failed:
        sentence = f"{ledger.papers_failed} PDFs could not be made; mails that carry them wait."
        yield Finding("H08", sentence, "Look why, and have them made again: surveyd papers.", WARN)
    if ledger.last_sweep is None:
        yield Finding("H06", "No sweep has run yet.", "Start surveyd schedule.", WARN)
        return
    age = system_now() - ledger.last_sweep
    if age > LATE:
        sentence = f"The last sweep ran {int(age.total_seconds() // 60)} minutes ago."
        yield Finding("H06", sentence, "Start surveyd schedule.", RED if age > DEAD else WARN)


def _about_neighbours(queue_answers: bool, relay_answers: bool) -> Iterator[Finding]:
    if not queue_answers:
        hint = "Nothing is lost: the sweeps go on without it. Start Redis."
        yield Finding("H02", "The queue does not answer.", hint, WARN)
    if not relay_answers:
        hint = "Mails wait in the outbox. Start the relay, or correct SURVEYD_SMTP_URL."
        yield Finding("H03", "The mail relay does not answer.", hint, WARN)


def _ledger() -> Ledger | None:
    try:
        with reading() as session:
            return _read_ledger(session, services().clock.now())
    except SQLAlchemyError as error:
        log.warning("the database does not answer", extra={"facts": {"error": type(error).__name__}})
        return None


def _read_ledger(session: Session, now: datetime) -> Ledger:
    sums = summary(session, now=now)
    return Ledger(
        owed=sums.owed,
        oldest_s=sums.oldest_s,
        stuck=_stuck(session, now),
        held=sums.counts[MessageState.HELD.value] + _held_touches(session),
        papers_waiting=papers.waiting(session, asked_before=now - STUCK, system_now=system_now()),
        papers_failed=papers.counts(session)[PaperState.FAILED.value],
        last_sweep=session.execute(select(func.max(Heartbeat.system_at))).scalar(),
    )


def _held_touches(session: Session) -> int:
    held = select(func.count()).select_from(Touch).where(Touch.state == TouchState.HELD)
    return session.execute(held).scalar_one()


def _stuck(session: Session, now: datetime) -> int:
    """Mails that could have gone out for five minutes, when nothing at all did in that time."""
    waiting = (
        select(func.count())
        .select_from(Message)
        .outerjoin(Wave, Wave.id == Message.wave_id)
        .where(
            Message.state.in_(WAITING),
            Message.due_at < now - STUCK,
            Message.awaits_paper == false(),
            Wave.paused_at.is_(None),
            or_(Message.stale_at.is_(None), Message.stale_at > system_now()),
        )
    )
    stuck = session.execute(waiting).scalar_one()
    lately = and_(Message.state == MessageState.SENT, Message.sent_at > now - STUCK)
    if stuck and session.execute(select(Message.id).where(lately).limit(1)).first():
        return 0
    return stuck


def _queue_answers() -> bool:
    try:
        services().bell.check()
    except Unavailable:
        return False
    return True


def _relay_answers(watch: Watch) -> bool:
    if time.monotonic() - watch.relay_asked_at >= RELAY_SECONDS:
        watch.relay_answers = _connects(services().config.relay)
        watch.relay_asked_at = time.monotonic()
    return watch.relay_answers


def _connects(relay: Relay) -> bool:
    try:
        socket.create_connection((relay.host, relay.port), timeout=ANSWER_SECONDS / 2).close()
    except OSError:
        return False
    return True


def _in_time(question: "Future[Known]", end: float) -> Known | None:
    try:
        return question.result(max(0.0, end - time.monotonic()))
    except NotInTime:
        question.cancel()
        return None
