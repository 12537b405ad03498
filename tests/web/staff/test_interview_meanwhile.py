"""What an interviewer typed is kept, when the call is over by another way meanwhile."""

import pytest

from surveyd.closed_loop.intake import submit
from surveyd.distribution.call_models import Call, CallAttempt, CallState
from surveyd.people.models import Contact
from surveyd.responses.answers import AnswerChannel
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, OFFICE
from tests.web.offices import Office, SignIn, Staff

TYPED = {"page": "recommendation", "lang": "en", "recommend": "3"}
NOTE = "By <b>Monday</b>."
Sent = dict[str, str]
Logged = tuple[str, str]
RECORD = {"call-record": "yes"}
BEN = {"call-colleague": "Ben Brandt"}


@pytest.fixture
def form(office: Office) -> str:
    """The address of the questions of Sofie's call."""
    return f"/staff/calls/{office.call}/form"


@pytest.fixture
def support(office: Office, sign_in: SignIn) -> Staff:
    """Sam, who has the call."""
    staff = sign_in(office.cast.support)
    staff.post(f"/staff/calls/{office.call}/claim")
    return staff


@pytest.fixture
def by_web(support: Staff, office: Office, writer: Transaction) -> int:
    """Sofie's invitation, answered on the web while she is on the telephone with Sam."""
    web = AnswerChannel.WEB
    with writer() as session:
        invitation_id = office.sofie_invitation
        submit(session, invitation_id, answers=HAPPY, channel=web, given_at=NOW, now=NOW, office=OFFICE)
    return office.sofie_invitation


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        ({**RECORD, "call-outcome": "wrong_number"}, ("wrong_number", NOTE)),
        (RECORD, ("reached", NOTE)),
        ({"call-at_once": "call_back"}, ("reached", NOTE)),
        ({"go": "next"}, ("reached", NOTE)),
        ({**RECORD, **BEN, "call-outcome": "not_me"}, ("declined", f"{NOTE}\nBen Brandt")),
    ],
)
def test_a_note_is_kept_with_an_attempt(
    support: Staff, by_web: int, form: str, reader: Transaction, *, sent: Sent, logged: Logged
) -> None:
    for _ in range(2):  # A second press counts once.
        answer = support.post(form, **TYPED, **sent, **{"call-note": NOTE, "call-seen": "0"})
        assert "The answers are in." in answer.text

    with reader() as session:
        tried = session.query(CallAttempt).one()
        call = session.query(Call).filter_by(invitation_id=by_web).one()
    assert (tried.outcome, tried.note, tried.call_id) == (*logged, call.id)
    assert (call.state, call.reason, call.attempts) == (CallState.DONE, "answered", 1)


def test_a_refusal_counts(
    support: Staff, by_web: int, form: str, office: Office, reader: Transaction
) -> None:
    assert by_web
    support.post(form, **TYPED, **RECORD, **{"call-outcome": "no_more"})
    with reader() as session:
        assert session.get_one(Contact, office.cast.sofie.id).opted_out_at == NOW


def test_a_note_stays_on_the_page_of_a_call_that_is_over(
    support: Staff, form: str, office: Office, writer: Transaction
) -> None:
    with writer() as session:
        call = session.get_one(Call, office.call)
        call.state, call.reason = CallState.DONE, "closed"

    late = support.post(form, **TYPED, **RECORD, **{"call-outcome": "reached", "call-note": NOTE})

    assert late.status_code == 409
    assert "By &lt;b&gt;Monday&lt;/b&gt;." in late.text
