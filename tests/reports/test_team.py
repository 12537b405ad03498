"""The account managers side by side."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Wanted
from surveyd.closed_loop.models import Case, CaseState, Ending
from surveyd.people.access import SYSTEM, scope_of
from surveyd.people.models import Account, User
from surveyd.reports.case_counts import CasesInTime
from surveyd.reports.health_reading import health
from surveyd.reports.summary import wave_summary
from surveyd.reports.team import SORTS, ManagerLine, Team, team
from surveyd.results.slices import Slice
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

LATER = NOW + timedelta(days=30)


@pytest.fixture
def asking(session: Session) -> Asking:
    """Anna and Aziz of Mona's account were asked, Anna is unhappy; Milo's Sofie is happy; one is nobody's."""
    asking = open_wave(session, NOW)
    people = asking.people
    asking.answer(asking.ask(people.anna.id), UNHAPPY)
    asking.ask(people.aziz.id)
    asking.answer(asking.ask(people.sofie.id), HAPPY, now=NOW + timedelta(hours=1))
    asking.ask_somebody(1)
    for case in session.scalars(select(Case).where(Case.account_id != people.nordwind)):
        session.delete(case)  # Promoters are drawn at random.
    session.flush()
    return asking


def seen(asking: Asking, sort: str = "name", search: str = "", after: str = "", limit: int = 50) -> Team:
    wish = Wanted(search, sort, after)
    return team(asking.session, scope=SYSTEM, now=LATER, wanted=wish, limit=limit)


def names(found: Team) -> list[str]:
    return [line.name for line in found.lines]


def test_each_manager_has_a_line_and_so_have_the_accounts_of_nobody(asking: Asking) -> None:
    mona, milo = asking.people.mona, asking.people.milo

    found = seen(asking)

    assert found.lines == (
        ManagerLine("none", "", 1, 1, 0, 0, 0, 0, 0),
        ManagerLine(str(milo.id), "Milo Manager", 1, 1, 1, 0, 0, 0, 0),
        ManagerLine(str(mona.id), "Mona Manager", 1, 2, 1, 1, 1, 0, 1),
    )
    assert (found.managers, found.invited, found.answered) == (2, 4, 2)
    assert found.title == "1 of 2 account managers has a case overdue"


def test_a_case_counts_as_it_was_worked_on(asking: Asking) -> None:
    case = asking.session.scalars(select(Case)).one()
    case.state, case.contacted_at = CaseState.CONTACTED, case.due_at
    asking.session.flush()
    mona = seen(asking).lines[2]
    assert (mona.open_cases, mona.overdue, mona.in_time, mona.decided) == (1, 0, 1, 1)
    assert seen(asking).title == "No account manager has a case overdue"

    case.state, case.contacted_at, case.closed_at = CaseState.CLOSED, None, LATER
    asking.session.flush()
    mona = seen(asking).lines[2]
    assert (mona.open_cases, mona.overdue, mona.in_time, mona.decided) == (0, 0, 0, 1)

    case.state, case.closed_at = CaseState.OPEN, None
    asking.session.flush()
    waiting = team(asking.session, scope=SYSTEM, now=NOW).lines[2]
    assert (waiting.open_cases, waiting.overdue, waiting.decided) == (1, 0, 0)


@pytest.mark.parametrize(("ending", "in_time"), [(Ending.NOT_REACHED, 0), (Ending.RESOLVED, 1), ("", 1)])
def test_who_was_never_reached_was_not_contacted_in_time(asking: Asking, ending: str, in_time: int) -> None:
    case = asking.session.scalars(select(Case)).one()
    case.state, case.closed_at, case.ending = CaseState.CLOSED, case.due_at, ending
    asking.session.flush()

    mona = seen(asking).lines[2]
    page = health(asking.session, Slice(), scope=SYSTEM, now=LATER)
    board = wave_summary(asking.session, asking.wave.id, now=LATER)

    assert (mona.in_time, mona.decided) == (in_time, 1)
    assert page and page.cases == CasesInTime(in_time=in_time, late=1 - in_time)
    assert board.health.cases == page.cases


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-name", ["Mona Manager", "Milo Manager", ""]),
        ("-invited", ["Mona Manager", "Milo Manager", ""]),
        ("share", ["", "Mona Manager", "Milo Manager"]),
        ("-overdue", ["Mona Manager", "Milo Manager", ""]),
        ("in_time", ["Mona Manager", "", "Milo Manager"]),
    ],
)
def test_the_database_sorts(asking: Asking, sort: str, expected: list[str]) -> None:
    assert names(seen(asking, sort)) == expected


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{sort}" for sort in SORTS)])
def test_page_by_page_every_manager_comes_once(asking: Asking, sort: str) -> None:
    found, after = [], ""
    while True:
        page = seen(asking, sort, after=after, limit=1)
        found += names(page)
        after = page.after
        if not after:
            break

    assert found == names(seen(asking, sort))
    assert len(found) == 3


@pytest.mark.parametrize(("search", "expected"), [("mona", ["Mona Manager"]), ("%", []), ("'", [])])
def test_a_manager_is_found_by_name(asking: Asking, search: str, expected: list[str]) -> None:
    assert names(seen(asking, search=search)) == expected


SEEN = {
    "executive": ["", "Milo Manager", "Mona Manager"],
    "leader": ["Mona Manager"],
    "mona": ["Mona Manager"],
    "outsider": [],
    "support": [],
}


@pytest.mark.parametrize("who", SEEN)
def test_only_the_accounts_of_the_scope_count(asking: Asking, who: str) -> None:
    asking.session.get_one(Account, asking.people.sudwerk).manager_id = asking.people.mona.id
    asking.session.flush()
    expected = [name for name in SEEN[who] if name != "Milo Manager"]
    scope = scope_of(asking.session.get_one(User, getattr(asking.people, who).id))

    found = team(asking.session, scope=scope, now=LATER)

    assert names(found) == expected
    if who == "leader":
        assert (found.lines[0].accounts, found.invited, found.answered) == (1, 2, 1)


def test_without_accounts_nobody_stands_here(session: Session) -> None:
    found = team(session, scope=SYSTEM, now=NOW)

    assert (found.lines, found.title, found.wave) == ((), "No account has a manager yet", "")
