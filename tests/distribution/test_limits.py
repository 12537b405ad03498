"""Limits of the house, of programs and of domains: kept over all senders, and no slow one holds up others."""

import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from surveyd.base.clock import system_now
from surveyd.base.database import writing
from surveyd.base.errors import Refused
from surveyd.distribution import claims, pacing
from surveyd.distribution.lanes import new_lane
from surveyd.distribution.limit_models import SendingSlot
from surveyd.distribution.limits import EACH, HOUSE, Pace, gap_of, list_limits, read_limits, set_limit
from surveyd.distribution.models import Message, MessageState, Wave
from surveyd.distribution.sender import LEASE
from surveyd.people.models import Contact
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.relays import Relay


def address(writer: Transaction, contact_id: int, email: str) -> None:
    with writer() as session:
        session.get_one(Contact, contact_id).email = email


def limit(writer: Transaction, **facts: object) -> None:
    with writer() as session:
        set_limit(session, **facts)  # type: ignore[arg-type]  # the caller's keywords


@pytest.fixture
def two_domains(cast: Cast, writer: Transaction) -> None:
    """Anna and Aziz are in one domain, Sofie is in another, and her mail comes last."""
    address(writer, cast.anna.id, "anna@slow.test")
    address(writer, cast.aziz.id, "aziz@SLOW.test")
    address(writer, cast.sofie.id, "sofie@quick.test")


@pytest.mark.usefixtures("two_domains")
class TestDomains:
    @pytest.mark.parametrize("domain", ["slow.test", "SLOW.test", EACH])
    def test_a_slow_domain_holds_up_nobody_else(
        self, post: Post, writer: Transaction, relay: Relay, domain: str
    ) -> None:
        limit(writer, domain=domain, per_minute=1)
        began = time.monotonic()
        post.send()

        taken = [mail.recipients[0].lower() for mail in relay.received]
        assert len(taken) == 2 and "sofie@quick.test" in taken
        assert time.monotonic() - began < 30
        [waits] = [row for row in post.messages().values() if row.state is not MessageState.SENT]
        # Nothing was tried: it is as it was, and free for whoever has the next slot.
        assert (waits.state, waits.attempts, waits.lease_by) == (MessageState.QUEUED, 0, None)
        assert post.drain().counts.sent == 0
        with writer() as session:
            session.execute(update(SendingSlot).values(next_at=0.0))
        assert post.drain().counts.sent == 1

    def test_a_domains_own_limit_goes_before_that_of_each(self, post: Post, writer: Transaction) -> None:
        limit(writer, domain=EACH, per_minute=1)
        limit(writer, domain="slow.test", per_second=1000)
        assert post.send().counts.sent == 3

    def test_a_programs_limit_is_not_anothers(self, post: Post, writer: Transaction, relay: Relay) -> None:
        with writer() as session:
            program = session.get_one(Wave, post.wave_id).program_id
        limit(writer, program_id=program + 1, domain=EACH, per_minute=1)
        limit(writer, program_id=program, domain="quick.test", per_minute=1)
        assert post.send().counts.sent == 3
        limit(writer, program_id=program, domain="slow.test", per_minute=1)
        with writer() as session:
            session.execute(update(Message).values(state=MessageState.QUEUED))
            session.execute(update(SendingSlot).values(next_at=0.0))
        assert post.drain().counts.sent == 2

    def test_a_domain_that_says_it_is_too_much_is_left_alone(
        self, post: Post, cast: Cast, writer: Transaction, relay: Relay
    ) -> None:
        address(writer, cast.anna.id, "busy@slow.test")
        relay.limit("busy", 1)
        post.send()

        rows = post.messages()
        assert rows["sofie invitation"].state is MessageState.SENT
        assert rows["busy invitation"].reason.startswith("450 4.7.28")
        # The domain's other mail is not tried, and no attempt is counted against it.
        assert (rows["aziz invitation"].state, rows["aziz invitation"].attempts) == (MessageState.QUEUED, 0)
        with writer() as session:
            slot = session.get_one(SendingSlot, (HOUSE, "slow.test"))
            assert slot.rests == 1 and time.time() < slot.rests_until <= time.time() + pacing.RESTS[0]
            slot.rests_until = time.time() - 1
        assert post.drain().counts.sent == 1

    def test_a_rest_grows_and_is_forgotten(self, writer: Transaction) -> None:
        at = 1_000_000.0
        with writer() as session:
            assert pacing.rest(session, "slow.test", at=at) == at + pacing.RESTS[0]
            assert pacing.rest(session, "slow.test", at=at + 1) == at + pacing.RESTS[0]
            for pause in (*pacing.RESTS[1:], pacing.RESTS[-1]):
                at = session.scalars(select(SendingSlot.rests_until)).one()
                assert pacing.rest(session, "slow.test", at=at) == at + pause
            at += 2 * pacing.FORGOTTEN
            assert pacing.rest(session, "slow.test", at=at) == at + pacing.RESTS[0]


