"""A probe as it arrived: which one it is, and what the seed box's server wrote above it.

Only the head is read, and of what it says only known words are taken over. A server writes its headers above
those that are there, so of several the topmost of its own counts: what stands further down, whoever sent the
mail may have written.
"""

import email
import email.policy
import logging
import re
from dataclasses import dataclass
from email.message import Message as MailMessage

from surveyd.base.sending_domain import DOMAIN, NAMELESS
from surveyd.base.tokens import Keys
from surveyd.distribution.envelopes import PROBE_HEADER
from surveyd.distribution.launching.tags import read_tags
from surveyd.distribution.stationery import PROBE

READ_AT_MOST = 200_000
"""Bytes of a mail among which its head is looked for."""
LONGEST_HEADER, LONGEST_SERVER = 8_000, 100
HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
RESULTS = (
    *("pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"),
    *("hardfail", "bestguesspass"),
)
RESULT = re.compile(r"\s*([a-z][a-z0-9-]*)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)(.*)", re.IGNORECASE | re.DOTALL)
OUTSIDE = re.compile(r'\\.|"(?:[^"\\]|\\.)*"|[();]|[^\\"();]+|.', re.DOTALL)
IN_COMMENT = re.compile(r"\\.|[()]|[^\\()]+|.", re.DOTALL)
OPT_OUT_HEADERS = frozenset(("list-unsubscribe", "list-unsubscribe-post"))
SCL = re.compile(r"\bSCL:([5-9])\b", re.IGNORECASE)
TO_JUNK = re.compile(r"\bdest:J\b", re.IGNORECASE)
log = logging.getLogger("surveyd.launching")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an Authentication-Results header (RFC 8601) says; a result is empty where it says nothing."""

    server: str = ""
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a mail: each header's name in lower case with its value on one line, topmost first."""

    fields: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """The values of all headers of that name."""
        return [value for known, value in self.fields if known == name.lower()]

    def first(self, name: str) -> str:
        """The topmost one, empty without any."""
        return next(iter(self.all(name)), "")

    @property
    def is_probe(self) -> bool:
        """Whether it says that it is a probe, genuine or not."""
        return bool(self.all(PROBE_HEADER))

    @property
    def is_junk(self) -> bool:
        """Whether a usual header says that the mail was taken for junk."""
        flagged = self.first("X-Spam-Flag").upper().startswith("YES")
        status = self.first("X-Spam-Status").upper().startswith("YES")
        level = self.first("X-MS-Exchange-Organization-SCL").strip() in ("5", "6", "7", "8", "9")
        judged = SCL.search(self.first("X-Forefront-Antispam-Report")) is not None
        moved = TO_JUNK.search(self.first("X-Microsoft-Antispam-Mailbox-Delivery")) is not None
        return flagged or status or level or judged or moved

    @property
    def covers_opt_out(self) -> bool | None:
        """Whether a signature covers the one-click opt-out (RFC 8058); None without any signature."""
        signatures = [read_tags(value) or {} for value in self.all("DKIM-Signature")]
        covered = [set(tags.get("h", "").lower().replace(" ", "").split(":")) for tags in signatures]
        return any(names >= OPT_OUT_HEADERS for names in covered) if covered else None


def read_head(raw: bytes) -> Head:
    """The head of a mail; never raises, whatever the bytes are. One that does not end is cut."""
    begin = raw[:READ_AT_MOST].lstrip(b"\r\n")
    end = HEAD_ENDS.search(begin)
    try:
        mail: MailMessage = email.message_from_bytes(
            begin[: end.start()] if end else begin, policy=email.policy.compat32
        )
        return Head(tuple((name.lower(), _plain(value)) for name, value in mail.raw_items()))
    except Exception as error:  # strangers write it
        log.warning("a mail's head cannot be read", extra={"facts": {"error": type(error).__name__}})
        return Head(())


def says_probe(raw: bytes) -> bool:
    """Whether the head of a mail says that it is a probe. Cheap for one that does not."""
    return PROBE_HEADER.lower().encode() in raw[:READ_AT_MOST].lower() and read_head(raw).is_probe


def probe_named(head: Head, keys: Keys) -> int | None:
    """The probe that the one header of ours names with a genuine signature, else None."""
    tokens = head.all(PROBE_HEADER)
    payload = keys.read_signed(PROBE, tokens[0].strip()) if len(tokens) == 1 else None
    if payload is None or not (payload.isascii() and payload.isdigit() and len(payload) < 19):
        return None
    return int(payload)


def judgement_in(head: Head, server: str) -> Judgement | None:
    """What the seed box's `server` says of the sender, None when it says nothing.

    Without a `server` the topmost header counts; NAMELESS is one that names no server.
    """
    for value in head.all("Authentication-Results"):
        judged = _judgement(value)
        if not server or judged.server == server or (server == NAMELESS and not judged.server):
            return judged
    return None


def _judgement(value: str) -> Judgement:
    first, *rest = _parts(value)
    # Some servers leave their name out and begin with a result.
    named = "" if RESULT.match(first) else (first.split() or [""])[0].strip('"').lower()
    found: dict[str, list[tuple[str, str]]] = {"spf": [], "dkim": [], "dmarc": []}
    for part in rest if named else [first, *rest]:
        one = RESULT.match(part.lower())
        if one is not None and one[1] in found and one[2] in RESULTS:
            found[one[1]].append((one[2], one[3]))
    server = named if DOMAIN.fullmatch(named) else ""
    dkim = [result for result, _ in found["dkim"]]
    # The name that a server says at its greeting is no sender.
    senders = [
        result for result, about in found["spf"] if "smtp.helo" not in about or "smtp.mailfrom" in about
    ]
    return Judgement(
        server=server[:LONGEST_SERVER],
        spf=next(iter(senders or [result for result, _ in found["spf"]]), ""),
        dkim="pass" if "pass" in dkim else next(iter(dkim), ""),
        dmarc=next((result for result, _ in found["dmarc"]), ""),
    )


def _parts(value: str) -> list[str]:
    """A header between its semicolons, without comments; what stands in quotes divides nothing."""
    parts, depth, at = [""], 0, 0
    value = value[:LONGEST_HEADER]
    while (token := (IN_COMMENT if depth else OUTSIDE).match(value, at)) is not None:
        at = token.end()
        if token[0] in ("(", ")"):
            depth = max(0, depth + (1 if token[0] == "(" else -1))
        elif token[0] == ";" and not depth:
            parts.append("")
        elif not depth:
            parts[-1] += token[0]
    return parts


def _plain(value: object) -> str:
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(text.split())[:LONGEST_HEADER]
