"""A mail has the headers that we wrote and the body that a person wrote, whatever a name holds."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import unquote

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from surveyd.base.config import Relay
from surveyd.base.mailer import (
    Attachment,
    BadAddress,
    Mail,
    Post,
    SingleMail,
    header_text,
    one_line,
    wire_address,
    write_mail,
)
from tests.base.hostile import HOSTILE
from tests.fixtures.relays import Relay as Server

PLAIN = Mail(
    sender="survey@company.test",
    sender_name="Example Works",
    recipient="anna@nordwind.test",
    recipient_name="Anna Adler",
    subject="How is it going?",
    text="Hello\n",
    html="<p>Hello</p>\n",
    message_id="1@mail.surveyd.test",
    date=datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
    reply_to="reply@company.test",
    headers={"List-Unsubscribe": "<https://survey.example/u/1>"},
)
OURS = [
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "List-Unsubscribe",
    "MIME-Version", "Content-Type",
]  # fmt: skip
KINDS = ("multipart/alternative", "text/plain", "text/html")
HARD_TEXTS = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def parsed(data: bytes) -> EmailMessage:
    """The mail as a mail program reads it."""
    mail = message_from_bytes(data, policy=SMTPUTF8)
    assert isinstance(mail, EmailMessage)
    return mail


def bodies(data: bytes) -> tuple[str, str]:
    """The text and the HTML part, with LF as the end of a line."""
    parts = [part.get_payload(decode=True) for part in parsed(data).iter_parts()]
    text, html = (part.decode().replace("\r\n", "\n") for part in parts if isinstance(part, bytes))
    return text, html


def shown(text: str) -> str:
    """A name or a subject as a mail program shows it: on one line."""
    return one_line(text).encode("utf-8", "replace").decode().strip()


def recipient_name(data: bytes) -> str:
    """The recipient's name as RFC 2047 reads it: between two encoded words there is no blank."""
    phrase = str(message_from_bytes(data)["To"]).rpartition(" <")[0]
    return unquote(phrase) if phrase.startswith('"') else str(make_header(decode_header(phrase)))


def assert_well_formed(data: bytes, kinds: tuple[str, ...] = KINDS) -> None:
    """The headers are ours, each line ends in CRLF and is short enough, and nothing is defective."""
    mail = parsed(data)
    assert mail.keys() == OURS
    assert tuple(part.get_content_type() for part in mail.walk()) == kinds
    assert not any(part.defects for part in mail.walk())
    assert not re.search(rb"[^\r]\n|\r[^\n]|\x00", data)
    assert max(map(len, data.split(b"\r\n"))) <= 998


def test_a_mail_says_who_writes_to_whom_and_that_no_person_sent_it() -> None:
    mail = parsed(write_mail(PLAIN))
    assert mail["From"] == "Example Works <survey@company.test>"
    assert mail["To"] == "Anna Adler <anna@nordwind.test>"
    assert mail["Reply-To"] == "reply@company.test"
    assert mail["Date"] == "Tue, 10 Mar 2026 09:00:00 +0000"
    assert mail["Message-ID"] == "<1@mail.surveyd.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert bodies(write_mail(PLAIN)) == ("Hello\n", "<p>Hello</p>\n")
    assert_well_formed(write_mail(PLAIN))


def test_the_same_mail_is_the_same_bytes() -> None:
    assert write_mail(PLAIN) == write_mail(replace(PLAIN))
    assert write_mail(PLAIN) != write_mail(replace(PLAIN, message_id="2@mail.surveyd.test"))


def test_without_names_there_are_bare_addresses() -> None:
    mail = parsed(write_mail(replace(PLAIN, sender_name="", recipient_name="\r\n", reply_to="")))
    assert (mail["From"], mail["To"]) == ("survey@company.test", "anna@nordwind.test")
    assert "Reply-To" not in mail


@HARD_TEXTS
def test_a_hostile_name_stays_a_name(text: str) -> None:
    data = write_mail(replace(PLAIN, sender_name=text, recipient_name=text))
    mail = parsed(data)
    assert_well_formed(data)
    assert [address.addr_spec for address in mail["To"].addresses] == ["anna@nordwind.test"]
    assert [address.addr_spec for address in mail["From"].addresses] == ["survey@company.test"]
    assert recipient_name(data) == shown(text)


@HARD_TEXTS
def test_a_hostile_subject_stays_a_subject(text: str) -> None:
    data = write_mail(replace(PLAIN, subject=text))
    assert_well_formed(data)
    assert parsed(data)["Subject"].strip() == shown(text)


@HARD_TEXTS
def test_a_hostile_header_value_stays_a_value(text: str) -> None:
    assert_well_formed(write_mail(replace(PLAIN, headers={"List-Unsubscribe": text})))


@HARD_TEXTS
def test_a_hostile_body_comes_back_byte_for_byte(text: str) -> None:
    data = write_mail(replace(PLAIN, text=text, html=text))
    wanted = re.sub("\r\n?", "\n", text).encode("utf-8", "replace").decode()
    assert_well_formed(data)
    assert bodies(data) == (wanted, wanted)


@given(st.text(), st.text())
def test_any_text_comes_back(text: str, name: str) -> None:
    data = write_mail(replace(PLAIN, text=text, recipient_name=name, subject=name))
    assert bodies(data)[0] == re.sub("\r\n?", "\n", text)
    assert_well_formed(data)


NO_CR = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]))


