"""The accounts as CSV: the list as it was narrowed and sorted, with all its rows, safe for a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from surveyd.base.keyset import Wanted
from surveyd.base.spreadsheets import guarded
from surveyd.people.access import Scope
from surveyd.reports.accounts_query import AccountQuery, wave_before, waves_of

FACTS = ("external_id", "name", "country", "region", "tier", "manager_email", "renewal_date")
REVENUE = ("revenue", "currency")
FIGURES = ("invited", "answered", "segment", "promoters", "passives", "detractors")
ROWS_AT_ONCE = 500


def accounts_csv(session: Session, *, scope: Scope, wanted: Wanted) -> Iterator[str]:
    """The lines of the file, some hundreds at a time, as RFC 4180 says; all rows, whatever page is wanted.

    Figures are those of one wave, the latest unless another is wanted, named in the column `wave`. Revenue,
    in whole units and hundredths of its currency, is left out for a scope that may not see it. No spreadsheet
    runs a cell.
    """
    waves = waves_of(session, wanted, most=2)
    wave, earlier = next(iter(waves), None), wave_before(session, wanted, waves)
    query = AccountQuery(scope, wave.id if wave else 0, wanted, before_id=earlier.id if earlier else 0)
    order = query.order(wanted)
    keys = (order.by.desc(), order.key.desc()) if order.descends else (order.by, order.key)
    money = REVENUE if scope.sees_revenue else ()
    yield _text([[*FACTS, *money, "wave", *FIGURES]])
    rows = session.execute(query.lines().order_by(*keys).execution_options(yield_per=ROWS_AT_ONCE))
    for some in rows.partitions():
        yield _text([_cells(row, wave.slug if wave else "", with_money=bool(money)) for row in some])


def _cells(row: Row[*tuple[Any, ...]], wave: str, *, with_money: bool) -> list[object]:
    facts: list[object] = [getattr(row, name) for name in FACTS]
    if with_money:
        cents = row.revenue_cents
        facts += ["" if cents is None else f"{cents // 100}.{cents % 100:02}", row.currency]
    return [*facts, wave, *(getattr(row, name) for name in FIGURES)]


def _text(lines: list[list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([guarded(cell) for cell in line] for line in lines)
    return out.getvalue()
