"""The closed-loop summary of a wave: what customers said, what was done about it, and what changes for all.

For the board and for colleagues outside the program: the figures of company health, the cases and what came
of them, and the improvement actions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from surveyd.closed_loop.action_lists import ActionLine, every_action
from surveyd.closed_loop.models import ActionStatus, Case, CaseState, Ending, RootCause
from surveyd.distribution.models import Invitation, Program, Wave
from surveyd.distribution.waves import get_wave
from surveyd.people.access import SYSTEM
from surveyd.reports.health import Health
from surveyd.reports.health_reading import health_of
from surveyd.reports.matrix import EQUAL
from surveyd.responses.models import Response

ENDINGS = {
    Ending.RESOLVED: lazy_gettext("reached and resolved"),
    Ending.RESOLVED_LATER: lazy_gettext("reached, will be resolved later"),
    Ending.UNRESOLVED: lazy_gettext("reached, could not be resolved"),
    Ending.CUSTOMER_LEFT: lazy_gettext("the customer has left"),
    Ending.NOT_REACHED: lazy_gettext("not reached"),
}
CAUSES = {
    RootCause.DELIVERY: lazy_gettext("delivery"),
    RootCause.PRODUCT: lazy_gettext("product or quality"),
    RootCause.PRICE: lazy_gettext("price or terms"),
    RootCause.BILLING: lazy_gettext("billing"),
    RootCause.SUPPORT: lazy_gettext("support"),
    RootCause.COMMUNICATION: lazy_gettext("contact and communication"),
    RootCause.PROMISE: lazy_gettext("a promise not kept"),
    RootCause.ONBOARDING: lazy_gettext("onboarding or training"),
    RootCause.PRAISE: lazy_gettext("praise: nothing was wrong"),
    RootCause.OTHER: lazy_gettext("something else"),
}

UNSORTED: dict[str, object] = {"": lazy_gettext("said in words only")}


@dataclass(frozen=True, slots=True)
class Summary:
    """One wave, summed up. `endings` and `causes` count its closed cases, the most frequent first."""

    wave_id: int
    wave: str
    company: str
    time_zone: str
    day_zero: datetime | None
    made_at: datetime
    health: Health
    accounts: int
    endings: tuple[tuple[str, int], ...]
    causes: tuple[tuple[str, int], ...]
    open_cases: int
    actions: tuple[ActionLine, ...]
    ending_names: ClassVar[Mapping[str, object]] = {
        one.value: name for one, name in ENDINGS.items()
    } | UNSORTED
    cause_names: ClassVar[Mapping[str, object]] = {one.value: name for one, name in CAUSES.items()} | UNSORTED

    @property
    def title(self) -> str:
        """The summary's answer in one line."""
        of = self.health.figures
        if not self.has_score:
            counts = {"answered": of.answered, "invited": of.invited}
            return str(_("%(answered)s of %(invited)s people have answered", **counts))
        facts = {"answered": of.answered, "score": self.health.score}
        match self.health.change:
            case "up":
                return str(_("%(answered)s people answered; the score is up to %(score)s", **facts))
            case "down":
                return str(_("%(answered)s people answered; the score is down to %(score)s", **facts))
            case "steady":
                return str(_("%(answered)s people answered; the score is steady at %(score)s", **facts))
        return str(_("%(answered)s people answered; the score is %(score)s", **facts))

    @property
    def has_score(self) -> bool:
        """Whether so many have answered that the score may be said."""
        return self.health.has_score

    @property
    def closed_cases(self) -> int:
        return sum(count for _, count in self.endings)

    @property
    def resolved(self) -> int:
        """The cases that were resolved, at once or later."""
        return sum(count for name, count in self.endings if name in (Ending.RESOLVED, Ending.RESOLVED_LATER))

    def actions_that(self, status: str) -> list[ActionLine]:
        """The actions that are done, under way or planned."""
        return [one for one in self.actions if one.status.value == status]

    @property
    def done(self) -> list[ActionLine]:
        return self.actions_that(ActionStatus.DONE.value)

    @property
    def coming(self) -> list[ActionLine]:
        """The actions that are under way, then those that are planned."""
        return self.actions_that(ActionStatus.UNDER_WAY.value) + self.actions_that(ActionStatus.PLANNED.value)


def wave_summary(session: Session, wave_id: int, *, now: datetime, with_money: bool = True) -> Summary:
    """The summary of a launched wave over the whole company. Raises NotFound before its launch and for a
    cancelled wave.

    Without money it is for those who see no amounts: all else is the same.
    """
    wave = get_wave(session, wave_id)
    found = health_of(session, wave, scope=SYSTEM, now=now)
    program = session.get_one(Program, wave.program_id)
    return Summary(
        wave_id=wave.id,
        wave=wave.slug,
        company=program.company,
        time_zone=program.time_zone,
        day_zero=wave.day_zero,
        made_at=now,
        health=found if with_money else _without_money(found),
        accounts=_accounts(session, wave),
        endings=_counts(session, wave, Case.ending),
        causes=_counts(session, wave, Case.cause_kind),
        open_cases=_open(session, wave),
        actions=tuple(every_action(session, scope=SYSTEM)),
    )


def _without_money(of: Health) -> Health:
    """The same figures with no amount in them, nor a mark that is larger for more revenue."""
    dots = tuple(replace(dot, radius=EQUAL) for dot in of.matrix.dots)
    return replace(of, sees_revenue=False, matrix=replace(of.matrix, dots=dots, sized=False))


def _accounts(session: Session, wave: Wave) -> int:
    asked = select(func.count(Invitation.account_id.distinct())).where(Invitation.wave_id == wave.id)
    return session.execute(asked).scalar_one()


def _counts(session: Session, wave: Wave, column: SQLColumnExpression[str]) -> tuple[tuple[str, int], ...]:
    """The closed cases of the wave by one of their columns."""
    rows = session.execute(
        select(column, func.count())
        .join(Response, Response.id == Case.response_id)
        .where(Response.wave_id == wave.id, Case.state == CaseState.CLOSED)
        .group_by(column)
        .order_by(func.count().desc(), column)
    )
    return tuple((name, count) for name, count in rows)


def _open(session: Session, wave: Wave) -> int:
    open_ones = (
        select(func.count())
        .select_from(Case)
        .join(Response, Response.id == Case.response_id)
        .where(Response.wave_id == wave.id, Case.state != CaseState.CLOSED)
    )
    return session.execute(open_ones).scalar_one()
