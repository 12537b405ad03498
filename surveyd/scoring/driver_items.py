"""What a driver analysis works on: the drivers, everybody's answers, and which of them can carry it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveyd.scoring.arrays import Floats, Mask
from surveyd.scoring.lmg import TINY
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
LARGEST = 1_000_000
"""Where a scale may begin and end at most: what is squared and added up stays far from the largest number."""
FAINT = 1e-15
"""Who weighs less than this part of the heaviest is lost in rounding, and is not there."""


@dataclass(frozen=True, slots=True)
class Driver(Item):
    """An item that may go along with the outcome; `stage` groups it, empty for a driver of its own."""

    stage: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Everybody's answers: `values` (n, p) as given, `outcome` (n,), `accounts` (n,) any whole numbers.

    No answer is NaN or a number below the scale (below 0 for the outcome), so that int8 with -1 will do.
    `weights` (n,) are at least 0; who weighs 0 is not there. Raises OutOfScale for an answer above its scale,
    ValueError for shapes that do not fit, an infinite outcome, a scale beyond a million, and a weight that is
    negative or no number.
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
        if np.isposinf(self.outcome.astype(np.float64)).any():
            raise ValueError("an outcome is a finite number.")
        if self.weights is not None:
            _check_weights(self.weights, len(self.outcome))
        for column, item in enumerate(self.items):
            if max(abs(item.minimum), abs(item.maximum)) > LARGEST:
                raise ValueError(f"{item.id}: a scale lies within {LARGEST} on both sides of 0.")
            if len(self.values) and np.nanmax(self.values[:, column], initial=item.minimum) > item.maximum:
                raise OutOfScale(item.id, None, minimum=item.minimum, maximum=item.maximum)

    def steps(self, at: slice) -> Floats:
        """Return (r, p) steps above the worst answer, reversed where the item is, NaN for no answer."""
        given = self.values[at].astype(np.float64)
        low = np.array([item.minimum for item in self.items])
        high = np.array([item.maximum for item in self.items])
        backwards = np.array([item.reversed for item in self.items])
        return np.where(given >= low, np.where(backwards, high - given, given - low), np.nan)


def _check_weights(weights: Floats, people: int) -> None:
    if weights.shape != (people,):
        raise ValueError("there is one weight for each person.")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("a weight is a finite number of at least 0.")


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
        """Return these drivers alone, with who answered at least one of them."""
        columns = list(kept)
        rows = np.flatnonzero(self.known[:, columns].any(axis=1))
        held = self.answers
        chosen = replace(
            held,
            items=tuple(held.items[column] for column in columns),
            values=held.values[rows][:, columns],
            outcome=held.outcome[rows],
            accounts=held.accounts[rows],
            weights=self.weights[rows],
        )
        codes = np.unique(self.codes[rows], return_inverse=True)[1]
        return Screened(chosen, codes, self.weights[rows], self.known[rows][:, columns], self.left_out)

    def table(self) -> Table:
        """The drivers in steps, and the outcome last, in units of its largest value."""
        unit = float(self.answers.outcome.max())

        def read(at: slice) -> Floats:
            outcome = self.answers.outcome[at].astype(np.float64) / unit
            return np.column_stack([self.answers.steps(at), outcome])

        return Table(read, self.codes, self.weights)


def screen(answers: Answers, minimums: Minimums) -> Screened | Unsaid:
    """Return who and what can take part, or why nobody can.

    Left out is a driver that under 40 % answered, that fewer than 50 answered together with another one, or
    to which all gave one answer; and then who answered no other driver.
    """
    weights = np.ones(len(answers.outcome)) if answers.weights is None else answers.weights
    if not len(weights):
        return Unsaid(Reason.NO_ANSWERS, SUBJECT)
    if not weights.any():
        return Unsaid(Reason.NO_WEIGHT, SUBJECT)
    weights = weights / weights.max()
    known = answers.values >= np.array([item.minimum for item in answers.items])
    rows = np.flatnonzero((weights > FAINT) & (answers.outcome >= 0) & known.any(axis=1))
    if not len(rows):
        return Unsaid(Reason.NO_ANSWERS, SUBJECT)
    names, codes = np.unique(answers.accounts[rows], return_inverse=True)
    order = np.argsort(codes, kind="stable")
    rows, codes = rows[order], codes[order]
    if refused := _far_too_few(known[rows], len(names), minimums):
        return refused
    kept, left_out = _kept(answers, rows, known[rows])
    if not kept:
        return left_out[0].why
    everybody = replace(
        answers,
        values=answers.values[rows],
        outcome=answers.outcome[rows],
        accounts=answers.accounts[rows],
        weights=weights[rows],
    )
    found = Screened(everybody, codes, weights[rows], known[rows], left_out).only(kept)
    return too_few(found, minimums) or found


def too_few(found: Screened, minimums: Minimums) -> Unsaid | None:
    """Return why these people cannot carry these drivers, None if they can."""
    needed = max(minimums.drivers, minimums.drivers_each * len(found.answers.items))
    if found.full < needed:
        return Unsaid(Reason.TOO_FEW_ANSWERS, SUBJECT, found.full, needed)
    if found.accounts < minimums.driver_accounts:
        return Unsaid(Reason.TOO_FEW_ACCOUNTS, SUBJECT, found.accounts, minimums.driver_accounts)
    return Unsaid(Reason.NO_VARIATION, OUTCOME) if np.ptp(found.answers.outcome) == 0 else None


def _far_too_few(known: Mask, accounts: int, minimums: Minimums) -> Unsaid | None:
    """Return why these people can carry no driver at all; what it takes goes by the drivers that enough
    answered.
    """
    if len(known) < minimums.drivers:
        likely = int(np.count_nonzero(known.mean(axis=0) >= COVERAGE))
        needed: int = max(minimums.drivers, minimums.drivers_each * likely)
        return Unsaid(Reason.TOO_FEW_ANSWERS, SUBJECT, len(known), needed)
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
        if why := _alone(item, given, enough):
            left_out.append(LeftOut(item, why))
        else:
            kept.append(column)
    while kept and (fewest := both[kept][:, kept]).min() < TOGETHER:
        column = kept[int(np.lexsort((fewest.sum(axis=1), fewest.min(axis=1)))[0])]
        why = Unsaid(Reason.TOO_FEW_TOGETHER, answers.items[column].id, int(fewest.min()), TOGETHER)
        left_out.append(LeftOut(answers.items[column], why))
        kept.remove(column)
    return kept, tuple(left_out)


def _alone(item: Driver, given: NDArray[Any], enough: int) -> Unsaid | None:
    if not len(given):
        return Unsaid(Reason.NO_ANSWERS, item.id)
    if len(given) < enough:
        return Unsaid(Reason.TOO_FEW_ANSWERS, item.id, len(given), enough)
    # In double precision: the distance of two single bytes may not fit into one.
    alike = np.ptp(given.astype(np.float64)) <= TINY * item.span
    return Unsaid(Reason.NO_VARIATION, item.id) if alike else None


def _together(known: Mask) -> NDArray[np.int64]:
    """Return (p, p): how many answered both of two drivers."""
    both = np.zeros((known.shape[1], known.shape[1]), dtype=np.int64)
    for start in range(0, len(known), BLOCK):
        part = known[start : start + BLOCK].astype(np.float32)
        both += (part.T @ part).astype(np.int64)
    return both
