"""The people of one account: where the latest wave stands with each of them, and what they said last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from surveyd.base.keyset import Order, slice_of
from surveyd.closed_loop.models import CaseSurvey
from surveyd.distribution.address_wishes import stopped_address
from surveyd.distribution.audience import RULES
from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Suppression,
    Wave,
    WaveKind,
)
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Contact
from surveyd.reports.buyers import BuyerLine, buyer_line
from surveyd.reports.score_versions import current_score
from surveyd.reports.verbatims import first_words, open_questions, written
from surveyd.responses.models import Response
from surveyd.results.buyers import buyer_matcher, buyer_of
from surveyd.results.models import Score
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.matching import Matcher


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact: how far the latest wave has come with them, and what they said last, in whichever wave.

    A step that did not happen is None; `state` says in words where they stand; `address` says why mail does
    not reach them: "bounced", "complaint" or nothing.
    """

    id: int
    name: str
    role: str
    email: str
    phone: str
    do_not_phone: bool
    has_left: bool
    opted_out_at: datetime | None
    is_stopped: bool
    """They, or somebody with their address, want no more mail of the wave's program."""
    address: str
    state: str
    invited_at: datetime | None
    reached_at: datetime | None
    started_at: datetime | None
    answered_at: datetime | None
    response_id: int | None
    given_at: datetime | None
    said_in: str
    channel: str
    recommendation: int | None
    category: str
    segment: str
    buyer: BuyerLine | None
    words: str


@dataclass(frozen=True, slots=True)
class People:
    """A page of an account's contacts by name; `after` is the key of the next, empty on the last."""

    lines: tuple[ContactLine, ...]
    after: str


def people_of(
    session: Session, account_id: int, *, scope: Scope, wave_id: int, after: str = "", limit: int
) -> People:
    """The contacts of an account that the scope may see, by name. Raises Refused for a broken key."""
    query = _lines(wave_id).where(
        Contact.account_id == account_id,
        visible_by_account(scope, Contact.account_id),
        # Who was merged stands here only for what the wave asked them by themselves.
        or_(Contact.merged_into_id.is_(None), Invitation.answered_at.is_not(None)),
    )
    order = Order(Contact.name.expression, Contact.id.expression)
    page = slice_of(session, query, order, after=after, limit=limit)
    items = open_questions(session, [row.version_id for row in page.rows if row.version_id is not None])
    matcher = buyer_matcher(session)
    return People(tuple(_line(row, items, matcher) for row in page.rows), page.after)


def at_high_risk(session: Session, account_id: int, *, scope: Scope) -> list[str]:
    """The names of those who are at high risk by their latest response."""
    return list(
        session.scalars(
            select(Contact.name)
            .join(Response, Response.id == _latest_to_a_wave())
            .join(Score, Score.id == current_score(Response.id))
            .where(
                Contact.account_id == account_id,
                visible_by_account(scope, Contact.account_id),
                Score.segment == Segment.HIGH_RISK.value,
            )
            .order_by(Contact.name, Contact.id)
        )
    )


def latest_response() -> Any:
    """The id of a contact's latest response, as a subquery of a query over contacts.

    What somebody said for another account, before they moved, belongs to that account alone; what they said
    of a closed case belongs to the case.
    """
    said = aliased(Response)
    of_a_case = exists().where(CaseSurvey.invitation_id == said.invitation_id)
    return select(func.max(said.id)).where(*_theirs(said), ~of_a_case).scalar_subquery()


def _latest_to_a_wave() -> Any:
    """The same of what a wave has asked: feedback without being asked places nobody in the matrix."""
    said, wave = aliased(Response), aliased(Wave)
    latest = select(func.max(said.id)).join(wave, wave.id == said.wave_id)
    return latest.where(*_theirs(said), wave.kind == WaveKind.PROGRAM).scalar_subquery()


def _theirs(said: type[Response]) -> tuple[ColumnElement[bool], ...]:
    return (said.contact_id == Contact.id, said.account_id == Contact.account_id)


