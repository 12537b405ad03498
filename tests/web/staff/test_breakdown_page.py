"""A slice by its dimensions: who sees what, the order of the lines, the filters in the address."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from surveyd.distribution.models import WaveState
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave
from tests.fixtures.cast import Cast, Person
from tests.web.offices import signed_in
from tests.web.staff.test_rows_behind import later_wave

Collect = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def company(writer: Transaction) -> Cast:
    """Twelve unhappy people in the North, twelve happy ones in the South, and a silent one of nowhere."""
    with writer() as session:
        asking = open_wave(session, NOW)
        for number in range(24):
            north = number % 2 == 0
            account = asking.people.nordwind if north else asking.people.sudwerk
            invitation = asking.ask_somebody(number, account_id=account)
            asking.answer(invitation, (UNHAPPY if north else HAPPY) | {"easy": 4})
        asking.ask_somebody(99)
        return asking.people


def page(app: Flask, person: Person, words: str = "") -> str:
    answer = signed_in(app, person).get(f"/staff/breakdown?{words}")
    assert answer.status_code == 200
    return answer.text


def lines(text: str) -> list[str]:
    """The lines' names, in order."""
    body = text.partition("<tbody")[2]
    return re.findall(r'<tr role="row"><td role="cell">(?:<a [^>]*>|<strong>)([^<]+)<', body)


def test_a_wave_by_region(app: Flask, company: Cast) -> None:
    found = page(app, company.executive)
    assert lines(found) == ["North", "South", "unknown", "All"]
    assert "−100" in found and "+100" in found and "low base" in found
    assert "/staff/accounts?region=North&amp;wave=2026H1" in found
    assert "A wave like this one shows changes of the whole from" in found


def test_places_are_ranked_only_on_request(app: Flask, company: Cast) -> None:
    usual = page(app, company.executive, "by=region&sort=-score")
    assert lines(usual)[:2] == ["North", "South"]
    assert "Places stand in the order of their names" in usual
    ranked = page(app, company.executive, "by=region&sort=-score&ranked=1")
    assert lines(ranked)[:2] == ["South", "North"]
    assert "sorted by raw scores" in ranked
    tiers = page(app, company.executive, "by=tier&sort=-score")
    assert lines(tiers) == ["B", "A", "C", "All"]


def test_two_dimensions_and_filters_narrow_each_other(app: Flask, company: Cast) -> None:
    found = page(app, company.executive, "by=region&and=tier&region=North&region=South&weighting=account")
    assert lines(found) == ["North, A", "South, B", "All"]
    assert "Region: North" in found and "each account counts alike" in found
    assert "no line" not in found


@pytest.mark.parametrize(
    ("who", "seen"),
    [("mona", ["North", "All"]), ("milo", ["South", "All"]), ("leader", ["North", "All"])],
)
def test_everybody_sees_their_own(app: Flask, company: Cast, who: str, seen: list[str]) -> None:
    person = getattr(company, who)
    assert lines(page(app, person, "by=region")) == seen
    assert lines(page(app, person, "by=region&region=North&region=South")) == seen


@pytest.fixture
def again(writer: Transaction) -> Cast:
    """Two waves: twelve of the North in both, the South only in the second, four of the unknown in both."""
    with writer() as session:
        first = open_wave(session, NOW)
        people = first.people
        homes = [*[people.nordwind] * 12, *[None] * 4]
        contacts = [first.ask_somebody(number, account_id=home) for number, home in enumerate(homes)]
        for invitation in contacts:
            first.answer(invitation, HAPPY)
        first.wave.state = WaveState.CLOSED
        second = Asking(session, NOW, first.program, later_wave(first), people)
        for contact_id in first.asked:
            second.answer(second.ask(contact_id), HAPPY)
        for number in range(20, 32):
            second.answer(second.ask_somebody(number, account_id=people.sudwerk), UNHAPPY)
        second.wave.state = WaveState.CLOSED
        return people


def test_no_verdict_says_why(app: Flask, again: Cast) -> None:
    found = page(app, again.executive)
    assert "By region: nothing has surely moved since the wave before" in found
    north, south, unknown, _all = re.findall(r'<tr role="row"><td.*?</tr>', found, re.DOTALL)
    assert "no verdict" in north and "one of both" not in north
    assert "no verdict" in south and "Nobody answered in one of both waves." in south
    assert "no verdict" in unknown and "Fewer than ten answers in one of both waves." in unknown
    alone = page(app, again.executive, "region=South")
    assert "By region: too few answers to tell what has moved since the wave before" in alone
    nobody = page(app, again.executive, "region=Nowhere")
    assert "By region: nobody has answered 2026H2" in nobody and "surely moved" not in nobody


def test_the_outsider_and_an_empty_slice_are_told_what_will_stand_here(app: Flask, company: Cast) -> None:
    assert "A wave stands here by region" in page(app, company.outsider, "by=region")
    for words in ("by=dimension:Colour", "by=role&region=Nowhere", "by=phase&to=1999-12-31"):
        assert "A wave stands here by region" in page(app, company.executive, words)
    assert signed_in(app, company.executive).get("/staff/breakdown?wave=2031H1").status_code == 404
    assert signed_in(app, company.support).get("/staff/breakdown").status_code == 403


@pytest.mark.parametrize(
    "words",
    [
        "from=0001-01-01&to=9999-12-31",
        "dimension:a%00b=x&dimension:%1b=-",
        "&".join(f"dimension:{number}=-" for number in range(1200)),
    ],
)
def test_no_address_breaks_a_page(app: Flask, company: Cast, words: str) -> None:
    staff = signed_in(app, company.admin)
    for path in ("health", "breakdown", "responses", "responses.csv", "themes"):
        assert staff.get(f"/staff/{path}?{words}").status_code == 200, path
    assert staff.get("/staff/policies/new?from=%00").status_code == 404


def test_a_manager_whom_the_reader_does_not_know_has_no_name(app: Flask, company: Cast) -> None:
    words = f"by=region&manager={company.mona.id}&manager=424242"
    assert f"Account manager: {company.mona.name}" in page(app, company.executive, words)
    other = page(app, company.milo, words)
    assert f"Account manager: {company.mona.id}" in other and company.mona.name not in other


def test_hostile_words_are_words(app: Flask, company: Cast) -> None:
    found = page(app, company.executive, "by=region&region=<script>alert(1)</script>&sort=-nonsense")
    assert "<script>alert" not in found and "&lt;script&gt;" in found


def test_more_lines_take_no_more_statements(app: Flask, company: Cast, statements: Collect) -> None:
    page(app, company.executive, "by=tier")
    with statements() as few:
        page(app, company.executive, "by=region")
    with statements() as many:
        page(app, company.executive, "by=role&and=region")
    assert len(many) == len(few) <= 14
