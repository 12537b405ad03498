"""The tone of comments in one language, learned from the company's own comments and their writers' ratings.

The rating stays the sentiment; the tone only finds comments whose words say otherwise. A multinomial naive
Bayes model (Manning, Raghavan and Schütze, Introduction to Information Retrieval, chapter 13) over stems and
pairs of stems is judged on accounts that it has not seen: five folds, each account whole in one of them. A
tone is said only where four of five were right in those folds, and not at all below a macro F1 of 0.65.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Codes, Floats
from surveyd.scoring.stems import is_term, stem
from surveyd.scoring.stop_words import NEGATIONS
from surveyd.scoring.text import is_unspaced, pairs
from surveyd.scoring.unsaid import Reason, Unsaid

NEEDED_EACH = 200
NEEDED_F1 = 0.65
NEEDED_RIGHT = 0.8
FOLDS = 5
NEGATED = 3
"""How many words after a negation are read as their opposite."""
NOT = "\N{NOT SIGN}"
SUBJECT = "the tone of comments"


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Which comment has which feature: one place for each pair; features are codes from 0 to ``size`` - 1."""

    comments: Codes
    features: Codes
    n: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """A model that passed. ``margins`` has one log-odds for each comment, above 0 where it sounds positive.

    The margin of a comment that the model learned from comes from the fold that did not see it. ``negative``
    and ``positive`` are the margins from which a tone is said, None where never.
    """

    macro_f1: float
    negatives: int
    positives: int
    margins: Floats
    negative: float | None
    positive: float | None

    @property
    def tones(self) -> NDArray[np.int8]:
        """-1 for negative, 1 for positive, 0 for unsure, one for each comment."""
        found = np.zeros(len(self.margins), dtype=np.int8)
        if self.negative is not None:
            found[self.margins <= self.negative] = -1
        if self.positive is not None:
            found[self.margins >= self.positive] = 1
        return found


def tone_features(sentences: Sequence[Sequence[str]], language: str) -> list[str]:
    """The features of a comment from the tokens of its sentences: stems, pairs of stems, what is denied."""
    found: list[str] = []
    for words in sentences:
        stems = list(_stems(words, language))
        found += stems
        found += [f"{one} {other}" for one, other in pairwise(stems)]
    return found


def _stems(words: Sequence[str], language: str) -> list[str]:
    found: list[str] = []
    denied = 0
    for word in words:
        if is_unspaced(word):
            found += pairs(word)
            continue
        if word in NEGATIONS.get(language, ()):
            denied = NEGATED
            continue
        if is_term(word, language):
            found.append((NOT if denied else "") + stem(word, language))
        denied = max(0, denied - 1)
    return found


def learn(of: Features, signs: Floats, accounts: Codes, *, needed: int = NEEDED_EACH) -> Tone | Unsaid:
    """Learn from comments with a sign (1 promoter, -1 detractor) and judge the model on unseen accounts.

    ``signs`` and ``accounts`` have one place for each comment; 0 and NaN get a margin without being learned
    from.
    Unsaid with fewer than ``needed`` comments of either sign, fewer than five accounts, or a macro F1 below
    0.65 (given in hundredths).
    """
    least = min(int(np.count_nonzero(signs == -1)), int(np.count_nonzero(signs == 1)))
    if least < needed:
        return Unsaid(Reason.TOO_FEW_ANSWERS, SUBJECT, least, needed)
    known = np.flatnonzero(np.abs(signs) == 1)
    whose = np.unique(accounts[known], return_inverse=True)[1]
    if whose.max() + 1 < FOLDS:
        return Unsaid(Reason.TOO_FEW_ACCOUNTS, SUBJECT, int(whose.max()) + 1, FOLDS)
    margins = _margins(of, known, signs[known] == 1, whose % FOLDS)
    right = signs[known] == 1
    macro = _macro_f1(margins[known] > 0, right)
    if macro < NEEDED_F1:
        return Unsaid(Reason.TOO_UNCERTAIN, SUBJECT, round(100 * macro), round(100 * NEEDED_F1))
    negative = _from_where(-margins[known], ~right)
    return Tone(
        macro,
        int(np.count_nonzero(~right)),
        int(np.count_nonzero(right)),
        margins,
        None if negative is None else -negative,
        _from_where(margins[known], right),
    )


def _margins(of: Features, known: NDArray[np.intp], positive: NDArray[np.bool_], folds: Codes) -> Floats:
    """The log-odds of every comment: of a known one by the other folds, of any other by all."""
    fold_of = np.full(of.n, FOLDS)
    fold_of[known] = folds
    kind_of = np.zeros(of.n, dtype=np.intp)
    kind_of[known] = positive
    learned = fold_of[of.comments] < FOLDS
    cell = (fold_of[of.comments] * 2 + kind_of[of.comments]) * of.size + of.features
    seen = np.bincount(cell[learned], minlength=FOLDS * 2 * of.size).reshape(FOLDS, 2, of.size)
    whole = seen.sum(axis=0)
    odds = np.stack([*(_log_odds(whole - one) for one in seen), _log_odds(whole)])
    of_each = odds[fold_of[of.comments], of.features]
    summed: Floats = np.bincount(of.comments, weights=of_each, minlength=of.n).astype(np.float64)
    return summed


def _log_odds(counts: NDArray[np.intp]) -> Floats:
    """What each feature adds: log of its share among the positive minus among the negative, one added."""
    shares = np.log(counts + 1.0) - np.log(counts.sum(axis=1, keepdims=True) + counts.shape[1])
    found: Floats = shares[1] - shares[0]
    return found


def _macro_f1(said: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    """The mean of both classes' F1; each class has comments, so neither divides by nothing."""
    both = [(said, right), (~said, ~right)]
    return float(np.mean([2 * (a & b).sum() / (a.sum() + b.sum()) for a, b in both]))


def _from_where(margins: Floats, right: NDArray[np.bool_]) -> float | None:
    """The lowest margin above 0 from which on at least 4 of 5 are right; None where there is none."""
    order = np.argsort(-margins, kind="stable")
    ranked, hits = margins[order], np.cumsum(right[order])
    # Of equal margins all count, or none: a cut cannot stand between them.
    last = np.append(ranked[1:] < ranked[:-1], True)
    good = last & (ranked > 0) & (hits >= NEEDED_RIGHT * np.arange(1, len(ranked) + 1))
    return float(ranked[good].min()) if good.any() else None
