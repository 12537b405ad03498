"""Mail that comes back: which message it is about, and what it says.

A signed return path (VERP) names the message; nothing is believed without one. What is not
understood is left alone and answered with "unknown"; no mail is ever sent in reply.
"""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import Message as MailMessage
from enum import StrEnum

from sqlalchemy.orm import Session

from surveyd.base.relay import GONE
from surveyd.base.tokens import Keys
from surveyd.distribution.models import Message, MessageState
from surveyd.distribution.suppressions import opt_out, suppress

RETURN_PATH = re.compile(r"b-\d{1,18}-[0-9a-f]{20}@[^\s<>\"';,]+", re.IGNORECASE)
READ_AT_MOST = 1_000_000


class BounceKind(StrEnum):
    """What a returned mail says."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
    AUTO_REPLY = "autoreply"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bounce:
    """The verdict on one returned mail; `message_id` is the outbox row that a genuine return path names."""

    kind: BounceKind
    message_id: int | None
    detail: str = ""


def read_bounce(raw: bytes, keys: Keys) -> Bounce:
    """What a returned mail says; never raises, whatever the bytes are."""
    raw = raw[:READ_AT_MOST]
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    kind, detail = _verdict(mail)
    return Bounce(kind, _named_message(raw, keys), detail)


def apply_bounce(session: Session, bounce: Bounce, *, now: datetime) -> bool:
    """Let a bounce have its effect; False when it has none. The second time changes nothing."""
    message = session.get(Message, bounce.message_id) if bounce.message_id is not None else None
    if message is None:
        return False
    if bounce.kind is BounceKind.COMPLAINT and message.contact_id is not None:
        opt_out(session, message.contact_id, now=now)
        suppress(session, message.recipient, reason="complaint", now=now, message_id=message.id)
        return True
    if bounce.kind is BounceKind.HARD:
        message.state, message.reason = MessageState.FAILED, f"bounced: {bounce.detail}"[:300]
        suppress(
            session, message.recipient, reason="bounced", now=now, message_id=message.id, detail=bounce.detail
        )
        return True
    if bounce.kind is BounceKind.SOFT:
        message.reason = f"soft bounce: {bounce.detail}"[:300]
        return True
    return False


def _named_message(raw: bytes, keys: Keys) -> int | None:
    for match in RETURN_PATH.findall(raw.decode("latin-1")):
        message_id = keys.read_return_path(match)
        if message_id is not None:
            return message_id
    return None


def _verdict(mail: MailMessage) -> tuple[BounceKind, str]:
    parts = list(mail.walk())
    types = {part.get_content_type() for part in parts}
    if "message/feedback-report" in types:
        return BounceKind.COMPLAINT, "feedback report"
    report = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if report is not None:
        return _reported(report)
    automatic = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    if automatic == "auto-replied" or mail.get("X-Autoreply") or mail.get("X-Autorespond"):
        return BounceKind.AUTO_REPLY, ""
    return BounceKind.UNKNOWN, ""


def _reported(report: MailMessage) -> tuple[BounceKind, str]:
    text = str(report)
    action = re.search(r"^Action:\s*(\w+)", text, re.IGNORECASE | re.MULTILINE)
    status = re.search(r"^Status:\s*(\d\.\d{1,3}\.\d{1,3})", text, re.IGNORECASE | re.MULTILINE)
    diagnostic = re.search(r"^Diagnostic-Code:\s*(.+)", text, re.IGNORECASE | re.MULTILINE)
    code = status.group(1) if status else ""
    words = f"{code} {diagnostic.group(1).strip() if diagnostic else ''}".strip()[:200]
    if action and action.group(1).lower() in ("delivered", "relayed", "expanded"):
        return BounceKind.UNKNOWN, words
    # An address that is gone is hard; a full box, a policy or a bad connection is not the address's end.
    if code.startswith("5") and (GONE.search(words) or code in ("5.0.0", "5.1.0")):
        return BounceKind.HARD, words
    return BounceKind.SOFT, words
