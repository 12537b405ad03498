"""The call list at work: claims, outcomes, and the questionnaire on the phone."""

from datetime import UTC, datetime

import pytest

from surveyd.distribution.models import Call, CallAttempt, CallOutcome, CallState, Invitation, InvitationState
from surveyd.responses.models import Response
from tests.fixtures.apps import Transaction
from tests.fixtures.asking import HAPPY
from tests.web.offices import Office, SignIn


def call_of(office: Office, reader: Transaction) -> Call:
    with reader() as session:
        return session.get_one(Call, office.call)


def test_the_list_says_whom_why_when_and_where(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.support).get("/staff/calls").text

    assert "<h1>1 person is to be called, 1 of them now</h1>" in page
    assert "Sofie Sommer" in page
    assert "no answer to the mails" in page
    assert "Tue 10:00" in page
    assert 'href="tel:+4930901820"' in page


def test_two_people_never_call_the_same_contact(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support, admin = sign_in(office.cast.support), sign_in(office.cast.admin)
    path = f"/staff/calls/{office.call}"

    assert support.post(f"{path}/claim").status_code == 303
    second = admin.post(f"{path}/claim")

    assert second.status_code == 409
    assert "A colleague is calling this contact" in second.text
    assert admin.post(f"{path}/outcome", outcome="no_answer").status_code == 409
    assert "A colleague is calling" in admin.get(path).text
    assert "This call is yours" in support.get(path).text
    assert call_of(office, reader).claimed_by_id == office.cast.support.id


def test_an_outcome_is_recorded_and_the_list_goes_on(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}"

    response = support.post(f"{path}/outcome", outcome="no_answer", note="rang <long>")

    assert (response.status_code, response.location) == (303, "/staff/calls")
    with reader() as session:
        attempt = session.query(CallAttempt).one()
        assert (attempt.outcome, attempt.note, attempt.user_id) == (
            CallOutcome.NO_ANSWER,
            "rang <long>",
            office.cast.support.id,
        )
    assert "rang &lt;long&gt;" in support.get(path).text
    assert "0 of them now" in support.get("/staff/calls").text


def test_a_call_back_is_at_the_contact_s_own_time(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support = sign_in(office.cast.support)

    support.post(f"/staff/calls/{office.call}/outcome", outcome="call_back", call_back_at="2026-03-11T14:30")

    assert call_of(office, reader).not_before == datetime(2026, 3, 11, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({}, 422, "Choose what came of the call."),
        ({"outcome": "call_back"}, 422, "Say when to call back."),
        ({"outcome": "call_back", "call_back_at": "tomorrow"}, 422, "Not a valid datetime"),
        ({"outcome": "call_back", "call_back_at": "2026-03-01T10:00"}, 409, "still to come"),
        ({"outcome": "completed"}, 422, "Not a valid choice"),
        ({"outcome": "no_answer", "note": "x" * 2001}, 422, "Shorten the note a little."),
    ],
)
def test_an_outcome_that_cannot_be_changes_nothing(
    office: Office, sign_in: SignIn, reader: Transaction, *, fields: dict[str, str], status: int, says: str
) -> None:
    response = sign_in(office.cast.support).post(f"/staff/calls/{office.call}/outcome", **fields)

    assert response.status_code == status
    assert says in response.text
    assert call_of(office, reader).attempts == 0


def test_who_declines_is_asked_no_more(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support = sign_in(office.cast.support)

    support.post(f"/staff/calls/{office.call}/outcome", outcome="declined")

    with reader() as session:
        invitation = session.get_one(Invitation, office.sofie_invitation)
        assert invitation.state is InvitationState.DECLINED
    assert "This call is over: declined" in support.get(f"/staff/calls/{office.call}").text
    assert "Nobody is to be called" in support.get("/staff/calls").text


def test_the_questionnaire_on_the_phone_goes_through_the_same_door(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}/form"
    assert "on the telephone" in support.get(path).text

    response = support.post(path, page="recommendation", recommend="10", go="next")
    for _ in range(12):
        if response.status_code != 303:
            break
        page = response.location.partition("page=")[2].partition("&")[0]
        answers = {item: str(value) for item, value in HAPPY.items()}
        response = support.post(path, page=page, go="send", **answers)

    assert response.status_code == 200
    assert 'id="receipt"' in response.text
    with reader() as session:
        stored = session.query(Response).filter_by(invitation_id=office.sofie_invitation).one()
        assert (stored.channel, stored.interviewer_id) == ("phone", office.cast.support.id)
    call = call_of(office, reader)
    assert (call.state, call.outcome) == (CallState.DONE, CallOutcome.COMPLETED)
    assert "This call is over: answered" in support.get(f"/staff/calls/{office.call}").text
    assert 'id="receipt"' in support.get(path).text


def test_a_form_that_a_colleague_fills_in_is_refused(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    sign_in(office.cast.support).post(f"/staff/calls/{office.call}/claim")

    response = sign_in(office.cast.admin).post(
        f"/staff/calls/{office.call}/form", page="recommendation", recommend="1", go="next"
    )

    assert response.status_code == 409
    with reader() as session:
        assert session.get_one(Invitation, office.sofie_invitation).started_at is None


def test_opening_a_call_changes_nothing(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support = sign_in(office.cast.support)

    support.get(f"/staff/calls/{office.call}")
    support.get(f"/staff/calls/{office.call}/form?score=3")

    assert call_of(office, reader).claimed_by_id is None
    with reader() as session:
        assert session.get_one(Invitation, office.sofie_invitation).started_at is None
    assert support.get(f"/staff/calls/{office.call}/claim").status_code == 405
