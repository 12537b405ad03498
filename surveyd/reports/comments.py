"""Comments one by one: what stands behind a count of themes or words, with the writer's own rating."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.keyset import PAGE
from surveyd.distribution.models import Wave
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Account, Contact
from surveyd.reports.score_versions import current_score
from surveyd.responses.models import Response
from surveyd.results.codebooks import codebook_version, current_codebook
from surveyd.results.comments import WrittenComments
from surveyd.results.models import Score
from surveyd.results.slice_comments import slice_comments
from surveyd.results.slices import Slice
from surveyd.results.themes import Picked, pick
from surveyd.scoring.codebook import Codebook
from surveyd.scoring.matching import Sentence, matcher_of


@dataclass(frozen=True, slots=True)
class CommentLine:
    """One comment: who wrote it, the rating that they gave, and its sentences, each with its themes."""

    response_id: int
    contact: str
    account: str
    wave: str
    recommendation: int | None
    category: str
    segment: str
    sentences: tuple[Sentence, ...]
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommentsPage:
    """A page of comments, the latest first; `after` is the id to go on from, 0 on the last.

    `names` are the names of the themes by key; `theme` is the one that was asked for.
    """

    picked: Picked
    theme: str
    waves: tuple[str, ...]
    count: int
    lines: tuple[CommentLine, ...]
    after: int
    names: dict[str, str]


def comments_page(
    session: Session, cut: Slice, wanted: Picked, *, scope: Scope, after: int = 0, limit: int = PAGE
) -> CommentsPage:
    """The comments of a slice that are wanted, below the id `after`.

    Raises NotFound for an unknown wave, and for an unknown version of the codebook.
    """
    version = wanted.version
    stored = current_codebook(session) if version is None else codebook_version(session, version)
    of = slice_comments(session, cut, scope=scope, compared=False)
    found = of.here.only(pick(of.here, wanted, book=stored.book))
    below = found.only(found.responses < after) if after else found
    last = np.arange(below.n) >= below.n - limit
    page = below.only(last)
    names = {theme.key: theme.name for theme in stored.book.themes}
    return CommentsPage(
        picked=wanted,
        theme=names.get(wanted.theme, ""),
        waves=tuple(wave.slug for wave in of.waves),
        count=found.n,
        lines=comment_lines(session, page, scope=scope, book=stored.book),
        after=int(page.responses[0]) if below.n > limit else 0,
        names=names,
    )


def comment_lines(
    session: Session, of: WrittenComments, *, scope: Scope, book: Codebook
) -> tuple[CommentLine, ...]:
    """These comments with their writers and their themes by a codebook, the latest first. One statement."""
    matcher = matcher_of(book)
    known = _writers(session, of.responses.tolist(), scope)
    lines = []
    for at in reversed(range(of.n)):
        response_id = int(of.responses[at])
        said = matcher.sentences(of.texts[at], usual=of.languages[at])
        themes = dict.fromkeys(key for sentence in said for key in sentence.themes)
        contact, account, wave, recommendation, category, segment = known[response_id]
        lines.append(
            CommentLine(
                response_id,
                contact,
                account,
                wave,
                recommendation,
                category or "",
                segment or "",
                said,
                tuple(themes),
            )
        )
    return tuple(lines)


Writer = tuple[str, str, str, int | None, str | None, str | None]


def _writers(session: Session, responses: Sequence[int], scope: Scope) -> dict[int, Writer]:
    rows = session.execute(
        select(
            Response.id,
            Contact.name,
            Account.name,
            Wave.slug,
            Score.recommendation,
            Score.category,
            Score.segment,
        )
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .join(Wave, Wave.id == Response.wave_id)
        .outerjoin(Score, Score.id == current_score(Response.id))
        .where(Response.id.in_(responses), visible_by_account(scope, Response.account_id))
    )
    return {row[0]: (row[1], row[2], row[3], row[4], row[5], row[6]) for row in rows}
