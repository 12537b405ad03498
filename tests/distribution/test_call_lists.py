"""The call list at work: narrowed, sorted, paged, and whom to call next."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.distribution import tallies
from surveyd.distribution.answered_calls import log_completed
from surveyd.distribution.cadence import WISHED_CALL, Window
from surveyd.distribution.cadence_models import WaveCadence
from surveyd.distribution.call_attempts import record
from surveyd.distribution.call_claims import claim_call, release_call
from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_lists import CallList, Day, claim_next, day_of, search_calls
from surveyd.distribution.call_models import Call, CallOutcome, CallState
from surveyd.distribution.call_rules import USUAL
from surveyd.distribution.calls import find_call
from surveyd.distribution.invitations import start
from surveyd.distribution.models import Invitation, Touch
from surveyd.people.access import SYSTEM
from surveyd.people.models import Contact
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

DAY_21 = NOW + timedelta(days=21)
EARLY = (DAY_21 + timedelta(days=1)).replace(hour=4, minute=30)
"""Half past six in Berlin, the day after."""


@pytest.fixture
def flagged(post: Post) -> Post:
    """A wave whose silent, Anna, Aziz and Sofie, are on the call list."""
    post.go_to(DAY_21)
    post.release()
    return post


def caller(post: Post, user_id: int, *, later: timedelta = timedelta()) -> Caller:
    return Caller(user_id, post.clock.now(), system_now() + later, SYSTEM)


def wish(search: str = "", sort: str = "best", after: str = "", **filters: str) -> Wanted:
    return Wanted(search, sort, after, filters)


def found(post: Post, cast: Cast, wanted: Wanted) -> CallList:
    with post.reader() as session:
        return search_calls(session, wanted=wanted, caller=caller(post, cast.support.id))


def names(post: Post, cast: Cast, wanted: Wanted) -> list[str]:
    return [row.name.split()[0] for row in found(post, cast, wanted).rows]


def call_of(post: Post, contact_id: int) -> int:
    with post.reader() as session:
        ids = session.query(Call.id).join(Invitation, Invitation.id == Call.invitation_id)
        return int(ids.filter(Invitation.contact_id == contact_id).scalar())


def record_now(
    post: Post, writer: Transaction, call_id: int, outcome: CallOutcome, by: int, **facts: object
) -> None:
    with writer() as session:
        now = post.clock.now()
        call = find_call(session, call_id, scope=SYSTEM)
        record(session, call, outcome, now=now, system_now=system_now(), by=by, **facts)  # type: ignore[arg-type]


def test_everybody_is_listed_and_counted(flagged: Post, cast: Cast) -> None:
    listed = found(flagged, cast, wish())

    assert (listed.count, listed.ready, listed.after) == (3, 3, "")
    assert names(flagged, cast, wish()) == ["Anna", "Aziz", "Sofie"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (wish("ADLER"), ["Anna"]),
        (wish("werk"), ["Sofie"]),
        (wish("C-ahmed"), ["Aziz"]),
        (wish("%"), []),
        (wish(region="North"), ["Anna", "Aziz"]),
        (wish(language="de"), ["Sofie"]),
        (wish(wave="w1"), ["Anna", "Aziz", "Sofie"]),
        (wish(wave="other"), []),
        (wish(show="now"), ["Anna", "Aziz", "Sofie"]),
        (wish(show="mine"), []),
        (wish(show="back"), []),
        (wish(show="nonsense"), ["Anna", "Aziz", "Sofie"]),
        (wish(sort="-account"), ["Sofie", "Aziz", "Anna"]),
        (wish(sort="waiting"), ["Anna", "Aziz", "Sofie"]),
        (wish(sort="tries"), ["Anna", "Aziz", "Sofie"]),
    ],
)
def test_the_list_is_narrowed_and_sorted(
    flagged: Post, cast: Cast, wanted: Wanted, expected: list[str]
) -> None:
    assert names(flagged, cast, wanted) == expected


def test_the_best_comes_first(flagged: Post, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        start(session, flagged.invitation(cast.aziz.id).id, now=DAY_21)
    record_now(
        flagged,
        writer,
        call_of(flagged, cast.sofie.id),
        CallOutcome.CALL_BACK,
        cast.support.id,
        call_back_at=DAY_21 + timedelta(hours=1),
    )
    assert names(flagged, cast, wish()) == ["Aziz", "Anna", "Sofie"]

    flagged.go_to(DAY_21 + timedelta(hours=1))
    assert names(flagged, cast, wish()) == ["Sofie", "Aziz", "Anna"]
    [back] = found(flagged, cast, wish(show="back")).rows
    assert (back.name, back.back_at) == ("Sofie Sommer", DAY_21 + timedelta(hours=1))


def test_the_list_pages_by_key(flagged: Post, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveyd.distribution.call_ranks.PAGE", 2)
    first = found(flagged, cast, wish())
    second = found(flagged, cast, wish(after=first.after))

    assert [row.name for row in (*first.rows, *second.rows)] == ["Anna Adler", "Aziz Ahmed", "Sofie Sommer"]
    assert (len(first.rows), second.after, second.count) == (2, "", 3)
    with pytest.raises(Refused):
        found(flagged, cast, wish(after="nonsense"))


def test_next_claims_another_call_for_each_caller(flagged: Post, cast: Cast, writer: Transaction) -> None:
    claims = []
    for user in (cast.support.id, cast.admin.id, cast.mona.id, cast.milo.id):
        with writer() as session:
            claims.append(claim_next(session, wanted=wish(), caller=caller(flagged, user)))

    assert claims == [call_of(flagged, who.id) for who in (cast.anna, cast.aziz, cast.sofie)] + [None]
    with writer() as session:  # who has a claim gets it again
        assert claim_next(session, wanted=wish(), caller=caller(flagged, cast.admin.id)) == claims[1]
    assert names(flagged, cast, wish(show="mine")) == ["Anna"]
    assert names(flagged, cast, wish(show="now")) == []


def test_next_keeps_to_what_the_list_was_narrowed_to(flagged: Post, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        me = caller(flagged, cast.support.id)
        assert claim_next(session, wanted=wish(language="de"), caller=me) == call_of(flagged, cast.sofie.id)
        assert claim_next(session, wanted=wish("nobody"), caller=me) is None


def test_nobody_is_next_outside_working_hours(launched: object, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        session.get_one(Contact, cast.anna.id).time_zone = "Asia/Tokyo"
    post: Post = launched(window=Window(9, 17))  # type: ignore[operator]  # the fixture is a function
    for hours in (-8, 0):  # in the morning there, in the morning here
        post.go_to(DAY_21 + timedelta(days=2, hours=hours))
        post.release()
    post.go_to(DAY_21 + timedelta(days=2, hours=3))  # 14:00 in Berlin, 21:00 in Tokyo
    assert [row.callable_now for row in found(post, cast, wish()).rows] == [True, True, False]
    assert found(post, cast, wish()).ready == 2

    post.go_to(DAY_21 + timedelta(days=2, hours=8))
    listed = found(post, cast, wish())
    assert (listed.count, listed.ready) == (3, 0)
    # Nine in the morning in Tokyo, after Good Friday, a weekend and Easter Monday at their company.
    assert listed.next_at == DAY_21 + timedelta(days=6, hours=15)
    with writer() as session:
        assert claim_next(session, wanted=wish(), caller=caller(post, cast.support.id)) is None


def test_when_the_next_can_be_called_is_said_of_those_on_the_list(
    launched: object, cast: Cast, writer: Transaction
) -> None:
    with writer() as session:
        session.get_one(Contact, cast.sofie.id).time_zone = "Asia/Tokyo"
    post: Post = launched(window=Window(9, 17))  # type: ignore[operator]  # the fixture is a function
    for hours in (-8, 0):  # in the morning there, in the morning here
        post.go_to(DAY_21 + timedelta(days=2, hours=hours))
        post.release()
    now = DAY_21 + timedelta(days=2, hours=3)  # 14:00 in Berlin, 21:00 in Tokyo
    post.go_to(now)
    in_the_morning = DAY_21 + timedelta(days=6, hours=15)  # after Easter at their company

    south = found(post, cast, wish(region="South"))
    assert (south.count, south.ready, south.next_at) == (1, 0, in_the_morning)
    assert found(post, cast, wish("sofie", show="now")).next_at == in_the_morning
    assert found(post, cast, wish()).next_at == now
    assert found(post, cast, wish("nobody")).next_at is None


def test_an_expired_claim_is_free_again(flagged: Post, cast: Cast, writer: Transaction) -> None:
    anna = call_of(flagged, cast.anna.id)
    with writer() as session:
        claim_call(session, find_call(session, anna, scope=SYSTEM), by=cast.admin.id, system_now=system_now())
    with writer() as session:
        later = caller(flagged, cast.support.id, later=timedelta(minutes=21))
        assert claim_next(session, wanted=wish(), caller=later) == anna


def test_a_call_is_put_back_by_its_caller_only(flagged: Post, cast: Cast, writer: Transaction) -> None:
    anna = call_of(flagged, cast.anna.id)
    with writer() as session:
        call = find_call(session, anna, scope=SYSTEM)
        claim_call(session, call, by=cast.admin.id, system_now=system_now())
        release_call(session, call, by=cast.support.id)
        assert call.claimed_by_id == cast.admin.id
        release_call(session, call, by=cast.admin.id)
        release_call(session, call, by=cast.admin.id)
        assert call.claimed_until is None


def test_after_a_message_they_have_a_day(flagged: Post, cast: Cast, writer: Transaction) -> None:
    anna = call_of(flagged, cast.anna.id)
    record_now(flagged, writer, anna, CallOutcome.LEFT_MESSAGE, cast.support.id)

    call = next(call for call in flagged.calls() if call.id == anna)
    assert (call.state, call.not_before) == (CallState.OPEN, DAY_21 + timedelta(hours=USUAL.after_message))


def test_a_day_is_counted_for_each_caller(flagged: Post, cast: Cast, writer: Transaction) -> None:
    me = cast.support.id
    for contact, outcome in (
        (cast.anna, CallOutcome.NO_ANSWER),
        (cast.aziz, CallOutcome.DECLINED),
        (cast.sofie, CallOutcome.LEFT_MESSAGE),
    ):
        record_now(flagged, writer, call_of(flagged, contact.id), outcome, me)
    with writer() as session:
        call = find_call(session, call_of(flagged, cast.anna.id), scope=SYSTEM)
        log_completed(session, call, now=DAY_21, by=me)
        session.refresh(call)
        assert call.attempts == 2

    with flagged.reader() as session:
        assert day_of(session, user_id=me, since=DAY_21) == Day(attempts=4, reached=2, completed=1)
        assert day_of(session, user_id=me, since=DAY_21 + timedelta(seconds=1)) == Day(0, 0, 0)
        assert day_of(session, user_id=cast.admin.id, since=DAY_21) == Day(0, 0, 0)


def test_what_there_is_to_choose(flagged: Post, cast: Cast) -> None:
    offered = found(flagged, cast, wish()).choices
    assert (offered.regions, offered.waves, offered.languages) == (("North", "South"), ("w1",), ("de", "en"))


def test_an_empty_list_offers_nothing(post: Post, cast: Cast) -> None:
    listed = found(post, cast, wish())
    assert (listed.rows, listed.count, listed.ready, listed.next_at) == ((), 0, 0, None)


class TestHoursOfAStep:
    """A call with sending hours of its own is made in these, not in the program's."""

    @pytest.fixture
    def early(self, launched: Callable[..., Post], writer: Transaction) -> Post:
        """Calls from six to eight in the morning, in a program that mails from nine to seventeen."""
        post = launched(window=Window(9, 17))
        with writer() as session:
            steps = session.get_one(WaveCadence, post.wave_id)
            own = [6, 8, False]
            steps.steps = [step | {"window": own if step["name"] == "call" else None} for step in steps.steps]
        post.go_to(EARLY)
        post.release()
        return post

    @pytest.mark.parametrize(("hour", "ready"), [(4, 3), (9, 0)])
    def test_they_can_be_called_then(self, early: Post, cast: Cast, hour: int, ready: int) -> None:
        early.go_to(EARLY.replace(hour=hour, minute=30))
        listed = found(early, cast, wish())

        assert (listed.count, listed.ready) == (3, ready)
        assert {row.callable_now for row in listed.rows} == {bool(ready)}
        with early.writer() as session:
            claimed = claim_next(session, wanted=wish(), caller=caller(early, cast.support.id))
            assert (claimed is not None) is bool(ready)
        if not ready:
            assert listed.next_at == EARLY + timedelta(days=1, minutes=-30)

    def test_who_asked_to_be_called_is_called_in_the_programs_hours(self, early: Post, cast: Cast) -> None:
        with early.writer() as session:
            touch = session.scalars(select(Touch).where(Touch.step == "call").order_by(Touch.id)).first()
            assert touch is not None
            touch.step = WISHED_CALL
            session.flush()
            tallies.recount(session)  # what becomes a call keeps its step
        early.go_to(EARLY.replace(hour=9))
        assert found(early, cast, wish()).ready == 1
