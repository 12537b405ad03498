"""What the checks before a launch find: one row a fact, with what it is about and how bad it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """Red forbids the launch, yellow is worth knowing, green is as it should be."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


NOBODY = "nobody"
"""The finding that no word overrides: a wave to nobody helps nobody, and its survey would be over."""
ORDER = (Level.RED, Level.YELLOW, Level.GREEN)
Fact = str | int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `code` names the finding, `thing` what it is about: a domain, a step.

    `facts` are what its sentence says besides: names and counts, never what a person wrote.
    """

    code: str
    level: Level
    thing: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What an override names: this finding about this thing."""
        return f"{self.code}:{self.thing}"


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one look at a wave, the worst first; `plan` is the digest of what was looked at.

    `contacts` is how many would be invited. `made_at` is in the machine's time: it says how old the look is.
    """

    findings: tuple[Finding, ...]
    plan: str
    contacts: int
    made_at: datetime

    @property
    def red(self) -> tuple[Finding, ...]:
        """What forbids the launch."""
        return tuple(finding for finding in self.findings if finding.level is Level.RED)

    @property
    def is_for_nobody(self) -> bool:
        """Whether the wave would ask nobody, which no reason makes right."""
        return any(finding.code == NOBODY for finding in self.findings)

    @property
    def level(self) -> Level:
        """The worst of all."""
        return min((finding.level for finding in self.findings), key=ORDER.index, default=Level.GREEN)


def red(code: str, thing: str = "", **facts: Fact) -> Finding:
    """A finding that forbids the launch."""
    return Finding(code, Level.RED, thing, facts)


def yellow(code: str, thing: str = "", **facts: Fact) -> Finding:
    """A finding that is worth knowing."""
    return Finding(code, Level.YELLOW, thing, facts)


def green(code: str, thing: str = "", **facts: Fact) -> Finding:
    """Something that is as it should be."""
    return Finding(code, Level.GREEN, thing, facts)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each once, the worst first and otherwise as they came."""
    once: dict[str, Finding] = {}
    for finding in findings:
        once.setdefault(finding.key, finding)
    return tuple(sorted(once.values(), key=lambda finding: ORDER.index(finding.level)))


def written(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as a row keeps them."""
    return [
        {"code": each.code, "level": each.level.value, "thing": each.thing, "facts": dict(each.facts)}
        for each in findings
    ]


def read_findings(rows: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """The findings of a row."""
    return tuple(Finding(row["code"], Level(row["level"]), row["thing"], row["facts"]) for row in rows)
