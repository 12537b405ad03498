"""The latest few things of each kind that were made of exactly the same."""

from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

Thing = TypeVar("Thing")


class Kept:
    """What one process has worked out and may want again; safe for several threads."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.kinds: dict[str, OrderedDict[object, Any]] = {}

    def same(self, kind: str, of: object, make: Callable[[], Thing], *, most: int) -> Thing:
        """What was made of `of` before, or what `make` makes now; the `most` latest of a kind are kept."""
        with self.lock:
            kept = self.kinds.setdefault(kind, OrderedDict())
            found: Thing = kept[of] if of in kept else make()
            kept[of] = found
            kept.move_to_end(of)
            while len(kept) > most:
                kept.popitem(last=False)
            return found
