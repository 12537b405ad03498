"""One account: its facts, every contact with where they stand, and the cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from surveyd.closed_loop.cases import CaseLine, list_cases
from surveyd.distribution.models import Invitation, InvitationState, Message, MessageState
from surveyd.distribution.overview import latest_waves
from surveyd.people.access import Scope, visible_contacts
from surveyd.people.accounts import find_account
from surveyd.people.models import Contact, User
from surveyd.reports.quick_view import latest_score
from surveyd.responses.models import Response
from surveyd.results.models import Score

IN_OTHER_WORDS = {
    InvitationState.OPTED_OUT: "wants no mail",
    InvitationState.DECLINED: "does not want to answer",
    InvitationState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact: where the latest wave stands with them, and what they said last."""

    id: int
    name: str
    role: str
    phone: str
    state: str
    response_id: int | None
    given_at: datetime | None
    recommendation: int | None
    category: str
    segment: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account whole; revenue is None where the reader may not see it."""

    id: int
    name: str
    external_id: str
    country: str
    region: str
    tier: str
    manager: str
    revenue_cents: int | None
    currency: str
    renewal_date: date | None
    wave: str
    contacts: tuple[ContactLine, ...]
    cases: tuple[CaseLine, ...]

    @property
    def title(self) -> str:
        """The page's answer."""
        risky = [contact for contact in self.contacts if contact.segment == "high_risk"]
        answered = sum(contact.response_id is not None for contact in self.contacts)
        if risky:
            people = risky[0].name if len(risky) == 1 else f"{len(risky)} people"
            return f"{self.name}: {people} at high risk"
        if not answered:
            return f"{self.name}: nobody has answered yet"
        return f"{self.name}: {answered} of {len(self.contacts)} people have answered"


def account_view(session: Session, account_id: int, *, scope: Scope) -> AccountView:
    """One account. Raises NotFound, also outside the scope."""
    account = find_account(session, account_id, scope=scope)
    manager = session.get(User, account.manager_id) if account.manager_id else None
    wave = next(iter(latest_waves(session, most=1)), None)
    cases = list_cases(session, scope=scope, open_only=False, account_id=account_id)
    return AccountView(
        id=account.id,
        name=account.name,
        external_id=account.external_id,
        country=account.country,
        region=account.region,
        tier=account.tier,
        manager=(manager.name or manager.email) if manager else "",
        revenue_cents=account.revenue_cents if scope.sees_revenue else None,
        currency=account.currency,
        renewal_date=account.renewal_date,
        wave=wave.slug if wave else "",
        contacts=tuple(_contacts(session, account_id, scope, wave.id if wave else 0)),
        cases=tuple(cases),
    )


def _contacts(session: Session, account_id: int, scope: Scope, wave_id: int) -> Iterator[ContactLine]:
    said = aliased(Response)
    last = select(func.max(said.id)).where(said.contact_id == Contact.id).scalar_subquery()
    mailed = exists().where(Message.invitation_id == Invitation.id, Message.state == MessageState.SENT)
    rows = session.execute(
        select(
            Contact,
            Invitation.state.label("invited"),
            Invitation.started_at,
            mailed.label("mailed"),
            Response.id.label("response_id"),
            Response.given_at,
            Score.recommendation,
            Score.category,
            Score.segment,
        )
        .outerjoin(Invitation, and_(Invitation.contact_id == Contact.id, Invitation.wave_id == wave_id))
        .outerjoin(Response, Response.id == last)
        .outerjoin(Score, Score.id == latest_score(Response.id))
        .where(Contact.account_id == account_id, visible_contacts(scope))
        .order_by(Contact.name, Contact.id)
    )
    for row in rows:
        yield _line(row)


def _line(row: Row[*tuple[Any, ...]]) -> ContactLine:
    contact: Contact = row.Contact
    return ContactLine(
        id=contact.id,
        name=contact.name,
        role=contact.role.value,
        phone=contact.phone,
        state=_state(row),
        response_id=row.response_id,
        given_at=row.given_at,
        recommendation=row.recommendation,
        category=row.category or "",
        segment=row.segment or "",
    )


def _state(row: Row[*tuple[Any, ...]]) -> str:
    if row.invited is None:
        return "not asked"
    if row.invited is InvitationState.ANSWERED:
        return "answered"
    if row.invited in IN_OTHER_WORDS:
        return IN_OTHER_WORDS[row.invited]
    if row.started_at is not None:
        return "started"
    return "reached by mail" if row.mailed else "not reached yet"
