"""The people behind a figure: the responses of a slice, page by page, with rating and first words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.keyset import PAGE, Order, Wanted, slice_of
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Account, Contact
from surveyd.reports.account_rows import FILTERS as OF_ACCOUNTS
from surveyd.reports.account_rows import at_accounts, parent_name
from surveyd.reports.slice_rows import conditions
from surveyd.reports.verbatims import first_words, open_questions
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.slices import Slice
from surveyd.results.wholes import WaveName, waves_of
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category
from surveyd.scoring.rollup import WORST_FIRST

SORTS = ("given", "name", "account")
SEGMENTS = tuple(segment.value for segment in Segment)
CATEGORIES = tuple(category.value for category in Category)
RATED = "rated"
"""Stands for any category, where one may be named: whoever said how likely they recommend us."""
PLACED = "placed"
"""Stands for any segment that is a place in the matrix."""
INDEXES = ("attitude", "intent", "growth", "ease")
EITHER = "either"
"""Stands for attitude or intent: an answer that says neither does not place its account."""
FILTERS = ("segment", "category", "said", *OF_ACCOUNTS)


@dataclass(frozen=True, slots=True)
class ResponseLine:
    """One response: who gave it when, what they recommended, where they stand, and how they begin."""

    id: int
    contact: str
    role: str
    account_id: int
    account: str
    wave: str
    given_at: datetime
    recommendation: int | None
    category: str
    segment: str
    words: str


@dataclass(frozen=True, slots=True)
class ResponseList:
    """A page of the responses of a slice; `total` counts all that are wanted, `after` leads to the next.

    `parent` names the account whose group was wished for.
    """

    lines: tuple[ResponseLine, ...]
    total: int
    waves: tuple[str, ...]
    parent: str
    wanted: Wanted
    after: str

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.waves:
            return str(_("No wave has been launched yet"))
        waves = ", ".join(self.waves)
        if not self.total:
            return str(_("Nobody in %(waves)s has answered like that", waves=waves))
        return str(ngettext("1 answer in %(waves)s", "%(num)s answers in %(waves)s", self.total, waves=waves))


def response_list(
    session: Session, cut: Slice, *, scope: Scope, wanted: Wanted, limit: int = PAGE
) -> ResponseList:
    """The responses of the slice that `wanted` asks for. Four statements, one more for a parent's group.

    Its filters are `segment` (or PLACED), `category` (or RATED), `said` (one of INDEXES that is known, or
    EITHER), `account` and `parent`, which are ids. Raises NotFound for an unknown wave, Refused for a broken
    key.
    """
    waves = waves_of(session, cut)
    rows = _rows(cut, waves, scope, wanted)
    by = {"name": Contact.name.expression, "account": Account.name.expression}
    order = Order(
        by.get(wanted.column, Response.given_at.expression), Response.id.expression, wanted.descends
    )
    page = slice_of(session, rows, order, after=wanted.after, limit=limit)
    total = session.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
    names = {wave.id: wave.slug for wave in waves}
    asked = open_questions(session, (row.version_id for row in page.rows))
    lines = tuple(
        ResponseLine(
            id=row.id,
            contact=row.contact,
            role=row.role.value,
            account_id=row.account_id,
            account=row.account,
            wave=names[row.wave_id],
            given_at=row.given_at,
            recommendation=row.recommendation,
            category=row.category or "",
            segment=row.segment,
            words=first_words(row.answers, asked.get(row.version_id, [])),
        )
        for row in page.rows
    )
    parent = parent_name(session, wanted.filters, scope=scope)
    return ResponseList(lines, total, tuple(names.values()), parent, wanted, page.after)


def _rows(cut: Slice, waves: Sequence[WaveName], scope: Scope, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    rows = (
        select(
            Response.id,
            Response.version_id,
            Response.wave_id,
            Response.given_at,
            Response.answers,
            Contact.name.label("contact"),
            Contact.role,
            Account.id.label("account_id"),
            Account.name.label("account"),
            Score.recommendation,
            Score.category,
            Score.segment,
        )
        .select_from(Response)
        .join(Score, (Score.response_id == Response.id) & (Score.rule_version == CURRENT_RULE))
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .where(
            Response.wave_id.in_([wave.id for wave in waves]),
            visible_by_account(scope, Response.account_id),
            *conditions(cut),
            *at_accounts(wanted.filters, Response.account_id.expression, scope=scope),
        )
    )
    segment = wanted.filters.get("segment")
    if segment in SEGMENTS:
        rows = rows.where(Score.segment == segment)
    elif segment == PLACED:
        rows = rows.where(Score.segment.in_(WORST_FIRST))
    category = wanted.filters.get("category")
    if category in CATEGORIES:
        rows = rows.where(Score.category == category)
    elif category == RATED:
        rows = rows.where(Score.recommendation.is_not(None))
    said = wanted.filters.get("said")
    if said in INDEXES:
        rows = rows.where(getattr(Score, said).is_not(None))
    elif said == EITHER:
        rows = rows.where(or_(Score.attitude.is_not(None), Score.intent.is_not(None)))
    return rows
