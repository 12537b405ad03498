"""Whom a wave asks: filters, customers and samples, fixed at the launch."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution import waves
from surveyd.distribution.audience import (
    audience_of,
    compare_with_last,
    count_audience,
    judge_one,
    twins_of,
)
from surveyd.distribution.audience_dimensions import CUSTOM, choices_of
from surveyd.distribution.audience_models import AudiencePlan, Customers, SampleKind
from surveyd.distribution.audience_plans import EVERYBODY, Plan, Sampling, filters_of, plan_of
from surveyd.distribution.audience_rules import RULES, rules_of
from surveyd.distribution.audience_samples import draw_again, drawn_of, save_plan
from surveyd.distribution.last_waves import same_as_last
from surveyd.distribution.models import Program, Wave
from surveyd.distribution.suppressions import opt_out
from surveyd.people.models import Account, AccountStatus, Contact
from surveyd.people.rates import add_rate, read_rate, set_reporting
from surveyd.scoring.allocation import Allocation
from tests.distribution.audiences import counts, crowd, save, who_is_in
from tests.distribution.conftest import Post, make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast, make_cast


@pytest.fixture
def people(session: Session) -> Cast:
    return make_cast(session, NOW)


@pytest.fixture
def wave(session: Session, people: Cast) -> Wave:
    return make_wave(session)


class TestFilters:
    @pytest.mark.parametrize(
        ("pairs", "expected"),
        [
            ([("region", "North")], {"C-adler", "C-ahmed"}),
            ([("region", "North"), ("region", "South")], {"C-adler", "C-ahmed", "C-sommer"}),
            ([("region", "North"), ("role", "decision_maker")], {"C-adler"}),
            ([("language", "de")], {"C-sommer"}),
            ([("business_unit", "")], {"C-adler", "C-ahmed", "C-sommer"}),
            ([("business_unit", "Steel")], set()),
            ([("manager", "mona")], {"C-adler", "C-ahmed"}),
            ([(f"{CUSTOM}Fleet", "large")], {"C-sommer"}),
            ([(f"{CUSTOM}Fleet", "")], {"C-adler", "C-ahmed"}),
            ([("region", "'; DROP TABLE contacts; --")], set()),
            ([(f"{CUSTOM}a\"b'.[0]", "large")], set()),
        ],
    )
    def test_it_asks_those_alone(
        self, session: Session, people: Cast, wave: Wave, pairs: list[tuple[str, str]], expected: set[str]
    ) -> None:
        session.get_one(Account, people.sudwerk).dimensions = {"Fleet": "large"}
        session.flush()
        named = [(name, str(people.mona.id) if value == "mona" else value) for name, value in pairs]

        save(session, wave, Plan(filters=filters_of(named)))

        assert who_is_in(session, wave) == expected
        left_out = {"not_in_filter": 3 - len(expected)} if len(expected) < 3 else {}
        assert (counts(session, wave).invited, counts(session, wave).left_out) == (len(expected), left_out)

    @pytest.mark.parametrize(
        ("low", "high", "expected"),
        [(1_000_000_00, None, 2), (None, 400_000_00, 1), (400_000_01, 8_999_999_99, 0), (0, None, 3)],
    )
    def test_revenue_narrows_by_both_ends(
        self, session: Session, wave: Wave, low: int | None, high: int | None, expected: int
    ) -> None:
        save(session, wave, Plan(revenue_from_cents=low, revenue_to_cents=high))

        assert counts(session, wave).invited == expected

    def test_revenue_is_compared_in_the_reporting_currency(
        self, session: Session, people: Cast, wave: Wave
    ) -> None:
        set_reporting(session, "USD", by=None, now=NOW)
        plan = Plan(revenue_from_cents=10_000_000_00)
        save(session, wave, plan)
        assert counts(session, wave).invited == 0

        add_rate(session, "EUR", read_rate("1.2"), day=NOW.date(), by=None, now=NOW)

        assert who_is_in(session, wave) == {"C-adler", "C-ahmed"}

    def test_an_account_is_found_by_its_last_segment(self, session: Session, wave: Wave) -> None:
        save(session, wave, Plan(filters=filters_of([("segment", "high_risk")])))

        assert counts(session, wave).left_out == {"not_in_filter": 3}

    def test_what_is_no_dimension_is_passed_over(self) -> None:
        assert filters_of([("id", "1"), ("password", "x"), ("region", "N\0"), ("dimension:", "x")]) == ()

    def test_what_there_is_to_narrow_by_is_counted(self, session: Session, people: Cast) -> None:
        session.get_one(Account, people.sudwerk).dimensions = {"Fleet": "large", "n": 3}
        session.flush()
        found = {each.name: each for each in choices_of(session)}

        assert [(one.value, one.count) for one in found["region"].values] == [("North", 1), ("South", 1)]
        assert [(one.label, one.count) for one in found["manager"].values] == [
            ("Milo Manager", 1),
            ("Mona Manager", 1),
        ]
        assert [one.value for one in found[f"{CUSTOM}Fleet"].values] == ["large"]
        assert [(one.value, one.count) for one in found["language"].values] == [("en", 2), ("de", 1)]
        assert "branch" not in found


class TestCustomers:
    def test_lapsed_and_active_ones_are_never_mixed(self, session: Session, people: Cast, wave: Wave) -> None:
        session.get_one(Account, people.sudwerk).status = AccountStatus.LAPSED
        session.flush()
        assert who_is_in(session, wave) == {"C-adler", "C-ahmed"}

        save(session, wave, Plan(customers=Customers.LAPSED))

        assert who_is_in(session, wave) == {"C-sommer"}
        assert counts(session, wave).left_out == {"account_active": 2}

    def test_who_is_asked_by_hand_is_never_of_the_other_kind(
        self, session: Session, people: Cast, wave: Wave
    ) -> None:
        program = waves.program_of(session, wave)
        save(session, wave, Plan(Customers.LAPSED, filters_of([("region", "South")])))
        assert judge_one(session, wave, program, people.anna.id, now=NOW).rule == "account_active"

        save(session, wave, Plan(filters=filters_of([("region", "South")])))
        assert judge_one(session, wave, program, people.anna.id, now=NOW).rule == ""

    def test_who_is_not_asked_keeps_no_address_from_who_is(
        self, session: Session, people: Cast, wave: Wave
    ) -> None:
        session.get_one(Contact, people.sofie.id).email = people.anna.email.upper()
        session.flush()
        assert twins_of(session, wave) == (people.sofie.id,)

        save(session, wave, Plan(filters=filters_of([("region", "South")])))

        assert who_is_in(session, wave) == {"C-sommer"}


class TestLaunch:
    def test_it_fixes_the_audience(self, cast: Cast, writer: Transaction, post: Post) -> None:
        with writer() as session, pytest.raises(Refused, match="fixed since the launch"):
            save(session, session.get_one(Wave, post.wave_id), Plan(customers=Customers.LAPSED))
        with writer() as session, pytest.raises(Refused, match="fixed since the launch"):
            draw_again(session, session.get_one(Wave, post.wave_id), session.get_one(Program, 1), now=NOW)

    def test_the_ledger_holds_what_the_forecast_said(
        self, cast: Cast, writer: Transaction, post: Post
    ) -> None:
        later = NOW + timedelta(days=100)
        with writer() as session:
            crowd(session, cast, 30)
            wave = make_wave(session, "w2")
            sampling = Sampling(SampleKind.NUMBER, 7, ("role",), seed=Random(5).randrange(10**6))
            save_plan(
                session,
                wave,
                waves.program_of(session, wave),
                Plan(filters=filters_of([("region", "North")]), sampling=sampling),
                by=None,
                now=later,
            )
            forecast = audience_of(session, wave, waves.program_of(session, wave), now=later)
            waves.launch(session, wave, now=later, by=None)
            post.wave_id = wave.id
        post.prepare()
        with writer() as session:
            wave = session.get_one(Wave, post.wave_id)
            program = waves.program_of(session, wave)
            settled = audience_of(session, wave, program, now=later)
            # An import that comes afterwards changes nothing.
            session.execute(update(Account).values(region="South"))
            after = count_audience(session, wave, program, now=later)

        assert {one.contact_id: one.rule for one in settled.members} == {
            one.contact_id: one.rule for one in forecast.members
        }
        assert (after.invited, after.left_out) == (7, forecast.left_out)


class TestReasons:
    def test_all_rules_that_fit_somebody_are_told(self, session: Session, people: Cast, wave: Wave) -> None:
        program = waves.program_of(session, wave)
        anna = session.get_one(Contact, people.anna.id)
        anna.active, anna.email = False, ""
        opt_out(session, people.anna.id, now=NOW)
        save(session, wave, Plan(filters=filters_of([("tier", "B")])))

        found = rules_of(session, wave, program, [people.anna.id, people.sofie.id], now=NOW)

        assert found == {
            people.anna.id: ("not_in_filter", "contact_inactive", "opted_out", "no_address"),
            people.sofie.id: (),
        }
        assert set(found[people.anna.id]) <= set(RULES)


class TestStart:
    """A new wave begins with whom the last one asked."""

    def test_it_is_taken_over_and_can_be_changed(self, post: Post, writer: Transaction) -> None:
        plan = Plan(
            filters=filters_of([("region", "North")]), sampling=Sampling(SampleKind.SHARE, 50, seed=3)
        )
        with writer() as session:
            first = session.get_one(Wave, post.wave_id)
            program = waves.program_of(session, first)
            program.rest_days = 0
            old = waves.schedule_wave(session, program, "older", at=NOW, now=NOW)
            save(session, old, plan)
            waves.launch(session, old, now=NOW, by=None)
            new = waves.schedule_wave(session, program, "w2", at=NOW, now=NOW)

            assert plan_of(session, new) == plan and same_as_last(session, new, now=NOW) == "older"
            drawn = drawn_of(session, new)
            assert drawn and (drawn.people, drawn.of) == (1, 2)
            save(session, new, EVERYBODY)
            assert same_as_last(session, new, now=NOW) == ""
            assert plan_of(session, old) == plan

    def test_where_the_last_one_asked_everybody_nothing_is_said(
        self, post: Post, writer: Transaction
    ) -> None:
        with writer() as session:
            program = waves.program_of(session, session.get_one(Wave, post.wave_id))
            new = waves.schedule_wave(session, program, "w2", at=NOW, now=NOW)
            assert session.get(AudiencePlan, new.id) is None and same_as_last(session, new, now=NOW) == ""


class TestComparison:
    def test_the_first_wave_has_nothing_to_compare_with(self, session: Session, wave: Wave) -> None:
        found = compare_with_last(session, wave, waves.program_of(session, wave), now=NOW)

        assert (found.last, found.now, found.percent, found.is_far_off) == ("", 3, None, False)

    def test_the_next_one_is_held_against_the_last(self, post: Post, writer: Transaction) -> None:
        later = NOW + timedelta(days=180)
        with writer() as session:
            first = session.get_one(Wave, post.wave_id)
            program = waves.program_of(session, first)
            second = waves.schedule_wave(session, program, "w2", at=later, now=NOW)
            same = compare_with_last(session, second, program, now=later)
            save(session, second, Plan(filters=filters_of([("region", "South")])))
            fewer = compare_with_last(session, second, program, now=later)

        assert (same.last, same.then, same.now, same.is_far_off) == ("w1", 3, 3, False)
        assert (fewer.now, fewer.percent, fewer.is_far_off) == (1, -67, True)
        assert fewer.rules == {"not_in_filter": (0, 2)}


def test_a_plan_is_read_back_as_it_was_written(session: Session, wave: Wave) -> None:
    sampling = Sampling(SampleKind.NUMBER, 2, ("region", f"{CUSTOM}Größe"), Allocation.EQUAL, 0, seed=5)
    plan = Plan(
        filters=filters_of([("region", "North"), ("region", ""), (f"{CUSTOM}Größe", "<b>")]),
        revenue_from_cents=1,
        revenue_to_cents=10**12,
        sampling=sampling,
    )
    save(session, wave, plan)
    session.expire_all()

    assert plan_of(session, wave) == plan
