"""Breakdowns: the lines that there are, counted as one by one, and no work for those that are left out."""

from itertools import product

import pytest
from sqlalchemy.orm import Session

from surveyd.people.access import SYSTEM, Reach, Scope
from surveyd.people.models import Account
from surveyd.responses.answers import AnswerChannel
from surveyd.results import breakdowns
from surveyd.results.account_totals import totals_at
from surveyd.results.breakdowns import break_down
from surveyd.results.combinations import combinations
from surveyd.results.masks import VALUES_OF_ANSWERS
from surveyd.results.slices import Slice
from surveyd.results.whole_shapes import Whole
from surveyd.results.wholes import whole_of
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

NAMES = ("region", "tier", "role", "language", "came_by", "phase", "dimension:Number")


@pytest.fixture
def many(asking: Asking) -> Asking:
    """Forty people of accounts with a number each, half of whom answer; and three of the cast."""
    people = asking.people
    for number in range(40):
        invitation = asking.ask_somebody(number)
        if number % 2:
            asking.answer(invitation, HAPPY)
    asking.answer(asking.ask(people.anna.id), UNHAPPY)
    asking.answer(asking.ask(people.aziz.id), HAPPY, channel=AnswerChannel.PHONE)
    asking.ask(people.sofie.id)
    for account in asking.session.query(Account):
        account.dimensions = {"Number": f"C-{account.id:05}"}
    asking.session.flush()
    return asking


def one_by_one(whole: Whole, cut: Slice, by: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
    """The same as `combinations`, by the totals of every combination that could be."""
    found = []
    for values in product(*(_values(whole, name) for name in by)):
        if any(
            cut.values(name) and value not in cut.values(name) for name, value in zip(by, values, strict=True)
        ):
            continue
        narrowed = cut
        for name, value in zip(by, values, strict=True):
            narrowed = narrowed.narrowed(name, value)
        totals = totals_at(whole, narrowed)
        people = int((totals.answered if totals.invited is None else totals.invited).sum())
        found += [(values, people)] if people else []
    return found


def _values(whole: Whole, name: str) -> tuple[str, ...]:
    dimension = whole.dimension(name)
    return dimension.values if dimension else VALUES_OF_ANSWERS[name]


def test_combinations_are_what_one_by_one_finds(many: Asking, session: Session) -> None:
    pairs = [
        ("region", "tier"),
        ("region", "role"),
        ("role", "language"),
        ("tier", "phase"),
        ("role", "came_by"),
    ]
    cuts = [Slice(), Slice().narrowed("region", "North", ""), Slice().narrowed("role", "user")]
    for scope, cut in product((SYSTEM, Scope(Reach.REGION, None, "North")), cuts):
        whole = whole_of(session, cut, scope=scope)
        for by in [*((name,) for name in NAMES), *pairs]:
            found = [(one.values, one.people) for one in combinations(whole, cut, by)]
            assert found == one_by_one(whole, cut, by), (by, cut.filters, scope.reach)
    assert (
        combinations(whole_of(session, Slice(), scope=SYSTEM), Slice(), ("dimension:Colour", "region")) == []
    )


def test_only_the_lines_that_are_shown_are_worked_out(
    many: Asking, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[Slice] = []

    def counted(whole: Whole, cut: Slice) -> object:
        worked.append(cut)
        return totals_at(whole, cut)

    monkeypatch.setattr(breakdowns, "totals_at", counted)
    whole = whole_of(session, Slice(), scope=SYSTEM)
    # Far more pairs could be than there are: then only those that are there are counted.
    found = break_down(
        session, whole, Slice(), by=("dimension:Number", "dimension:Number"), scope=SYSTEM, most=5
    )
    assert len(found.lines) == len(worked) == 5
    assert found.more == 37
    assert found.lines[0].figures.invited == 2
