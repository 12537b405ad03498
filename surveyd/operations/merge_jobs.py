"""What the schedule does for duplicates and merges."""

from datetime import datetime

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.operations.merge_waves import has_late, settle_late
from surveyd.people.duplicate_jobs import SEARCH_DUPLICATES
from surveyd.people.duplicate_search import is_wanted


def look_for_duplicates(house: Services, now: datetime) -> int:
    """Have a worker search for duplicates once lists have changed, and settle what came beside a merge."""
    with reading() as session:
        wanted, late = is_wanted(session, system_now=system_now()), has_late(session)
    if late:
        with writing() as session:
            settle_late(session, now=now)
    return int(wanted and house.bell.ring(SEARCH_DUPLICATES))
