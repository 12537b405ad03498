"""The page of comments whose words deny their rating, and of the models that say so."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from surveyd.people.access import Scope
from surveyd.reports.analysis_standing import Standing
from surveyd.reports.comments import CommentLine, comment_lines
from surveyd.reports.reasons import why_not
from surveyd.results import analyses
from surveyd.results.analysis_jobs import last_score
from surveyd.results.codebooks import current_codebook
from surveyd.results.slice_comments import slice_comments
from surveyd.results.slices import Slice
from surveyd.results.tones import LanguageTone, Quality, Tones, question_of_wave, tones
from surveyd.results.wholes import WaveName
from surveyd.scoring.unsaid import Reason

MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One language: its comments, and how well its model judged unseen ones, or why it is off."""

    language: str
    comments: int
    quality: float | None
    why: str


@dataclass(frozen=True, slots=True)
class TonePage:
    """The models and conflicts of one wave: of all `conflicts` at most MOST_LINES of each kind are shown.

    They are what a job has learned; `standing` says how far it is, None before the first wave.
    """

    wave: str
    models: tuple[ModelLine, ...]
    negative: tuple[CommentLine, ...]
    positive: tuple[CommentLine, ...]
    conflicts: int
    names: Mapping[str, str]
    standing: Standing | None = None

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.standing is not None and not self.is_learned:
            return str(_("How promoters and detractors write is not learned yet"))
        if not any(model.quality is not None for model in self.models):
            return str(_("No model of tone holds yet"))
        if not self.conflicts:
            return str(_("Words and ratings agree"))
        return str(
            ngettext(
                "1 comment sounds unlike its rating",
                "%(num)s comments sound unlike their ratings",
                self.conflicts,
            )
        )

    @property
    def is_learned(self) -> bool:
        """Whether there is something to show."""
        line = self.standing.line if self.standing else None
        return line is not None and line.result is not None


def tone_page(session: Session, cut: Slice, *, scope: Scope) -> TonePage:
    """The conflicts of the last wave of a slice, within the scope. Raises NotFound for an unknown wave."""
    of = slice_comments(session, cut, scope=scope, compared=False)
    if not of.waves:
        return TonePage("", (), (), (), 0, {})
    wave = of.waves[-1]
    standing = _standing(session, wave)
    result = standing.line.result if standing.line else None
    found = Tones((), {}) if result is None else tones(session, result, scope=scope)
    here = set(of.here.responses.tolist())
    said = {one: tone for one, tone in found.conflicts.items() if one in here}
    negative, positive = (
        comment_lines(
            session,
            of.here.only(np.isin(of.here.responses, _some(said, tone))),
            scope=scope,
            book=current_codebook(session).book,
        )
        for tone in (-1, 1)
    )
    names = {theme.key: theme.name for theme in current_codebook(session).book.themes}
    return TonePage(wave.slug, _models(found), negative, positive, len(said), names, standing)


def _standing(session: Session, wave: WaveName) -> Standing:
    """How far the wave's models are; newer are answers that were scored since."""
    question = question_of_wave(session, wave)
    line = analyses.find(session, question)
    last = last_score(session, wave.id, rule=question.policy)
    return Standing(line, line is not None and line.worked_out_at is not None and last > line.scored_to)


def _some(said: dict[int, int], wanted: int) -> list[int]:
    return sorted((one for one, tone in said.items() if tone == wanted), reverse=True)[:MOST_LINES]


def _models(of: Tones) -> tuple[ModelLine, ...]:
    return tuple(_model(one) for one in of.models)


def _model(of: LanguageTone) -> ModelLine:
    if isinstance(of.model, Quality):
        return ModelLine(of.language, of.comments, of.model.macro_f1, "")
    if of.model.reason is Reason.TOO_UNCERTAIN:
        found, needed = of.model.found / 100, of.model.needed / 100
        why = _(
            "Right too rarely on comments it had not seen: %(found)s, and %(needed)s are needed.",
            found=found,
            needed=needed,
        )
        return ModelLine(of.language, of.comments, None, str(why))
    if of.is_of_others:
        # How many there are in the whole company is not the reader's to know.
        return ModelLine(of.language, of.comments, None, str(_("Too few comments to learn from.")))
    return ModelLine(of.language, of.comments, None, why_not(of.model))
