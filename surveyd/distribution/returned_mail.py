"""Returned mail taken apart: what the mail system says, its reports, and what it returns of our own mail.

It reads whatever bytes there are. What stands in the copy of our own mail is never taken for the
system's words.
"""

import contextlib
import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as MailMessage
from itertools import islice

READ_AT_MOST = 1_000_000
SAID_AT_MOST = 20_000
UNDERSTOOD = 200_000
"""Bytes that are looked at: what a bounce says stands at its beginning, before a large copy of our mail."""
BEGINNING = 40_000
COPY_AT_MOST = 100_000
"""Characters among which the copy of our mail is looked for."""
PARTS_AT_MOST = 200
RETURN_PATH = re.compile(r"b-\d{1,18}-[0-9a-f]{20}@[^\s<>\"';,]+", re.IGNORECASE)
MESSAGE_ID = re.compile(
    r"^[ \t]*Message-ID:[ \t\r\n]{0,9}<?([0-9a-f]{32}@[^\s<>]+)", re.IGNORECASE | re.MULTILINE
)
MANY_LINES = re.compile(rb"\r?\n(?:\r?\n){3,}")
COPY_BEGINS = re.compile(
    r"^[ >\t]{0,40}(-{3,40}.*(original message|copy of|returned message|message (header|follows)).*"
    r"|(received|return-path|dkim-signature|message-id|mime-version):\s.*"
    r"|.*(below this line is a copy|original (message|mail) (headers?|as follows)).*"
    r"|.*copy of the (original )?message.*)$",
    re.IGNORECASE | re.MULTILINE,
)
FIELD = re.compile(r"^[ \t]{0,40}([A-Za-z][A-Za-z-]{2,40}):[ \t]*(.*(?:\r?\n[ \t]+\S.*)*)", re.MULTILINE)
TAG = re.compile(r"<[^<>]{0,500}>")
QUOTED = re.compile(rb"=\r?\n|=([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery report says about one recipient: `action` in lower case, `status` like "5.1.1"."""

    action: str
    status: str
    words: str


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """One returned mail, taken apart.

    `said` is what the system writes to people, cut off where a copy of our mail begins. `feedback` are the
    fields of a complaint, in lower case, None without one. `paths` are all addresses that look like one of
    our return paths, `ids` the Message-IDs that look like ours; both unproven.
    """

    head: MailMessage
    beginning: bytes
    subject: str
    sender: str
    said: str
    reports: tuple[Report, ...]
    feedback: dict[str, tuple[str, ...]] | None
    complained_to: tuple[str, ...]
    paths: tuple[str, ...]
    ids: tuple[str, ...]

    def header(self, name: str) -> str:
        """A header of the mail itself, as one line; empty without one."""
        return header_of(self.head, name)


def take_apart(raw: bytes, *, envelope_to: str = "") -> ReturnedMail:
    """The parts of a returned mail; `envelope_to` is the address that it came to, if the mail server says so.

    Never raises, whatever the bytes are; what is longer than UNDERSTOOD is cut.
    """
    # A mail of nothing but line ends would make a parser as busy as a thousand mails do.
    raw = MANY_LINES.sub(b"\n\n\n", raw[:READ_AT_MOST])[:UNDERSTOOD]
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    parts = list(_own_parts(mail))
    said = _said(parts)
    reports = tuple(_reports(parts)) or tuple(_in_text(said))
    seen = f"{envelope_to}\n{raw.decode('latin-1')}\n{QUOTED.sub(_unquoted, raw).decode('latin-1')}\n"
    decoded = "\n".join(
        _text(part) for part in islice(mail.walk(), PARTS_AT_MOST) if part.get_content_maintype() == "text"
    )
    return ReturnedMail(
        head=mail,
        beginning=raw[:BEGINNING],
        subject=header_of(mail, "Subject"),
        sender=header_of(mail, "From"),
        said=said,
        reports=reports,
        feedback=_feedback(parts),
        complained_to=_complained_to(mail),
        paths=tuple(dict.fromkeys(RETURN_PATH.findall(seen + decoded))),
        ids=tuple(dict.fromkeys(found.lower() for found in MESSAGE_ID.findall(seen + decoded))),
    )


def header_of(mail: MailMessage, name: str) -> str:
    """A decoded header on one line; empty without one."""
    wanted = name.lower()
    value = next((str(value) for known, value in mail.raw_items() if known.lower() == wanted), "")
    value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    # What cannot be decoded is read as it stands.
    with contextlib.suppress(ValueError, LookupError, MessageError):
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())[:1000]


