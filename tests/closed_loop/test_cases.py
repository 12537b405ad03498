"""A case from opening to closing, and who sees it."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.closed_loop.case_lists import find_case, list_cases
from surveyd.closed_loop.cases import (
    LONG_TEXT,
    AttemptResult,
    EntryKind,
    Kinds,
    Overtaken,
    close_case,
    hand_over,
    note,
    record_attempt,
)
from surveyd.closed_loop.models import Case, CaseState, Ending, RootCause
from surveyd.closed_loop.rules import Reason
from surveyd.people.access import NOBODY, SYSTEM, scope_of
from surveyd.people.models import User
from tests.fixtures.apps import NOW
from tests.fixtures.asking import UNHAPPY, Asking

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def case_id(asking: Asking) -> int:
    """Anna's case, which Mona owns."""
    opened = asking.answer(asking.ask(asking.people.anna.id), UNHAPPY).case_id
    assert opened is not None
    return opened


def test_a_case_is_worked_and_closed(asking: Asking, session: Session, case_id: int) -> None:
    mona = asking.people.mona.id
    record_attempt(session, case_id, result=AttemptResult.NO_ANSWER, by=mona, now=NOW)
    record_attempt(
        session, case_id, result=AttemptResult.REACHED, text=" Talked for long. ", by=mona, now=LATER
    )
    note(session, case_id, text="She wants one contact person.", by=mona, now=LATER)
    close_case(session, case_id, root_cause="billing", outcome="credit note sent", by=mona, now=LATER)

    found = find_case(session, case_id, scope=SYSTEM)
    assert found.line.state is CaseState.CLOSED
    assert (found.contacted_at, found.closed_at) == (LATER, LATER)
    assert (found.root_cause, found.outcome) == ("billing", "credit note sent")
    assert [(entry.kind, entry.text) for entry in found.log] == [
        (EntryKind.ATTEMPT, "no answer"),
        (EntryKind.CONTACT, "reached: Talked for long."),
        (EntryKind.NOTE, "She wants one contact person."),
        (EntryKind.CLOSING, "billing; credit note sent"),
    ]
    assert {entry.by for entry in found.log} == {"Mona Manager"}


def test_an_attempt_without_success_is_no_contact(asking: Asking, session: Session, case_id: int) -> None:
    for result in (AttemptResult.NO_ANSWER, AttemptResult.LEFT_MESSAGE, AttemptResult.WRONG_NUMBER):
        record_attempt(session, case_id, result=result, by=asking.people.mona.id, now=NOW)

    found = find_case(session, case_id, scope=SYSTEM)
    assert (found.line.state, found.contacted_at, len(found.log)) == (CaseState.OPEN, None, 3)


def test_the_first_contact_counts(asking: Asking, session: Session, case_id: int) -> None:
    for at in (NOW, LATER):
        record_attempt(session, case_id, result=AttemptResult.REACHED, by=asking.people.mona.id, now=at)

    assert find_case(session, case_id, scope=SYSTEM).contacted_at == NOW


def test_a_closed_case_takes_no_more_steps(asking: Asking, session: Session, case_id: int) -> None:
    mona = asking.people.mona.id
    close_case(session, case_id, root_cause="billing", outcome="sent", by=mona, now=NOW)

    with pytest.raises(Refused, match=f"Case {case_id} is closed"):
        close_case(session, case_id, root_cause="other", outcome="other", by=mona, now=LATER)
    with pytest.raises(Refused):
        note(session, case_id, text="Late", by=mona, now=LATER)
    with pytest.raises(Refused):
        record_attempt(session, case_id, result=AttemptResult.REACHED, by=mona, now=LATER)
    with pytest.raises(Refused):
        hand_over(session, case_id, to=session.get_one(User, asking.people.milo.id), by=mona, now=LATER)
    found = find_case(session, case_id, scope=SYSTEM)
    assert (found.root_cause, found.closed_at, len(found.log)) == ("billing", NOW, 1)


def test_a_close_is_sorted_as_well_as_said(asking: Asking, session: Session, case_id: int) -> None:
    kinds = Kinds(RootCause.BILLING, Ending.RESOLVED_LATER)
    close_case(session, case_id, root_cause="a", outcome="b", kinds=kinds, by=asking.people.mona.id, now=NOW)

    found = find_case(session, case_id, scope=SYSTEM)
    assert (found.cause, found.ending) == (RootCause.BILLING, Ending.RESOLVED_LATER)


