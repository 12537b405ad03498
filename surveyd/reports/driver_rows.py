"""The people behind a driver: who rated it how, the lowest first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Account, Contact
from surveyd.responses.models import Response
from surveyd.results.masks import mask
from surveyd.results.slices import Slice
from surveyd.results.wave_arrays import MISSING
from surveyd.results.wholes import Whole
from surveyd.scoring.pain_delight import HIGH, LOW

PAGE = 50


class End(StrEnum):
    """Which answers are wanted: all of them, the low ones, or the high ones."""

    ALL = ""
    LOW = "low"
    HIGH = "high"

    @classmethod
    def of(cls, word: str) -> "End":
        """The end that a word in an address names; all for any other word."""
        return cls(word) if word in list(cls) else cls.ALL


@dataclass(frozen=True, slots=True)
class RatedBy:
    """One person's answer to a driver, and how likely they are to recommend us."""

    response_id: int
    contact: str
    account_id: int
    account: str
    answer: int
    recommendation: int | None
    given_at: datetime


@dataclass(frozen=True, slots=True)
class DriverRows:
    """A page of the people who rated a driver; `mean` is from 0 to 100, `total` counts all of them."""

    item: str
    name: str
    end: End
    lines: tuple[RatedBy, ...]
    total: int
    mean: float | None
    highest: int
    first: int

    @property
    def after(self) -> int:
        """Where the next page begins, 0 when this is the last one."""
        end = self.first + len(self.lines)
        return end if end < self.total else 0

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.total:
            return str(_("Nobody rated it like that: %(name)s", name=self.name))
        people = ngettext("%(num)s person", "%(num)s people", self.total)
        facts = {"name": self.name, "people": people, "mean": round(self.mean or 0)}
        if self.end is End.LOW:
            return str(_("%(people)s rated low: %(name)s", **facts))
        if self.end is End.HIGH:
            return str(_("%(people)s rated highest: %(name)s", **facts))
        return str(_("%(name)s: %(mean)s of 100, by %(people)s", **facts))


def driver_rows(
    session: Session,
    whole: Whole,
    cut: Slice,
    *,
    scope: Scope,
    item: str,
    end: End,
    first: int = 0,
    language: str = "en",
    limit: int = PAGE,
) -> DriverRows:
    """The people of a slice who rated this item, the lowest first, from place `first` on."""
    scale, answered = whole.columns.scales[item], whole.columns.answered
    given = answered.items[item]
    index = scale.index(given)
    chosen = mask(whole, cut) & (given != MISSING)
    if end is not End.ALL:
        chosen &= index <= 100 * LOW if end is End.LOW else index >= 100 * HIGH
    places = np.flatnonzero(chosen)
    order = np.lexsort((answered.response_id[places], index[places]))
    start = first if 0 < first < len(places) else 0
    shown = places[order][start : start + limit]
    answers = {int(answered.response_id[at]): int(given[at]) + scale.shift for at in shown}
    ratings = {int(answered.response_id[at]): int(answered.recommendation[at]) for at in shown}
    return DriverRows(
        item=item,
        name=scale.label(language),
        end=end,
        lines=_lines(session, scope, answers, ratings),
        total=len(places),
        mean=float(index[places].mean()) if len(places) else None,
        highest=scale.high + scale.shift,
        first=start,
    )


def _lines(
    session: Session, scope: Scope, answers: dict[int, int], ratings: dict[int, int]
) -> tuple[RatedBy, ...]:
    """The people of these responses, in this order, as far as the scope may see them."""
    rows = session.execute(
        select(Response.id, Contact.name, Account.id, Account.name, Response.given_at)
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .where(Response.id.in_([*answers]), visible_by_account(scope, Response.account_id))
    )
    found = {row[0]: row for row in rows}
    return tuple(
        RatedBy(
            response_id=response_id,
            contact=found[response_id][1],
            account_id=found[response_id][2],
            account=found[response_id][3],
            answer=answer,
            recommendation=None if ratings[response_id] == MISSING else ratings[response_id],
            given_at=found[response_id][4],
        )
        for response_id, answer in answers.items()
        if response_id in found
    )
