"""Importance as others worked it out, and what must hold for any correlations."""

import tracemalloc
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyd.scoring import grouped, lmg
from surveyd.scoring.arrays import Floats
from tests.scoring.importances_known import KNOWN, SWISS, Known

EXACT = 1e-9
seeds = st.integers(0, 2**32 - 1)


def last(correlations: tuple[tuple[float, ...], ...]) -> Floats:
    """The outcome moved from the first place to the last, as one table of a stack."""
    table = np.array(correlations)
    order = [*range(1, len(table)), 0]
    return np.asarray(table[np.ix_(order, order)][None])


def drawn(seed: int, drivers: int, *, tables: int = 1) -> Floats:
    """Covariances of random numbers, in random units."""
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(tables, 3 * drivers + 3, drivers + 1))
    rows += generator.normal(size=(tables, 3 * drivers + 3, 1))
    rows *= 10.0 ** generator.integers(-2, 3, size=drivers + 1)
    return np.stack([np.cov(table.T, ddof=0) for table in rows])


def singles(drivers: int) -> list[tuple[int]]:
    return [(driver,) for driver in range(drivers)]


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_importance_is_as_others_worked_it_out(known: Known) -> None:
    table = last(known.correlations)
    if known.lmg is not None:
        assert lmg.lmg(table)[0] == pytest.approx(known.lmg, abs=EXACT)
    assert lmg.johnson(table)[0] == pytest.approx(known.johnson, abs=EXACT)
    assert lmg.lmg(table).sum() == pytest.approx(known.r_squared, abs=EXACT)
    assert lmg.johnson(table).sum() == pytest.approx(known.r_squared, abs=EXACT)


@pytest.mark.parametrize("known", [known for known in KNOWN if known.first], ids=lambda known: known.name)
def test_r_squared_is_known_for_every_subset(known: Known) -> None:
    """A driver alone, and all but that driver."""
    drivers = len(known.correlations) - 1
    values = lmg.explained(last(known.correlations), singles(drivers))[:, 0]
    alone = 1 << np.arange(drivers)
    assert values[alone] == pytest.approx(known.first, abs=EXACT)
    assert values[-1] - values[values.size - 1 - alone] == pytest.approx(known.last, abs=EXACT)
    assert values[0] == 0


def test_the_raw_rows_of_swiss_give_the_same() -> None:
    rows = np.array(list(SWISS.values()))
    table = np.cov(rows)[[*range(1, 6), 0]][:, [*range(1, 6), 0]][None]
    assert lmg.lmg(table)[0] == pytest.approx(KNOWN[0].lmg, abs=EXACT)


