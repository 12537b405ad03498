"""A wave's columns as one file, mapped into memory: processes share its pages, and read what they use.

    eight bytes of magic, the length of the head, the head as JSON, then each array at a multiple of 64 bytes

A file is written under a name of its own and then renamed, so that nobody ever sees half of one. It is no
more than a copy: one that is missing, cut off, damaged, of another policy or another state is made anew.
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

MAGIC = b"SVYCOL01"
HEAD = struct.Struct("<8sII")
ALIGNED = 64
LARGEST_HEAD = 1 << 24
ASKED = "asked."

Key = Mapping[str, str | int]
"""What a file is of: the wave, the policy, how often the wave has changed, up to which score."""


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
        fresh.replace(path)
    except OSError as error:
        log.warning("columns of wave %d are not kept: %s", columns.wave_id, error.strerror)
        with suppress(OSError):
            fresh.unlink()
        return False
    return True


def open_columns(path: Path, *, key: Key) -> tuple[WaveColumns, Key] | None:
    """The columns that a file holds, mapped and read-only, and its whole key; None where `key` is another."""
    found = _mapped(path)
    if found is None:
        return None
    facts, mapped, start = found
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
    """The head of a whole file, its memory, and where the arrays begin."""
    try:
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
    except (OSError, struct.error, ValueError):
        return None


def _laid_out(arrays: Arrays) -> tuple[dict[str, tuple[str, int, int]], int]:
    """Type, offset and number of each array, and where the last one ends."""
    places: dict[str, tuple[str, int, int]] = {}
    end = 0
    for name, of in arrays.items():
        start = _aligned(end)
        places[name] = (of.dtype.str, start, len(of))
        end = start + of.nbytes
    return places, end


def _array(mapped: mmap.mmap, start: int, place: tuple[str, int, int]) -> Array:
    kind, offset, count = place
    if not count:
        return np.empty(0, np.dtype(kind))
    return np.frombuffer(mapped, dtype=np.dtype(kind), count=count, offset=start + offset)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNED) * ALIGNED
