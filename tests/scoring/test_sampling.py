"""The random part of the follow-up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.sampling import is_among, is_drawn


def drawn(stratum: str, count: int, *, key: bytes = b"test-key", one_of: int = 4) -> list[int]:
    return [int(is_drawn(k, key=key, wave="2025H1", stratum=stratum, one_of=one_of)) for k in range(count)]


@pytest.mark.parametrize(
    ("stratum", "expected"),
    # Worked out for the rule of this module outside of it, with the key "test-key".
    [
        ("promoter", "100001000001001010001000"),
        ("passive", "001000010001100000011000"),
    ],
)
def test_known_draws(stratum: str, expected: str) -> None:
    assert "".join(map(str, drawn(stratum, 24))) == expected


@given(st.binary(min_size=1, max_size=40), st.text(max_size=10), st.integers(1, 12), st.integers(0, 60))
def test_the_drawn_rate_is_never_off_by_more_than_one(
    key: bytes, stratum: str, one_of: int, count: int
) -> None:
    total = sum(drawn(stratum, count, key=key, one_of=one_of))

    assert count // one_of <= total <= -(-count // one_of)


def test_another_key_draws_other_people() -> None:
    assert drawn("promoter", 64) != drawn("promoter", 64, key=b"other-key")
    assert drawn("promoter", 64) == drawn("promoter", 64)


def test_blocks_of_one_draw_everybody() -> None:
    assert all(drawn("passive", 9, one_of=1))


@pytest.mark.parametrize(("arrival", "one_of"), [(-1, 4), (0, 0)])
def test_impossible_arrivals_are_refused(arrival: int, one_of: int) -> None:
    with pytest.raises(ValueError, match="arrivals count from 0"):
        is_drawn(arrival, key=b"k", wave="w", stratum="s", one_of=one_of)


def among(count: int, *, drawn: int, of: int, key: bytes = b"test-key") -> list[bool]:
    return [is_among(k, key=key, wave="2025H1", stratum="promoter", drawn=drawn, of=of) for k in range(count)]


def test_one_of_a_block_is_the_same_draw() -> None:
    assert among(24, drawn=1, of=4) == [bool(k) for k in drawn("promoter", 24)]


@given(st.binary(min_size=1, max_size=40), st.integers(1, 9), st.integers(0, 9), st.integers(0, 40))
def test_any_rate_is_kept_block_by_block(key: bytes, of: int, few: int, count: int) -> None:
    few = min(few, of)
    found = among(count, drawn=few, of=of, key=key)
    started = count % of

    full = count // of * few
    assert full + max(0, few - (of - started)) <= sum(found) <= full + min(few, started)
    for block in range(count // of):
        assert sum(found[block * of : (block + 1) * of]) == few


def test_every_place_of_a_block_is_drawn_equally_often() -> None:
    found = among(5 * 400, drawn=2, of=5)
    by_place = [sum(found[place::5]) for place in range(5)]

    # 400 blocks, each place drawn with 2 of 5: mean 160, standard deviation 9.8.
    assert sum(by_place) == 800
    assert max(abs(count - 160) for count in by_place) < 4 * 9.8
    assert among(60, drawn=2, of=5) != among(60, drawn=2, of=5, key=b"other-key")


@pytest.mark.parametrize(("arrival", "few", "of"), [(-1, 2, 4), (0, 5, 4), (0, -1, 4), (0, 0, 0), (-1, 1, 4)])
def test_impossible_rates_are_refused(arrival: int, few: int, of: int) -> None:
    with pytest.raises(ValueError, match=r"arrivals count from 0|from none to all"):
        is_among(arrival, key=b"k", wave="w", stratum="s", drawn=few, of=of)
