"""Mails as bytes, and Flask-Mail taught to send them.

`write_mail` is the one place where a mail becomes bytes: the wave sender calls it with constant
parts kept from the last mail, Flask-Mail calls it for single mails, so that the two cannot
differ. Bodies are quoted-printable: lines of any length pass, and what a person wrote comes back
byte for byte. Header values lose every control character, so that no text can add a line.
"""

import base64
import binascii
import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import encode_rfc2231, format_datetime, quote
from functools import lru_cache

import flask_mail
import idna
from flask import Flask

from surveyd.base import silence
from surveyd.base.config import Relay

# Control characters and the separators that some programs take for a line's end.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]+")
BARE_LINE_END = re.compile(r"\r\n?")
# What would be more than one address in a header or in the dialogue with the relay.
NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\"(),:;<>@\[\\\]]")
NOT_IN_FILE_NAME = re.compile(r"[\"\\/:*?<>|\ud800-\udfff]+")
LONGEST_FILE_NAME = 60
"""Characters; the longest are twelve in a header, and a line of it has 998."""
LONGEST_PLAIN = 900
"""A line of a mail has 998 characters at most (RFC 5322); a longer value is encoded and folded."""
OUTSIDE_ASCII = ("SMTPUTF8", "BODY=8BITMIME")
"""What the relay is asked for when an address is outside ASCII (RFC 6531)."""
CONNECT_SECONDS = 20.0
REPLY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail; `kind` is its media type. The name may be any text."""

    file_name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, complete. Addresses are bare; names may be any text.

    A body may come in pieces, none of which parts a CR from its LF: what was encoded for the last mail
    is not encoded again.
    """

    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    subject: str
    text: str | Sequence[str]
    html: str | Sequence[str]
    message_id: str
    date: datetime
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    attachment: Attachment | None = None


def write_mail(mail: Mail) -> bytes:
    """The mail as it goes over the wire, with CRLF line ends; headers in ASCII or RFC 2047.

    Only an address whose local part is outside ASCII stands there as it is, in UTF-8 (RFC 6532).
    Raises BadAddress.
    """
    boundary = "=_" + hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]
    words = f'multipart/alternative; boundary="{boundary}"'
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
        "Content-Type": words if mail.attachment is None else f'multipart/mixed; boundary="{boundary}-with"',
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    parts = [_part("plain", mail.text, boundary), _part("html", mail.html, boundary)]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    if mail.attachment is not None:
        body = _with_attachment(words, body, mail.attachment, f"{boundary}-with")
    return b"".join([head, b"\r\n", body])


class BadAddress(UnicodeError):
    """An address that cannot be written in a mail. The message leaves it out, since messages are logged."""

    def __init__(self) -> None:
        super().__init__("this is no address that a mail can go to")


def one_line(text: str) -> str:
    """The text with a space for every run of control characters and line ends."""
    return text if text.isprintable() else UNPRINTABLE.sub(" ", text)


def header_text(value: str) -> str:
    """A header's value on one line; what is not ASCII is encoded as RFC 2047 says."""
    clean = one_line(value).strip()
    return clean if _is_plain(clean) else _encoded(clean)


def wire_address(address: str) -> str:
    """The address for the envelope: the domain in punycode, the local part as it is.

    A local part outside ASCII needs a relay with SMTPUTF8 (RFC 6531). Raises BadAddress for what is not
    one bare address.
    """
    local, _, domain = address.rpartition("@")
    if not local or not domain or NOT_IN_ADDRESS.search(local) or NOT_IN_ADDRESS.search(domain):
        raise BadAddress
    return f"{local}@{domain if domain.isascii() else _punycode(domain)}"


