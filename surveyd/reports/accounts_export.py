"""The accounts as CSV: the list as it was narrowed and sorted, with all its rows, safe for a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from surveyd.base.keyset import Wanted
from surveyd.base.spreadsheets import guarded
from surveyd.people.access import Scope
from surveyd.reports.account_groups import Standpoint
from surveyd.reports.accounts_joined import rows_of
from surveyd.reports.accounts_lines import judged
from surveyd.reports.accounts_query import AccountQuery, waves_of
from surveyd.reports.accounts_states import Sight
from surveyd.results.asked import wave_asked
from surveyd.results.policies import current

FACTS = ("external_id", "name", "country", "region", "tier", "manager_email", "renewal_date")
REVENUE = ("revenue", "currency")
FIGURES = ("invited", "answered", "segment")
COUNTS = ("promoters", "passives", "detractors")
JUDGED = ("confidence", "flags", "policy")
ROWS_AT_ONCE = 500


def accounts_csv(session: Session, *, scope: Scope, now: datetime, wanted: Wanted) -> Iterator[str]:
    """The lines of the file, some hundreds at a time, as RFC 4180 says; all rows, whatever page is wanted.

    Figures are those of one wave, the one shown unasked unless another is wanted, named in the column `wave`,
    by the policy in the column `policy`; flags stand side by side in one cell. Revenue, in whole units and
    hundredths of its currency, is left out for a scope that may not see it. No spreadsheet runs a cell.
    """
    waves = waves_of(session, wanted).both
    asked = wave_asked(session, waves, now)
    at = Standpoint(scope, asked, current(session), now)
    every = AccountQuery(Sight(session, scope, tuple(waves), asked, now), wanted).every()
    money = REVENUE if scope.sees_revenue else ()
    yield _text([[*FACTS, *money, "wave", *FIGURES, *COUNTS, *JUDGED]])
    wave = waves[0].slug if waves else ""
    for begin in range(0, len(every), ROWS_AT_ONCE):
        ids = every[begin : begin + ROWS_AT_ONCE]
        rows = rows_of(session, at, ids)
        yield _text([_cells(rows[one], wave, at) for one in ids])


def _cells(row: Row[*tuple[Any, ...]], wave: str, at: Standpoint) -> list[object]:
    facts: list[object] = [getattr(row, name) for name in FACTS]
    if at.scope.sees_revenue:
        cents = row.revenue_cents
        facts += ["" if cents is None else f"{cents // 100}.{cents % 100:02}", row.currency]
    grade, flags = judged(row, at)
    counts = [getattr(row, name) or 0 for name in COUNTS]
    figures = [getattr(row, name) for name in FIGURES]
    return [*facts, wave, *figures, *counts, grade.value, " ".join(flags), at.policy.version]


def _text(lines: list[list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([guarded(cell) for cell in line] for line in lines)
    return out.getvalue()
