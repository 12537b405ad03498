"""The schema for editors and the reference for people say what the loader knows, no more and no less."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from surveyd.base.config import HOME
from surveyd.base.errors import BadFile
from surveyd.forms import condition_reading, item_reading, reading
from surveyd.forms.fields import KINDS, SHARED_KEYS
from surveyd.forms.loading import load
from surveyd.forms.reference import CONDITION_PARTS, PARTS
from surveyd.forms.reference_kinds import SAYS_OF_KINDS
from surveyd.forms.reference_page import BEGIN, END, reference
from surveyd.forms.schema import schema, written
from tests.forms.test_comparison import OLD
from tests.forms.test_loading import GOOD
from tests.forms.test_logic import START, page

SHIPPED = sorted((HOME / "surveyd" / "questionnaires").glob("*.yaml"))
ALL_KINDS = (Path(__file__).parent / "all_kinds.yaml").read_text(encoding="utf-8")


class Written(yaml.SafeLoader):
    """YAML as an editor reads it: only true and false are flags, and a day is a text."""


Written.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in ("bool", "timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for flag in "tf":
    Written.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), [flag])


def faults(text: str) -> list[str]:
    data = yaml.load(text, Loader=Written)
    return [error.message for error in Draft202012Validator(schema()).iter_errors(data)]


def test_the_committed_schema_is_the_generated_one() -> None:
    path = HOME / "surveyd" / "questionnaires" / "schema.json"
    assert path.read_text(encoding="utf-8") == written(), (
        f"run: python -m surveyd questionnaire reference --schema > {path.relative_to(HOME)}"
    )
    Draft202012Validator.check_schema(json.loads(written()))


def test_the_page_holds_the_generated_reference() -> None:
    text = (HOME / "docs" / "questionnaires.md").read_text(encoding="utf-8")
    stands = BEGIN + text.partition(BEGIN)[2].partition(END)[0] + END
    assert stands == reference(), "put what `surveyd questionnaire reference` prints between the markers"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_files_are_valid_and_name_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./schema.json\n")
    assert faults(text) == []


@pytest.mark.parametrize(
    "text", [GOOD, OLD, START, ALL_KINDS, START + page("two", "{fact: role, equals: buyer}")]
)
def test_what_the_loader_takes_is_valid(text: str) -> None:
    load(text, "x.yaml")
    assert faults(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("slug: small", "slug: Not A Slug"),
        ("slug: small", "name: small"),
        ("kind: rating", "kind: rated"),
        ("na: true", "max_length: 3"),
        ("scale: agree, na", "na"),
        ("equals:", "eqals:"),
        ("category: [promoter", "category: [promotor"),
        ("weight: 2", "weight: two"),
        ('value: "yes"', 'valu: "yes"'),
        ("title: One", "titel: One"),
        ("{low: 1, high: 5,", "{low: 1,"),
    ],
)
def test_what_the_loader_refuses_is_invalid(old: str, new: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    with pytest.raises(BadFile):
        load(text, "x.yaml")
    assert faults(text)


def test_the_table_has_every_key_that_the_loader_knows_and_no_other() -> None:
    loaders = {
        "questionnaire": reading.TOP_KEYS,
        "translation": reading.TRANSLATION_KEYS,
        "page": reading.PAGE_KEYS,
        "module": ("module",),
        "item": SHARED_KEYS.union(*(kind.keys for kind in KINDS.values())),
        "statement": item_reading.STATEMENT_KEYS,
        "option": item_reading.OPTION_KEYS,
        "scale": item_reading.SCALE_KEYS,
        "all": ("all",),
        "any": ("any",),
        "not": ("not",),
        "on answer": condition_reading.LEAF_KEYS,
        "on fact": condition_reading.FACT_KEYS,
    }
    assert {name: part.names for name, part in PARTS.items()} == {
        name: frozenset(keys) for name, keys in loaders.items()
    }
    assert {next(iter(key.name for key in PARTS[name].keys)) for name in CONDITION_PARTS} == set(
        condition_reading.ALL_KEYS
    )
    assert set(SAYS_OF_KINDS) == set(KINDS)


def test_what_must_be_there_must_be_there_for_the_loader_too() -> None:
    for name in ("questionnaire", "page", "option", "scale"):
        part = PARTS[name]
        for key in part.keys:
            if key.needed:
                broken = _without(yaml.load(GOOD, Loader=Written), name, key.name)
                with pytest.raises(BadFile):
                    load(yaml.safe_dump(broken), "x.yaml")


def _without(data: Any, name: str, key: str) -> Any:
    places: dict[str, Any] = {
        "questionnaire": data,
        "page": data["pages"][1],
        "option": data["pages"][0]["items"][2]["options"][0],
        "scale": data["scales"]["agree"],
    }
    del places[name][key]
    return data


def test_every_reference_leads_somewhere() -> None:
    whole = schema()
    for target in _references(whole):
        assert target.removeprefix("#/$defs/") in whole["$defs"]


def _references(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        if isinstance(data.get("$ref"), str):
            yield data["$ref"]
        for each in data.values():
            yield from _references(each)
    elif isinstance(data, list):
        for each in data:
            yield from _references(each)
