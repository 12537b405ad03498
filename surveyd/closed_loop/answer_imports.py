"""Answers from paper or another tool: a file is first looked at, and taken when every row of it is good.

With one row that cannot be taken nothing is written. Who has answered already, by whichever way, keeps that
answer, so that the same file twice changes nothing. What somebody has begun on the web stays where the file
says nothing. Writing goes some rows at a time, each time in a transaction: answers that may open a case one
by one, so that nobody who answers on the web at the same moment waits for a whole file, others a hundred
together. A stop in the middle keeps what is stored by then, and the same file again adds the rest.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from surveyd.base.changes import count_change, invited_topic
from surveyd.base.errors import BadFile, Fault
from surveyd.closed_loop.answer_columns import Columns
from surveyd.closed_loop.answer_people import Person, people_again
from surveyd.closed_loop.answer_rows import Answered, Order, Reader, open_reader
from surveyd.closed_loop.intake import FRESH, Office, submit
from surveyd.distribution.models import Exclusion, Wave
from surveyd.distribution.standing_waves import invite
from surveyd.people import audit
from surveyd.people.models import Contact, ImportRun
from surveyd.people.tables import Table
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response

KIND = "responses"
"""What uploads and import runs of answers are a list of."""
UNIT = 100


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would do. `incomplete` of the `new` rows lack an answer that is needed on the web.

    `invited` of them are from people whom the wave did not ask. With `faults` it does nothing. `digest` is
    the same for the same file with the same order.
    """

    file: str
    digest: str
    columns: Columns
    new: int = 0
    answered: int = 0
    invited: int = 0
    incomplete: int = 0
    rejected: int = 0
    notes: tuple[Fault, ...] = ()
    faults: tuple[Fault, ...] = ()


def look(session: Session, table: Table, order: Order, *, now: datetime) -> Preview:
    """What importing `table` would add, leave and reject; reads only.

    Every fault is in the preview with its line and column. Raises Refused as `open_reader` does.
    """
    reader = open_reader(session, table, order, now=now)
    columns = reader.columns
    digest = hashlib.sha256(f"{table.digest} {order.wave_id} {order.invites}".encode()).hexdigest()
    seen = Preview(table.file, digest, columns, notes=columns.notes)
    if columns.faults:
        rejected = len(table.rows) + len(table.faults)
        return replace(seen, rejected=rejected, faults=(*columns.faults, *table.faults))
    new = invited = incomplete = 0
    for rows in reader.chunks():
        for found in reader.read(session, rows):
            new += 1
            invited += found.person.invitation_id is None
            incomplete += found.line in reader.incomplete
    faults = sorted([*table.faults, *reader.faults], key=lambda fault: fault.line)
    return replace(
        seen,
        new=new,
        answered=reader.answered,
        invited=invited,
        incomplete=incomplete,
        rejected=len({fault.line for fault in faults}),
        notes=(*columns.notes, *reader.notes),
        faults=tuple(faults),
    )


def unreadable(file: str, error: BadFile) -> Preview:
    """The preview of a file that is no table."""
    lines = {fault.line for fault in error.faults}
    return Preview(file, "", Columns({}, {}, (), ()), rejected=len(lines), faults=error.faults)


def units(rows: Sequence[Answered], *, now: datetime) -> Iterator[Sequence[Answered]]:
    """Which rows are written in one transaction: those of the last days alone, others together.

    A fresh answer counts towards the random sample, whose counter everybody else waits for.
    """
    old: list[Answered] = []
    for row in rows:
        if now - row.given_at <= FRESH:
            yield [row]
            continue
        old.append(row)
        if len(old) == UNIT:
            yield old
            old = []
    if old:
        yield old


def store(
    session: Session, reader: Reader, rows: Sequence[Answered], *, office: Office, now: datetime
) -> int:
    """Store the answers of some rows through the one door; returns how many were not there yet.

    Whoever has answered meanwhile keeps that answer. In the order of invitations, so that two files at once
    do not wait for each other crosswise.
    """
    people = people_again(session, reader.target, [row.person.contact_id for row in rows])
    stored = let_in = 0
    for row in sorted(rows, key=lambda row: row.person.contact_id):
        person = people[row.person.contact_id]
        invitation_id = person.invitation_id
        if invitation_id is None:
            invitation_id = _let_in(session, reader, person, office=office, given_at=row.given_at)
            let_in += 1
        if person.has_answered or invitation_id is None:
            continue
        receipt = submit(
            session,
            invitation_id,
            answers=reader.route(session, person, row.said).counted,
            channel=AnswerChannel.IMPORT,
            given_at=row.given_at,
            now=now,
            office=office,
        )
        if receipt.is_first and row.note:
            named = update(Response).where(Response.id == receipt.response_id)
            session.execute(named.values(source=row.note))
        stored += receipt.is_first
    if let_in:
        count_change(session, invited_topic(reader.target.wave_id))
    return stored


def record_import(
    session: Session, seen: Preview, order: Order, *, stored: int, by: int | None, now: datetime
) -> None:
    """Write down that a file was imported: who, when, into which wave, and how many rows."""
    counts = {"added": stored, "changed": 0, "unchanged": seen.answered + seen.new - stored}
    name = seen.file.rpartition("/")[2][:255]
    run = ImportRun(kind=KIND, file_name=name, digest=seen.digest, by_id=by, at=now, **counts)
    session.add(run)
    session.flush()
    facts = {**counts, "wave_id": order.wave_id}
    audit.record(session, action="import", thing=KIND, thing_id=run.id, by=by, now=now, facts=facts)


def _let_in(
    session: Session, reader: Reader, person: Person, *, office: Office, given_at: datetime
) -> int | None:
    """Invite somebody whom the wave did not ask, as of the day on which they answered: nothing is sent."""
    wave = session.get_one(Wave, reader.target.wave_id)
    contact = session.get_one(Contact, person.contact_id)
    language = reader.language(session, contact.language)
    left_out = (Exclusion.wave_id == wave.id, Exclusion.contact_id == contact.id)
    session.execute(delete(Exclusion).where(*left_out))
    return invite(
        session,
        wave,
        contact,
        version_id=reader.target.version_id,
        language=language,
        keys=office.keys,
        now=given_at,
    )
