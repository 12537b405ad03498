"""Reads a policy's file: every fault at once, each with its line, its path and what would be right."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from surveyd.forms.sheet import ID
from surveyd.forms.source import Place, did_you_mean, read_data, read_yaml
from surveyd.results.policy_data import ACCOUNT_NUMBERS, AXES, CUTS, MINIMUMS, data_of, policy_of
from surveyd.results.policy_reference import (
    ACCOUNTS,
    COUNTABLE,
    ITEM,
    METHODS,
    MINIMUM,
    MOST_WEIGHT,
    ROLES,
    TITLE_LENGTH,
    TOP,
    WEIGHT,
    Number,
    Part,
)
from surveyd.scoring.policy import Policy

TOP_KEYS = ("title", *CUTS, "axes", "accounts", "minimums")
WEIGHS = Number("weight", 0, MOST_WEIGHT, WEIGHT, "")
PLACED = ("attitude", "intent")
"""The axes of the matrix: without either nobody would have a place."""
PLAIN = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What a file says: a policy without a version yet, and in a few words what it is for."""

    title: str
    policy: Policy


def read_policy(text: str, name: str, *, items: Iterable[str] | None = None) -> PolicyFile:
    """The policy of a YAML text. Raises BadFile with every fault.

    With `items`, the ids that questionnaires ask, a single item that none of them asks is a fault.
    """
    return _read(read_yaml(text, name), items)


def read_policy_data(data: Mapping[str, Any], *, items: Iterable[str] | None = None) -> PolicyFile:
    """The same of plain data, such as a form's: the faults have paths and no lines."""
    return _read(read_data(data, "policy"), items)


def _read(top: Place, items: Iterable[str] | None) -> PolicyFile:
    keys = top.keys(TOP_KEYS, TOP_KEYS)
    asked = None if items is None else frozenset(items)
    data = {
        **_numbers(keys, TOP),
        "axes": _axes(keys["axes"], asked) if "axes" in keys else {},
        "accounts": _accounts(keys["accounts"]) if "accounts" in keys else {},
        "minimums": _minimums(keys["minimums"]) if "minimums" in keys else {},
    }
    title = _title(keys["title"]) if "title" in keys else ""
    top.findings.raise_any()
    return PolicyFile(title, policy_of("", data))


def _title(place: Place) -> str:
    title = " ".join(place.text().split())
    if len(title) > TITLE_LENGTH:
        place.fault("is too long", f"use at most {TITLE_LENGTH} characters")
    return title


def _numbers(keys: Mapping[str, Place], part: Part) -> dict[str, int]:
    return {name: _number(keys[name], number) for name, number in part.numbers.items() if name in keys}


def _number(place: Place, of: Number) -> int:
    """The number as it is stored; a fault when it is none, or outside its bounds."""
    kind = "a number" if of.fine else "a whole number"
    text = place.node.value.strip() if place.scalar else ""
    try:
        value = Decimal(text) if PLAIN.fullmatch(text) else None
    except InvalidOperation:  # pragma: no cover  # the pattern lets none through
        value = None
    if value is None:
        place.fault(f"must be {kind}", f"from {of.low} to {of.high}")
        return of.low
    if value * (100 if of.fine else 1) % 1:
        place.fault(f"must be {kind}", "with at most 2 decimals" if of.fine else "without decimals")
    elif not of.low <= value <= of.high:
        place.fault(f"{text} is out of bounds", f"from {of.low} to {of.high}")
    return of.stored(value)


def _axes(place: Place, asked: frozenset[str] | None) -> dict[str, dict[str, int]]:
    keys = place.keys(AXES, AXES)
    found = {axis: _axis(keys[axis], asked) for axis in AXES if axis in keys}
    for axis in PLACED:
        if axis in found and not any(found[axis].values()):
            keys[axis].fault("counts nothing", f"give something a weight above 0, such as {axis}: 1")
    return found


def _axis(place: Place, asked: frozenset[str] | None) -> dict[str, int]:
    found = {}
    for measures, at in place.keys().items():
        if measures.startswith(ITEM):
            _check_item(at, measures.removeprefix(ITEM), asked)
        elif measures not in COUNTABLE:
            at.fault(f"{measures!r} is nothing that an item measures", did_you_mean(measures, COUNTABLE))
        found[measures] = _number(at, WEIGHS)
    return found


def _check_item(place: Place, item: str, asked: frozenset[str] | None) -> None:
    if not ID.fullmatch(item):
        place.fault(f"{item!r} is no item's id", "use small letters, digits and _")
    elif asked is not None and item not in asked:
        place.fault(f"no questionnaire asks an item {item!r}", did_you_mean(item, sorted(asked)))


def _accounts(place: Place) -> dict[str, Any]:
    keys = place.keys(("method", "roles", *ACCOUNT_NUMBERS), ("method", "roles", *ACCOUNT_NUMBERS))
    numbers = _numbers(keys, ACCOUNTS)
    if numbers.get("medium_from", 0) > numbers.get("high_from", 100):
        keys["medium_from"].fault("is more than high_from", "medium confidence needs as many or fewer people")
    return {
        "method": _method(keys["method"]) if "method" in keys else "",
        "roles": _roles(keys["roles"]) if "roles" in keys else {},
        **numbers,
    }


def _method(place: Place) -> str:
    return place.one_of(METHODS)


def _roles(place: Place) -> dict[str, int]:
    found = {role: _number(at, WEIGHS) for role, at in place.keys(ROLES, ROLES).items()}
    if found and not any(found.values()):
        place.fault("no role weighs anything", "give at least one a weight above 0")
    return found


def _minimums(place: Place) -> dict[str, int]:
    keys = place.keys(MINIMUMS, MINIMUMS)
    numbers = _numbers(keys, MINIMUM)
    if numbers.get("shown", 0) > numbers.get("normal", 10_000):
        keys["shown"].fault("is more than normal", "what is not shown has no base that is normal")
    return numbers


def same_rule(one: Policy, other: Policy) -> bool:
    """Whether two policies say the same, whatever their versions."""
    return data_of(replace(one, version="")) == data_of(replace(other, version=""))
