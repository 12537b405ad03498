"""More of why somebody gets no mail: which filter of the wave they are not in, and which wave asked them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session

from surveyd.distribution.audience_dimensions import SEGMENT, column_of, condition_of, manager_names
from surveyd.distribution.audience_plans import Plan, asked_by, plan_of
from surveyd.distribution.audience_rules import with_facts
from surveyd.distribution.models import Invitation, InvitationState, Program, Wave, WaveKind
from surveyd.people.models import Contact

REVENUE = "revenue"
"""The name of the bounds of revenue among the filters; it has no values."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One filter that leaves somebody out: what they are, and what the wave asks.

    `value` is None where there is none to tell; account managers stand by their names.
    """

    dimension: str
    value: str | None
    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedElsewhere:
    """Another wave that asked somebody, when, and until when they rest from it."""

    wave: str
    program: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Details:
    """What is behind the rules `not_in_filter` and `rested`."""

    misfits: tuple[Misfit, ...] = ()
    asked: AskedElsewhere | None = None


NO_DETAILS = Details()


def details_of(
    session: Session, wave: Wave, program: Program, contact_ids: Sequence[int], *, now: datetime
) -> dict[int, Details]:
    """The details of a few contacts by id: of a launched wave as of its launch, but for what people are."""
    misfits = _misfits(session, plan_of(session, wave), contact_ids)
    asked = _asked(session, wave, program, contact_ids, at=wave.launched_at or now)
    return {one: Details(misfits.get(one, ()), asked.get(one)) for one in contact_ids}


def _misfits(session: Session, plan: Plan, contact_ids: Sequence[int]) -> dict[int, tuple[Misfit, ...]]:
    filters = list(plan.filters)
    conditions = [condition_of(session, *pair) for pair in filters]
    values = [literal("") if name == SEGMENT else column_of(name) for name, _ in filters]
    revenue = asked_by(
        session, Plan(plan.customers, (), plan.revenue_from_cents, plan.revenue_to_cents)
    ).among
    if revenue is not None:
        filters.append((REVENUE, ()))
        conditions.append(revenue)
        values.append(literal(""))
    if not filters:
        return {}
    fits = [case((condition, 1), else_=0).label(f"fits_{at}") for at, condition in enumerate(conditions)]
    told = [value.label(f"value_{at}") for at, value in enumerate(values)]
    rows = session.execute(with_facts(select(Contact.id, *fits, *told)).where(Contact.id.in_(contact_ids)))
    many, managers = len(filters), _managers(session, plan)
    found = {}
    for row in rows:
        pairs = zip(filters, row[1 : many + 1], row[many + 1 :], strict=True)
        found[row[0]] = tuple(_misfit(*pair, value, managers) for pair, fit, value in pairs if not fit)
    return found


def _managers(session: Session, plan: Plan) -> dict[str, str]:
    wanted = plan.values("manager")
    return manager_names(session, wanted) if wanted else {}


def _misfit(name: str, wanted: tuple[str, ...], value: str, managers: dict[str, str]) -> Misfit:
    if name == "manager":
        return Misfit(name, None, tuple(managers.get(one, one) for one in wanted))
    return Misfit(name, None if name in (SEGMENT, REVENUE) else value, wanted)


def _asked(
    session: Session, wave: Wave, program: Program, contact_ids: Sequence[int], *, at: datetime
) -> dict[int, AskedElsewhere]:
    """The last wave that asked each of them before `at`, of those from which they rest."""
    rows = session.execute(
        select(
            Invitation.contact_id,
            Invitation.invited_at,
            Wave.slug,
            Program.slug.label("program"),
            Program.rest_days,
        )
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .where(
            Invitation.contact_id.in_(contact_ids),
            Invitation.wave_id != wave.id,
            Wave.kind != WaveKind.STANDING,
            Invitation.state != InvitationState.CANCELLED,
            func.coalesce(Wave.launched_at, Invitation.invited_at) <= at,
        )
        .order_by(Invitation.invited_at, Invitation.id)
    )
    found: dict[int, AskedElsewhere] = {}
    day = max(at, wave.day_zero or wave.scheduled_at)
    for row in rows:
        until = row.invited_at + timedelta(days=max(row.rest_days, program.rest_days))
        longest = found.get(row.contact_id)
        if until > day and (longest is None or until >= longest.until):
            found[row.contact_id] = AskedElsewhere(row.slug, row.program, row.invited_at, until)
    return found
