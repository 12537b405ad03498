"""What came in through open links and waits for staff: listed, and settled once, whoever is quicker."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, func, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Program, QuestionnaireVersion
from surveyd.people.access import Scope, matchable_accounts
from surveyd.people.audit import record
from surveyd.people.models import Account, User
from surveyd.responses.open_models import OpenLink, OpenVisit, VisitState

FILTERS = ("state", "link", "looks")
STATES = ("waiting", "dismissed", "spam")
SPAM_LIKE, PERSON_LIKE = "spam", "person"
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One unsolicited response in the queue; `suspicion` is empty for what looks like a person's."""

    id: int
    link: str
    name: str
    email: str
    company: str
    sent_at: datetime
    suspicion: str
    state: VisitState
    answers: dict[str, Any]
    version_id: int


@dataclass(frozen=True, slots=True)
class WaitingList:
    """Some of the queue, oldest first, and how many wait in all, likely spam apart."""

    lines: tuple[WaitingLine, ...]
    after: str
    waiting: int
    suspected: int


@dataclass(frozen=True, slots=True)
class Unmatched:
    """One unsolicited response whole. `response_id` leads to what it became, if it was matched or noted."""

    line: WaitingLine
    receipt: str
    language: str
    program_id: int
    company: str
    definition: dict[str, Any]
    reason: str
    handled_at: datetime | None
    handled_by: str
    response_id: int | None


def list_waiting(session: Session, wish: Wanted, *, scope: Scope) -> WaitingList:
    """A page of the queue as `wish` narrows it: what waits, unless `state` says otherwise. Two statements.

    Empty for a scope that may not match. Raises Refused for a broken key.
    """
    may = matchable_accounts(scope)
    state = wish.filters.get("state", "")
    query = _lines().where(may, OpenVisit.state == (state if state in STATES else VisitState.WAITING))
    if wish.filters.get("link"):
        query = query.where(OpenLink.slug == wish.filters["link"])
    if wish.filters.get("looks") in (SPAM_LIKE, PERSON_LIKE):
        looks_like_spam = OpenVisit.suspicion != ""
        query = query.where(
            looks_like_spam if wish.filters["looks"] == SPAM_LIKE else OpenVisit.suspicion == ""
        )
    order = Order(OpenVisit.sent_at.expression, OpenVisit.id.expression, wish.descends)
    page = slice_of(session, query, order, after=wish.after)
    person, spam = case((OpenVisit.suspicion == "", 1)), case((OpenVisit.suspicion != "", 1))
    counted = select(func.count(person), func.count(spam))
    counted = counted.where(may, OpenVisit.state == VisitState.WAITING)
    waiting, suspected = session.execute(counted).one()
    return WaitingList(tuple(map(_line, page.rows)), page.after, waiting, suspected)


def links_waiting(session: Session) -> list[str]:
    """The names of the links through which anything came: what the queue can be narrowed to."""
    return list(session.scalars(select(OpenLink.slug).where(~OpenLink.is_anonymous).order_by(OpenLink.slug)))


def find_unmatched(session: Session, visit_id: int, *, scope: Scope) -> Unmatched:
    """One unsolicited response that was sent. Raises NotFound, also for a scope that may not match."""
    row = session.execute(
        _lines()
        .add_columns(
            OpenVisit.receipt,
            OpenVisit.language,
            OpenVisit.reason,
            OpenVisit.handled_at,
            OpenVisit.response_id,
            OpenLink.program_id,
            Program.company.label("asking"),
            QuestionnaireVersion.definition,
            func.coalesce(func.nullif(User.name, ""), User.email, "").label("handled_by"),
        )
        .join(Program, Program.id == OpenLink.program_id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == OpenVisit.version_id)
        .outerjoin(User, User.id == OpenVisit.handled_by_id)
        .where(OpenVisit.id == visit_id, OpenVisit.state != VisitState.BEGUN, matchable_accounts(scope))
    ).one_or_none()
    if row is None:
        raise NotFound("unsolicited response", visit_id)
    return Unmatched(
        line=_line(row),
        receipt=row.receipt or "",
        language=row.language,
        program_id=row.program_id,
        company=row.asking,
        definition=row.definition,
        reason=row.reason,
        handled_at=row.handled_at,
        handled_by=row.handled_by,
        response_id=row.response_id,
    )


def dismiss(session: Session, visit_id: int, *, reason: str, by: int, now: datetime) -> None:
    """Put a response aside for good, with the reason in a few words.

    Here as below: raises NotFound, and Refused when it was settled before, or the reason is empty or long.
    """
    said = reason.replace("\0", "").strip()
    if not said:
        raise Refused("Say in a few words why nobody has to look at it.")
    if len(said) > LONGEST_REASON:
        raise Refused(f"The reason has {len(said)} characters; {LONGEST_REASON} is the most.")
    settle(session, visit_id, VisitState.DISMISSED, reason=said, by=by, now=now)


