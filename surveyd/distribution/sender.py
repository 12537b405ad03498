"""The sender: the only loop that commits.

One lane has one connection. It claims a batch under a lease; then one small transaction a mail
writes what became of the last one and begins the next, and no transaction is open while it talks
to the relay. So a killed lane leaves at most one mail in doubt, and everything else as it was.

A mail whose limit is full is put aside; the others go on, and it has its turn when its slot is free.
"""

import logging
import secrets
import smtplib
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from surveyd.base.clock import Clock, system_now
from surveyd.base.config import Config
from surveyd.base.database import reading, writing, writing_rows
from surveyd.base.errors import Unavailable
from surveyd.base.mailer import Attachment
from surveyd.base.relay import Delivery, RelayConnection, Verdict
from surveyd.distribution import claims, pacing, papers, troubles
from surveyd.distribution.alerts import pause_after_refusals
from surveyd.distribution.bursts import Bursts
from surveyd.distribution.claims import Claimed
from surveyd.distribution.envelopes import Envelope, write_envelope
from surveyd.distribution.limits import HOUSE, Limits, Pace, gap_of, read_limits
from surveyd.distribution.stationery import Drawer

log = logging.getLogger("surveyd.sender")

BATCH = 100
MOST_ASIDE = 3 * BATCH
LEASE = timedelta(seconds=45)
PATIENCE = 0.5
"""How many seconds a lane waits for a slot; for one that is further off it gives its mails back."""


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


class _Withdrawn(Exception):
    """The next mail must not be sent. It ends the transaction, so that the slots it took are free again."""


def _new_name() -> str:
    return f"lane-{secrets.token_hex(8)}"


@dataclass(slots=True)
class Hand:
    """The mails that a lane has claimed: those to try now, and those put aside until a slot is free."""

    now: deque[Claimed]
    aside: deque[Claimed] = field(default_factory=deque)
    looked_at: float = field(default_factory=time.monotonic)
    full_until: dict[Pace, float] = field(default_factory=dict)
    rests_until: dict[str, float] = field(default_factory=dict)

    def until(self, message: Claimed, paces: list[Pace]) -> float:
        """The system time before which this mail need not be tried, as far as is known."""
        rests = self.rests_until.get(pacing.domain_in(message.recipient), 0.0) if self.rests_until else 0.0
        return max([rests, *[self.full_until.get(pace, 0.0) for pace in paces]])

    def turn(self) -> None:
        """Let those that were put aside be tried again."""
        self.now, self.aside = self.aside, self.now


