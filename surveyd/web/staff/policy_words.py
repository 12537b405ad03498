"""A scoring policy in words: what each number is called and means, and what another version changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.results.policy_data import AXES, data_of
from surveyd.results.policy_reference import (
    ACCOUNTS,
    COUNTABLE,
    ITEM,
    METHODS,
    MINIMUM,
    PERCENT,
    POINTS,
    ROLES,
    TOP,
    Number,
    Part,
)
from surveyd.scoring.policy import Policy
from surveyd.web.filters import words

LABELS: Mapping[str, str] = {
    "cut": lazy_gettext("Favourable from"),
    "gate": lazy_gettext("Does not mean to stay, up to"),
    "border": lazy_gettext("Borderline within"),
    "needed": lazy_gettext("Answered weight needed"),
    "split_agreement": lazy_gettext("Split: agreement below"),
    "split_spread": lazy_gettext("Split: spread above"),
    "high_from": lazy_gettext("High confidence from"),
    "high_coverage": lazy_gettext("High confidence: answered of the invited"),
    "medium_from": lazy_gettext("Medium confidence from"),
    "stale_after": lazy_gettext("Stale after"),
    "shown": lazy_gettext("A score is shown from"),
    "normal": lazy_gettext("Low base below"),
    "drivers": lazy_gettext("Drivers from"),
    "drivers_each": lazy_gettext("Drivers: answers for each"),
    "driver_accounts": lazy_gettext("Drivers: accounts"),
    "clusters": lazy_gettext("Intervals by account from"),
}
"""What each number is called."""
SAYS: Mapping[str, str] = {
    "cut": lazy_gettext("An index counts as favourable from here on, out of 100."),
    "gate": lazy_gettext(
        "Who answers the item about continuing with this or less does not count as staying."
    ),
    "border": lazy_gettext("Whoever is at most so far away from the cut is borderline."),
    "needed": lazy_gettext("An index is said from so much of its items' weight on."),
    "split_agreement": lazy_gettext("Split: less than so much of the weight is in one segment."),
    "split_spread": lazy_gettext("Split: attitudes spread by more than this (standard deviation)."),
    "high_from": lazy_gettext("High confidence: so many people have answered, and a decider."),
    "high_coverage": lazy_gettext("High confidence: so many of the invited have answered."),
    "medium_from": lazy_gettext("Medium confidence: so many people have answered, or a decider."),
    "stale_after": lazy_gettext("Stale: an account's last answers are older than this."),
    "shown": lazy_gettext("A score is shown with its interval; below it counts stand alone."),
    "normal": lazy_gettext("A score is shown without the words low base."),
    "drivers": lazy_gettext("Drivers are worked out at all."),
    "drivers_each": lazy_gettext("Drivers need so many answers for each driver."),
    "driver_accounts": lazy_gettext("Drivers need answers from so many accounts."),
    "clusters": lazy_gettext("Intervals go by accounts from so many accounts on."),
}
"""What each number means: the sentences of results/policy_reference.py, for the catalogues."""
METHOD_WORDS: Mapping[str, str] = {
    "weighted_mean": lazy_gettext("the mean of its people, weighted by role"),
    "waterfall": lazy_gettext("the people of the role that weighs most among those who answered"),
    "worst_decision_maker": lazy_gettext(
        "the decision maker who stands worst; without one, the weighted mean"
    ),
    "majority": lazy_gettext("the segment with most of the weight"),
}
UNITS: Mapping[str, str] = {
    POINTS: lazy_gettext("points"),
    PERCENT: lazy_gettext("percent"),
    "answers": lazy_gettext("answers"),
    "accounts": lazy_gettext("accounts"),
    "days": lazy_gettext("days"),
}
GROUPS: tuple[tuple[str, Part], ...] = (("", TOP), ("accounts.", ACCOUNTS), ("minimums.", MINIMUM))
"""The numbers by what their paths begin with."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a policy says: its path, what it is called, what it is, and what that means."""

    path: str
    name: str
    value: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that two versions say differently."""

    name: str
    before: str
    now: str


def number_said(number: Number, stored: int) -> str:
    """A number with its unit: 62.5 points."""
    return f"{number.written(stored)} {UNITS[number.unit]}"


def measure_named(measures: str) -> str:
    """What an item measures in words, or a single item by its id."""
    if measures.startswith(ITEM):
        return _("the item %(name)s", name=measures.removeprefix(ITEM))
    return words(measures.removeprefix("stage:"))


def counted_as(measures: str) -> str:
    """What a weight of an index is about: the items that measure the same."""
    if measures == "driver":
        return _("Items that are drivers")
    if measures.startswith("stage:"):
        return _("Items on the stage %(what)s", what=measure_named(measures))
    return _("Items that measure %(what)s", what=measure_named(measures))


def lines_of(policy: Policy) -> dict[str, list[Line]]:
    """All that a policy says, by heading."""
    data = data_of(policy)
    accounts = data["accounts"]
    return {
        _("The matrix"): [*_numbers(data, TOP, "")],
        _("What counts"): [
            Line(f"axes.{axis}", words(axis), _counted(data["axes"][axis]) or _("nothing")) for axis in AXES
        ],
        _("Accounts"): [
            Line("accounts.method", _("An account stands by"), str(METHOD_WORDS[accounts["method"]])),
            Line("accounts.roles", _("Voices weigh"), _counted(accounts["roles"])),
            *_numbers(accounts, ACCOUNTS, "accounts."),
        ],
        _("Minimum counts"): [*_numbers(data["minimums"], MINIMUM, "minimums.")],
    }


def changes_between(before: Policy, now: Policy) -> list[Change]:
    """What `now` says differently, in the order of the policy."""
    was = {line.path: line for lines in lines_of(before).values() for line in lines}
    becomes = (line for lines in lines_of(now).values() for line in lines)
    return [
        Change(line.name, was[line.path].value, line.value)
        for line in becomes
        if line.value != was[line.path].value
    ]


def _numbers(data: Mapping[str, int], part: Part, prefix: str) -> Iterator[Line]:
    for name, number in part.numbers.items():
        yield Line(prefix + name, str(LABELS[name]), number_said(number, data[name]), str(SAYS[name]))


def _counted(weights: Mapping[str, int]) -> str:
    usual = (*COUNTABLE, *ROLES)
    order = sorted(weights, key=lambda name: usual.index(name) if name in usual else len(usual))
    return ", ".join(
        _("%(what)s (weight %(weight)s)", what=measure_named(name), weight=weights[name]) for name in order
    )


def method_choices() -> list[tuple[str, str]]:
    """The roll-up methods with their words."""
    return [(method, str(METHOD_WORDS[method])) for method in METHODS]
