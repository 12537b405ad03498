"""Open links: made, switched off and on, listed. A link stays on the questionnaire version it was made on."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.base.tokens import LINK_BYTES
from surveyd.distribution.models import Program, QuestionnaireVersion
from surveyd.distribution.questionnaires import publish
from surveyd.forms.definition import Questionnaire
from surveyd.people.audit import record
from surveyd.responses.open_models import AnonymousAnswers, OpenLink, OpenVisit, VisitState
from surveyd.responses.open_visits import let_show

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,58}")
SORTS = ("name", "made")
STATES = ("active", "off")


@dataclass(frozen=True, slots=True)
class NewLink:
    """What an admin says of a new link: a short name for lists, and a title for people."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One link as a page shows it. `sent` counts what came in through it, without what is known as spam.

    Of an anonymous link `sent` is everything; `waiting` is what staff have still to sort.
    """

    id: int
    slug: str
    title: str
    token: str
    program: str
    company: str
    questionnaire: str
    is_anonymous: bool
    active: bool
    created_at: datetime
    sent: int
    waiting: int


@dataclass(frozen=True, slots=True)
class LinkList:
    """Some links; `after` is the key of the next page, empty on the last."""

    lines: tuple[LinkLine, ...]
    after: str


def make_link(
    session: Session,
    program: Program,
    facts: NewLink,
    *,
    questionnaire: Questionnaire,
    now: datetime,
    by: int | None,
) -> OpenLink:
    """A link that anybody may open, to the current version of `questionnaire`.

    Raises Refused when the name does not do or is taken.
    """
    if not SLUG.fullmatch(facts.slug):
        raise Refused(
            f"The name {facts.slug!r} does not do; use small letters, digits, dots and dashes, such as lobby."
        )
    taken = f"There is a link {facts.slug!r} already; choose another name."
    if session.scalar(select(OpenLink.id).where(OpenLink.slug == facts.slug)):
        raise Refused(taken)
    link = OpenLink(
        slug=facts.slug,
        token=secrets.token_urlsafe(LINK_BYTES),
        program_id=program.id,
        version_id=publish(session, questionnaire, now=now, by=by),
        title=facts.title,
        is_anonymous=questionnaire.anonymous,
        active=True,
        created_at=now,
        created_by_id=by,
    )
    session.add(link)
    try:
        session.flush()
    except IntegrityError as error:  # somebody was quicker by a moment
        raise Refused(taken) from error
    record(session, action="make", thing="open_link", thing_id=link.id, by=by, now=now)
    return link


def switch(session: Session, link_id: int, *, on: bool, now: datetime, by: int | None) -> bool:
    """Switch a link on or off; True when that changed anything. Raises NotFound."""
    get_link(session, link_id)
    changed = session.execute(
        update(OpenLink)
        .where(OpenLink.id == link_id, OpenLink.active.is_(not on))
        .values(active=on)
        .returning(OpenLink.id)
    ).first()
    if changed is None:
        return False
    action = "switch_on" if on else "switch_off"
    record(session, action=action, thing="open_link", thing_id=link_id, by=by, now=now)
    return True


def count_suspects(session: Session, link_id: int, *, now: datetime, by: int | None) -> int:
    """Count the anonymous answers of a link that looked like spam as well; returns how many. Raises NotFound.

    They wait for company like all others: five and more are shown at once.
    """
    get_link(session, link_id)
    of_link = (AnonymousAnswers.link_id == link_id, AnonymousAnswers.is_suspect)
    counted = update(AnonymousAnswers).where(*of_link).values(is_suspect=False)
    many = len(session.execute(counted.returning(AnonymousAnswers.id)).all())
    if many:
        let_show(session, link_id)
        record(session, action="count_suspects", thing="open_link", thing_id=link_id, by=by, now=now)
    return many


def get_link(session: Session, link_id: int) -> OpenLink:
    """The link of that id. Raises NotFound."""
    link = session.get(OpenLink, link_id)
    if link is None:
        raise NotFound("open link", link_id)
    return link


def view_link(session: Session, link_id: int) -> LinkLine:
    """One link with what came in through it, in one statement. Raises NotFound."""
    row = session.execute(_lines().where(OpenLink.id == link_id)).one_or_none()
    if row is None:
        raise NotFound("open link", link_id)
    return _line(row)


def list_links(session: Session, wish: Wanted) -> LinkList:
    """A page of the links that `wish` asks for, in one statement. Raises Refused for a broken key.

    The filter is `state`: "active" or "off".
    """
    query, state = _lines(), wish.filters.get("state", "")
    if state in STATES:
        query = query.where(OpenLink.active.is_(state == "active"))
    if wish.search:
        named = OpenLink.slug.icontains(wish.search, autoescape=True)
        query = query.where(named | OpenLink.title.icontains(wish.search, autoescape=True))
    by: ColumnElement[Any] = OpenLink.created_at if wish.column == "made" else OpenLink.slug  # type: ignore[assignment]  # columns are expressions
    page = slice_of(session, query, Order(by, OpenLink.id, wish.descends), after=wish.after)
    return LinkList(tuple(map(_line, page.rows)), page.after)


def _lines() -> Select[*tuple[Any, ...]]:
    # Counted for the links of one page only, each from an index.
    visits = select(func.count()).where(OpenVisit.link_id == OpenLink.id).correlate(OpenLink)
    sent = visits.where(OpenVisit.state.not_in([VisitState.BEGUN, VisitState.SPAM]))
    told = select(func.count()).where(AnonymousAnswers.link_id == OpenLink.id).correlate(OpenLink)
    return (
        select(
            OpenLink,
            Program.slug.label("program"),
            Program.company,
            QuestionnaireVersion.slug.label("questionnaire"),
            sent.scalar_subquery().label("sent"),
            visits.where(OpenVisit.state == VisitState.WAITING).scalar_subquery().label("waiting"),
            told.scalar_subquery().label("told"),
        )
        .join(Program, Program.id == OpenLink.program_id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == OpenLink.version_id)
    )


def _line(row: Row[*tuple[Any, ...]]) -> LinkLine:
    link: OpenLink = row.OpenLink
    return LinkLine(
        id=link.id,
        slug=link.slug,
        title=link.title,
        token=link.token,
        program=row.program,
        company=row.company,
        questionnaire=row.questionnaire,
        is_anonymous=link.is_anonymous,
        active=link.active,
        created_at=link.created_at,
        sent=row.told if link.is_anonymous else row.sent,
        waiting=row.waiting,
    )
