"""The people of a wave as lists: who is in and where each stands, who is out and by which rule."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.base.statements import holds
from surveyd.distribution.audience_details import NO_DETAILS, Details, details_of
from surveyd.distribution.audience_plans import asked_of
from surveyd.distribution.audience_rules import rule_of, rules_of, with_facts
from surveyd.distribution.audience_verdicts import Verdict, verdicts_of
from surveyd.distribution.models import Exclusion, Invitation, Program, Wave, WaveState
from surveyd.distribution.seal_models import SealedPlace
from surveyd.distribution.sealed_places import is_sealed
from surveyd.distribution.standing import standing
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account, Contact

SORTS = ("name", "account")
IN, OUT = "1", "0"
LATER = "added_later"
"""Why somebody is on no list of a launched wave: it is no rule of an audience."""
MOST_REASONED = 5
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class AudienceLine:
    """One contact of a wave. An empty `rule` means: in; `standing` is empty before the launch."""

    contact_id: int
    name: str
    external_id: str
    email: str
    account_id: int
    account: str
    rule: str
    standing: str


@dataclass(frozen=True, slots=True)
class AudiencePage:
    """Some contacts of a wave; `after` is the key of the next page, empty on the last."""

    lines: tuple[AudienceLine, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Reasoned:
    """One contact with every rule that leaves them out: what was settled at the launch comes first.

    Without rules they are in. `now` are the rules that fit as of now; before the launch they are all. What is
    behind some of them stands in `details`.
    """

    line: AudienceLine
    rules: tuple[str, ...]
    now: tuple[str, ...]
    details: Details = NO_DETAILS


def list_audience(
    session: Session, wave: Wave, program: Program, *, wish: Wanted, scope: Scope, now: datetime
) -> AudiencePage:
    """A page of the contacts that `wish` asks for, of the scope's accounts.

    Before the launch it is a forecast as of `now`; from the launch on it is read from the ledger, and once
    the wave is sealed it is as it was then. The filters are `in` ("1" or "0"),
    `rule` and `state`. Raises Refused for a broken key.
    """
    told = _Told(session, wave, program, now=now)
    which = told.searched(wish)
    by_rule = wish.filters["in"] or wish.filters["rule"]
    if told.is_forecast and by_rule and not wish.filters["state"]:
        found = verdicts_of(session, wave, program, now=now)
        which.append(found.condition(session, found.which(partial(_fits, wish))))
    else:
        which += told.narrowed(wish)
    by = func.lower(Account.name) if wish.column == "account" else func.lower(Contact.name)
    # First who is on the page, then what is said of them: reasons cost much, and are shown of fifty.
    asked = told.join(select(Contact.id)).where(visible_accounts(scope), *which)
    page = slice_of(session, asked, Order(by, Contact.id, wish.descends), after=wish.after)
    lines = told.lines([row.id for row in page.rows])
    return AudiencePage(tuple(lines), page.after)


def audience_rows(
    session: Session, wave: Wave, program: Program, *, wish: Wanted, scope: Scope, now: datetime
) -> Iterator[AudienceLine]:
    """All of them, whatever page is wanted, in the order of names, in one statement."""
    told = _Told(session, wave, program, now=now)
    asked = told.facts().where(visible_accounts(scope), *told.searched(wish), *told.narrowed(wish))
    ordered = asked.order_by(func.lower(Contact.name), Contact.id)
    for some in session.execute(ordered.execution_options(yield_per=AT_ONCE)).partitions():
        yield from map(_line, some)


def reasons_of(
    session: Session, wave: Wave, program: Program, *, lines: tuple[AudienceLine, ...], now: datetime
) -> tuple[Reasoned, ...]:
    """Every rule that leaves these contacts of a wave out, of as many as can be told in sentences."""
    few = lines[:MOST_REASONED]
    found = rules_of(session, wave, program, [line.contact_id for line in few], now=now)
    out = [line.contact_id for line in few if line.rule or found.get(line.contact_id)]
    known = details_of(session, wave, program, out, now=now) if out else {}
    return tuple(
        replace(
            _reasoned(wave, line, found.get(line.contact_id, ())),
            details=known.get(line.contact_id, NO_DETAILS),
        )
        for line in few
    )


def added_later(session: Session, wave: Wave, *, search: str, scope: Scope) -> tuple[AudienceLine, ...]:
    """Contacts who were added after the launch of the wave, and so stand on no list of it.

    At most one more than can be told in sentences: whether there are more.
    """
    if wave.state is WaveState.SCHEDULED or not search:
        return ()
    absent = _ledger(wave, select(*_columns(literal(LATER), literal("")))).where(
        Invitation.id.is_(None), Exclusion.rule.is_(None), visible_accounts(scope), _found(session, search)
    )
    return tuple(map(_line, session.execute(absent.order_by(Contact.id).limit(MOST_REASONED + 1))))


Listed = Select[*tuple[Any, ...]]
Ruled = Callable[..., ColumnElement[str]]


class _Told:
    """What is said of contacts of one wave: a forecast, what stands in the ledger, or what was sealed."""

    def __init__(self, session: Session, wave: Wave, program: Program, *, now: datetime) -> None:
        self.session = session
        self.is_forecast = wave.state is WaveState.SCHEDULED
        if self.is_forecast:
            self.rule: Ruled = partial(rule_of, wave, program, asked_of(session, wave), now=now)
            self.stands: ColumnElement[str] = literal("")
            self.join = with_facts
        elif is_sealed(session, wave):
            self.rule = partial(_settled, SealedPlace.rule.expression)
            self.stands = SealedPlace.standing.expression
            self.join = partial(_with_places, wave)
        else:
            self.rule = partial(_settled, func.coalesce(Exclusion.rule, ""))
            self.stands = case((Invitation.id.is_(None), ""), else_=standing())
            self.join = partial(_with_ledger, wave)

    def facts(self) -> Listed:
        return self.join(select(*_columns(self.rule(of_many=True), self.stands)))

    def lines(self, ids: list[int]) -> list[AudienceLine]:
        few = self.join(select(*_columns(self.rule(of=ids), self.stands))).where(Contact.id.in_(ids))
        lines = {row.id: _line(row) for row in self.session.execute(few)}
        return [lines[contact_id] for contact_id in ids]

    def searched(self, wish: Wanted) -> list[ColumnElement[bool]]:
        return [_found(self.session, wish.search)] if wish.search else []

    def narrowed(self, wish: Wanted) -> list[ColumnElement[bool]]:
        which: list[ColumnElement[bool]] = []
        if wish.filters["in"] in (IN, OUT):
            rule = self.rule(of_many=True)
            which.append(rule == "" if wish.filters["in"] == IN else rule != "")
        if wish.filters["rule"]:
            which.append(self.rule(of_many=True) == wish.filters["rule"])
        if wish.filters["state"]:
            which.append(self.stands == wish.filters["state"])
        return which


def _settled(
    rule: ColumnElement[str], *, of: Sequence[int] | None = None, of_many: bool = False
) -> ColumnElement[str]:
    """The rule that was settled at the launch is looked up alike for few and for many."""
    return rule


def _fits(wish: Wanted, verdict: Verdict) -> bool:
    is_in, rule = wish.filters["in"], wish.filters["rule"]
    return (is_in not in (IN, OUT) or (is_in == IN) == (not verdict.rule)) and rule in ("", verdict.rule)


def _with_ledger(wave: Wave, query: Listed) -> Listed:
    return _ledger(wave, query).where(or_(Invitation.id.is_not(None), Exclusion.rule.is_not(None)))


def _with_places(wave: Wave, query: Listed) -> Listed:
    """Everybody of a sealed wave at the account that they were sealed at, whatever has become of them."""
    return (
        query.select_from(SealedPlace)
        .join(Contact, Contact.id == SealedPlace.contact_id)
        .join(Account, Account.id == SealedPlace.account_id)
        .where(SealedPlace.wave_id == wave.id)
    )


def _ledger(wave: Wave, query: Listed) -> Listed:
    return (
        query.select_from(Contact)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(Invitation, and_(Invitation.contact_id == Contact.id, Invitation.wave_id == wave.id))
        .outerjoin(Exclusion, and_(Exclusion.contact_id == Contact.id, Exclusion.wave_id == wave.id))
    )


def _columns(rule: ColumnElement[str], stands: ColumnElement[str]) -> tuple[ColumnElement[Any], ...]:
    return (
        Contact.id.expression,
        Contact.name.expression,
        Contact.external_id.expression,
        Contact.email.expression,
        Account.id.label("account_id"),
        Account.name.label("account"),
        rule.label("rule"),
        stands.label("standing"),
    )


def _found(session: Session, search: str) -> ColumnElement[bool]:
    # Accounts are looked through once, not once for each of their contacts.
    one = aliased(Account)
    theirs = select(one.id).where(holds(session, one.name, search))
    own = (holds(session, text, search) for text in (Contact.name, Contact.email))
    return or_(*own, Account.id.in_(theirs), Contact.external_id == search)


def _reasoned(wave: Wave, line: AudienceLine, now: tuple[str, ...]) -> Reasoned:
    if wave.state is WaveState.SCHEDULED:
        return Reasoned(line, now, now)
    return Reasoned(line, (line.rule,) if line.rule else (), now)


def _line(row: Row[*tuple[Any, ...]]) -> AudienceLine:
    return AudienceLine(
        contact_id=row.id,
        name=row.name,
        external_id=row.external_id,
        email=row.email,
        account_id=row.account_id,
        account=row.account,
        rule=row.rule,
        standing=row.standing,
    )
