"""What a slice can be narrowed by: each dimension with its values, as far as the scope sees any."""

from dataclasses import dataclass

import numpy as np

from surveyd.results.masks import VALUES_OF_ANSWERS
from surveyd.results.people_columns import Dimension
from surveyd.results.slices import OF_ANSWERS, OF_CONTACTS, Slice
from surveyd.results.wholes import Whole

MOST_OPTIONS = 200


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a dimension; `accounts` counts those that have it, None for what accounts do not have."""

    value: str
    label: str
    accounts: int | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One dimension with the values that there are; an empty value is the unknown one.

    Of many values those that most accounts have are offered; `more` others are not.
    """

    name: str
    options: tuple[Option, ...]
    more: int = 0


def choices_of(whole: Whole, cut: Slice) -> tuple[Choice, ...]:
    """The dimensions that have several values, or that the slice is narrowed by already."""
    found = [_of_accounts(whole, one, cut) for one in whole.accounts.dimensions.values()]
    found += [_named(name, whole.contacts.dimensions[name].values, cut) for name in OF_CONTACTS]
    found += [_named(name, VALUES_OF_ANSWERS[name], cut) for name in OF_ANSWERS]
    return tuple(one for one in found if len(one.options) > 1 or cut.values(one.name))


def _of_accounts(whole: Whole, dimension: Dimension, cut: Slice) -> Choice:
    codes = dimension.codes if whole.seen is None else dimension.codes[whole.seen]
    counts = np.bincount(codes, minlength=len(dimension.values))
    chosen = cut.values(dimension.name)
    there = np.flatnonzero(counts)
    most = there[np.argsort(-counts[there], kind="stable")[:MOST_OPTIONS]]
    shown = sorted({*most.tolist(), *(code for code in dimension.codes_of(chosen) if counts[code])})
    options = [
        Option(
            dimension.values[code],
            dimension.labels[code],
            int(counts[code]),
            dimension.values[code] in chosen,
        )
        for code in shown
    ]
    # What is chosen and gone, or out of sight, still has to be taken away.
    options += [Option(one, one, 0, True) for one in chosen if one not in {of.value for of in options}]
    return Choice(dimension.name, tuple(options), len(there) - len(shown))


def _named(name: str, values: tuple[str, ...], cut: Slice) -> Choice:
    chosen = cut.values(name)
    named = [value for value in values if value]
    every = dict.fromkeys([*named[:MOST_OPTIONS], *chosen])
    options = tuple(Option(value, value, None, value in chosen) for value in every)
    return Choice(name, options, len(set(named) - set(every)))
