"""Means and correlations of answers with gaps, and of accounts drawn again."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyd.scoring import gaps, moments
from surveyd.scoring.arrays import Floats
from surveyd.scoring.bootstrap import draws, interval, ranks, resampled
from surveyd.scoring.moments import Complete, Likelihood, Pairwise, Standard, Table, method, standardise
from surveyd.scoring.unsaid import Reason, Unsaid

NAN = float("nan")


def standard(values: Sequence[Sequence[float]] | Floats, accounts: Sequence[int] | None = None) -> Standard:
    rows = np.array(values, dtype=np.float64)
    codes = np.arange(len(rows)) if accounts is None else np.asarray(accounts)
    return standardise(Table(lambda at: rows[at], codes, np.ones(len(rows))))


def answers(seed: int, people: int, *, missing: float) -> tuple[Floats, list[int]]:
    """Four correlated numbers of people in accounts of three, some unanswered."""
    generator = np.random.default_rng(seed)
    common = generator.normal(size=(people, 1))
    rows = 3 + common + generator.normal(size=(people, 4))
    rows[generator.random(rows.shape) < missing] = NAN
    rows[np.isnan(rows).all(axis=1), 0] = 3.0
    return rows, [person // 3 for person in range(people)]


def test_the_likeliest_moments_are_those_of_the_closed_form() -> None:
    """Monotone gaps of two normal columns: Anderson, JASA 1957."""
    found = standard([[1, 2], [2, 3], [3, 7], [4, NAN], [5, NAN]])
    by = method(found)
    assert isinstance(by, Likelihood)
    assert by.at.mean / found.scale + found.centre == pytest.approx([3.0, 6.5], abs=1e-6)
    covariance = by.at.covariance / np.outer(found.scale, found.scale)
    assert covariance == pytest.approx(np.array([[2.0, 5.0], [5.0, 13.0]]), abs=1e-6)


def test_without_gaps_the_likelihood_is_the_plain_one() -> None:
    rows, _ = answers(1, 60, missing=0)
    found = standard(rows)
    assert isinstance(method(found), Complete)
    sums = gaps.empty(np.ones((1, 4), dtype=np.bool_))
    gaps.add(sums, found.rows(slice(None)), weights=np.ones(60), of_row=np.zeros(60, dtype=np.intp))
    at = gaps.likelihood(sums)
    assert isinstance(at, gaps.Estimate)
    assert at.covariance == pytest.approx(np.corrcoef(rows.T), abs=1e-9)


def test_an_estimate_that_does_not_settle_is_told() -> None:
    rows, _ = answers(2, 60, missing=0.4)
    found = standard(rows)
    distinct, of_row = gaps.patterns(found.known)
    sums = gaps.empty(distinct)
    gaps.add(sums, found.rows(slice(None)), weights=np.ones(60), of_row=of_row)
    assert gaps.likelihood(sums, steps=2) == Unsaid(Reason.NOT_SETTLED, "the drivers", needed=2)


def test_pairs_stand_in_where_likelihood_does_not_settle_or_patterns_are_too_many() -> None:
    rows, _ = answers(2, 60, missing=0.4)
    assert isinstance(method(standard(rows)), Likelihood)
    assert isinstance(method(standard(rows), steps=2), Pairwise)
    assert isinstance(method(standard(rows), most=3), Pairwise)


@pytest.mark.parametrize("width", [3, 9, 70, 130])
def test_patterns_tell_rows_apart_at_any_width(width: int) -> None:
    known = np.random.default_rng(width).random((40, width)) < 0.5
    known[20:] = known[:20]
    distinct, of_row = gaps.patterns(known)
    assert (distinct[of_row] == known).all()
    assert len(distinct) == len({row.tobytes() for row in known})


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3]))
@settings(max_examples=15, deadline=None)
def test_a_draw_is_what_the_repeated_rows_would_give(seed: int, missing: float) -> None:
    """Complete rows, and pairs of incomplete ones: each draw against its accounts written out."""
    rows, codes = answers(seed, 45, missing=missing)
    found = standard(rows, codes)
    by = method(found, most=0) if missing else method(found)
    assert isinstance(by, Pairwise if missing else Complete)
    drawn = draws(15, times=3, seed=seed)
    tables, repaired = resampled(found, by, drawn)
    assert (drawn[0] == 1).all() and (drawn.sum(axis=1) == 15).all()
    for counts, table, mended in zip(drawn, tables, repaired, strict=True):
        again = rows[np.repeat(np.arange(45), counts[codes])]
        if not mended:
            assert table == pytest.approx(correlated(again), abs=1e-9)


def correlated(rows: Floats) -> Floats:
    """Correlations of those who answered both, pair by pair."""
    width = rows.shape[1]
    found = np.eye(width)
    for one in range(width):
        for other in range(one):
            both = rows[~np.isnan(rows[:, [one, other]]).any(axis=1)][:, [one, other]]
            found[one, other] = found[other, one] = np.asarray(np.corrcoef(both.T))[0, 1]
    return found


def test_a_drawn_likelihood_comes_near_the_one_worked_out_anew() -> None:
    """One step of EM alone falls short of it by what is missing; the stretched step does not."""
    rows, codes = answers(5, 900, missing=0.4)
    found = standard(rows, codes)
    by = method(found)
    assert isinstance(by, Likelihood)
    short = method(found, drawn=False)
    assert isinstance(short, Likelihood) and short.stretched is None
    drawn = draws(300, times=6, seed=3)
    stretched, plain = (resampled(found, one, drawn)[0] for one in (by, short))
    far, near = [], []
    for place in range(1, 7):
        again = standard(rows[np.repeat(np.arange(900), drawn[place][codes])])
        at = method(again)
        assert isinstance(at, Likelihood)
        table = resampled(again, at, draws(len(again.known), times=0))[0][0]
        near.append(np.abs(stretched[place] - table).mean())
        far.append(np.abs(plain[place] - table).mean())
    assert np.mean(near) < 0.25 * np.mean(far)
    assert np.mean(near) < 0.005


def test_copies_with_gaps_stay_finite_and_equal() -> None:
    rows, codes = answers(6, 90, missing=0.2)
    found = standard(np.column_stack([rows[:, :2], rows[:, 0], rows[:, 3]]), codes)
    tables, _ = resampled(found, method(found), draws(30, times=4))
    assert np.isfinite(tables).all()
    assert tables[:, 0, 3] == pytest.approx(tables[:, 2, 3], abs=1e-6)


def test_impossible_correlations_are_found_and_mended() -> None:
    impossible = np.array([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]])
    assert np.linalg.eigvalsh(impossible)[0] == pytest.approx(-0.8)
    mended, which = gaps.repaired(np.stack([impossible, np.eye(3)]))
    assert which.tolist() == [True, False]
    assert np.linalg.eigvalsh(mended[0])[0] > -1e-12
    assert np.diagonal(mended[0]) == pytest.approx(np.ones(3))
    assert (mended[1] == np.eye(3)).all()


def test_what_does_not_vary_in_a_draw_is_nothing_in_it() -> None:
    rows = np.array([[1.0, 1], [1, 2], [1, 3], [5, 4]])
    tables, _ = resampled(
        standard(rows), Complete(2), np.array([[1, 1, 1, 1], [1, 2, 1, 0]], dtype=np.uint16)
    )
    assert tables[0, 0, 1] == pytest.approx(np.asarray(np.corrcoef(rows.T))[0, 1])
    assert tables[1].tolist() == [[0, 0], [0, pytest.approx(1)]]


def test_an_account_may_reach_over_blocks() -> None:
    rows = np.tile([[1.0, 2], [2, 1], [3, 3], [4, 4]], (moments.ROWS // 2, 1))
    found = standard(rows, np.repeat([0, 1], len(rows) // 2).tolist())
    tables, _ = resampled(found, method(found), draws(2, times=1))
    assert tables[0] == pytest.approx(np.corrcoef(rows.T))


def test_a_column_without_answers_or_variation_stays_nothing() -> None:
    found = standard([[1, NAN, 4], [2, NAN, 4], [3, NAN, 4]])
    assert found.scale.tolist() == [pytest.approx(np.sqrt(1.5)), 0, 0]
    assert (found.rows(slice(None))[:, 1:] == 0).all()


def test_intervals_hold_the_estimate_and_ranks_the_rank() -> None:
    samples = np.linspace(0, 1, 101)[:, None] * np.array([1.0, 0.5])
    assert interval(samples[:, 0], 0.5).low == pytest.approx(0.025)
    assert interval(samples[:, 0], 2.0).high == 2.0
    assert ranks(samples + np.array([0.1, 0])) == [(1, 1), (2, 2)]
    mixed = np.tile([[1.0, 2.0], [2.0, 1.0]], (50, 1))
    assert ranks(mixed) == [(1, 2), (1, 2)]


def test_draws_are_the_same_by_seed() -> None:
    assert (draws(20, times=3) == draws(20, times=3)).all()
    assert (draws(20, times=3) != draws(20, times=3, seed=9)).any()
