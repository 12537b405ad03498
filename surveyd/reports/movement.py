"""The moves between two waves as a table: from the rows, to the columns, and what it comes to.

Of the same people or accounts, whom both waves have asked; beside it stands how many were where in each wave,
whoever was asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surveyd.results.movement import Move
from surveyd.results.revenue import SILENT, add_money
from surveyd.scoring.loyalty import Segment

RISK = Segment.HIGH_RISK.value
ORDER = (*(segment.value for segment in Segment), SILENT)
PLACED = tuple(segment.value for segment in Segment)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of those who were heard stand in a segment: all of them then and now, and of the same ones.

    The four bases are those of its table, in the same order.
    """

    state: str
    then: int
    now: int
    same_then: int
    same_now: int


@dataclass(frozen=True, slots=True)
class Movement:
    """The moves of whom both waves have asked; `states` are those that occur, in the matrix's order.

    `shares` has a row for each segment, and `heard` their bases: all then and now, and those heard twice.
    """

    before: str
    states: tuple[str, ...]
    moves: tuple[Move, ...]
    shares: tuple[Share, ...] = ()
    heard: Share = Share("", 0, 0, 0, 0)

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

    @property
    def went_quiet(self) -> Move:
        """All who were heard before and are silent now, as one move."""
        return _sum("", SILENT, [m for m in self.moves if m.now == SILENT and m.before != SILENT])


def movement(before: str, moves: Sequence[Move]) -> Movement | None:
    """The table of the moves since the wave `before`; None where nobody was asked twice.

    Moves from and to "not asked" are in no cell and count for the shares of all.
    """
    both = tuple(move for move in moves if move.is_of_both)
    there = {state for move in both for state in (move.before, move.now)}
    usual = {*ORDER} - {Segment.UNCLASSIFIED.value}
    states = tuple(state for state in ORDER if state in there | usual)
    shares = tuple(_share(state, moves) for state in PLACED if state in states)
    return Movement(before, states, both, shares, _bases(shares)) if both else None


def _share(state: str, moves: Sequence[Move]) -> Share:
    twice = [move for move in moves if move.is_heard_twice]
    return Share(
        state,
        _count(move for move in moves if move.before == state),
        _count(move for move in moves if move.now == state),
        _count(move for move in twice if move.before == state),
        _count(move for move in twice if move.now == state),
    )


def _bases(shares: Sequence[Share]) -> Share:
    return Share(
        "",
        sum(one.then for one in shares),
        sum(one.now for one in shares),
        sum(one.same_then for one in shares),
        sum(one.same_now for one in shares),
    )


def _count(moves: Iterable[Move]) -> int:
    return sum(move.count for move in moves)


def _sum(before: str, now: str, moves: Sequence[Move]) -> Move:
    return Move(
        before,
        now,
        count=_count(moves),
        unknown=sum(move.unknown for move in moves),
        sums=add_money(money for move in moves for money in move.sums),
    )
