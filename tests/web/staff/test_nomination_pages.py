"""Somebody who is not the right person, on the page of their account: seen, and decided once."""

import pytest
from sqlalchemy import select

from surveyd.distribution.excuses import Excuse, Named, excuse
from surveyd.distribution.models import Invitation
from surveyd.distribution.wish_models import Nomination, NominationState, WhyNot
from surveyd.people.models import AuditEntry, Contact
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn

BERND = Named("<b>Bernd</b> Lang", "bernd@suedwerk.test", "+493012345")


@pytest.fixture
def named(office: Office, writer: Transaction) -> int:
    """Sofie of Südwerk has named Bernd."""
    given = Excuse(WhyNot.NOT_MY_SUBJECT, "I buy <i>paper</i> only.", BERND)
    with writer() as session:
        excuse(session, office.sofie_invitation, given, now=NOW, mail_domain="mail.surveyd.test")
        return session.scalars(select(Nomination.id)).one()


def page_of(office: Office) -> str:
    return f"/staff/accounts/{office.cast.sudwerk}"


def test_the_account_manager_sees_who_was_named(office: Office, named: int, sign_in: SignIn) -> None:
    page = sign_in(office.cast.milo).get(page_of(office)).text

    assert "1 person says that they are not the right one to ask" in page
    assert "&lt;b&gt;Bernd&lt;/b&gt; Lang, bernd@suedwerk.test" in page
    assert "Says that this is not their subject" in page
    assert "I buy &lt;i&gt;paper&lt;/i&gt; only." in page
    assert f"/staff/nominations/{named}/add" in page


def test_an_executive_reads_and_a_stranger_sees_nothing(office: Office, named: int, sign_in: SignIn) -> None:
    page = sign_in(office.cast.executive).get(page_of(office)).text
    assert "bernd@suedwerk.test" in page
    assert "/staff/nominations/" not in page
    for who, status in ((office.cast.mona, 404), (office.cast.executive, 403), (office.cast.support, 403)):
        for way in ("add", "dismiss"):
            answer = sign_in(who).post(f"/staff/nominations/{named}/{way}", keeps="no", reason="x")
            assert answer.status_code == status
    assert sign_in(office.cast.milo).post("/staff/nominations/99/add", keeps="no").status_code == 404


def test_the_colleague_is_added_and_invited(
    office: Office, named: int, sign_in: SignIn, reader: Transaction
) -> None:
    milo = sign_in(office.cast.milo)
    answer = milo.post(f"/staff/nominations/{named}/add", keeps="yes", reason="")

    assert (answer.status_code, answer.location) == (303, page_of(office))
    with reader() as session:
        bernd = session.scalars(select(Contact).where(Contact.email == BERND.email)).one()
        assert session.scalars(select(Invitation).where(Invitation.contact_id == bernd.id)).one()
        assert session.get_one(Contact, office.cast.sofie.id).active
        trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "add_nominated")).one()
        assert trail.user_id == office.cast.milo.id
    page = milo.get(page_of(office)).text
    assert "not the right one to ask" not in page
    assert "&lt;b&gt;Bernd&lt;/b&gt; Lang" in page


def test_a_second_decision_is_refused(office: Office, named: int, sign_in: SignIn) -> None:
    admin = sign_in(office.cast.admin)
    admin.post(f"/staff/nominations/{named}/add", keeps="no")

    answer = admin.post(f"/staff/nominations/{named}/dismiss", keeps="no", reason="Too late")

    assert answer.status_code == 422
    assert "Somebody has looked at this already" in answer.text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"keeps": "no", "reason": "  "}, "Say in a few words why"),
        ({"keeps": "yes", "reason": "x" * 201}, "Shorten the reason"),
        ({"reason": "He left"}, "Choose whether"),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_what_was_typed_is_kept(
    office: Office, named: int, sign_in: SignIn, reader: Transaction, *, sent: dict[str, str], said: str
) -> None:
    answer = sign_in(office.cast.milo).post(f"/staff/nominations/{named}/dismiss", **sent)

    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{sent["reason"]}"' in answer.text
    assert f'id="reason-{named}-wrong"' in answer.text
    with reader() as session:
        assert session.get_one(Nomination, named).state is NominationState.WAITING


def test_a_dismissal_keeps_its_reason(
    office: Office, named: int, sign_in: SignIn, reader: Transaction
) -> None:
    answer = sign_in(office.cast.milo).post(
        f"/staff/nominations/{named}/dismiss", keeps="no", reason="Bernd <b>retires</b>"
    )

    assert answer.status_code == 303
    with reader() as session:
        found = session.get_one(Nomination, named)
        assert (found.state, found.reason) == (NominationState.DISMISSED, "Bernd <b>retires</b>")
        assert found.decided_by_id == office.cast.milo.id
        assert not session.get_one(Contact, office.cast.sofie.id).active
