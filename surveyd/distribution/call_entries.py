"""Who comes onto the call list, and where they stand on it among those who can be called now."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.bulk import insert_rows
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.models import Invitation, Wave
from surveyd.people.comparable import comparable_cents
from surveyd.people.models import Account
from surveyd.people.rates import worth_now

BANDS = 64
"""An account's revenue counts by its power of two: what is half as much again is worth as much here."""
DAYS = 100_000
TRIES = 100
BAND = DAYS * TRIES
"""What one band weighs: after it counts the day on which the wave ends, then how often they were tried."""
BEGUN, ASKED = 10**12, 2 * 10**12
"""Who has begun to answer comes before all of them, and who asked to be called before everybody."""
LISTED = (
    "touch_id",
    "invitation_id",
    "state",
    "flagged_at",
    "not_before",
    "attempts",
    "reason",
    "wave_id",
    "time_zone",
    "language",
    "country",
    "weight",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def put_on_list(session: Session, flagged: Mapping[int, int], *, now: datetime) -> None:
    """Open a call for each phone touch of `flagged`, which says whose invitation it belongs to.

    The value of the account and the end of the wave decide its place as they are at `now`; see `weight_of`.
    """
    if not flagged:
        return
    worth = worth_now()
    facts = (
        select(
            Invitation.id,
            Invitation.wave_id,
            Invitation.time_zone,
            Invitation.language,
            Invitation.started_at,
            Wave.closes_at,
            func.upper(Account.country).label("country"),
            comparable_cents(worth).label("cents"),
        )
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Account, Account.id == Invitation.account_id)
        .outerjoin(worth, worth.c.currency == Account.currency)
        .where(Invitation.id.in_(set(flagged.values())))
    )
    known = {row.id: row for row in session.execute(facts)}
    rows = []
    for touch_id, invitation_id in flagged.items():
        one = known[invitation_id]
        weight = weight_of(one.cents, one.closes_at) - (BEGUN if one.started_at else 0)
        fresh = (touch_id, invitation_id, CallState.OPEN, now, now, 0, "")
        rows.append((*fresh, one.wave_id, one.time_zone, one.language, one.country, weight))
    insert_rows(session, Call, LISTED, rows)


def weight_of(cents: int, closes_at: datetime | None) -> int:
    """Where somebody stands on the list who was not tried yet, the smallest first.

    `cents` is the account's revenue as `people.comparable` compares it: first come larger accounts, by powers
    of two; then who has less time until the wave ends. Each try puts somebody one further back.
    """
    band = BANDS - max(0, cents).bit_length()
    day = (closes_at - EPOCH).days if closes_at is not None else DAYS - 1
    return band * BAND + min(day, DAYS - 1) * TRIES
