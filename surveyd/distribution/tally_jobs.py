"""What senders and others changed of the ledger goes into its tallies, so that they stay few rows."""

from datetime import datetime

from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.distribution.tallies import fold, has_many_changes


def fold_tallies(house: Services, now: datetime) -> int:
    """Fold once much was appended; returns how many tallies changed."""
    with reading() as session:
        if not has_many_changes(session):
            return 0
    with writing() as session:
        return fold(session)
