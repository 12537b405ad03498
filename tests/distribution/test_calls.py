"""The call list: who is called, by one person at a time, and what follows from each outcome."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.call_attempts import CALL_BACK_WITHIN, NOTE_LIMIT, record
from surveyd.distribution.call_claims import Overtaken, claim_call
from surveyd.distribution.call_models import CallOutcome, CallState
from surveyd.distribution.call_rules import USUAL
from surveyd.distribution.calls import CallRow, call_list, find_call
from surveyd.distribution.models import InvitationState
from surveyd.people.access import SYSTEM
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

DAY_21 = NOW + timedelta(days=21)


@pytest.fixture
def flagged(post: Post) -> Post:
    """A wave whose silent are on the call list."""
    post.go_to(DAY_21)
    post.release()
    return post


def listed(flagged: Post) -> list[CallRow]:
    with flagged.reader() as session:
        return call_list(session, now=flagged.clock.now(), system_now=system_now())


def say(
    flagged: Post, writer: Transaction, outcome: CallOutcome, *, by: int, call_id: int, **facts: Any
) -> None:
    with writer() as session:
        call = find_call(session, call_id, scope=SYSTEM)
        now = flagged.clock.now()
        record(session, call, outcome, now=now, system_now=system_now(), by=by, **facts)


def test_it_shows_whom_where_and_what_time_it_is_there(flagged: Post, cast: Cast) -> None:
    row = next(row for row in listed(flagged) if row.contact_id == cast.anna.id)
    assert (row.name, row.account, row.phone) == ("Anna Adler", "Nordwind", "+4930901821")
    assert row.local_time.hour == 11  # Berlin is two hours ahead of 09:00 UTC by then
    assert (row.callable_now, row.reason) == (True, "no answer to the mails")


def test_an_empty_list_is_empty(post: Post) -> None:
    assert listed(post) == []


def test_two_people_never_call_one_contact(flagged: Post, cast: Cast, writer: Transaction) -> None:
    first = listed(flagged)[0].id
    with writer() as session:
        claim_call(
            session, find_call(session, first, scope=SYSTEM), by=cast.support.id, system_now=system_now()
        )
    with writer() as session, pytest.raises(Refused, match="colleague"):
        claim_call(
            session, find_call(session, first, scope=SYSTEM), by=cast.admin.id, system_now=system_now()
        )
    with writer() as session:
        later = system_now() + timedelta(minutes=21)
        claim_call(session, find_call(session, first, scope=SYSTEM), by=cast.admin.id, system_now=later)


def test_nobody_there_is_tried_again_later_and_not_for_ever(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    first = listed(flagged)[0].id
    for attempt in range(USUAL.attempts):
        flagged.go_to(DAY_21 + attempt * timedelta(hours=USUAL.after_no_answer))
        say(flagged, writer, CallOutcome.NO_ANSWER, by=cast.support.id, call_id=first)
    call = next(call for call in flagged.calls() if call.id == first)
    assert (call.state, call.attempts) == (CallState.DONE, USUAL.attempts)


def test_a_call_back_waits_for_its_time(flagged: Post, cast: Cast, writer: Transaction) -> None:
    first, tomorrow = listed(flagged)[0].id, DAY_21 + timedelta(days=1)
    say(flagged, writer, CallOutcome.CALL_BACK, by=cast.support.id, call_id=first, call_back_at=tomorrow)
    row = next(row for row in listed(flagged) if row.id == first)
    assert (row.not_before, row.callable_now) == (tomorrow, False)


def test_a_call_back_in_the_past_is_refused_and_keeps_the_call(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    first = listed(flagged)[0].id
    with pytest.raises(Refused, match="still to come"):
        say(flagged, writer, CallOutcome.CALL_BACK, by=cast.support.id, call_id=first, call_back_at=NOW)
    assert next(row for row in listed(flagged) if row.id == first).attempts == 0


def test_a_call_back_is_promised_for_sixty_days_at_most(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    first, last = listed(flagged)[0].id, DAY_21 + CALL_BACK_WITHIN
    facts: dict[str, Any] = {"by": cast.support.id, "call_id": first}
    with pytest.raises(Refused, match="within 60 days"):
        say(flagged, writer, CallOutcome.CALL_BACK, call_back_at=last + timedelta(seconds=1), **facts)
    say(flagged, writer, CallOutcome.CALL_BACK, call_back_at=last, **facts)
    row = next(row for row in listed(flagged) if row.id == first)
    assert (row.attempts, row.not_before) == (1, last)


def test_what_a_colleague_recorded_is_not_written_over(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    first, tomorrow = listed(flagged)[0].id, DAY_21 + timedelta(days=1)
    promise: dict[str, Any] = {"by": cast.support.id, "call_id": first, "call_back_at": tomorrow, "seen": 0}
    say(flagged, writer, CallOutcome.CALL_BACK, **promise)
    for outcome in (CallOutcome.NO_ANSWER, CallOutcome.WRONG_NUMBER):
        with pytest.raises(Overtaken):
            say(flagged, writer, outcome, by=cast.admin.id, call_id=first, seen=0)
    row = next(row for row in listed(flagged) if row.id == first)
    assert (row.attempts, row.back_at, row.claimed_by_id) == (1, tomorrow, None)
    say(flagged, writer, CallOutcome.NO_ANSWER, by=cast.admin.id, call_id=first, seen=1)


def test_a_note_that_is_too_long_is_refused(flagged: Post, cast: Cast, writer: Transaction) -> None:
    first = listed(flagged)[0].id
    with pytest.raises(Refused, match="1 characters too long"):
        say(
            flagged,
            writer,
            CallOutcome.REACHED,
            by=cast.support.id,
            call_id=first,
            note="x" * (NOTE_LIMIT + 1),
        )


def test_declining_ends_the_asking(flagged: Post, cast: Cast, writer: Transaction) -> None:
    anna = next(row for row in listed(flagged) if row.contact_id == cast.anna.id)
    say(flagged, writer, CallOutcome.DECLINED, by=cast.support.id, call_id=anna.id)
    assert flagged.invitation(cast.anna.id).state is InvitationState.DECLINED
    assert anna.id not in [row.id for row in listed(flagged)]


def test_an_over_call_cannot_be_claimed(flagged: Post, cast: Cast, writer: Transaction) -> None:
    first = listed(flagged)[0].id
    say(flagged, writer, CallOutcome.WRONG_NUMBER, by=cast.support.id, call_id=first)
    with pytest.raises(Refused, match="over"):
        say(flagged, writer, CallOutcome.REACHED, by=cast.support.id, call_id=first)


def test_an_unknown_call_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        find_call(session, 4711, scope=SYSTEM)
