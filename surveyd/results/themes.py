"""What a slice's comments are about: themes with figures, words that emerge, and the comments behind each.

Labels are worked out when they are read and kept by content (see ``readings``), so that a new version of the
codebook holds for all waves at once and two versions can be compared on the same comments.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account
from surveyd.results.codebooks import StoredCodebook, current_codebook
from surveyd.results.comments import WrittenComments
from surveyd.results.policies import current
from surveyd.results.readings import Wording, marks, wording
from surveyd.results.revenue import Money
from surveyd.results.slice_comments import SliceComments
from surveyd.scoring.arrays import Mask
from surveyd.scoring.codebook import BadPhrase, Codebook, Theme
from surveyd.scoring.matching import Matcher
from surveyd.scoring.nps import Category
from surveyd.scoring.policy import SHIPPED, Minimums
from surveyd.scoring.terms import Term, emerging
from surveyd.scoring.themes import Comments, ThemeTable, theme_table
from surveyd.scoring.unsaid import Unsaid

MOST_TERMS = 15
UNCODED = "uncoded"
"""Stands for the comments without a theme, where a theme's key may stand; no theme has it."""
UNRATED = "unrated"
"""Stands for the comments of those who gave no rating, where a category may stand."""
OF_SIGN = {Category.PROMOTER: 1.0, Category.PASSIVE: 0.0, Category.DETRACTOR: -1.0}


@dataclass(frozen=True, slots=True)
class TermLine:
    """A word that one group uses more: its stem, as it was first seen, and in how many comments of both.

    ``z`` above 0 is more in the first group; contacts and accounts are of the group that uses it more.
    """

    language: str
    stem: str
    word: str
    first: int
    second: int
    contacts: int
    accounts: int
    z: float


@dataclass(frozen=True, slots=True)
class SliceThemes:
    """The themes of a slice's comments. `answered` responses, of which `table.comments` have a comment.

    `detractors` are words that detractors use more (z above 0) or promoters (below); `since` those used more
    (or less) than in the wave before, None without one; `shares_before` has a share or None for each theme.
    `money` is the revenue of the accounts that write about each theme; empty for who sees none.
    """

    answered: int
    stored: StoredCodebook
    table: ThemeTable
    detractors: tuple[TermLine, ...] | Unsaid
    since: tuple[TermLine, ...] | Unsaid | None
    shares_before: tuple[float | None, ...]
    money: tuple[tuple[Money, ...], ...]
    policy: str


@dataclass(frozen=True, slots=True)
class Picked:
    """Which comments: of a theme's key or UNCODED, of a word, of a category; an empty one does not narrow.

    `phrases` are (language, phrase), of which one is enough; `version` is the codebook's, if not the current.
    """

    theme: str = ""
    language: str = ""
    stem: str = ""
    category: str = ""
    phrases: tuple[tuple[str, str], ...] = ()
    version: int | None = None


def slice_themes(
    session: Session, of: SliceComments, *, scope: Scope, stored: StoredCodebook | None = None
) -> SliceThemes:
    """The themes of a slice's comments by `stored`, else by the codebook in force."""
    stored = stored or current_codebook(session)
    here, before = of.here, of.before
    found = coded(here, stored.book)
    words = wording(here, before) if before else wording(here)
    policy = current(session)
    return SliceThemes(
        answered=here.answered,
        stored=stored,
        table=table_of(found, stored.book, minimums=policy.minimums),
        detractors=_by_rating(words, here),
        since=_since(words, here) if before else None,
        shares_before=_shares(before, stored.book),
        money=_money(session, here, found, stored.book, scope=scope),
        policy=policy.version,
    )


def coded(of: WrittenComments, book: Codebook) -> Comments:
    """The comments with their themes as arrays."""
    return Comments(marks(of, book), of.signs, of.accounts, len(of.account_ids))


def table_of(of: Comments, book: Codebook, *, minimums: Minimums = SHIPPED.minimums) -> ThemeTable:
    """The figures of every theme of the codebook, in its order."""
    return theme_table(of, themes=len(book.themes), minimums=minimums)


