"""The look at what came back long ago."""

from datetime import datetime

from surveyd.base.database import reading, writing
from surveyd.base.services import Services
from surveyd.distribution import returns


def forget_returned(house: Services, now: datetime) -> int:
    """Forget what came back and nobody understood, some months later."""
    with reading() as session:
        if not returns.has_old(session, now=now):
            return 0
    with writing() as session:
        return returns.forget_returns(session, now=now)
