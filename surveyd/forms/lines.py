"""Where the parts of a questionnaire stand in the file that a person wrote: a line for each path by ids."""

from collections.abc import Iterator, Mapping

from surveyd.base.errors import Fault
from surveyd.forms.condition_reading import KEYS
from surveyd.forms.loading import load
from surveyd.forms.logic import Logic, LogicFinding, check_logic
from surveyd.forms.sheet import each
from surveyd.forms.source import Place, read_yaml


def check_file(text: str, name: str) -> tuple[tuple[Fault, ...], Logic]:
    """The faults in the logic of a YAML file that reads well, with their lines, and the whole finding.

    Raises BadFile with every fault of a file that does not.
    """
    logic = check_logic(load(text, name))
    lines = lines_of(text, name)
    return tuple(_fault(finding, name, lines) for finding in logic.faults), logic


def warnings_of(logic: Logic, text: str, name: str) -> tuple[Fault, ...]:
    """The warnings of `logic` with their lines in the same file."""
    lines = lines_of(text, name)
    return tuple(_fault(finding, name, lines) for finding in logic.warnings)


def lines_of(text: str, name: str) -> Mapping[str, int]:
    """The line of each page and item by path; of its condition, where it has one.

    What comes from a module has no line here.
    """
    return dict(_lines(read_yaml(text, name)))


def _fault(finding: LogicFinding, name: str, lines: Mapping[str, int]) -> Fault:
    return Fault(name, lines.get(finding.path, 1), finding.path, f"{finding.message}; {finding.hint}")


def _lines(top: Place) -> Iterator[tuple[str, int]]:
    keys = top.keys()
    if "pages" in keys:
        yield "pages", keys["pages"].line
    for page in each(keys, "pages"):
        for path, place in _below(page, "pages", "items"):
            yield path, _line(place)


def _below(place: Place, path: str, key: str) -> Iterator[tuple[str, Place]]:
    keys = place.keys()
    if "id" not in keys:
        return
    here = f"{path}.{keys['id'].text()}"
    yield here, place
    for inner in each(keys, key):
        yield from _below(inner, here, "statements")


def _line(place: Place) -> int:
    keys = place.keys()
    return next((keys[key].line for key in KEYS if key in keys), place.line)
