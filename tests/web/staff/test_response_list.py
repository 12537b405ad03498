"""The answers of a slice as a list: for whom, narrowed, page by page."""

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from surveyd.base.keyset import Wanted
from surveyd.distribution.models import Program, Wave
from surveyd.people.access import SYSTEM
from surveyd.reports.response_list import response_list
from surveyd.results.slices import Slice
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave
from tests.web.offices import WORDS, Office, SignIn

Collect = Callable[[], AbstractContextManager[list[str]]]
HOSTILE = "<script>alert('x')</script> & late"


@pytest.fixture
def full(writer: Transaction) -> Asking:
    """Twelve people who answered, four of them unhappy."""
    with writer() as session:
        asking = open_wave(session, NOW)
        for number in range(12):
            said = HAPPY if number % 3 else UNHAPPY | {"why": HOSTILE}
            asking.answer(asking.ask_somebody(number), said)
    return asking


def test_nobody_else_sees_the_answers_of_an_account(office: Office, sign_in: SignIn) -> None:
    cast = office.cast
    pages = {
        name: sign_in(getattr(cast, name)).get("/staff/responses").text
        for name in ("admin", "mona", "leader", "milo")
    }

    assert "Anna" in pages["mona"] and "Deliveries are late. &lt;b&gt;Why?&lt;/b&gt;" in pages["mona"]
    assert WORDS not in pages["mona"]
    assert "2 answers in 2026H1" in pages["admin"] and "2 answers in 2026H1" in pages["leader"]
    assert "Anna" not in pages["milo"]
    assert "Nobody in 2026H1 has answered like that" in pages["milo"]


def test_it_is_narrowed_by_the_slice_and_by_where_people_stand(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)

    page = executive.get("/staff/responses?tier=C&segment=trapped&category=detractor").text

    assert "4 answers in 2026H1" in page
    assert page.count("&lt;script&gt;") == 4 and "<script>alert" not in page
    assert 'name="tier" value="C"' in page, "the form keeps the slice"
    assert "Nobody in 2026H1" in executive.get("/staff/responses?tier=A").text
    assert "12 answers in 2026H1" in executive.get("/staff/responses?segment=nonsense&sort=-nonsense").text


@pytest.mark.parametrize("sort", ["name", "-name", "account", "-account", "given", "-given"])
def test_its_pages_have_everybody_once(full: Asking, writer: Transaction, sort: str) -> None:
    found: list[int] = []
    wanted = Wanted(sort=sort)
    with writer() as session:
        for last in (False, False, True):
            page = response_list(session, Slice(), scope=SYSTEM, wanted=wanted, limit=5)
            found += [line.id for line in page.lines]
            wanted = replace(wanted, after=page.after)
            assert page.total == 12 and (page.after == "") is last

    assert len(found) == len(set(found)) == 12


def test_a_broken_page_or_an_unknown_wave_is_refused(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)

    assert executive.get("/staff/responses?after=nonsense").status_code == 409
    assert executive.get("/staff/responses?wave=2030H1").status_code == 404


def test_a_row_leads_to_the_answers_and_to_the_account(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)
    page = executive.get("/staff/responses").text

    for way in (r'<a class="whole" href="([^"]+)"', r'<td role="cell"><a href="(/staff/accounts/\d+)"'):
        found = re.search(way, page)
        assert found and executive.get(html.unescape(found[1])).status_code == 200


def test_before_the_first_wave_it_says_what_it_will_show(cast_alone: Office, sign_in: SignIn) -> None:
    page = sign_in(cast_alone.cast.executive).get("/staff/responses").text

    assert "No wave has been launched yet" in page


def test_more_answers_take_no_more_statements(
    full: Asking, sign_in: SignIn, statements: Collect, writer: Transaction
) -> None:
    executive = sign_in(full.people.executive)
    with statements() as few:
        executive.get("/staff/responses?region=")
    with writer() as session:
        program, wave = session.query(Program).one(), session.query(Wave).one()
        more = Asking(session, NOW, program, wave, full.people)
        for number in range(100, 120):
            more.answer(more.ask_somebody(number), HAPPY)

    with statements() as many:
        executive.get("/staff/responses?region=")

    assert len(many) == len(few) <= 8
