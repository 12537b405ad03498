"""Counts of many people, kept for some seconds: who turns a page need not count all again.

What is small is always counted anew.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

LARGE = 20_000
SECONDS = 30.0
MOST = 64
Found = TypeVar("Found")


class Latest(Generic[Found]):
    """What was counted last, by what it was counted of; safe for several threads.

    `size` says of how many people something was counted.
    """

    def __init__(self, size: Callable[[Found], int]) -> None:
        self.size = size
        self.lock = Lock()
        self.kept: OrderedDict[object, tuple[float, Found]] = OrderedDict()

    def of(self, key: object, count: Callable[[], Found]) -> Found:
        """What is kept of `key` and fresh, or what `count` says."""
        with self.lock:
            before = self.kept.get(key)
        if before is not None and time.monotonic() - before[0] < SECONDS:
            return before[1]
        begun, counted = time.monotonic(), count()
        if self.size(counted) >= LARGE:
            with self.lock:
                self.kept[key] = (begun, counted)
                while len(self.kept) > MOST:
                    self.kept.popitem(last=False)
        return counted
