"""Send again, remind now, invite a colleague: from the account's page, by the rules of the wave."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from surveyd.base.clock import SetClock, system_now
from surveyd.distribution import touches
from surveyd.distribution.models import (
    Channel,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.distribution.suppressions import opt_out, suppress
from surveyd.people.models import AuditEntry, Contact
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn


def page_of(contact_id: int) -> str:
    return f"/staff/contacts/{contact_id}/sending"


def steps_of(office: Office, reader: Transaction) -> list[tuple[str, TouchState]]:
    with reader() as session:
        mails = select(Touch).where(
            Touch.invitation_id == office.sofie_invitation, Touch.channel == Channel.MAIL
        )
        return [(one.step, one.state) for one in session.scalars(mails.order_by(Touch.id))]


def test_a_reminder_goes_once(
    office: Office, sign_in: SignIn, writer: Transaction, reader: Transaction
) -> None:
    admin, sofie = sign_in(office.cast.admin), office.cast.sofie.id
    assert "can be mailed now" in admin.get(page_of(sofie)).text

    assert admin.post(f"/staff/contacts/{sofie}/remind").status_code == 303
    again = admin.post(f"/staff/contacts/{sofie}/remind")

    assert again.status_code == 409
    assert "a mail is on its way to them" in again.text
    assert steps_of(office, reader) == [("wished_reminder", TouchState.PLANNED)]
    with reader() as session:
        trail = session.scalars(select(AuditEntry.action).where(AuditEntry.thing == "invitation")).all()
        assert trail == ["mail_now", "mail_now"]


def test_the_survey_goes_again_as_an_invitation(
    office: Office, sign_in: SignIn, writer: Transaction, reader: Transaction
) -> None:
    admin, sofie = sign_in(office.cast.admin), office.cast.sofie.id
    assert admin.post(f"/staff/contacts/{sofie}/send-again").status_code == 303

    with writer() as session:
        touches.release_due(session, now=NOW, system_now=system_now(), mail_domain="mail.surveyd.test")
    with reader() as session:
        mail = session.scalars(select(Message).where(Message.touch_id.is_not(None))).one()
        assert (mail.name, mail.invitation_id) == ("invitation", office.sofie_invitation)


def test_a_planned_reminder_goes_now_in_place_of_its_day(
    office: Office, sign_in: SignIn, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        session.add(
            Touch(
                invitation_id=office.sofie_invitation,
                wave_id=office.wave,
                step="reminder",
                channel=Channel.MAIL,
                state=TouchState.PLANNED,
                due_at=NOW + timedelta(days=5),
            )
        )

    sofie = office.cast.sofie.id
    assert sign_in(office.cast.admin).post(f"/staff/contacts/{sofie}/remind").status_code == 303
    assert steps_of(office, reader) == [
        ("reminder", TouchState.CANCELLED),
        ("wished_reminder", TouchState.PLANNED),
    ]


def test_not_twice_a_day(office: Office, sign_in: SignIn, writer: Transaction, clock: SetClock) -> None:
    admin, sofie = sign_in(office.cast.admin), office.cast.sofie.id
    admin.post(f"/staff/contacts/{sofie}/send-again")
    with writer() as session:
        touches.release_due(session, now=NOW, system_now=system_now(), mail_domain="mail.surveyd.test")
        session.execute(update(Message).values(state=MessageState.SENT, sent_at=NOW))

    clock.instant = NOW + timedelta(hours=23)
    told = admin.post(f"/staff/contacts/{sofie}/remind")
    assert told.status_code == 409 and "less than a day ago" in told.text

    clock.instant = NOW + timedelta(hours=25)
    assert admin.post(f"/staff/contacts/{sofie}/remind").status_code == 303


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("answered", "they have answered"),
        ("opted_out", "they asked not to be mailed"),
        ("suppressed", "mail to this address came back"),
        ("left", "the contact has left"),
        ("closed", "the wave is not open"),
    ],
)
def test_nobody_is_mailed_against_the_rules(
    office: Office, sign_in: SignIn, writer: Transaction, reader: Transaction, *, what: str, words: str
) -> None:
    sofie = office.cast.sofie.id
    with writer() as session:
        invitation = session.get_one(Invitation, office.sofie_invitation)
        contact = session.get_one(Contact, sofie)
        if what == "answered":
            invitation.state = InvitationState.ANSWERED
        elif what == "opted_out":
            opt_out(session, sofie, now=NOW)
        elif what == "suppressed":
            suppress(session, contact.email, reason="bounced", now=NOW)
        elif what == "left":
            contact.active = False
        else:
            session.get_one(Wave, office.wave).state = WaveState.CLOSED

    told = sign_in(office.cast.admin).post(f"/staff/contacts/{sofie}/remind")

    assert told.status_code == 409 and words in told.text
    assert not [step for step, state in steps_of(office, reader) if state is TouchState.PLANNED]


def test_a_colleague_is_added_and_invited_once(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    admin, sofie = sign_in(office.cast.admin), office.cast.sofie.id
    nora_is = {"name": "Nora <b>New</b>", "email": "nora@sudwerk.example"}
    assert admin.post(f"/staff/contacts/{sofie}/colleague", **nora_is).status_code == 303
    answer = admin.post(f"/staff/contacts/{sofie}/colleague", **nora_is)
    assert answer.status_code == 409 and "they are invited already" in answer.text
    assert "Nora &lt;b&gt;New&lt;/b&gt;" in answer.text

    with reader() as session:
        nora = session.scalars(select(Contact).where(Contact.email == "nora@sudwerk.example")).one()
        assert nora.account_id == office.cast.sudwerk
        count = select(func.count()).where(Invitation.contact_id == nora.id)
        assert session.execute(count).scalar_one() == 1


def test_what_was_typed_stays(office: Office, sign_in: SignIn) -> None:
    told = sign_in(office.cast.admin).post(
        f"/staff/contacts/{office.cast.sofie.id}/colleague", name="Nora", email="nora at work"
    )
    assert told.status_code == 422
    assert 'value="nora at work"' in told.text and "Write an e-mail address such as" in told.text


def test_managers_act_for_their_own_accounts(office: Office, sign_in: SignIn) -> None:
    cast = office.cast
    assert sign_in(cast.mona).get(page_of(cast.anna.id)).status_code == 200
    assert page_of(cast.anna.id) in sign_in(cast.mona).get(f"/staff/accounts/{cast.nordwind}").text
    for verb in ("send-again", "remind", "invite"):
        assert sign_in(cast.mona).post(f"/staff/contacts/{cast.sofie.id}/{verb}").status_code == 404
    assert sign_in(cast.outsider).get(page_of(cast.anna.id)).status_code == 404
    assert sign_in(cast.support).get(page_of(cast.anna.id)).status_code == 403
