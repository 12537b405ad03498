"""The moves between two waves as a table: from the rows, to the columns, and what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveyd.results.movement import Move
from surveyd.results.revenue import SILENT, add_money
from surveyd.scoring.loyalty import Segment

RISK = Segment.HIGH_RISK.value
ORDER = (*(segment.value for segment in Segment), SILENT)


@dataclass(frozen=True, slots=True)
class Movement:
    """The moves of whom both waves have asked; `states` are those that occur, in the matrix's order."""

    before: str
    states: tuple[str, ...]
    moves: tuple[Move, ...]

    def at(self, before: str, now: str) -> Move:
        """The move from one state to another, of nobody where nobody went that way."""
        found = (move for move in self.moves if (move.before, move.now) == (before, now))
        return next(found, Move(before, now, 0))

    def share(self, before: str, now: str) -> int:
        """How many of five steps of shade a cell has: none for nobody, five for the whole row."""
        row = sum(move.count for move in self.moves if move.before == before)
        count = self.at(before, now).count
        return -(-5 * count // row) if count else 0

    @property
    def total(self) -> int:
        """Whom both waves have asked."""
        return sum(move.count for move in self.moves)

    @property
    def stayed(self) -> int:
        return sum(move.count for move in self.moves if move.before == move.now)

    @property
    def into_risk(self) -> Move:
        """All who were elsewhere before and are at high risk now, as one move."""
        return _sum("", RISK, [m for m in self.moves if m.now == RISK and m.before != RISK])

    @property
    def out_of_risk(self) -> Move:
        """All who were at high risk and have said something better since, as one move."""
        gone = [m for m in self.moves if m.before == RISK and m.now not in (RISK, SILENT)]
        return _sum(RISK, "", gone)


def movement(before: str, moves: Sequence[Move]) -> Movement | None:
    """The table of the moves since the wave `before`; None where nobody was asked twice."""
    there = {state for move in moves for state in (move.before, move.now)}
    usual = {*ORDER} - {Segment.UNCLASSIFIED.value}
    states = tuple(state for state in ORDER if state in there | usual)
    return Movement(before, states, tuple(moves)) if moves else None


def _sum(before: str, now: str, moves: Sequence[Move]) -> Move:
    return Move(
        before,
        now,
        count=sum(move.count for move in moves),
        unknown=sum(move.unknown for move in moves),
        sums=add_money(money for move in moves for money in move.sums),
    )
