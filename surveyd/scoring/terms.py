"""Which words one group uses more than another: log-odds with an informative Dirichlet prior.

Source: Monroe, Colaresi and Quinn, Fightin' words, Political Analysis 16 (2008). A word counts once a
comment, so that nobody is heard twice by repeating themselves, and languages are compared each by itself: a
wave with more French answers does not make French words emerge.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Codes, Mask
from surveyd.scoring.unsaid import Reason, Unsaid

PRIOR_SHARE = 0.1
MOST_PRIOR = 500.0
"""What the prior weighs: a tenth of the words of both groups, at most 500 words."""
LEAST_PRIOR, MOST_WORDS = 1e-100, 1e100
"""Between these nothing is lost to rounding or grows beyond measure."""
SURE = 1.96
LEAST_CONTACTS = 5
LEAST_ACCOUNTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """Who used which word: one place for each comment and word in it.

    ``words`` are codes, ``contacts`` and ``accounts`` say whose comment it is. ``pools`` has one place for
    each word code: the language whose words it is compared among, counted from 0.
    """

    words: Codes
    contacts: Codes
    accounts: Codes
    pools: Codes


@dataclass(frozen=True, slots=True)
class LogOdds:
    """How much more one group uses a word than another: the difference of log-odds, its error, and z."""

    difference: float
    standard_error: float

    @property
    def z(self) -> float:
        """The difference in standard errors."""
        return self.difference / self.standard_error


@dataclass(frozen=True, slots=True)
class Term:
    """A word that one group uses more: in how many comments of the first and of the second group.

    ``z`` is above 0 for a word of the first group and below 0 for one of the second; contacts and accounts
    are those of the group that uses it more.
    """

    word: int
    first: int
    second: int
    contacts: int
    accounts: int
    z: float


def log_odds(
    y1: int, n1: int, y2: int, n2: int, *, prior: float | None = None, own: float | None = None
) -> LogOdds | None:
    """Compare y1 of n1 words with y2 of n2; the prior spreads ``prior`` words as both groups together do.

    Without a wish the prior weighs a tenth of the words of both groups, 500 at most: with more a small group
    could never differ, with less every rare word would. ``own`` is how much of the prior this word has, for
    priors that are spread otherwise, such as alike over all words.

    None where it cannot be said: no words on a side, a word that nobody uses, or the only word there is.
    Raises ValueError for impossible counts, a prior that is not above 0, and a word that has all of it.
    """
    if not (0 <= y1 <= n1 and 0 <= y2 <= n2):
        raise ValueError("a word is used between 0 times and as often as there are words.")
    both, total = y1 + y2, n1 + n2
    if not (n1 and n2 and both) or both == total:
        return None
    prior = min(MOST_PRIOR, PRIOR_SHARE * total) if prior is None else prior
    alpha = prior * both / total if own is None else own
    if not LEAST_PRIOR <= alpha < prior <= MOST_WORDS:
        raise ValueError("a prior is above 0, and a word has a part of it.")
    # Whole numbers first, so that a small prior is not lost beside them.
    odds_one = (y1 + alpha) / (n1 - y1 + (prior - alpha))
    odds_other = (y2 + alpha) / (n2 - y2 + (prior - alpha))
    return LogOdds(log(odds_one) - log(odds_other), sqrt(1 / (y1 + alpha) + 1 / (y2 + alpha)))


def emerging(
    usage: Usage, first: Mask, second: Mask, *, prior: float | None = None
) -> tuple[Term, ...] | Unsaid:
    """Return the words that tell the groups apart, the clearest first; masks are over ``usage``'s places.

    A word is told from |z| above 1.96 on, used by 5 contacts of 3 accounts in the group that uses it more.
    Unsaid when either group has written nothing.
    """
    if not first.any() or not second.any():
        return Unsaid(Reason.NO_ANSWERS, "emerging terms")
    size = len(usage.pools)
    one, other = (np.bincount(usage.words[mask], minlength=size) for mask in (first, second))
    n_one, n_other = (np.bincount(usage.pools, weights=count, minlength=1) for count in (one, other))
    odds: dict[int, float] = {}
    for word in np.flatnonzero(np.maximum(one, other) >= LEAST_CONTACTS).tolist():
        pool = usage.pools[word]
        found = log_odds(int(one[word]), int(n_one[pool]), int(other[word]), int(n_other[pool]), prior=prior)
        if found is not None and abs(found.z) > SURE:
            odds[word] = found.z
    clear = np.isin(usage.words, list(odds))
    reach_one, reach_other = _reach(usage, first & clear, size), _reach(usage, second & clear, size)
    lines: list[Term] = []
    for word, z in odds.items():
        contacts, accounts = reach_one if z > 0 else reach_other
        if contacts[word] >= LEAST_CONTACTS and accounts[word] >= LEAST_ACCOUNTS:
            counts = int(one[word]), int(other[word]), int(contacts[word]), int(accounts[word])
            lines.append(Term(word, *counts, z))
    return tuple(sorted(lines, key=lambda term: (-abs(term.z), term.word)))


def _reach(usage: Usage, where: Mask, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of how many contacts and of how many accounts the comments with each word are."""
    words = usage.words[where]
    contacts, accounts = (
        np.bincount(_once_each(words, who[where]), minlength=size) for who in (usage.contacts, usage.accounts)
    )
    return contacts, accounts


def _once_each(words: Codes, who: Codes) -> Codes:
    """The words, each as often as different people have it."""
    people, codes = np.unique(who, return_inverse=True)
    pairs = np.unique(words.astype(np.int64) * max(len(people), 1) + codes)
    found: Codes = pairs // max(len(people), 1)
    return found
