"""Reads a YAML file place by place, so that every fault can name its line and path.

A `Place` is one node of the file. Its readers return what stands there as the asked-for kind
and, when it is something else, note a fault and return a harmless value, so that one reading
finds every fault of a file at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import yaml

from surveyd.base.errors import BadFile, Fault

# Marks the slots of a compiled page (forms/pages.py), so no text may hold it.
SLOT_MARK = "\ue000"
# The halves of a pair (surrogates) can be escaped in YAML, and written to no file, page or database.
HALVES = re.compile(r"[\ud800-\udfff]")
DEEPEST = 40
TRUE, FALSE = ("true", "yes"), ("false", "no")


@dataclass(slots=True)
class Findings:
    """The faults found so far in the file `name`."""

    name: str
    faults: list[Fault] = field(default_factory=list)

    def add(self, line: int, path: str, message: str, hint: str = "") -> None:
        """Note one fault: what is wrong, and what would be right."""
        self.faults.append(Fault(self.name, line, path, f"{message}; {hint}" if hint else message))

    def raise_any(self) -> None:
        """Raise BadFile with all faults in the order of their lines, if there are any."""
        if self.faults:
            raise BadFile(sorted(dict.fromkeys(self.faults), key=lambda fault: fault.line))


@dataclass(frozen=True, slots=True)
class Place:
    """One node of the file, with the path that leads to it."""

    node: yaml.Node
    path: str
    findings: Findings

    @property
    def line(self) -> int:
        """The line in the file, counted from 1; 0 for what was not read from a file."""
        mark = self.node.start_mark
        return mark.line + 1 if mark else 0

    @property
    def scalar(self) -> bool:
        """Whether one value stands here, neither a list nor a mapping."""
        return isinstance(self.node, yaml.ScalarNode)

    def fault(self, message: str, hint: str = "") -> None:
        """Note a fault at this place."""
        self.findings.add(self.line, self.path, message, hint)

    def text(self) -> str:
        """A non-empty text, without white space around it."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip():
            self.fault("must be a text")
            return ""
        if SLOT_MARK in self.node.value or "\0" in self.node.value or HALVES.search(self.node.value):
            self.fault("holds a character that no text may hold", "remove U+0000, U+E000 and halves of pairs")
            return ""
        return str(self.node.value).strip()

    def one_of(self, known: Iterable[str]) -> str:
        """A text that is one of `known`; the nearest one is the hint."""
        value, known = self.text(), tuple(known)
        if value and value not in known:
            self.fault(f"{value!r} is not known", did_you_mean(value, known))
        return value

    def words(self) -> str:
        """A text that may be empty."""
        return self.text() if isinstance(self.node, yaml.ScalarNode) and self.node.value.strip() else ""

    def number(self) -> float:
        """A number, whole or not."""
        value = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        try:
            number = float(value)
        except ValueError:
            self.fault("must be a number")
            return 0
        return int(number) if number.is_integer() else number

    def whole(self) -> int:
        """A whole number."""
        value = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        try:
            return int(value)
        except ValueError:
            self.fault("must be a whole number")
            return 0

    def flag(self) -> bool:
        """True or false."""
        value = self.node.value.lower() if isinstance(self.node, yaml.ScalarNode) else ""
        if value not in TRUE + FALSE:
            self.fault("must be true or false")
        return value in TRUE

    def each(self) -> Iterator["Place"]:
        """The places of a list, in order."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fault("must be a list")
            return
        for index, node in enumerate(self.node.value):
            yield Place(node, f"{self.path}[{index}]", self.findings)

    def keys(self, known: Iterable[str] | None = None, needed: Iterable[str] = ()) -> dict[str, "Place"]:
        """The places of a mapping by key; unknown, repeated and missing keys are faults."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fault("must be a mapping of keys to values")
            return {}
        found: dict[str, Place] = {}
        for key_node, node in self.node.value:
            self._take(key_node, node, known, found)
        for key in needed:
            if key not in found:
                self.fault(f"{key!r} is missing", f"add {key!r} here")
        return found

    def _take(
        self, key_node: yaml.Node, node: yaml.Node, known: Iterable[str] | None, found: dict[str, "Place"]
    ) -> None:
        key = str(key_node.value)
        place = Place(node, f"{self.path}.{key}" if self.path else key, self.findings)
        at_key = Place(key_node, place.path, self.findings)
        if key in found:
            at_key.fault(f"{key!r} stands here twice", "keep one of the two")
        elif known is not None and key not in known:
            at_key.fault(f"{key!r} is not a key that is known here", did_you_mean(key, known))
        else:
            found[key] = place


class _Loader(yaml.SafeLoader):
    """Composes at most DEEPEST levels, and only text that can be written; aliases count as what they name."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._heights: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node. Raises YAMLError, before anything that is too deep is read."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        self._depth += 1
        node = super().compose_node(parent, index) if self._depth <= DEEPEST else None
        height = self._height(node, is_alias=isinstance(event, yaml.AliasEvent))
        if node is None or self._depth + height > DEEPEST:
            problem = f"lists and mappings stand more than {DEEPEST} deep in each other"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        self._heights[id(node)] = height
        self._depth -= 1
        return node

    def _height(self, node: yaml.Node | None, *, is_alias: bool) -> int:
        """How many levels stand below a node; without end for one that stands in itself."""
        if is_alias:
            return self._heights.get(id(node), DEEPEST)
        if isinstance(node, yaml.MappingNode):
            below = [part for pair in node.value for part in pair]
        else:
            below = node.value if isinstance(node, yaml.SequenceNode) else []
        return 1 + max(self._heights[id(part)] for part in below) if below else 0

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        """One value or key. Raises YAMLError for text that nothing can hold."""
        node = super().compose_scalar_node(anchor)
        if HALVES.search(node.value):
            problem = "a text holds half of a character (U+D800 to U+DFFF)"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return node


def read_yaml(text: str, name: str, *, faults: list[Fault] | None = None) -> Place:
    """The top place of a YAML text. Raises BadFile when the text is not YAML at all.

    Findings go to `faults`, where the text is part of another file's reading.
    """
    findings = Findings(name, [] if faults is None else faults)
    try:
        node = yaml.compose(text, Loader=_Loader)
    # An escape beyond the last character is a ValueError of the reader's.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        findings.add(mark.line + 1 if mark else 1, "", f"this is not valid YAML: {problem}")
        raise BadFile(findings.faults) from error
    if node is None:
        findings.add(1, "", "the file is empty")
        raise BadFile(findings.faults)
    return Place(node, "", findings)


def read_data(data: Mapping[str, object], name: str) -> Place:
    """The top place of plain data, such as a stored version: the same readers, without lines."""
    return Place(yaml.representer.SafeRepresenter().represent_data(data), "", Findings(name))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known word, else all of them."""
    known = tuple(known)
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known here: {', '.join(known)}" if known else "none is known here"
