"""First pages of open links that were taken: the same press counts once, and leads to no answers."""

import hmac
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, CursorResult, delete, select

from surveyd.base.database import Rows
from surveyd.base.statements import insert_into, table_of
from surveyd.base.tokens import Keys
from surveyd.forms.conditions import Answer
from surveyd.responses.open_models import SpentPage

REMEMBERED = timedelta(days=1)
"""How long the same press on a first page counts once."""
SPENT = "spent-pages"

_spent = table_of(SpentPage)


def mark_of(keys: Keys, link_id: int, nonce: str, answers: Mapping[str, Answer | None]) -> str:
    """What a first page is known again by: 64 digits that tell neither the page nor the answers."""
    said = json.dumps([link_id, nonce, dict(answers)], sort_keys=True)
    return hmac.digest(keys.derive(SPENT), said.encode(), "sha256").hex()


def spend(rows: Rows, mark: str, *, today: date) -> date | None:
    """Take a first page: None for the first time, else the day on which it was taken (for about a day)."""
    insert = insert_into(rows, SpentPage).on_conflict_do_nothing(index_elements=["mark"])
    if rows.execute(insert.returning(_spent.c.mark), {"mark": mark, "spent_on": today}).first():
        return None
    return cast(date, rows.execute(select(_spent.c.spent_on).where(_spent.c.mark == mark)).scalar_one())


def has_old(rows: Rows, *, now: datetime) -> bool:
    """Whether a first page was taken before yesterday."""
    return rows.execute(select(_spent.c.mark).where(_old(now)).limit(1)).first() is not None


def forget_old(rows: Rows, *, now: datetime) -> int:
    """Forget the first pages that were taken before yesterday; returns how many."""
    return cast(CursorResult[object], rows.execute(delete(_spent).where(_old(now)))).rowcount


def _old(now: datetime) -> ColumnElement[bool]:
    return _spent.c.spent_on < now.date() - REMEMBERED
