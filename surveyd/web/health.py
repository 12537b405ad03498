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
from typing import TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from surveyd.base.clock import system_now
from surveyd.base.config import Relay
from surveyd.base.database import reading
from surveyd.base.errors import Finding, Unavailable
from surveyd.base.services import services
from surveyd.distribution.watch import MANY_FAILED, OK, RED, WARN, Ledger, findings_of, read_ledger

log = logging.getLogger("surveyd.health")

bp = Blueprint("health", __name__)

EXTENSION = "surveyd.health"
ANSWER_SECONDS = 1.5
RELAY_SECONDS = 30.0
Known = TypeVar("Known")


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
    ledger_asked, queue_asked = watch.ask(_ledger), watch.ask(_failed_jobs)
    relay = _in_time(watch.ask(lambda: _relay_answers(watch)), end)
    ledger, queue = _in_time(ledger_asked, end), _in_time(queue_asked, end)
    findings = [*_about_database(ledger), *_about_neighbours(queue, bool(relay))]
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
    yield from findings_of(ledger, system_now=system_now())


def _about_neighbours(failed_jobs: int | None, relay_answers: bool) -> Iterator[Finding]:
    if failed_jobs is None:
        hint = "Nothing is lost: the sweeps go on without it. Start Redis."
        yield Finding("H02", "The queue does not answer.", hint, WARN)
    elif failed_jobs:
        sentence = f"{failed_jobs} jobs of the worker failed within the last hour."
        hint = "Nothing is lost: the sweeps do their work. Read the worker's log."
        yield Finding("H12", sentence, hint, RED if failed_jobs >= MANY_FAILED else WARN)
    if not relay_answers:
        hint = "Mails wait in the outbox. Start the relay, or correct SURVEYD_SMTP_URL."
        yield Finding("H03", "The mail relay does not answer.", hint, WARN)


def _ledger() -> Ledger | None:
    try:
        with reading() as session:
            return read_ledger(session, now=services().clock.now(), system_now=system_now())
    except SQLAlchemyError as error:
        log.warning("the database does not answer", extra={"facts": {"error": type(error).__name__}})
        return None


def _failed_jobs() -> int | None:
    """How many jobs failed and are kept; None when the queue does not answer."""
    try:
        return services().bell.failed_jobs()
    except Unavailable:
        return None


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
