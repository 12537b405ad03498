"""Rates, churn and benchmarks: an admin enters, leaders read, nothing typed is lost."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from surveyd.base.changes import ACCOUNTS, CONTACTS, count_change, invited_topic
from surveyd.people.models import Account, AuditEntry
from surveyd.people.rate_models import CurrencyRate
from surveyd.results.churn import churn_rates
from surveyd.results.outside import outside_figures
from surveyd.results.outside_models import ChurnFigures, OutsideFigure
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave
from tests.results.test_movement import next_wave
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
RATE = {"currency": "CHF", "rate": "1.0823", "day": "2026-03-09"}
CHURN = {
    "begins": "2025-01-01",
    "ends": "2025-12-31",
    "accounts_at_risk": "20",
    "left_at_risk": "6",
    "accounts_secure": "180",
    "left_secure": "4",
}
FIGURE = {
    "measure": "nps",
    "title": "Software in Europe",
    "value": "32.5",
    "people": "",
    "source": "A yearly report",
    "day": "2026-01-31",
}
FILE = "measure,title,value,people,source,date\nnps,Others,41,,A report,2026-01-31\n"
READERS = ["admin", "executive", "leader"]
OTHERS = ["mona", "support", "outsider"]
PAGES = ["/staff/rates", "/staff/churn", "/staff/benchmarks"]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


def title_of(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("path", PAGES)
def test_leaders_read_and_only_an_admin_enters(office: Office, sign_in: SignIn, path: str) -> None:
    for name in READERS:
        page = sign_in(getattr(office.cast, name)).get(path)
        assert page.status_code == 200
        assert ('<form method="post"' in page.text) == (name == "admin")
        assert sign_in(getattr(office.cast, name)).post(path).status_code == (422 if name == "admin" else 403)
    for name in OTHERS:
        assert sign_in(getattr(office.cast, name)).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_before_anything_is_there_a_page_says_what_it_will_show(
    cast_alone: Office, sign_in: SignIn, path: str
) -> None:
    page = sign_in(cast_alone.cast.executive).get(path)

    assert page.status_code == 200
    assert 'class="empty"' in page.text


def test_a_rate_is_entered_and_corrected_by_another(admin: Staff, reader: Transaction) -> None:
    assert "Choose the currency" in admin.post("/staff/rates", **RATE).text
    admin.post("/staff/rates/reporting", reporting="eur")

    for rate in ("1.0823", "1.09"):
        answer = admin.post("/staff/rates", **{**RATE, "rate": rate})
        assert answer.status_code == 303

    page = admin.get("/staff/rates").text
    assert title_of(page) == "All sums can be told in EUR"
    assert "1.09 EUR" in page and "1.0823 EUR" in page and "9 March 2026" in page
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(CurrencyRate)) == 2
        assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(3)).all() == [
            "enter", "enter", "choose",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("rate", "0"), ("rate", "-1"), ("rate", "NaN"), ("rate", "1e308"), ("rate", "1,234"),
        ("rate", HOSTILE),
        ("rate", ""), ("currency", "EURO"), ("currency", HOSTILE), ("currency", ""), ("day", "soon"),
        ("day", ""), ("day", "2027-01-01"), ("currency", "EUR"),
    ],
)  # fmt: skip
def test_what_is_no_rate_is_said_beside_its_field(
    admin: Staff, reader: Transaction, field: str, typed: str
) -> None:
    admin.post("/staff/rates/reporting", reporting="EUR")

    answer = admin.post("/staff/rates", **{**RATE, field: typed})

    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text and HOSTILE not in answer.text
    assert 'value="2026-03-09"' in answer.text or field == "day", "what was typed is kept"
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(CurrencyRate)) == 0


def test_a_decimal_comma_is_a_rate(admin: Staff, reader: Transaction) -> None:
    admin.post("/staff/rates/reporting", reporting="EUR")

    assert admin.post("/staff/rates", **{**RATE, "rate": "1,0823"}).status_code == 303
    with reader() as session:
        assert session.scalar(select(CurrencyRate.trillionths)) == 1_082_300_000_000


def test_a_currency_without_a_rate_is_counted(admin: Staff, office: Office, writer: Transaction) -> None:
    with writer() as session:
        session.get_one(Account, office.cast.sudwerk).currency = "CHF"
    admin.post("/staff/rates/reporting", reporting="EUR")

    assert title_of(admin.get("/staff/rates").text) == "Sums are told in EUR; 1 currency has no rate"
    health = admin.get("/staff/health").text
    assert "The revenue of 1 account is in CHF, which has no rate: it stands apart." in health
    admin.post("/staff/rates", **RATE)
    health = admin.get("/staff/health").text
    assert "Converted into EUR by rates of 9 March 2026 or later." in health and "stands apart" not in health


def test_churn_is_entered_and_a_loss_follows(admin: Staff, reader: Transaction) -> None:
    assert "An expected loss is said only from your own churn." in admin.get("/staff/health").text

    assert admin.post("/staff/churn", **CHURN).status_code == 303

    page = admin.get("/staff/churn").text
    assert title_of(page) == "10 of 200 accounts have left (5.0\N{NO-BREAK SPACE}%)"
    assert "Ada Admin" in page
    health = admin.get("/staff/health").text
    assert "Expected loss:" in health and "From churn figures that were entered." in health
    with reader() as session:
        assert churn_rates(session, now=NOW).accounts == 200


def test_a_leader_reads_rates_and_no_counts_of_others(admin: Staff, office: Office, sign_in: SignIn) -> None:
    admin.post("/staff/churn", **CHURN)

    page = sign_in(office.cast.leader).get("/staff/churn").text

    assert title_of(page) == "5.0\N{NO-BREAK SPACE}% of the accounts have left"
    assert "200" not in page and "180" not in page


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("left_secure", "181"), ("left_at_risk", "-1"), ("accounts_secure", "NaN"),
        ("accounts_secure", "1e308"),
        ("accounts_secure", "9" * 30), ("accounts_secure", "1,5"), ("begins", "2026-01-01"), ("ends", ""),
        ("ends", "2027-01-01"), ("begins", HOSTILE),
    ],
)  # fmt: skip
def test_what_is_no_churn_is_said_beside_its_field(
    admin: Staff, reader: Transaction, field: str, typed: str
) -> None:
    answer = admin.post("/staff/churn", **{**CHURN, field: typed})

    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text and HOSTILE not in answer.text
    assert 'value="20"' in answer.text, "what was typed is kept"
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(ChurnFigures)) == 0


def test_a_figure_of_others_is_entered_shown_and_withdrawn(admin: Staff, reader: Transaction) -> None:
    assert admin.post("/staff/benchmarks", **FIGURE).status_code == 303
    assert admin.post("/staff/benchmarks", **FIGURE).status_code == 303

    page = admin.get("/staff/benchmarks").text
    assert "Software in Europe" in page and "A yearly report" in page and "31 January 2026" in page
    assert "32.5" in page and "no verdict" in page, "two answers carry no verdict"
    with reader() as session:
        [line] = outside_figures(session)
    assert admin.post(f"/staff/benchmarks/{line.id}/withdrawn").status_code == 303
    assert "Software in Europe" not in admin.get("/staff/benchmarks").text
    for figure in ("x", "0", "999", "9" * 30, "٣"):
        assert admin.post(f"/staff/benchmarks/{figure}/withdrawn").status_code == 404


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("value", "101"), ("value", "NaN"), ("value", "1e308"), ("value", "32,5"), ("title", ""),
        ("source", " "),
        ("title", "x" * 201), ("people", "0"), ("people", "many"), ("day", "2027-01-01"), ("day", ""),
        ("measure", "mood"), ("title", "a\0b"),
    ],
)  # fmt: skip
def test_what_is_no_figure_is_said_beside_its_field(
    admin: Staff, reader: Transaction, field: str, typed: str
) -> None:
    answer = admin.post("/staff/benchmarks", **{**FIGURE, field: typed})

    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text
    assert "A yearly report" in answer.text or field == "source", "what was typed is kept"
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(OutsideFigure)) == 0


def test_a_file_is_shown_before_it_is_kept(admin: Staff, reader: Transaction) -> None:
    file = (io.BytesIO(FILE.encode()), "figures.csv")
    shown = admin.post("/staff/benchmarks/file", file=file)  # type: ignore[arg-type]  # a file

    assert shown.status_code == 200 and "Keep this figure" in shown.text
    with reader() as session:
        assert outside_figures(session) == ()
    found = re.search(r'name="seen" value="(\w+)"', shown.text)
    assert found
    changed = admin.post("/staff/benchmarks/file", text=FILE.replace("41", "42"), seen=found[1])
    assert changed.status_code == 200, "another text is shown first"
    assert admin.post("/staff/benchmarks/file", text=FILE, seen=found[1]).status_code == 303
    assert (
        admin.post("/staff/benchmarks/file", text=FILE.replace("\n", "\r\n"), seen=found[1]).status_code
        == 303
    )
    with reader() as session:
        assert [line.value for line in outside_figures(session)] == [41]


@pytest.mark.parametrize(
    "text", ["", "x" * 200_001, FILE + f"nps,{HOSTILE},200,,A,2026-01-31\n", "\0", FILE + '"']
)
def test_a_file_with_a_fault_keeps_nothing(admin: Staff, reader: Transaction, text: str) -> None:
    answer = admin.post("/staff/benchmarks/file", text=text)

    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text and HOSTILE not in answer.text
    with reader() as session:
        assert outside_figures(session) == ()


@pytest.mark.parametrize("wish", ["by=mood", "wave=none", "by=%00", "wave=%00"])
def test_what_there_is_not_is_not_found(admin: Staff, wish: str) -> None:
    assert admin.get(f"/staff/benchmarks?{wish}").status_code == 404


def test_raw_scores_of_countries_stand_only_where_they_are_asked_for(admin: Staff) -> None:
    page = admin.get("/staff/benchmarks?by=country").text
    assert "are not ranked" in page and "Show the raw scores all the same" in page
    assert '<th role="columnheader">Score</th>' not in page

    raw = admin.get("/staff/benchmarks?by=country&raw=yes").text
    assert "Hide the raw scores" in raw and '<th role="columnheader">Score</th>' in raw
    assert "are not ranked" not in admin.get("/staff/benchmarks?by=tier").text


@pytest.fixture
def moved(writer: Transaction) -> Asking:
    """Anna was happy and no longer is, Aziz fell silent, Sofie speaks for the first time."""
    with writer() as session:
        first = open_wave(session, NOW - timedelta(days=200))
        first.answer(first.ask(first.people.anna.id), HAPPY)
        first.answer(first.ask(first.people.aziz.id), HAPPY)
        first.ask(first.people.sofie.id)
        second = next_wave(first)
        second.wave.day_zero = NOW
        second.answer(second.ask(first.people.anna.id), UNHAPPY)
        second.ask(first.people.aziz.id)
        second.answer(second.ask(first.people.sofie.id), HAPPY)
        return second


def test_a_cell_opens_its_people(moved: Asking, sign_in: SignIn) -> None:
    staff = sign_in(moved.people.executive)
    page = staff.get("/staff/health").text.replace("&amp;", "&")
    cells = re.findall(r'href="(/staff/moves/people[^"]*)">(\d+)</a>', page)
    assert len(cells) == 3

    for path, count in cells:
        people = staff.get(path).text
        assert title_of(people).startswith(f"{count} person")
        assert "2026H1" in people and "2026H2" in people
    trapped = staff.get("/staff/moves/people?before=truly_loyal&now=trapped").text
    assert "Anna Adler" in trapped and "Aziz" not in trapped and "Sofie" not in trapped


def test_a_cell_opens_its_accounts(moved: Asking, sign_in: SignIn) -> None:
    staff = sign_in(moved.people.executive)
    page = staff.get("/staff/health").text.replace("&amp;", "&")
    cells = re.findall(r'href="(/staff/accounts\?[^"]*before=[^"]*)">(\d+)</a>', page)
    assert len(cells) == 2

    for path, count in cells:
        accounts = staff.get(path).text
        assert accounts.count('class="whole"') == int(count)
    names = [re.findall(r'class="whole"[^>]*>([^<]*)<', staff.get(path).text) for path, _ in cells]
    assert sorted(names) == [["Nordwind"], ["Südwerk"]]


def test_a_leader_sees_the_people_of_the_region(moved: Asking, sign_in: SignIn) -> None:
    leader = sign_in(moved.people.leader).get("/staff/moves/people").text
    assert title_of(leader).startswith("2 people") and "Sofie" not in leader
    assert sign_in(moved.people.mona).get("/staff/moves/people").status_code == 403
    region = sign_in(moved.people.admin).get("/staff/moves/people?region=South").text
    assert "Sofie" in region and "Anna" not in region


def test_moves_that_there_are_not(moved: Asking, sign_in: SignIn) -> None:
    staff = sign_in(moved.people.executive)

    assert title_of(staff.get("/staff/moves/people?before=accessible").text) == "Nobody has moved like that"
    assert staff.get("/staff/moves/people?since=none").status_code == 404
    assert staff.get("/staff/moves/people?after=x").status_code == 409


def test_more_people_take_no_more_statements(
    moved: Asking, sign_in: SignIn, statements: Collect, writer: Transaction
) -> None:
    staff = sign_in(moved.people.executive)
    counts = []
    for path in ("/staff/moves/people", "/staff/benchmarks"):
        staff.get(path)
        with statements() as few:
            staff.get(path)
        counts.append(len(few))
    with writer() as session:
        again = Asking(
            session, NOW, session.merge(moved.program), session.merge(moved.wave), moved.people, {}
        )
        for number in range(30):
            again.answer(again.ask_somebody(number), HAPPY)
        for topic in (ACCOUNTS, CONTACTS, invited_topic(again.wave.id)):
            count_change(session, topic)
    for path, before in zip(("/staff/moves/people", "/staff/benchmarks"), counts, strict=True):
        staff.get(path)
        with statements() as many:
            assert staff.get(path).status_code == 200
        assert len(many) <= before
