"""What a policy's file may hold: every key with its bounds and a sentence, in one table.

Reading a file (results/policy_reading.py), the JSON Schema for editors, the reference for people and the
form of the pages are made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from surveyd.forms.definition import MEASURES
from surveyd.people.models import RelationshipRole
from surveyd.results.policy_data import ACCOUNT_NUMBERS, CUTS, MINIMUMS
from surveyd.scoring.policy import RollUp

UNSCALED = ("contact_me", "verbatim")
COUNTABLE = tuple(name for name in MEASURES if name not in UNSCALED)
"""What an item may measure to count towards an index."""
ITEM = "item:"
TITLE_LENGTH = 200
MOST_WEIGHT = 100
ROLES = tuple(role.value for role in RelationshipRole)
METHODS = tuple(method.value for method in RollUp)
POINTS, PERCENT, ANSWERS, WEIGHT = "points", "percent", "answers", "weight"


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a policy: from `low` to `high`, whole unless it is `fine` (hundredths, stored whole)."""

    name: str
    low: int
    high: int
    unit: str
    says: str
    fine: bool = False

    def stored(self, value: Decimal) -> int:
        """The number as it is stored."""
        return int(value * 100) if self.fine else int(value)

    def written(self, stored: int) -> str:
        """The stored number as a person writes it: 6250 is 62.5 points."""
        return f"{stored / 100:.2f}".rstrip("0").rstrip(".") if self.fine else str(stored)


@dataclass(frozen=True, slots=True)
class Part:
    """One mapping of the file with its numbers, by name."""

    title: str
    says: str
    numbers: Mapping[str, Number]


def _part(title: str, says: str, names: tuple[str, ...], *numbers: Number) -> Part:
    by_name = {number.name: number for number in numbers}
    # The order and the names are those of the stored definition: none can be forgotten here.
    return Part(title, says, {name: by_name[name] for name in names})


TOP = _part(
    "The file",
    "A scoring policy, from the top of its file. Every key is needed: export the one in force and change it.",
    CUTS,
    Number("cut", 1, 99, POINTS, "An index counts as favourable from here on, out of 100.", fine=True),
    Number(
        "gate",
        0,
        99,
        POINTS,
        "Who answers the item about continuing with this or less does not count as staying.",
        fine=True,
    ),
    Number("border", 0, 50, POINTS, "Whoever is at most so far away from the cut is borderline.", fine=True),
    Number("needed", 1, 100, PERCENT, "An index is said from so much of its items' weight on."),
)
ACCOUNTS = _part(
    "`accounts`",
    "How the people of an account make its place.",
    ACCOUNT_NUMBERS,
    Number("split_agreement", 0, 100, PERCENT, "Split: less than so much of the weight is in one segment."),
    Number("split_spread", 0, 100, POINTS, "Split: attitudes spread by more than this (standard deviation)."),
    Number("high_from", 1, 100, ANSWERS, "High confidence: so many people have answered, and a decider."),
    Number("high_coverage", 0, 100, PERCENT, "High confidence: so many of the invited have answered."),
    Number("medium_from", 1, 100, ANSWERS, "Medium confidence: so many people have answered, or a decider."),
    Number("stale_after", 1, 3_650, "days", "Stale: an account's last answers are older than this."),
)
MINIMUM = _part(
    "`minimums`",
    "From how many answers on something is said.",
    MINIMUMS,
    Number("shown", 1, 10_000, ANSWERS, "A score is shown with its interval; below it counts stand alone."),
    Number("normal", 1, 10_000, ANSWERS, "A score is shown without the words low base."),
    Number("drivers", 10, 100_000, ANSWERS, "Drivers are worked out at all."),
    Number("drivers_each", 1, 1_000, ANSWERS, "Drivers need so many answers for each driver."),
    Number("driver_accounts", 2, 10_000, "accounts", "Drivers need answers from so many accounts."),
    Number("clusters", 2, 10_000, "accounts", "Intervals go by accounts from so many accounts on."),
)
PARTS = (TOP, ACCOUNTS, MINIMUM)
AXIS_SAYS = {
    "attitude": "How people feel. Needs a weight above 0.",
    "intent": "What people mean to do. Needs a weight above 0.",
    "growth": "Whether they expect to buy more; an index beside the matrix.",
    "ease": "How easy it is to do business; an index beside the matrix.",
}
AXES_SAYS = (
    "What counts towards each index: what an item measures, or `item:<id>` for a single one, with a weight"
    f" from 0 to {MOST_WEIGHT}. It multiplies the weight that the item has in its questionnaire; what is said"
    " of a single item goes before what is said of what it measures."
)
ROLES_SAYS = f"What a voice weighs in its account, by role, from 0 to {MOST_WEIGHT}; at least one above 0."
METHODS_SAYS: Mapping[str, str] = {
    RollUp.WEIGHTED_MEAN: "the mean of its people, weighted by role",
    RollUp.WATERFALL: "the people of the role that weighs most among those who answered",
    RollUp.WORST_DECISION_MAKER: "the decision maker who stands worst; without one, the weighted mean",
    RollUp.MAJORITY: "the segment with most of the weight",
}
