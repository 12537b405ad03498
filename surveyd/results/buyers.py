"""The buyer type of one response, read off its score and its words by the codebook in force."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from surveyd.results.codebook_data import OTHER_SUPPLIERS
from surveyd.results.codebooks import current_codebook
from surveyd.scoring.buyers import Buyer, buyer, said
from surveyd.scoring.matching import Matcher, matcher_of


def buyer_matcher(session: Session) -> Matcher:
    """What finds the words that buyer types are read off. One statement."""
    return matcher_of(current_codebook(session).book)


def buyer_of(
    matcher: Matcher,
    *,
    segment: str,
    category: str,
    stages: Mapping[str, float],
    texts: Sequence[str],
    language: str,
) -> Buyer | None:
    """The buyer type of one response; None for who cannot be placed. `language` is that of the survey."""
    text = "\n".join(texts)
    themes = matcher.keys_of(matcher.mark(text, usual=language or "en"))
    return buyer(said(segment, category, stages, wrote=bool(text), other_suppliers=OTHER_SUPPLIERS in themes))
