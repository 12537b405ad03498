"""What tests of audiences do over and over: save a plan, and see who is in."""

from sqlalchemy.orm import Session

from surveyd.distribution import waves
from surveyd.distribution.audience import (
    Counts,
    audience_of,
    count_audience,
)
from surveyd.distribution.audience_plans import Plan
from surveyd.distribution.audience_samples import save_plan
from surveyd.distribution.models import Wave
from surveyd.people.models import Contact, RelationshipRole
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast


def save(session: Session, wave: Wave, plan: Plan) -> None:
    save_plan(session, wave, waves.program_of(session, wave), plan, by=None, now=NOW)


def who_is_in(session: Session, wave: Wave) -> set[str]:
    found = audience_of(session, wave, waves.program_of(session, wave), now=NOW)
    return {member.external_id for member in found.members if not member.rule}


def counts(session: Session, wave: Wave) -> Counts:
    return count_audience(session, wave, waves.program_of(session, wave), now=NOW)


def crowd(session: Session, cast: Cast, many: int) -> None:
    """So many more contacts at Nordwind, the even ones buyers, and half as many at Südwerk."""
    for number in range(many + many // 2):
        session.add(
            Contact(
                external_id=f"M-{number}",
                account_id=cast.nordwind if number < many else cast.sudwerk,
                name=f"Somebody {number}",
                email=f"somebody.{number}@crowd.test",
                role=RelationshipRole.USER if number % 2 else RelationshipRole.BUYER,
                created_at=NOW,
                updated_at=NOW,
            )
        )
    session.flush()