@given(st.lists(NO_CR))
def test_a_body_in_pieces_is_the_same_body(pieces: list[str]) -> None:
    data = write_mail(replace(PLAIN, text=tuple(pieces), html=pieces))
    assert bodies(data) == ("".join(pieces), "".join(pieces))
    assert_well_formed(data)


@pytest.mark.parametrize("length", range(70, 80))
@pytest.mark.parametrize("last", ["x", "ü", " ", ".", "="])
def test_no_piece_makes_a_line_of_a_body_too_long(length: int, last: str) -> None:
    piece = "x" * (length - 1) + last
    data = write_mail(replace(PLAIN, text=(piece, piece, piece)))
    text_part = data.split(b"\r\n\r\n")[2]
    assert max(map(len, text_part.split(b"\r\n"))) <= 76
    assert bodies(data)[0] == piece * 3


@given(st.text())
def test_a_header_is_one_logical_line(text: str) -> None:
    written = header_text(text)
    assert written.isascii()
    assert all(line.startswith(" ") for line in written.split("\r\n")[1:])
    assert not re.search(r"[\x00-\x1f\x7f]", written.replace("\r\n ", ""))


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("anna@nordwind.test", "anna@nordwind.test"),
        ("Anna.O'Neil+survey@Nordwind.Test", "Anna.O'Neil+survey@Nordwind.Test"),
        ("anna@müller.example", "anna@xn--mller-kva.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ("anna@MÜLLER.example", "anna@xn--mller-kva.example"),
        ("jörg@müller.example", "jörg@xn--mller-kva.example"),
        ("用户@例子.test", "用户@xn--fsqu00a.test"),
    ],
)
def test_a_domain_goes_over_the_wire_in_punycode(address: str, wire: str) -> None:
    assert wire_address(address) == wire


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "anna", "anna@", "@nordwind.test", "anna@nordwind.test\r\nBcc: x@company.test",
        "anna\n@nordwind.test", "anna@nordwind.test\x00", "anna adler@nordwind.test",
        "anna@nordwind.test, x@company.test",
        "x@company.test>,<anna@nordwind.test", "<anna@nordwind.test>", "Anna <anna@nordwind.test>",
        '"anna"@nordwind.test', "anna@company.test@nordwind.test", "anna(x)@nordwind.test",
        "anna\u2028@nordwind.test", "anna@[127.0.0.1]", "anna@nord\u00a0wind.test",
        "anna@-ü-.example", f"anna@{'ü' * 80}.example",
        "ann\udce4@nordwind.test",
    ],
)  # fmt: skip
def test_what_is_not_one_bare_address_is_refused_without_repeating_it(address: str) -> None:
    for mail in (replace(PLAIN, recipient=address), replace(PLAIN, sender=address)):
        with pytest.raises(BadAddress) as caught:
            write_mail(mail)
        assert "anna" not in str(caught.value) and caught.value.__cause__ is None


def test_a_local_part_outside_ascii_stands_in_the_header_as_it_is() -> None:
    data = write_mail(replace(PLAIN, recipient="jörg@müller.example"))
    assert '"Anna Adler" <jörg@xn--mller-kva.example>'.encode() in data
    seen = parsed(data)["To"].addresses[0].addr_spec
    assert seen.encode("ascii", "surrogateescape").decode() == "jörg@xn--mller-kva.example"
    assert_well_formed(data)


@pytest.fixture
def post(relay: Server) -> Iterator[Post]:
    """Flask-Mail on an app of its own, with the test's relay."""
    app = Flask("post")
    with app.app_context():
        yield Post(app, Relay("127.0.0.1", relay.port, "", "", starttls=False, tls=False))


def test_flask_mail_sends_the_same_bytes(post: Post, relay: Server) -> None:
    mails = [
        replace(PLAIN, recipient_name=text, subject=text, text=text, html=text) for text in HOSTILE.values()
    ]
    with post.connect() as connection:
        for mail in mails:
            connection.send(SingleMail(mail))
    assert [received.content for received in relay.received] == [write_mail(mail) for mail in mails]
    envelopes = {(received.sender, received.recipients) for received in relay.received}
    assert envelopes == {("survey@company.test", ("anna@nordwind.test",))}


def test_flask_mail_sends_to_a_domain_outside_ascii(post: Post, relay: Server) -> None:
    post.send(SingleMail(replace(PLAIN, recipient="anna@straße.example")))
    assert relay.received[0].recipients == ("anna@xn--strae-oqa.example",)


def test_flask_mail_refuses_a_local_part_outside_ascii(post: Post, relay: Server) -> None:
    with pytest.raises(UnicodeError):
        post.send(SingleMail(replace(PLAIN, recipient="jörg@nordwind.test")))
    assert relay.received == []


@pytest.mark.parametrize("name", ["Größe.pdf", "../../etc/passwd", "a\\b:c", "...", "", *HOSTILE.values()])
def test_an_attachment_comes_back_under_one_plain_name(name: str) -> None:
    file = bytes(range(256)) * 40
    data = write_mail(replace(PLAIN, attachment=Attachment(name, "application/pdf", file)))
    assert_well_formed(data, ("multipart/mixed", *KINDS, "application/pdf"))
    [attached] = parsed(data).iter_attachments()
    shown = attached.get_filename() or ""
    assert shown and shown.isprintable() | ("\u200d" in shown) | ("\u202e" in shown)
    assert not set(shown) & set('/\\:"') and shown[0] != "."
    assert (attached.get_content_type(), attached.get_content()) == ("application/pdf", file)
    assert attached.get_content_disposition() == "attachment"
    body = parsed(data).get_body(("plain",))
    assert body is not None and body.get_content().splitlines() == ["Hello"]