def mark_spam(session: Session, visit_id: int, *, by: int, now: datetime) -> None:
    """Say that a response is spam: it is counted nowhere."""
    settle(session, visit_id, VisitState.SPAM, by=by, now=now)


def put_back(session: Session, visit_id: int, *, by: int, now: datetime) -> None:
    """Let a response that was dismissed or marked as spam wait again."""
    cleared = {"state": VisitState.WAITING, "reason": "", "handled_at": None, "handled_by_id": None}
    aside = (VisitState.DISMISSED, VisitState.SPAM)
    back = update(OpenVisit).where(OpenVisit.id == visit_id, OpenVisit.state.in_(aside)).values(cleared)
    if not run(session, back):
        _say_why_not(session, visit_id)
    record(session, action="put_back", thing="open_visit", thing_id=visit_id, by=by, now=now)


def settle(
    session: Session,
    visit_id: int,
    state: VisitState,
    *,
    by: int,
    now: datetime,
    reason: str = "",
    response_id: int | None = None,
) -> None:
    """Take a waiting response out of the queue; of two people at once one does, by a conditional UPDATE."""
    values = {"state": state, "reason": reason, "handled_at": now, "handled_by_id": by}
    waiting = (OpenVisit.id == visit_id, OpenVisit.state == VisitState.WAITING)
    if not run(session, update(OpenVisit).where(*waiting).values(**values, response_id=response_id)):
        _say_why_not(session, visit_id)
    facts = {"response": response_id} if response_id is not None else {}
    record(session, action=state.value, thing="open_visit", thing_id=visit_id, by=by, now=now, facts=facts)


def _say_why_not(session: Session, visit_id: int) -> None:
    state = session.execute(select(OpenVisit.state).where(OpenVisit.id == visit_id)).scalar_one_or_none()
    if state is None or state is VisitState.BEGUN:
        raise NotFound("unsolicited response", visit_id)
    raise Refused("Somebody has settled this response meanwhile; see below what became of it.")


@dataclass(frozen=True, slots=True)
class Noted:
    """Answers that are kept as a note on a response: when they were given, and what was said."""

    sent_at: datetime
    answers: dict[str, Any]
    definition: dict[str, Any]


def noted_on(session: Session, response_id: int) -> list[Noted]:
    """What is kept as a note on a response, oldest first; the caller has shown that it may be read."""
    rows = session.execute(
        select(OpenVisit.sent_at, OpenVisit.answers, QuestionnaireVersion.definition)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == OpenVisit.version_id)
        .where(OpenVisit.response_id == response_id, OpenVisit.state == VisitState.NOTED)
        .order_by(OpenVisit.sent_at, OpenVisit.id)
    )
    return [Noted(sent_at, answers, definition) for sent_at, answers, definition in rows]


def account_names(session: Session, search: str, *, scope: Scope, most: int) -> list[tuple[int, str]]:
    """The accounts whose name holds the words, by name: where a new contact can be added."""
    if not search:
        return []
    named = Account.name.icontains(search, autoescape=True)
    is_whole = Account.merged_into_id.is_(None)
    query = select(Account.id, Account.name).where(named, is_whole, matchable_accounts(scope))
    rows = session.execute(query.order_by(Account.name, Account.id).limit(most))
    return [(account_id, name) for account_id, name in rows]


def account_named(session: Session, account_id: int, *, scope: Scope) -> list[tuple[int, str]]:
    """The account of that id and its name, if there is one that may be matched to."""
    there = select(Account.id, Account.name).where(Account.id == account_id, matchable_accounts(scope))
    return [(found, name) for found, name in session.execute(there)]


def _lines() -> Select[*tuple[Any, ...]]:
    return select(
        OpenVisit.id,
        OpenLink.slug.label("link"),
        OpenVisit.name,
        OpenVisit.email,
        OpenVisit.company,
        OpenVisit.sent_at,
        OpenVisit.suspicion,
        OpenVisit.state,
        OpenVisit.answers,
        OpenVisit.version_id,
    ).join(OpenLink, OpenLink.id == OpenVisit.link_id)


def _line(row: Row[*tuple[Any, ...]]) -> WaitingLine:
    return WaitingLine(
        id=row.id,
        link=row.link,
        name=row.name,
        email=row.email,
        company=row.company,
        sent_at=row.sent_at,
        suspicion=row.suspicion,
        state=row.state,
        answers=row.answers,
        version_id=row.version_id,
    )
