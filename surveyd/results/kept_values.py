"""Frozen values as plain JSON, and back: for what is kept in a table and read by the same code.

A value is a dataclass of numbers, texts, enums, tuples and such dataclasses. Where a field is one of several
dataclasses, the JSON names which.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

NAME = "is"


def as_json(value: object) -> Any:
    """Return a frozen value as plain JSON, each dataclass with its name."""
    if is_dataclass(value):
        own = {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
        return {NAME: type(value).__name__, **own}
    if isinstance(value, tuple):
        return [as_json(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def from_json(kind: Any, data: Any) -> Any:
    """Return the value of type `kind` that `as_json` has written; raises KeyError for another shape."""
    if isinstance(kind, UnionType):
        return _one_of(get_args(kind), data)
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        kinds = [inner[0]] * len(data) if inner[-1] is Ellipsis else inner
        return tuple(from_json(one, part) for one, part in zip(kinds, data, strict=True))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{field.name: from_json(hints[field.name], data[field.name]) for field in fields(kind)})  # type: ignore[operator]  # a class, not a value
    return kind(data) if isinstance(kind, type) and issubclass(kind, Enum | float) else data


def _one_of(kinds: tuple[Any, ...], data: Any) -> Any:
    if data is None and NoneType in kinds:
        return None
    real = [kind for kind in kinds if kind is not NoneType]
    if isinstance(data, Mapping):
        real = [kind for kind in real if getattr(kind, "__name__", "") == data[NAME]]
    elif isinstance(data, list):
        real = [kind for kind in real if get_origin(kind) is tuple]
    return from_json(real[0], data)
