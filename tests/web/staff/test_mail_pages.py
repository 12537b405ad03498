"""A program's own words for its mails: the editor, its preview, versions, and what all mails share."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from surveyd.distribution.letterheads import letterhead_of, seeds_of
from surveyd.distribution.mail_starters import mjml_starter, starter
from surveyd.distribution.models import Message, MessageState
from surveyd.distribution.template_models import MailTemplate, TemplateKind
from surveyd.people.models import AuditEntry
from tests.fixtures.apps import Transaction
from tests.web.offices import Office, SignIn, Staff

MAILS = "/staff/programs/1/mails"
MAIL = f"{MAILS}/invitation/en"
SHIPPED = starter("invitation", "en")
FIELDS = ("seen", "as", "show", "to")


def typed(**changed: Any) -> dict[str, str]:
    """The editor's fields: the shipped words but for what is changed."""
    words = {"subject": SHIPPED.subject, "text": SHIPPED.text, "source": SHIPPED.html, "seen": 0, **changed}
    return {name if name in FIELDS else f"text.{name}": str(value) for name, value in words.items()}


def kept(reader: Transaction) -> list[MailTemplate]:
    with reader() as session:
        whole = (undefer(MailTemplate.source), undefer(MailTemplate.html))
        return list(session.scalars(select(MailTemplate).options(*whole).order_by(MailTemplate.number)))


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


def test_the_program_leads_to_its_mails_and_says_what_is_missing(admin: Staff) -> None:
    assert f'href="{MAILS}"' in admin.get("/staff/programs/1").text
    page = admin.get(MAILS).text
    assert "<h1>relationship sends the shipped mails</h1>" in page and "No postal address yet" in page
    assert admin.post(MAIL, **typed()).status_code == 303
    after = admin.get(MAILS).text
    assert "<h1>relationship has its own words for 1 mail</h1>" in after
    assert "shipped text" in after and "but not in" in after


def test_a_language_without_own_words_is_named(admin: Staff) -> None:
    german = starter("invitation", "de")
    words = typed(subject=german.subject, text=german.text, source=german.html)
    assert admin.post(f"{MAILS}/invitation/de", **words).status_code == 303
    assert "Invitation has words of its own, but not in English" in admin.get(MAILS).text


def test_the_form_begins_with_the_shipped_words(admin: Staff) -> None:
    page = admin.get(MAIL).text
    assert "Shipped words of invitation in English" in page
    assert "Dear {{ contact }}," in page and "{{ scale }}" in page
    assert "&lt;mjml lang" in admin.get(f"{MAIL}?begin=mjml").text
    assert "Dear Anna Berg," in admin.get(f"{MAIL}/preview").text


def test_saved_words_hold_and_mjml_is_compiled_once(admin: Staff, reader: Transaction) -> None:
    answer = admin.post(MAIL, **typed(subject="Own words", source=mjml_starter("invitation", "en")))
    assert answer.status_code == 303
    [version] = kept(reader)
    assert (version.kind, version.number, version.subject) == (TemplateKind.MJML, 1, "Own words")
    assert version.html.startswith("<!doctype html>") and "<mj-" not in version.html
    assert "fonts.googleapis" not in version.html
    page = admin.get(MAIL).text
    assert "Own words of invitation in English" in page and 'value="Own words"' in page
    with reader() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.thing == "mail_template")).one()
        assert entry.facts["number"] == 1


def test_what_must_be_mended_stands_beside_its_field_with_what_was_typed(
    admin: Staff, reader: Transaction
) -> None:
    answer = admin.post(MAIL, **typed(text="Hello\n{{ contct }} {{7*7}}\n", subject="{{ receipt }}"))
    assert answer.status_code == 422
    page = answer.text
    assert "There is no field contct. Did you mean {{ contact }}?" in page and "Plain text, line 2" in page
    assert "{{7*7}} is no field" in page and "49" not in page.partition("<main")[2].partition("csrf")[0]
    assert "Put {{ opt_out_link }} in: every mail says how to stop." in page
    assert "The field receipt is not known in this mail" in page
    assert "Hello\n{{ contct }}" in page and kept(reader) == []


