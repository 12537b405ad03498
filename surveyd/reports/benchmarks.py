"""A wave beside what it can be compared with: its own past, peers in the same wave, figures of others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.distribution.comparable_waves import launched_until
from surveyd.distribution.models import Wave
from surveyd.distribution.shown_waves import offered_waves
from surveyd.people.access import Scope
from surveyd.reports.words import score_shown
from surveyd.results.figures import Figures
from surveyd.results.outside import FigureLine, outside_figures
from surveyd.results.outside_models import Measure
from surveyd.results.peers import DIMENSIONS, PLACES, Held, Part, hold
from surveyd.results.wholes import wave_name
from surveyd.scoring import nps
from surveyd.scoring.bases import Base
from surveyd.scoring.estimates import Estimate
from surveyd.scoring.intervals import Interval
from surveyd.scoring.nps import display, display_finely
from surveyd.scoring.trend import Against, Comparison, Direction
from surveyd.scoring.unsaid import Unsaid

MOST_WAVES = 12
CHOICES = 24
MEASURES = {
    Measure.NPS.value: lazy_gettext("Net Promoter Score"),
    Measure.EASE.value: lazy_gettext("ease of doing business"),
    Measure.ATTITUDE.value: lazy_gettext("attitude"),
    Measure.INTENT.value: lazy_gettext("intent"),
    Measure.RESPONSE_RATE.value: lazy_gettext("response rate"),
}
NAMES = {
    "tier": lazy_gettext("Tier"),
    "product_line": lazy_gettext("Product line"),
    "business_unit": lazy_gettext("Business unit"),
    "channel": lazy_gettext("Channel"),
    "country": lazy_gettext("Country"),
    "region": lazy_gettext("Region"),
}


@dataclass(frozen=True, slots=True)
class Ours:
    """Our own figure of a measure in points; without an interval it is counted, not estimated."""

    value: float
    interval: Interval | None
    base: int


@dataclass(frozen=True, slots=True)
class OutsideRow:
    """A figure of others beside ours; `verdict` is up where ours is surely above it, empty for none."""

    line: FigureLine
    ours: Ours | None
    verdict: Direction


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """One wave with its benchmarks, as the scope may see it. `raw` lists places by their raw scores.

    `waves` and `dimensions` are what the page can be asked for.
    """

    held: Held
    outside: tuple[OutsideRow, ...]
    raw: bool
    waves: tuple[str, ...]
    dimensions: ClassVar[Mapping[str, object]] = NAMES
    measures: ClassVar[Mapping[str, object]] = MEASURES

    @property
    def title(self) -> str:
        """The page's answer."""
        said = {"score": score_words(self.held.figures.nps)}
        if isinstance(self.held.past, Unsaid):
            return str(_("NPS %(score)s: no past wave to hold it against yet", **said))
        match self.held.of_past:
            case Direction.UP:
                return str(_("NPS %(score)s: more than the past lets us expect", **said))
            case Direction.DOWN:
                return str(_("NPS %(score)s: less than the past lets us expect", **said))
        return str(_("NPS %(score)s: what the past lets us expect", **said))

    @property
    def wave(self) -> str:
        return self.held.wave.slug

    @property
    def past(self) -> Comparison | None:
        """The comparison with the past, if there is one."""
        return None if isinstance(self.held.past, Unsaid) else self.held.past

    @property
    def is_history(self) -> bool:
        """Whether it is held against the pooled mean of several waves, not the one before alone."""
        return self.past is not None and self.past.against is Against.HISTORY

    @property
    def is_of_places(self) -> bool:
        """Whether the parts are places, whose raw scores are not compared."""
        return self.held.dimension in PLACES

    @property
    def shows_scores(self) -> bool:
        """Whether the parts' own scores are shown."""
        return self.raw or not self.is_of_places

    @property
    def parts(self) -> list[Part]:
        """The parts in the order of their names; places by their score where that was asked for."""
        if not (self.raw and self.is_of_places):
            return list(self.held.parts)
        return sorted(self.held.parts, key=lambda part: -_value(part.score))

    def score(self, of: Part) -> str:
        """A part's score, or the people it is made of."""
        return score_shown(nps.summary(of.counts))

    def interval(self, of: Estimate | Unsaid) -> str:
        """An interval in words; empty where there is none to show."""
        if isinstance(of, Unsaid) or of.base in (Base.NONE, Base.COUNTS):
            return ""
        return str(_("%(low)s to %(high)s", low=display(of.interval.low), high=display(of.interval.high)))

    def change(self, value: float) -> str:
        """A difference of scores with one decimal."""
        return display_finely(value)

    def expected(self, value: float) -> str:
        """A score as a whole number."""
        return display(value)


