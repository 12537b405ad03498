"""From a row of the outbox to the wire: the links, the headers, the return path, one mail for one row."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from surveyd.base.config import Config, load_config
from surveyd.base.relay import RelayConnection, Verdict
from surveyd.base.tokens import token_digest
from surveyd.distribution.claims import Claimed
from surveyd.distribution.envelopes import Envelope, write_envelope
from surveyd.distribution.mails import Links, render
from tests.base.hostile import HOSTILE
from tests.distribution.test_mails import ALERT, ALL, CONTEXTS, MAILS_TO_CONTACTS, soiled
from tests.fixtures.databases import SECRET_KEY
from tests.fixtures.relays import Relay

BASE = "https://survey.company.test"
OLD_KEY, NEW_KEY = "the-key-of-last-year-which-the-tests-know", "the-key-of-this-year-which-the-tests-know"
OURS = {
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "List-Unsubscribe",
    "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
}  # fmt: skip
ONE_CLICK = {"List-Unsubscribe", "List-Unsubscribe-Post"}


def config(folder: Path, **settings: str) -> Config:
    """An installation at BASE."""
    (folder / "surveyd.toml").touch()
    usual = {"secret_key": SECRET_KEY, "base_url": BASE, "mail_domain": "mail.company.test"}
    environ = {f"SURVEYD_{name.upper()}": value for name, value in (usual | settings).items()}
    return load_config(
        environ | {"SURVEYD_CONFIG": str(folder / "surveyd.toml"), "SURVEYD_DATA": str(folder)}
    )


@pytest.fixture
def home(tmp_path: Path) -> Config:
    """The usual installation."""
    return config(tmp_path)


INVITATION = Claimed(
    id=5,
    name="invitation",
    language="en",
    recipient="anna@nordwind.test",
    recipient_name="Anna Adler",
    message_id="0123456789abcdef@mail.company.test",
    context=CONTEXTS["invitation"],
    contact_id=12,
    invitation_id=34,
    wave_id=1,
    program_id=1,
    copies=0,
    attempts=0,
    created_at=datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
    paper_id=None,
    rate=None,
    token_digest=None,
    sender_name="Eva Executive",
    sender="survey@company.test",
    reply_to="reply@company.test",
)
TO_STAFF = replace(
    INVITATION,
    name="case_alert",
    recipient="mona@company.test",
    context=ALERT | {"path": "/staff/responses/7"},
    contact_id=None,
    invitation_id=None,
    wave_id=None,
)


def parsed(envelope: Envelope) -> EmailMessage:
    mail = message_from_bytes(envelope.mail, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def one(row: Claimed, name: str, language: str) -> Claimed:
    """The row as one of another mail."""
    return replace(row, name=name, language=language, context=CONTEXTS[name])


@MAILS_TO_CONTACTS
def test_each_mail_to_a_contact_has_one_click_opt_out(home: Config, name: str, language: str) -> None:
    mail = parsed(write_envelope(one(INVITATION, name, language), home))
    link = mail["List-Unsubscribe"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.startswith(f"<{BASE}/u/") and link.endswith(">") and link.count("<") == 1
    assert home.keys.read_opt_out_token(link.strip("<>").rpartition("/")[2]) == (12, 34)
    assert link.strip("<>") in body(mail, "plain") and link.strip("<>") in body(mail, "html")


@pytest.mark.parametrize("name", ["case_alert", "wave_paused"])
def test_a_mail_to_ourselves_has_none_and_leads_to_its_page(home: Config, name: str) -> None:
    row = replace(TO_STAFF, name=name, context=CONTEXTS[name] | {"path": "/staff/page/7"})
    mail = parsed(write_envelope(row, home))
    assert not ONE_CLICK & set(mail.keys())
    assert f"{BASE}/staff/page/7" in body(mail, "plain")
    assert f'href="{BASE}/staff/page/7"' in body(mail, "html")
    assert "/u/" not in body(mail, "plain")


def test_the_link_is_that_of_the_invitation(home: Config) -> None:
    text = body(parsed(write_envelope(INVITATION, home)), "plain")
    assert f"{BASE}/s/{home.keys.survey_token(34)}" in text.split()


def test_after_a_change_of_keys_the_reminder_has_the_same_link(tmp_path: Path) -> None:
    before = config(tmp_path, secret_key=OLD_KEY)
    after = config(tmp_path, secret_key=NEW_KEY, old_secret_keys=OLD_KEY)
    token = before.keys.survey_token(34)
    row = replace(one(INVITATION, "reminder", "en"), token_digest=token_digest(token))
    assert f"{BASE}/s/{token}" in body(parsed(write_envelope(row, before)), "plain").split()
    assert f"{BASE}/s/{token}" in body(parsed(write_envelope(row, after)), "plain").split()


def test_the_return_path_names_the_row_and_the_header_names_a_person(home: Config) -> None:
    envelope = write_envelope(INVITATION, home)
    assert home.keys.read_return_path(envelope.sender) == 5
    assert envelope.sender.endswith("@mail.company.test")
    assert envelope.recipient == "anna@nordwind.test"
    mail = parsed(envelope)
    assert mail["From"] == "Eva Executive <survey@company.test>"
    assert mail["To"] == "Anna Adler <anna@nordwind.test>"
    assert mail["Reply-To"] == "reply@company.test"
    assert mail["Message-ID"] == "<0123456789abcdef@mail.company.test>"


def test_a_mail_of_no_program_comes_from_the_house(home: Config) -> None:
    envelope = write_envelope(replace(TO_STAFF, sender=None, sender_name=None, reply_to=None), home)
    assert parsed(envelope)["From"] == "surveyd <surveyd@mail.company.test>"
    assert "Reply-To" not in parsed(envelope)


def test_a_row_is_the_same_bytes_each_time_it_is_written(home: Config) -> None:
    assert write_envelope(INVITATION, home) == write_envelope(replace(INVITATION, attempts=3), home)


def test_a_copy_that_may_be_the_second_says_so(home: Config) -> None:
    first, second = (parsed(write_envelope(replace(INVITATION, copies=copies), home)) for copies in (0, 1))
    assert "X-Surveyd-Copy" not in first
    assert second["X-Surveyd-Copy"] == "2"
    assert second["Message-ID"] == first["Message-ID"]


def test_a_domain_outside_ascii_is_punycode_in_envelope_and_header(home: Config) -> None:
    envelope = write_envelope(replace(INVITATION, recipient="anna@straße.example"), home)
    assert envelope.recipient == "anna@xn--strae-oqa.example"
    assert parsed(envelope)["To"] == "Anna Adler <anna@xn--strae-oqa.example>"
    assert envelope.mail.isascii()


@pytest.mark.parametrize("recipient", ["anna@nordwind.test\r\nBcc: x@company.test", "anna", "", "a@b@c"])
def test_a_row_without_an_address_cannot_be_written(home: Config, recipient: str) -> None:
    with pytest.raises(UnicodeError):
        write_envelope(replace(INVITATION, recipient=recipient), home)


@pytest.mark.parametrize(("name", "language"), ALL)
def test_hostile_rows_are_one_mail_each_with_our_headers_alone(
    home: Config, relay: Relay, name: str, language: str
) -> None:
    rows = [
        replace(
            INVITATION,
            name=name,
            language=language,
            recipient_name=text,
            sender_name=text,
            context=soiled(name, text) | {"path": "/staff/page/7"},
        )
        for text in HOSTILE.values()
    ]
    connection = RelayConnection(replace(home.relay, port=relay.port))
    connection.open()
    for row in rows:
        envelope = write_envelope(row, home)
        delivery = connection.deliver(envelope.sender, envelope.recipient, envelope.mail)
        assert delivery.verdict is Verdict.ACCEPTED
    connection.close()
    assert len(relay.received) == len(rows)
    for row, received in zip(rows, relay.received, strict=True):
        assert received.recipients == ("anna@nordwind.test",)
        assert set(received.mail.keys()) == OURS and len(received.mail.keys()) == len(OURS)
        words = render(name, language, row.context, links_in(received.mail, home))
        assert body(received.mail, "plain") == as_sent(words.text)
        assert body(received.mail, "html") == as_sent(words.html)


def links_in(mail: EmailMessage, home: Config) -> Links:
    """The links that a mail to Anna has."""
    survey = f"{BASE}/s/{home.keys.survey_token(34)}"
    return Links(survey, mail["List-Unsubscribe"].strip("<>"), f"{BASE}/staff/page/7")


def as_sent(text: str) -> str:
    """Half a character has no UTF-8; all others arrive as they are."""
    return text.encode("utf-8", "replace").decode().rstrip("\n")
