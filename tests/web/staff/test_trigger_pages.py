"""The page of events that ask: renewals, keys, the latest requests."""

import re

from sqlalchemy import select

from surveyd.distribution import triggers
from surveyd.distribution.models import Program
from surveyd.distribution.trigger_models import TriggerSource
from surveyd.people.models import AuditEntry
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import OFFICE
from tests.web.offices import Office, SignIn

PAGE = "/staff/triggers"


def test_days_are_set_changed_and_taken_away(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    admin = sign_in(office.cast.admin)
    assert "No event asks anybody yet" in admin.get(PAGE).text

    for days, kept in (("60", 60), ("30", 30), ("", None)):
        assert admin.post("/staff/programs/1/renewals", days=days).status_code == 303
        with reader() as session:
            assert triggers.renewal_of(session, session.scalars(select(Program)).one()) == kept
    with reader() as session:
        assert session.query(AuditEntry).filter_by(action="set_renewal").count() == 3


def test_what_is_no_number_of_days_stays_in_its_field(office: Office, sign_in: SignIn) -> None:
    admin = sign_in(office.cast.admin)

    for days in ("-1", "366", "soon<b>"):
        told = admin.post("/staff/programs/1/renewals", days=days)
        assert told.status_code == 422
        assert f'value="{days.replace("<b>", "&lt;b&gt;")}"' in told.text and "aria-invalid" in told.text


def test_a_key_is_shown_once_and_ended(office: Office, sign_in: SignIn) -> None:
    admin = sign_in(office.cast.admin)
    made = admin.post("/staff/triggers/keys", name="Our <CRM>")

    [key] = re.findall(r"<code>([\w-]{43})</code>", made.text)
    page = admin.get(PAGE).text
    assert key not in page and "Our &lt;CRM&gt;" in page
    assert admin.post("/staff/triggers/keys", name=" ").status_code == 422
    assert admin.post("/staff/triggers/keys/1/end").status_code == 303
    assert "Our &lt;CRM&gt;" not in admin.get(PAGE).text
    assert admin.post("/staff/triggers/keys/1/end").status_code == 404


def test_requests_are_listed_with_what_they_came_to(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        program = session.scalars(select(Program)).one()
        source = TriggerSource.COMMAND
        triggers.ask(session, program, office.cast.anna.id, source=source, key="1", keys=OFFICE.keys, now=NOW)

    page = sign_in(office.cast.admin).get(PAGE).text
    assert "Anna Adler" in page and "the contact was asked within the rest period" in page
    assert sign_in(office.cast.mona).get(PAGE).status_code == 403
