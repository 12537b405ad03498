"""The random part of the follow-up: which arrival is drawn, counted in the transaction that scores it."""

from sqlalchemy import String, bindparam, cast, select

from surveyd.base.database import Rows
from surveyd.base.prepared import Prepared
from surveyd.base.statements import count_up, table_of
from surveyd.closed_loop.models import Case, CaseState, SampleCounter
from surveyd.scoring.sampling import is_drawn

DRAWN_REASONS = '%"drawn_%'

_case = table_of(Case)
ARRIVE = count_up(SampleCounter, "arrived")
BEING_FOLLOWED = Prepared(
    select(_case.c.id)
    .where(_case.c.account_id == bindparam("account_id"), _case.c.state != CaseState.CLOSED)
    .where(cast(_case.c.reasons, String).like(DRAWN_REASONS))
    .limit(1)
)


def draw(rows: Rows, *, wave_id: int, wave: str, stratum: str, key: bytes) -> bool:
    """Count one more arrival of ``stratum`` in the wave and say whether it is the drawn one of its block."""
    arrived: int = ARRIVE.first(rows, {"wave_id": wave_id, "stratum": stratum}).arrived
    return is_drawn(arrived - 1, key=key, wave=wave, stratum=stratum)


def is_followed(rows: Rows, account_id: int) -> bool:
    """Say whether the account has an open case that was drawn at random: one at a time is enough."""
    return BEING_FOLLOWED.first(rows, {"account_id": account_id}) is not None
