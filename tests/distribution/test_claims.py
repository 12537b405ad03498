"""Claims of two hands at once on a database that locks row by row."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.database import writing
from surveyd.distribution import claims, limits, outbox, waves
from surveyd.distribution.lanes import new_lane
from surveyd.distribution.models import Message, MessageState, Wave
from surveyd.distribution.sender import LEASE, Lane
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.relays import Relay


def _drain(app: Flask, lane: Lane) -> None:
    with app.app_context():
        lane.drain()
    lane.relay.close()


def _change(session: Session, wave: Wave, at: int) -> None:
    """One of the things that staff do to a wave that is under way, in turn."""
    if at % 4 == 0:
        waves.pause(session, wave, now=NOW)
    elif at % 4 == 1:
        waves.resume(session, wave)
    elif at % 4 == 2:
        waves.set_rate(session, wave, 5000 + at)
    else:
        limits.set_limit(session, per_second=5000 + at)


def _queue(writer: Transaction, post: Post, number: int) -> None:
    """Queue so many more mails of the wave, each like its first one."""
    post.release()
    with writer() as session:
        like = session.scalars(select(Message).order_by(Message.id)).first()
        assert like is not None
        kept = ("name", "language", "context", "program_id", "wave_id", "invitation_id", "contact_id")
        facts = {name: getattr(like, name) for name in kept}
        more = [
            outbox.NewMessage(
                dedup_key=f"more:{at}",
                recipient=f"c{at}@nordwind.test",
                due_at=NOW,
                created_at=NOW,
                **facts,
            )
            for at in range(number)
        ]
        outbox.queue(session, more, mail_domain="mail.surveyd.test")


# SQLite has one writer at a time, so that no two can wait for each other.
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_keeping_the_leases_never_waits_for_a_mail_in_hand(
    post: Post, writer: Transaction, app: Flask
) -> None:
    post.release()
    until = system_now() + timedelta(hours=1)
    with writer() as session:
        claimed = claims.claim(session, "me", limit=3, now=NOW, system_now=system_now(), lease=LEASE)
    with writer() as session:
        assert claims.begin(session.connection(), claimed[0].id, by="me", system_now=system_now())
        kept: list[int] = []

        def keep() -> None:
            with app.app_context(), writing() as other:
                kept.append(claims.renew(other, "me", until=until))

        keeper = threading.Thread(target=keep)
        keeper.start()
        keeper.join(10)
        # The keeper is done while this transaction still holds a mail, and may go on to the next one.
        assert kept == [2]
        assert claims.begin(session.connection(), claimed[1].id, by="me", system_now=system_now())
    with writer() as session:
        leases = session.scalars(select(Message.lease_until).order_by(Message.id)).all()
        assert [lease == until for lease in leases] == [False, True, True]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_lane_with_a_mail_in_hand_waits_for_no_other(
    post: Post, writer: Transaction, app: Flask, relay: Relay
) -> None:
    post.release()
    with app.app_context():
        lane = new_lane(post.services)
        first, second, third = lane._claim()  # one turn of its loop, by hand
        assert lane._turn_over(None, first)
    with writer() as session:
        # Somebody who changes many mails has come as far as the second, and goes on to the first.
        session.execute(update(Message).where(Message.id == second.id).values(reason="changed"))
        turned: list[bool] = []

        def turn() -> None:
            with app.app_context():
                turned.append(lane._turn_over(first, second))

        turning = threading.Thread(target=turn)
        turning.start()
        turning.join(10)
        assert turned == [False]
        session.execute(update(Message).where(Message.id == first.id).values(reason="changed"))
    with app.app_context():
        assert lane._turn_over(None, third)
    assert [post.messages()[name].state for name in sorted(post.messages())].count(MessageState.SENT) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_slot_is_not_used_up_by_a_mail_that_must_not_go(
    post: Post, writer: Transaction, app: Flask, relay: Relay
) -> None:
    with writer() as session:
        waves.set_rate(session, session.get_one(Wave, post.wave_id), 1)
    post.release()
    with app.app_context():
        lane = new_lane(post.services)
        first, *_others = lane._claim()
        with writer() as session:
            outbox.release_claims(session, post.wave_id)
        assert not lane._turn_over(None, first, lane._paces(first))
    with writer() as session:
        assert session.get_one(Wave, post.wave_id).next_slot == 0.0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_whoever_changes_a_wave_and_whoever_sends_it_never_wait_in_a_circle(
    post: Post, writer: Transaction, app: Flask, relay: Relay
) -> None:
    _queue(writer, post, 400)
    lanes = [new_lane(post.services) for _ in range(3)]
    threads = [threading.Thread(target=_drain, args=(app, lane)) for lane in lanes]
    for thread in threads:
        thread.start()
    changes = 0
    while any(thread.is_alive() for thread in threads) and changes < 400:
        with writer() as session:
            _change(session, session.get_one(Wave, post.wave_id), changes)
        changes += 1
    for thread in threads:
        thread.join()
    with writer() as session:
        waves.resume(session, session.get_one(Wave, post.wave_id))
    post.drain()
    assert changes > 4
    assert len(relay.received) == len({mail.message_id for mail in relay.received}) == 403
