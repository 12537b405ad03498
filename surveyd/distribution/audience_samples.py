"""Plans of audiences written down, and their random samples drawn, until the launch fixes both.

A sample is a list of people, kept: what somebody saw before the launch is what is asked. Who is added later
stands outside of it until it is drawn again; the same seed then draws the same of those who are still there.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.statements import table_of
from surveyd.distribution.audience_dimensions import column_of
from surveyd.distribution.audience_models import AudienceDraw, AudiencePlan, SampleKind
from surveyd.distribution.audience_plans import Plan, asked_of, check_plan, plan_in, plan_of
from surveyd.distribution.audience_rules import rule_of, with_facts
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.people.models import Contact
from surveyd.scoring.allocation import allocate, drawn, share_of

MOST_GROUPS = 200
FIXED = "The audience is fixed since the launch; plan the next wave's instead."
Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """One stratum of a sample: its values, how many people it had, how many were drawn."""

    values: Stratum
    people: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample as it was drawn: when, how many of how many, and the strata."""

    at: datetime
    people: int
    of: int
    shares: tuple[Share, ...]


def save_plan(
    session: Session, wave: Wave, program: Program, plan: Plan, *, by: int | None, now: datetime
) -> None:
    """Let the wave ask whom the plan says, and draw its sample. Raises Refused; after the launch always."""
    check_plan(plan)
    _hold(session, wave)
    row = session.get(AudiencePlan, wave.id) or AudiencePlan(wave_id=wave.id)
    row.customers, row.filters = plan.customers, {name: list(values) for name, values in plan.filters}
    row.revenue_from_cents, row.revenue_to_cents = plan.revenue_from_cents, plan.revenue_to_cents
    sampling = plan.sampling
    row.sample, row.size, row.strata = sampling.kind, sampling.size, list(sampling.strata)
    row.allocation, row.least, row.seed = sampling.allocation, sampling.least, sampling.seed
    row.drawn, row.drawn_from, row.drawn_at, row.shares = 0, 0, None, []
    row.changed_at, row.changed_by_id = now, by
    session.add(row)
    session.flush()
    _draw(session, wave, program, row, now=now)


def draw_again(session: Session, wave: Wave, program: Program, *, now: datetime) -> None:
    """Draw the sample anew with its seed, from who could be asked now. Raises Refused without a sample."""
    _hold(session, wave)
    row = session.get(AudiencePlan, wave.id)
    if row is None or row.sample is SampleKind.CENSUS:
        raise Refused("This wave asks everybody; there is no sample to draw.")
    _draw(session, wave, program, row, now=now)


def drawn_of(session: Session, wave: Wave) -> Drawn | None:
    """The sample of a wave; None for one that asks everybody."""
    row = session.get(AudiencePlan, wave.id)
    if row is None or row.drawn_at is None:
        return None
    shares = tuple(Share(tuple(values), people, count) for values, people, count in row.shares)
    return Drawn(row.drawn_at, row.drawn, row.drawn_from, shares)


def take_over(
    session: Session, wave: Wave, program: Program, *, of: Wave, by: int | None, now: datetime
) -> None:
    """Plan the wave as another one was: the same filters and the same seed, drawn from who is there now."""
    save_plan(session, wave, program, plan_of(session, of), by=by, now=now)


def _hold(session: Session, wave: Wave) -> None:
    """Keep the wave from being launched until this transaction ends."""
    mine = update(Wave).where(Wave.id == wave.id, Wave.state == WaveState.SCHEDULED)
    if not run(session, mine.values(scheduled_at=Wave.scheduled_at)):
        raise Refused(FIXED)


def _draw(session: Session, wave: Wave, program: Program, row: AudiencePlan, *, now: datetime) -> None:
    session.execute(delete(AudienceDraw).where(AudienceDraw.wave_id == wave.id))
    plan = plan_in(row)
    if not plan.is_sampled:
        return
    groups = _groups(session, wave, program, plan, now=now)
    everybody = sum(map(len, groups.values()))
    counts = _counts(plan, {name: len(people) for name, people in groups.items()}, everybody)
    chosen = [
        people[key]
        for name, people in groups.items()
        for key in drawn(people, counts[name], seed=plan.sampling.seed)
    ]
    rows = [{"wave_id": wave.id, "contact_id": contact_id} for contact_id in chosen]
    if rows:
        session.execute(insert(table_of(AudienceDraw)), rows)
    row.drawn, row.drawn_from, row.drawn_at = len(chosen), everybody, now
    row.shares = [[list(name), len(people), counts[name]] for name, people in sorted(groups.items())]
    session.flush()


def _groups(
    session: Session, wave: Wave, program: Program, plan: Plan, *, now: datetime
) -> dict[Stratum, dict[str, int]]:
    """Everybody who could be asked at `now`, by stratum: their ids by the company's own id for them."""
    asked = replace(asked_of(session, wave), drawn=None)
    rule = rule_of(wave, program, asked, now=now, of_many=True)
    strata = [column_of(name) for name in plan.sampling.strata]
    rows = session.execute(with_facts(select(Contact.id, Contact.external_id, *strata)).where(rule == ""))
    groups: dict[Stratum, dict[str, int]] = defaultdict(dict)
    for contact_id, external_id, *values in rows:
        groups[tuple(values)][external_id] = contact_id
    return groups


def _counts(plan: Plan, sizes: dict[Stratum, int], everybody: int) -> dict[Stratum, int]:
    sampling = plan.sampling
    if len(sizes) > MOST_GROUPS:
        raise Refused(
            f"These dimensions make {len(sizes):,} groups, more than {MOST_GROUPS}; draw by another one."
        )
    total = sampling.size if sampling.kind is SampleKind.NUMBER else share_of(sampling.size, everybody)
    keys = {"\0".join(name): name for name in sizes}
    try:
        given = allocate(
            {key: sizes[name] for key, name in keys.items()},
            total,
            how=sampling.allocation,
            least=sampling.least,
        )
    except ValueError as error:
        raise Refused(f"{error}, more than the {total:,} to draw; draw more, or fewer of each.") from error
    return {keys[key]: count for key, count in given.items()}
