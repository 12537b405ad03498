"""The people behind what is said of silence: whom the waves of a slice asked, page by page, heard or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, null, select
from sqlalchemy.orm import Session, aliased

from surveyd.base.keyset import PAGE, Order, Wanted, slice_of
from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Account, Contact
from surveyd.reports.account_people import first_reached
from surveyd.reports.account_rows import FILTERS as OF_ACCOUNTS
from surveyd.reports.account_rows import at_accounts, parent_name
from surveyd.reports.response_list import CATEGORIES, RATED
from surveyd.reports.slice_rows import conditions
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.slice_comments import name_before
from surveyd.results.slices import OF_ANSWERS, Slice
from surveyd.results.wholes import WaveName, waves_of

SORTS = ("name", "account")
FILTERS = ("answered", "was", "step", *OF_ACCOUNTS)
HEARD, SILENT = "yes", "no"
"""What `answered` can say."""
REACHED, STARTED = "reached", "started"
"""What `step` can say: a mail has reached them, they have opened the questionnaire."""


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One person whom a wave asked; `rating` and `category` are of the wave before, where they gave one."""

    name: str
    role: str
    account_id: int
    account: str
    wave: str
    invited_at: datetime | None
    response_id: int | None
    rating: int | None
    category: str


@dataclass(frozen=True, slots=True)
class AskedList:
    """A page of whom the waves asked, as wanted; `total` counts them all, `before` names the wave before.

    `parent` names the account whose group was wished for.
    """

    lines: tuple[AskedLine, ...]
    total: int
    waves: tuple[str, ...]
    before: str
    parent: str
    wanted: Wanted
    after: str

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.waves:
            return str(_("No wave has been launched yet"))
        facts = {"waves": ", ".join(self.waves)}
        if not self.total:
            return str(_("Nobody whom %(waves)s asked is like that", **facts))
        answered = self.wanted.filters.get("answered")
        if answered == SILENT:
            said = ngettext(
                "1 person is silent in %(waves)s",
                "%(num)s people are silent in %(waves)s",
                self.total,
                **facts,
            )
        elif answered == HEARD:
            said = ngettext(
                "1 person has answered %(waves)s",
                "%(num)s people have answered %(waves)s",
                self.total,
                **facts,
            )
        else:
            said = ngettext(
                "1 person was asked by %(waves)s",
                "%(num)s people were asked by %(waves)s",
                self.total,
                **facts,
            )
        return str(said)


def asked_list(session: Session, cut: Slice, *, scope: Scope, wanted: Wanted, limit: int = PAGE) -> AskedList:
    """Whom the waves of the slice asked, as far as the scope may see it. Four statements, five for a group.

    What only an answer has does not narrow it. Its filters are `answered` (HEARD or SILENT), `was` (RATED or
    a category: the rating in the wave before, which one wave alone has), `step` (REACHED or STARTED),
    `account` and `parent` (ids). Raises NotFound for an unknown wave, Refused for a broken key.
    """
    waves = waves_of(session, cut)
    before = name_before(session, waves[0]) if len(waves) == 1 else None
    rows = _rows(cut, waves, before, scope, wanted)
    by = {"account": Account.name.expression}.get(wanted.column, Contact.name.expression)
    order = Order(by, Invitation.id.expression, wanted.descends)
    page = slice_of(session, rows, order, after=wanted.after, limit=limit)
    total = session.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
    names = {wave.id: wave.slug for wave in waves}
    lines = tuple(
        AskedLine(
            name=row.name,
            role=row.role.value,
            account_id=row.account_id,
            account=row.account,
            wave=names[row.wave_id],
            invited_at=row.invited_at,
            response_id=row.response_id,
            rating=row.rating,
            category=row.category or "",
        )
        for row in page.rows
    )
    return AskedList(
        lines=lines,
        total=total,
        waves=tuple(names.values()),
        before=before.slug if before else "",
        parent=parent_name(session, wanted.filters, scope=scope),
        wanted=wanted,
        after=page.after,
    )


def _rows(
    cut: Slice, waves: Sequence[WaveName], before: WaveName | None, scope: Scope, wanted: Wanted
) -> Select[*tuple[Any, ...]]:
    people = Slice(filters=tuple(one for one in cut.filters if one[0] not in OF_ANSWERS))
    rated = _said_before(Score.recommendation, before, scope)
    category = _said_before(Score.category, before, scope)
    rows = (
        select(
            Invitation.id,
            Invitation.wave_id,
            Invitation.invited_at,
            Contact.name,
            Contact.role,
            Account.id.label("account_id"),
            Account.name.label("account"),
            Response.id.label("response_id"),
            rated.label("rating"),
            category.label("category"),
        )
        .select_from(Invitation)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Invitation.wave_id.in_([wave.id for wave in waves]),
            visible_by_account(scope, Invitation.account_id),
            *conditions(people),
            *at_accounts(wanted.filters, Invitation.account_id.expression, scope=scope),
        )
    )
    if (answered := wanted.filters.get("answered")) in (HEARD, SILENT):
        rows = rows.where(Response.id.is_not(None) if answered == HEARD else Response.id.is_(None))
    if (step := wanted.filters.get("step")) in (REACHED, STARTED):
        rows = rows.where((first_reached() if step == REACHED else Invitation.started_at).is_not(None))
    was = wanted.filters.get("was", "")
    if was == RATED:
        rows = rows.where(rated.is_not(None))
    elif was in CATEGORIES:
        rows = rows.where(category == was)
    return rows


def _said_before(
    column: SQLColumnExpression[Any], before: WaveName | None, scope: Scope
) -> ColumnElement[Any]:
    """What the person of an invitation said in the wave before, as far as the scope may see it."""
    if before is None:
        return null()
    said = aliased(Response)
    found = (
        select(column)
        .join(said, said.id == Score.response_id)
        .where(
            said.wave_id == before.id,
            said.contact_id == Invitation.contact_id,
            Score.rule_version == CURRENT_RULE,
            visible_by_account(scope, said.account_id),
        )
        .order_by(Score.id)
        .limit(1)
    )
    return found.correlate(Invitation).scalar_subquery()
