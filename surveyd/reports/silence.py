"""What is known of those who did not answer, in sentences: how evenly the others came, what they said."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from surveyd.reports.basis import score_interval
from surveyd.reports.reasons import why_not
from surveyd.results.response import Response
from surveyd.scoring.bases import Base
from surveyd.scoring.comparisons import OrderedTrend
from surveyd.scoring.estimates import Contrast, Estimate
from surveyd.scoring.nonresponse import BesideRaw, Representativeness
from surveyd.scoring.nps import display
from surveyd.scoring.unsaid import Reason, Unsaid

SURE = 0.05


@dataclass(frozen=True, slots=True)
class StepScore:
    """Those whom one step brought: how many, and what they say, a dash where they are too few."""

    step: str
    answers: int
    ratings: int
    score: str
    interval: str


@dataclass(frozen=True, slots=True)
class SilenceWords:
    """A wave's response in words."""

    of: Response

    @property
    def title(self) -> str:
        """What most matters: how many are silent, and whether they were less content before."""
        even, silent = self.of.evenness, self.silent
        if even is None or (isinstance(even, Unsaid) and even.reason is Reason.NO_ANSWERS):
            return str(_("Nobody has answered yet"))
        if not silent:
            return str(_("Everybody has answered"))
        lower = self._change
        if lower is not None and lower.p < SURE and self._carried:
            if lower.value < 0:
                return str(_("The %(silent)s who are silent now were less content before", silent=silent))
            return str(_("The %(silent)s who are silent now were more content before", silent=silent))
        return str(ngettext("%(num)s person is silent", "%(num)s people are silent", silent))

    @property
    def silent(self) -> int:
        """The people asked who have not answered."""
        return self.of.silent or 0

    @property
    def rated_silent(self) -> int:
        """Those of them who rated the wave before."""
        return self.of.rated_before[0]

    @property
    def rated_heard(self) -> int:
        """Those who answered and rated the wave before as well."""
        return self.of.rated_before[1]

    @property
    def sentences(self) -> list[str]:
        """What is known of the silent, one sentence each."""
        return [str(sentence) for sentence in self._sentences()]

    @property
    def steps(self) -> list[StepScore]:
        """The answers by step, with the score where there are enough."""
        rated = {name: of for (name, _count), of in zip(self.of.steps, self.of.phases.scores, strict=True)}
        counts = self.of.phases.counts
        return [
            StepScore(name, answers, counts[at].n, _shown(rated[name]), _around(rated[name]))
            for at, (name, answers) in enumerate(self.of.steps)
        ]

    @property
    def _change(self) -> Contrast | None:
        silence = self.of.silence
        return silence.difference if silence and isinstance(silence.difference, Contrast) else None

    @property
    def _carried(self) -> bool:
        """Whether both sides are enough people to say a score of each."""
        silence = self.of.silence
        return silence is not None and _carries(silence.silent) and _carries(silence.answering)

    def _sentences(self) -> Iterator[str]:
        even, silence = self.of.evenness, self.of.silence
        if silence is not None and self._carried:
            facts = {"silent": _shown(silence.silent), "answering": _shown(silence.answering)}
            yield _(
                "In the wave before, those who are silent now said %(silent)s,"
                " those who answer now %(answering)s.",
                **facts,
            )
        if isinstance(even, Representativeness):
            points = f"{100 * even.worst_bias:.0f}"
            facts = {"indicator": f"{even.indicator:.2f}", "raw": f"{even.raw:.2f}", "points": points}
            yield _(
                "How evenly roles, regions and tiers answered, less what chance does to small groups: R is"
                " %(indicator)s (%(raw)s with it), where 1 is perfectly even; at worst that moves the score"
                " by %(points)s points.",
                **facts,
            )
        elif even is not None and even.reason is Reason.TOO_FEW_ANSWERS:
            yield _("How evenly roles, regions and tiers answered cannot be told. %(why)s", why=why_not(even))
        beside = self.of.beside_raw
        if isinstance(beside, BesideRaw) and _carries(beside.raw):
            weighed = display(beside.stratified.estimate.value)
            yield _("Had they all answered alike, the score would be %(score)s.", score=weighed)
        yield from self._by_step()

    def _by_step(self) -> Iterator[str]:
        trend, extrapolated = self.of.phases.trend, self.of.extrapolated
        if isinstance(trend, OrderedTrend):
            if trend.p < SURE and trend.z < 0:
                yield _("Who answers later is less content.")
            elif trend.p < SURE:
                yield _("Who answers later is more content.")
            else:
                yield _("The numbers do not show that who answers later says something else.")
        if isinstance(extrapolated, float):
            score = display(extrapolated)
            yield _(
                "Were the silent like the last to answer, the score of all would be %(score)s.", score=score
            )


def _carries(of: Estimate | Unsaid) -> bool:
    return isinstance(of, Estimate) and of.base not in (Base.NONE, Base.COUNTS)


def _shown(of: Estimate | Unsaid) -> str:
    return display(of.value) if isinstance(of, Estimate) and _carries(of) else display(None)


def _around(of: Estimate | Unsaid) -> str:
    return score_interval(of.interval) if isinstance(of, Estimate) and _carries(of) else ""
