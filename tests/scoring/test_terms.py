"""Emerging terms."""

from math import isfinite, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.terms import Term, Usage, emerging, log_odds
from surveyd.scoring.unsaid import Reason, Unsaid

REST = dict.fromkeys(range(4, 10), 200)


def usage(*uses: tuple[int, int, int], words: int, pools: list[int] | None = None) -> Usage:
    """Uses as (word, contact, account)."""
    word, contact, account = np.array(uses or [(0, 0, 0)]).T[:, : len(uses)]
    return Usage(word, contact, account, np.array(pools or [0] * words))


def spoken(
    first: dict[int, int], second: dict[int, int], *, accounts: int = 10, pools: list[int] | None = None
) -> tuple[Term, ...] | Unsaid:
    """Each group uses each word in so many comments, each of a contact of its own."""
    uses = [
        (word, contact + (1000 if group else 0), contact % accounts)
        for group, counts in enumerate((first, second))
        for word, count in counts.items()
        for contact in range(count)
    ]
    is_first = np.array([contact < 1000 for _, contact, _ in uses], dtype=bool)
    return emerging(usage(*uses, words=10, pools=pools or [0] * 10), is_first, ~is_first)


def test_the_worked_example() -> None:
    # 10 of 1,000 words against none of 1,000; the prior of 200 words holds 1 of this one.
    found = log_odds(10, 1000, 0, 1000)
    assert found
    assert found.difference == pytest.approx(log(11 / 1189) - log(1 / 1199))
    assert found.standard_error == pytest.approx(sqrt(1 / 11 + 1 / 1))
    assert (round(found.difference, 3), round(found.standard_error, 3), round(found.z, 2)) == (
        2.406,
        1.044,
        2.3,
    )


def test_the_prior_may_be_chosen_and_holds_back() -> None:
    chosen, usual = log_odds(10, 1000, 0, 1000, prior=500), log_odds(10, 1000, 0, 1000)
    assert chosen
    assert usual
    assert chosen.difference < usual.difference
    assert log_odds(10, 9000, 0, 9000) == log_odds(10, 9000, 0, 9000, prior=500)


@pytest.mark.parametrize(
    ("word", "first", "second", "z"),
    # The two sentences of Wigder, fightin_words: nine words each, eleven different ones, 0.05 of each.
    [
        ("brown", 1, 0, 0.6894227887),
        ("fox", 1, 0, 0.6894227887),
        ("donkey", 0, 1, -0.6894227887),
        ("purple", 0, 1, -0.6894227887),
        ("the", 2, 2, 0.0),
        ("lazy", 1, 1, 0.0),
    ],
)
def test_a_prior_that_is_alike_for_all_words_as_published(
    word: str, first: int, second: int, z: float
) -> None:
    found = log_odds(first, 9, second, 9, prior=11 * 0.05, own=0.05)

    assert found, word
    assert found.z == pytest.approx(z, abs=1e-9)


@pytest.mark.parametrize("counts", [(6, 5, 0, 5), (-1, 5, 1, 5), (0, 5, 6, 5)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="as often as there are words"):
        log_odds(*counts)


@pytest.mark.parametrize(
    ("prior", "own"), [(0, None), (float("nan"), None), (float("inf"), None), (-1, None), (1, 1), (1, 0)]
)
def test_impossible_priors_are_refused(prior: float, own: float | None) -> None:
    with pytest.raises(ValueError, match="a prior is above 0"):
        log_odds(1, 5, 0, 5, prior=prior, own=own)


def test_a_prior_of_next_to_nothing_is_not_lost_beside_the_counts() -> None:
    found = log_odds(5, 5, 0, 5, prior=1e-50)

    assert found
    assert isfinite(found.z)


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (1, 5, 0, 0), (0, 0, 1, 5), (0, 5, 0, 5), (5, 5, 5, 5)])
def test_what_cannot_be_compared_is_none(counts: tuple[int, int, int, int]) -> None:
    assert log_odds(*counts) is None


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 500), st.integers(1, 500))
def test_the_groups_mirror_each_other(y1: int, y2: int, more1: int, more2: int) -> None:
    one, other = log_odds(y1, y1 + more1, y2, y2 + more2), log_odds(y2, y2 + more2, y1, y1 + more1)
    if one is None:
        assert other is None
    else:
        assert other
        assert one.z == pytest.approx(-other.z)


def test_a_word_of_one_group_emerges() -> None:
    found = spoken({1: 30, **REST}, {1: 2, **REST})
    assert isinstance(found, tuple)
    [term] = found
    assert (term.word, term.first, term.second, term.contacts, term.accounts) == (1, 30, 2, 30, 10)
    assert term.z > 1.96


def test_the_other_groups_words_have_the_other_sign() -> None:
    found = spoken(REST, {3: 40, **REST})
    assert isinstance(found, tuple)
    assert [(term.word, term.contacts, term.z < 0) for term in found] == [(3, 40, True)]


def test_four_contacts_are_too_few_and_two_accounts_as_well() -> None:
    assert spoken({1: 4, **REST}, REST) == ()
    assert spoken({1: 30, **REST}, REST, accounts=2) == ()


def test_one_person_who_repeats_a_word_is_one_person() -> None:
    uses = [(1, 7, 1)] * 30 + [(word, at, at) for word in REST for at in range(400)]
    first = np.array([word == 1 or contact < 200 for word, contact, _ in uses])
    assert emerging(usage(*uses, words=10), first, ~first) == ()


def test_languages_are_compared_each_by_itself() -> None:
    # Word 5 is the only one of its language, so nothing sets it apart from the rest of that language.
    assert spoken({2: 200, 5: 60}, {2: 200, 5: 1}, pools=[0, 0, 0, 0, 0, 1, 0, 0, 0, 0]) == ()


def test_without_words_on_both_sides_nothing_is_said() -> None:
    assert spoken({1: 9}, {}) == Unsaid(Reason.NO_ANSWERS, "emerging terms")
    assert spoken({}, {1: 9}) == Unsaid(Reason.NO_ANSWERS, "emerging terms")
    assert spoken({}, {}) == Unsaid(Reason.NO_ANSWERS, "emerging terms")
