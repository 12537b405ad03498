"""The sender, over a real relay with faults: nobody forgotten, nobody mailed twice, and doubt is shown."""

import threading
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from surveyd.base.clock import system_now
from surveyd.base.errors import Unavailable
from surveyd.distribution import claims, outbox, stale, waves
from surveyd.distribution.lanes import new_lane
from surveyd.distribution.models import Message, MessageState, Suppression, Wave
from surveyd.distribution.sender import LEASE
from surveyd.distribution.soft_bounces import LIMIT, count_soft
from surveyd.people.models import Contact
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.children import wait_for
from tests.fixtures.relays import Relay

A_TICK = 0.005


def address(writer: Transaction, contact_id: int, local: str) -> None:
    """Give a contact an address that meets a fault of the relay."""
    with writer() as session:
        session.get_one(Contact, contact_id).email = f"{local}@nordwind.test"


def change(writer: Transaction, **values: object) -> None:
    """Change every message's row, as another process would have left it."""
    with writer() as session:
        session.execute(update(Message).values(**values))


def test_every_mail_goes_out_once(post: Post, relay: Relay) -> None:
    lane = post.send()
    assert lane.counts.sent == len(relay.received) == 3
    post.drain()
    assert len(relay.received) == 3
    rows = post.messages().values()
    assert {row.state for row in rows} == {MessageState.SENT}
    assert {row.copies for row in rows} == {1}
    assert {f"<{row.message_id}>" for row in rows} == {mail.message_id for mail in relay.received}


def test_each_return_path_names_its_message(post: Post, relay: Relay) -> None:
    post.send()
    ids = {post.services.keys.read_return_path(mail.sender) for mail in relay.received}
    assert ids == {row.id for row in post.messages().values()}


def test_no_such_address_is_suppressed(post: Post, cast: Cast, writer: Transaction, relay: Relay) -> None:
    address(writer, cast.anna.id, "perm")
    post.send()
    message = post.messages()["perm invitation"]
    assert (message.state, message.copies) == (MessageState.FAILED, 0)
    assert message.reason.startswith("550 5.1.1")
    with writer() as session:
        assert session.get_one(Suppression, "perm@nordwind.test").reason == "bounced"
    assert len(relay.received) == 2


def test_a_refusal_for_now_is_tried_again_later(
    post: Post, cast: Cast, writer: Transaction, relay: Relay
) -> None:
    address(writer, cast.anna.id, "temp")
    relay.limit("temp", 1)
    post.send()
    message = post.messages()["temp invitation"]
    assert (message.state, message.copies, message.due_at) == (
        MessageState.QUEUED,
        0,
        NOW + timedelta(minutes=1),
    )
    post.drain()
    assert len(relay.received) == 2
    post.go_to(NOW + timedelta(minutes=1))
    post.drain()
    assert len(relay.to("temp@nordwind.test")) == 1


def test_tries_come_to_an_end(post: Post, cast: Cast, writer: Transaction) -> None:
    address(writer, cast.anna.id, "temp")
    post.release()
    for day in range(claims.ATTEMPTS_AT_MOST + 1):
        post.go_to(NOW + timedelta(days=day))
        post.drain()
    message = post.messages()["temp invitation"]
    assert (message.state, message.attempts) == (MessageState.FAILED, claims.ATTEMPTS_AT_MOST)
    assert "given up" in message.reason


@pytest.mark.parametrize(("local", "counts"), [("full", True), ("temp", False)])
def test_three_mails_that_were_given_up_end_an_address(
    post: Post, writer: Transaction, local: str, counts: bool
) -> None:
    post.release()
    recipient = f"{local}@nordwind.test"
    change(writer, recipient=recipient, attempts=claims.ATTEMPTS_AT_MOST - 2)
    post.drain()
    with writer() as session:
        # The first refusals of three mails are not the end of any.
        assert count_soft(session, recipient, now=NOW) == 0
    post.go_to(NOW + timedelta(days=1))
    change(writer, due_at=NOW)
    post.drain()
    with writer() as session:
        assert set(session.scalars(select(Message.state))) == {MessageState.FAILED}
        assert count_soft(session, recipient, now=post.clock.now()) == (LIMIT if counts else 0)
        ended = session.get(Suppression, recipient)
        assert (ended.reason if ended else "") == ("kept_bouncing" if counts else "")


