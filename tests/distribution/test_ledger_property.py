"""Whatever comes in whatever order: nobody forgotten, nobody touched twice for a step, nobody after the end.

Random sequences of answers, opt-outs, bounces, crashes, jumps of the clock, pauses, two schedulers and
changes of the lists are played against the ledger; the sender is played here, so that it can die anywhere.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.base.relay import Delivery, Verdict
from surveyd.distribution import claims, tallies, touches, waves
from surveyd.distribution.models import (
    Channel,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Touch,
    TouchState,
    Wave,
)
from surveyd.distribution.suppressions import opt_out, suppress
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, answered

STEPS_PLAYED = 60
LEASE = timedelta(seconds=60)
DONE = {
    MessageState.SENT,
    MessageState.FAILED,
    MessageState.SUPPRESSED,
    MessageState.CANCELLED,
    MessageState.HELD,
}


@dataclass
class Play:
    """One sequence: what was done to whom, and which mails the relay has accepted."""

    post: Post
    dice: random.Random
    system: datetime = field(default_factory=system_now)
    ended: dict[int, str] = field(default_factory=dict)
    accepted: Counter[int] = field(default_factory=Counter)
    crashed: Counter[int] = field(default_factory=Counter)
    off: set[int] = field(default_factory=set)

    def now(self) -> datetime:
        return self.post.clock.now()

    def someone(self) -> Invitation:
        with self.post.reader() as session:
            return self.dice.choice(session.scalars(select(Invitation).order_by(Invitation.id)).all())

    # What happens to people.

    def answer(self) -> None:
        one = self.someone()
        with self.post.writer() as session:
            answered(session, one.id, now=self.now())
        self.ended[one.id] = "answered"

    def opt_out(self) -> None:
        one = self.someone()
        with self.post.writer() as session:
            opt_out(session, one.contact_id, now=self.now())
        self.ended.setdefault(one.id, "opted_out")

    def bounce(self) -> None:
        one = self.someone()
        with self.post.writer() as session:
            address = session.get_one(Contact, one.contact_id).email
            suppress(session, address, reason="bounced", now=self.now())
        self.off.add(one.id)

    def change_lists(self) -> None:
        one = self.someone()
        with self.post.writer() as session:
            contact = session.get_one(Contact, one.contact_id)
            if self.dice.random() < 0.5:
                contact.active = False
                self.off.add(one.id)
            else:
                contact.email = f"new{self.dice.randrange(10**6)}@customer.test"

    # What happens to the house.

    def jump(self) -> None:
        leap = self.dice.choice(
            [timedelta(minutes=5), timedelta(hours=13), timedelta(days=3), timedelta(days=9)]
        )
        self.post.go_to(self.now() + leap)
        self.system += timedelta(minutes=2)

    def pause_or_resume(self) -> None:
        with self.post.writer() as session:
            wave = session.get_one(Wave, self.post.wave_id)
            if wave.paused_at is None:
                waves.pause(session, wave, now=self.now())
            else:
                waves.resume(session, wave)

    def release(self) -> None:
        with self.post.writer() as session:
            touches.release_due(
                session, now=self.now(), system_now=self.system, mail_domain="mail.surveyd.test"
            )

    def release_twice(self) -> None:
        self.release()
        self.release()

    def send(self, *, crash: bool = False) -> None:
        """Claim a few; write for each that it is begun, and what came of it, unless the sender dies first."""
        name = f"lane-{self.dice.randrange(10**9)}"
        with self.post.writer() as session:
            claimed = claims.claim(
                session, name, limit=5, now=self.now(), system_now=self.system, lease=LEASE
            )
        for message in claimed:
            with self.post.writer() as session:
                mine = claims.begin(session.connection(), message.id, by=name, system_now=self.system)
            if not mine:
                continue
            assert message.invitation_id is not None
            assert message.invitation_id not in self.ended, "a mail was begun after the end"
            self.accepted[message.id] += 1
            if crash:
                self.crashed[message.id] += 1
                return
            with self.post.writer() as session:
                verdict = Delivery(Verdict.ACCEPTED)
                claims.settle(session, message, verdict, by=name, now=self.now())

    def crash(self) -> None:
        self.send(crash=True)

    def expire(self) -> None:
        self.system += 2 * LEASE
        with self.post.writer() as session:
            claims.expire(session, system_now=self.system)

    def settle(self) -> None:
        """Let it run on to its end without further trouble."""
        with self.post.writer() as session:
            wave = session.get_one(Wave, self.post.wave_id)
            if wave.paused_at is not None:
                waves.resume(session, wave)
        for _ in range(30):
            self.expire()
            self.release()
            for _batch in range(3):
                self.send()
            self.post.go_to(self.now() + timedelta(days=2))
        with self.post.writer() as session:
            waves.close_due(session, now=self.now())


ACTS = (
    *("release", "send") * 6,
    *("jump", "expire", "release_twice", "crash") * 3,
    *("pause_or_resume", "answer", "opt_out", "bounce", "change_lists"),
)


@pytest.mark.parametrize("seed", range(12))
def test_the_ledger_holds(post: Post, seed: int) -> None:
    play = Play(post, random.Random(seed))
    for act in play.dice.choices(ACTS, k=STEPS_PLAYED):
        getattr(play, act)()
    play.settle()

    with post.reader() as session:
        messages = {one.id: one for one in session.scalars(select(Message))}
        planned = {one.id: one for one in session.scalars(select(Touch))}
        invitations = session.scalars(select(Invitation)).all()
        assert tallies.differences(session) == []
    # Nothing hangs: every touch and every mail has come to an end.
    assert {touch.state for touch in planned.values()} <= {TouchState.RELEASED, TouchState.CANCELLED}
    assert {message.state for message in messages.values()} <= DONE
    # Nobody twice: one mail a touch, and a second copy only where a sender died with it in hand.
    assert len({message.touch_id for message in messages.values()}) == len(messages)
    for message_id, copies in play.accepted.items():
        assert copies <= 1 + play.crashed[message_id]
        assert messages[message_id].copies == copies
    # Nobody forgotten: whoever nothing has stopped got the invitation.
    mailed = {
        messages[message_id].invitation_id
        for message_id in play.accepted
        if planned[messages[message_id].touch_id or 0].step == "invitation"
    }
    stopped = play.ended.keys() | play.off
    assert {one.id for one in invitations if one.id not in stopped} <= mailed
    # Whoever was stopped has a reason on every touch that did not go out.
    cancelled = [touch for touch in planned.values() if touch.state is TouchState.CANCELLED]
    assert all(touch.reason for touch in cancelled)
    assert all(one.state is not InvitationState.WAITING for one in invitations), (
        "the wave is closed, and so is every invitation"
    )


def test_the_dice_reach_everything(post: Post) -> None:
    """A sequence in which everything happens once, in an order that hurts: the test itself is tried."""
    play = Play(post, random.Random(1))
    for act in ("release", "crash", "answer", "expire", "send", "bounce", "jump", "release_twice", "send"):
        getattr(play, act)()
    assert play.accepted and play.crashed and play.ended and play.off
    with post.reader() as session:
        assert session.scalars(select(Touch).where(Touch.channel == Channel.MAIL)).first()