def test_who_has_not_seen_the_last_line_is_told(asking: Asking, session: Session, case_id: int) -> None:
    mona, milo = asking.people.mona.id, asking.people.milo
    note(session, case_id, text="First", by=mona, now=NOW, seen=0)

    with pytest.raises(Overtaken):
        note(session, case_id, text="Second", by=milo.id, now=LATER, seen=0)
    with pytest.raises(Overtaken):
        record_attempt(session, case_id, result=AttemptResult.REACHED, by=milo.id, now=LATER, seen=0)
    with pytest.raises(Overtaken):
        close_case(session, case_id, root_cause="a", outcome="b", by=milo.id, now=LATER, seen=0)
    with pytest.raises(Overtaken):
        hand_over(session, case_id, to=session.get_one(User, milo.id), by=milo.id, now=LATER, seen=0)
    found = find_case(session, case_id, scope=SYSTEM)
    assert (found.line.state, found.line.owner_id) == (CaseState.OPEN, mona)
    assert [entry.text for entry in found.log] == ["First"]

    note(session, case_id, text="Second", by=milo.id, now=LATER, seen=1)
    assert [entry.by_id for entry in find_case(session, case_id, scope=SYSTEM).log] == [mona, milo.id]


def test_a_step_that_is_refused_takes_no_place(asking: Asking, session: Session, case_id: int) -> None:
    with pytest.raises(Refused):
        note(session, case_id, text=" ", by=asking.people.mona.id, now=NOW, seen=0)
    note(session, case_id, text="First", by=asking.people.mona.id, now=NOW, seen=0)


def test_a_case_goes_only_to_who_could_open_it(asking: Asking, session: Session, case_id: int) -> None:
    milo = session.get_one(User, asking.people.milo.id)
    milo.active = False
    with pytest.raises(Refused, match="not active"):
        hand_over(session, case_id, to=milo, by=asking.people.mona.id, now=NOW)


@pytest.mark.parametrize(
    ("cause", "outcome", "says"),
    [
        ("", "sent", "The root cause is empty"),
        ("billing", " \n", "The outcome is empty"),
        ("x" * 201, "sent", "The root cause has 201 characters; 200 is the most"),
    ],
)
def test_closing_needs_a_cause_and_an_outcome(
    asking: Asking, session: Session, case_id: int, *, cause: str, outcome: str, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        close_case(session, case_id, root_cause=cause, outcome=outcome, by=asking.people.mona.id, now=NOW)
    assert find_case(session, case_id, scope=SYSTEM).line.state is CaseState.OPEN


def test_a_note_is_not_empty_and_not_endless(asking: Asking, session: Session, case_id: int) -> None:
    mona = asking.people.mona.id
    with pytest.raises(Refused, match="The note is empty"):
        note(session, case_id, text="  ", by=mona, now=NOW)
    with pytest.raises(Refused, match="3900 is the most"):
        note(session, case_id, text="x" * (LONG_TEXT + 1), by=mona, now=NOW)

    record_attempt(
        session, case_id, result=AttemptResult.WRONG_NUMBER, text="x" * LONG_TEXT, by=mona, now=NOW
    )
    assert len(find_case(session, case_id, scope=SYSTEM).log[0].text) <= 4000


def test_hostile_words_come_back_as_written(asking: Asking, session: Session, case_id: int) -> None:
    words = "<img src=x onerror=alert(1)> '); DROP TABLE cases; -- =1+1 {{7*7}} \u202e"
    note(session, case_id, text=words, by=asking.people.mona.id, now=NOW)

    assert find_case(session, case_id, scope=SYSTEM).log[0].text == words


@pytest.mark.parametrize("verb", ["note", "attempt", "close", "hand over", "find"])
def test_an_unknown_case_is_not_found(asking: Asking, session: Session, verb: str) -> None:
    mona = session.get_one(User, asking.people.mona.id)
    with pytest.raises(NotFound, match="case 4711"):
        match verb:
            case "note":
                note(session, 4711, text="Hello", by=mona.id, now=NOW)
            case "attempt":
                record_attempt(session, 4711, result=AttemptResult.REACHED, by=mona.id, now=NOW)
            case "close":
                close_case(session, 4711, root_cause="a", outcome="b", by=mona.id, now=NOW)
            case "hand over":
                hand_over(session, 4711, to=mona, by=mona.id, now=NOW)
            case _:
                find_case(session, 4711, scope=SYSTEM)


def test_a_case_is_handed_over_to_somebody_who_is_there(
    asking: Asking, session: Session, case_id: int
) -> None:
    milo = session.get_one(User, asking.people.milo.id)
    hand_over(session, case_id, to=milo, by=asking.people.mona.id, now=NOW)

    found = find_case(session, case_id, scope=scope_of(milo))
    assert (found.line.owner_id, found.line.owner) == (milo.id, "Milo Manager")
    assert found.log[0].kind is EntryKind.HAND_OVER
    milo.active = False
    with pytest.raises(Refused, match="is not active"):
        hand_over(session, case_id, to=milo, by=asking.people.mona.id, now=NOW)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("admin", True),
        ("executive", True),
        ("leader", True),
        ("mona", True),
        ("milo", False),
        ("outsider", False),
        ("support", False),
    ],
)
def test_who_sees_a_case(asking: Asking, session: Session, case_id: int, who: str, sees: bool) -> None:
    scope = scope_of(session.get_one(User, getattr(asking.people, who).id))

    assert [line.id for line in list_cases(session, scope=scope)] == [case_id] * sees
    if sees:
        assert find_case(session, case_id, scope=scope).line.contact == "Anna Adler"
    else:
        with pytest.raises(NotFound):
            find_case(session, case_id, scope=scope)
    assert list_cases(session, scope=NOBODY) == []


