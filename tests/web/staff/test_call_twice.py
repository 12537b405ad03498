"""Outcomes of a call that come twice, late, or with a time that cannot be."""

from datetime import UTC, datetime

import pytest

from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome
from surveyd.distribution.models import Invitation
from tests.fixtures.apps import Transaction
from tests.web.offices import Office, SignIn


def call_of(office: Office, reader: Transaction) -> Call:
    with reader() as session:
        return session.get_one(Call, office.call)


def test_the_end_of_all_time_is_told_beside_its_field(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        session.get_one(Invitation, office.sofie_invitation).time_zone = "America/New_York"
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}"

    response = support.post(f"{path}/outcome", at_once="call_back", call_back_at="9999-12-31T23:59")

    assert response.status_code == 422
    assert '<p class="wrong" id="back-wrong">Say a time in the next weeks.</p>' in response.text
    assert support.get("/staff/calls").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"at_once": "no_answer", "note": "Rang\0 twice."},
        {"at_once": "call_back", "call_back_at": "2026-03-11T14:30"},
        {"outcome": "declined"},
    ],
)
def test_an_outcome_that_is_sent_twice_is_recorded_once(
    office: Office, sign_in: SignIn, reader: Transaction, *, sent: dict[str, str]
) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}"
    support.post(f"{path}/claim")
    assert 'name="seen" value="0"' in support.get(path).text

    for _ in range(2):
        response = support.post(f"{path}/outcome", seen="0", **sent)
        assert (response.status_code, response.location) == (303, "/staff/calls")

    with reader() as session:
        assert session.query(CallAttempt).one().note == sent.get("note", "").replace("\0", "")
    assert call_of(office, reader).attempts == 1


def test_a_stale_page_leaves_a_promised_call_back_alone(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support, admin = sign_in(office.cast.support), sign_in(office.cast.admin)
    path = f"/staff/calls/{office.call}/outcome"
    support.post(path, at_once="call_back", call_back_at="2026-03-11T14:30", note="After lunch.", seen="0")

    late = admin.post(path, at_once="no_answer", note="Nobody <i>there</i>.", seen="0")

    assert late.status_code == 409
    assert "Not recorded: a colleague was here meanwhile" in late.text
    assert "After lunch." in late.text
    assert "Nobody &lt;i&gt;there&lt;/i&gt;.</textarea>" in late.text
    assert 'name="seen" value="1"' in late.text
    call = call_of(office, reader)
    assert (call.attempts, call.outcome) == (1, CallOutcome.CALL_BACK)
    assert call.not_before == datetime(2026, 3, 11, 13, 30, tzinfo=UTC)
    assert admin.post(path, at_once="no_answer", note="Nobody there.", seen="1").status_code == 303


def test_one_s_own_stale_page_with_other_words_keeps_them(office: Office, sign_in: SignIn) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}/outcome"
    support.post(path, outcome="wrong_number", note="A bakery.", seen="0")

    late = support.post(path, outcome="wrong_number", note="It was a butcher.", seen="0")

    assert late.status_code == 409
    assert "Not recorded: this call went on meanwhile" in late.text
    assert '<p class="verbatim">It was a butcher.</p>' in late.text


def test_who_has_no_claim_keeps_the_note(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support, admin = sign_in(office.cast.support), sign_in(office.cast.admin)
    path = f"/staff/calls/{office.call}"
    admin.post(f"{path}/claim")

    late = support.post(f"{path}/outcome", outcome="no_answer", note="Rang.", seen="0")

    assert late.status_code == 409
    assert "A colleague is calling this contact; take the next one." in late.text
    assert '<p class="verbatim">Rang.</p>' in late.text
    assert call_of(office, reader).attempts == 0
