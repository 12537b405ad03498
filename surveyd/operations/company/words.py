"""What people write and say, read from words.yaml once."""

from functools import cache
from pathlib import Path
from typing import TypedDict, cast

import yaml

FILE = Path(__file__).with_name("words.yaml")
GENERAL = "general"


class Topic(TypedDict):
    """What is said about one thing, by language, and what was behind it when it was bad."""

    good: dict[str, list[str]]
    bad: dict[str, list[str]]
    cause: str
    outcome: str


class Words(TypedDict):
    """The file: sentences by topic, remarks by language, notes of calls and cases by outcome."""

    topics: dict[str, Topic]
    improve: dict[str, list[str]]
    more: dict[str, list[str]]
    reach: dict[str, list[str]]
    calls: dict[str, list[str]]
    cases: dict[str, list[str]]


@cache
def words() -> Words:
    """All words there are."""
    return cast(Words, yaml.safe_load(FILE.read_text(encoding="utf-8")))
