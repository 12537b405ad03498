"""Mails as bytes, and Flask-Mail taught to send them.

`write_mail` is the one place where a mail becomes bytes: the wave sender calls it with constant
parts kept from the last mail, Flask-Mail calls it for single mails, so that the two cannot
differ. Bodies are quoted-printable: lines of any length pass, and what a person wrote comes back
byte for byte. Header values lose every control character, so that no text can add a line.
"""

import binascii
import hashlib
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import lru_cache

import flask_mail
from flask import Flask

from surveyd.base.config import Relay

# Control characters and the separators that some programs take for a line's end.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]+")
BARE_LINE_END = re.compile(r"\r\n?")
CONNECT_SECONDS = 20.0
REPLY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, complete. Addresses are bare; names may be any text."""

    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def write_mail(mail: Mail) -> bytes:
    """The mail as it goes over the wire, with CRLF line ends; headers in ASCII or RFC 2047."""
    boundary = "=_" + hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]
    headers = {
        "From": _mailbox(mail.sender_name, mail.sender),
        "To": _mailbox(mail.recipient_name, mail.recipient),
        "Subject": header_text(mail.subject),
        "Date": format_datetime(mail.date),
        "Message-ID": f"<{mail.message_id}>",
        **({"Reply-To": _mailbox("", mail.reply_to)} if mail.reply_to else {}),
        "Auto-Submitted": "auto-generated",
        **{name: header_text(value) for name, value in mail.headers.items()},
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    parts = [_part("plain", mail.text, boundary), _part("html", mail.html, boundary)]
    return b"".join([head, b"\r\n", *parts, f"--{boundary}--\r\n".encode()])


def header_text(value: str) -> str:
    """A header's value on one line; what is not ASCII is encoded as RFC 2047 says."""
    clean = UNPRINTABLE.sub(" ", value).strip()
    return clean if clean.isascii() and len(clean) < 900 else _encoded(clean)


def wire_address(address: str) -> str:
    """The address for the envelope: the domain in punycode, the local part as it is.

    A local part outside ASCII needs a relay with SMTPUTF8 (RFC 6531).
    """
    local, _, domain = UNPRINTABLE.sub("", address).rpartition("@")
    if domain.isascii():
        return f"{local}@{domain}"
    return f"{local}@{domain.encode('idna').decode()}"


def _part(kind: str, body: str, boundary: str) -> bytes:
    encoded = binascii.b2a_qp(BARE_LINE_END.sub("\n", body).encode("utf-8", "replace"), istext=True)
    head = f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + encoded.replace(b"\n", b"\r\n") + b"\r\n"


@lru_cache(maxsize=4096)
def _encoded(value: str) -> str:
    return Header(value.encode("utf-8", "replace").decode(), "utf-8", maxlinelen=72).encode(linesep="\r\n")


def _mailbox(name: str, address: str) -> str:
    clean = UNPRINTABLE.sub(" ", name).strip()
    address = wire_address(address)
    if not clean:
        return address
    return formataddr((clean, address)) if clean.isascii() else f"{_encoded(clean)} <{address}>"


def open_smtp(relay: Relay, *, timeout: float = REPLY_SECONDS) -> smtplib.SMTP:
    """A signed-in connection to the relay, TLS verified. Raises OSError or smtplib.SMTPException."""
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    if relay.tls:
        connection = smtplib.SMTP_SSL(relay.host, relay.port, timeout=CONNECT_SECONDS, context=context)
    else:
        connection = smtplib.SMTP(relay.host, relay.port, timeout=CONNECT_SECONDS)
    try:
        if relay.starttls:
            connection.starttls(context=context)
        connection.ehlo_or_helo_if_needed()
        if relay.user:
            connection.login(relay.user, relay.password)
        if connection.sock is None:
            raise smtplib.SMTPServerDisconnected("the relay hung up")
        connection.sock.settimeout(timeout)
    except BaseException:
        connection.close()
        raise
    return connection


class SingleMail(flask_mail.Message):
    """A Flask-Mail message with our bytes: a fixed Message-ID, encoded headers, no line that is too long."""

    def __init__(self, mail: Mail) -> None:
        super().__init__(
            subject=header_text(mail.subject),
            recipients=[wire_address(mail.recipient)],
            sender=wire_address(mail.sender),
        )
        self.mail = mail

    def as_bytes(self) -> bytes:
        return write_mail(self.mail)


class _Connection(flask_mail.Connection):
    relay: Relay

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        return open_smtp(self.relay)


class Post(flask_mail.Mail):
    """Flask-Mail over our own connection: with a time limit, verified TLS and the relay of the configuration."""

    def __init__(self, app: Flask, relay: Relay) -> None:
        app.config.setdefault("MAIL_SUPPRESS_SEND", False)
        super().__init__(app)
        self.relay = relay

    def connect(self) -> flask_mail.Connection:
        connection = _Connection(self)
        connection.relay = self.relay
        return connection
