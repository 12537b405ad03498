"""Random samples that anybody can draw again: how many of each stratum, and who.

The order of people is that of a hash of the seed and their own key, so that the same seed over the same
people draws the same, wherever and however often, and somebody who comes or goes moves nobody else's place.
To take the first of such an order is simple random sampling without replacement (bottom-k: Cohen and Kaplan
2007). What proportional shares leave over goes by the largest remainder (Hamilton).
"""

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from fractions import Fraction


class Allocation(StrEnum):
    """How a sample is shared out over its strata."""

    PROPORTIONAL = "proportional"
    EQUAL = "equal"
    MINIMUM = "minimum"


def allocate(sizes: Mapping[str, int], total: int, *, how: Allocation, least: int = 0) -> dict[str, int]:
    """How many of each stratum are drawn: never more than it has, `total` in all or everybody.

    PROPORTIONAL shares by size. EQUAL gives all strata the same, and what a small one cannot give to the
    others. MINIMUM gives each stratum `least`, or all that it has, and shares the rest by size. Raises
    ValueError where the minimums alone are more than `total`.
    """
    total = min(total, sum(sizes.values()))
    if how is Allocation.EQUAL:
        return _equal(sizes, total)
    floor = {name: min(least if how is Allocation.MINIMUM else 0, size) for name, size in sizes.items()}
    if sum(floor.values()) > total:
        raise ValueError(f"{least} of each stratum are {sum(floor.values())} in all")
    left = {name: size - floor[name] for name, size in sizes.items()}
    rest = _proportional(left, total - sum(floor.values()))
    return {name: floor[name] + rest[name] for name in sizes}


def share_of(percent: int, of: int) -> int:
    """So many percent of a number of people, rounded half up; at least one where there is anybody."""
    return max(1, (of * percent + 50) // 100) if of and percent else 0


def drawn(keys: Iterable[str], count: int, *, seed: int) -> list[str]:
    """The `count` keys that the seed draws, in the order in which it draws them; of fewer keys all."""
    return sorted(keys, key=lambda key: (place(key, seed), key))[:count]


def place(key: str, seed: int) -> bytes:
    """Where somebody stands in the order of a seed."""
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()


def _proportional(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    everybody = sum(sizes.values())
    if not everybody:
        return dict.fromkeys(sizes, 0)
    exact = {name: Fraction(size * total, everybody) for name, size in sizes.items()}
    given = {name: int(share) for name, share in exact.items()}
    # Equal remainders go to the larger stratum, then by name: the same whoever counts.
    order = sorted(sizes, key=lambda name: (given[name] - exact[name], -sizes[name], name))
    for name in order[: total - sum(given.values())]:
        given[name] += 1
    return given


def _equal(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    given: dict[str, int] = {}
    # The smallest first: what they cannot give is shared by all who come after them.
    order = sorted(sizes, key=lambda name: (sizes[name], name))
    for at, name in enumerate(order):
        given[name] = min(sizes[name], (total - sum(given.values())) // (len(order) - at))
    return {name: given[name] for name in sizes}
