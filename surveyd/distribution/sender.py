"""The sender: the only loop that commits.

One lane has one connection. It claims a batch under a lease; then one small transaction a mail
writes what became of the last one and begins the next, and no transaction is open while it talks
to the relay. So a killed lane leaves at most one mail in doubt, and everything else as it was.
"""

import logging
import secrets
import smtplib
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from surveyd.base.clock import Clock, system_now
from surveyd.base.config import Config
from surveyd.base.database import reading, writing, writing_rows
from surveyd.base.errors import Unavailable
from surveyd.base.mailer import Attachment
from surveyd.base.relay import Delivery, RelayConnection, Verdict
from surveyd.distribution import claims, papers
from surveyd.distribution.alerts import pause_after_refusals
from surveyd.distribution.claims import Claimed
from surveyd.distribution.envelopes import write_envelope

log = logging.getLogger("surveyd.sender")

BATCH = 100
LEASE = timedelta(seconds=60)
REFUSALS_TO_PAUSE = 20
SAYS_NOTHING_OF_US = (Verdict.LATER, Verdict.NOT_SENT, Verdict.NO_SUCH_ADDRESS)
"""They neither add to a row of refusals nor end it."""


@dataclass(slots=True)
class Counts:
    """What a lane has done so far, in mails."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    uncertain: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one verdict."""
        if verdict is Verdict.ACCEPTED:
            self.sent += 1
        elif verdict in (Verdict.LATER, Verdict.NOT_SENT):
            self.later += 1
        elif verdict is Verdict.IN_DOUBT:
            self.uncertain += 1
        else:
            self.failed += 1


def _new_name() -> str:
    return f"lane-{secrets.token_hex(8)}"


@dataclass(slots=True)
class Lane:
    """One connection to the relay and the claims it works through. Runs inside an app context."""

    config: Config
    clock: Clock
    relay: RelayConnection
    name: str = field(default_factory=_new_name)
    stop: threading.Event = field(default_factory=threading.Event)
    counts: Counts = field(default_factory=Counts)
    refusals: dict[int, int] = field(default_factory=dict)

    def drain(self) -> int:
        """Send until nothing is due or `stop` is set; returns how many mails were tried.

        Raises Unavailable when the relay does not answer: nothing is begun then, claims go back.
        """
        tried = 0
        while not self.stop.is_set() and (batch := self._claim()):
            try:
                tried += self._work_through(batch)
            finally:
                with writing() as session:
                    claims.give_back(session, self.name)
        return tried

    def begin_anew(self) -> None:
        """Take a new name after a failure: what is begun under the old one is doubtful once its lease ends.

        Under the same name the keeper would renew the lease of a mail that nobody has in hand any more.
        """
        self.name = _new_name()

    def _claim(self) -> list[Claimed]:
        at = system_now()
        with writing() as session:
            return claims.claim(
                session, self.name, limit=BATCH, now=self.clock.now(), system_now=at, lease=LEASE
            )

    def _work_through(self, batch: list[Claimed]) -> int:
        done: tuple[Claimed, Delivery] | None = None
        tried = 0
        for message in batch:
            if self.stop.is_set():
                break
            if message.rate is not None or not self.relay.is_open:
                # What may take long begins with a clean slate.
                self._turn_over(done, None)
                done = None
                self._connect()
                if message.rate is not None and not self._wait_for_slot(message):
                    break
            if self._turn_over(done, message):
                done = (message, self._send(message))
                tried += 1
            else:
                done = None
        self._turn_over(done, None)
        return tried

    def _turn_over(self, done: tuple[Claimed, Delivery] | None, following: Claimed | None) -> bool:
        """Write what became of one mail and begin the next, at once; False when it must not be sent."""
        if done is not None and done[1].verdict is not Verdict.ACCEPTED:
            with writing() as session:
                self._settle(session, *done)
            done = None
        if done is None and following is None:
            return False
        with writing_rows() as rows:
            if done is not None:
                self._note(done[0], claims.sent(rows, done[0].id, by=self.name, now=self.clock.now()))
                self._count(done[0], Verdict.ACCEPTED)
            return following is not None and claims.begin(
                rows, following.id, by=self.name, system_now=system_now()
            )

    def _send(self, message: Claimed) -> Delivery:
        try:
            attachment = None if message.paper_id is None else self._attachment(message.paper_id)
            envelope = write_envelope(message, self.config, attachment)
        except UnicodeError:
            return Delivery(Verdict.REFUSED, "the address cannot be written in a mail")
        except Exception as error:
            # One bad row must not stop the others: it is held, by name, and the wave goes on.
            log.exception("a mail could not be written", extra={"facts": {"message": message.id}})
            return Delivery(Verdict.UNWRITTEN, f"the mail cannot be written ({type(error).__name__})")
        return self.relay.deliver(envelope.sender, envelope.recipient, envelope.mail)

    def _attachment(self, paper_id: int) -> Attachment:
        with reading() as session:
            return papers.attachment(session, paper_id)

    def _settle(self, session: Session, message: Claimed, delivery: Delivery) -> None:
        now = self.clock.now()
        self._note(message, claims.settle(session, message, delivery, by=self.name, now=now))
        must_pause = self._count(message, delivery.verdict)
        if must_pause and message.wave_id is not None:
            pause_after_refusals(session, message.wave_id, now=now, mail_domain=self.config.mail_domain)

    def _note(self, message: Claimed, was_ours: bool) -> None:
        if not was_ours:
            log.error("a lease ran out in the middle of a mail", extra={"facts": {"message": message.id}})

    def _count(self, message: Claimed, verdict: Verdict) -> bool:
        """Count a verdict; True when it is one refusal too many in a row of its wave."""
        self.counts.add(verdict)
        if message.wave_id is None or verdict in SAYS_NOTHING_OF_US:
            return False
        refused = verdict in (Verdict.REFUSED, Verdict.UNWRITTEN)
        in_a_row = self.refusals.get(message.wave_id, 0) + 1 if refused else 0
        self.refusals[message.wave_id] = in_a_row % REFUSALS_TO_PAUSE
        return in_a_row == REFUSALS_TO_PAUSE

    def _connect(self) -> None:
        try:
            self.relay.open()
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("The relay does not answer", type(error).__name__) from error

    def _wait_for_slot(self, message: Claimed) -> bool:
        assert message.wave_id is not None
        with writing() as session:
            slot = claims.take_slot(session, message.wave_id, at=time.time())
        return slot is not None and not self.stop.wait(max(0.0, slot - time.time()))