def test_a_mail_that_was_cut_off_arrives_once(
    post: Post, cast: Cast, writer: Transaction, relay: Relay
) -> None:
    address(writer, cast.anna.id, "drop")
    relay.limit("drop", 1)
    post.send()
    # A small mail is out of our hands before the cut is seen: then it is in doubt, never lost.
    assert post.messages()["drop invitation"].state in (MessageState.QUEUED, MessageState.UNCERTAIN)
    post.go_to(NOW + timedelta(minutes=1))
    post.drain()
    assert len(relay.to("drop@nordwind.test")) == 1
    assert post.messages()["drop invitation"].state is MessageState.SENT


def test_a_cut_after_the_final_dot_is_doubt_and_shown(
    post: Post, cast: Cast, writer: Transaction, relay: Relay
) -> None:
    address(writer, cast.anna.id, "lost")
    relay.limit("lost", 1)
    post.send()
    assert post.messages()["lost invitation"].state is MessageState.UNCERTAIN
    post.go_to(NOW + timedelta(minutes=2))
    post.drain()
    message = post.messages()["lost invitation"]
    assert (message.state, message.copies) == (MessageState.SENT, 2)
    first, second = relay.to("lost@nordwind.test")
    assert first.message_id == second.message_id
    assert (first.mail["X-Surveyd-Copy"], second.mail["X-Surveyd-Copy"]) == (None, "2")


def test_doubt_without_end_is_held(post: Post, cast: Cast, writer: Transaction, relay: Relay) -> None:
    address(writer, cast.anna.id, "lost")
    post.release()
    for hour in range(8):
        post.go_to(NOW + timedelta(hours=hour))
        post.drain()
    message = post.messages()["lost invitation"]
    assert (message.state, message.copies) == (MessageState.HELD, claims.COPIES_AT_MOST)
    assert len(relay.to("lost@nordwind.test")) == claims.COPIES_AT_MOST


def test_a_held_mail_goes_on_by_a_persons_word(post: Post, writer: Transaction, relay: Relay) -> None:
    post.release()
    change(writer, state=MessageState.HELD)
    post.drain()
    assert relay.received == []
    with writer() as session:
        assert outbox.release_held(session, now=NOW) == 3
    post.drain()
    assert len(relay.received) == 3


def test_without_a_relay_nothing_is_begun(post: Post, relay: Relay, app: Flask) -> None:
    post.release()
    relay.stop()
    lane = new_lane(post.services)
    with app.app_context(), pytest.raises(Unavailable):
        lane.drain()
    rows = post.messages().values()
    assert {(row.state, row.attempts, row.lease_by) for row in rows} == {(MessageState.QUEUED, 0, None)}
    relay.start()
    assert post.drain().counts.sent == 3


def test_a_connection_that_the_relay_closed_meanwhile_delays_no_mail(
    post: Post, writer: Transaction, relay: Relay, app: Flask
) -> None:
    post.release()
    lane = new_lane(post.services)
    with app.app_context():
        lane.drain()
        relay.stop()
        wait_for(lambda: not lane.relay.is_open, what="the farewell")
        relay.start()
        change(writer, state=MessageState.QUEUED, attempts=0, copies=0)
        lane.drain()
    lane.relay.close()
    rows = post.messages().values()
    assert {(row.state, row.attempts) for row in rows} == {(MessageState.SENT, 1)}


def test_a_dead_senders_mail_is_doubtful_and_its_claims_are_free(
    post: Post, writer: Transaction, relay: Relay
) -> None:
    post.release()
    past = system_now() - LEASE - timedelta(seconds=1)
    with writer() as session:
        claimed = claims.claim(session, "dead", limit=10, now=NOW, system_now=past, lease=LEASE)
        assert claims.begin(session.connection(), claimed[0].id, by="dead", system_now=past)
    with writer() as session:
        assert claims.expire(session, system_now=system_now()) == 1
    post.drain()
    assert len(relay.received) == 3
    assert sorted(row.copies for row in post.messages().values()) == [1, 1, 2]


def test_a_living_senders_mail_is_left_alone(post: Post, writer: Transaction, relay: Relay) -> None:
    post.release()
    with writer() as session:
        claims.claim(session, "other", limit=10, now=NOW, system_now=system_now(), lease=LEASE)
    post.drain()
    assert relay.received == []