def first_reached() -> Any:
    """When a mail of its wave first reached the person of an invitation, as a subquery over invitations.

    Reached is sent and not bounced; thanks and alerts are no attempt to reach anybody.
    """
    return (
        select(func.min(Message.sent_at))
        .where(
            Message.invitation_id == Invitation.id,
            Message.touch_id.is_not(None),
            Message.state == MessageState.SENT,
        )
        .scalar_subquery()
    )


def _lines(wave_id: int) -> Select[*tuple[Any, ...]]:
    invited = and_(
        Invitation.contact_id == Contact.id,
        Invitation.account_id == Contact.account_id,
        Invitation.wave_id == wave_id,
    )
    of_program = select(Wave.program_id).where(Wave.id == wave_id).correlate(None).scalar_subquery()
    return (
        select(
            Contact,
            Invitation.state.label("invited"),
            Invitation.invited_at,
            Invitation.started_at,
            Invitation.answered_at,
            Wish.kind.label("wish"),
            Wish.remind_on,
            first_reached().label("reached_at"),
            Exclusion.rule,
            Suppression.reason.label("address"),
            stopped_address(of_program, Contact.email.expression).label("said_no_more"),
            Response.id.label("response_id"),
            Response.given_at,
            Response.channel,
            Response.version_id,
            Response.answers,
            Wave.slug.label("said_in"),
            Score.recommendation,
            Score.category,
            Score.segment,
            Score.stages,
        )
        .outerjoin(Invitation, invited)
        .outerjoin(Wish, Wish.invitation_id == Invitation.id)
        .outerjoin(Exclusion, and_(Exclusion.contact_id == Contact.id, Exclusion.wave_id == wave_id))
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
        .outerjoin(Response, Response.id == latest_response())
        .outerjoin(Wave, Wave.id == Response.wave_id)
        .outerjoin(Score, Score.id == current_score(Response.id))
    )


def _line(row: Row[*tuple[Any, ...]], items: Mapping[int, list[str]], matcher: Matcher) -> ContactLine:
    contact: Contact = row.Contact
    buyer = buyer_of(
        matcher,
        segment=row.segment or "",
        category=row.category or "",
        stages=row.stages or {},
        texts=written(row.answers or {}, items.get(row.version_id, [])),
        language=contact.language,
    )
    return ContactLine(
        id=contact.id,
        name=contact.name,
        role=contact.role.value,
        email=contact.email,
        phone=contact.phone,
        do_not_phone=contact.do_not_phone,
        has_left=not contact.active,
        opted_out_at=contact.opted_out_at,
        is_stopped=row.said_no_more,
        address=row.address or "",
        state=_state(row),
        invited_at=row.invited_at,
        reached_at=row.reached_at,
        started_at=row.started_at,
        answered_at=row.answered_at,
        response_id=row.response_id,
        given_at=row.given_at,
        said_in=row.said_in or "",
        channel=row.channel or "",
        recommendation=row.recommendation,
        category=row.category or "",
        segment=row.segment or "",
        buyer=buyer_line(buyer),
        words=first_words(row.answers or {}, items.get(row.version_id, [])),
    )


def _state(row: Row[*tuple[Any, ...]]) -> str:
    """Where the wave stands with a contact, or why it did not ask them."""
    return next(_states(row))


def _states(row: Row[*tuple[Any, ...]]) -> Iterator[str]:
    if row.invited is None:
        yield _("not asked: %(reason)s", reason=RULES.get(row.rule, row.rule)) if row.rule else _("not asked")
    elif row.invited is InvitationState.ANSWERED:
        yield _("answered")
    elif row.invited is InvitationState.OPTED_OUT:
        yield _("wants no mail")
    elif row.invited is InvitationState.DECLINED:
        yield _("does not want to answer")
    elif row.invited is InvitationState.CANCELLED:
        yield _("cancelled")
    yield from _wished(row)
    if row.started_at is not None:
        yield _("started")
    yield _("reached by mail") if row.reached_at is not None else _("not reached yet")


def _wished(row: Row[*tuple[Any, ...]]) -> Iterator[str]:
    if row.wish is WishKind.CALL:
        yield _("asked to be called")
    elif row.wish is WishKind.REMIND:
        chosen = format_date(row.remind_on, "d MMMM y", rebase=False)
        yield _("asked for a reminder on %(day)s", day=chosen)
