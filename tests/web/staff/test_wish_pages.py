"""What people asked for, where staff meet it: on the call list, the call and the account."""

from datetime import date

from surveyd.distribution import wishes
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn


def test_who_asked_to_be_called_comes_first_with_number_and_hours(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        wishes.call_instead(
            session, office.sofie_invitation, phone="+4930999999", suits="after <b>four</b>", now=NOW
        )
    support = sign_in(office.cast.support)

    listed = support.get("/staff/calls").text
    assert "asked to be called" in listed
    assert "+49 30 999999" in listed
    assert "after &lt;b&gt;four&lt;/b&gt;" in listed
    page = support.get(f"/staff/calls/{office.call}").text
    assert "asked on 10 March 2026" in page
    assert "What suits them: after &lt;b&gt;four&lt;/b&gt;" in page
    assert 'href="tel:+4930999999"' in page
    assert (
        "asked to be called" in sign_in(office.cast.milo).get(f"/staff/accounts/{office.cast.sudwerk}").text
    )


def test_the_account_says_on_which_day_somebody_wants_to_be_reminded(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        wishes.remind_on(session, office.sofie_invitation, day=date(2026, 3, 17), now=NOW)

    page = sign_in(office.cast.milo).get(f"/staff/accounts/{office.cast.sudwerk}").text
    assert "asked for a reminder on 17 March 2026" in page
    assert "from 20 March 2026" in sign_in(office.cast.support).get("/staff/calls").text
