"""The JSON Schema of a questionnaire's file, made from the reference: an editor completes by it."""

import json
from typing import Any

from surveyd.forms.definition import CATEGORIES
from surveyd.forms.loading import modules
from surveyd.forms.reading import LANGUAGE, SLUG
from surveyd.forms.reference import CONDITION_PARTS, PARTS, Holds, Key, Part
from surveyd.forms.reference_kinds import kinds, shared_keys
from surveyd.forms.sheet import ID

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

SCALAR: Schema = {"type": ["string", "number", "boolean"]}
"""A text may look like a number, or like true: what is meant is what is written."""
TEXT: Schema = SCALAR | {"pattern": r"\S"}


def schema() -> Schema:
    """The schema as plain data, draft 2020-12."""
    defs = {_name(name): _part(part) for name, part in PARTS.items() if name != "questionnaire"}
    defs["item"]["allOf"] = [_when(entry.name, entry.keys, entry.needed) for entry in kinds()]
    defs["module"]["properties"]["module"]["enum"] = list(modules())
    defs["condition"] = {"anyOf": [_to(name) for name in CONDITION_PARTS]}
    return {
        "$schema": DIALECT,
        "title": "A questionnaire of surveyd",
        **_part(PARTS["questionnaire"]),
        "$defs": {
            **defs,
            "texts": {"anyOf": [TEXT, _by(LANGUAGE.pattern, TEXT) | {"minProperties": 1}]},
            "translations": _by(LANGUAGE.pattern, _to("translation")),
            "scales": {"type": "object", "additionalProperties": _to("scale")},
        },
    }


def written() -> str:
    """The schema as the file that comes with surveyd."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _part(part: Part) -> Schema:
    return {
        "type": "object",
        "description": part.says,
        "properties": {key.name: _key(key) for key in part.keys},
        "required": [key.name for key in part.keys if key.needed],
        "additionalProperties": False,
    }


def _key(key: Key) -> Schema:
    return _holds(key.holds) | {"description": key.says}


def _holds(holds: Holds) -> Schema:
    if holds.many:
        return {"type": "array", "items": _one(holds), "minItems": 1}
    return _one(holds)


def _one(holds: Holds) -> Schema:
    if holds.type == "part":
        return _reference(holds.part)
    if holds.type == "flag" and holds.values:
        return {"const": True}
    if holds.values:
        return {"enum": list(holds.values)}
    return {
        "id": {"type": "string", "pattern": _whole(ID.pattern)},
        "slug": {"type": "string", "pattern": _whole(SLUG.pattern)},
        "language": {"type": "string", "pattern": _whole(LANGUAGE.pattern)},
        "texts": {"$ref": "#/$defs/texts"},
        "texts_for": _categories(),
        "flag": {"type": "boolean"},
        "whole": {"type": "integer"},
        "number": {"type": "number"},
        "answer": SCALAR,
        "text": SCALAR,
    }[holds.type]


def _categories() -> Schema:
    texts = {"$ref": "#/$defs/texts"}
    return {
        "type": "object",
        "properties": dict.fromkeys(CATEGORIES, texts),
        "additionalProperties": False,
    }


def _reference(name: str) -> Schema:
    if name == "page or module":
        return {"anyOf": [_to("page"), _to("module")]}
    if name == "scale":
        return {"anyOf": [{"type": "string"}, _to("scale")]}
    return _to(name)


def _when(kind: str, keys: frozenset[str], needed: frozenset[str]) -> Schema:
    """What holds for an item of this kind: the keys that it may have, and those that it must."""
    then: Schema = {"propertyNames": {"enum": sorted(shared_keys() | keys)}}
    if needed:
        then["required"] = sorted(needed)
    return {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": then}


def _by(pattern: str, each: Schema) -> Schema:
    return {"type": "object", "patternProperties": {_whole(pattern): each}, "additionalProperties": False}


def _to(name: str) -> Schema:
    return {"$ref": f"#/$defs/{_name(name)}"}


def _name(name: str) -> str:
    return name.replace(" ", "_")


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"
