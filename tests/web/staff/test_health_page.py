"""The page of company health: for whom, of which wave and region, and from its figures to the rows."""

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from surveyd.base.changes import ACCOUNTS, CONTACTS, count_change, invited_topic
from surveyd.closed_loop.letters import begin_letter
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.people.models import Account
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
LEAVING: dict[str, int | str] = UNHAPPY | {"renew": 1, "alternatives": 5}
HOSTILE = "\"><script>alert('x')</script> & Söhne"
CONSTANT = 32
"""Statements of the page for somebody who sees all, the reader's own row included."""


@pytest.fixture
def full(writer: Transaction) -> Asking:
    """A wave with people at high risk, trapped, loyal and silent, and a customer with a hostile name."""
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
        asking.ask(asking.people.sofie.id)
        for number in range(12):
            asking.answer(asking.ask_somebody(number), (HAPPY, LEAVING, HAPPY)[number % 3])
        session.query(Account).filter_by(external_id="ACC-0").one().name = HOSTILE
    return asking


def title_of(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return html.unescape(found[1])


def follow(who: Staff, page: str, said: str) -> str:
    """Open the first link with these words."""
    found = re.search(rf'<a href="([^"]+)"[^>]*>{re.escape(said)}</a>', page)
    assert found, f"nothing leads on from {said}"
    answer = who.get(html.unescape(found[1]))
    assert answer.status_code == 200
    return answer.text


def test_before_the_first_wave_the_page_says_what_it_will_show(cast_alone: Office, sign_in: SignIn) -> None:
    answer = sign_in(cast_alone.cast.executive).get("/staff/health")

    assert title_of(answer.text) == "No wave has been launched yet"


def test_a_wave_that_has_not_begun_is_not_a_mistyped_address(
    full: Asking, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        session.query(Wave).filter_by(slug="2026H1").one().state = WaveState.SCHEDULED

    answer = sign_in(full.people.executive).get("/staff/health?wave=2026H1")

    assert answer.status_code == 404
    assert "Wave 2026H1 has not begun: it is planned for" in answer.text and "mistyped" not in answer.text


def test_a_period_without_a_wave_is_not_a_company_without_one(full: Asking, sign_in: SignIn) -> None:
    answer = sign_in(full.people.executive).get("/staff/health?from=2130-01-01")

    assert answer.status_code == 200
    assert title_of(answer.text) == "No wave began in this period"
    assert 'name="from"' in answer.text, "the filters stand there, to choose others"


def test_an_executive_sees_the_whole_company(full: Asking, sign_in: SignIn) -> None:
    page = sign_in(full.people.executive).get("/staff/health").text

    assert title_of(page) == "NPS +23"
    assert "8 of 14 accounts that answered are truly loyal" not in page
    assert "8 of 13 accounts that answered are truly loyal, 4 at high risk" in page
    assert 'name="region"' in page and "Narrow down" in page


def test_a_leader_sees_the_region_and_no_other(office: Office, sign_in: SignIn) -> None:
    leader = sign_in(office.cast.leader)

    own, other = leader.get("/staff/health").text, leader.get("/staff/health?region=South").text

    assert "North in wave 2026H1." in own and "2 of 2 invited" in own
    assert "0 of 0 invited" in other and "Südwerk" not in other
    assert 'href="/staff/team"' in own


def test_who_sees_all_can_look_at_one_region(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.executive).get("/staff/health?region=South").text

    assert "South in wave 2026H1." in page
    assert "0 of 1 invited" in page
    assert "region=South" in page


def test_a_wave_that_there_is_not_is_not_found(office: Office, sign_in: SignIn) -> None:
    assert sign_in(office.cast.executive).get("/staff/health?wave=nonsense").status_code == 404


@pytest.mark.parametrize(
    "wish", ["region=Nowhere", "tier=%22%3E%3Cscript%3E", "role=nobody", "dimension:x=y"]
)
def test_a_slice_of_nobody_says_so(office: Office, sign_in: SignIn, wish: str) -> None:
    answer = sign_in(office.cast.executive).get(f"/staff/health?{wish}")

    assert answer.status_code == 200
    assert title_of(answer.text).startswith("0 of 0 have answered 2026H1")
    assert "Nobody has answered yet." in answer.text and "<script>" not in answer.text


def test_several_dimensions_narrow_each_other(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)

    page = executive.get("/staff/health?tier=C&role=user&role=unknown&weighting=account").text

    assert "each account counts alike" in page
    answers = re.search(r'<a href="(/staff/responses[^"]+)">12 of 12 invited</a>', page)
    assert answers
    rows = executive.get(html.unescape(answers[1])).text
    assert title_of(rows) == "12 answers in 2026H1"


def test_each_segment_opens_its_people(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)
    page = executive.get("/staff/health").text

    found = re.search(r'<a href="(/staff/responses\?segment=high_risk[^"]*)">4</a>', page)

    assert found
    rows = executive.get(html.unescape(found[1])).text
    assert rows.count('class="whole"') == 4


def test_the_answers_of_a_step_and_of_a_wave_open(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)
    page = executive.get("/staff/health?tier=C").text

    steps = [html.unescape(one) for one in re.findall(r'href="([^"]*phase=[^"]*)"', page)]
    assert steps and all("tier=C" in one and "wave=2026H1" in one for one in steps)
    shown = [int(one) for one in re.findall(r'phase=[^"]*">(\d+)</a>', page)]
    for link, count in zip(steps, shown, strict=True):
        assert executive.get(link).text.count('class="whole"') == count
    charts = re.findall(r'id="(?:nps|shares|indexes)-chart-basis">(.*?)</span></span>', page, re.DOTALL)
    assert len(charts) == 3 and all("Open the rows" in one for one in charts)


def test_a_figure_says_where_it_comes_from(full: Asking, sign_in: SignIn) -> None:
    page = sign_in(full.people.executive).get("/staff/health").text

    card = re.search(r'id="nps-basis">(.*?)</span></span>', page, re.DOTALL)
    assert card
    for said in ("13 answers of 13 accounts", "93 % of 14 invited", "each person counts alike", "version 1"):
        assert said in html.unescape(card[1])


@pytest.mark.parametrize("name", ["nps", "shares", "indexes", "matrix", "steps", "cases", "revenue-EUR"])
def test_a_chart_is_a_file_with_its_colours_inside(full: Asking, sign_in: SignIn, name: str) -> None:
    answer = sign_in(full.people.executive).get(f"/staff/health/{name}.svg?tier=C")

    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    root = ET.fromstring(answer.text)
    assert root.find("{http://www.w3.org/2000/svg}style") is not None
    assert "<script" not in answer.text and "href" not in answer.text


@pytest.mark.parametrize("name", ["trend", "nothing", "revenue-USD", "..%2Fmatrix"])
def test_a_chart_that_there_is_not_is_not_found(full: Asking, sign_in: SignIn, name: str) -> None:
    assert sign_in(full.people.executive).get(f"/staff/health/{name}.svg").status_code == 404


@pytest.mark.parametrize("who", ["mona", "support"])
def test_it_is_for_those_who_lead(office: Office, sign_in: SignIn, who: str) -> None:
    assert sign_in(getattr(office.cast, who)).get("/staff/health").status_code == 403


def test_names_and_colours_come_without_markup_of_their_own(full: Asking, sign_in: SignIn) -> None:
    page = sign_in(full.people.executive).get("/staff/health").text

    assert "<script>alert" not in page
    assert html.escape(HOSTILE, quote=False).replace('"', "&#34;").replace("'", "&#39;") in page
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)


def test_each_segment_opens_its_accounts(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)
    page = executive.get("/staff/health").text

    assert "8 accounts" in follow(executive, page, "8")
    assert "4 accounts" in follow(executive, page, "4")
    assert "Nordwind" in follow(executive, page, "1")
    silent = re.search(r'<a href="([^"]+segment=silent[^"]*)">1</a>', page)
    assert silent and "Südwerk" in executive.get(html.unescape(silent[1])).text


def test_what_is_at_risk_opens_its_accounts(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)
    page = executive.get("/staff/health").text

    rows = follow(executive, page, "4 accounts")

    assert rows.count('class="whole"') == 4
    assert "Nordwind" not in rows


def test_the_cases_of_the_wave_open(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)
    page = executive.get("/staff/health").text

    assert follow(executive, page, "The cases of this wave").count('class="whole"') == page_count(page)
    assert executive.get("/staff/cases?state=all&wave=another").text.count('class="whole"') == 0


def page_count(page: str) -> int:
    found = re.search(r"0 of (\d+) cases of this wave were contacted in time", page)
    assert found
    return int(found[1])


def test_a_dot_opens_its_account(full: Asking, sign_in: SignIn) -> None:
    executive = sign_in(full.people.executive)
    page = executive.get("/staff/health").text

    dots = re.findall(r'<a href="(/staff/accounts/\d+)" tabindex="-1">', page)

    assert len(dots) == 13
    assert executive.get(dots[0]).status_code == 200


def test_more_accounts_take_no_more_statements(
    full: Asking, sign_in: SignIn, statements: Collect, writer: Transaction
) -> None:
    executive = sign_in(full.people.executive)
    executive.get("/staff/health")
    with statements() as few:
        executive.get("/staff/health")
    with writer() as session:
        program, wave = session.query(Program).one(), session.query(Wave).one()
        more = Asking(session, NOW, program, wave, full.people)
        for number in range(100, 130):
            more.answer(more.ask_somebody(number), HAPPY)
        for topic in (ACCOUNTS, CONTACTS, invited_topic(wave.id)):
            count_change(session, topic)
    assert "43 of 44 invited" in executive.get("/staff/health").text

    with statements() as many:
        executive.get("/staff/health")

    assert len(many) == len(few) <= CONSTANT


def test_an_older_wave_opens_its_own_accounts(full: Asking, sign_in: SignIn, writer: Transaction) -> None:
    with writer() as session:
        program, wave = session.query(Program).one(), session.query(Wave).one()
        later = Wave(
            program_id=program.id,
            slug="2026H2",
            version_id=wave.version_id,
            state=WaveState.OPEN,
            scheduled_at=NOW,
            day_zero=NOW + timedelta(days=180),
            closes_at=NOW + timedelta(days=215),
        )
        session.add(later)
        session.flush()
        Asking(session, NOW, program, later, full.people).ask(full.people.anna.id)
    executive = sign_in(full.people.executive)

    latest = executive.get("/staff/health?wave=2026H2").text
    older = executive.get("/staff/health").text

    assert title_of(latest) == "0 of 1 have answered 2026H2"
    assert title_of(older) == "NPS +23"
    assert "2026H2 is under way" in older and "2026H2 is under way" not in latest
    rows = follow(executive, older, "8")
    assert "8 accounts" in rows and "Accounts in 2026H1" in rows


def test_a_letter_that_waits_is_named_to_whoever_approves_it(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    waits = "The letter of 2026H1 waits for your approval"
    eva = sign_in(office.cast.executive)
    assert waits not in eva.get("/staff/health").text

    with writer() as session:
        wave = session.get_one(Wave, office.wave)
        begin_letter(session, wave, by=office.cast.admin.id, now=NOW)

    assert waits in eva.get("/staff/health").text
    assert waits not in sign_in(office.cast.leader).get("/staff/health").text
