"""Whose a call is: promised, handed over, taken over."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.base.errors import NotFound, Refused
from surveyd.base.keyset import Wanted
from surveyd.distribution.call_attempts import record
from surveyd.distribution.call_calendar import call_backs, late_call_backs
from surveyd.distribution.call_claims import claim_call
from surveyd.distribution.call_figures import figures_between
from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_lists import claim_next
from surveyd.distribution.call_models import Call, CallOutcome
from surveyd.distribution.call_owners import KEPT_FOR, colleagues_for, hand_over, take_over
from surveyd.distribution.calls import find_call, view_call
from surveyd.distribution.models import Invitation, Message
from surveyd.people.access import SYSTEM, scope_of
from surveyd.people.models import StaffRole, User
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast, Person

DAY_21 = NOW + timedelta(days=21)
DOMAIN = "mail.surveyd.test"


@pytest.fixture
def flagged(post: Post) -> Post:
    """Anna, Aziz and Sofie are on the call list."""
    post.go_to(DAY_21)
    post.release()
    return post


def call_of(post: Post, who: Person) -> int:
    with post.reader() as session:
        theirs = select(Call.id).join(Invitation, Invitation.id == Call.invitation_id)
        return session.scalars(theirs.where(Invitation.contact_id == who.id)).one()


def caller(post: Post, who: Person) -> Caller:
    with post.reader() as session:
        scope = scope_of(session.get_one(User, who.id))
    return Caller(who.id, post.clock.now(), system_now(), scope)


def next_of(post: Post, who: Person, writer: Transaction) -> int | None:
    me = caller(post, who)
    with writer() as session:
        found = claim_next(session, wanted=Wanted(sort="best"), caller=me)
        session.rollback()
        return found


def hand(post: Post, call_id: int, to: Person, by: Person, *, word: str = "") -> None:
    with post.writer() as session:
        hand_over(
            session,
            find_call(session, call_id, scope=SYSTEM),
            to=session.get_one(User, to.id),
            by=session.get_one(User, by.id),
            now=post.clock.now(),
            system_now=system_now(),
            mail_domain=DOMAIN,
            word=word,
        )


def test_a_call_is_handed_to_the_manager_who_is_told_and_has_it(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    anna = call_of(flagged, cast.anna)
    with pytest.raises(NotFound), flagged.reader() as session:
        find_call(session, anna, scope=caller(flagged, cast.mona).scope)
    assert next_of(flagged, cast.mona, writer) is None

    hand(flagged, anna, cast.mona, cast.support, word="Asks\nfor you.")

    assert next_of(flagged, cast.mona, writer) == anna
    assert next_of(flagged, cast.support, writer) != anna
    with flagged.reader() as session:
        mail = session.scalars(select(Message).where(Message.name == "call_handed_over")).one()
        assert (mail.recipient, mail.context["word"]) == (cast.mona.email, "Asks for you.")
        assert mail.context["path"] == f"/staff/calls/{anna}"
        me = caller(flagged, cast.mona)
        view = view_call(session, anna, scope=me.scope, now=me.now, system_now=me.system_now)
        assert view.row.owner == "Mona Manager"


def test_what_was_handed_over_and_not_done_is_anybody_s(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    anna = call_of(flagged, cast.anna)
    hand(flagged, anna, cast.mona, cast.support)
    flagged.go_to(DAY_21 + KEPT_FOR + timedelta(seconds=1))

    assert next_of(flagged, cast.admin, writer) == anna


def test_nobody_gets_what_they_could_not_open(flagged: Post, cast: Cast, writer: Transaction) -> None:
    anna = call_of(flagged, cast.anna)
    with flagged.reader() as session:
        offered = colleagues_for(session, find_call(session, anna, scope=SYSTEM), but=cast.support.id)
        assert [(one.name, one.is_manager) for one in offered] == [
            ("Mona Manager", True),
            ("Ada Admin", False),
        ]
    for who in (cast.milo, cast.leader, cast.outsider, cast.support):
        with pytest.raises(Refused):
            hand(flagged, anna, who, cast.support)


def test_a_colleague_who_is_calling_keeps_it(flagged: Post, cast: Cast, writer: Transaction) -> None:
    anna = call_of(flagged, cast.anna)
    with writer() as session:
        claim_call(session, find_call(session, anna, scope=SYSTEM), by=cast.admin.id, system_now=system_now())
    with pytest.raises(Refused):
        hand(flagged, anna, cast.mona, cast.support)
    with pytest.raises(Refused), writer() as session:
        call, now = find_call(session, anna, scope=SYSTEM), flagged.clock.now()
        take_over(session, call, by=cast.support.id, role=StaffRole.SUPPORT, now=now, system_now=system_now())


def test_a_promise_is_kept_by_who_gave_it_and_taken_over_from_who_is_absent(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    anna, back = call_of(flagged, cast.anna), DAY_21 + timedelta(hours=1)
    with writer() as session:
        call = find_call(session, anna, scope=SYSTEM)
        facts = {"now": DAY_21, "system_now": system_now(), "by": cast.support.id}
        record(session, call, CallOutcome.CALL_BACK, call_back_at=back, **facts)  # type: ignore[arg-type]
    flagged.go_to(back + timedelta(minutes=1))
    assert next_of(flagged, cast.support, writer) == anna
    assert next_of(flagged, cast.admin, writer) != anna

    with writer() as session:
        call, now = find_call(session, anna, scope=SYSTEM), flagged.clock.now()
        take_over(session, call, by=cast.admin.id, role=StaffRole.ADMIN, now=now, system_now=system_now())
    assert next_of(flagged, cast.admin, writer) == anna

    flagged.go_to(back + timedelta(days=1))
    me, team = caller(flagged, cast.admin), caller(flagged, cast.support)
    with flagged.reader() as session:
        [row] = call_backs(session, back, back + timedelta(minutes=1), caller=me, mine=True)
        assert (row.name, row.owner, row.back_at) == ("Anna Adler", "Ada Admin", back)
        assert call_backs(session, back, back + timedelta(minutes=1), caller=team, mine=True) == []
        assert len(call_backs(session, back, back + timedelta(minutes=1), caller=team, mine=False)) == 1
        assert late_call_backs(session, me.now, caller=me, mine=True) == 1


def test_an_admin_takes_a_call_out_of_hands_that_are_away(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    anna = call_of(flagged, cast.anna)
    with writer() as session:
        claim_call(
            session, find_call(session, anna, scope=SYSTEM), by=cast.support.id, system_now=system_now()
        )
    with writer() as session:
        call, now = find_call(session, anna, scope=SYSTEM), flagged.clock.now()
        take_over(session, call, by=cast.admin.id, role=StaffRole.ADMIN, now=now, system_now=system_now())
        assert call.claimed_by_id == cast.admin.id
    with pytest.raises(Refused), writer() as session:
        claim_call(
            session, find_call(session, anna, scope=SYSTEM), by=cast.support.id, system_now=system_now()
        )


def test_a_day_is_counted_by_person_wave_and_hour(flagged: Post, cast: Cast, writer: Transaction) -> None:
    done = (
        (cast.anna, CallOutcome.NO_ANSWER, 0, cast.support),
        (cast.aziz, CallOutcome.REACHED, 1, cast.support),
    )
    for who, outcome, hours, by in (*done, (cast.sofie, CallOutcome.DECLINED, 1, cast.admin)):
        with writer() as session:
            call, now = (
                find_call(session, call_of(flagged, who), scope=SYSTEM),
                DAY_21 + timedelta(hours=hours),
            )
            record(session, call, outcome, now=now, system_now=system_now(), by=by.id)
    scopes = {who.name: caller(flagged, who).scope for who in (cast.admin, cast.support, cast.leader)}
    with flagged.reader() as session:
        found = {
            name: figures_between(session, DAY_21, DAY_21 + timedelta(days=1), scope=scope)
            for name, scope in scopes.items()
        }
        assert figures_between(session, NOW, DAY_21, scope=SYSTEM).all.attempts == 0

    whole = found["Ada Admin"]
    assert (whole.all.attempts, whole.all.reached, whole.all.completed, whole.all.hours) == (3, 2, 0, 3)
    assert [(one.name, one.attempts, one.per_hour) for one in whole.people] == [
        ("Sam Support", 2, 1.0),
        ("Ada Admin", 1, 1.0),
    ]
    assert [(one.name, one.attempts) for one in whole.waves] == [("w1", 3)]
    assert [one.name for one in found["Sam Support"].people] == ["Sam Support"]
    assert found["Lea Leader"].all.attempts == 2  # Nordwind is in the North, Südwerk is not