@given(seeds, st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_importances_are_never_negative_and_add_up_to_r_squared(seed: int, drivers: int) -> None:
    tables = drawn(seed, drivers, tables=3)
    whole = lmg.explained(tables, singles(drivers))[-1]
    for method in (lmg.lmg, lmg.johnson, lmg.importances):
        values = method(tables)
        assert (values >= 0).all()
        assert values.sum(axis=1) == pytest.approx(whole, abs=1e-8)
        assert (whole <= 1 + 1e-12).all()


@given(seeds, st.permutations(range(5)))
@settings(max_examples=30, deadline=None)
def test_another_order_of_the_drivers_changes_nothing(seed: int, order: list[int]) -> None:
    table = drawn(seed, 5)
    moved = table[:, [*order, 5]][:, :, [*order, 5]]
    for method in (lmg.lmg, lmg.johnson):
        assert method(moved) == pytest.approx(method(table)[:, order], abs=1e-9)


@given(seeds, st.lists(st.floats(0.01, 100), min_size=5, max_size=5), st.integers(0, 31))
@settings(max_examples=30, deadline=None)
def test_other_units_and_directions_change_nothing(seed: int, factors: list[float], flips: int) -> None:
    signs = np.where((flips >> np.arange(5)) & 1 == 1, -1.0, 1.0)
    factor = np.array(factors) * signs
    table = drawn(seed, 4)
    assert lmg.lmg(table * np.outer(factor, factor)) == pytest.approx(lmg.lmg(table), abs=1e-9)


@given(seeds, st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_a_copy_has_the_same_share_and_adds_nothing(seed: int, driver: int) -> None:
    table = drawn(seed, 4)
    doubled = table[:, [0, 1, 2, 3, driver, 4]][:, :, [0, 1, 2, 3, driver, 4]]
    for method in (lmg.lmg, lmg.johnson):
        values = method(doubled)[0]
        assert values[driver] == pytest.approx(values[4], abs=1e-8)
        assert values.sum() == pytest.approx(method(table).sum(), abs=1e-8)


def test_a_constant_has_no_importance_and_takes_none() -> None:
    table = last(KNOWN[0].correlations)
    wider = np.insert(np.insert(table, 2, 0.0, axis=1), 2, 0.0, axis=2)
    assert lmg.lmg(wider)[0] == pytest.approx(np.insert(lmg.lmg(table)[0], 2, 0.0), abs=EXACT)
    assert lmg.lmg(wider)[0, 2] == 0
    nothing = np.zeros((1, 4, 4))
    assert not lmg.lmg(nothing).any() and not lmg.johnson(nothing).any()


def test_above_twenty_drivers_johnsons_weights_are_taken() -> None:
    table = drawn(1, 21)
    assert lmg.importances(table) == pytest.approx(lmg.johnson(table))
    assert lmg.importances(table[:, -3:, -3:]) == pytest.approx(lmg.lmg(table[:, -3:, -3:]))


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_a_groups_drivers_add_up_to_the_group_and_groups_to_r_squared(seed: int) -> None:
    table, groups = drawn(seed, 6, tables=2), [(0, 3), (1,), (2, 4, 5)]
    of, parts = grouped.grouped(table, groups), grouped.owen(table, groups)
    assert (parts >= 0).all()
    assert of.sum(axis=1) == pytest.approx(lmg.lmg(table).sum(axis=1), abs=1e-9)
    for place, group in enumerate(groups):
        assert parts[:, list(group)].sum(axis=1) == pytest.approx(of[:, place], abs=1e-9)


def test_groups_of_one_and_one_group_are_plain_importance() -> None:
    table = last(KNOWN[0].correlations)
    plain = lmg.lmg(table)
    assert grouped.owen(table, singles(5)) == pytest.approx(plain, abs=1e-12)
    assert grouped.grouped(table, singles(5)) == pytest.approx(plain, abs=1e-12)
    assert grouped.owen(table, [tuple(range(5))]) == pytest.approx(plain, abs=1e-12)


def by_every_order(table: Floats, groups: list[tuple[int, ...]]) -> Floats:
    """Owen's value by its definition: each order of the groups with each order within them, R squared by
    solving the equations anew at every step.
    """
    within = [list(permutations(group)) for group in groups]
    orders = [
        [column for group in order for column in group]
        for chosen in product(*within)
        for order in permutations(chosen)
    ]
    brought = np.zeros(table.shape[0] - 1)
    for order in orders:
        before = 0.0
        for size, column in enumerate(order, 1):
            taken = order[:size]
            with_outcome = table[taken, -1]
            after = with_outcome @ np.linalg.solve(table[np.ix_(taken, taken)], with_outcome) / table[-1, -1]
            brought[column] += (after - before) / len(orders)
            before = after
    return brought


@pytest.mark.parametrize(
    "groups",
    [
        [(0,), (1, 2), (3,), (4,)],
        [(0, 3), (1, 2, 4)],
        [(4, 2, 0), (1,), (3,)],
        [(0,), (1,), (2,), (3,), (4,)],
        [(0, 1, 2, 3, 4)],
    ],
)
def test_groups_and_their_split_are_the_mean_over_every_order_of_the_swiss_drivers(
    groups: list[tuple[int, ...]],
) -> None:
    table = last(KNOWN[0].correlations)
    wanted = by_every_order(table[0], groups)
    assert grouped.owen(table, groups)[0] == pytest.approx(wanted, abs=1e-12)
    whole = [sum(wanted[list(group)]) for group in groups]
    assert grouped.grouped(table, groups)[0] == pytest.approx(whole, abs=1e-12)


def test_a_group_is_not_the_sum_of_its_drivers_one_by_one() -> None:
    table = last(KNOWN[0].correlations)
    parts = grouped.owen(table, [(0,), (1, 2), (3,), (4,)])
    assert parts[0, [1, 2]].sum() != pytest.approx(lmg.lmg(table)[0, [1, 2]].sum(), abs=0.01)


def test_many_tables_take_no_more_memory_than_few() -> None:
    """Fifty tables of 15 groups at once would take 13 MB for each number that a subset is known by."""
    tables = np.repeat(drawn(3, 15), 50, axis=0)
    tracemalloc.start()
    values = grouped.grouped(tables, singles(15))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert values == pytest.approx(np.repeat(lmg.lmg(tables[:1]), 50, axis=0), abs=1e-9)
    assert peak < 16_000_000


def test_groups_too_large_to_split_are_told() -> None:
    assert grouped.too_many([tuple(range(12)), tuple(range(12, 20))]) == 0
    assert grouped.too_many([tuple(range(20)), (20,), (21,)]) == 22
