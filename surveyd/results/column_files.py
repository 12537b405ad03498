"""A wave's columns as one file, mapped into memory: processes share its pages, and read what they use.

    eight bytes of magic, the length of the head, the head as JSON, then each array at a multiple of 64 bytes

A file is written under a name of its own, brought to the disk and then renamed: nobody ever sees half of one.
It is no more than a copy: one that is missing, cut off, damaged, of another policy or another state is made
anew. The head has a check value of itself and one of each array; all are looked at whenever a file is
opened, which a process does once a wave as long as it keeps it: some 0.13 s for a million responses of 120
bytes each.
"""

import json
import logging
import mmap
import os
import secrets
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from surveyd.results.item_scales import ItemScale
from surveyd.results.wave_arrays import Array, Arrays
from surveyd.results.wave_columns import WaveColumns

log = logging.getLogger(__name__)

MAGIC = b"SVYCOL02"
HEAD = struct.Struct("<8sII")
ALIGNED = 64
LARGEST_HEAD = 1 << 24
ASKED = "asked."
DAMAGED = (OSError, struct.error, ValueError, LookupError, TypeError, AttributeError)
"""What reading raises where a file has not what we have written."""

Key = Mapping[str, str | int]
"""What a file is of: the wave, the policy, how often the wave has changed, up to which score."""
Place = tuple[str, int, int, int]
"""Type, offset, number and check value of an array."""


def path_of(folder: Path, wave_id: int) -> Path:
    """Where the columns of a wave are kept."""
    return folder / f"wave-{wave_id}.columns"


def write_columns(path: Path, columns: WaveColumns, *, key: Key) -> bool:
    """Keep the columns in a file; False when the disk does not let us, which costs time and nothing else."""
    arrays = dict(columns.answers) | {ASKED + name: of for name, of in columns.invitations.items()}
    places, end = _laid_out(arrays)
    facts = {
        "key": dict(key),
        "wave_id": columns.wave_id,
        "scales": [asdict(scale) for scale in columns.scales.values()],
        "left_out": dict(columns.left_out),
        "arrays": places,
        "size": end,
    }
    head = json.dumps(facts, separators=(",", ":")).encode()
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(HEAD.pack(MAGIC, len(head), crc32(head)))
            file.write(head)
            start = _aligned(file.tell())
            for name, of in arrays.items():
                file.seek(start + places[name][1])
                file.write(np.ascontiguousarray(of).data)
            file.truncate(start + end)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        log.warning("columns of wave %d are not kept: %s", columns.wave_id, error.strerror)
        with suppress(OSError):
            fresh.unlink()
        return False
    return True


def open_columns(path: Path, *, key: Key) -> tuple[WaveColumns, Key] | None:
    """The columns that a file holds, mapped and read-only, and its whole key; None where `key` is another.

    Also None for a file that is not there or damaged, wherever that may be.
    """
    try:
        found = _mapped(path)
        return None if found is None else _columns_in(*found, key)
    except DAMAGED:
        return None


def _columns_in(
    facts: Mapping[str, Any], mapped: mmap.mmap, start: int, key: Key
) -> tuple[WaveColumns, Key] | None:
    whole: Key = facts["key"]
    if any(whole.get(name) != value for name, value in key.items()):
        return None
    arrays = {name: _array(mapped, start, place) for name, place in facts["arrays"].items()}
    scales = [ItemScale(**{**one, "labels": tuple(map(tuple, one["labels"]))}) for one in facts["scales"]]
    columns = WaveColumns(
        wave_id=facts["wave_id"],
        answers={name: of for name, of in arrays.items() if not name.startswith(ASKED)},
        invitations={name.removeprefix(ASKED): of for name, of in arrays.items() if name.startswith(ASKED)},
        scales={scale.id: scale for scale in scales},
        left_out=facts["left_out"],
    )
    return columns, whole


def _mapped(path: Path) -> tuple[dict[str, Any], mmap.mmap, int] | None:
    """The head of a whole file, its memory, and where the arrays begin. Raises what is in DAMAGED."""
    with path.open("rb") as file:
        magic, length, check = HEAD.unpack(file.read(HEAD.size))
        head = file.read(min(length, LARGEST_HEAD))
        if magic != MAGIC or len(head) != length or crc32(head) != check:
            return None
        facts: dict[str, Any] = json.loads(head)
        start = _aligned(HEAD.size + length)
        if os.fstat(file.fileno()).st_size != start + facts["size"]:
            return None
        return facts, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), start


def _laid_out(arrays: Arrays) -> tuple[dict[str, Place], int]:
    """Where each array stands, and where the last one ends."""
    places: dict[str, Place] = {}
    end = 0
    for name, of in arrays.items():
        start = _aligned(end)
        places[name] = (of.dtype.str, start, len(of), crc32(np.ascontiguousarray(of).data))
        end = start + of.nbytes
    return places, end


def _array(mapped: mmap.mmap, start: int, place: Place) -> Array:
    """The array at a place. Raises ValueError where the file has other bytes there, or none."""
    kind, offset, count, check = place
    if not count:
        return np.empty(0, np.dtype(kind))
    found = np.frombuffer(mapped, dtype=np.dtype(kind), count=count, offset=start + offset)
    if crc32(found.data) != check:
        raise ValueError(f"{count} values at {offset} are not those that were written")
    return found


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNED) * ALIGNED