def benchmarks(
    session: Session, *, scope: Scope, wave: str = "", dimension: str = "tier", raw: bool = False
) -> Benchmarks | None:
    """The benchmarks of the wave of that name, by default the one shown unasked; None before the first.

    Raises NotFound for a wave or a dimension that there is none of.
    """
    if dimension not in DIMENSIONS:
        raise NotFound("dimension", dimension)
    offered = offered_waves(session, most=CHOICES)
    chosen = next((one for one in offered.every if one.slug == wave), None) if wave else offered.shown
    if wave and chosen is None:
        raise NotFound("wave", wave)
    if chosen is None:
        return None
    return _read(session, chosen, scope=scope, dimension=dimension, raw=raw, names=offered.names)


def benchmarks_of(session: Session, wave: Wave, *, scope: Scope) -> Benchmarks:
    """The company's own figure of a wave with its benchmarks, without any parts: for the health page."""
    return _read(session, wave, scope=scope, dimension="", raw=False, names=())


def score_words(of: Estimate | Unsaid) -> str:
    """A score as a whole number, a dash where there are too few ratings for one."""
    return display(None if isinstance(of, Unsaid) or of.base in (Base.NONE, Base.COUNTS) else of.value)


def _read(
    session: Session, wave: Wave, *, scope: Scope, dimension: str, raw: bool, names: tuple[str, ...]
) -> Benchmarks:
    until = launched_until(wave.id, program_id=wave.program_id, day_zero=wave.day_zero).limit(MOST_WAVES)
    waves = [wave_name(one) for one in session.scalars(until) if one.id != wave.id]
    held = hold(session, [*reversed(waves), wave_name(wave)], scope=scope, dimension=dimension)
    rows = tuple(_beside(line, held.figures) for line in outside_figures(session))
    return Benchmarks(held, rows, raw, names)


def _beside(line: FigureLine, figures: Figures) -> OutsideRow:
    ours = _ours(line.figure.measure, figures)
    verdict = Direction.NONE
    if ours is not None and ours.interval is not None:
        verdict = Direction.STEADY
        if line.value < ours.interval.low:
            verdict = Direction.UP
        elif line.value > ours.interval.high:
            verdict = Direction.DOWN
    return OutsideRow(line, ours, verdict)


def _ours(measure: Measure, figures: Figures) -> Ours | None:
    """Our own figure of a measure, in points."""
    if measure is Measure.RESPONSE_RATE:
        rate = figures.response_rate
        return None if rate is None or not figures.invited else Ours(100 * rate, None, figures.invited)
    of = {
        Measure.NPS: figures.nps,
        Measure.EASE: figures.ease,
        Measure.ATTITUDE: figures.attitude,
        Measure.INTENT: figures.intent,
    }[measure]
    if isinstance(of, Unsaid) or of.base in (Base.NONE, Base.COUNTS):
        return None
    scale = 100 if measure is Measure.NPS else 1
    around = Interval(scale * of.interval.low, scale * of.interval.high)
    return Ours(scale * of.value, around, of.n)


def _value(of: Estimate | Unsaid) -> float:
    return -2.0 if isinstance(of, Unsaid) else of.value
