"""Means of people in accounts."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.clustered import Influence, combination, influence, totals
from surveyd.scoring.unsaid import Reason, Unsaid

NAN = float("nan")
SIZE = 6


class Person(NamedTuple):
    value: float
    account: int
    weight: float


people = st.lists(
    st.builds(
        Person,
        st.integers(-1, 1).map(float),
        st.integers(0, SIZE - 1),
        st.sampled_from([0.0, 0.5, 1.0, 3.0, 250.0]),
    ),
    max_size=40,
)


def pulled(group: Sequence[Person], *, scale: float = 1) -> Influence | Unsaid:
    values, accounts, weights = (np.array([person[at] for person in group]) for at in range(3))
    return influence(totals(values, accounts.astype(np.int32), size=SIZE, weights=weights * scale))


def by_loops(group: Sequence[Person]) -> tuple[float, float, float]:
    """Mean, variance and n_effective, person by person: u = w (x - m) / W, z by account, K / (K - 1)."""
    counted = [person for person in group if person.weight]
    total = sum(person.weight for person in counted)
    mean = sum(person.weight * person.value for person in counted) / total
    pulls = dict.fromkeys({person.account for person in counted}, 0.0)
    for person in counted:
        pulls[person.account] += person.weight * (person.value - mean) / total
    k = len(pulls)
    middle = sum(pulls.values()) / k
    variance = k / (k - 1) * sum((z - middle) ** 2 for z in pulls.values()) if k > 1 else 0.0
    return mean, variance, total**2 / sum(person.weight**2 for person in counted)


@given(people)
def test_the_arrays_do_what_the_formula_says(group: list[Person]) -> None:
    found = pulled(group)

    if isinstance(found, Unsaid):
        assert not any(person.weight for person in group)
        assert found.reason is (Reason.NO_WEIGHT if group else Reason.NO_ANSWERS)
        return
    mean, variance, effective = by_loops(group)
    assert found.value == pytest.approx(mean, abs=1e-12)
    assert found.variance == pytest.approx(variance, abs=1e-12)
    assert found.n_effective == pytest.approx(effective)
    assert found.n == sum(person.weight > 0 for person in group)
    assert found.accounts == len({person.account for person in group if person.weight})
    assert 0 < found.largest <= 1 + 1e-12
    assert found.pulls.sum() == pytest.approx(0, abs=1e-12)


@given(people, st.floats(1e-200, 1e200), st.randoms())
def test_neither_order_nor_unit_of_weights_matter(group: list[Person], scale: float, chance: object) -> None:
    shuffled = sorted(group, key=lambda _: chance.random())  # type: ignore[attr-defined]  # a Random
    one, other = pulled(group), pulled(shuffled, scale=scale)

    if isinstance(one, Unsaid) or isinstance(other, Unsaid):
        assert one == other
        return
    assert other.value == pytest.approx(one.value, abs=1e-12)
    assert other.variance == pytest.approx(one.variance, abs=1e-12)
    assert other.n_effective == pytest.approx(one.n_effective)


@given(people)
def test_a_row_of_no_weight_is_like_a_row_that_is_not_there(group: list[Person]) -> None:
    one, other = pulled(group), pulled([person for person in group if person.weight])

    if isinstance(one, Influence) and isinstance(other, Influence):
        assert (one.value, one.variance, one.n, one.accounts) == pytest.approx(
            (other.value, other.variance, other.n, other.accounts)
        )


@given(people)
def test_weighing_accounts_afterwards_is_weighing_their_people(group: list[Person]) -> None:
    factors = np.array([0.0, 1.0, 2.0, 5.0, 0.25, 1000.0])
    values, accounts = (np.array([person[at] for person in group]) for at in range(2))
    codes = accounts.astype(np.int64)
    before = influence(totals(values, codes, size=SIZE, weights=factors[codes]))
    after = influence(totals(values, codes, size=SIZE).weighted(factors))

    if isinstance(before, Unsaid) or isinstance(after, Unsaid):
        assert before == after
        return
    assert (after.value, after.variance, after.n_effective, after.n) == pytest.approx(
        (before.value, before.variance, before.n_effective, before.n), abs=1e-12
    )


def test_one_person_an_account_is_the_variance_of_a_mean() -> None:
    # 1, 2, 3, 6: variance 14/3, so that of the mean is 14/12.
    found = influence(totals(np.array([1.0, 2, 3, 6]), np.arange(4), size=4))

    assert isinstance(found, Influence)
    assert (found.value, found.variance) == pytest.approx((3, 14 / 12))


def test_one_giant_weight() -> None:
    found = influence(
        totals(np.array([1.0, 0, 0, 0]), np.arange(4), size=4, weights=np.array([1e6, 1, 1, 1]))
    )

    assert isinstance(found, Influence)
    assert found.n_effective == pytest.approx(1.000006, abs=1e-9)
    assert found.largest == pytest.approx(1e6 / 1_000_003)


def test_a_group_beside_a_giant_is_weighed_by_itself() -> None:
    weights, where = np.array([1.0, 1e-170, 3e-170]), np.array([False, True, True])
    values, accounts = np.array([1.0, 0, 1]), np.arange(3)
    apart = influence(totals(values, accounts, size=3, weights=weights, where=where))
    later = influence(totals(values, accounts, size=3, where=where).weighted(weights))

    assert isinstance(apart, Influence) and isinstance(later, Influence)
    assert (apart.value, later.value) == pytest.approx((0.75, 0.75))
    assert (apart.n_effective, apart.even, later.even) == pytest.approx((1.6, 1.6, 1.6))
    # Weighed together with the giant first, nothing of the others is left to weigh.
    lost = totals(values, accounts, size=3, weights=weights).weighted(where.astype(np.float64))
    assert influence(lost, subject="x") == Unsaid(Reason.NO_WEIGHT, "x")


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 1e200])
def test_values_that_cannot_be_squared_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="can be squared"):
        totals(np.array([1.0, value]), np.arange(2), size=2)


def test_silence_and_the_others_do_not_count() -> None:
    values = np.array([1.0, NAN, 0, 1])
    found = influence(
        totals(values, np.array([0, 1, 1, 2]), size=3, where=np.array([True, True, True, False]))
    )

    assert isinstance(found, Influence)
    assert (found.value, found.n, found.accounts) == (0.5, 2, 2)


def test_where_all_agree_nothing_pulls() -> None:
    found = influence(totals(np.full(30, 0.1), np.arange(30) % 7, size=7))

    assert isinstance(found, Influence)
    assert found.variance == 0


@pytest.mark.parametrize("weight", [-1.0, NAN, float("inf")])
def test_impossible_weights_are_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="a number that is not negative"):
        totals(np.array([1.0]), np.array([0]), size=1, weights=np.array([weight]))


@given(people, people)
def test_a_difference_knows_who_is_on_both_sides(one: list[Person], other: list[Person]) -> None:
    first, second = pulled(one), pulled(other)
    if isinstance(first, Unsaid) or isinstance(second, Unsaid):
        return
    between = combination([(1, first), (-1, second)])
    same = combination([(1, first), (-1, first)])

    assert between.value == pytest.approx(first.value - second.value)
    assert (same.value, same.variance) == (0, 0)
    assert between.n == first.n + second.n
    assert between.accounts == len({p.account for p in [*one, *other] if p.weight})
    back = combination([(1, second), (-1, first)])
    assert (back.value, back.variance) == pytest.approx((-between.value, between.variance))


def test_people_who_all_moved_alike_moved_for_sure() -> None:
    then = np.array([-1.0, 0, -1, 0, -1, 0])
    first = influence(totals(then + 1, np.arange(6), size=6))
    second = influence(totals(then, np.arange(6), size=6))

    assert isinstance(first, Influence) and isinstance(second, Influence)
    assert combination([(1, first), (-1, second)]).variance == pytest.approx(0)
    assert first.variance + second.variance > 0.05


def test_a_combination_is_over_the_same_accounts() -> None:
    one = influence(totals(np.array([1.0, 0]), np.array([0, 1]), size=2))
    other = influence(totals(np.array([1.0, 0]), np.array([0, 1]), size=3))

    assert isinstance(one, Influence) and isinstance(other, Influence)
    for parts in ([], [(1.0, one), (-1.0, other)]):
        with pytest.raises(ValueError, match="over the same account codes"):
            combination(parts)