def test_of_many_at_once_one_has_the_slot(app: Flask, post: Post) -> None:
    paces = [Pace(HOUSE, "slow.test", 60.0), Pace(HOUSE, "", 60.0), Pace(HOUSE, "", 60.0, post.wave_id)]
    at, won = time.time(), []

    def try_it() -> None:
        with app.app_context():
            try:
                with writing() as session:
                    pacing.take(session, paces, at=at)
                won.append(True)
            except pacing.NotYet as full:
                assert full.until > at

    hands = [threading.Thread(target=try_it) for _ in range(8)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert won == [True]


def test_what_does_not_get_all_its_slots_takes_none(writer: Transaction) -> None:
    free, full = Pace(HOUSE, "quick.test", 60.0), Pace(HOUSE, "", 60.0)
    with writer() as session:
        pacing.take(session, [full], at=time.time())
    with pytest.raises(pacing.NotYet), writer() as session:
        pacing.take(session, [free, full], at=time.time())
    with writer() as session:
        pacing.take(session, [free], at=time.time())


def test_a_slot_of_a_clock_that_went_wrong_holds_up_nothing(post: Post, writer: Transaction) -> None:
    limit(writer, per_second=1000)
    with writer() as session:
        session.add(SendingSlot(program_id=HOUSE, domain="", next_at=time.time() + 10 * pacing.NONSENSE))
        session.get_one(Wave, post.wave_id).next_slot = time.time() + 10 * pacing.NONSENSE
    assert post.send().counts.sent == 3


@pytest.fixture
def lanes(post: Post, app: Flask) -> Iterator[list[threading.Thread]]:
    made = [new_lane(post.services) for _ in range(2)]

    def drain(lane: object) -> None:
        until = time.monotonic() + 60
        with app.app_context():
            while time.monotonic() < until and any(
                row.state is not MessageState.SENT for row in post.messages().values()
            ):
                lane.drain()  # type: ignore[attr-defined]  # a Lane, given to a thread
                time.sleep(0.02)

    yield [threading.Thread(target=drain, args=(lane,)) for lane in made]
    for lane in made:
        lane.relay.close()


def test_two_lanes_keep_one_limit(
    post: Post, writer: Transaction, relay: Relay, lanes: list[threading.Thread]
) -> None:
    limit(writer, per_second=4)
    post.release()
    with writer() as session:
        session.add_all(
            Message(
                dedup_key=f"k{n}", message_id=f"m{n}@x", name="password_reset", language="en",
                recipient=f"r{n}@x.test", due_at=NOW, created_at=NOW, context={"path": "/"},
                state=MessageState.SENT,
            )
            for n in range(2)
        )  # fmt: skip
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    times = sorted(mail.at for mail in relay.received)
    assert len(times) == 3
    assert times[-1] - times[0] >= 2 * 0.25 - 0.05


def test_a_change_takes_claims_back_and_opens_the_slots(post: Post, writer: Transaction) -> None:
    limit(writer, per_minute=1)
    post.release()
    assert post.drain().counts.sent == 1
    with writer() as session:
        session.execute(update(SendingSlot).values(next_at=0.0))
        claimed = claims.claim(session, "me", limit=10, now=NOW, system_now=system_now(), lease=LEASE)
    limit(writer, per_second=1000)
    with writer() as session:
        assert not claims.begin(session.connection(), claimed[0].id, by="me", system_now=system_now())
    assert post.drain().counts.sent == 2


class TestSettings:
    def test_they_are_listed_changed_and_taken_away(self, writer: Transaction, post: Post) -> None:
        with writer() as session:
            program = session.get_one(Wave, post.wave_id).program_id
        limit(writer, domain="Gmail.com ", per_second=2, per_minute=60)
        limit(writer, program_id=program, per_second=5)
        limit(writer, domain="gmail.com", per_second=3)
        with writer() as session:
            rows = [(row.program, row.domain, row.per_second, row.per_minute) for row in list_limits(session)]
            assert rows == [("", "gmail.com", 3, None), ("program-w1", "", 5, None)]
            assert len(list_limits(session, program_id=program)) == 1
        limit(writer, domain="gmail.com")
        limit(writer, domain="never.test")
        with writer() as session:
            assert [row.program for row in list_limits(session)] == ["program-w1"]

    @pytest.mark.parametrize("domain", ["a@b.test", "no", "**", "x y.test", "%", "."])
    def test_what_is_no_domain_is_refused(self, writer: Transaction, domain: str) -> None:
        with pytest.raises(Refused), writer() as session:
            set_limit(session, domain=domain, per_second=1)

    @pytest.mark.parametrize("facts", [{"per_second": -1}, {"per_second": 10**9}, {"per_minute": -5}])
    def test_what_is_no_rate_is_refused(self, writer: Transaction, facts: dict[str, int]) -> None:
        with pytest.raises(Refused), writer() as session:
            set_limit(session, **facts)  # type: ignore[arg-type]  # the caller's keywords

    def test_the_stricter_of_second_and_minute_counts(self) -> None:
        assert gap_of(10, 60) == pytest.approx(1.05)
        assert gap_of(1, 6000) == pytest.approx(1.05)
        assert gap_of(None, None) == 0

    def test_without_limits_no_slot_is_needed(self, writer: Transaction) -> None:
        with writer() as session:
            assert read_limits(session).paces(1, "x.test") == []