def test_two_lanes_share_the_work(post: Post, app: Flask, relay: Relay) -> None:
    post.release()
    lanes = [new_lane(post.services) for _ in range(2)]

    def drain(lane: object) -> None:
        with app.app_context():
            lane.drain()  # type: ignore[attr-defined]  # a Lane, given to a thread

    threads = [threading.Thread(target=drain, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread, lane in zip(threads, lanes, strict=True):
        thread.join()
        lane.relay.close()
    assert set(relay.copies().values()) == {1}
    assert len(relay.received) == 3


def test_what_was_withdrawn_after_the_claim_is_not_begun(post: Post, writer: Transaction) -> None:
    post.release()
    with writer() as session:
        claimed = claims.claim(session, "me", limit=10, now=NOW, system_now=system_now(), lease=LEASE)
    with writer() as session:
        waves.pause(session, session.get_one(Wave, post.wave_id), now=NOW)
    with writer() as session:
        assert not claims.begin(session.connection(), claimed[0].id, by="me", system_now=system_now())


def test_a_rate_spaces_the_mails(post: Post, writer: Transaction, relay: Relay) -> None:
    with writer() as session:
        waves.set_rate(session, session.get_one(Wave, post.wave_id), 20)
    # The slots are in the time of day, the relay's times are not.
    began, of_day = time.monotonic(), time.time()
    post.send()
    times = sorted(mail.at - began for mail in relay.received)
    with writer() as session:
        following = session.get_one(Wave, post.wave_id).next_slot - of_day
    assert len(times) == 3
    # However busy the machine is: three slots one behind the other, and no mail before its own.
    assert following >= 3 / 20 - A_TICK
    assert times[-1] >= following - 1 / 20 - A_TICK


def test_twenty_refusals_in_a_row_pause_the_wave_and_tell_the_admins(
    post: Post, cast: Cast, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.release()
    # A context that its template does not know: every mail of the wave is one that we cannot write.
    change(writer, context={})
    monkeypatch.setattr("surveyd.distribution.bursts.IN_A_ROW", 3)
    post.drain()
    with writer() as session:
        assert session.get_one(Wave, post.wave_id).paused_at == NOW
        alert = session.scalars(select(Message).where(Message.name == "wave_paused")).one()
        assert alert.user_id == cast.admin.id
        held = session.scalars(select(Message.state).where(Message.name == "invitation"))
        assert set(held) == {MessageState.HELD}


def test_mails_that_missed_their_window_wait_for_the_next(
    post: Post, writer: Transaction, relay: Relay
) -> None:
    post.release()
    change(writer, stale_at=system_now() - timedelta(seconds=1))
    post.drain()
    assert relay.received == []
    with writer() as session:
        assert stale.replan_stale(session, now=NOW, system_now=system_now()) == 3
        assert stale.replan_stale(session, now=NOW, system_now=system_now()) == 0
    post.drain()
    assert len(relay.received) == 3


@pytest.mark.parametrize("state", [MessageState.QUEUED, MessageState.UNCERTAIN])
def test_what_a_dead_sender_had_claimed_moves_to_the_next_window_as_well(
    post: Post, writer: Transaction, relay: Relay, state: MessageState
) -> None:
    post.release()
    past = system_now() - LEASE - timedelta(seconds=1)
    with writer() as session:
        claims.claim(session, "dead", limit=10, now=NOW, system_now=past, lease=LEASE)
    change(writer, stale_at=system_now() - timedelta(seconds=1), state=state)
    with writer() as session:
        assert stale.replan_stale(session, now=NOW, system_now=system_now()) == 3
    post.drain()
    assert len(relay.received) == 3


def test_a_living_senders_claim_is_not_moved_away(post: Post, writer: Transaction) -> None:
    post.release()
    with writer() as session:
        claims.claim(session, "other", limit=10, now=NOW, system_now=system_now(), lease=LEASE)
    change(writer, stale_at=system_now() - timedelta(seconds=1))
    with writer() as session:
        assert stale.replan_stale(session, now=NOW, system_now=system_now()) == 0


def test_a_lane_that_stumbled_leaves_what_it_began_to_its_lease(post: Post, writer: Transaction) -> None:
    post.release()
    lane = new_lane(post.services)
    past = system_now() - LEASE - timedelta(seconds=1)
    with writer() as session:
        claimed = claims.claim(session, lane.name, limit=1, now=NOW, system_now=past, lease=LEASE)
        assert claims.begin(session.connection(), claimed[0].id, by=lane.name, system_now=past)

    lane.begin_anew()

    with writer() as session:
        assert claims.renew(session, lane.name, until=system_now() + LEASE) == 0
        assert claims.expire(session, system_now=system_now()) == 1
