"""What a proposed policy would move: people and accounts from segment to segment, totals, and the waves.

Everything is counted over the same answers, once by the policy in force and once by the proposed one. People
and accounts are counted as they stand by their latest answers; a wave by all of its answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from surveyd.results.movement import Move
from surveyd.results.revenue import Money

LISTED = 100
"""How many of those who would move are named: the largest accounts, and the people who answered last."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts by segment of people and of accounts, the means of the indexes (0 to 100), and what is at risk.

    A mean is None where no index is known. At risk is an account at high risk, or with a decision maker who
    is; `at_risk_unknown` have no known revenue and are in no sum.
    """

    people: Mapping[str, int]
    accounts: Mapping[str, int]
    means: Mapping[str, float | None]
    at_risk_accounts: int
    at_risk_unknown: int
    at_risk: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class WaveChange:
    """One wave under both policies. The score of recommendation stays: no policy says who is a promoter."""

    wave: str
    day_zero: datetime | None
    responses: int
    detractors: int
    passives: int
    promoters: int
    before: Totals
    after: Totals


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who would move: an account by its id, or a person by the id of their response."""

    id: int
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A proposal beside the version in force, `against`, at an instant; `responses` were looked at.

    `waves` are the last ones, the oldest first. Of those who would move, at most `LISTED` are named.
    """

    against: str
    at: datetime
    responses: int
    people: tuple[Move, ...]
    accounts: tuple[Move, ...]
    before: Totals
    after: Totals
    waves: tuple[WaveChange, ...]
    moved_people: tuple[Moved, ...]
    moved_accounts: tuple[Moved, ...]

    @property
    def people_moving(self) -> int:
        """How many people would stand elsewhere."""
        return moving(self.people)

    @property
    def accounts_moving(self) -> int:
        """How many accounts would stand elsewhere."""
        return moving(self.accounts)

    def as_json(self) -> dict[str, Any]:
        """The comparison as it is kept."""
        data = asdict(self)
        data["at"] = self.at.isoformat()
        for wave in data["waves"]:
            wave["day_zero"] = wave["day_zero"] and wave["day_zero"].isoformat()
        return data


def moving(moves: Sequence[Move]) -> int:
    """How many of the moves lead elsewhere."""
    return sum(move.count for move in moves if move.before != move.now)


def read_comparison(data: Mapping[str, Any]) -> Comparison:
    """A comparison as it was kept."""
    return Comparison(
        against=data["against"],
        at=datetime.fromisoformat(data["at"]),
        responses=data["responses"],
        people=_moves(data["people"]),
        accounts=_moves(data["accounts"]),
        before=_totals(data["before"]),
        after=_totals(data["after"]),
        waves=tuple(_wave(wave) for wave in data["waves"]),
        moved_people=tuple(Moved(**one) for one in data["moved_people"]),
        moved_accounts=tuple(Moved(**one) for one in data["moved_accounts"]),
    )


def _moves(data: Sequence[Mapping[str, Any]]) -> tuple[Move, ...]:
    return tuple(Move(**{**move, "sums": _sums(move["sums"])}) for move in data)


def _sums(data: Sequence[Mapping[str, Any]]) -> tuple[Money, ...]:
    return tuple(Money(**one) for one in data)


def _totals(data: Mapping[str, Any]) -> Totals:
    return Totals(**{**data, "at_risk": _sums(data["at_risk"])})


def _wave(data: Mapping[str, Any]) -> WaveChange:
    day = data["day_zero"] and datetime.fromisoformat(data["day_zero"])
    sides = {side: _totals(data[side]) for side in ("before", "after")}
    return WaveChange(**{**data, **sides, "day_zero": day})