@lru_cache(maxsize=4096)
def _punycode(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        # The library's message repeats the domain.
        raise BadAddress from None


def _part(kind: str, body: str | Sequence[str], boundary: str) -> bytes:
    *pieces, last = [body] if isinstance(body, str) else (body or [""])
    encoded = b"".join([_piece(piece) for piece in pieces if piece])
    head = (
        f"--{boundary}",
        f"Content-Type: text/{kind}; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "\r\n",
    )
    return "\r\n".join(head).encode() + encoded + _quoted(last) + b"\r\n"


def _with_attachment(words: str, body: bytes, attachment: Attachment, boundary: str) -> bytes:
    lines = (
        f"--{boundary}",
        f"Content-Type: {attachment.kind}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment;\r\n {_file_name(attachment.file_name)}",
        "\r\n",
    )
    file = base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")
    first = f"--{boundary}\r\nContent-Type: {words}\r\n\r\n".encode()
    return b"".join([first, body, "\r\n".join(lines).encode(), file, f"--{boundary}--\r\n".encode()])


def _file_name(name: str) -> str:
    """The parameter of a header that names a file (RFC 2231), without what means a folder somewhere."""
    clean = NOT_IN_FILE_NAME.sub("-", one_line(name)).strip(". ")[:LONGEST_FILE_NAME] or "file"
    return f'filename="{clean}"' if clean.isascii() else f"filename*={encode_rfc2231(clean, 'utf-8')}"


@lru_cache(maxsize=1024)
def _piece(text: str) -> bytes:
    # Another piece follows, behind a line end that does not count. The x keeps the last line short enough for
    # the sign of it, and a blank at the end from being taken for one that ends a line.
    return _quoted(text + "x")[:-1] + b"=\r\n"


def _quoted(text: str) -> bytes:
    data = BARE_LINE_END.sub("\n", text).encode("utf-8", "replace")
    return binascii.b2a_qp(data, istext=True).replace(b"\n", b"\r\n")


@lru_cache(maxsize=4096)
def _encoded(value: str) -> str:
    return Header(value.encode("utf-8", "replace").decode(), "utf-8", maxlinelen=72).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    # What looks like an encoded word is encoded once more, or a reader would decode what a person typed.
    return text.isascii() and len(text) < LONGEST_PLAIN and "=?" not in text


def _mailbox(name: str, address: str) -> str:
    clean = one_line(name).strip()
    address = wire_address(address)
    if not clean:
        return address
    quoted = f'"{quote(clean)}"'
    return f"{quoted if _is_plain(quoted) else _encoded(clean)} <{address}>"


def open_smtp(
    relay: Relay, *, connect_seconds: float = CONNECT_SECONDS, reply_seconds: float = REPLY_SECONDS
) -> smtplib.SMTP:
    """A signed-in connection to the relay, TLS verified, that waits so long for a greeting and for a reply.

    Raises OSError or smtplib.SMTPException.
    """
    # To read the machine's certificates takes longer than many mails: only where they are needed.
    context = ssl.create_default_context() if relay.tls or relay.starttls else None
    connection: smtplib.SMTP
    if relay.tls:
        connection = smtplib.SMTP_SSL(relay.host, relay.port, timeout=connect_seconds, context=context)
    else:
        connection = smtplib.SMTP(relay.host, relay.port, timeout=connect_seconds)
    try:
        if relay.starttls:
            connection.starttls(context=context)
        connection.ehlo_or_helo_if_needed()
        if relay.user:
            connection.login(relay.user, relay.password)
        if connection.sock is None:
            raise smtplib.SMTPServerDisconnected("the relay hung up")
        connection.sock.settimeout(reply_seconds)
        # The final dot is a write of its own: without this it would wait 40 ms for the relay's kernel.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        silence.notice(connection.sock)
    except BaseException:
        connection.close()
        raise
    return connection


class SingleMail(flask_mail.Message):
    """A Flask-Mail message with our bytes: a fixed Message-ID, encoded headers, no line that is too long.

    Flask-Mail raises UnicodeError for a local part outside ASCII; the wave sender takes that, too.
    """

    def __init__(self, mail: Mail) -> None:
        self.bytes = write_mail(mail)
        super().__init__(
            subject=one_line(mail.subject),
            recipients=[wire_address(mail.recipient)],
            sender=wire_address(mail.sender),
        )

    def as_bytes(self) -> bytes:
        return self.bytes


class _Connection(flask_mail.Connection):
    relay: Relay

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        return open_smtp(self.relay)


class Post(flask_mail.Mail):
    """Flask-Mail over our own connection: with a time limit, verified TLS and our relay."""

    def __init__(self, app: Flask, relay: Relay) -> None:
        app.config.setdefault("MAIL_SUPPRESS_SEND", False)
        super().__init__(app)
        self.relay = relay

    def connect(self) -> flask_mail.Connection:
        connection = _Connection(self)
        connection.relay = self.relay
        return connection