def test_support_sees_what_is_assigned_to_them(asking: Asking, session: Session, case_id: int) -> None:
    support = session.get_one(User, asking.people.support.id)
    hand_over(session, case_id, to=support, by=asking.people.admin.id, now=NOW)

    assert find_case(session, case_id, scope=scope_of(support)).line.id == case_id


def test_the_list_begins_with_who_waits_longest(asking: Asking, session: Session) -> None:
    invitations = [asking.ask_somebody(number) for number in range(3)]
    days_ago = [1, 5, 2]
    opened = [
        asking.answer(invitation, {"recommend": 2}, given_at=NOW - timedelta(days=days)).case_id
        for invitation, days in zip(invitations, days_ago, strict=True)
    ]
    lines = list_cases(session, scope=SYSTEM)

    assert [line.id for line in lines] == [opened[1], opened[2], opened[0]]
    assert [line.is_overdue(NOW) for line in lines] == [True, False, False]
    assert lines[0].reasons == (Reason.DETRACTOR,)


def test_of_two_due_at_once_the_urgent_one_stands_first(asking: Asking, session: Session) -> None:
    mild, bad = (asking.ask_somebody(number) for number in range(2))
    asking.answer(mild, {"recommend": 6})
    urgent = asking.answer(bad, {"recommend": 0}).case_id

    assert list_cases(session, scope=SYSTEM)[0].id == urgent


def test_closed_cases_and_other_owners_are_left_out(asking: Asking, session: Session, case_id: int) -> None:
    other = asking.answer(asking.ask(asking.people.sofie.id), UNHAPPY).case_id
    assert other is not None
    milo = asking.people.milo.id
    close_case(session, case_id, root_cause="a", outcome="b", by=milo, now=NOW)

    assert [line.id for line in list_cases(session, scope=SYSTEM)] == [other]
    assert len(list_cases(session, scope=SYSTEM, open_only=False)) == 2
    assert len(list_cases(session, scope=SYSTEM, open_only=False, most=1)) == 1
    assert [line.id for line in list_cases(session, scope=SYSTEM, owner_id=milo)] == [other]
    assert list_cases(session, scope=SYSTEM, owner_id=asking.people.admin.id) == []
    assert [line.id for line in list_cases(session, scope=SYSTEM, account_id=asking.people.sudwerk)] == [
        other
    ]


def test_a_case_without_an_owner_is_listed(asking: Asking, session: Session, case_id: int) -> None:
    session.get_one(Case, case_id).owner_id = None
    session.flush()

    assert [(line.owner_id, line.owner) for line in list_cases(session, scope=SYSTEM)] == [(None, "")]
