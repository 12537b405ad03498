"""The drawings of company health, and what each of its figures rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.reports.basis import (
    COUNTED,
    Basis,
    basis_of,
    index_interval,
    score_interval,
    share_interval,
)
from surveyd.reports.charts import Ranges, Whisker, ranges, whisker
from surveyd.reports.reasons import why_not
from surveyd.reports.trend import Trend, trend
from surveyd.reports.words import STATES
from surveyd.results.figures import Figures
from surveyd.results.trend_points import WavePoint
from surveyd.scoring.bases import Base
from surveyd.scoring.estimates import Estimate
from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.unsaid import Unsaid

MARKS = ((-1.0, "\N{MINUS SIGN}100"), (-0.5, "\N{MINUS SIGN}50"), (0.0, "0"), (0.5, "+50"), (1.0, "+100"))
INDEX_MARKS = ((0.0, "0"), (25.0, "25"), (50.0, "50"), (75.0, "75"), (100.0, "100"))
SHARE_MARKS = ((0.0, "0"), (0.25, "25"), (0.5, "50"), (0.75, "75"), (1.0, "100"))
INDEXES = {
    "attitude": lazy_gettext("attitude"),
    "intent": lazy_gettext("intent"),
    "growth": lazy_gettext("growth"),
    "ease": lazy_gettext("ease"),
}
CHANGES = lazy_gettext(
    "The difference of two waves, clustered by account; all changes of the page are judged together"
    " (Benjamini-Hochberg), and nothing is said about the people who were not asked."
)
ORDER = (Segment.TRULY_LOYAL, Segment.ACCESSIBLE, Segment.TRAPPED, Segment.HIGH_RISK)


@dataclass(frozen=True)
class HealthCharts:
    """What is drawn of a slice's figures and of its program's waves, and what each number rests on."""

    figures: Figures
    points: tuple[WavePoint, ...]

    @property
    def has_score(self) -> bool:
        """Whether so many have answered that the score may be said."""
        return isinstance(self.figures.nps, Estimate) and self.figures.base not in (Base.NONE, Base.COUNTS)

    @property
    def interval(self) -> str:
        """The score's interval in words, empty where there is none to show."""
        return interval_of(self.figures.nps, "score")

    @cached_property
    def chart(self) -> Whisker | None:
        """The score with its interval on its scale; None where the numbers cannot carry it."""
        of = self.figures.nps
        if isinstance(of, Unsaid) or not self.has_score:
            return None
        return whisker(of.value, of.interval.low, of.interval.high, marks=MARKS)

    @cached_property
    def trend(self) -> Trend | None:
        """The score over the waves up to this one."""
        return trend(self.points)

    @cached_property
    def indexes(self) -> dict[str, Estimate]:
        """The indexes that numbers carry, from 0 to 100: attitude, intent, growth, ease, then the stages."""
        of = self.figures
        every = {name: getattr(of, name) for name in INDEXES} | dict(of.stages)
        return {name: one for name, one in every.items() if isinstance(one, Estimate) and _carries(one)}

    @property
    def index_names(self) -> Mapping[str, object]:
        """What the indexes are called."""
        stages: dict[str, object] = {name: name.replace("_", " ") for name in self.figures.stages}
        return stages | INDEXES

    @cached_property
    def index_chart(self) -> Ranges:
        """The indexes with their intervals, one under the other."""
        rows = [(name, of.value, of.interval.low, of.interval.high) for name, of in self.indexes.items()]
        return ranges(rows, marks=INDEX_MARKS)

    @cached_property
    def shares(self) -> dict[str, Estimate]:
        """The segments' shares of the people who have a place in the matrix, the best first."""
        found = {segment.value: self.figures.segments[segment] for segment in ORDER}
        return {name: one for name, one in found.items() if isinstance(one, Estimate) and _carries(one)}

    @cached_property
    def share_chart(self) -> Ranges:
        """The segments' shares with their intervals."""
        rows = [(name, of.value, of.interval.low, of.interval.high) for name, of in self.shares.items()]
        return ranges(rows, marks=SHARE_MARKS)

    @cached_property
    def basis(self) -> dict[str, Basis]:
        """What each figure rests on, by its name: nps, answered, trend, each index and each segment."""
        return dict(_bases(self))


def interval_of(of: Estimate | Unsaid, kind: str) -> str:
    """An interval as a table shows it: of a score, an index or a share; empty where there is none."""
    if isinstance(of, Unsaid) or not _carries(of):
        return ""
    return {"score": score_interval, "index": index_interval, "share": share_interval}[kind](of.interval)


def _carries(of: Estimate) -> bool:
    return of.base not in (Base.NONE, Base.COUNTS)


def _bases(page: HealthCharts) -> Iterator[tuple[str, Basis]]:
    of = page.figures
    made = partial(basis_of, invited=of.invited, weighting=of.weighting, policy=of.policy)
    yield "nps", made(of.nps, figure=_("Net Promoter Score"), interval=page.interval, about="nps")
    yield (
        "answered",
        Basis(_("Answered"), of.answered, of.invited, of.accounts, method=COUNTED, about="nonresponse"),
    )
    for name, words in INDEXES.items():
        one: Estimate | Unsaid = getattr(of, name)
        about = "ease" if name == "ease" else "loyalty"
        yield name, made(one, figure=words, interval=interval_of(one, "index"), about=about)
    for stage, one in of.stages.items():
        yield (
            stage,
            made(one, figure=stage.replace("_", " "), interval=interval_of(one, "index"), about="stages"),
        )
    for segment in PLACES.values():
        one = of.segments[segment]
        words = interval_of(one, "share")
        yield segment.value, made(one, figure=STATES[segment.value], interval=words, about="loyalty")
    yield "trend", _of_trend(page)


def _of_trend(page: HealthCharts) -> Basis:
    """The basis of the last change of the trend."""
    point = page.points[-1] if page.points else None
    contrast = point.contrast if point else None
    none = Basis(_("Trend"), policy=page.figures.policy, method=CHANGES, about="trend")
    if contrast is None or isinstance(contrast, Unsaid):
        return none if contrast is None else replace(none, notes=(why_not(contrast),))
    return replace(
        none,
        answered=contrast.n,
        accounts=contrast.accounts,
        interval=score_interval(contrast.interval),
        weighting=page.figures.weighting.value,
    )
