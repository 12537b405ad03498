"""The mail catcher of the demo: an SMTP server that delivers nothing and keeps every mail to be looked at.

The mails stand in a Maildir (`<data>/mail`), one file each, written aside and renamed, so that a
reader never meets half a mail. The envelope, which a mail itself does not have, stands in three header
lines above it. A file's name begins with the instant of its arrival: sorted names are a sorted list.
"""

import asyncio
import itertools
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from surveyd.base.clock import system_now
from surveyd.base.errors import NotFound

LOOPBACK = "127.0.0.1"
LARGEST_MAIL = 20_000_000
PAGE = 50
LOOK_SECONDS = 0.1
KEY = re.compile(r"\d{16}-\d{1,10}-\d{1,10}")
HEAD_BYTES = 16_384
ENVELOPE_FROM, ENVELOPE_TO, ARRIVED = "X-Envelope-From", "X-Envelope-To", "X-Arrived-At"

_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class MailLine:
    """One mail as a list shows it. `key` names it; `recipients` are the envelope's."""

    key: str
    arrived_at: datetime
    sender: str
    recipients: tuple[str, ...]
    from_name: str
    subject: str


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One mail whole, as its recipient would see it: decoded headers in their order, text and HTML."""

    line: MailLine
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class MailPage:
    """Some mails, newest first. `after` is the key that the next page begins behind, None on the last."""

    mails: tuple[MailLine, ...]
    after: str | None
    total: int


def mail_folder(data: Path) -> Path:
    """The Maildir of the data folder `data`."""
    return data / "mail"


def keep_mail(data: Path, *, sender: str, recipients: tuple[str, ...], content: bytes, at: datetime) -> str:
    """Keep one mail that arrived `at`, with its envelope; returns its key."""
    folder = _made(mail_folder(data))
    key = f"{int(at.timestamp() * 1_000_000):016d}-{os.getpid()}-{next(_numbers):06d}"
    head = f"{ENVELOPE_FROM}: {sender}\r\n{ENVELOPE_TO}: {', '.join(recipients)}\r\n"
    head += f"{ARRIVED}: {at.astimezone(UTC).isoformat()}\r\n"
    draft = folder / "tmp" / key
    draft.write_bytes(head.encode("utf-8", "surrogateescape") + content)
    draft.rename(folder / "new" / key)
    return key


def list_mails(data: Path, *, after: str | None = None, to: str = "", limit: int = PAGE) -> MailPage:
    """The mails behind the one with the key `after`, newest first.

    `to` keeps those with that text in their recipients; `total` counts all mails. No folder is an empty page.
    """
    keys = _keys(data)
    wanted = to.strip().lower()
    found: list[MailLine] = []
    for key in keys:
        if after is not None and key >= after:
            continue
        line = _line_of(data, key, wanted)
        if line is not None:
            found.append(line)
        if len(found) > limit:
            break
    more = found[limit - 1].key if len(found) > limit else None
    return MailPage(tuple(found[:limit]), more, len(keys))


def read_mail(data: Path, key: str) -> CaughtMail:
    """The mail of that key. Raises NotFound, also for a key that could not be one."""
    if not KEY.fullmatch(key):
        raise NotFound("mail", key)
    try:
        raw = (mail_folder(data) / "new" / key).read_bytes()
    except FileNotFoundError:
        raise NotFound("mail", key) from None
    mail = message_from_bytes(raw, policy=modern)
    own = {ENVELOPE_FROM, ENVELOPE_TO, ARRIVED}
    headers = tuple((name, str(value)) for name, value in mail.items() if name not in own)
    return CaughtMail(_line(key, mail), headers, _body(mail, "plain"), _body(mail, "html"))


def forget_mails(data: Path) -> None:
    """Throw away all mails that were kept."""
    for key in _keys(data):
        (mail_folder(data) / "new" / key).unlink(missing_ok=True)


def run_catcher(data: Path, port: int, stop: threading.Event) -> None:
    """Catch mails on the loopback address until `stop` is set. Raises OSError when the port is taken."""
    with socket.create_server((LOOPBACK, port)) as listening:
        asyncio.run(_serve(data, listening, stop))


@contextmanager
def catching(data: Path, port: int = 0) -> Iterator[int]:
    """A catcher that runs beside the block, in a thread of its own; gives its port, a free one for 0."""
    stop = threading.Event()
    with socket.create_server((LOOPBACK, port)) as listening:
        thread = threading.Thread(target=lambda: asyncio.run(_serve(data, listening, stop)), name="catcher")
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            stop.set()
            thread.join()


async def _serve(data: Path, listening: socket.socket, stop: threading.Event) -> None:
    conversations: WeakSet[SMTP] = WeakSet()

    def converse() -> SMTP:
        server = SMTP(
            _Keeper(data), hostname="catcher.localhost", data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True
        )
        conversations.add(server)
        return server

    loop = asyncio.get_running_loop()
    server = await loop.create_server(converse, sock=listening)
    # A threading.Event is what a signal handler and the owner of a thread can both set.
    while not stop.is_set():
        await asyncio.sleep(LOOK_SECONDS)
    server.close()
    for conversation in conversations:
        if isinstance(conversation.transport, asyncio.Transport):
            conversation.transport.abort()
    await asyncio.sleep(0)


class _Keeper:
    """What aiosmtpd asks at the end of each mail; 250 is said once the mail stands in its place."""

    def __init__(self, data: Path) -> None:
        self.data = data

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        recipients = tuple(envelope.rcpt_tos)
        sender = envelope.mail_from or ""
        keep_mail(self.data, sender=sender, recipients=recipients, content=content, at=system_now())
        return "250 Kept"


def _made(folder: Path) -> Path:
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _keys(data: Path) -> list[str]:
    try:
        names = os.listdir(mail_folder(data) / "new")
    except FileNotFoundError:
        return []
    return sorted((name for name in names if KEY.fullmatch(name)), reverse=True)


def _line_of(data: Path, key: str, wanted: str) -> MailLine | None:
    """The line of one mail, unless it is gone or to somebody else: most are told by their second line."""
    try:
        with (mail_folder(data) / "new" / key).open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        return None  # thrown away meanwhile
    recipients = head.partition(b"\r\n")[2].partition(b"\r\n")[0].partition(b": ")[2]
    if wanted and wanted not in recipients.decode("utf-8", "replace").lower():
        return None
    return _line(key, message_from_bytes(head.partition(b"\r\n\r\n")[0], policy=modern))


def _line(key: str, mail: EmailMessage) -> MailLine:
    addresses: tuple[Address, ...] = getattr(mail["From"], "addresses", ())
    return MailLine(
        key=key,
        arrived_at=datetime.fromtimestamp(int(key[:16]) / 1_000_000, UTC),
        sender=str(mail.get(ENVELOPE_FROM, "")),
        recipients=tuple(filter(None, str(mail.get(ENVELOPE_TO, "")).split(", "))),
        from_name=(addresses[0].display_name or addresses[0].addr_spec) if addresses else "",
        subject=str(mail.get("Subject", "")),
    )


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    charset = part.get_content_charset("utf-8")
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
