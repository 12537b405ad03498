"""Figures and the rows behind them: each count of a page opens as many rows as it says."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from surveyd.base.changes import ACCOUNTS, CONTACTS, count_change, invited_topic
from surveyd.distribution.models import Invitation, Program, Wave, WaveState
from surveyd.people.models import Account, Contact
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking, open_wave
from tests.web.offices import SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
ROWS = re.compile(r'<a href="(/staff/(?:asked|responses)(?:\?[^"]*)?)">([^<]*?)</a>')
SAID = (HAPPY, HAPPY, CONTENT, UNHAPPY)
CONSTANT = 7
"""Statements of the list of those asked, the reader's own row included."""


@pytest.fixture
def twice(writer: Transaction) -> Asking:
    """Two waves: of the twelve who answered the first, five are silent in the second, which asks three more.

    Half of them are Nordwind's, half Südwerk's; two of the first rated nothing.
    """
    with writer() as session:
        first = open_wave(session, NOW)
        homes = (first.people.nordwind, first.people.sudwerk)
        said = [SAID[number % 4] for number in range(10)] + [{"satisfied": 4}, {"satisfied": 4}]
        for number, answers in enumerate(said):
            first.answer(first.ask_somebody(number, account_id=homes[number % 2]), answers)
        first.wave.state = WaveState.CLOSED
        again = Asking(session, NOW, first.program, later_wave(first), first.people)
        known = session.query(Contact).filter(Contact.external_id.like("N-%")).order_by(Contact.id).all()
        for number, contact in enumerate(known):
            invitation = again.ask(contact.id)
            if number >= 5:
                again.answer(invitation, SAID[number % 4])
        for number in range(20, 23):
            again.ask_somebody(number, account_id=homes[number % 2])
        again.wave.state = WaveState.CLOSED
    return again


def later_wave(first: Asking) -> Wave:
    wave = Wave(
        program_id=first.program.id,
        slug="2026H2",
        version_id=first.wave.version_id,
        state=WaveState.OPEN,
        scheduled_at=NOW,
        day_zero=NOW + timedelta(days=180),
        closes_at=NOW + timedelta(days=215),
    )
    first.session.add(wave)
    first.session.flush()
    return wave


def ways(page: str) -> Iterator[tuple[str, int]]:
    """Each way to rows that begins with a number, with the number that it says."""
    for link, said in ROWS.findall(page):
        if "%" not in said and (found := re.match(r"([\d,]+)\b", said.removeprefix("of "))):
            yield html.unescape(link), int(found[1].replace(",", ""))


def rows_of(who: Staff, link: str) -> int:
    answer = who.get(link)
    assert answer.status_code == 200
    return answer.text.count('<tr role="row">\n<td')


def opened(who: Staff, path: str) -> dict[str, int]:
    """Hold every count of a page against its rows; returns them by what narrows them."""
    found: dict[str, int] = {}
    for link, said in ways(who.get(path).text):
        rows = rows_of(who, link)
        assert rows == said, (link, said, rows)
        found[link] = said
    return found


def counted(found: dict[str, int], *words: str) -> set[int]:
    return {said for link, said in found.items() if all(word in link for word in words)}


def test_what_health_counts_opens_as_many_rows(twice: Asking, sign_in: SignIn) -> None:
    found = opened(sign_in(twice.people.executive), "/staff/health?wave=2026H2")

    assert counted(found, "answered=no") == {8, 5}
    assert counted(found, "answered=no", "was=rated") == {5}
    assert counted(found, "answered=yes", "was=rated") == {5}
    assert counted(found, "phase=invitation", "category=rated") == {7}
    assert counted(found, "category=rated") == {7}


def test_segments_indexes_and_waves_of_health_open_their_answers(twice: Asking, sign_in: SignIn) -> None:
    executive = sign_in(twice.people.executive)
    path = "/staff/health?wave=2026H1"
    found = opened(executive, path)

    assert counted(found, "said=attitude") and counted(found, "said=intent")
    [placed] = counted(found, "segment=placed")
    shares = re.findall(r'href="([^"]*segment=\w+[^"]*)">([\d.]+)\s?%<', executive.get(path).text)
    assert shares
    for link, share in shares:
        assert round(100 * rows_of(executive, html.unescape(link)) / placed) == round(float(share))


