"""The JSON Schema of a policy's file and its reference for people, both made from the one table."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from surveyd.forms.schema import DIALECT
from surveyd.forms.sheet import ID
from surveyd.results.policy_data import AXES
from surveyd.results.policy_reference import (
    ACCOUNTS,
    AXES_SAYS,
    AXIS_SAYS,
    COUNTABLE,
    ITEM,
    METHODS,
    METHODS_SAYS,
    MINIMUM,
    MOST_WEIGHT,
    ROLES,
    ROLES_SAYS,
    TITLE_LENGTH,
    TOP,
    Number,
    Part,
)

Schema = dict[str, Any]
BEGIN = "<!-- reference: made by `surveyd policy reference`; do not edit by hand -->"
END = "<!-- end of the reference -->"
WEIGHT: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_WEIGHT}


def schema() -> Schema:
    """The schema as plain data, draft 2020-12."""
    top = {
        "title": {"type": "string", "pattern": r"\S", "maxLength": TITLE_LENGTH},
        **_numbers(TOP),
        "axes": _mapping({axis: _axis(axis) for axis in AXES}, AXES_SAYS),
        "accounts": _mapping(
            {
                "method": {"enum": list(METHODS)},
                "roles": _mapping(dict.fromkeys(ROLES, WEIGHT), ROLES_SAYS),
                **_numbers(ACCOUNTS),
            },
            ACCOUNTS.says,
        ),
        "minimums": _mapping(_numbers(MINIMUM), MINIMUM.says),
    }
    return {"$schema": DIALECT, **_mapping(top, TOP.says), "title": "A scoring policy of surveyd"}


def written() -> str:
    """The schema as a file's text."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def reference() -> str:
    """The tables, as they stand between BEGIN and END in docs/method/policy.md."""
    return "\n".join([BEGIN, "", *_lines(), END])


def _mapping(properties: Schema, says: str) -> Schema:
    return {
        "type": "object",
        "description": says,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _numbers(part: Part) -> Schema:
    return {name: _number(number) for name, number in part.numbers.items()}


def _number(number: Number) -> Schema:
    kind: Schema = {"type": "number", "multipleOf": 0.01} if number.fine else {"type": "integer"}
    return {**kind, "minimum": number.low, "maximum": number.high, "description": number.says}


def _axis(axis: str) -> Schema:
    return {
        "type": "object",
        "description": AXIS_SAYS[axis],
        "properties": dict.fromkeys(COUNTABLE, WEIGHT),
        "patternProperties": {f"^{ITEM}(?:{ID.pattern})$": WEIGHT},
        "additionalProperties": False,
    }


def _lines() -> Iterator[str]:
    numbers = [_row(number) for number in TOP.numbers.values()]
    title = ("`title`", f"text, at most {TITLE_LENGTH} characters", "What the change is for, in a few words.")
    yield from _section(TOP.title, TOP.says, [title, *numbers])
    axes = [(f"`{axis}`", "weights", says) for axis, says in AXIS_SAYS.items()]
    measures = ", ".join(f"`{name}`" for name in COUNTABLE)
    yield from _section("`axes`", f"{AXES_SAYS} What items measure: {measures}.", axes)
    methods = "; ".join(f"`{method}`: {METHODS_SAYS[method]}" for method in METHODS)
    listed = ", ".join(f"`{role}`" for role in ROLES)
    rows = [
        ("`method`", "one of these", f"{methods}."),
        ("`roles`", "weights", f"{ROLES_SAYS} Roles: {listed}."),
        *(_row(number) for number in ACCOUNTS.numbers.values()),
    ]
    yield from _section(ACCOUNTS.title, ACCOUNTS.says, rows)
    yield from _section(MINIMUM.title, MINIMUM.says, [_row(number) for number in MINIMUM.numbers.values()])


def _section(title: str, says: str, rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    yield from (f"### {title}", "", says, "")
    for cells in (("key", "holds", "meaning"), ("---",) * 3, *rows):
        yield f"| {' | '.join(cells)} |"
    yield ""


def _row(number: Number) -> tuple[str, str, str]:
    kind = "number" if number.fine else "whole number"
    return f"`{number.name}`", f"{kind}, {number.low} to {number.high:,} ({number.unit})", number.says
