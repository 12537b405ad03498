"""What fell due while nobody was there is held, and goes on by a person's word."""

from datetime import timedelta

from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.distribution import gaps
from surveyd.distribution.models import Heartbeat, Touch, TouchState
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.relays import Relay


def test_a_long_silence_holds_what_fell_due(post: Post, writer: Transaction, relay: Relay) -> None:
    post.release()
    with writer() as session:
        long_ago = system_now() - timedelta(hours=5)
        session.add(Heartbeat(name="schedule", system_at=long_ago, program_at=NOW - timedelta(hours=5)))
    post.go_to(NOW + timedelta(days=14))
    with writer() as session:
        held = gaps.hold_after_gap(session, now=post.clock.now(), system_now=system_now())
    assert held == 6
    post.send()
    assert relay.received == []
    states = {touch.step: touch.state for touch in post.touches().values()}
    assert states == {
        "invitation": TouchState.RELEASED,
        "reminder": TouchState.HELD,
        "call": TouchState.PLANNED,
    }
    with writer() as session:
        assert gaps.hold_after_gap(session, now=post.clock.now(), system_now=system_now()) == 0
        assert gaps.release_touches(session, now=post.clock.now()) == 3
    assert post.send().counts.sent == 3


def test_a_short_silence_holds_nothing(post: Post, writer: Transaction) -> None:
    post.release()
    with writer() as session:
        gaps.beat(session, "schedule", now=NOW, system_now=system_now() - timedelta(hours=3))
        gaps.beat(session, "schedule", now=NOW, system_now=system_now() - timedelta(hours=2))
        assert gaps.hold_after_gap(session, now=NOW, system_now=system_now()) == 0
        assert session.scalars(select(Touch.state).distinct()).all()


def test_the_first_start_holds_nothing(post: Post, writer: Transaction) -> None:
    with writer() as session:
        assert gaps.hold_after_gap(session, now=NOW, system_now=system_now()) == 0
