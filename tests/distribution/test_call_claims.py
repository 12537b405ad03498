"""Claims of two hands at once: never one person, whatever the wave, and never one number."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.base.database import writing
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.distribution.call_claims import CLAIM, claim_call, release_call
from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_lists import claim_next, search_calls
from surveyd.distribution.call_models import Call, CallHold
from surveyd.distribution.calls import find_call
from surveyd.distribution.models import Invitation
from surveyd.people.access import SYSTEM
from surveyd.people.models import Contact
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

DAY_21 = NOW + timedelta(days=21)


@pytest.fixture
def twice(launched: Callable[..., Post]) -> Post:
    """Anna, Aziz and Sofie are on the call list of two waves."""
    launched(slug="w1", rest_days=0)
    post = launched(slug="w2", rest_days=0)
    post.go_to(DAY_21)
    post.release()
    return post


def calls_of(post: Post, contact_id: int) -> list[int]:
    with post.reader() as session:
        theirs = select(Call.id).join(Invitation, Invitation.id == Call.invitation_id)
        return list(session.scalars(theirs.where(Invitation.contact_id == contact_id).order_by(Call.id)))


def at_once(app: Flask, tasks: list[tuple[int, int]]) -> list[bool]:
    """Claim each (call, user) in a thread of its own, all at one moment; who got theirs."""
    start = threading.Barrier(len(tasks))
    got = [False] * len(tasks)

    def claim(place: int, call_id: int, by: int) -> None:
        start.wait(10)
        try:
            with app.app_context(), writing() as session:
                claim_call(session, find_call(session, call_id, scope=SYSTEM), by=by, system_now=system_now())
            got[place] = True
        except Refused:
            pass

    threads = [threading.Thread(target=claim, args=(place, *task)) for place, task in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return got


def test_one_person_in_two_waves_has_one_caller(twice: Post, app: Flask, cast: Cast) -> None:
    first, second = calls_of(twice, cast.anna.id)

    got = at_once(app, [(first, cast.support.id), (second, cast.admin.id)])

    assert sorted(got) == [False, True]


def test_one_number_has_one_caller(twice: Post, app: Flask, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        number = session.get_one(Contact, cast.anna.id).phone
        session.get_one(Contact, cast.sofie.id).phone = number
    anna, sofie = calls_of(twice, cast.anna.id)[0], calls_of(twice, cast.sofie.id)[0]

    assert sorted(at_once(app, [(anna, cast.support.id), (sofie, cast.admin.id)])) == [False, True]


def test_of_many_callers_each_gets_another_person(twice: Post, app: Flask, cast: Cast) -> None:
    users = [cast.support.id, cast.admin.id, cast.mona.id, cast.milo.id, cast.leader.id]
    start = threading.Barrier(len(users))
    got: list[int | None] = []

    def take(by: int) -> None:
        start.wait(10)
        with app.app_context(), writing() as session:
            caller = Caller(by, DAY_21, system_now(), SYSTEM)
            got.append(claim_next(session, wanted=Wanted(sort="best"), caller=caller))

    threads = [threading.Thread(target=take, args=(by,)) for by in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with twice.reader() as session:
        claimed = [one for one in got if one is not None]
        people = select(Invitation.contact_id).join(Call, Call.invitation_id == Invitation.id)
        whom = session.scalars(people.where(Call.id.in_(claimed))).all()
    assert sorted(whom) == sorted([cast.anna.id, cast.aziz.id, cast.sofie.id])
    assert got.count(None) == 2


def test_what_a_colleague_has_in_hand_is_ready_for_nobody_in_any_wave(
    twice: Post, cast: Cast, writer: Transaction
) -> None:
    first, second = calls_of(twice, cast.anna.id)
    with writer() as session:
        claim_call(
            session, find_call(session, first, scope=SYSTEM), by=cast.support.id, system_now=system_now()
        )

    for user, ready in ((cast.admin.id, 4), (cast.support.id, 5)):
        with twice.reader() as session:
            caller = Caller(user, DAY_21, system_now(), SYSTEM)
            assert search_calls(session, wanted=Wanted(sort="best"), caller=caller).ready == ready
    with pytest.raises(Refused, match="A colleague is calling"), writer() as session:
        claim_call(
            session, find_call(session, second, scope=SYSTEM), by=cast.admin.id, system_now=system_now()
        )


def test_a_hold_ends_with_its_claim(twice: Post, cast: Cast, writer: Transaction) -> None:
    first, second = calls_of(twice, cast.anna.id)
    with writer() as session:
        call = find_call(session, first, scope=SYSTEM)
        claim_call(session, call, by=cast.support.id, system_now=system_now())
        release_call(session, call, by=cast.support.id)
        assert session.scalars(select(CallHold)).all() == []
        claim_call(session, call, by=cast.support.id, system_now=system_now())
    later = system_now() + CLAIM + timedelta(seconds=1)
    with writer() as session:  # nobody renewed it
        claim_call(session, find_call(session, second, scope=SYSTEM), by=cast.admin.id, system_now=later)
