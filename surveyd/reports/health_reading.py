"""Company health, read: what stands in the waves of a slice becomes the page's figures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Wave
from surveyd.distribution.shown_waves import OfferedWaves, offered_waves
from surveyd.people.access import NOBODY, Reach, Scope
from surveyd.people.models import Account, Contact
from surveyd.people.rates import rates_in_force
from surveyd.reports.case_counts import cases_in_time, open_by_age
from surveyd.reports.exposure import exposure_report
from surveyd.reports.health import Health
from surveyd.reports.health_charts import HealthCharts
from surveyd.reports.matrix import matrix
from surveyd.reports.movement import Movement, movement
from surveyd.reports.slice_rows import conditions
from surveyd.responses.models import Response
from surveyd.results.columns import Columns
from surveyd.results.figures import figures_of, weights_of
from surveyd.results.masks import mask
from surveyd.results.movement import account_moves
from surveyd.results.response import response_of
from surveyd.results.revenue import revenue_at_risk, revenue_by_state
from surveyd.results.slice_accounts import groups_of, points_of, stands_of
from surveyd.results.slice_people import people_moves_in
from surveyd.results.slices import Slice
from surveyd.results.trend import voices_of, waves_until
from surveyd.results.trend_points import Ids, WavePoint, Weigh, trend_of
from surveyd.results.wholes import Whole, whole_of, whole_of_waves
from surveyd.scoring.clustered import Totals
from surveyd.scoring.weighting import Weighting

MOST_WAVES = 24


def health(
    session: Session,
    cut: Slice,
    *,
    scope: Scope,
    now: datetime,
    whole: Whole | None = None,
    offered: OfferedWaves | None = None,
) -> Health | None:
    """The slice as the scope may see it; None before the first wave. Raises NotFound for an unknown wave.

    `whole` is what the slice is cut from, and `offered` the waves to choose from, where the caller has read
    them already.
    """
    of = whole or whole_of(session, cut, scope=scope)
    if not of.waves:
        return None
    return _Reading(session, of, cut, scope).health(offered or offered_waves(session, most=MOST_WAVES), now)


def health_of(session: Session, wave: Wave, *, scope: Scope, now: datetime) -> Health:
    """A launched wave, however long ago. Raises NotFound before its launch and for a cancelled one."""
    found = health(session, Slice(waves=(wave.slug,)), scope=scope, now=now)
    assert found is not None  # whole_of has found the wave
    return found


@dataclass(frozen=True, slots=True)
class _Pair:
    """The last wave of the slice, and the one before it of the same program, if there is one."""

    now: Whole
    before: Whole | None
    points: tuple[WavePoint, ...]


class _Reading:
    """One page's reading: the slice, and the waves of its program up to the last of the slice."""

    def __init__(self, session: Session, whole: Whole, cut: Slice, scope: Scope) -> None:
        self.session, self.whole, self.cut, self.scope = session, whole, cut, scope

    def health(self, offered: OfferedWaves, now: datetime) -> Health:
        """The page, from its figures to its cases."""
        session, cut, scope = self.session, self.cut, self.scope
        last, pair, rates = self.whole.waves[-1], self._pair(), rates_in_force(self.session)
        stands = stands_of(pair.now, cut)
        groups = groups_of(stands, stands_of(pair.before, cut) if pair.before else None)
        revenue = revenue_by_state(groups)
        dots = points_of(session, stands, rates=rates, with_money=scope.sees_revenue)
        counts = {one.state: one.accounts for one in revenue}
        moves = account_moves(groups, rates=rates, everybody=True)
        policy = self.whole.columns.policy
        figures = figures_of(session, self.whole, cut)
        return Health(
            wave_id=last.id,
            wave=last.slug,
            about=tuple(wave.slug for wave in self.whole.waves),
            state=last.state,
            waves=offered.names,
            is_shown_unasked=offered.shown is not None and offered.shown.id == last.id,
            cut=cut,
            sees_revenue=scope.sees_revenue,
            figures=figures,
            points=pair.points,
            charts=HealthCharts(figures, pair.points),
            response=response_of(pair.now, cut, before=pair.before),
            cases=cases_in_time(session, last.id, scope=scope, now=now, among=self._responses()),
            ages=open_by_age(session, scope=_narrowed(scope, cut), now=now) if _is_plain(cut, scope) else (),
            revenue=revenue,
            at_risk=revenue_at_risk(groups, rates=rates),
            money=exposure_report(session, groups, rates=rates, now=now),
            matrix=matrix(dots, counts=counts, sized=scope.sees_revenue, policy=policy),
            moved_accounts=movement(pair.before.waves[0].slug, moves) if pair.before else None,
            moved_people=self._moved_people(pair),
        )

    def _moved_people(self, pair: _Pair) -> Movement | None:
        if pair.before is None:
            return None
        return movement(pair.before.waves[0].slug, people_moves_in(pair.before, pair.now, self.cut))

    def _pair(self) -> _Pair:
        session, scope, last = self.session, self.scope, self.whole.waves[-1]
        names = waves_until(session, last.program_id, until=last)
        program = whole_of_waves(session, names, scope=scope)
        voices = voices_of(program.columns, names, heard=mask(program, self.cut))
        points = trend_of(voices, weigh=self._weigh(), minimums=program.columns.policy.minimums)
        alone = len(self.whole.waves) == 1
        now = self.whole if alone else _one_of(program, len(names) - 1)
        return _Pair(now, _one_of(program, len(names) - 2) if names[:-1] else None, points)

    def _weigh(self) -> Weigh | None:
        """The slice's weights, by account id; None where everybody counts alike."""
        if self.cut.weighting is Weighting.CONTACT:
            return None
        weights = weights_of(self.session, self.whole, self.cut)

        def weigh(of: Totals, ids: Ids) -> Totals:
            return weights.at(self.whole.accounts.places(ids)).of(of)

        return weigh

    def _responses(self) -> Select[int] | None:
        """The responses of the slice, for counts that the database makes; None for all."""
        if not self.cut.filters:
            return None
        chosen = select(Response.id).join(Contact, Contact.id == Response.contact_id)
        return chosen.join(Account, Account.id == Response.account_id).where(*conditions(self.cut))


def _one_of(whole: Whole, place: int) -> Whole:
    """One wave of several, over the same people."""
    columns = Columns((whole.columns.waves[place],), whole.columns.policy)
    return Whole((whole.waves[place],), columns, whole.accounts, whole.contacts, whole.seen)


def _is_plain(cut: Slice, scope: Scope) -> bool:
    """Whether nothing but one region narrows the slice: cases of any wave are narrowed by that alone, and
    only for who sees whole regions."""
    of_a_region = len(cut.filters) == 1 and len(cut.values("region")) == 1
    return not cut.filters or (of_a_region and scope.reach in (Reach.ALL, Reach.REGION))


def _narrowed(scope: Scope, cut: Slice) -> Scope:
    region = cut.values("region")
    if not region or scope.region == region[0]:
        return scope
    return Scope(Reach.REGION, None, region[0]) if scope.sees_all else NOBODY
