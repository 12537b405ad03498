"""A policy as its file: YAML that reads back as the same policy, each key with its meaning beside it."""

import json
from collections.abc import Iterator, Mapping

from surveyd.results.policy_data import data_of
from surveyd.results.policy_reference import ACCOUNTS, AXIS_SAYS, MINIMUM, TOP, Part
from surveyd.scoring.policy import Policy

WIDTH = 26
"""Where a line's comment begins, so that they stand below each other."""


def as_yaml(policy: Policy, title: str) -> str:
    """The file of a policy; its version does not stand in it, since a proposal gets its own."""
    return "\n".join(_lines(policy, title)) + "\n"


def _lines(policy: Policy, title: str) -> Iterator[str]:
    data = data_of(policy)
    yield "# A scoring policy. `surveyd policy reference` prints what every key means."
    yield f"title: {json.dumps(title, ensure_ascii=False)}"
    yield from _numbers(data, TOP, "")
    yield "axes:"
    for axis, says in AXIS_SAYS.items():
        parts = data["axes"][axis]
        yield _commented(f"  {axis}:" if parts else f"  {axis}: {{}}", says)
        yield from (f"    {measures}: {weight}" for measures, weight in parts.items())
    yield "accounts:"
    yield f"  method: {data['accounts']['method']}"
    yield "  roles:"
    yield from (f"    {role}: {weight}" for role, weight in data["accounts"]["roles"].items())
    yield from _numbers(data["accounts"], ACCOUNTS, "  ")
    yield "minimums:"
    yield from _numbers(data["minimums"], MINIMUM, "  ")


def _numbers(data: Mapping[str, int], part: Part, indent: str) -> Iterator[str]:
    for name, number in part.numbers.items():
        yield _commented(f"{indent}{name}: {number.written(data[name])}", number.says)


def _commented(line: str, says: str) -> str:
    return f"{line:<{WIDTH}} # {says}"
