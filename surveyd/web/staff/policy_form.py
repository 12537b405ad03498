"""A scoring policy as a form: its fields with what stands in them, and what is sent back as plain data.

A form is checked by what checks a file (results/policy_reading.py): the path of a fault is the field's name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from surveyd.base.errors import Fault
from surveyd.results.policy_data import AXES, data_of
from surveyd.results.policy_reference import ACCOUNTS, COUNTABLE, ITEM, MINIMUM, ROLES, TOP, Part
from surveyd.scoring.policy import Policy
from surveyd.web.filters import words
from surveyd.web.staff.policy_words import GROUPS, LABELS, SAYS, UNITS, counted_as

ITEMS = ".items"
SINGLE = re.compile(r"\s*(?:item:)?([^\s:=,]+)\s*[\s:=]\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, which is the path in the file, what it is called, and what stands in it."""

    name: str
    label: str
    value: str
    hint: str = ""
    unit: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """What counts towards one index: a weight for each thing that items measure, and single items."""

    name: str
    title: str
    weights: list[Field]
    items: Field
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """The whole form. `rest` are faults that belong to no field."""

    title: Field
    matrix: list[Field]
    axes: list[Axis]
    method: Field
    roles: list[Field]
    accounts: list[Field]
    minimums: list[Field]
    rest: list[str] = field(default_factory=list)


def sent_by(policy: Policy, title: str) -> dict[str, str]:
    """The fields of a form that says what `policy` says."""
    data = data_of(policy)
    by_path = {"title": title, "accounts.method": str(data["accounts"]["method"])}
    places: dict[str, Mapping[str, int]] = {
        "": data,
        "accounts.": data["accounts"],
        "minimums.": data["minimums"],
    }
    for prefix, part in GROUPS:
        by_path |= {
            prefix + name: number.written(places[prefix][name]) for name, number in part.numbers.items()
        }
    by_path |= {f"accounts.roles.{role}": str(weight) for role, weight in data["accounts"]["roles"].items()}
    for axis in AXES:
        weights = data["axes"][axis]
        by_path |= {f"axes.{axis}.{name}": str(weights[name]) for name in COUNTABLE if name in weights}
        single = {
            name.removeprefix(ITEM): weight for name, weight in weights.items() if name.startswith(ITEM)
        }
        by_path[f"axes.{axis}{ITEMS}"] = ", ".join(f"{name} {weight}" for name, weight in single.items())
    return by_path


def data_from(sent: Mapping[str, str]) -> dict[str, Any]:
    """What was sent, as the file would say it. An empty weight of an index counts nothing."""

    def numbers(part: Part, prefix: str) -> dict[str, str]:
        return {name: _typed(sent, prefix + name) for name in part.numbers}

    return {
        "title": _typed(sent, "title"),
        **numbers(TOP, ""),
        "axes": {axis: dict(_weights(sent, axis)) for axis in AXES},
        "accounts": {
            "method": _typed(sent, "accounts.method"),
            "roles": {role: _typed(sent, f"accounts.roles.{role}") for role in ROLES},
            **numbers(ACCOUNTS, "accounts."),
        },
        "minimums": numbers(MINIMUM, "minimums."),
    }


def form_of(sent: Mapping[str, str], faults: Sequence[Fault] = ()) -> PolicyForm:
    """The form with what was sent, and each fault beside its field."""
    wrong: dict[str, str] = {}
    for fault in faults:
        wrong.setdefault(_field_of(fault.column), fault.reason)

    def one(name: str, label: str, hint: str = "", unit: str = "") -> Field:
        return Field(name, label, sent.get(name, ""), hint, unit, wrong.pop(name, ""))

    def numbers(part: Part, prefix: str) -> list[Field]:
        return [
            one(prefix + name, str(LABELS[name]), str(SAYS[name]), str(UNITS[number.unit]))
            for name, number in part.numbers.items()
        ]

    return PolicyForm(
        title=one("title", _("What the change is for")),
        matrix=numbers(TOP, ""),
        axes=[
            Axis(
                axis,
                words(axis),
                [one(f"axes.{axis}.{name}", counted_as(name)) for name in COUNTABLE],
                one(f"axes.{axis}{ITEMS}", _("Single items")),
                wrong.pop(f"axes.{axis}", ""),
            )
            for axis in AXES
        ],
        method=one("accounts.method", _("An account stands by")),
        roles=[one(f"accounts.roles.{role}", words(role)) for role in ROLES],
        accounts=numbers(ACCOUNTS, "accounts."),
        minimums=numbers(MINIMUM, "minimums."),
        rest=list(wrong.values()),
    )


def _typed(sent: Mapping[str, str], name: str) -> str:
    return sent.get(name, "").strip()


def _weights(sent: Mapping[str, str], axis: str) -> Iterator[tuple[str, str]]:
    for name in COUNTABLE:
        if weight := _typed(sent, f"axes.{axis}.{name}"):
            yield name, weight
    for part in re.split(r"[,;\n]", _typed(sent, f"axes.{axis}{ITEMS}")):
        if part.strip():
            found = SINGLE.fullmatch(part)
            yield (f"{ITEM}{found[1]}", found[2]) if found else (f"{ITEM}{part.strip()}", "")


def _field_of(path: str) -> str:
    """The field that a path of the file belongs to: single items of an index share one."""
    head, _dot, name = path.rpartition(".")
    return f"{head}{ITEMS}" if name.startswith(ITEM) else path
