"""Mail that comes back: which of our mails it is about, and what it says.

A signed return path (VERP) names the mail; nothing is believed without one. Our own rules judge the words and
codes, a second reader (flufl.bounce) is asked only whether it is a bounce at all. What is not understood is
"unknown", never a guess. No mail is ever sent in reply.
"""

import email
import logging
import re
from dataclasses import dataclass
from enum import StrEnum

from flufl.bounce import all_failures

from surveyd.base.tokens import Keys
from surveyd.distribution import return_words as words
from surveyd.distribution.returned_mail import READ_AT_MOST, Report, ReturnedMail, take_apart

__all__ = ["READ_AT_MOST", "Bounce", "BounceKind", "judge", "judge_refusal", "read_bounce"]


class BounceKind(StrEnum):
    """What a returned mail says."""

    HARD = "hard"
    """There is nobody of that address."""
    SOFT = "soft"
    """It did not arrive this time: a full mailbox, a time-out, an account that sleeps."""
    REFUSED = "refused"
    """The mail or its sender is not welcome; that says nothing about the address."""
    COMPLAINT = "complaint"
    OPT_OUT = "optout"
    AUTO_REPLY = "autoreply"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bounce:
    """The verdict on one returned mail; `message_id` is the outbox row that a genuine return path names.

    `final` says that the mail is given up: a mail system that still tries says soft, and not final.
    `recipients` are those whom a complaint names, `hints` Message-IDs that look like ours: both unproven, as
    are `subject` and `said`, the words of whoever wrote it.
    """

    kind: BounceKind
    message_id: int | None
    detail: str = ""
    final: bool = True
    recipients: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    subject: str = ""
    said: str = ""


log = logging.getLogger("surveyd.returns")

Verdict = tuple[BounceKind, str]
MILD = {BounceKind.UNKNOWN: 0, BounceKind.SOFT: 1, BounceKind.REFUSED: 2, BounceKind.HARD: 3}
SECOND = "flufl.bounce"
DONE = ("delivered", "relayed", "expanded")
COMPLAINS = ("", "abuse", "fraud", "other", "virus", "complaint")
NOTICE = re.compile(r'"(notificationType|bounceType)"\s*:\s*"(\w+)"')
ADDRESS = re.compile(r"[^\s<>;,:\"']+@[^\s<>;,:\"']+")


def read_bounce(raw: bytes, keys: Keys, *, envelope_to: str = "") -> Bounce:
    """What a returned mail says; never raises, whatever the bytes are."""
    try:
        return _read(raw, keys, envelope_to)
    except Exception as error:  # strangers write it, and the mail is kept for a person
        log.warning("a returned mail cannot be read", extra={"facts": {"error": type(error).__name__}})
        return Bounce(BounceKind.UNKNOWN, None, "it cannot be taken apart")


def _read(raw: bytes, keys: Keys, envelope_to: str) -> Bounce:
    mail = take_apart(raw, envelope_to=envelope_to)
    kind, detail = judge(mail)
    named = (keys.read_return_path(path) for path in mail.paths)
    message_id = next((found for found in named if found is not None), None)
    final = (
        not any(report.action == "delayed" for report in mail.reports) and "delay" not in mail.subject.lower()
    )
    return Bounce(kind, message_id, detail, final, _complainers(mail), mail.ids, mail.subject, mail.said)


def judge(mail: ReturnedMail) -> Verdict:
    """What a returned mail says, and the words that say so."""
    return (
        _complaint(mail)
        or _notified(mail)
        or (_reported(mail) if mail.reports else None)
        or (_told(mail) if _is_from_a_system(mail) else _answered(mail))
        or _second_opinion(mail)
    )


def judge_refusal(reply: str) -> BounceKind:
    """What a relay's last refusal of a recipient says, by the same rules; a 4xx is soft as in a report."""
    code = words.ENHANCED.search(reply)
    if reply.startswith("4"):
        return BounceKind.SOFT
    return _weigh(reply, ".".join(code.groups()) if code else "")


def _complaint(mail: ReturnedMail) -> Verdict | None:
    if mail.feedback is not None:
        kind = (mail.feedback.get("feedback-type") or ("",))[0].lower()
        if kind.startswith("opt-out"):
            return BounceKind.OPT_OUT, "feedback report: opt-out"
        if kind in COMPLAINS:
            return BounceKind.COMPLAINT, f"feedback report: {kind or 'abuse'}"
        return BounceKind.UNKNOWN, f"feedback report: {kind}"[:200]
    if mail.complained_to or words.COMPLAINT_SUBJECT.match(mail.subject):
        return BounceKind.COMPLAINT, "complaint without a report"
    return None


