"""The contacts that an account manager looks through before a wave, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, String, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.audience_plans import asked_of
from surveyd.distribution.audience_rules import EXCLUDED, rule_of
from surveyd.distribution.confirmation_models import ContactMark, MarkState, WhyExcluded
from surveyd.distribution.confirmation_sums import planned_in, with_marks
from surveyd.distribution.models import Exclusion, Program, Wave, WaveState
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account, Contact, RelationshipRole, User

LEFT, SAID, OUT, ELSE = "left", "said", "excluded", "not_asked"
SHOWN = (LEFT, SAID, OUT, ELSE)
"""What the list can be narrowed to: nothing said yet, confirmed, left out, not asked by another rule."""
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class OwnContact:
    """One contact and what was said of them. `rule` leaves them out of the wave; empty means they are in."""

    id: int
    name: str
    email: str
    phone: str
    language: str
    role: RelationshipRole
    updated_at: datetime
    account_id: int
    account: str
    country: str
    manager_id: int | None
    rule: str
    state: MarkState
    was_corrected: bool
    was_added: bool
    why: WhyExcluded | None
    words: str
    by: str
    at: datetime | None

    @property
    def is_planned(self) -> bool:
        """Whether they would be asked, or would be if nobody had left them out."""
        return self.rule in ("", EXCLUDED) or self.state is MarkState.EXCLUDED

    @property
    def is_excluded(self) -> bool:
        return self.state is MarkState.EXCLUDED

    @property
    def is_confirmed(self) -> bool:
        return self.state is MarkState.CONFIRMED


@dataclass(frozen=True, slots=True)
class OwnContacts:
    """Some contacts, by account; `after` is the key of the next page, empty on the last."""

    lines: tuple[OwnContact, ...]
    after: str


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account by its id and name."""

    id: int
    name: str
    country: str


def list_own(
    session: Session,
    wave: Wave,
    program: Program,
    *,
    wish: Wanted,
    scope: Scope,
    now: datetime,
    manager_id: int | None = None,
) -> OwnContacts:
    """A page of the active contacts of the scope's accounts, or of one manager's, as `wish` narrows them.

    The filter `show` is one of SHOWN. Those whom the wave's filters leave out are not among them. Raises
    Refused for a broken key.
    """
    query = _lines(session, wave, program, now=now).where(visible_accounts(scope), *_mine(manager_id))
    planned = planned_in(session, wave, program, now=now)
    rule = _rule(session, wave, program, now=now)
    query = query.where(rule.not_in(["account_lapsed", "account_active", "not_in_filter"]))
    query = query.where(or_(Contact.active, planned), *_shown(wish.filters.get("show", ""), planned))
    if wish.search:
        found = [text.icontains(wish.search, autoescape=True) for text in (Contact.name, Account.name)]
        query = query.where(or_(*found, Contact.email.icontains(wish.search, autoescape=True)))
    # Two accounts of one name do not mix.
    by = func.lower(Account.name).concat(literal(" ")).concat(cast(Account.id, String))
    page = slice_of(session, query, Order(by, Contact.id), after=wish.after)
    return OwnContacts(tuple(map(_line, page.rows)), page.after)


def find_own(
    session: Session, wave: Wave, program: Program, contact_id: int, *, scope: Scope, now: datetime
) -> OwnContact:
    """One contact of the scope's accounts. Raises NotFound, also for one outside the scope."""
    query = _lines(session, wave, program, now=now).where(Contact.id == contact_id, visible_accounts(scope))
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("contact", contact_id)
    return _line(row)


def own_accounts(
    session: Session, wave: Wave, *, scope: Scope, manager_id: int | None = None
) -> tuple[NamedAccount, ...]:
    """The accounts of the wave's customers to which a contact can be added, by name."""
    asked = asked_of(session, wave)
    narrowed = [] if asked.accounts is None else [asked.accounts]
    query = select(Account.id, Account.name, Account.country).where(
        visible_accounts(scope), Account.status == asked.status, *narrowed, *_mine(manager_id)
    )
    rows = session.execute(query.order_by(func.lower(Account.name), Account.id))
    return tuple(NamedAccount(row.id, row.name, row.country) for row in rows)


def without_decider(
    session: Session,
    wave: Wave,
    program: Program,
    *,
    scope: Scope,
    now: datetime,
    manager_id: int | None = None,
) -> tuple[NamedAccount, ...]:
    """The first accounts of the wave of whose contacts in it none is a decision maker, by name."""
    is_in = and_(
        planned_in(session, wave, program, now=now), ContactMark.state.is_distinct_from(MarkState.EXCLUDED)
    )
    decides = and_(is_in, Contact.role == RelationshipRole.DECISION_MAKER)
    query = with_marks(wave, select(Account.id, Account.name, Account.country)).where(
        visible_accounts(scope), *_mine(manager_id)
    )
    query = query.group_by(Account.id, Account.name, Account.country).having(
        func.count(case((is_in, 1))) > 0, func.count(case((decides, 1))) == 0
    )
    rows = session.execute(query.order_by(func.lower(Account.name), Account.id).limit(MOST_NAMED))
    return tuple(NamedAccount(row.id, row.name, row.country) for row in rows)


def _mine(manager_id: int | None) -> list[ColumnElement[bool]]:
    return [] if manager_id is None else [Account.manager_id == manager_id]


def _shown(show: str, planned: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    unsaid = or_(ContactMark.state.is_(None), ContactMark.state == MarkState.OPEN)
    found: dict[str, ColumnElement[bool]] = {
        LEFT: and_(planned, unsaid),
        SAID: and_(planned, ContactMark.state == MarkState.CONFIRMED),
        OUT: ContactMark.state == MarkState.EXCLUDED,
        ELSE: ~planned,
    }
    return [found[show]] if show in found else []


def _rule(session: Session, wave: Wave, program: Program, *, now: datetime) -> ColumnElement[str]:
    if wave.state is WaveState.SCHEDULED:
        return rule_of(wave, program, asked_of(session, wave), now=now, of_many=True)
    settled = select(Exclusion.rule).where(Exclusion.wave_id == wave.id, Exclusion.contact_id == Contact.id)
    return func.coalesce(settled.correlate(Contact).scalar_subquery(), "")


def _lines(session: Session, wave: Wave, program: Program, *, now: datetime) -> Any:
    rule = _rule(session, wave, program, now=now).label("rule")
    columns = select(
        Contact.id,
        Contact.name,
        Contact.email,
        Contact.phone,
        Contact.language,
        Contact.role,
        Contact.updated_at,
        Account.id.label("account_id"),
        Account.name.label("account"),
        Account.country,
        Account.manager_id,
        rule,
        ContactMark,
        func.coalesce(func.nullif(User.name, ""), User.email, "").label("by"),
    )
    known = with_marks(wave, columns).where(Contact.merged_into_id.is_(None))
    return known.outerjoin(User, User.id == ContactMark.by_id)


def _line(row: Row[*tuple[Any, ...]]) -> OwnContact:
    mark = row.ContactMark
    return OwnContact(
        id=row.id,
        name=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language,
        role=row.role,
        updated_at=row.updated_at,
        account_id=row.account_id,
        account=row.account,
        country=row.country,
        manager_id=row.manager_id,
        rule=row.rule,
        state=mark.state if mark else MarkState.OPEN,
        was_corrected=mark.was_corrected if mark else False,
        was_added=mark.was_added if mark else False,
        why=mark.why if mark else None,
        words=mark.words if mark else "",
        by=row.by,
        at=mark.at if mark else None,
    )
