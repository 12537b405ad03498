"""The page of drivers: what goes along with how people feel, what hurts and what delights, with all it rests
on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from surveyd.reports.analysis_standing import Standing
from surveyd.reports.basis import Basis, share_interval
from surveyd.reports.driver_charts import Point, Shares, Square, importance, quadrants, shares
from surveyd.reports.reasons import why_not
from surveyd.results.drivers import Outcome
from surveyd.scoring.driver_items import LeftOut
from surveyd.scoring.driver_report import DriverReport, Gaps, Importance, StageImportance
from surveyd.scoring.pain_delight import PainDelight, Place, Quadrant
from surveyd.scoring.scale import whole
from surveyd.scoring.unsaid import Unsaid
from surveyd.scoring.weighting import Weighting

QUADRANTS: Mapping[Quadrant, object] = {
    Quadrant.MAKE_OR_BREAK: lazy_gettext("make or break"),
    Quadrant.HYGIENE: lazy_gettext("hygiene"),
    Quadrant.DELIGHTER: lazy_gettext("delighter"),
    Quadrant.LOW: lazy_gettext("low"),
}
GAPS: Mapping[Gaps, object] = {
    Gaps.NONE: lazy_gettext("Everybody answered everything."),
    Gaps.LIKELIHOOD: lazy_gettext("Missing answers by maximum likelihood: nobody is dropped for a gap."),
    Gaps.PAIRS: lazy_gettext("Too many patterns of missing answers: each pair by who answered both."),
}
NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class DriversPage:
    """Both analyses of one slice, None where they were not worked out yet; `names` are the items' labels.

    `number` counts the drivers from the most important one, the same in all drawings and tables.
    """

    outcome: Outcome
    weighting: Weighting
    policy: str
    names: Mapping[str, str]
    drivers: DriverReport | Unsaid | None
    places: PainDelight | Unsaid | None
    of_drivers: Standing
    of_places: Standing

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.drivers is None:
            return str(_("What goes along with how customers feel is not worked out yet"))
        if isinstance(self.drivers, Unsaid):
            return str(_("There are no drivers to tell yet"))
        return self._leaders(self.drivers)

    def _leaders(self, of: DriverReport) -> str:
        if len(of.drivers) > 1 and of.drivers[-1].tier == 1:
            return self._nobody_leads(len(of.drivers))
        leading = [self.name(one.driver.id) for one in of.drivers if one.tier == 1]
        shown = leading[:NAMED_AT_MOST]
        facts = {"names": ", ".join(shown), "num": len(leading) - len(shown)}
        if len(leading) > len(shown):
            # A title begins with a capital letter, whatever the driver is called.
            facts["names"] = _capital(", ".join(shown))
            if self.outcome is Outcome.ATTITUDE:
                return str(_("%(names)s and %(num)s more go along most with how customers feel", **facts))
            return str(_("%(names)s and %(num)s more go along most with recommending us", **facts))
        if self.outcome is Outcome.ATTITUDE:
            return str(_("Goes along most with how customers feel: %(names)s", **facts))
        return str(_("Goes along most with recommending us: %(names)s", **facts))

    def _nobody_leads(self, drivers: int) -> str:
        if self.outcome is Outcome.ATTITUDE:
            return str(
                _(
                    "No driver leads: all %(num)s go along with how customers feel about alike",
                    num=drivers,
                )
            )
        return str(_("No driver leads: all %(num)s go along with recommending us about alike", num=drivers))

    def name(self, item_id: str) -> str:
        """What a driver is called."""
        return self.names.get(item_id, item_id)

    def number(self, item_id: str) -> int:
        """A driver's number on this page."""
        order = (
            [one.driver.id for one in self.drivers.drivers] if isinstance(self.drivers, DriverReport) else []
        )
        if isinstance(self.places, PainDelight):
            order += [one.driver.id for one in self.places.places if one.driver.id not in order]
        return order.index(item_id) + 1

    @property
    def of(self) -> DriverReport | None:
        """The report, if it says anything."""
        return self.drivers if isinstance(self.drivers, DriverReport) else None

    @property
    def placed(self) -> PainDelight | None:
        """Pain and delight, if they say anything."""
        return self.places if isinstance(self.places, PainDelight) else None

    @property
    def why_no_drivers(self) -> str:
        """Why there are none, empty if there are some."""
        return why_not(self.drivers) if isinstance(self.drivers, Unsaid) else ""

    @property
    def why_no_places(self) -> str:
        """Why nothing can be placed, empty if something is."""
        return why_not(self.places) if isinstance(self.places, Unsaid) else ""

    @property
    def why_one_side(self) -> str:
        """Why there is pain only, or delight only; empty if there are both."""
        missing = self.placed.unsaid if self.placed else None
        return why_not(missing) if missing else ""

    @property
    def shares(self) -> Shares:
        """The shares with their intervals."""
        found = self.of.drivers if self.of else ()
        return shares(
            [
                (
                    f"{self.number(one.driver.id)} {self.name(one.driver.id)}",
                    one.share,
                    one.interval,
                    one.distinct,
                )
                for one in found
            ]
        )

    @property
    def square(self) -> Square:
        """Importance against rating."""
        found = self.of.drivers if self.of else ()
        return importance(
            [self._point(one) for one in found], cut=1 / max(1, len(found)), mean=self.mean_rating
        )

    @property
    def mean_rating(self) -> float:
        """The mean of the drivers' ratings."""
        found = self.of.drivers if self.of else ()
        return sum(one.performance.mean for one in found) / max(1, len(found))

    @property
    def pains(self) -> Square:
        """Pain against delight."""
        placed = self.placed
        points = [self._spot(one) for one in placed.places] if placed and not placed.unsaid else []
        names = {quadrant: str(said) for quadrant, said in QUADRANTS.items()}
        return quadrants(points, cut=placed.cut if placed else 1.0, names=names)

    @property
    def wins(self) -> list[Importance]:
        """The quick wins, the widest gap first."""
        by_id = {one.driver.id: one for one in self.of.drivers} if self.of else {}
        return [by_id[one] for one in self.of.quick_wins] if self.of else []

    @property
    def stages(self) -> tuple[StageImportance, ...]:
        """The stages as wholes, none where a stage has one driver only."""
        found = self.of.stages if self.of else ()
        return () if isinstance(found, Unsaid) else found

    @property
    def why_no_stages(self) -> str:
        """Why stages cannot be told as wholes, empty where they can or where there are none."""
        found = self.of.stages if self.of else ()
        return why_not(found) if isinstance(found, Unsaid) else ""

    @property
    def basis(self) -> Basis:
        """Where the shares come from."""
        of = self.of
        if of is None:
            return Basis(_("drivers"), about="drivers")
        method = (
            _("LMG, exact") if of.exact else _("Johnson's relative weights, as there are over 20 drivers")
        )
        notes = [_("Intervals by %(draws)s.", draws=_draws(of.times)), GAPS[of.gaps]]
        if of.repaired:
            notes.append(_("The correlations did not fit together and were repaired."))
        return Basis(
            _("share of what is explained"),
            answered=of.n,
            accounts=of.accounts,
            weighting=self.weighting.value,
            policy=self.policy,
            method=method,
            notes=tuple(notes),
            about="drivers",
        )

    @property
    def pains_basis(self) -> Basis:
        """Where pain and delight come from."""
        placed = self.placed
        if placed is None:
            return Basis(_("pain and delight"), about="pain_delight")
        return Basis(
            _("pain and delight"),
            answered=placed.n,
            accounts=placed.accounts,
            weighting=self.weighting.value,
            policy=self.policy,
            method=_("LMG of low answers on detractors, and of high answers on promoters"),
            notes=(
                _("An equal share is %(share)s %%.", share=whole(100 * placed.cut)),
                _("Certainty by %(draws)s.", draws=_draws(placed.times)),
            ),
            about="pain_delight",
        )

    def interval(self, one: Importance | StageImportance) -> str:
        """The interval of a share, as it is written."""
        return share_interval(one.interval)

    def ranks(self, one: Importance) -> str:
        """The ranks that the draws leave open."""
        best, worst = one.ranks
        return f"{best}" if best == worst else str(_("%(best)s to %(worst)s", best=best, worst=worst))

    def direction(self, one: Importance) -> str:
        """How the outcome goes along with a driver."""
        if one.direction == 0:
            return str(_("open"))
        return str(_("better with it")) if one.direction > 0 else str(_("worse with it"))

    def quadrant(self, place: Place) -> str:
        """A driver's quadrant in words, empty where one side is missing."""
        return str(QUADRANTS[place.quadrant]) if place.quadrant else ""

    def stage(self, of: StageImportance) -> str:
        """What a stage is called, or a driver that stands for itself."""
        said = str(_(of.name.replace("_", " "))) if of.is_stage else self.name(of.name)
        return _capital(said)

    def why(self, out: LeftOut) -> str:
        """Why a driver takes no part; of pain and delight also which end was too thin."""
        reason = why_not(out.why)
        if out.why.subject.endswith(" rated low"):
            return str(_("Rated low. %(reason)s", reason=reason))
        if out.why.subject.endswith(" rated high"):
            return str(_("Rated high. %(reason)s", reason=reason))
        return reason

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """The drivers that take no part in one of both, with the reason."""
        outs = [*(self.of.left_out if self.of else ()), *(self.placed.left_out if self.placed else ())]
        return list(dict.fromkeys((self.name(out.driver.id), self.why(out)) for out in outs))

    def _point(self, one: Importance) -> Point:
        key = one.driver.id
        return Point(f"{self.number(key)}", self.name(key), one.share, one.performance.mean, one.interval)

    def _spot(self, one: Place) -> Point:
        key = one.driver.id
        pain, delight = one.pain or 0.0, one.delight or 0.0
        return Point(f"{self.number(key)}", self.name(key), pain, delight, size=one.low, is_sure=one.certain)


def _draws(times: int) -> str:
    return str(ngettext("%(num)s draw of the accounts", "%(num)s draws of the accounts", times))


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]
