"""Company health: what the figures say, for whom."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.closed_loop.case_lists import list_cases
from surveyd.closed_loop.cases import AttemptResult, record_attempt
from surveyd.distribution.models import Channel, Touch, TouchState, Wave, WaveState
from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.people.models import Account
from surveyd.reports.case_counts import CasesInTime
from surveyd.reports.health_reading import health
from surveyd.reports.summary import wave_summary
from surveyd.responses.answers import AnswerChannel
from surveyd.results.slices import Slice
from surveyd.scoring.exposure import State
from surveyd.scoring.weighting import Weighting
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

LATEST = Slice()
SOUTH = LATEST.narrowed("region", "South")


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


def release(asking: Asking, invitation_id: int, step: str, channel: Channel = Channel.MAIL) -> None:
    asking.session.add(
        Touch(
            invitation_id=invitation_id,
            wave_id=asking.wave.id,
            step=step,
            channel=channel,
            state=TouchState.RELEASED,
            due_at=NOW,
            released_at=NOW,
        )
    )


def test_before_the_first_wave_there_is_nothing(session: Session) -> None:
    assert health(session, LATEST, scope=SYSTEM, now=NOW) is None


def test_a_wave_without_answers_says_so(asking: Asking) -> None:
    asking.ask(asking.people.anna.id)

    found = health(asking.session, LATEST, scope=SYSTEM, now=NOW)

    assert found
    assert found.title == "0 of 1 have answered 2026H1"
    assert found.charts.chart is None
    assert found.step_bar == ()
    assert found.cases == CasesInTime()


def test_each_answer_counts_for_the_last_step_before_it(asking: Asking) -> None:
    people = asking.people
    first, second, third = (asking.ask(person.id) for person in (people.anna, people.aziz, people.sofie))
    release(asking, second, "reminder")
    release(asking, third, "reminder")
    release(asking, third, "call", Channel.PHONE)
    asking.answer(first, HAPPY)
    asking.answer(second, HAPPY, now=NOW + timedelta(hours=1))
    asking.answer(third, HAPPY, now=NOW + timedelta(hours=2), channel=AnswerChannel.PHONE)

    found = health(asking.session, LATEST, scope=SYSTEM, now=NOW + timedelta(hours=3))

    assert found
    assert found.response.steps == (("invitation", 1), ("reminder", 1), ("call", 1))
    assert [block.name for block in found.step_bar] == ["invitation", "reminder", "call"]
    assert sum(block.width for block in found.step_bar) == pytest.approx(640, abs=1)


def test_a_leader_sees_the_region_and_nobody_nothing(asking: Asking) -> None:
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    asking.answer(asking.ask(asking.people.sofie.id), HAPPY)

    north = health(asking.session, LATEST, scope=Scope(Reach.REGION, 1, "North"), now=NOW)
    nothing = health(asking.session, LATEST, scope=NOBODY, now=NOW)

    assert north and nothing
    assert (north.figures.answered, north.cases.total) == (1, 1)
    assert (nothing.figures.invited, nothing.figures.answered, nothing.cases.total) == (0, 0, 0)


def test_cases_are_counted_once_each(asking: Asking) -> None:
    for number in range(4):
        asking.answer(asking.ask_somebody(number), UNHAPPY)
    lines = list_cases(asking.session, scope=SYSTEM)
    due = lines[0].due_at
    for line, at in zip(lines, (due - timedelta(hours=1), due + timedelta(hours=1)), strict=False):
        record_attempt(
            asking.session, line.id, result=AttemptResult.REACHED, by=asking.people.mona.id, now=at
        )

    early = health(asking.session, LATEST, scope=SYSTEM, now=NOW)
    late = health(asking.session, LATEST, scope=SYSTEM, now=due + timedelta(days=1))

    assert early and late
    assert early.cases == CasesInTime(in_time=1, late=1, waiting=2)
    assert late.cases == CasesInTime(in_time=1, late=1, overdue=2)
    assert late.title.endswith("; 2 people wait too long for a call")


def test_a_wave_is_compared_with_the_one_before(asking: Asking) -> None:
    for number in range(40):
        asking.answer(asking.ask_somebody(number), HAPPY)
    later = later_wave(asking)
    second = Asking(asking.session, NOW, asking.program, later, asking.people)
    for number in range(40, 80):
        second.answer(second.ask_somebody(number), UNHAPPY)

    found = health(asking.session, LATEST, scope=SYSTEM, now=NOW)

    assert found
    assert found.title.startswith("NPS \N{MINUS SIGN}100, down")
    chart = found.charts.chart
    assert chart and chart.low <= chart.x <= chart.high
    assert found.charts.basis["trend"].lines


def test_what_is_looked_at_can_be_narrowed_to_a_region(asking: Asking) -> None:
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    asking.answer(asking.ask(asking.people.sofie.id), HAPPY)

    south = health(asking.session, SOUTH, scope=SYSTEM, now=NOW)
    leader = health(asking.session, SOUTH, scope=Scope(Reach.REGION, 1, "North"), now=NOW)

    assert south and leader
    assert (south.region, south.figures.answered, south.figures.invited) == ("South", 1, 1)
    assert (leader.figures.answered, leader.figures.invited, leader.cases.total) == (0, 0, 0)
    assert south.account_words == {"region": "South"} and south.opens_accounts


def test_open_cases_are_those_of_the_region_that_is_looked_at(asking: Asking) -> None:
    people, session = asking.people, asking.session
    asking.answer(asking.ask(people.anna.id), UNHAPPY)
    north = Scope(Reach.REGION, None, "North")
    mona = Scope(Reach.OWN_ACCOUNTS, people.mona.id)

    def open_cases(region: str, scope: Scope) -> int:
        found = health(session, LATEST.narrowed("region", *filter(None, [region])), scope=scope, now=NOW)
        return sum(age.cases for age in found.ages) if found else -1

    assert [open_cases("", scope) for scope in (SYSTEM, north, mona)] == [1, 1, 1]
    assert [open_cases("North", scope) for scope in (SYSTEM, north)] == [1, 1]
    assert [open_cases("South", scope) for scope in (SYSTEM, north, mona)] == [0, 0, 0]


def test_cases_and_links_follow_the_slice(asking: Asking) -> None:
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    asking.answer(asking.ask(asking.people.sofie.id), UNHAPPY)
    now = NOW + timedelta(days=30)

    whole, part = (
        health(asking.session, cut, scope=SYSTEM, now=now)
        for cut in (LATEST, LATEST.narrowed("region", "North").narrowed("role", "user", "decision_maker"))
    )

    assert whole and part
    assert (whole.cases.total, part.cases.total) == (2, 1)
    assert whole.is_about_all and not part.is_about_all
    assert (part.ages, part.overdue, part.opens_accounts) == ((), 0, False)
    assert part.words == {"region": ["North"], "role": ["user", "decision_maker"]}


def test_an_unknown_wave_is_not_found(asking: Asking) -> None:
    with pytest.raises(NotFound):
        health(asking.session, Slice(waves=("2030H1",)), scope=SYSTEM, now=NOW)


def test_several_waves_are_one_base_without_a_verdict(asking: Asking) -> None:
    for number in range(12):
        asking.answer(asking.ask_somebody(number), HAPPY)
    second = Asking(asking.session, NOW, asking.program, later_wave(asking), asking.people)
    for number in range(20, 32):
        second.answer(second.ask_somebody(number), UNHAPPY)

    found = health(asking.session, Slice(waves=("2026H1", "2026H2")), scope=SYSTEM, now=NOW)

    assert found
    assert (found.about, found.wave, found.figures.answered) == (("2026H1", "2026H2"), "2026H2", 24)
    assert (found.title, found.change) == ("NPS 0", "")
    assert [point.nps.counts.n for point in found.points] == [12, 12]


def test_weights_move_the_score_and_its_trend(asking: Asking) -> None:
    """One account of eleven promoters, and eleven accounts of one detractor each."""
    asking.answer(asking.ask_somebody(0), HAPPY)
    account = asking.session.scalars(select(Account.id).where(Account.external_id == "ACC-0")).one()
    for number in range(1, 11):
        asking.answer(asking.ask_somebody(number, account_id=account), HAPPY)
    for number in range(20, 31):
        asking.answer(asking.ask_somebody(number), UNHAPPY)

    cuts = (LATEST, Slice(weighting=Weighting.ACCOUNT), Slice(weighting=Weighting.REVENUE))
    scores = []
    for cut in cuts:
        found = health(asking.session, cut, scope=SYSTEM, now=NOW)
        assert found
        scores.append(found.score)
        assert found.points[-1].nps.shown == found.score
        assert found.charts.basis["nps"].weighting == cut.weighting.value

    assert scores == ["0", "\N{MINUS SIGN}83", "\N{MINUS SIGN}83"]


def test_an_earlier_wave_knows_nothing_of_later_ones(asking: Asking) -> None:
    asking.answer(asking.ask(asking.people.anna.id), HAPPY)
    second = Asking(asking.session, NOW, asking.program, later_wave(asking), asking.people)
    second.answer(second.ask(asking.people.anna.id), UNHAPPY)

    first, latest = (
        health(asking.session, cut, scope=SYSTEM, now=NOW) for cut in (Slice(waves=("2026H1",)), LATEST)
    )

    assert first and latest
    assert (first.wave, latest.wave, latest.waves) == ("2026H1", "2026H2", ("2026H2", "2026H1"))
    assert (first.is_shown_unasked, first.before, first.moved_people) == (False, None, None)
    assert latest.before and latest.moved_people and latest.moved_accounts
    assert latest.moved_people.at("truly_loyal", "trapped").count == 1


def test_currencies_have_a_chart_each(asking: Asking) -> None:
    for number in range(3):
        asking.answer(asking.ask_somebody(number), HAPPY)
    account = asking.session.scalars(select(Account).where(Account.external_id == "ACC-1")).one()
    account.currency, account.revenue_cents = "CHF", 700_00
    asking.session.flush()

    found = health(asking.session, LATEST, scope=SYSTEM, now=NOW)

    assert found
    sums = {one.currency: one for one in found.money.sums}
    assert set(sums) == {"CHF", "EUR"}
    assert all(max(row.width for row in one.bars.rows) > 0 for one in sums.values())
    secure = {name: one.exposure.of(State.SECURE).cents for name, one in sums.items()}
    assert secure == {"CHF": 700_00, "EUR": 2_000_00}


def test_a_wave_of_long_ago_can_still_be_summed_up(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveyd.reports.health_reading.MOST_WAVES", 1)
    asking.answer(asking.ask(asking.people.anna.id), HAPPY)
    later_wave(asking)

    found = wave_summary(asking.session, asking.wave.id, now=NOW)

    assert (found.wave, found.health.wave, found.health.figures.answered) == ("2026H1", "2026H1", 1)
    assert found.health.is_shown_unasked


@pytest.mark.parametrize("state", [WaveState.SCHEDULED, WaveState.CANCELLED])
def test_a_wave_that_never_ran_has_no_summary(asking: Asking, state: WaveState) -> None:
    asking.wave.state = state
    asking.session.flush()

    with pytest.raises(NotFound):
        wave_summary(asking.session, asking.wave.id, now=NOW)


def later_wave(asking: Asking) -> Wave:
    wave = Wave(
        program_id=asking.program.id,
        slug="2026H2",
        version_id=asking.wave.version_id,
        state=WaveState.OPEN,
        scheduled_at=NOW,
        day_zero=NOW + timedelta(days=180),
        closes_at=NOW + timedelta(days=215),
    )
    asking.session.add(wave)
    asking.session.flush()
    return wave
