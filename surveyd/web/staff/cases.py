"""The follow-up cases: the list, narrowed and sorted as the address says, and a table of them by age."""

from dataclasses import dataclass
from datetime import datetime

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from surveyd.base.database import reading
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.closed_loop import case_search
from surveyd.closed_loop.case_search import CaseList, Choices, Shown, StateRow
from surveyd.people.access import Reach
from surveyd.reports.words import FATES
from surveyd.web.access import reader
from surveyd.web.staff.case_words import AGES, REASONS, SHOWN
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

Filter = tuple[str, str, list[tuple[str, object]]]
"""A filter of the address: its name, its label, and its choices as (value, name)."""


@dataclass(frozen=True, slots=True)
class CasesPage:
    """The cases of the reader's scope; `table` is empty for those who work on cases and lead nobody."""

    found: CaseList
    table: tuple[StateRow, ...]
    choices: Choices
    wanted: Wanted
    now: datetime
    user_id: int

    @property
    def title(self) -> str:
        """The page's answer."""
        count, overdue, state = self.found.count, self.found.overdue, self.wanted.filters["state"]
        if state == Shown.CLOSED:
            return ngettext("%(num)s case is closed", "%(num)s cases are closed", count)
        if state == Shown.ALL:
            return ngettext("%(num)s case so far", "%(num)s cases so far", count)
        if not count:
            return _("No case is open")
        if overdue == count:
            return ngettext("%(num)s case is overdue", "%(num)s cases are overdue", count)
        if overdue:
            return ngettext(
                "%(num)s case is open, %(late)s overdue",
                "%(num)s cases are open, %(late)s overdue",
                count,
                late=overdue,
            )
        return ngettext("%(num)s case is open, all in time", "%(num)s cases are open, all in time", count)

    @property
    def filters(self) -> list[Filter]:
        """What the list can be narrowed by; regions only for who sees several."""
        owners: list[tuple[str, object]] = [(case_search.ME, _("Me")), (case_search.NOBODY, _("Nobody"))]
        owners += [(str(key), name) for key, name in self.choices.owners if key != self.user_id]
        found: list[Filter] = [
            ("state", _("State"), [(shown.value, SHOWN[shown]) for shown in Shown]),
            ("owner", _("Owner"), owners),
            ("reason", _("Why"), [(reason.value, words) for reason, words in REASONS.items()]),
            ("age", _("Opened"), [(age.value, words) for age, words in AGES.items()]),
            ("fate", _("In time or not"), list(FATES.items())),
        ]
        if len(self.choices.regions) > 1:
            found.append(("region", _("Region"), [(name, name) for name in self.choices.regions]))
        return found

    @property
    def rows(self) -> list[tuple[object, StateRow]]:
        """The table's rows, each with what it is called."""
        return [(SHOWN[row.shown], row) for row in self.table]

    @property
    def ages(self) -> list[object]:
        """What the table's columns are called."""
        return list(AGES.values())


@bp.get("/cases", endpoint="cases")
def show_cases() -> str:
    """The cases that the reader may see: those that are not closed, or as the address narrows them."""
    wish = wanted(sorts=case_search.SORTS, filters=case_search.FILTERS, sort="due")
    who, now = reader(), services().clock.now()
    leads = who.scope.reach in (Reach.ALL, Reach.REGION)
    with reading() as session:
        found = case_search.search_cases(session, scope=who.scope, wanted=wish, now=now)
        table = case_search.cases_by_age(session, scope=who.scope, now=now) if leads else ()
        choices = case_search.choices(session, scope=who.scope)
    page = CasesPage(found, table, choices, wish, now, who.user_id)
    return render_template("staff/cases.html", page=page)
