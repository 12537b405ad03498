"""The errors that surveyd raises on purpose: a small tree, each with its facts.

`web/errors.py` alone turns them into pages, `cli/` into one line and an exit code.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class SurveydError(Exception):
    """Base of all errors that a person can do something about; `str()` is one sentence."""


class NotFound(SurveydError):
    """There is no such thing, or not for this person: the two look the same on purpose."""

    def __init__(self, thing: str, key: object) -> None:
        super().__init__(f"There is no {thing} {key!r}.")
        self.thing = thing
        self.key = key


class NotYet(NotFound):
    """It is known and will be there later: the sentence may be shown, and says when."""

    def __init__(self, thing: str, key: object, sentence: str) -> None:
        super().__init__(thing, key)
        self.args = (sentence,)


class Refused(SurveydError):
    """The thing exists, but the rules say no; the sentence says which rule and what to do."""


class Conflict(Refused):
    """The same key asks for something else than before: a caller's mistake, and nothing was changed."""


class Unavailable(SurveydError):
    """Something outside (database, queue, relay) does not answer; trying again later may work."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what = what
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth knowing: a code, a sentence, a hint."""

    code: str
    sentence: str
    hint: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence} {self.hint}".strip()


class ConfigError(SurveydError):
    """The configuration cannot be used; `findings` names every fault at once."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a person's file; `line` counts from 1, `column` is its heading."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}"
        return f"{where}, {self.column}: {self.reason}" if self.column else f"{where}: {self.reason}"


class BadFile(SurveydError):
    """A person's file cannot be taken; `faults` names each place. Nothing was changed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{faults[0]}{more}. Nothing was changed.")
        self.faults = tuple(faults)
