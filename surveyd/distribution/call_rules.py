"""How often a program calls somebody, and how long it waits in between."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution.call_models import CallOutcome, CallRules
from surveyd.distribution.models import Invitation, Wave
from surveyd.people import audit

MOST_ATTEMPTS = 20
MOST_HOURS = 720


@dataclass(frozen=True, slots=True)
class Rules:
    """After how many attempts in vain a call is over, and how many hours pass before the next one."""

    attempts: int = 5
    after_no_answer: int = 4
    after_message: int = 24

    def pause_after(self, outcome: CallOutcome) -> timedelta | None:
        """How long nobody calls after an outcome that brings the call back by itself; None for the others."""
        hours = {
            CallOutcome.NO_ANSWER: self.after_no_answer,
            CallOutcome.LEFT_MESSAGE: self.after_message,
        }.get(outcome)
        return None if hours is None else timedelta(hours=hours)


USUAL = Rules()


def rules_of(session: Session, program_id: int) -> Rules:
    """The rules of a program; one that has none of its own goes by the usual ones."""
    return _rules(session.get(CallRules, program_id))


def rules_for(session: Session, invitation_id: int) -> Rules:
    """The rules by which an invitation's call goes."""
    theirs = (
        select(CallRules)
        .join(Wave, Wave.program_id == CallRules.program_id)
        .join(Invitation, Invitation.wave_id == Wave.id)
        .where(Invitation.id == invitation_id)
    )
    return _rules(session.scalars(theirs).one_or_none())


def set_rules(session: Session, program_id: int, rules: Rules, *, by: int | None, now: datetime) -> None:
    """Let a program call by these rules from its next attempt on. Raises Refused for what cannot be."""
    hours = (rules.after_no_answer, rules.after_message)
    if not 1 <= rules.attempts <= MOST_ATTEMPTS:
        raise Refused(f"Say a number of attempts from 1 to {MOST_ATTEMPTS}.")
    if not all(1 <= one <= MOST_HOURS for one in hours):
        raise Refused(f"Say a number of hours from 1 to {MOST_HOURS}.")
    session.merge(
        CallRules(
            program_id=program_id,
            attempts=rules.attempts,
            hours_after_no_answer=rules.after_no_answer,
            hours_after_message=rules.after_message,
        )
    )
    facts = {
        "attempts": rules.attempts,
        "after_no_answer": rules.after_no_answer,
        "after_message": rules.after_message,
    }
    audit.record(
        session, action="call_rules", thing="program", thing_id=program_id, by=by, now=now, facts=facts
    )


def _rules(found: CallRules | None) -> Rules:
    if found is None:
        return USUAL
    return Rules(found.attempts, found.hours_after_no_answer, found.hours_after_message)
