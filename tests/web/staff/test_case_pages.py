"""Working on a case: the log, and the close."""

import pytest

from surveyd.closed_loop.models import Case, CaseEntry, CaseState
from tests.fixtures.apps import Transaction
from tests.web.offices import Office, SignIn


def case_of(office: Office, reader: Transaction) -> Case:
    with reader() as session:
        return session.get_one(Case, office.case)


def test_an_attempt_that_reached_the_person_is_logged(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    mona = sign_in(office.cast.mona)

    response = mona.post(f"/staff/cases/{office.case}/log", kind="reached", text="We <i>talked</i>.")

    assert response.status_code == 303
    assert case_of(office, reader).state is CaseState.CONTACTED
    page = mona.get(f"/staff/cases/{office.case}").text
    assert "reached: We &lt;i&gt;talked&lt;/i&gt;." in page
    assert "contact, Mona Manager" in page


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("", "hello", "Choose what happened."),
        ("note", "  ", "Write what is to be noted."),
        ("won the lottery", "", "Not a valid choice"),
        ("note", "x" * 4000, "Shorten the note a little."),
    ],
)
def test_a_log_line_that_cannot_be_keeps_what_was_typed(
    office: Office, sign_in: SignIn, reader: Transaction, *, kind: str, text: str, says: str
) -> None:
    response = sign_in(office.cast.mona).post(f"/staff/cases/{office.case}/log", kind=kind, text=text)

    assert response.status_code == 422
    assert says in response.text
    assert text.strip() in response.text
    with reader() as session:
        assert session.query(CaseEntry).count() == 0


def test_a_case_is_closed_once(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    mona, path = sign_in(office.cast.mona), f"/staff/cases/{office.case}/close"

    assert mona.post(path, root_cause="late deliveries", outcome="new carrier").status_code == 303
    again = mona.post(path, root_cause="other", outcome="other")

    assert again.status_code == 409
    assert "is closed" in again.text
    assert case_of(office, reader).root_cause == "late deliveries"
    page = mona.get(f"/staff/cases/{office.case}").text
    assert "Anna Adler: new carrier" in page
    assert "Close the case" not in page
    assert "No case is open" in mona.get("/staff/cases").text


def test_a_close_without_a_cause_says_what_is_missing(office: Office, sign_in: SignIn) -> None:
    response = sign_in(office.cast.mona).post(
        f"/staff/cases/{office.case}/close", root_cause="", outcome="new carrier"
    )

    assert response.status_code == 422
    assert "Say what was behind it" in response.text
    assert 'value="new carrier"' in response.text


def test_no_field_of_a_form_sets_what_is_not_in_it(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    sign_in(office.cast.mona).post(
        f"/staff/cases/{office.case}/log",
        kind="no_answer",
        owner_id=str(office.cast.outsider.id),
        state="closed",
        priority="0",
    )

    case = case_of(office, reader)
    assert (case.owner_id, case.state) == (office.cast.mona.id, CaseState.OPEN)
    assert case.priority > 0


@pytest.mark.parametrize("deed", ["log", "close"])
def test_a_foreign_case_cannot_be_worked_on(
    office: Office, sign_in: SignIn, reader: Transaction, deed: str
) -> None:
    fields = {"kind": "reached", "root_cause": "x", "outcome": "y"}

    for other in (office.cast.milo, office.cast.outsider, office.cast.support):
        assert sign_in(other).post(f"/staff/cases/{office.case}/{deed}", **fields).status_code == 404
    assert case_of(office, reader).state is CaseState.OPEN


def test_a_case_is_not_changed_by_get(office: Office, sign_in: SignIn) -> None:
    mona = sign_in(office.cast.mona)

    assert mona.get(f"/staff/cases/{office.case}/close").status_code == 405
    assert mona.get(f"/staff/cases/{office.case}/log").status_code == 405


def test_mine_are_mine(office: Office, sign_in: SignIn) -> None:
    assert "Anna Adler" in sign_in(office.cast.mona).get("/staff/cases?whose=mine").text
    assert "Anna Adler" not in sign_in(office.cast.admin).get("/staff/cases?whose=mine").text