def _own_parts(mail: MailMessage) -> Iterator[MailMessage]:
    """The leaves and reports of a mail, without what is inside a returned mail."""
    queue = [mail]
    for _ in range(PARTS_AT_MOST):
        if not queue:
            return
        part = queue.pop(0)
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "message/feedback-report", "message/global-delivery-status"):
            yield part
        elif part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            queue = [one for one in part.get_payload() if isinstance(one, MailMessage)] + queue
        elif kind not in ("message/rfc822", "text/rfc822-headers", "message/partial", "message/global"):
            yield part


def _said(parts: list[MailMessage]) -> str:
    # A report whose boundaries are broken comes as one long text.
    texts = [part for part in parts if part.get_content_maintype() in ("text", "multipart")]
    plain = [part for part in texts if part.get_content_type() != "text/html"]
    words = "\n".join(_text(part) for part in plain or texts)
    if not plain:
        words = TAG.sub(" ", words)
    words = words[:COPY_AT_MOST]
    copy = COPY_BEGINS.search(words)
    # A copy that begins at once leaves nothing; then there is none, and the words are the system's own.
    if copy is not None and words[: copy.start()].strip():
        words = words[: copy.start()] + "\n" + _fields_only(words[copy.start() :])
    return words[:SAID_AT_MOST]


def _fields_only(rest: str) -> str:
    """The lines of a delivery report that a broken mail holds behind its copy, if any."""
    names = ("Action", "Status", "Diagnostic-Code")
    return "\n".join(
        f"{name}: {value}" for name, value in FIELD.findall(rest[:SAID_AT_MOST]) if name in names
    )


def _text(part: MailMessage) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        payload = str(part.get_payload()).encode("utf-8", "replace")
    for charset in (str(part.get_content_charset() or "utf-8"), "iso-2022-jp", "utf-8"):
        try:
            return payload.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            continue
    return payload.decode("latin-1")


def _reports(parts: list[MailMessage]) -> Iterator[Report]:
    for part in parts:
        if part.get_content_type().endswith("delivery-status"):
            yield from _in_text(_blocks(part))


def _blocks(part: MailMessage) -> str:
    """The text of a report, a blank line between its blocks."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n\n".join(str(block) for block in payload)
    return _text(part)


def _in_text(text: str) -> Iterator[Report]:
    for block in re.split(r"\r?\n[ \t]*\r?\n", text[:SAID_AT_MOST]):
        fields = {name.lower(): " ".join(value.split()) for name, value in FIELD.findall(block)}
        if "action" in fields or re.match(r"[245]\.\d", fields.get("status", "")):
            yield Report(
                re.split(r"[\s(;]", fields.get("action", "").lower())[0],
                (re.match(r"[245]\.\d{1,3}\.\d{1,3}", fields.get("status", "")) or [""])[0],
                f"{fields.get('status', '')} {fields.get('diagnostic-code', '')}".strip(),
            )


def _feedback(parts: list[MailMessage]) -> dict[str, tuple[str, ...]] | None:
    found: dict[str, tuple[str, ...]] = {}
    reports = [part for part in parts if part.get_content_type() == "message/feedback-report"]
    for part in reports:
        for name, value in FIELD.findall(_blocks(part)[:SAID_AT_MOST]):
            found[name.lower()] = (*found.get(name.lower(), ()), " ".join(value.split()))
    return found if reports else None


def _complained_to(mail: MailMessage) -> tuple[str, ...]:
    """Whom a provider names in the head of the mail that it returns, where it writes no report."""
    named = (header_of(part, "X-HmXmrOriginalRecipient") for part in islice(mail.walk(), PARTS_AT_MOST))
    return tuple(filter(None, named))


def _unquoted(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)]) if found[1] else b""
