"""The list of accounts: what each line says, how it is sorted and narrowed, and what a file of it holds."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.distribution.models import Wave, WaveState
from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope, scope_of
from surveyd.people.models import Account, User
from surveyd.reports.accounts import AccountList, account_list
from surveyd.reports.accounts_export import accounts_csv
from surveyd.reports.accounts_narrowing import FILTERS
from surveyd.reports.accounts_query import SORTS
from surveyd.results.revenue import Money
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

Collect = Callable[[], AbstractContextManager[list[str]]]
AT_RISK: dict[str, int | str] = {"recommend": 0, "satisfied": 1, "better": 1, "renew": 1}


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


@pytest.fixture
def heard(asking: Asking) -> Asking:
    """Anna of Nordwind is at high risk and Aziz silent; Sofie of Südwerk is happy; Alone was not asked."""
    people = asking.people
    asking.answer(asking.ask(people.anna.id), AT_RISK)
    asking.ask(people.aziz.id)
    asking.answer(asking.ask(people.sofie.id), HAPPY, now=NOW + timedelta(hours=1))
    asking.session.add(
        Account(
            external_id="LONE-1",
            name="Alone",
            revenue_cents=7_00,
            currency="USD",
            created_at=NOW,
            updated_at=NOW,
        )
    )
    asking.session.flush()
    return asking


def listed(asking: Asking, sort: str = "name", search: str = "", **filters: str) -> AccountList:
    return account_list(asking.session, scope=SYSTEM, now=NOW, wanted=Wanted(search, sort, filters=filters))


def names(found: AccountList) -> list[str]:
    return [line.name for line in found.lines]


def in_file(asking: Asking, scope: Scope, wanted: Wanted | None = None) -> list[dict[str, str]]:
    text = "".join(accounts_csv(asking.session, scope=scope, now=NOW, wanted=wanted or Wanted(sort="name")))
    return list(csv.DictReader(io.StringIO(text)))


def test_the_list_counts_each_account_once(asking: Asking) -> None:
    people = asking.people
    asking.answer(asking.ask(people.anna.id), AT_RISK)
    asking.answer(asking.ask(people.aziz.id), HAPPY, now=NOW + timedelta(hours=1))

    found = account_list(asking.session, scope=SYSTEM, now=NOW)

    assert found.title == "1 of 2 accounts with somebody at high risk"
    nordwind, sudwerk = found.lines
    assert (nordwind.answered, nordwind.invited, nordwind.recommend) == (
        2,
        2,
        (("1 promoter", "promoter"), ("1 detractor", "detractor")),
    )
    assert [str(flag.name) for flag in nordwind.flags] == [
        "decision maker at high risk",
        "decision maker is a detractor",
        "split",
    ]
    assert (nordwind.confidence_words, nordwind.coverage) == (
        "medium confidence",
        "2 of 2 asked have answered, a decision maker among them.",
    )
    assert nordwind.manager == "Mona Manager"
    assert (sudwerk.segment, sudwerk.invited, sudwerk.before) == ("not_asked", 0, "")
    assert account_list(asking.session, scope=NOBODY, now=NOW).lines == ()


def test_from_ten_ratings_on_there_is_a_score(asking: Asking) -> None:
    for number in range(10):
        answers = HAPPY if number else UNHAPPY
        asking.answer(asking.ask_somebody(number, account_id=asking.people.nordwind), answers)

    assert account_list(asking.session, scope=SYSTEM, now=NOW).lines[0].recommend == (("NPS +80", "rated"),)


def test_who_fell_silent_is_told_with_where_they_stood(heard: Asking) -> None:
    later = NOW + timedelta(days=180)
    wave = Wave(
        program_id=heard.program.id,
        slug="2026H2",
        version_id=heard.wave.version_id,
        state=WaveState.OPEN,
        scheduled_at=later,
        day_zero=later,
    )
    heard.session.add(wave)
    heard.session.flush()

    nordwind = listed(heard, search="Nordwind", wave="2026H2").lines[0]

    assert (nordwind.segment, nordwind.before, nordwind.answered) == ("not_asked", "high_risk", 0)
    heard.wave = wave
    heard.asked.clear()
    heard.ask(heard.people.anna.id)
    at, wish = later + timedelta(days=15), Wanted(filters={"flag": "went_quiet", "wave": "2026H2"})
    [quiet] = account_list(heard.session, scope=SYSTEM, now=at, wanted=wish).lines
    assert (quiet.name, quiet.segment, quiet.before) == ("Nordwind", "silent", "high_risk")
    assert [str(flag.name) for flag in quiet.flags] == ["went quiet"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["Alone", "Nordwind", "Südwerk"]),
        ("-name", ["Südwerk", "Nordwind", "Alone"]),
        ("manager", ["Alone", "Südwerk", "Nordwind"]),
        ("region", ["Alone", "Nordwind", "Südwerk"]),
        ("tier", ["Alone", "Nordwind", "Südwerk"]),
        ("segment", ["Nordwind", "Südwerk", "Alone"]),
        ("recommend", ["Nordwind", "Südwerk", "Alone"]),
        ("-revenue", ["Nordwind", "Südwerk", "Alone"]),
        ("answered", ["Nordwind", "Südwerk", "Alone"]),
        ("renewal", ["Südwerk", "Nordwind", "Alone"]),
        ("nonsense", ["Alone", "Nordwind", "Südwerk"]),
    ],
)
def test_the_database_sorts(heard: Asking, sort: str, expected: list[str]) -> None:
    heard.session.get_one(Account, heard.people.sudwerk).renewal_date = date(2026, 5, 1)
    heard.session.flush()

    assert names(listed(heard, sort)) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"region": "North"}, ["Nordwind"]),
        ({"region": "no'where\""}, []),
        ({"tier": "B"}, ["Südwerk"]),
        ({"segment": "high_risk"}, ["Nordwind"]),
        ({"segment": "silent"}, []),
        ({"segment": "not_asked"}, ["Alone"]),
        ({"segment": "nonsense"}, ["Alone", "Nordwind", "Südwerk"]),
        ({"flag": "dm_high_risk"}, ["Nordwind"]),
        ({"flag": "single_voice"}, ["Nordwind", "Südwerk"]),
        ({"flag": "split"}, []),
        ({"flag": "nonsense"}, ["Alone", "Nordwind", "Südwerk"]),
        ({"response": "not_asked"}, ["Alone"]),
        ({"response": "nobody"}, []),
        ({"response": "some"}, ["Nordwind"]),
        ({"response": "all"}, ["Südwerk"]),
        ({"manager": "none"}, ["Alone"]),
        ({"manager": "9" * 40}, []),
        ({"manager": "1 OR 1"}, []),
        ({"search": "WIND"}, ["Nordwind"]),
        ({"search": "LONE-1"}, ["Alone"]),
        ({"search": "%"}, []),
        ({"search": "nord", "segment": "truly_loyal"}, []),
    ],
)
def test_the_database_narrows(heard: Asking, filters: dict[str, str], expected: list[str]) -> None:
    found = listed(heard, **filters)

    assert names(found) == expected
    assert found.total == len(expected)
    assert found.title != "No account fits" or not expected


def test_nobody_has_answered_is_a_state_of_its_own(asking: Asking) -> None:
    asking.ask(asking.people.sofie.id)

    assert names(listed(asking, response="nobody")) == ["Südwerk"]


def test_a_manager_can_be_chosen_by_who_sees_several(heard: Asking) -> None:
    people = heard.people
    found = listed(heard, manager=str(people.milo.id))

    assert names(found) == ["Südwerk"]
    assert found.choices.managers == (
        (str(people.milo.id), "Milo Manager"),
        (str(people.mona.id), "Mona Manager"),
        ("none", "Nobody"),
    )
    assert found.choices.regions == (("North", "North"), ("South", "South"))


def test_amounts_in_two_currencies_are_never_added(heard: Asking) -> None:
    assert listed(heard).revenue == (Money("EUR", 9_400_000_00, 2), Money("USD", 7_00, 1))
    assert listed(heard, tier="B").revenue == (Money("EUR", 400_000_00, 1),)


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{sort}" for sort in SORTS)])
def test_page_by_page_every_account_comes_once(heard: Asking, sort: str) -> None:
    for number in range(5):
        heard.ask_somebody(number)
    whole = names(listed(heard, sort))
    found, after = [], ""
    while True:
        page = account_list(
            heard.session, scope=SYSTEM, now=NOW, wanted=Wanted(sort=sort, after=after), limit=2
        )
        found += names(page)
        after = page.after
        if not after:
            break

    assert len(whole) == 8
    assert found == whole
    with pytest.raises(Refused):
        account_list(heard.session, scope=SYSTEM, now=NOW, wanted=Wanted(sort=sort, after="x"))


SEEN = {
    "admin": ["Alone", "Nordwind", "Südwerk"],
    "executive": ["Alone", "Nordwind", "Südwerk"],
    "leader": ["Nordwind"],
    "mona": ["Nordwind"],
    "milo": ["Südwerk"],
    "outsider": [],
    "support": [],
}


@pytest.mark.parametrize("who", SEEN)
def test_everybody_lists_sums_and_exports_their_own(heard: Asking, who: str) -> None:
    scope = scope_of(heard.session.get_one(User, getattr(heard.people, who).id))

    found = account_list(heard.session, scope=scope, now=NOW)

    assert names(found) == SEEN[who]
    assert found.total == len(SEEN[who])
    assert found.at_risk == ("Nordwind" in SEEN[who])
    assert [line["name"] for line in in_file(heard, scope)] == SEEN[who]
    everything = account_list(heard.session, scope=SYSTEM, now=NOW)
    assert set(found.choices.managers) <= set(everything.choices.managers)
    assert len(found.choices.regions) == len(set(SEEN[who]) - {"Alone"})


def test_who_may_not_see_money_sees_none(heard: Asking) -> None:
    # No reach of today lists accounts without their revenue; the file holds the rule all the same.
    lines = "".join(accounts_csv(heard.session, scope=Scope(Reach.CALLS, 1), now=NOW, wanted=Wanted()))

    assert lines == (
        "external_id,name,country,region,tier,manager_email,renewal_date,wave,"
        "invited,answered,segment,promoters,passives,detractors,confidence,flags,policy\r\n"
    )
    assert account_list(heard.session, scope=Scope(Reach.CALLS, 1), now=NOW).revenue == ()


def test_a_file_has_the_rows_of_the_list_in_its_order(heard: Asking) -> None:
    found = in_file(heard, SYSTEM, Wanted(sort="-revenue", after="kept out", filters={"tier": "A"}))

    assert found == [
        {
            "external_id": "NORDWIND",
            "name": "Nordwind",
            "country": "DE",
            "region": "North",
            "tier": "A",
            "manager_email": "mona@company.test",
            "renewal_date": "",
            "revenue": "9000000.00",
            "currency": "EUR",
            "wave": "2026H1",
            "invited": "2",
            "answered": "1",
            "segment": "high_risk",
            "promoters": "0",
            "passives": "0",
            "detractors": "1",
            "confidence": "medium",
            "flags": "dm_high_risk dm_detractor single_voice",
            "policy": "1",
        }
    ]


def test_no_spreadsheet_runs_a_name(asking: Asking) -> None:
    hostile = '=HYPERLINK("x")\r\n,"; DROP <b>'
    asking.session.get_one(Account, asking.people.nordwind).name = hostile
    asking.session.flush()

    assert in_file(asking, SYSTEM)[0]["name"] == f"'{hostile}"


def test_a_long_list_is_written_in_parts(asking: Asking) -> None:
    for number in range(700):
        asking.session.add(
            Account(external_id=f"L{number}", name=f"Many {number}", created_at=NOW, updated_at=NOW)
        )
    asking.session.flush()

    parts = list(accounts_csv(asking.session, scope=SYSTEM, now=NOW, wanted=Wanted(sort="name")))

    assert len(parts) > 2
    assert sum(part.count("\r\n") for part in parts) == 703


def test_the_number_of_statements_does_not_grow(asking: Asking, statements: Collect) -> None:
    for number in range(30):
        invitation = asking.ask_somebody(number)
        if number % 2:
            asking.answer(invitation, HAPPY)
    for filters in ({}, dict.fromkeys(FILTERS, "x"), {"response": "some", "segment": "silent"}):
        with statements() as said:
            account_list(
                asking.session, scope=SYSTEM, now=NOW, wanted=Wanted(sort="-answered", filters=filters)
            )
        # In a transaction that writes, nothing is kept: the arrays are read anew.
        assert len(said) <= 16, "\n".join(said)


def test_an_empty_house_has_no_accounts(session: Session) -> None:
    assert account_list(session, scope=SYSTEM, now=NOW).title == "You have no accounts yet"
