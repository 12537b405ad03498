"""What follows from one response: what the rules hear of it, the case that they ask for, and its alert."""

from datetime import datetime

from surveyd.base.database import Rows
from surveyd.closed_loop.background import Background, owner_of
from surveyd.closed_loop.cases import About, open_case
from surveyd.closed_loop.mails import alert
from surveyd.closed_loop.rules import Heard, Opening, is_large
from surveyd.closed_loop.working_hours import deadline_after
from surveyd.distribution.outbox import NewMessage
from surveyd.results.scores import ResponseScore


def heard(background: Background, score: ResponseScore) -> Heard:
    """What the rules know of a response."""
    revenue, large_from = background.revenue_cents, background.large_from_cents
    return Heard(
        category=score.category,
        segment=score.placement.segment,
        recommendation=score.recommendation,
        severity=score.placement.severity,
        wants_call=score.wants_call,
        is_large=is_large(tier=background.tier, revenue_cents=revenue, large_from_cents=large_from),
        value_share=revenue / large_from if revenue and large_from else 0.0,
    )


def open_and_alert(
    rows: Rows,
    background: Background,
    opening: Opening,
    *,
    response_id: int,
    given_at: datetime,
    score: ResponseScore,
    now: datetime,
) -> tuple[int | None, NewMessage | None]:
    """Open the case that a response asks for, and return its id with the alert to who sees to it.

    Both are None where the response has a case already; without anybody to see to it there is no alert.
    """
    owner = owner_of(rows, background)
    asked, contact = background.asked, background.contact
    # Who sees to it works by their own clock; until somebody does, the customer's counts.
    zones = [owner.time_zone, contact.time_zone] if owner else [contact.time_zone]
    deadline = deadline_after(given_at, opening.hours, zones=zones)
    about = About(response_id, asked.account_id, asked.contact_id, owner.id if owner else None, deadline)
    case_id = open_case(rows, about, opening=opening, now=now)
    if owner is None or case_id is None:
        return case_id, None
    return case_id, alert(background, opening, about=about, owner=owner, score=score, now=now)
