"""Jobs of the closed loop: ids only, may run twice. Files of answers are worked on by command, too."""

from collections.abc import Callable
from datetime import datetime

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Refused
from surveyd.base.services import services
from surveyd.closed_loop.answer_imports import KIND, Preview, look, record_import, store, units, unreadable
from surveyd.closed_loop.answer_outlines import outline_of
from surveyd.closed_loop.answer_rows import Order, open_reader
from surveyd.closed_loop.intake import Office
from surveyd.closed_loop.letter_sending import queue_chunk
from surveyd.closed_loop.models import Letter
from surveyd.people.jobs import work_on_upload
from surveyd.people.models import Upload
from surveyd.people.outlines import Outline
from surveyd.people.rejects import write_rejects
from surveyd.people.tables import Table, read_table
from surveyd.people.uploads import (
    CHANGED,
    Taken,
    fail_upload,
    finish_upload,
    renew_lease,
    show_upload,
    take_upload,
)

SEND_LETTER = "surveyd.closed_loop.jobs.send_letter"
WORK_ON_ANSWERS = "surveyd.closed_loop.jobs.work_on_answers"
WAVE, INVITES = "wave_id", "invites"
"""What an upload of answers says of itself: the wave's id, and whether people are let in."""


def send_letter(letter_id: int) -> None:
    """Queue the letters of a letter that is being sent, chunk by chunk, each committed."""
    house, more = services(), True
    while more:
        with writing() as session:
            letter = session.get(Letter, letter_id)
            if letter is None:
                return
            more = queue_chunk(
                session,
                letter,
                now=house.clock.now(),
                system_now=system_now(),
                mail_domain=house.config.mail_domain,
            )


def work_on_any(upload_id: int) -> None:
    """Do what is next for one upload, whatever it is a list of."""
    with reading() as session:
        upload = session.get(Upload, upload_id)
        kind = upload.kind if upload else ""
    (work_on_answers if kind == KIND else work_on_upload)(upload_id)


def work_on_answers(upload_id: int) -> None:
    """Look at a file of answers, or store them when it still does what was shown."""
    with writing() as session:
        taken = take_upload(session, upload_id, system_now=system_now())
    if taken is None:
        return
    try:
        _work(taken)
    except Refused as error:
        with writing() as session:
            fail_upload(session, upload_id, reason=str(error))


def import_answers(
    table: Table, order: Order, *, now: datetime, after_part: Callable[[], None] = lambda: None
) -> int:
    """Store the answers of a file that was found right, part by part, each committed; returns how many.

    A stop in the middle costs nothing: the same file again stores the rest. Rows that cannot be taken any
    more are passed over. `after_part` is called between the parts.
    """
    office = Office(services().keys, services().config.mail_domain)
    with reading() as session:
        reader = open_reader(session, table, order, now=now)
    stored = 0
    for rows in reader.chunks():
        with reading() as session:
            found = list(reader.read(session, rows))
        for part in units(found, now=now):
            with writing() as session:
                stored += store(session, reader, part, office=office, now=now)
        after_part()
    return stored


def look_at(name: str, content: bytes, order: Order, *, now: datetime) -> tuple[Preview, Table | None]:
    """What a file would do, and its table; None when it cannot be read. Raises Refused as `look` does."""
    try:
        table = read_table(name, content)
    except BadFile as error:
        return unreadable(name, error), None
    with reading() as session:
        return look(session, table, order, now=now), table


def _work(taken: Taken) -> None:
    now, order = services().clock.now(), Order(int(taken.mapping[WAVE]), bool(taken.mapping.get(INVITES)))
    seen, table = look_at(taken.name, taken.content, order, now=now)
    outline = outline_of(seen, table)
    may_write = outline.digest == taken.seen.digest and not outline.fault_count
    if taken.is_applied and may_write and table is not None:
        stored = import_answers(table, order, now=now, after_part=lambda: _renew(taken.id))
        with writing() as session:
            if finish_upload(session, taken.id, now=now):
                record_import(session, seen, order, stored=stored, by=taken.by, now=now)
        return
    with writing() as session:
        note = CHANGED if taken.is_applied else ""
        show_upload(session, taken.id, outline, rejects=_rejects(taken, seen, outline), note=note)


def _renew(upload_id: int) -> None:
    with writing() as session:
        renew_lease(session, upload_id, system_now=system_now())


def _rejects(taken: Taken, seen: Preview, outline: Outline) -> bytes | None:
    is_table = bool(outline.headings) and outline.columns_fit
    return write_rejects(taken.name, taken.content, seen.faults) if seen.faults and is_table else None