def test_two_editors_the_later_one_is_told_and_loses_nothing(
    admin: Staff, office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    assert admin.post(MAIL, **typed(subject="First")).status_code == 303
    later = admin.post(MAIL, **typed(subject="Second"))
    assert later.status_code == 409
    assert "Somebody else saved this mail meanwhile" in later.text and 'value="Second"' in later.text
    assert f'href="{MAIL}/versions/1"' in later.text and 'name="seen" value="1"' in later.text
    assert [one.subject for one in kept(reader)] == ["First"]
    assert admin.post(MAIL, **typed(subject="Second", seen=1)).status_code == 303
    assert [one.subject for one in kept(reader)] == ["First", "Second"]


def test_versions_are_compared_and_brought_back(admin: Staff, reader: Transaction) -> None:
    admin.post(MAIL, **typed(subject="First"))
    admin.post(MAIL, **typed(subject="Second", seen=1))
    page = admin.get(f"{MAIL}/versions/1").text
    assert '<del><span class="hidden">gone: </span>First</del>' in page and "Second</ins>" in page
    assert admin.post(f"{MAIL}/back", number="1", seen="1").status_code == 409
    assert admin.post(f"{MAIL}/back", number="1", seen="2").status_code == 303
    assert admin.post(f"{MAIL}/back", number="0", seen="3").status_code == 303
    assert [one.subject for one in kept(reader)] == ["First", "Second", "First", ""]
    assert "Shipped words of invitation" in admin.get(MAIL).text
    assert "These are the words that hold now" in admin.get(f"{MAIL}/shipped").text
    assert admin.get(f"{MAIL}/versions/4").status_code == 200


def test_the_preview_is_as_a_contact_gets_it_and_runs_nothing(admin: Staff) -> None:
    source = SHIPPED.html.replace("Twice a year", "<script>alert(1)</script>Twice a year")
    shown = admin.post(f"{MAIL}/preview", **typed(source=source, **{"as": "sofie"}))
    assert "Dear Sofie" in shown.text and "A mail cannot have &lt;script&gt;" in shown.text
    policy = shown.headers["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy and "script-src" not in policy and "frame-ancestors 'self'" in policy
    )
    assert 'sandbox="allow-same-origin"' in admin.get(MAIL).text
    text = admin.post(f"{MAIL}/preview", **typed(show="text", **{"as": "nobody such"})).text
    assert "<pre>Dear Anna Berg," in text and "No contact has nobody such" in text


def test_the_letterhead_stands_in_every_shipped_mail(admin: Staff, reader: Transaction) -> None:
    fields = {"postal_address": "Main Street 1\nBerlin <b>", "legal.de": "HRB 1", "manager_replies": "yes"}
    assert admin.post("/staff/programs/1/letterhead", seen="0", **fields).status_code == 303
    with reader() as session:
        head = letterhead_of(session, 1)
        assert (head.number, head.manager_sends, head.manager_replies) == (1, False, True)
    again = admin.post("/staff/programs/1/letterhead", seen="0", postal_address="Other")
    assert again.status_code == 409 and "Other" in again.text and 'name="seen" value="1"' in again.text
    shown = admin.get(f"{MAILS}/thank_you/de/preview").text
    assert "HRB 1" in shown and "Berlin &lt;b&gt;" in shown


def figures(page: str) -> str:
    """What a wave's page counts, without the signs that guard its forms."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_a_test_goes_to_the_seed_list_and_counts_nowhere(admin: Staff, reader: Transaction) -> None:
    assert (
        admin.post("/staff/programs/1/seeds", seeds="me@company.test\nyou@company.test\n").status_code == 303
    )
    with reader() as session:
        assert seeds_of(session, 1) == ["me@company.test", "you@company.test"]
        before = figures(admin.get("/staff/waves/1").text)
    sent = admin.post(f"{MAIL}/test", **typed(subject="Typed", **{"as": "Sofie"}))
    assert "2 tests are on their way" in sent.text
    with reader() as session:
        mails = list(session.scalars(select(Message).where(Message.name == "test")))
        assert {one.recipient for one in mails} == {"me@company.test", "you@company.test"}
        for one in mails:
            assert (one.contact_id, one.wave_id, one.invitation_id) == (None, None, None)
            assert one.state is MessageState.QUEUED
    page = admin.get(f"/staff/outbox/{mails[0].id}").text
    assert "[Test] Typed" in page
    assert figures(admin.get("/staff/waves/1").text) == before
    assert admin.post(f"{MAIL}/test", **typed(to="nonsense")).status_code == 422
    assert admin.post(f"{MAIL}/test", **typed(subject="")).status_code == 422


def test_a_seed_list_has_addresses_and_twenty_at_most(admin: Staff) -> None:
    many = "\n".join(f"a{at}@company.test" for at in range(21))
    for wrong in ("no address", many, "a@b.test\r\nBcc: c@d.test"):
        answer = admin.post("/staff/programs/1/seeds", seeds=wrong)
        assert answer.status_code == 422 and "aria-invalid" in answer.text


@pytest.mark.parametrize("path", ["/nothing/en", "/invitation/xx", "/letter/en", "/case_alert/en"])
def test_other_mails_are_not_there(admin: Staff, path: str) -> None:
    assert admin.get(f"{MAILS}{path}").status_code == 404
    assert admin.post(f"{MAILS}{path}", **typed()).status_code == 404


def test_only_an_admin_writes_mails(office: Office, sign_in: SignIn) -> None:
    assert sign_in(office.cast.mona).get(MAIL).status_code == 403
