"""The days of a round of confirmation: when it ends, and when its reminders fall due."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from surveyd.base.clock import from_local, zone_named
from surveyd.base.errors import Refused
from surveyd.distribution.cadence import due_at
from surveyd.distribution.models import Program
from surveyd.distribution.programs import window_of

LONGEST = timedelta(days=120)
MOST_REMINDERS, FURTHEST = 5, 60
USUAL_REMINDERS = (3, 1)


def check_days(program: Program, until: date, remind_days: Sequence[int], *, now: datetime) -> datetime:
    """The end of a last day that does. Raises Refused for one that does not, and for such reminders."""
    if len(set(remind_days)) > MOST_REMINDERS or any(not 1 <= days <= FURTHEST for days in remind_days):
        raise Refused(
            f"Remind at most {MOST_REMINDERS} times, from 1 to {FURTHEST} days before the last day."
        )
    ends_at = end_of(program, until)
    if ends_at <= now:
        raise Refused("That day is over; write one that is still to come.")
    if ends_at > now + LONGEST:
        raise Refused(f"That is more than {LONGEST.days} days from now; write an earlier day.")
    return ends_at


def end_of(program: Program, until: date) -> datetime:
    """The instant at which the day is over by the program's clock."""
    return from_local(datetime.combine(until + timedelta(days=1), time()), zone_named(program.time_zone))


def reminder_after(
    program: Program, until: date, remind_days: Sequence[int], after: datetime
) -> datetime | None:
    """The first reminder after an instant and before the end: in the program's hours, on its days."""
    zone, window, ends_at = zone_named(program.time_zone), window_of(program), end_of(program, until)
    mornings = [
        from_local(datetime.combine(until - timedelta(days=days), time()), zone) for days in remind_days
    ]
    instants = [due_at(morning, 0, zone, window) for morning in mornings]
    return min((instant for instant in instants if after < instant < ends_at), default=None)