def test_cases_in_time_or_not_open_as_many_cases(twice: Asking, sign_in: SignIn) -> None:
    executive = sign_in(twice.people.executive)
    page = executive.get("/staff/health?wave=2026H1").text

    fates = re.findall(r'href="([^"]*fate=(\w+)[^"]*)">(\d+)<', page)
    assert fates
    for link, fate, said in fates:
        rows = executive.get(html.unescape(link)).text.count('<a class="whole" href="/staff/cases/')
        assert rows == int(said), fate


@pytest.mark.parametrize(("category", "people"), [("promoter", 3), ("passive", 2), ("detractor", 2)])
def test_promoters_passives_and_detractors_open_one_by_one(
    twice: Asking, sign_in: SignIn, category: str, people: int
) -> None:
    found = opened(sign_in(twice.people.executive), "/staff/health?wave=2026H2")

    assert counted(found, f"category={category}") == {people}


@pytest.mark.parametrize("path", ["/staff/health?wave=2026H2", "/staff/breakdown?wave=2026H2&by=region"])
def test_a_leader_opens_what_the_region_counts(twice: Asking, sign_in: SignIn, path: str) -> None:
    company, north = (opened(sign_in(who), path) for who in (twice.people.executive, twice.people.leader))

    assert north and max(north.values()) < max(company.values())


@pytest.mark.parametrize("by", ["region", "role", "tier"])
def test_what_a_line_of_a_breakdown_counts_opens_as_many_rows(
    twice: Asking, sign_in: SignIn, by: str
) -> None:
    found = opened(sign_in(twice.people.executive), f"/staff/breakdown?wave=2026H1&by={by}")

    assert counted(found, "/staff/responses") and counted(found, "/staff/asked") >= {12}


def test_what_an_account_counts_opens_as_many_rows_for_its_manager(twice: Asking, sign_in: SignIn) -> None:
    mona = sign_in(twice.people.mona)

    found = opened(mona, f"/staff/accounts/{twice.people.nordwind}")

    assert counted(found, "category=promoter") and counted(found, "/staff/asked") >= {6, 8}
    page = mona.get(f"/staff/accounts/{twice.people.nordwind}").text
    silent = re.search(r'<a href="([^"]+)">All who are silent', page)
    assert silent
    assert rows_of(mona, html.unescape(silent[1])) == 5


@pytest.fixture
def group(twice: Asking, writer: Transaction) -> Asking:
    """The same with Südwerk below Nordwind and a branch below Südwerk, where one answers without a figure."""
    with writer() as session:
        branch = Account(external_id="B-1", name="Zweig", region="South", created_at=NOW, updated_at=NOW)
        branch.parent_id = twice.people.sudwerk
        session.add(branch)
        session.get_one(Account, twice.people.sudwerk).parent_id = twice.people.nordwind
        session.flush()
        program, wave = session.query(Program).one(), session.query(Wave).filter_by(slug="2026H2").one()
        more = Asking(session, NOW, program, wave, twice.people)
        more.answer(more.ask_somebody(50, account_id=branch.id), {"why": "no figure at all"})
        more.ask_somebody(51, account_id=branch.id)
        for topic in (ACCOUNTS, CONTACTS, invited_topic(wave.id)):
            count_change(session, topic)
    return twice


def test_what_a_group_counts_opens_its_rows_with_the_children(group: Asking, sign_in: SignIn) -> None:
    admin = sign_in(group.people.admin)

    found = opened(admin, f"/staff/accounts/{group.people.nordwind}")

    of_group = {link: said for link, said in found.items() if f"parent={group.people.nordwind}" in link}
    assert counted(of_group, "said=either") == {7}, "the eighth says nothing that places anybody"
    score = re.search(
        r'<a href="([^"]*parent=[^"]*category=rated[^"]*|[^"]*category=\w+[^"]*parent=[^"]*)"',
        admin.get(f"/staff/accounts/{group.people.nordwind}").text,
    )
    assert score and "The group of Nordwind" in admin.get(html.unescape(score[1])).text
    members = admin.get("/staff/accounts?group=with&wave=2026H2").text
    assert f"/staff/asked?wave=2026H2&amp;answered=yes&amp;parent={group.people.nordwind}" in members
    assert rows_of(admin, f"/staff/asked?wave=2026H2&parent={group.people.nordwind}") == 17
    assert rows_of(admin, f"/staff/responses?wave=2026H2&parent={group.people.sudwerk}") == 5