@dataclass(slots=True)
class Lane:
    """One connection to the relay and the claims it works through. Runs inside an app context."""

    config: Config
    clock: Clock
    relay: RelayConnection
    name: str = field(default_factory=_new_name)
    stop: threading.Event = field(default_factory=threading.Event)
    counts: Counts = field(default_factory=Counts)
    bursts: Bursts = field(default_factory=Bursts)
    drawer: Drawer = field(default_factory=Drawer)
    limits: Limits = field(default_factory=lambda: Limits({}))

    def drain(self) -> int:
        """Send until nothing may go or `stop` is set; returns how many mails were tried.

        Raises Unavailable when the relay does not answer: nothing is begun then, claims go back.
        """
        tried = 0
        while not self.stop.is_set() and (batch := self._claim()):
            try:
                tried += self._work_through(Hand(deque(batch)))
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
            self.limits = read_limits(session)
            return claims.claim(
                session, self.name, limit=BATCH, now=self.clock.now(), system_now=at, lease=LEASE
            )

    def _work_through(self, hand: Hand) -> int:
        done: Claimed | None = None
        tried = 0
        while not self.stop.is_set():
            if not hand.now:
                self._turn_over(done, None)
                done = None
                if not self._wait_for_slot(hand):
                    break
                continue
            message = hand.now.popleft()
            paces = self._paces(message)
            if hand.until(message, paces) > time.time():
                hand.aside.append(message)
                continue
            if not self.relay.is_open:
                # What may take long begins with a clean slate.
                self._turn_over(done, None)
                done = None
                self._connect()
            written = self._write(message)
            try:
                begun = self._turn_over(done, message, paces)
            except pacing.NotYet as full:
                hand.full_until[full.pace] = full.until
                hand.now.appendleft(message)
                continue
            done = None
            if begun:
                done = self._deliver(message, written, hand)
                tried += 1
        self._turn_over(done, None)
        return tried

    def _paces(self, message: Claimed) -> list[Pace]:
        """Which slots a mail needs."""
        paces = self.limits.paces(message.program_id, pacing.domain_in(message.recipient))
        if message.rate is not None and message.wave_id is not None:
            paces.append(Pace(HOUSE, "", gap_of(message.rate, None), message.wave_id))
        return paces

    def _turn_over(self, done: Claimed | None, following: Claimed | None, paces: Sequence[Pace] = ()) -> bool:
        """Write that one mail was taken and begin the next, at once; False when it must not be sent.

        Raises NotYet when one of its limits is full; then nothing is written.
        """
        if done is None and following is None:
            return False
        try:
            begun, noted = self._write_turn(done, following, paces)
        except _Withdrawn:
            return self._turn_over(done, None)
        if done is not None:
            self._note(done, noted)
            self._count(done, Verdict.ACCEPTED)
        return begun

    def _write_turn(
        self, done: Claimed | None, following: Claimed | None, paces: Sequence[Pace]
    ) -> tuple[bool, bool]:
        begun = noted = False
        with writing_rows() as rows:
            # Slots before mails, and no wait for the second mail with the first in hand: see `locks`.
            if paces:
                pacing.take(rows, paces, at=time.time())
            if done is not None:
                noted = claims.sent(rows, done.id, by=self.name, now=self.clock.now())
            if following is not None:
                begun = claims.begin(rows, following.id, by=self.name, system_now=system_now())
                if paces and not begun:
                    raise _Withdrawn
        return begun, noted

    def _write(self, message: Claimed) -> Envelope | Delivery:
        try:
            attachment = None if message.paper_id is None else self._attachment(message.paper_id)
            stationery = self.drawer.stationery(message.context)
            return write_envelope(message, self.config, attachment, stationery)
        except UnicodeError:
            return Delivery(Verdict.REFUSED, "the address cannot be written in a mail")
        except Exception as error:
            # One bad row must not stop the others: it is held, by name, and the wave goes on.
            log.exception("a mail could not be written", extra={"facts": {"message": message.id}})
            return Delivery(Verdict.UNWRITTEN, f"the mail cannot be written ({type(error).__name__})")

    def _deliver(self, message: Claimed, written: Envelope | Delivery, hand: Hand) -> Claimed | None:
        """Hand one begun mail over; returns it when the relay took it, and else writes what became of it."""
        delivery = written
        if isinstance(delivery, Envelope):
            delivery = self.relay.deliver(delivery.sender, delivery.recipient, delivery.mail)
        if delivery.verdict is Verdict.ACCEPTED:
            return message
        with writing() as session:
            # What others share comes before the mail: see `locks`.
            if delivery.is_too_much:
                domain = pacing.domain_in(message.recipient)
                hand.rests_until[domain] = pacing.rest(session, domain, at=time.time())
            ours = claims.settle(session, message, delivery, by=self.name, now=self.clock.now())
        self._note(message, ours)
        reason = self._count(message, delivery.verdict)
        if reason and message.wave_id is not None:
            self._pause(message.wave_id, reason)
        return None

    def _attachment(self, paper_id: int) -> Attachment:
        with reading() as session:
            return papers.attachment(session, paper_id)

    def _pause(self, wave_id: int, reason: str) -> None:
        now, domain = self.clock.now(), self.config.mail_domain
        with writing() as session:
            pause_after_refusals(session, wave_id, reason=reason, now=now, mail_domain=domain)

    def _note(self, message: Claimed, was_ours: bool) -> None:
        if not was_ours:
            log.error("a lease ran out in the middle of a mail", extra={"facts": {"message": message.id}})

    def _count(self, message: Claimed, verdict: Verdict) -> str:
        """Count a verdict; the reason to pause its wave when it is one refusal too many."""
        self.counts.add(verdict)
        return "" if message.wave_id is None else self.bursts.note(message.wave_id, verdict)

    def _connect(self) -> None:
        try:
            self.relay.open()
        except (OSError, smtplib.SMTPException) as error:
            with writing() as session:
                troubles.note_trouble(session, error, system_now=system_now())
            raise Unavailable("The relay does not answer", type(error).__name__) from error
        with writing() as session:
            troubles.forget_trouble(session)

    def _wait_for_slot(self, hand: Hand) -> bool:
        """Take up other mails meanwhile, or wait for the next slot; False when there is none soon."""
        if not hand.aside or len(hand.aside) > MOST_ASIDE:
            return False
        until = min(hand.until(message, self._paces(message)) for message in hand.aside)
        if (pause := until - time.time()) > PATIENCE:
            return False
        if pause > 0 and not self._take_others(hand) and self.stop.wait(pause):
            return False
        if not hand.now:
            hand.turn()
        return True

    def _take_others(self, hand: Hand) -> bool:
        """Claim what no limit holds up, now and then; whether there was any."""
        if time.monotonic() - hand.looked_at < PATIENCE:
            return False
        hand.looked_at = time.monotonic()
        hand.now.extend(self._claim())
        return bool(hand.now)