def pick(of: WrittenComments, wanted: Picked, *, book: Codebook) -> Mask:
    """Which comments are wanted; none for a theme or a word that there is not."""
    mask: Mask = np.ones(of.n, dtype=bool)
    if wanted.theme:
        found = marks(of, book)
        keys = [theme.key for theme in book.themes]
        if wanted.theme == UNCODED:
            mask &= found == 0
        elif wanted.theme in keys:
            mask &= (found >> np.uint64(keys.index(wanted.theme))) & np.uint64(1) == 1
        else:
            mask &= False
    if wanted.stem:
        mask &= _with_word(of, wanted)
    if wanted.phrases:
        mask &= _with_phrase(of, wanted.phrases)
    if wanted.category:
        sign = OF_SIGN.get(Category(wanted.category)) if wanted.category in set(Category) else None
        mask &= of.signs == sign if sign is not None else np.isnan(of.signs)
    return mask


def _with_word(of: WrittenComments, wanted: Picked) -> Mask:
    words = wording(of)
    codes = [at for at, one in enumerate(words.stems) if one == (wanted.language, wanted.stem)]
    has: Mask = np.zeros(of.n, dtype=bool)
    has[words.comments[np.isin(words.usage.words, codes)]] = True
    return has


def _with_phrase(of: WrittenComments, phrases: Sequence[tuple[str, str]]) -> Mask:
    """Which comments one of the phrases is in; none for a phrase that cannot be looked for."""
    typed = tuple((language, (phrase,)) for language, phrase in phrases)
    try:
        matcher = Matcher(Codebook((Theme("", "", typed),)))
    except BadPhrase:
        return np.zeros(of.n, dtype=bool)
    found = (matcher.mark(text, usual=said) for text, said in zip(of.texts, of.languages, strict=True))
    return np.fromiter(map(bool, found), dtype=bool, count=of.n)


def _by_rating(words: Wording, here: WrittenComments) -> tuple[TermLine, ...] | Unsaid:
    """The words of this wave's detractors against those of its promoters."""
    is_here = words.comments < here.n
    signs = np.append(here.signs, np.nan)[np.minimum(words.comments, here.n)]
    return _lines(emerging(words.usage, is_here & (signs == -1), is_here & (signs == 1)), words)


def _since(words: Wording, here: WrittenComments) -> tuple[TermLine, ...] | Unsaid:
    is_here = words.comments < here.n
    return _lines(emerging(words.usage, is_here, ~is_here), words)


def _lines(found: tuple[Term, ...] | Unsaid, words: Wording) -> tuple[TermLine, ...] | Unsaid:
    """The clearest words of either side, each side's clearest first."""
    if isinstance(found, Unsaid):
        return found
    more, less = ([term for term in found if (term.z > 0) is side][:MOST_TERMS] for side in (True, False))
    return tuple(
        TermLine(
            *words.stems[one.word],
            words.shown[one.word],
            one.first,
            one.second,
            one.contacts,
            one.accounts,
            one.z,
        )
        for one in (*more, *less)
    )


def _shares(before: WrittenComments | None, book: Codebook) -> tuple[float | None, ...]:
    if before is None or not before.n:
        return (None,) * len(book.themes)
    found = coded(before, book)
    return tuple(float(found.about(at).mean()) for at in range(len(book.themes)))


def _money(
    session: Session, here: WrittenComments, found: Comments, book: Codebook, *, scope: Scope
) -> tuple[tuple[Money, ...], ...]:
    """The revenue of the accounts that write about each theme, by currency, each account once."""
    if not scope.sees_revenue or not here.n:
        return ((),) * len(book.themes)
    rows = session.execute(
        select(Account.id, Account.revenue_cents, Account.currency).where(
            visible_accounts(scope), Account.revenue_cents.is_not(None)
        )
    )
    known = {account_id: (cents, currency) for account_id, cents, currency in rows}
    of_code = [known.get(account_id) for account_id in here.account_ids.tolist()]
    return tuple(
        _sums([of_code[code] for code in np.unique(found.accounts[found.about(at)]).tolist()])
        for at in range(len(book.themes))
    )


def _sums(revenues: Sequence[tuple[int, str] | None]) -> tuple[Money, ...]:
    told = [one for one in revenues if one is not None]
    currencies = sorted({currency for _, currency in told})
    return tuple(
        Money(currency, sum(cents), len(cents))
        for currency in currencies
        if (cents := [amount for amount, of in told if of == currency])
    )
