"""Files of columns: what is damaged is no file, wherever the damage is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from surveyd.results.column_files import ASKED, HEAD, MAGIC, open_columns, write_columns
from surveyd.results.wave_arrays import Arrays
from surveyd.results.wave_columns import WaveColumns

ANSWERS: Arrays = {"response_id": np.arange(1, 9), "recommendation": np.arange(8, dtype=np.int8)}
NOBODY = {"contact_id": np.empty(0, np.int64)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is sound."""
    path = tmp_path / "wave-1.columns"
    assert write_columns(path, WaveColumns(1, ANSWERS, NOBODY, {}, {}), key={"wave": 1})
    return path


def with_head(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write the file with a changed head whose check value is right."""
    whole = path.read_bytes()
    _, length, _ = HEAD.unpack(whole[: HEAD.size])
    facts = json.loads(whole[HEAD.size : HEAD.size + length])
    body = whole[-facts["size"] :]
    change(facts)
    head = json.dumps(facts).encode()
    start = -(-(HEAD.size + len(head)) // 64) * 64
    path.write_bytes((HEAD.pack(MAGIC, len(head), crc32(head)) + head).ljust(start, b"\0") + body)


def test_what_was_written_is_read(path: Path) -> None:
    with_head(path, lambda facts: facts)
    found = open_columns(path, key={"wave": 1})
    assert found is not None
    columns, key = found
    assert key == {"wave": 1}
    assert {name: of.tolist() for name, of in columns.answers.items()} == {
        name: of.tolist() for name, of in ANSWERS.items()
    }
    assert columns.asked == 0


def test_another_key_is_another_file(path: Path) -> None:
    assert open_columns(path, key={"wave": 2}) is None


def test_any_flipped_bit_of_an_array_is_found(path: Path) -> None:
    whole = path.read_bytes()
    places = [whole.index(of.tobytes()) for of in ANSWERS.values()]
    for at in (*places, places[0] + 63, places[1] + 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert open_columns(path, key={"wave": 1}) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.pop("key"),
        lambda facts: facts.pop("arrays"),
        lambda facts: facts.pop("left_out"),
        lambda facts: facts.pop("size"),
        lambda facts: facts.update(key=None),
        lambda facts: facts.update(scales=[{"labels": []}]),
        lambda facts: facts["arrays"]["recommendation"].__setitem__(0, "no type"),
        lambda facts: facts["arrays"]["recommendation"].__setitem__(1, 0),
        lambda facts: facts["arrays"]["recommendation"].__setitem__(1, 1 << 40),
        lambda facts: facts["arrays"]["recommendation"].__setitem__(1, -1 << 40),
        lambda facts: facts["arrays"]["recommendation"].__setitem__(2, 7),
        lambda facts: facts["arrays"]["recommendation"].pop(),
        lambda facts: facts["arrays"].update({ASKED + "contact_id": None}),
    ],
)
def test_a_head_that_is_sound_and_says_something_else_is_no_file(
    path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    with_head(path, change)
    assert open_columns(path, key={"wave": 1}) is None
