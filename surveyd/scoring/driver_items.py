"""What a driver analysis works on: the drivers, everybody's answers, and which of them can carry it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Floats, Mask
from surveyd.scoring.moments import Table
from surveyd.scoring.policy import Minimums
from surveyd.scoring.scale import Item, OutOfScale
from surveyd.scoring.unsaid import Reason, Unsaid

SUBJECT = "drivers"
OUTCOME = "the outcome"
COVERAGE = 0.4
"""A driver that fewer were asked, or could answer, belongs into an analysis of these people alone."""
TOGETHER = 50
BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Driver(Item):
    """An item that may go along with the outcome; `stage` groups it, empty for a driver of its own."""

    stage: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Everybody's answers: `values` (n, p) as given, `outcome` (n,), `accounts` (n,) any whole numbers.

    No answer is NaN or a number below the scale (below 0 for the outcome), so that int8 with -1 will do.
    `weights` (n,) are at least 0; who weighs 0 is not there.
    """

    items: tuple[Driver, ...]
    values: NDArray[Any]
    outcome: NDArray[Any]
    accounts: NDArray[Any]
    weights: Floats | None = None

    def __post_init__(self) -> None:
        shapes = {len(self.values), len(self.outcome), len(self.accounts)}
        if len(shapes) != 1 or self.values.shape[1:] != (len(self.items),):
            raise ValueError("values are people by items; outcome and accounts are one for each person.")
        for column, item in enumerate(self.items):
            if len(self.values) and np.nanmax(self.values[:, column], initial=item.minimum) > item.maximum:
                raise OutOfScale(item.id, None, minimum=item.minimum, maximum=item.maximum)

    def steps(self, at: slice) -> Floats:
        """Return (r, p) steps above the worst answer, reversed where the item is, NaN for no answer."""
        given = self.values[at].astype(np.float64)
        low = np.array([item.minimum for item in self.items])
        high = np.array([item.maximum for item in self.items])
        backwards = np.array([item.reversed for item in self.items])
        return np.where(given >= low, np.where(backwards, high - given, given - low), np.nan)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A driver that takes no part, and why."""

    driver: Driver
    why: Unsaid


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """Who and what takes part: `answers` hold these people, sorted by account, and these drivers.

    `n` is people; `full` is how many complete answers theirs amount to.
    """

    answers: Answers
    codes: NDArray[np.intp]
    weights: Floats
    known: Mask
    left_out: tuple[LeftOut, ...]

    @property
    def n(self) -> int:
        """How many people take part."""
        return len(self.codes)

    @property
    def accounts(self) -> int:
        """How many accounts they belong to."""
        return int(self.codes[-1]) + 1

    @property
    def full(self) -> int:
        """How many complete answers the answers given amount to."""
        return int(self.known.sum() // self.known.shape[1])

    def only(self, kept: Sequence[int]) -> "Screened":
        """Return the same people with these drivers alone."""
        columns = list(kept)
        items = tuple(self.answers.items[column] for column in columns)
        fewer = replace(self.answers, items=items, values=self.answers.values[:, columns])
        return replace(self, answers=fewer, known=self.known[:, columns])

    def table(self) -> Table:
        """The drivers in steps, and the outcome last."""

        def read(at: slice) -> Floats:
            outcome = self.answers.outcome[at].astype(np.float64)
            return np.column_stack([self.answers.steps(at), outcome])

        return Table(read, self.codes, self.weights)


def screen(answers: Answers, minimums: Minimums) -> Screened | Unsaid:
    """Return who and what can take part, or why nobody can.

    Left out is a driver that under 40 % answered, that fewer than 50 answered together with another one, or
    to which all gave one answer.
    """
    weights = np.ones(len(answers.outcome)) if answers.weights is None else answers.weights
    if len(weights) and not weights.any():
        return Unsaid(Reason.NO_WEIGHT, SUBJECT)
    known = answers.values >= np.array([item.minimum for item in answers.items])
    present = (weights > 0) & (answers.outcome >= 0) & known.any(axis=1)
    rows = np.flatnonzero(present)
    if not len(rows):
        return Unsaid(Reason.NO_ANSWERS, SUBJECT)
    names, codes = np.unique(answers.accounts[rows], return_inverse=True)
    order = np.argsort(codes, kind="stable")
    rows, codes = rows[order], codes[order]
    if refused := _too_few(len(rows), len(names), len(answers.items), minimums):
        return refused
    if np.ptp(answers.outcome[rows]) == 0:
        return Unsaid(Reason.NO_VARIATION, OUTCOME)
    kept, left_out = _kept(answers, rows, known[rows])
    if not kept:
        return left_out[0].why
    chosen = replace(
        answers,
        items=tuple(answers.items[column] for column in kept),
        values=answers.values[rows][:, kept],
        outcome=answers.outcome[rows],
        accounts=answers.accounts[rows],
        weights=weights[rows],
    )
    found = Screened(chosen, codes, weights[rows], known[rows][:, kept], left_out)
    return _too_few(found.full, found.accounts, len(kept), minimums) or found


def _too_few(n: int, accounts: int, drivers: int, minimums: Minimums) -> Unsaid | None:
    needed = max(minimums.drivers, minimums.drivers_each * drivers)
    if n < needed:
        return Unsaid(Reason.TOO_FEW_ANSWERS, SUBJECT, n, needed)
    if accounts < minimums.driver_accounts:
        return Unsaid(Reason.TOO_FEW_ACCOUNTS, SUBJECT, accounts, minimums.driver_accounts)
    return None


def _kept(answers: Answers, rows: NDArray[np.intp], known: Mask) -> tuple[list[int], tuple[LeftOut, ...]]:
    """Return the columns that stay, and the others with the reason."""
    both = _together(known)
    enough = int(np.ceil(COVERAGE * len(rows)))
    kept, left_out = [], []
    for column, item in enumerate(answers.items):
        given = answers.values[rows[known[:, column]], column]
        if why := _alone(item.id, given, enough):
            left_out.append(LeftOut(item, why))
        else:
            kept.append(column)
    while kept and (fewest := both[kept][:, kept]).min() < TOGETHER:
        column = kept[int(np.lexsort((fewest.sum(axis=1), fewest.min(axis=1)))[0])]
        why = Unsaid(Reason.TOO_FEW_TOGETHER, answers.items[column].id, int(fewest.min()), TOGETHER)
        left_out.append(LeftOut(answers.items[column], why))
        kept.remove(column)
    return kept, tuple(left_out)


def _alone(subject: str, given: NDArray[Any], enough: int) -> Unsaid | None:
    if not len(given):
        return Unsaid(Reason.NO_ANSWERS, subject)
    if len(given) < enough:
        return Unsaid(Reason.TOO_FEW_ANSWERS, subject, len(given), enough)
    return Unsaid(Reason.NO_VARIATION, subject) if np.ptp(given) == 0 else None


def _together(known: Mask) -> NDArray[np.int64]:
    """Return (p, p): how many answered both of two drivers."""
    both = np.zeros((known.shape[1], known.shape[1]), dtype=np.int64)
    for start in range(0, len(known), BLOCK):
        part = known[start : start + BLOCK].astype(np.float32)
        both += (part.T @ part).astype(np.int64)
    return both
