"""Company health on one page: a slice's score, matrix, revenue, movement, response, trend, and the cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import ngettext

from surveyd.distribution.models import WaveState
from surveyd.reports.case_counts import AgeCount, CasesInTime
from surveyd.reports.charts import Block, Stripes, bar, stripes
from surveyd.reports.exposure import ExposureReport, MoneySum
from surveyd.reports.health_charts import HealthCharts
from surveyd.reports.matrix import Matrix
from surveyd.reports.movement import Movement
from surveyd.reports.reasons import why_not
from surveyd.reports.silence import SilenceWords
from surveyd.reports.words import AGES, FATE_KINDS, FATES, STATES, STEP_KINDS, STEPS
from surveyd.results.figures import Figures
from surveyd.results.masks import is_of_accounts
from surveyd.results.response import Response
from surveyd.results.revenue import StateRevenue
from surveyd.results.slices import SINCE, UNTIL, WAVE, Slice, Words, words_of
from surveyd.results.trend_points import WavePoint
from surveyd.scoring import nps
from surveyd.scoring.bases import Base
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.unsaid import Unsaid
from surveyd.scoring.weighting import Weighting

REVENUE = "revenue-"
"""What the name of a chart of revenue begins with; its currency follows."""


@dataclass(frozen=True, slots=True)
class Health:
    """A slice as the scope may see it, compared with the wave before of the same program.

    `wave` is the last wave of the slice: accounts, moves and the response are of it alone, `figures` of all
    the waves that the slice has (`about`). `waves` are what the page can be asked for.
    """

    wave_id: int
    wave: str
    about: tuple[str, ...]
    state: WaveState
    waves: tuple[str, ...]
    is_shown_unasked: bool
    """Whether this is the wave that lists of accounts show without a wish."""
    cut: Slice
    sees_revenue: bool
    figures: Figures
    points: tuple[WavePoint, ...]
    charts: HealthCharts
    response: Response
    cases: CasesInTime
    ages: tuple[AgeCount, ...]
    revenue: tuple[StateRevenue, ...]
    at_risk: StateRevenue
    money: ExposureReport
    matrix: Matrix
    moved_accounts: Movement | None
    moved_people: Movement | None
    state_names: ClassVar[Mapping[str, object]] = STATES
    state_kinds: ClassVar[Mapping[str, str]] = {name: name for name in STATES}
    step_names: ClassVar[Mapping[str, object]] = STEPS
    step_kinds: ClassVar[Mapping[str, str]] = STEP_KINDS
    fate_names: ClassVar[Mapping[str, object]] = FATES
    fate_kinds: ClassVar[Mapping[str, str]] = FATE_KINDS
    age_names: ClassVar[Mapping[str, object]] = AGES

    @property
    def title(self) -> str:
        """The page's answer."""
        waiting = self.overdue
        if not waiting:
            return self._score
        call = ngettext(
            "1 person waits too long for a call", "%(num)s people wait too long for a call", waiting
        )
        return str(_("%(score)s; %(call)s", score=self._score, call=call))

    @property
    def _score(self) -> str:
        of = self.figures
        if not self.has_score:
            if of.invited is None:
                return str(_("%(answered)s have answered", answered=of.answered))
            counts = {"answered": of.answered, "invited": of.invited, "wave": ", ".join(self.about)}
            return str(_("%(answered)s of %(invited)s have answered %(wave)s", **counts))
        match self.change:
            case "up":
                return str(_("NPS %(score)s, up", score=self.score))
            case "down":
                return str(_("NPS %(score)s, down", score=self.score))
            case "steady":
                return str(_("NPS %(score)s, steady", score=self.score))
        return str(_("NPS %(score)s", score=self.score))

    @property
    def has_score(self) -> bool:
        """Whether so many have answered that the score may be said."""
        return self.charts.has_score

    @property
    def interval(self) -> str:
        """The score's interval in words, empty where there is none to show."""
        return self.charts.interval

    @property
    def score(self) -> str:
        """The score as it is shown: a number from ten ratings on, the people below, a dash for none."""
        of, counts = self.figures, self.figures.counts
        if isinstance(of.nps, Unsaid):
            return nps.display(None)
        if of.base is Base.COUNTS:
            said = _("%(promoters)s promoting, %(passives)s passive, %(detractors)s detracting")
            parts = {name: getattr(counts, name) for name in ("promoters", "passives", "detractors")}
            return str(said) % parts
        # Exact where everybody counts alike, so that a half is rounded as a half.
        return nps.display(nps.score(counts) if of.weighting is Weighting.CONTACT else of.nps.value)

    @property
    def no_verdict(self) -> str:
        """Why there is no score, as a sentence; empty where there is one."""
        of = self.figures
        if isinstance(of.nps, Unsaid):
            return why_not(of.nps)
        return (
            "" if self.has_score else str(_("Fewer than ten ratings: people are counted, no score is made."))
        )

    @property
    def change(self) -> str:
        """Up, down or steady since the wave before; empty without a verdict, and for several waves."""
        return self.points[-1].change if self.points and len(self.about) == 1 else ""

    @property
    def before(self) -> WavePoint | None:
        """The wave before this one."""
        return self.points[-2] if len(self.points) > 1 else None

    @property
    def is_open(self) -> bool:
        """Whether more answers may come."""
        return self.state is not WaveState.CLOSED

    @property
    def is_about_all(self) -> bool:
        """Whether nothing but a region narrows the slice: cases of other waves can be shown then."""
        return {name for name, _ in self.cut.filters} <= {"region"} and len(self.cut.values("region")) <= 1

    @property
    def region(self) -> str:
        """The region that the slice is narrowed to, if it is one."""
        values = self.cut.values("region")
        return values[0] if len(values) == 1 else ""

    @property
    def opens_accounts(self) -> bool:
        """Whether the list of accounts can be narrowed as the slice is: by accounts alone, one value each."""
        filters = self.cut.filters
        return all(is_of_accounts(name) and len(values) == 1 and values[0] for name, values in filters)

    @property
    def account_words(self) -> dict[str, str]:
        """The slice as the list of accounts takes it."""
        wave = {} if self.is_shown_unasked else {"wave": self.wave}
        return {name: values[0] for name, values in self.cut.filters} | wave

    @property
    def words(self) -> dict[str, list[str]]:
        """The slice as an address has it, for any page that takes slices."""
        found: dict[str, list[str]] = {}
        words: Words = words_of(self.cut)
        for name, value in words:
            found.setdefault(name, []).append(value)
        return found

    def words_in(self, wave: str) -> dict[str, list[str]]:
        """The same slice in one wave."""
        period = (WAVE, SINCE, UNTIL)
        return {name: words for name, words in self.words.items() if name not in period} | {WAVE: [wave]}

    @property
    def drawings(self) -> list[str]:
        """The charts that the page has, by the names that they are downloaded by."""
        there = {
            "nps": self.charts.chart is not None,
            "trend": self.charts.trend is not None,
            "shares": bool(self.charts.shares),
            "indexes": bool(self.charts.indexes),
            "matrix": bool(self.matrix.total),
            "steps": bool(self.step_bar),
            "cases": bool(self.cases.total),
            "ages": bool(self.open_cases) and self.is_about_all,
        }
        money = [REVENUE + one.currency for one in self.money.sums] if self.sees_revenue else []
        return [name for name, is_there in there.items() if is_there] + money

    def revenue_of(self, name: str) -> MoneySum | None:
        """The revenue that a chart of this name draws; None for a chart of anything else."""
        return next((one for one in self.money.sums if name == REVENUE + one.currency), None)

    @property
    def silence(self) -> SilenceWords:
        """What is known of those who did not answer."""
        return SilenceWords(self.response)

    @property
    def step_bar(self) -> tuple[Block, ...]:
        """The answers, split by the step that brought them."""
        return bar(self.response.steps)

    @property
    def case_bar(self) -> tuple[Block, ...]:
        """The wave's cases, split by whether they were contacted in time."""
        return bar(self.cases.parts)

    @property
    def age_bars(self) -> Stripes:
        """The open cases by age, those overdue marked."""
        return stripes([(age.age, age.cases, age.overdue) for age in self.ages])

    @property
    def overdue(self) -> int:
        """The people who wait too long for a call, whichever wave they answered."""
        return sum(age.overdue for age in self.ages)

    @property
    def open_cases(self) -> int:
        return sum(age.cases for age in self.ages)

    @property
    def segments(self) -> list[tuple[str, int]]:
        """The segments with their people; those who cannot be placed only if there are any."""
        counts = [(segment.value, count) for segment, count in self.figures.people.items()]
        unplaced = [(Segment.UNCLASSIFIED.value, self.figures.unplaced)] if self.figures.unplaced else []
        return counts + unplaced

    @property
    def states(self) -> list[StateRevenue]:
        """Where the accounts stand; the states beside the matrix only if there are any accounts in them."""
        beside = {Segment.UNCLASSIFIED.value}
        return [one for one in self.revenue if one.accounts or one.state not in beside]
