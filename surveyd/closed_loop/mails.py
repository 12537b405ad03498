"""The mails that a response gives rise to: thanks to the person, an alert to who sees to the case."""

from datetime import datetime

from surveyd.closed_loop.background import Background, Person
from surveyd.closed_loop.cases import About
from surveyd.closed_loop.rules import Opening
from surveyd.closed_loop.working_hours import Deadline
from surveyd.distribution.mails import thank_you_context
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.staff_mails import staff_mail
from surveyd.results.scores import ResponseScore

THANK_YOU = "thank_you"
ALERT = "case_alert"


def thank_you(background: Background, *, receipt: str, now: datetime) -> NewMessage | None:
    """Return the thank-you to the respondent, or None to somebody who must not or cannot be mailed.

    It belongs to no wave: a wave that is paused does not hold back thanks.
    """
    contact, asked = background.contact, background.asked
    if not background.may_be_mailed:
        return None
    return NewMessage(
        dedup_key=f"{THANK_YOU}:{asked.invitation_id}",
        name=THANK_YOU,
        step=THANK_YOU,
        language=background.language,
        recipient=contact.email,
        recipient_name=contact.name,
        context=thank_you_context(
            company=background.company,
            sender_name=background.sender_name,
            contact=contact.name,
            receipt=receipt,
        ),
        program_id=background.program_id,
        invitation_id=asked.invitation_id,
        contact_id=contact.id,
        due_at=now,
        created_at=now,
    )


def alert(
    background: Background,
    opening: Opening,
    *,
    about: About,
    owner: Person,
    score: ResponseScore,
    now: datetime,
) -> NewMessage:
    """Return the alert to the case's owner; it names the person and the reasons and links to the quick view.

    Answers in words stay out of it: they are read on the page, by who may.
    """
    return staff_mail(
        ALERT,
        to=owner,
        key=str(about.response_id),
        context={
            "company": background.company,
            "sender_name": background.sender_name,
            "contact": background.contact.name,
            "account": background.account_name,
            "owner": owner.name,
            "reasons": [reason.words for reason in opening.reasons],
            "recommendation": score.recommendation,
            "explanation": score.placement.explanation,
            **due_context(about.deadline),
            "priority": opening.priority,
            "path": f"/staff/responses/{about.response_id}",
        },
        program_id=background.program_id,
        now=now,
    )


def due_context(deadline: Deadline) -> dict[str, str | int]:
    """What a mail says of a due time: the instant, the clock that it is counted by, and the hours allowed."""
    return {
        "due_at": deadline.due_at.isoformat(timespec="minutes"),
        "time_zone": deadline.time_zone,
        "hours": deadline.hours,
    }
