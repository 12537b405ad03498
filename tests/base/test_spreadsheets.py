"""Cells that a spreadsheet would run are guarded, and read back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.base.spreadsheets import RISKY, guarded, unguarded


@given(st.text())
def test_what_was_guarded_is_read_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(RISKY)


@pytest.mark.parametrize(
    ("cell", "written"),
    [(None, ""), (-5, "-5"), ("-5", "'-5"), ("=1+1", "'=1+1"), ("'t Hoen", "''t Hoen"), ("Anna", "Anna")],
)
def test_numbers_stay_and_text_is_guarded(cell: object, written: str) -> None:
    assert guarded(cell) == written


def test_an_apostrophe_of_one_s_own_stays() -> None:
    assert unguarded("'t Hoen") == "'t Hoen"
