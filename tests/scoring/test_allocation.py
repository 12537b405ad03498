"""Samples that anybody can draw again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.allocation import Allocation, allocate, drawn, share_of

SIZES = st.dictionaries(st.text(max_size=4), st.integers(0, 5000), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("how", "least", "expected"),
    [
        (Allocation.PROPORTIONAL, 0, {"north": 75, "south": 24, "sea": 1}),
        (Allocation.EQUAL, 0, {"north": 45, "south": 45, "sea": 10}),
        (Allocation.MINIMUM, 20, {"north": 58, "south": 32, "sea": 10}),
    ],
)
def test_how_a_hundred_are_shared_out(how: Allocation, least: int, expected: dict[str, int]) -> None:
    assert allocate({"north": 750, "south": 240, "sea": 10}, 100, how=how, least=least) == expected


@given(SIZES, st.integers(0, 70_000), st.sampled_from([Allocation.PROPORTIONAL, Allocation.EQUAL]))
def test_as_many_as_are_wanted_and_there(sizes: dict[str, int], total: int, how: Allocation) -> None:
    given_out = allocate(sizes, total, how=how)

    assert sum(given_out.values()) == min(total, sum(sizes.values()))
    assert all(0 <= given_out[name] <= sizes[name] for name in sizes)


@given(SIZES, st.integers(0, 70_000))
def test_no_share_is_off_by_a_whole_person(sizes: dict[str, int], total: int) -> None:
    everybody = sum(sizes.values())
    given_out = allocate(sizes, total, how=Allocation.PROPORTIONAL)

    wanted = min(total, everybody)
    assert all(abs(given_out[name] * everybody - sizes[name] * wanted) < max(1, everybody) for name in sizes)


@given(SIZES, st.integers(0, 70_000), st.integers(0, 50))
def test_each_has_its_minimum_or_all_of_it(sizes: dict[str, int], total: int, least: int) -> None:
    floor = {name: min(least, size) for name, size in sizes.items()}
    if sum(floor.values()) > min(total, sum(sizes.values())):
        with pytest.raises(ValueError, match="of each stratum are"):
            allocate(sizes, total, how=Allocation.MINIMUM, least=least)
        return
    given_out = allocate(sizes, total, how=Allocation.MINIMUM, least=least)
    assert sum(given_out.values()) == min(total, sum(sizes.values()))
    assert all(floor[name] <= given_out[name] <= sizes[name] for name in sizes)


def test_a_seed_draws_the_same_people_again_and_another_seed_others() -> None:
    people = [f"C-{number}" for number in range(1000)]

    once = drawn(people, 100, seed=7)
    assert drawn(reversed(people), 100, seed=7) == once
    assert len(set(once) & set(drawn(people, 100, seed=8))) < 30


def test_who_leaves_moves_nobody_else() -> None:
    people = [f"C-{number}" for number in range(1000)]
    once = drawn(people, 100, seed=7)

    without = drawn([one for one in people if one != once[3]], 100, seed=7)

    assert set(without) - set(once) and len(set(once) - set(without)) == 1


def test_everybody_has_the_same_chance() -> None:
    people = [f"C-{number}" for number in range(40)]
    times = dict.fromkeys(people, 0)
    for seed in range(2000):
        for one in drawn(people, 10, seed=seed):
            times[one] += 1

    # 500 each; the standard deviation of one is 19.4.
    assert min(times.values()) > 500 - 5 * 19.4
    assert max(times.values()) < 500 + 5 * 19.4


@pytest.mark.parametrize(
    ("percent", "of", "expected"), [(10, 25, 3), (10, 24, 2), (1, 3, 1), (100, 7, 7), (50, 0, 0)]
)
def test_shares_are_rounded_and_never_nobody(percent: int, of: int, expected: int) -> None:
    assert share_of(percent, of) == expected
