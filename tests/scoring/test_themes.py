"""What a group writes about, and how its raters differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import nps
from surveyd.scoring.estimates import Contrast, Estimate, Method
from surveyd.scoring.nps import Counts
from surveyd.scoring.themes import Comments, Ratings, impact, marks_of, theme_table
from surveyd.scoring.unsaid import Reason, Unsaid

NAN = float("nan")


def comments(*groups: tuple[int, float, int], accounts: int | None = None) -> Comments:
    """So many comments with these themes and this sign; each of an account of its own, or of so many."""
    marks = [mark for mark, _, count in groups for _ in range(count)]
    signs = [sign for _, sign, count in groups for _ in range(count)]
    size = accounts or len(marks)
    return Comments(marks_of(marks), np.array(signs, dtype=float), np.arange(len(marks)) % max(size, 1), size)


def test_nobody_has_written() -> None:
    table = theme_table(comments(), themes=2)

    assert table.comments == Ratings(0, 0, 0, 0)
    assert table.coverage is None
    assert [one.share for one in table.themes] == [Unsaid(Reason.NO_ANSWERS, "the share of a theme")] * 2
    assert table.uncoded.ratings.n == 0


def test_one_comment_is_counted_and_carries_nothing_else() -> None:
    table = theme_table(comments((0b01, -1, 1)), themes=2)

    assert table.themes[0].ratings == Ratings(0, 0, 1, 0)
    assert table.themes[1].ratings.n == table.uncoded.ratings.n == 0
    assert table.coverage == 1
    assert table.themes[0].impact == Unsaid(Reason.TOO_FEW_ANSWERS, "the impact of a theme", 0, 10)


def test_a_comment_may_be_about_several_themes_and_the_uncoded_stay_in_sight() -> None:
    table = theme_table(comments((0b11, 1, 30), (0b10, -1, 20), (0, 0, 40), (0, NAN, 10)), themes=2)

    assert [one.ratings.n for one in table.themes] == [30, 50]
    assert table.themes[1].ratings == Ratings(30, 0, 20, 0)
    assert table.uncoded.ratings == Ratings(0, 40, 0, 10)
    assert table.coverage == pytest.approx(0.5)
    share = table.themes[1].share
    assert isinstance(share, Estimate)
    assert share.value == pytest.approx(0.5)
    assert share.interval.low < 0.5 < share.interval.high


def test_a_theme_beyond_the_codebook_counts_as_uncoded() -> None:
    assert theme_table(comments((0b100, 1, 5)), themes=2).uncoded.ratings.n == 5


def test_impact_is_the_score_with_minus_the_score_without() -> None:
    of = comments((1, 1, 5), (1, -1, 15), (0, 1, 30), (0, 0, 10), (1, NAN, 3))
    found = impact(of, of.about(0))

    assert isinstance(found, Contrast)
    assert found.value == pytest.approx((5 - 15) / 20 - 30 / 40)
    assert (found.n, found.n_other, found.method) == (20, 40, Method.CLUSTERED)
    plain = nps.difference(Counts(15, 0, 5), Counts(0, 10, 30))
    assert plain
    assert found.standard_error == pytest.approx(plain.standard_error, rel=0.15)


def test_few_accounts_fall_back_to_adjusted_wald() -> None:
    of = comments((1, -1, 15), (0, 1, 15), accounts=4)
    found = impact(of, of.about(0))
    assert isinstance(found, Contrast)
    assert found.method is Method.ADJUSTED_WALD


def test_impacts_stand_together_or_not_at_all() -> None:
    clear = comments((0b001, -1, 40), (0b010, 1, 40), (0b100, 1, 5), (0, 0, 40))
    table = theme_table(clear, themes=3)

    assert [one.stands for one in table.themes] == [True, True, False]
    assert isinstance(table.themes[2].impact, Unsaid)


def test_only_the_comments_of_a_mask() -> None:
    of = comments((1, 1, 2), (0, -1, 3))
    assert of.only(of.about(0)).n == 2


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one place for each comment"):
        Comments(marks_of([1]), np.array([]), np.array([0]), 1)


@given(st.lists(st.tuples(st.integers(0, 7), st.sampled_from([1.0, 0.0, -1.0, NAN])), max_size=60))
def test_order_does_not_matter_and_all_is_counted(rows: list[tuple[int, float]]) -> None:
    def table(rows: list[tuple[int, float]]) -> list[Ratings]:
        of = comments(*((mark, sign, 1) for mark, sign in rows))
        found = theme_table(of, themes=3)
        assert found.comments.n == len(rows)
        assert all(one.ratings.n + found.uncoded.ratings.n <= len(rows) for one in found.themes)
        return [one.ratings for one in (*found.themes, found.uncoded)]

    assert table(rows) == table(rows[::-1])
