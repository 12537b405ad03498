"""The search for duplicates as a job: without ids, may run twice; says "look now"."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.people import batches
from surveyd.people.duplicate_search import (
    CHUNK,
    News,
    drop_vanished,
    is_wanted,
    keep_added,
    keep_changed,
    news_of,
    note_search,
    seen_now,
    take_search,
)
from surveyd.people.duplicates import find_duplicates

SEARCH_DUPLICATES = "surveyd.people.duplicate_jobs.search_duplicates"
Each = TypeVar("Each")


def search_duplicates() -> None:
    """Search once, if nobody else does and lists have changed."""
    with reading() as session:
        if batches.is_writing(session) or not is_wanted(session, system_now=system_now()):
            return
    with writing() as session:
        if not take_search(session, system_now=system_now()):
            return
    search_now()


def search_now() -> News:
    """Search, and keep what is new a few hundred pairs at a time: no transaction is open for long."""
    now = services().clock.now()
    with reading() as session:
        seen = seen_now(session)
        news = news_of(session, find_duplicates(session))
    for added in _chunks(news.added):
        with writing() as session:
            keep_added(session, added, now=now)
    for changed in _chunks(news.changed):
        with writing() as session:
            keep_changed(session, changed)
    for vanished in _chunks(news.vanished):
        with writing() as session:
            drop_vanished(session, vanished)
    with writing() as session:
        note_search(session, seen)
    return news


def _chunks(items: Sequence[Each]) -> Iterator[Sequence[Each]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