def _complainers(mail: ReturnedMail) -> tuple[str, ...]:
    named = (mail.feedback or {}).get("original-rcpt-to", ()) + mail.complained_to
    found = (ADDRESS.search(one) for one in named)
    return tuple(dict.fromkeys(one[0].lower() for one in found if one))


def _notified(mail: ReturnedMail) -> Verdict | None:
    """A provider's own notice, JSON in the text (Amazon's), with the lines broken as mail breaks them."""
    told = dict(NOTICE.findall(mail.said))
    kind = told.get("notificationType", "").lower()
    if kind == "bounce":
        lasting = told.get("bounceType", "").lower() == "permanent"
        return (BounceKind.HARD if lasting else BounceKind.SOFT), "provider's notice"
    return (BounceKind.COMPLAINT, "provider's notice") if kind == "complaint" else None


def _reported(mail: ReturnedMail) -> Verdict | None:
    """What the delivery reports say: of several recipients behind one address the mildest."""
    if all(report.action in DONE for report in mail.reports):
        return BounceKind.UNKNOWN, "delivered"
    verdicts = [_of_report(report, mail.said) for report in mail.reports if report.action not in DONE]
    return min(verdicts, key=lambda verdict: MILD[verdict[0]])


def _of_report(report: Report, said: str) -> Verdict:
    detail = f"{report.status} {report.words.removeprefix(report.status).strip()}".strip()[:200]
    if report.action == "delayed" or report.status.startswith("4"):
        return BounceKind.SOFT, detail
    found = _weigh(report.words, report.status)
    if found is BounceKind.UNKNOWN:
        found = _weigh(said)
    return (BounceKind.SOFT if found is BounceKind.UNKNOWN else found), detail


def _told(mail: ReturnedMail) -> Verdict | None:
    """What a system writes that sends no report."""
    code = words.ENHANCED.search(mail.said)
    status = ".".join(code.groups()) if code else ""
    found = _weigh(mail.said, status)
    if found is BounceKind.UNKNOWN:
        found = _weigh(mail.subject)
    reply = words.REPLY.search(mail.said)
    if found is BounceKind.UNKNOWN and (code or reply):
        found = BounceKind.SOFT
    if found is BounceKind.UNKNOWN:
        return None
    return found, f"{reply[1] if reply else ''} {status}".strip() or "told in words"


def _weigh(said: str, status: str = "") -> BounceKind:
    """Soft before refused before hard: see `return_words`."""
    if words.FOR_NOW.search(said) or status in words.FOR_NOW_STATUS:
        return BounceKind.SOFT
    if words.OURS.search(said):
        return BounceKind.REFUSED
    if words.GONE.search(said):
        return BounceKind.HARD
    if words.ASLEEP.search(said):
        return BounceKind.SOFT
    if words.POLICY.search(said):
        return BounceKind.REFUSED
    return BounceKind.HARD if status in words.GONE_STATUS else BounceKind.UNKNOWN


def _is_from_a_system(mail: ReturnedMail) -> bool:
    if mail.header("X-Failed-Recipients"):
        return True
    return bool(words.DAEMON.search(mail.sender) or words.BOUNCED_SUBJECT.search(mail.subject))


def _answered(mail: ReturnedMail) -> Verdict | None:
    automatic = mail.header("Auto-Submitted").split(";")[0].split("(")[0].strip().lower()
    marked = mail.header("X-Autoreply") or mail.header("X-Autorespond") or mail.header("X-Autoresponder")
    if automatic == "auto-replied" or marked or mail.header("Precedence").lower() == "auto_reply":
        return BounceKind.AUTO_REPLY, ""
    if words.AUTOMATIC_SUBJECT.search(mail.subject):
        return BounceKind.AUTO_REPLY, ""
    if words.OPT_OUT_SUBJECT.fullmatch(mail.subject):
        return BounceKind.OPT_OUT, "asked by mail"
    return None


def _second_opinion(mail: ReturnedMail) -> Verdict:
    # It logs what it stumbles over, with what strangers wrote.
    logging.getLogger(SECOND).disabled = True
    try:
        for_now, lasting = all_failures(email.message_from_bytes(mail.beginning))
    except Exception:  # it reads hostile bytes, and its opinion is only the second
        return BounceKind.UNKNOWN, ""
    if for_now or lasting:
        return BounceKind.SOFT, "a bounce that gives no reason we know"
    return BounceKind.UNKNOWN, ""
