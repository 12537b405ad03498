"""Revenue by state: every cent once, and a loss that is expected from the company's own churn alone."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.exposure import (
    Churn,
    Holding,
    Outcome,
    State,
    apportion,
    churn,
    count,
    expected_loss,
    exposure,
    state_of,
    yearly,
)
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.unsaid import Reason, Unsaid

EUR = {"EUR": Fraction(1)}
TWO = {"EUR": Fraction(1), "CHF": Fraction(10823, 10000)}

holdings = st.builds(
    lambda state, currency, known, more, cents, quiet: Holding(
        state, currency, known + more, known, cents if known else 0, quiet and state is State.SILENT
    ),
    st.sampled_from(State),
    st.sampled_from(["EUR", "CHF", "JPY"]),
    st.integers(0, 40_000),
    st.integers(0, 9),
    st.integers(0, 10**16),
    st.booleans(),
)
rates = st.fractions(min_value=Fraction(1, 10**9), max_value=10**6)


@pytest.mark.parametrize(
    ("segment", "asked", "decider", "state"),
    [
        (Segment.HIGH_RISK, True, False, State.AT_RISK),
        (Segment.TRULY_LOYAL, True, True, State.AT_RISK),
        (Segment.TRAPPED, True, False, State.VULNERABLE),
        (Segment.ACCESSIBLE, True, False, State.LEAVING),
        (Segment.UNCLASSIFIED, True, False, State.UNCLASSIFIED),
        (Segment.TRULY_LOYAL, True, False, State.SECURE),
        (None, True, False, State.SILENT),
        (None, False, False, State.NOT_ASKED),
    ],
)
def test_an_account_is_in_one_state(
    segment: Segment | None, *, asked: bool, decider: bool, state: State
) -> None:
    assert state_of(segment, asked=asked, decider_at_risk=decider) is state


def test_the_worked_example() -> None:
    """The example of docs/method/exposure.md, by hand."""
    found = exposure(
        [
            Holding(State.AT_RISK, "EUR", 2, 2, 500_000_00),
            Holding(State.SECURE, "CHF", 1, 1, 1_000_000_01),
            Holding(State.SILENT, "EUR", 3, 2, 200_000_00, went_quiet=True),
            Holding(State.SECURE, "USD", 1, 1, 70_000_00),
        ],
        currency="EUR",
        rates=TWO,
    )

    assert (found.cents, found.accounts) == (178_230_001, 5)
    assert [found.of(state).cents for state in (State.AT_RISK, State.SECURE, State.SILENT)] == [
        50_000_000,
        108_230_001,
        20_000_000,
    ]
    assert found.of(State.AT_RISK).share == pytest.approx(0.280536, abs=1e-6)
    assert found.of(State.SILENT).quiet_cents == 20_000_000

    rates = churn([Outcome(State.AT_RISK, 20, 6), Outcome(State.SECURE, 180, 4)])
    assert isinstance(rates, Churn)
    assert rates.overall == Fraction(10, 200)
    assert rates.of(State.AT_RISK) == Fraction(13, 60)
    assert rates.of(State.SECURE) == Fraction(9, 380)
    assert rates.of(State.SILENT) == rates.overall
    loss = expected_loss(found, rates)
    assert not isinstance(loss, Unsaid)
    assert loss.cents == 14_396_675
    assert [loss.of(one) for one in (State.AT_RISK, State.SECURE, State.SILENT)] == [
        10_833_333,
        2_563_342,
        1_000_000,
    ]


def test_missing_revenue_is_counted_and_in_no_sum() -> None:
    stand = [
        Holding(State.SECURE, "", 4, 0, 0),
        Holding(State.SECURE, "EUR", 2, 1, 100),
        Holding(State.SILENT, "EUR", 3, 3, 50, went_quiet=True),
    ]

    found = {one.state: (one.accounts, one.unknown, one.quiet) for one in count(stand)}

    assert found[State.SECURE] == (6, 5, 0)
    assert found[State.SILENT] == (3, 0, 3)
    assert found[State.AT_RISK] == (0, 0, 0)
    assert exposure(stand, currency="EUR", rates=EUR).accounts == 4


def test_no_revenue_at_all_has_no_shares() -> None:
    found = exposure([Holding(State.SECURE, "EUR", 1, 1, 0)], currency="EUR", rates=EUR)
    loss = expected_loss(found, churn([Outcome(State.SECURE, 1, 0)]))

    assert (found.cents, found.of(State.SECURE).share) == (0, None)
    assert not isinstance(loss, Unsaid) and (loss.cents, loss.share) == (0, None)


def test_without_churn_there_is_no_expected_loss() -> None:
    none = churn([Outcome(State.SECURE, 0, 0)])

    assert none == Unsaid(Reason.TOO_FEW_ACCOUNTS, "churn rates", 0, 1)
    assert expected_loss(exposure([], currency="EUR", rates=EUR), none) is none


def test_the_largest_remainder_is_rounded_up() -> None:
    thirds = [Fraction(1, 3), Fraction(1, 3), Fraction(4, 3)]

    assert apportion(thirds, 2) == (1, 0, 1)
    assert apportion([Fraction(5, 2), Fraction(9, 10)], 3) == (2, 1)


@pytest.mark.parametrize("whole", [0, 4])
def test_parts_that_make_no_such_whole_are_refused(whole: int) -> None:
    with pytest.raises(ValueError, match="round to the whole"):
        apportion([Fraction(3, 2), Fraction(1, 2)], whole)


@pytest.mark.parametrize(
    ("accounts", "known", "cents"), [(1, 2, 0), (1, -1, 0), (1, 1, -5), (1, 0, 5), (-1, 0, 0)]
)
def test_a_holding_that_cannot_be_is_refused(accounts: int, known: int, cents: int) -> None:
    with pytest.raises(ValueError, match="a holding counts"):
        Holding(State.SECURE, "EUR", accounts, known, cents)


@pytest.mark.parametrize(("accounts", "left"), [(1, 2), (3, -1)])
def test_an_outcome_that_cannot_be_is_refused(accounts: int, left: int) -> None:
    with pytest.raises(ValueError, match="can have left"):
        Outcome(State.SECURE, accounts, left)


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1)])
def test_a_rate_is_above_zero(rate: Fraction) -> None:
    with pytest.raises(ValueError, match="above 0"):
        exposure([], currency="EUR", rates={"EUR": rate})


@pytest.mark.parametrize("prior", [0, -1])
def test_a_prior_counts_accounts(prior: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        churn([], prior=prior)


@given(st.lists(holdings, max_size=30), rates, st.randoms())
def test_the_parts_are_the_whole_in_any_order(stand: list[Holding], rate: Fraction, order: Random) -> None:
    worth = {"EUR": Fraction(1), "CHF": rate}
    found = exposure(stand, currency="EUR", rates=worth)
    shuffled = list(stand)
    order.shuffle(shuffled)

    assert exposure(shuffled, currency="EUR", rates=worth) == found
    assert sum(part.cents for part in found.parts) == found.cents
    assert all(0 <= part.quiet_cents <= part.cents for part in found.parts)
    assert all(part.share is None or 0 <= part.share <= 1 for part in found.parts)
    assert found.accounts + sum(one.known for one in stand if one.currency == "JPY") == sum(
        one.known for one in stand
    )


@given(
    st.lists(holdings, max_size=30),
    st.dictionaries(st.sampled_from(State), st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1),
)
def test_a_loss_is_never_more_than_there_is(stand: list[Holding], seen: dict[State, tuple[int, int]]) -> None:
    rates = churn([Outcome(state, max(pair), min(pair)) for state, pair in seen.items()])
    found = exposure(stand, currency="EUR", rates=EUR)
    loss = expected_loss(found, rates)

    if isinstance(loss, Unsaid) or isinstance(rates, Unsaid):
        assert sum(max(pair) for pair in seen.values()) == 0
        return
    assert sum(cents for _, cents in loss.parts) == loss.cents
    assert 0 <= loss.cents <= found.cents
    assert all(0 <= rate <= 1 for _, rate in rates.by_state)


def test_the_rates_of_a_longer_period_are_those_of_a_year() -> None:
    seen = churn([Outcome(State.AT_RISK, 20, 6), Outcome(State.SECURE, 180, 4)])
    assert isinstance(seen, Churn)

    assert yearly(seen, days=365) is seen and yearly(seen, days=366) is seen
    longer, shorter = yearly(seen, days=730), yearly(seen, days=73)
    assert isinstance(longer, Churn) and isinstance(shorter, Churn)
    for state in State:
        kept = 1 - float(seen.of(state))
        assert float(longer.of(state)) == pytest.approx(1 - kept**0.5, abs=1e-9)
        assert float(shorter.of(state)) == pytest.approx(1 - kept**5, abs=1e-9)
    assert longer.overall == seen.overall
    everybody = yearly(churn([Outcome(State.SECURE, 5, 5)]), days=10)
    assert isinstance(everybody, Churn) and everybody.of(State.SECURE) == 1


def test_a_period_has_a_day_and_rates_that_there_are_not_stay_none() -> None:
    nothing = churn([])

    assert yearly(nothing, days=10) is nothing
    with pytest.raises(ValueError, match="has a day"):
        yearly(nothing, days=0)
