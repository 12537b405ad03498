"""The looks of responses: how long a questionnaire takes, and what nobody ever sent."""

from datetime import datetime

from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.responses import open_spent, open_visits
from surveyd.responses.durations import are_due, measure_versions


def measure_durations(house: Services, now: datetime) -> int:
    """Measure once an hour how long each questionnaire takes."""
    with reading() as session:
        due = are_due(session, now=now)
    if not due:
        return 0
    with writing() as session:
        return measure_versions(session, now=now)


def forget_visits(house: Services, now: datetime) -> int:
    """Forget what people began through open links and never sent."""
    with reading() as session:
        if not (open_visits.has_unfinished(session, now=now) or open_spent.has_old(session, now=now)):
            return 0
    with writing() as session:
        open_spent.forget_old(session, now=now)
        return open_visits.forget_unfinished(session, now=now)
