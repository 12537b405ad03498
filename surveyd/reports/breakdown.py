"""A slice by one or two dimensions as a page: lines with figures, in an order that the numbers can carry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from flask_babel import gettext as _

from surveyd.reports.basis import Basis, basis_of, index_interval, score_interval, share_interval
from surveyd.reports.reasons import why_not
from surveyd.reports.words import STATES
from surveyd.results.breakdowns import Breakdown, Line
from surveyd.results.figures import Figures
from surveyd.results.peers import PLACES
from surveyd.scoring.bases import Base
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.loyalty import PLACES as SEGMENTS
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import display, display_finely
from surveyd.scoring.scale import whole
from surveyd.scoring.unsaid import Reason, Unsaid

SORTS = ("name", "invited", "answered", "score", "loyal", "risk", "attitude", "intent", "ease")
INDEXES = ("attitude", "intent", "ease")


@dataclass(frozen=True, slots=True)
class BreakdownPage:
    """One slice and its lines. `names` are what the dimensions are called, `label` what a value of one is.

    Places stand in the order of their names unless `ranked`: the raw score of one says as much about how
    people there use a scale as about us.
    """

    whole: Figures
    found: Breakdown
    wave: str
    names: tuple[str, ...]
    label: Callable[[str, str], str]
    sort: str
    ranked: bool
    segments: ClassVar[tuple[Segment, ...]] = tuple(SEGMENTS.values())
    segment_names: ClassVar[Mapping[str, object]] = STATES

    @property
    def title(self) -> str:
        """The page's answer."""
        by = _("%(one)s and %(other)s", one=self.names[0], other=self.names[-1])
        facts = {"by": str(by if len(self.names) > 1 else self.names[0]).lower(), "wave": self.wave}
        up = sum(line.direction.value == "up" for line in self.found.lines)
        down = sum(line.direction.value == "down" for line in self.found.lines)
        if up or down:
            return str(
                _("By %(by)s: %(up)s up, %(down)s down since the wave before", up=up, down=down, **facts)
            )
        if not self.whole.answered:
            return str(_("By %(by)s: nobody has answered %(wave)s", **facts))
        if any(line.direction.value for line in self.found.lines):
            return str(_("By %(by)s: nothing has surely moved since the wave before", **facts))
        if self.found.before:
            return str(_("By %(by)s: too few answers to tell what has moved since the wave before", **facts))
        return str(_("%(wave)s by %(by)s", **facts))

    @property
    def is_of_places(self) -> bool:
        """Whether lines are places, whose raw scores are not compared with each other."""
        return any(name in PLACES for name in self.found.by)

    @property
    def can_rank(self) -> bool:
        """Whether lines may be sorted by what people said."""
        return self.ranked or not self.is_of_places

    @property
    def lines(self) -> list[Line]:
        """The lines in the wanted order; by name where another is not carried. What has no value is last."""
        column, down = self.sort.removeprefix("-"), self.sort.startswith("-")
        named = sorted(self.found.lines, key=self.words)
        if column == "name" or (not self.can_rank and column not in ("invited", "answered")):
            return named[::-1] if down and column == "name" else named
        known = [(value, line) for line in named if (value := self._value(line, column)) is not None]
        known.sort(key=lambda pair: pair[0], reverse=down)
        rest = [line for line in named if self._value(line, column) is None]
        return [line for _value, line in known] + rest

    def words(self, of: Line) -> str:
        """What a line is called."""
        labels = [self.label(name, value) for name, value in zip(self.found.by, of.values, strict=True)]
        return ", ".join(labels)

    def score(self, of: Figures) -> str:
        """A score where there are enough ratings for one, else the people."""
        if of.base is Base.COUNTS:
            return str(
                _(
                    "%(promoters)s promoting, %(passives)s passive, %(detractors)s detracting",
                    promoters=of.counts.promoters,
                    passives=of.counts.passives,
                    detractors=of.counts.detractors,
                )
            )
        return display(None if isinstance(of.nps, Unsaid) else of.nps.value)

    def interval(self, of: Estimate | Unsaid) -> str:
        """A score's interval; empty where none is shown."""
        return "" if _is_bare(of) else score_interval(of.interval)  # type: ignore[union-attr]  # not Unsaid

    def change(self, of: Line) -> str:
        """The change of a line's score with one decimal; empty for no verdict."""
        return display_finely(of.change.value) if isinstance(of.change, Contrast) and of.direction else ""

    def why_open(self, of: Line) -> str:
        """Why nothing can be said of a line's change; empty where something is."""
        if of.change is None or of.direction.value:
            return ""
        if isinstance(of.change, Unsaid):
            nobody = of.change.reason is Reason.NO_ANSWERS
            return str(_("Nobody answered in one of both waves.")) if nobody else why_not(of.change)
        return str(_("Fewer than ten answers in one of both waves."))

    def share(self, of: Figures, segment: Segment) -> str:
        """The share of a segment in whole percent; the people where they are few, a dash for nobody."""
        found = of.segments[segment]
        if isinstance(found, Unsaid):
            return display(None)
        if found.base is Base.COUNTS:
            return str(_("%(n)s of %(whole)s", n=of.people[segment], whole=found.n))
        return str(_("%(share)s %%", share=whole(100 * found.value)))

    def index(self, of: Figures, name: str) -> str:
        """An index in whole points; a dash where too few answered."""
        found: Estimate | Unsaid = getattr(of, name)
        return display(None) if _is_bare(found) else str(whole(found.value))  # type: ignore[union-attr]  # not Unsaid

    def score_basis(self, of: Figures) -> Basis:
        """What a score rests on."""
        return self._basis(of, of.nps, _("Net Promoter Score"), self.interval(of.nps))

    def share_basis(self, of: Figures, segment: Segment) -> Basis:
        """What a share rests on."""
        found = of.segments[segment]
        words = "" if isinstance(found, Unsaid) else share_interval(found.interval)
        return self._basis(of, found, str(STATES[segment.value]), words)

    def index_basis(self, of: Figures, name: str) -> Basis:
        """What an index rests on."""
        found: Estimate | Unsaid = getattr(of, name)
        words = "" if isinstance(found, Unsaid) else index_interval(found.interval)
        return self._basis(of, found, name, words)

    def _basis(self, of: Figures, found: Estimate | Unsaid, figure: str, interval: str) -> Basis:
        facts = {"invited": of.invited, "weighting": of.weighting, "policy": of.policy}
        return basis_of(found, figure=figure, interval=interval, **facts)  # type: ignore[arg-type]  # by name

    def _value(self, of: Line, column: str) -> float | None:
        figures = of.figures
        if column in ("invited", "answered"):
            return figures.invited if column == "invited" else figures.answered
        shares = {"loyal": Segment.TRULY_LOYAL, "risk": Segment.HIGH_RISK}
        found = figures.nps if column == "score" else None
        if column in shares:
            found = figures.segments[shares[column]]
        elif column in INDEXES:
            found = getattr(figures, column)
        return None if found is None or _is_bare(found) else found.value  # type: ignore[union-attr]  # as above


def _is_bare(of: Estimate | Unsaid) -> bool:
    """Whether there is no number that may be shown."""
    return isinstance(of, Unsaid) or of.base in (Base.NONE, Base.COUNTS)
