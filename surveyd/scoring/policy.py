"""A scoring policy: every number that a rule of ours rests on, as one frozen value.

The defaults are the rule's first version. Cuts stand in hundredths of a point, so that a comparison with one
is exact; shares stand in percent. A mapping is a tuple of pairs, so that a policy can be a key.
"""

from dataclasses import dataclass
from enum import StrEnum


class RollUp(StrEnum):
    """How the people of an account make its place: by weighted mean, by the one who decides most, by the
    decision maker who stands worst, or by the segment with most of the weight."""

    WEIGHTED_MEAN = "weighted_mean"
    WATERFALL = "waterfall"
    WORST_DECISION_MAKER = "worst_decision_maker"
    MAJORITY = "majority"


@dataclass(frozen=True, slots=True)
class Part:
    """Items that measure `measures` count towards an axis, each by its own weight times `weight`."""

    measures: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Axes:
    """What counts towards each index: parts by what an item measures, or `item:<id>` for a single item."""

    attitude: tuple[Part, ...] = (Part("attitude"),)
    intent: tuple[Part, ...] = (Part("intent"),)
    growth: tuple[Part, ...] = (Part("growth"),)
    ease: tuple[Part, ...] = (Part("ease"),)


@dataclass(frozen=True, slots=True)
class Minimums:
    """From how many answers on something is said; `drivers_each` is answers for each driver."""

    shown: int = 10
    normal: int = 30
    drivers: int = 50
    drivers_each: int = 10
    driver_accounts: int = 20
    clusters: int = 10


@dataclass(frozen=True, slots=True)
class AccountRule:
    """How an account stands: roles by weight, the method, and from where a flag is raised.

    `split_agreement` is in percent of the weight, `split_spread` in points of the attitude index. `high_from`
    and `medium_from` are voices, `high_coverage` is answered of invited in percent; an answer is stale after
    `stale_after` days.
    """

    method: RollUp = RollUp.WEIGHTED_MEAN
    roles: tuple[tuple[str, int], ...] = (
        ("decision_maker", 3),
        ("influencer", 2),
        ("buyer", 2),
        ("gatekeeper", 1),
        ("user", 1),
        ("unknown", 1),
    )
    split_agreement: int = 60
    split_spread: int = 20
    high_from: int = 3
    high_coverage: int = 50
    medium_from: int = 2
    stale_after: int = 365

    def weight(self, role: str) -> int:
        """What a voice of this role weighs; an unheard-of role weighs as an unknown one."""
        weights = dict(self.roles)
        return weights.get(role, weights["unknown"])


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the rule: cut, gate and border in hundredths of a point, needed in percent of a weight.

    A place is favourable from `cut` on; the gate holds intent back at or below `gate`; borderline is whoever
    is at most `border` away from the cut; an index is said from `needed` percent of its weight on.
    """

    version: str = "1"
    cut: int = 6_250
    gate: int = 5_000
    border: int = 625
    needed: int = 50
    axes: Axes = Axes()
    accounts: AccountRule = AccountRule()
    minimums: Minimums = Minimums()


SHIPPED = Policy()
"""The rule that a new installation begins with."""
