"""What a launch should know of the confirmation of contacts: whether it is done, and whether it leans."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from surveyd.distribution.confirmation_sums import sums_of
from surveyd.distribution.confirmations import find_round
from surveyd.distribution.launching.findings import Finding, green, yellow
from surveyd.distribution.models import Program, Wave
from surveyd.people.access import SYSTEM, Scope

Leaning = Callable[[Session, Wave, Program, datetime, Scope], list[str]]
_ABOVE: list[Leaning] = []


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A round of confirmation before a launch; `leaning` names managers who leave out the unhappy."""

    until: date
    runs: bool
    managers: int
    finished: int
    planned: int
    looked_at: int
    leaning: tuple[str, ...]


def know_leaning(managers: Leaning) -> None:
    """Take in how a choice that leans is found: the app says so when it is put together."""
    _ABOVE[:] = [managers]


def read_confirmation(session: Session, wave: Wave, program: Program, *, now: datetime) -> Confirmed | None:
    """How far the round of a wave is; None as long as nobody has begun one."""
    found = find_round(session, wave, now=now)
    if found is None:
        return None
    sums = sums_of(session, wave, program, scope=SYSTEM, now=now)
    asked = [one for one in sums if one.asked_at is not None]
    leaning = [name for known in _ABOVE for name in known(session, wave, program, now, SYSTEM)]
    return Confirmed(
        until=found.until,
        runs=found.runs,
        managers=len(asked),
        finished=sum(one.finished_at is not None for one in asked),
        planned=sum(one.planned for one in asked),
        looked_at=sum(one.looked_at for one in asked),
        leaning=tuple(leaning),
    )


def check_confirmation(confirmed: Confirmed | None) -> list[Finding]:
    """Whether the account managers have looked through their contacts, and whom they left out."""
    if confirmed is None:
        return []
    facts = {
        "managers": confirmed.managers,
        "finished": confirmed.finished,
        "contacts": confirmed.planned,
        "looked": confirmed.looked_at,
    }
    found = [yellow("exclusions_lean", name) for name in confirmed.leaning]
    if confirmed.finished == confirmed.managers:
        return [*found, green("confirmation_done", "", **facts)]
    code = "confirmation_runs" if confirmed.runs else "confirmation_unfinished"
    return [*found, yellow(code, confirmed.until.isoformat(), **facts)]
