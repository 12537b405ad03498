"""The people of a wave as lists: who is in and where each stands, who is out and by which rule."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.audience import rule_of, with_facts
from surveyd.distribution.models import Exclusion, Invitation, Program, Wave, WaveState
from surveyd.distribution.standing import standing
from surveyd.people.models import Account, Contact

SORTS = ("name", "account")
IN, OUT = "1", "0"


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


def list_audience(
    session: Session, wave: Wave, program: Program, *, wish: Wanted, now: datetime
) -> AudiencePage:
    """A page of the contacts that `wish` asks for, in two statements.

    Before the launch it is a forecast as of `now`; from the launch on it is read from the ledger. The filters
    are `in` ("1" or "0"), `rule` and `state`. Raises Refused for a broken key.
    """
    ahead = wave.state is WaveState.SCHEDULED
    rule = rule_of(wave, program, now=now) if ahead else func.coalesce(Exclusion.rule, "")
    stands = literal("") if ahead else case((Invitation.id.is_(None), ""), else_=standing())
    join = with_facts if ahead else partial(_with_ledger, wave)
    by = func.lower(Account.name) if wish.column == "account" else func.lower(Contact.name)
    # First who is on the page, then what is said of them: reasons cost much, and are shown of fifty.
    asked = join(select(Contact.id)).where(*_narrowed(wish, rule, stands))
    page = slice_of(session, asked, Order(by, Contact.id, wish.descends), after=wish.after)
    ids = [row.id for row in page.rows]
    told = session.execute(join(_facts(rule, stands)).where(Contact.id.in_(ids)))
    lines = {row.id: _line(row) for row in told}
    return AudiencePage(tuple(lines[contact_id] for contact_id in ids), page.after)


Listed = Select[*tuple[Any, ...]]


def _with_ledger(wave: Wave, query: Listed) -> Listed:
    return (
        query.select_from(Contact)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(Invitation, and_(Invitation.contact_id == Contact.id, Invitation.wave_id == wave.id))
        .outerjoin(Exclusion, and_(Exclusion.contact_id == Contact.id, Exclusion.wave_id == wave.id))
        .where(or_(Invitation.id.is_not(None), Exclusion.rule.is_not(None)))
    )


def _facts(rule: ColumnElement[str], stands: ColumnElement[str]) -> Listed:
    return select(
        Contact.id,
        Contact.name,
        Contact.external_id,
        Contact.email,
        Account.id.label("account_id"),
        Account.name.label("account"),
        rule.label("rule"),
        stands.label("standing"),
    )


def _narrowed(
    wish: Wanted, rule: ColumnElement[str], stands: ColumnElement[str]
) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = []
    if wish.search:
        named = Contact.name.icontains(wish.search, autoescape=True)
        addressed = Contact.email.icontains(wish.search, autoescape=True)
        which.append(or_(named, addressed, Contact.external_id == wish.search))
    if wish.filters["in"] in (IN, OUT):
        which.append(rule == "" if wish.filters["in"] == IN else rule != "")
    if wish.filters["rule"]:
        which.append(rule == wish.filters["rule"])
    if wish.filters["state"]:
        which.append(stands == wish.filters["state"])
    return which


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
