"""What people do, in the order in which they do it."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from sqlalchemy.orm import Session

from surveyd.base.database import writing

CHUNK = 25
"""How many deeds share a transaction: as much as stays under a tenth of a second."""

Act = Callable[[Session, datetime], None]
"""Something that somebody does: in a write transaction, at an instant."""


@dataclass(frozen=True, slots=True, order=True)
class _Deed:
    at: datetime
    order: int
    act: Act = field(compare=False)


class Timeline:
    """Deeds by their instants; those of one instant in the order in which they were added."""

    def __init__(self) -> None:
        self._deeds: list[_Deed] = []
        self._order = count()

    def add(self, at: datetime, act: Act) -> None:
        """Plan a deed; one that is planned for the past is done next."""
        heapq.heappush(self._deeds, _Deed(at, next(self._order), act))

    def next_at(self) -> datetime | None:
        """When the next deed is due."""
        return self._deeds[0].at if self._deeds else None

    def run_until(self, until: datetime) -> None:
        """Do all that is due by then, each at its own instant, a chunk a transaction."""
        while self._is_due(until):
            with writing() as session:
                for _ in range(CHUNK):
                    if not self._is_due(until):
                        break
                    deed = heapq.heappop(self._deeds)
                    deed.act(session, deed.at)

    def _is_due(self, until: datetime) -> bool:
        return bool(self._deeds) and self._deeds[0].at <= until
