"""Some rows of an import, packed: what is to be written, and what is there now of that."""

import json
import zlib
from datetime import date
from typing import Any

from surveyd.people.drafts import Draft, Value
from surveyd.people.imports import Sorted
from surveyd.people.rows import Change

PARENT = "parent"
DAYS = ("renewal_date",)
FASTEST = 1


def pack(found: Sorted) -> tuple[bytes, bytes]:
    """The rows, and the parents that are written behind all rows: they may come later in the file.

    Each is empty when there is nothing of it.
    """
    added = [[one.line, one.external_id, one.values] for one in found.added]
    changed = [
        [one.id, one.draft.line, one.draft.external_id, _changed(one), dict(one.before)]
        for one in found.changed
    ]
    parents = {one.external_id: str(one.values[PARENT]) for one in found.added if one.values.get(PARENT)}
    parents |= {
        one.draft.external_id: str(one.draft.values[PARENT]) for one in found.changed if PARENT in one.before
    }
    rows = {"added": added, "changed": changed} if added or changed else {}
    return _bytes(rows), _bytes(parents)


def unpack(content: bytes) -> tuple[list[Draft], list[Change]]:
    """The rows that `pack` packed: drafts with the values that are to be written."""
    rows = _read(content)
    added = [Draft(line, name, _typed(values)) for line, name, values in rows["added"]]
    changed = [
        Change(row_id, Draft(line, name, _typed(values)), _typed(before))
        for row_id, line, name, values, before in rows["changed"]
    ]
    return added, changed


def unpack_parents(content: bytes) -> dict[str, str]:
    """The parent of each account, both by external id."""
    parents: dict[str, str] = _read(content)
    return parents


def _changed(change: Change) -> dict[str, Value]:
    return {field: change.draft.values[field] for field in change.before}


def _typed(values: dict[str, Any]) -> dict[str, Value]:
    """Values as their columns read them; a role or a state is equal to its text."""
    for field in DAYS:
        if values.get(field):
            values[field] = date.fromisoformat(values[field])
    return values


def without_parents(added: list[Draft], changed: list[Change]) -> tuple[list[Draft], list[Change]]:
    """The same rows but for their parents."""
    for draft in added:
        draft.values.pop(PARENT, None)
    kept = (
        Change(one.id, one.draft, {field: old for field, old in one.before.items() if field != PARENT})
        for one in changed
    )
    return added, [one for one in kept if one.before]


def _bytes(content: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(content, default=_plain).encode(), FASTEST) if content else b""


def _read(content: bytes) -> Any:
    return json.loads(zlib.decompress(content))


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON: {type(value).__name__}")
