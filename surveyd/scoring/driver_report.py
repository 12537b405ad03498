"""What a driver analysis found: importance, interval, rank, direction and rating of drivers and stages."""

from dataclasses import dataclass
from enum import StrEnum

from surveyd.scoring.driver_items import Driver, LeftOut
from surveyd.scoring.intervals import Interval
from surveyd.scoring.unsaid import Unsaid

CONDITION = 30.0


class Gaps(StrEnum):
    """How missing answers were met."""

    NONE = "none"
    LIKELIHOOD = "likelihood"
    PAIRS = "pairs"


@dataclass(frozen=True, slots=True)
class Performance:
    """How a driver is rated: mean 0 to 100, share of the two best answers 0 to 1, by how many people."""

    mean: float
    top: float
    n: int


@dataclass(frozen=True, slots=True)
class Importance:
    """One driver: `value` adds up to R squared, `share` to 1; `interval` is of the share.

    `ranks` are the best and the worst that the draws leave open. `tier` counts from 1: whoever overlaps with
    the leader of a tier cannot be told from it. `direction` is the sign of the correlation `r`, 0 where it
    is open; `distinct` says whether the driver stands out from what a driver of pure chance would have.
    """

    driver: Driver
    value: float
    share: float
    interval: Interval
    ranks: tuple[int, int]
    tier: int
    r: float
    direction: int
    distinct: bool
    performance: Performance


@dataclass(frozen=True, slots=True)
class StageImportance:
    """One stage as a whole, of R squared; `parts` are its drivers by id, adding up to `value` exactly.

    `name` is the stage, or the id of a driver without one where `is_stage` is False.
    """

    name: str
    is_stage: bool
    value: float
    share: float
    interval: Interval
    ranks: tuple[int, int]
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """Two drivers that say nearly the same."""

    one: str
    other: str
    r: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """What is hard to tell apart: alike pairs, and the condition number, None if a driver is a sum of
    others.
    """

    pairs: tuple[Alike, ...]
    condition: float | None

    @property
    def warns(self) -> bool:
        """Say whether a reader has to know."""
        return bool(self.pairs) or self.condition is None or self.condition > CONDITION


@dataclass(frozen=True, slots=True)
class DriverReport:
    """All drivers, the most important first, with what it rests on.

    `stages` is empty where none has two drivers. `quick_wins` are ids: above the average in importance,
    below it in rating, the widest gap first.
    """

    n: int
    accounts: int
    times: int
    exact: bool
    gaps: Gaps
    repaired: bool
    r_squared: float
    r_squared_interval: Interval
    drivers: tuple[Importance, ...]
    stages: tuple[StageImportance, ...] | Unsaid
    overlap: Overlap
    quick_wins: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
