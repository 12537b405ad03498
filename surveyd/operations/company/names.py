"""Invented names, read from names.yaml once."""

from functools import cache
from pathlib import Path
from typing import TypedDict, cast

import yaml

FILE = Path(__file__).with_name("names.yaml")


class PeopleNames(TypedDict):
    """The first and the last names of one tongue, as one text each."""

    first: str
    last: str


class Names(TypedDict):
    """The file: names of people by tongue, words for companies, branches, legal forms by country."""

    people: dict[str, PeopleNames]
    companies: str
    branches: str
    legal_forms: dict[str, str]


@cache
def names() -> Names:
    """All names there are."""
    return cast(Names, yaml.safe_load(FILE.read_text(encoding="utf-8")))
