"""The call list for who works on paper: a sheet to print and write on, and the same as a CSV file."""

import csv
import io
from collections.abc import Sequence

from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.keyset import Wanted
from surveyd.base.spreadsheets import guarded
from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_lists import best_calls
from surveyd.distribution.calls import CallRow

MOST = 200
"""So many people fit a sheet: more is no day's work."""
FACTS = (
    "call",
    "tried",
    "person",
    "role",
    "account",
    "phone",
    "language",
    "time_zone",
    "call_from",
    "why",
    "wave",
)
TO_FILL_IN = ("outcome", "call_back_at", "note")
HEADINGS = (*FACTS, *TO_FILL_IN)
TIME = "%Y-%m-%d %H:%M"


def sheet_of(session: Session, *, wanted: Wanted, caller: Caller) -> Sequence[CallRow]:
    """The people of a sheet, in the order in which they are best called, 200 at most."""
    return best_calls(session, wanted=wanted, caller=caller, most=MOST)


def sheet_csv(rows: Sequence[CallRow]) -> str:
    """The sheet as a CSV file, whose last columns are for what came of each call; no cell is run.

    The number is E.164, `call_from` and what is filled in as `call_back_at` are the contact's wall clock.
    """
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(HEADINGS)
    for row in rows:
        there = row.not_before.astimezone(zone_named(row.time_zone)).strftime(TIME)
        facts = (
            row.id,
            row.attempts,
            row.name,
            row.role,
            row.account,
            row.phone,
            row.language,
            row.time_zone,
            there,
            row.reason,
            row.wave,
        )
        lines.writerow([guarded(fact) for fact in facts] + [""] * len(TO_FILL_IN))
    return out.getvalue()