def test_a_group_opens_no_rows_of_accounts_out_of_sight(group: Asking, sign_in: SignIn) -> None:
    mona, milo = sign_in(group.people.mona), sign_in(group.people.milo)
    nordwind = f"parent={group.people.nordwind}"

    assert opened(mona, f"/staff/accounts/{group.people.nordwind}")
    for path in ("asked", "responses"):
        own = mona.get(f"/staff/{path}?wave=2026H2&{nordwind}").text
        assert "Nordwind" in own and "Südwerk" not in own and "Zweig" not in own
        # The head of the group is out of sight for him, and so is its name.
        foreign = milo.get(f"/staff/{path}?wave=2026H2&{nordwind}").text
        assert "Nordwind" not in foreign and foreign.count('<tr role="row">\n<td') == 0
        assert rows_of(milo, f"/staff/{path}?wave=2026H2&parent=x") == 0


@pytest.mark.parametrize(("step", "rows"), [("reached", 0), ("started", 7), ("nonsense", 15)])
def test_those_asked_are_narrowed_by_how_far_they_came(
    twice: Asking, sign_in: SignIn, step: str, rows: int
) -> None:
    assert rows_of(sign_in(twice.people.executive), f"/staff/asked?wave=2026H2&step={step}") == rows


@pytest.mark.parametrize("wish", ["", "answered=no", "was=rated", "account={foreign}"])
def test_nobody_sees_who_was_asked_at_the_account_of_another(
    twice: Asking, sign_in: SignIn, wish: str
) -> None:
    path = "/staff/asked?wave=2026H2&" + wish.format(foreign=twice.people.sudwerk)

    mona, admin = (sign_in(who).get(path).text for who in (twice.people.mona, twice.people.admin))

    assert "Südwerk" not in mona and "Südwerk" in admin


def test_what_somebody_said_for_another_account_is_not_the_readers(
    twice: Asking, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        later = session.query(Wave.id).filter_by(slug="2026H2").scalar()
        # Nina 1 of Südwerk, who rated there, goes to Nordwind and is asked and silent there.
        nina = session.query(Contact).filter_by(external_id="N-1").one()
        nina.account_id = twice.people.nordwind
        for invitation in session.query(Invitation).filter_by(contact_id=nina.id):
            if invitation.wave_id == later:
                invitation.account_id = twice.people.nordwind
        for topic in (CONTACTS, invited_topic(later)):
            count_change(session, topic)

    company = opened(sign_in(twice.people.executive), "/staff/health?wave=2026H2")
    north = opened(sign_in(twice.people.leader), "/staff/health?wave=2026H2")

    assert counted(company, "answered=no", "was=rated") == {5}
    assert counted(north, "answered=no", "was=rated") == {3}


def test_an_answer_narrows_nobody_who_was_asked(twice: Asking, sign_in: SignIn) -> None:
    executive = sign_in(twice.people.executive)

    page = executive.get("/staff/asked?wave=2026H2&phase=call&came_by=phone&answered=nonsense&was=-").text

    assert "15 people were asked by 2026H2" in page
    assert "Nobody whom 2026H2 asked" in executive.get("/staff/asked?wave=2026H2&account=x").text
    assert executive.get("/staff/asked?wave=2030H1").status_code == 404
    assert executive.get("/staff/asked?after=nonsense").status_code == 409


def test_several_waves_have_no_wave_before(twice: Asking, sign_in: SignIn) -> None:
    executive = sign_in(twice.people.executive)

    page = executive.get("/staff/asked?wave=2026H1&wave=2026H2").text

    assert "27 people were asked by 2026H1, 2026H2" in page and "Rated us in" not in page
    assert rows_of(executive, "/staff/asked?wave=2026H1&wave=2026H2&was=rated") == 0


def test_more_people_take_no_more_statements(
    twice: Asking, sign_in: SignIn, statements: Collect, writer: Transaction
) -> None:
    executive = sign_in(twice.people.executive)
    path = "/staff/asked?wave=2026H2&was=rated"
    with statements() as few:
        executive.get(path)
    with writer() as session:
        program, wave = session.query(Program).one(), session.query(Wave).filter_by(slug="2026H2").one()
        more = Asking(session, NOW, program, wave, twice.people)
        for number in range(100, 120):
            more.ask_somebody(number)
    with statements() as many:
        executive.get(path)

    assert len(many) == len(few) <= CONSTANT
