"""What every command shares: the running house, and how data is printed."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import click
from flask import Flask

from surveyd.base.config import Config, load_config
from surveyd.base.services import Services, services

CreateApp = Callable[[Config], Flask]
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def open_app(defaults: Mapping[str, str] | None = None, **overrides: str) -> Flask:
    """The app of this command: `defaults` yield to the configuration, `overrides` win over it."""
    create_app: CreateApp = click.get_current_context().find_root().obj
    return create_app(load_config(None, defaults, **overrides))


@contextmanager
def house(**overrides: str) -> Iterator[Services]:
    """The services of this command, inside an app context."""
    with open_app(None, **overrides).app_context():
        yield services()


def print_json(data: object) -> None:
    """Print data as one JSON document; instants as ISO 8601 in UTC."""
    click.echo(json.dumps(_plain(data), ensure_ascii=False, indent=2))


def print_table(rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> None:
    """Print rows as aligned columns; `columns` gives each key its heading. Numbers stand right."""
    cells = [[_cell(row.get(key)) for key in columns] for row in rows]
    widths = [
        max([len(heading), *(len(row[index]) for row in cells)])
        for index, heading in enumerate(columns.values())
    ]
    for line in [list(columns.values()), *cells]:
        padded = [
            cell.rjust(width) if cell.replace(".", "", 1).isdigit() else cell.ljust(width)
            for cell, width in zip(line, widths, strict=True)
        ]
        click.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC" if value.tzinfo else "%Y-%m-%d %H:%M")
    text = value.value if isinstance(value, Enum) else value
    return " ".join(str(text).split())


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
