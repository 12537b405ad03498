"""The ids of a file, which may be a million: eight bytes each say what is there and what repeats."""

from array import array
from collections.abc import Iterable

import numpy as np


class Ids:
    """All ids of one file. Two different ones are taken for the same once in 10^7 files of a million rows."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._sorted = np.sort(np.array(array("q", map(hash, ids)), dtype=np.int64))
        same = self._sorted[1:] == self._sorted[:-1]
        self._repeated = frozenset(self._sorted[1:][same].tolist())
        self._first: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._sorted)

    def __contains__(self, external_id: object) -> bool:
        place = int(np.searchsorted(self._sorted, hash(external_id)))
        return place < len(self._sorted) and int(self._sorted[place]) == hash(external_id)

    def earlier(self, external_id: str, line: int) -> int | None:
        """The line on which an id stood before, None when this is its first; asked once a row, in order."""
        if hash(external_id) not in self._repeated:
            return None
        first = self._first.setdefault(external_id, line)
        return None if first == line else first
