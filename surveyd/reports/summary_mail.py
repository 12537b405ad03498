"""The mail that tells all staff how a wave went: short words, a few figures, and the summary as a PDF.

Admins and executives get the amounts of money as well; everybody else gets the same without them.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.distribution import outbox, papers
from surveyd.distribution.models import Message
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.paper_orders import summary_paper
from surveyd.people.access import scope_of
from surveyd.people.models import User
from surveyd.reports.summary import Summary

MAIL = "wave_summary"
ACTIONS_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Reach:
    """How many active staff have been sent the summary of a wave, and how many have not."""

    told: int
    untold: int


def reach_of(session: Session, wave_id: int) -> Reach:
    """Who the summary would go to now."""
    told = session.execute(
        select(func.count()).where(Message.wave_id == wave_id, Message.name == MAIL)
    ).scalar_one()
    return Reach(told, len(_untold(session, wave_id)))


def send_summary(session: Session, summary: Summary, *, by: int | None, mail_domain: str) -> int:
    """Queue the mail to all active staff who have not had it, each once a wave; returns to how many.

    The PDFs are asked for anew in the same transaction, and the outbox keeps the mails until they are made.
    """
    untold = _untold(session, summary.wave_id)
    if not untold:
        return 0
    ids = {with_money: _paper(session, summary, with_money, by) for with_money in (True, False)}
    messages = [_mail(summary, user, ids) for user in untold]
    outbox.queue(session, messages, mail_domain=mail_domain)
    return len(messages)


def _untold(session: Session, wave_id: int) -> list[User]:
    had = select(Message.user_id).where(
        Message.wave_id == wave_id, Message.name == MAIL, Message.user_id.is_not(None)
    )
    active = select(User).where(User.active, User.email != "", User.id.not_in(had)).order_by(User.id)
    return list(session.scalars(active))


def _paper(session: Session, summary: Summary, with_money: bool, by: int | None) -> int:
    order = summary_paper(summary.wave_id, wave=summary.wave, asked_by_id=by, with_money=with_money)
    paper_id = papers.want(session, order, now=summary.made_at)
    papers.renew(session, paper_id, now=summary.made_at)
    return paper_id


def _mail(summary: Summary, user: User, ids: dict[bool, int]) -> NewMessage:
    sees_all = scope_of(user).sees_all
    return NewMessage(
        dedup_key=f"{MAIL}:{summary.wave_id}:{user.id}",
        name=MAIL,
        step=MAIL,
        language="en",
        recipient=user.email,
        recipient_name=user.name,
        context=summary_context(summary, reads_pages=sees_all),
        wave_id=summary.wave_id,
        user_id=user.id,
        due_at=summary.made_at,
        created_at=summary.made_at,
        paper_id=ids[sees_all],
    )


def summary_context(summary: Summary, *, reads_pages: bool) -> dict[str, object]:
    """What the mail says; `reads_pages` gives it a link to the summary's page, for those who may open it."""
    health = summary.health
    segments = dict(health.segments)
    context: dict[str, object] = {
        "company": summary.company,
        "wave": summary.wave,
        "title": summary.title,
        "invited": health.figures.invited,
        "answered": health.figures.answered,
        "customers": summary.accounts,
        "score": health.score if summary.has_score else "",
        "interval": health.interval if summary.has_score else "",
        "segments": [[name.replace("_", " "), count] for name, count in segments.items()],
        "cases": health.cases.total,
        "in_time": health.cases.in_time,
        "resolved": summary.resolved,
        "changed": [one.changed for one in summary.done if one.changed][:ACTIONS_AT_MOST],
        "planned": [one.will_change for one in summary.coming if one.will_change][:ACTIONS_AT_MOST],
        "reads_pages": reads_pages,
    }
    return context | ({"path": f"/staff/waves/{summary.wave_id}/summary"} if reads_pages else {})
