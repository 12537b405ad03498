"""Loads a questionnaire: from the YAML that people write, or from a stored version.

All faults of a file are found in one reading, each with file, line, path, message and hint.
"""

import json
from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files

from surveyd.base.errors import NotFound
from surveyd.forms.definition import Questionnaire
from surveyd.forms.reading import Modules, read_questionnaire
from surveyd.forms.source import read_data, read_yaml

SHIPPED = files("surveyd") / "questionnaires"
ENDING = ".yaml"


def load(text: str, name: str) -> Questionnaire:
    """The questionnaire that the YAML `text` of the file `name` defines. Raises BadFile with every fault."""
    return read_questionnaire(read_yaml(text, name), modules())


def from_json(text: str) -> Questionnaire:
    """The questionnaire that a stored canonical JSON text holds. Raises BadFile with every fault."""
    return from_data(json.loads(text))


def from_data(data: Mapping[str, object]) -> Questionnaire:
    """The questionnaire that plain data in the file's shape holds. Raises BadFile with every fault."""
    return read_questionnaire(read_data(data, "stored version"), {}, stored=True)


def shipped_names() -> list[str]:
    """The names of the questionnaires that come with surveyd, sorted."""
    return _names("")


@cache
def shipped(name: str) -> Questionnaire:
    """The questionnaire of that name that comes with surveyd, read once a process. Raises NotFound."""
    return load(shipped_text(name), f"{name}{ENDING}")


def shipped_text(name: str) -> str:
    """The YAML of the questionnaire of that name that comes with surveyd. Raises NotFound."""
    if name not in shipped_names():
        raise NotFound("questionnaire", name)
    return (SHIPPED / f"{name}{ENDING}").read_text(encoding="utf-8")


@cache
def modules() -> Modules:
    """The modules that a questionnaire can take in by one line: `- module: NAME` among its pages."""
    return {name: partial(_module_text, name) for name in _names("modules")}


def _module_text(name: str) -> str:
    return (SHIPPED / "modules" / f"{name}{ENDING}").read_text(encoding="utf-8")


def _names(folder: str) -> list[str]:
    place = SHIPPED / folder if folder else SHIPPED
    if not place.is_dir():
        return []
    return sorted(file.name.removesuffix(ENDING) for file in place.iterdir() if file.name.endswith(ENDING))
