"""How much a number of answers can carry."""

from enum import StrEnum

from surveyd.scoring.policy import SHIPPED, Minimums


class Base(StrEnum):
    """Nothing, counts only, a value marked as low base, a value."""

    NONE = "none"
    COUNTS = "counts"
    LOW = "low"
    NORMAL = "normal"


def base(n: int, *, minimums: Minimums = SHIPPED.minimums) -> Base:
    """Say what ``n`` answers can carry."""
    if n < minimums.shown:
        return Base.COUNTS if n else Base.NONE
    return Base.LOW if n < minimums.normal else Base.NORMAL
