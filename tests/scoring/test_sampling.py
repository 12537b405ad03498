"""The random part of the follow-up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.sampling import is_drawn


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
