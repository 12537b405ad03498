"""Slices: what an address asks for, who is in it, and who may see it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS, count_change
from surveyd.base.errors import NotFound, NotYet, Refused
from surveyd.distribution.models import Wave, WaveState
from surveyd.people.access import NOBODY, SYSTEM, Scope, scope_of
from surveyd.people.models import Account, User
from surveyd.responses.answers import AnswerChannel
from surveyd.results import choices
from surveyd.results.account_totals import totals_at, totals_of
from surveyd.results.choices import choices_of
from surveyd.results.figures import figures_from, figures_of, weights_of
from surveyd.results.slices import Slice, slice_of, words_of
from surveyd.results.wholes import asked_mask, mask, whole_of
from surveyd.scoring.weighting import Weighting
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20).map(
    str.strip
)
FILTERS = st.dictionaries(
    st.sampled_from(["region", "country", "role", "phase", "dimension:Sector"]),
    st.lists(VALUES | st.text("-", max_size=4), min_size=1, max_size=3),
    max_size=3,
)


@pytest.fixture
def answered(asking: Asking) -> Asking:
    """Anna (decides, North) is unhappy, Aziz (uses, North) happy by phone, Sofie (South) silent."""
    people = asking.people
    asking.answer(asking.ask(people.anna.id), UNHAPPY)
    asking.answer(asking.ask(people.aziz.id), HAPPY, channel=AnswerChannel.PHONE)
    asking.ask(people.sofie.id)
    asking.session.get_one(Account, people.nordwind).dimensions = {"Sector": "Wind"}
    asking.session.flush()
    return asking


def counted(session: Session, words: str, scope: Scope = SYSTEM) -> tuple[int, int]:
    """How many were invited and have answered."""
    cut = slice_of([(name, value) for name, _, value in (one.partition("=") for one in words.split("&"))])
    whole = whole_of(session, cut, scope=scope)
    heard, asked = mask(whole, cut), asked_mask(whole, cut)
    figures = figures_of(session, whole, cut)
    assert figures.answered == heard.sum() == totals_at(whole, cut).answered.sum()
    assert totals_of(whole, cut).answered.tolist() == (
        np.bincount(whole.account_codes[heard], minlength=whole.size).tolist()
    )
    return int(asked.sum()), int(heard.sum())


@given(FILTERS, st.sampled_from(list(Weighting)))
def test_an_address_says_what_it_was_made_of(filters: dict[str, list[str]], weighting: Weighting) -> None:
    cut = Slice(waves=("2026H1",), since=date(2026, 1, 1), until=date(2026, 6, 30), weighting=weighting)
    for name, values in filters.items():
        cut = cut.narrowed(name, *values)
    assert slice_of(words_of(cut)) == cut


@pytest.mark.parametrize(
    "words",
    [
        [],
        [("region", ""), ("wave", " "), ("page", "2"), ("dimension:", "x")],
        [("from", "yesterday"), ("to", "2026-13-01"), ("weighting", "loud")],
        [("dimension:a\0b", "x"), ("dimension:\x1b", "x"), ("dimension:" + 200 * "n", "x")],
    ],
)
def test_what_an_address_does_not_know_is_passed_over(words: list[tuple[str, str]]) -> None:
    assert slice_of(words) == Slice()


def test_a_dash_is_the_unknown_and_two_are_a_dash() -> None:
    cut = slice_of([("region", "-"), ("region", "--"), ("region", "-a")])
    assert cut.values("region") == ("", "-", "-a")


def test_the_first_twenty_filters_count() -> None:
    cut = slice_of([(f"dimension:{number}", "x") for number in range(1200)])
    assert {name for name, _ in cut.filters} == {f"dimension:{number}" for number in range(20)}


def test_a_filter_is_lifted_with_its_last_value() -> None:
    cut = Slice().narrowed("region", "North", "South", "North")
    assert cut.values("region") == ("North", "South")
    assert cut.without("region", "North").values("region") == ("South",)
    assert cut.without("region", "North").without("region", "South") == Slice()


@pytest.mark.parametrize(
    ("words", "asked", "heard"),
    [
        ("", 3, 2),
        ("region=North", 2, 2),
        ("region=North&region=South", 3, 2),
        ("region=South", 1, 0),
        ("region=North&tier=B", 0, 0),
        ("region=nowhere", 0, 0),
        ("role=user", 1, 1),
        ("role=user&role=decision_maker&country=DE", 2, 2),
        ("language=de", 1, 0),
        ("came_by=phone", 3, 1),
        ("phase=invitation&role=decision_maker", 1, 1),
        ("dimension:Sector=Wind", 2, 2),
        ("dimension:Sector=-", 1, 0),
        ("dimension:Color=red", 0, 0),
        ("dimension:Color=-", 3, 2),
        ("manager='; DROP TABLE accounts --", 0, 0),
        ("from=2026-03-01&to=2026-03-31", 3, 2),
        ("to=2026-03-01", 0, 0),
        ("from=0001-01-01&to=9999-12-31", 3, 2),
    ],
)
def test_who_is_in_a_slice(answered: Asking, session: Session, words: str, asked: int, heard: int) -> None:
    assert counted(session, words) == (asked, heard)


@pytest.mark.parametrize(
    ("who", "asked", "heard"),
    [("mona", 2, 2), ("milo", 1, 0), ("leader", 2, 2), ("executive", 3, 2), ("outsider", 0, 0)],
)
def test_everybody_sees_their_own(
    answered: Asking, session: Session, who: str, asked: int, heard: int
) -> None:
    scope = scope_of(session.get_one(User, getattr(answered.people, who).id))
    assert counted(session, "", scope) == (asked, heard)
    assert counted(session, "region=North&region=South", scope) == (asked, heard)
    found = choices_of(whole_of(session, Slice(), scope=scope), Slice())
    regions = [option.value for one in found if one.name == "region" for option in one.options]
    assert regions == (["North", "South"] if who == "executive" else [])


def test_nobody_sees_nothing(answered: Asking, session: Session) -> None:
    assert counted(session, "", NOBODY) == (0, 0)


def test_a_wave_that_there_is_none_of_is_not_found(answered: Asking, session: Session) -> None:
    with pytest.raises(NotFound):
        whole_of(session, Slice(waves=("2026H1", "2031H1")), scope=SYSTEM)
    answered.wave.state = WaveState.CANCELLED
    session.flush()
    assert whole_of(session, Slice(), scope=SYSTEM).waves == ()
    assert counted(session, "") == (0, 0)


def test_a_wave_that_has_not_begun_says_when_it_will(asking: Asking, session: Session) -> None:
    asking.wave.state = WaveState.SCHEDULED
    session.flush()
    day = f"{asking.wave.scheduled_at.day} {asking.wave.scheduled_at:%B %Y}"
    with pytest.raises(NotYet, match=f"2026H1 has not begun: it is planned for {day}"):
        whole_of(session, Slice(waves=("2026H1",)), scope=SYSTEM)
    asking.wave.state = WaveState.CANCELLED
    session.flush()
    with pytest.raises(NotFound):
        whole_of(session, Slice(waves=("2026H1",)), scope=SYSTEM)


def test_a_page_takes_so_many_waves_and_no_more(session: Session) -> None:
    names = tuple(f"wave-{number}" for number in range(25))
    with pytest.raises(Refused, match="at most 24 waves"):
        whole_of(session, Slice(waves=names), scope=SYSTEM)
    with pytest.raises(NotFound):
        whole_of(session, Slice(waves=names[:24]), scope=SYSTEM)


def test_the_options_with_most_accounts_are_offered(
    answered: Asking, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "MOST_OPTIONS", 1)
    cut = Slice().narrowed("region", "South", "Nowhere")
    for number in range(3):
        answered.ask_somebody(number)
    found = {one.name: one for one in choices_of(whole_of(session, cut, scope=SYSTEM), cut)}["region"]
    assert [(one.value, one.accounts) for one in found.options] == [("", 3), ("South", 1), ("Nowhere", 0)]
    assert found.more == 1


def test_whoever_answers_counts_as_invited(answered: Asking, session: Session) -> None:
    whole = whole_of(session, Slice(), scope=SYSTEM)
    totals = totals_at(whole, Slice())
    assert totals.invited is not None
    behind = replace(totals, invited=np.zeros_like(totals.invited))
    found = figures_from(behind, weights_of(session, whole, Slice()), whole.columns.policy)
    assert (found.invited, found.answered) == (2, 2)


def test_the_usual_currency_is_that_of_the_slice(answered: Asking, session: Session) -> None:
    people = answered.people
    answered.answer(answered.ask_somebody(1, account_id=people.sudwerk), HAPPY)
    for account_id, currency in ((people.nordwind, "EUR"), (people.sudwerk, "USD")):
        session.get_one(Account, account_id).currency = currency
    session.flush()
    for words, scope in (("region=South", SYSTEM), ("", scope_of(session.get_one(User, people.milo.id)))):
        cut = replace(slice_of([("region", "South")] if words else []), weighting=Weighting.REVENUE)
        assert figures_of(session, whole_of(session, cut, scope=scope), cut).unknown_revenue == 0


def test_revenue_is_what_is_known_of_it(answered: Asking, session: Session) -> None:
    sofie = answered.ask(answered.people.sofie.id)
    answered.answer(sofie, HAPPY)
    cut = Slice(weighting=Weighting.REVENUE)
    whole = whole_of(session, cut, scope=SYSTEM)
    assert figures_of(session, whole, cut).unknown_revenue == 0

    session.get_one(Account, answered.people.sudwerk).revenue_cents = None
    session.flush()
    found = figures_of(session, whole_of(session, cut, scope=SYSTEM), cut)
    assert (found.unknown_revenue, found.answered, found.weighting) == (1, 3, Weighting.REVENUE)
    assert found.counts.n == 3


def test_an_account_that_moves_takes_its_answers_along(writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
        account_id = asking.people.nordwind
    with reader() as session:
        assert counted(session, "region=North") == (1, 1)
    with writer() as session:
        session.get_one(Account, account_id).region = "South"
        count_change(session, ACCOUNTS)
    with reader() as session:
        assert counted(session, "region=North") == (0, 0)
        assert counted(session, "region=South") == (1, 1)


def test_a_wave_that_is_closed_has_the_same_slices(writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
        asking.answer(asking.ask(asking.people.sofie.id), HAPPY)
        wave_id = asking.wave.id
    with reader() as session:
        before = counted(session, "region=North&role=decision_maker")
    with writer() as session:
        session.get_one(Wave, wave_id).state = WaveState.CLOSED
    with reader() as session:
        assert counted(session, "region=North&role=decision_maker") == before == (1, 1)
