"""The tone of comments, learned and judged."""

from collections.abc import Sequence

import numpy as np
import pytest

from surveyd.scoring.text import plain, sentences, tokens
from surveyd.scoring.tone import Features, Tone, learn, tone_features
from surveyd.scoring.unsaid import Reason, Unsaid


def features(text: str, language: str = "en") -> list[str]:
    return tone_features([tokens(plain(said)) for said in sentences(text)], language)


def corpus(
    documents: list[list[int]], signs: Sequence[float], accounts: list[int] | None = None, *, needed: int = 10
) -> Tone | Unsaid:
    """Learn from documents given as codes of features."""
    comments = np.array([at for at, document in enumerate(documents) for _ in document], dtype=int)
    codes = np.array([code for document in documents for code in document], dtype=int)
    whose = np.array(accounts if accounts is not None else range(len(documents)))
    return learn(Features(comments, codes, len(documents), 10), np.array(signs), whose, needed=needed)


def test_features_are_stems_and_their_pairs_and_stay_within_a_sentence() -> None:
    assert features("Great support team. Fast") == [
        "great",
        "support",
        "team",
        "great support",
        "support team",
        "fast",
    ]


def test_what_a_negation_denies_is_another_feature() -> None:
    assert features("The support does not answer and help us quickly") == [
        "support", "¬answer", "¬help", "quick", "support ¬answer", "¬answer ¬help", "¬help quick",
    ]  # fmt: skip
    assert features("ne livre pas", "fr") == ["¬livr"]


def test_scripts_without_spaces_give_pairs() -> None:
    assert features("納期が遅い", "ja") == ["納期", "遅い", "納期 遅い"]


def test_too_few_comments_of_a_class() -> None:
    assert corpus([[0]] * 9 + [[1]] * 30, [-1] * 9 + [1] * 30) == Unsaid(
        Reason.TOO_FEW_ANSWERS, "the tone of comments", 9, 10
    )


def test_too_few_accounts_to_judge_by_unseen_ones() -> None:
    found = corpus([[0]] * 20 + [[1]] * 20, [-1] * 20 + [1] * 20, [at % 4 for at in range(40)])
    assert found == Unsaid(Reason.TOO_FEW_ACCOUNTS, "the tone of comments", 4, 5)


def test_words_that_tell_nothing_make_no_model() -> None:
    generator = np.random.default_rng(4)
    documents = [generator.integers(0, 10, 6).tolist() for _ in range(200)]
    found = corpus(documents, [-1, 1] * 100)
    assert isinstance(found, Unsaid)
    assert (found.reason, found.needed) == (Reason.TOO_UNCERTAIN, 65)
    assert 30 < found.found < 65


def test_clear_words_make_a_model_that_reads_the_others_and_abstains_where_it_knows_nothing() -> None:
    # 40 detractors with word 0, 40 promoters with word 1, then a passive with each and one with neither.
    found = corpus(
        [[0, 2]] * 40 + [[1, 2]] * 40 + [[0], [1], [3]], [-1] * 40 + [1] * 40 + [0, float("nan"), 0]
    )

    assert isinstance(found, Tone)
    assert found.macro_f1 == 1
    assert (found.negatives, found.positives) == (40, 40)
    assert found.tones.tolist() == [-1] * 40 + [1] * 40 + [-1, 1, 0]


def test_a_promoter_who_writes_like_a_detractor_is_found() -> None:
    found = corpus([[0, 2]] * 40 + [[1, 2]] * 40 + [[0, 2]], [-1] * 40 + [1] * 41)
    assert isinstance(found, Tone)
    assert found.tones[-1] == -1


def test_a_side_that_is_never_sure_is_never_said() -> None:
    # Word 1 stands with promoters in 3 of 4 comments only; whoever writes word 0 is a detractor.
    documents = [[0]] * 60 + [[1]] * 80
    signs = [-1] * 60 + ([1, 1, 1, -1] * 20)
    found = corpus(documents, signs)
    assert isinstance(found, Tone)
    assert found.positive is None
    assert found.negative is not None
    assert set(found.tones.tolist()) == {-1, 0}


def test_and_the_same_the_other_way_round() -> None:
    found = corpus([[0]] * 60 + [[1]] * 80, [1] * 60 + ([-1, -1, -1, 1] * 20))
    assert isinstance(found, Tone)
    assert found.negative is None
    assert set(found.tones.tolist()) == {0, 1}


@pytest.mark.parametrize("seed", range(3))
def test_margins_are_finite_and_do_not_depend_on_the_order_of_words(seed: int) -> None:
    generator = np.random.default_rng(seed)
    documents = [[int(at % 2), *generator.integers(2, 10, 5).tolist()] for at in range(80)]
    signs = [-1.0, 1.0] * 40
    one, other = corpus(documents, signs), corpus([words[::-1] for words in documents], signs)
    assert isinstance(one, Tone)
    assert isinstance(other, Tone)
    assert np.isfinite(one.margins).all()
    assert one.margins == pytest.approx(other.margins)
