"""The rows of a file of answers, read some at a time: what is to be stored, and what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.errors import Fault, Refused
from surveyd.base.spreadsheets import unguarded
from surveyd.closed_loop.answer_cells import Cells, read_given_at
from surveyd.closed_loop.answer_columns import Columns, Own, read_columns
from surveyd.closed_loop.answer_people import People, Person, Target, find_people
from surveyd.distribution.models import QuestionnaireVersion, Wave, WaveKind, WaveState
from surveyd.forms.conditions import Answer
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import from_data
from surveyd.forms.paths import Route, route_of
from surveyd.people.tables import Row, Table

CHUNK = 1000
NOTE_LIMIT = 80
FIRST_YEAR = 2000
"""No wave is older."""
LATE_INVITES = timedelta(days=365)
"""How long after its close a wave still takes in somebody whom it did not ask."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with a file: into which wave, and whether people whom it did not ask are let in."""

    wave_id: int
    invites: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """One row that is to be stored: whose answers (of the file alone), given when, and how they came."""

    line: int
    person: Person
    said: Mapping[str, Answer]
    given_at: datetime
    note: str


@dataclass(slots=True)
class Reader:
    """Reads the rows of one file. What is wrong gathers in `faults`, and what is left out in `notes`.

    `incomplete` are the lines that lack an answer which is needed on the web; `answered` counts the rows of
    people whose answers are there already.
    """

    table: Table
    target: Target
    columns: Columns
    invites: bool
    now: datetime
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    incomplete: set[int] = field(default_factory=set)
    answered: int = 0
    _cells: dict[int, Cells] = field(default_factory=dict)
    _lines: dict[int, int] = field(default_factory=dict)
    _zones: dict[str, ZoneInfo] = field(default_factory=dict)

    def chunks(self) -> Iterator[Sequence[Row]]:
        """The rows, so many at a time that looking people up is cheap."""
        for start in range(0, len(self.table.rows), CHUNK):
            yield self.table.rows[start : start + CHUNK]

    def read(self, session: Session, rows: Sequence[Row]) -> Iterator[Answered]:
        """Those of `rows` that are good and not there yet, in order; a constant number of statements."""
        people = find_people(
            session,
            self.target,
            external_ids=filter(None, (self._own(row, Own.CONTACT) for row in rows)),
            emails=filter(None, (self._own(row, Own.EMAIL) for row in rows)),
        )
        for row in rows:
            before = len(self.faults)
            found = self._row(session, row, people)
            if found is not None and len(self.faults) == before:
                if found.person.has_answered:
                    self.answered += 1
                else:
                    yield found

    def route(self, session: Session, person: Person, said: Mapping[str, Answer]) -> Route:
        """The way of a person with these answers over those that they have begun on the web."""
        questionnaire = self._version(session, person.version_id).questionnaire
        return route_of(questionnaire, {**person.begun, **said}, person.facts)

    def language(self, session: Session, *wanted: str) -> str:
        """The first of `wanted` that the wave's version speaks, else its own."""
        return self._version(session, self.target.version_id).questionnaire.language(*wanted)

    def _row(self, session: Session, row: Row, people: People) -> Answered | None:
        person = self._person(row, people)
        if person is None:
            return None
        given_at = self._given_at(row, self._zone(person.time_zone))
        note = self._own(row, Own.NOTE)
        if len(note) > NOTE_LIMIT:
            self._fault(row, Own.NOTE, f"has {len(note)} characters; use at most {NOTE_LIMIT}")
        cells = {item: row.cells[place] for item, place in self.columns.items.items()}
        given = self._version(session, person.version_id).read(cells)
        for wrong in given.wrong:
            self.faults.append(Fault(self.table.file, row.line, wrong.column, wrong.reason))
        if not given.answers and not given.wrong:
            self.faults.append(Fault(self.table.file, row.line, "", "answers no question; leave the row out"))
        if not person.has_answered:
            self._judge(row, self.route(session, person, given.answers), given.answers)
        return Answered(row.line, person, given.answers, given_at, note)

    def _judge(self, row: Row, route: Route, said: Mapping[str, Answer]) -> None:
        """Note what is lacking, and what is not asked of somebody with these answers."""
        needed = (item for page in route.pages for item in page.items if item.required)
        if any(item.id not in route.counted for item in needed):
            self.incomplete.add(row.line)
        reason = "is not asked of somebody with these answers, and is left out"
        for item in said:
            if item not in route.counted:
                self.notes.append(Fault(self.table.file, row.line, item, reason))

    def _person(self, row: Row, people: People) -> Person | None:
        contact, email = self._own(row, Own.CONTACT), self._own(row, Own.EMAIL)
        column = Own.CONTACT if contact or Own.EMAIL not in self.columns.own else Own.EMAIL
        try:
            person = people.named(contact, email)
            self._check_person(row, person, contact or email)
        except ValueError as error:
            self._fault(row, column, str(error))
            return None
        return person

    def _check_person(self, row: Row, person: Person, called: str) -> None:
        first = self._lines.setdefault(person.contact_id, row.line)
        if first != row.line:
            raise ValueError(f"{called!r} is also on line {first}; keep one of them")
        if person.invitation_id is None and not self.invites:
            raise ValueError(f"{called!r} was not asked in {self.target.slug}")

    def _given_at(self, row: Row, zone: ZoneInfo) -> datetime:
        try:
            given_at = read_given_at(row.cells[self.columns.own[Own.GIVEN_AT]], zone)
        except ValueError as error:
            self._fault(row, Own.GIVEN_AT, str(error))
            return self.now
        began = self.target.began.astimezone(zone)
        if given_at > self.now:
            self._fault(row, Own.GIVEN_AT, "lies in the future; correct it")
        elif given_at.year < FIRST_YEAR:
            # At the beginning of all time a zone's clock overflows.
            self._fault(row, Own.GIVEN_AT, "is not a day on which this wave could be answered; correct it")
        elif given_at.astimezone(zone).date() < began.date():
            self._fault(row, Own.GIVEN_AT, f"lies before the wave began, on {began:%Y-%m-%d}; correct it")
        return given_at

    def _version(self, session: Session, version_id: int) -> Cells:
        if version_id not in self._cells:
            self._cells[version_id] = Cells(questionnaire_of(session, version_id))
        return self._cells[version_id]

    def _zone(self, name: str) -> ZoneInfo:
        if name not in self._zones:
            self._zones[name] = zone_named(name)
        return self._zones[name]

    def _own(self, row: Row, column: Own) -> str:
        place = self.columns.own.get(column)
        if place is None:
            return ""
        # No database takes NUL, and no contact has it.
        return " ".join(unguarded(row.cells[place]).replace("\0", "\N{REPLACEMENT CHARACTER}").split())

    def _fault(self, row: Row, column: Own, reason: str) -> None:
        self.faults.append(Fault(self.table.file, row.line, column.value, reason))


def open_reader(session: Session, table: Table, order: Order, *, now: datetime) -> Reader:
    """A reader of `table` for the wave of `order`. Raises Refused as `wave_for` does."""
    wave = wave_for(session, order, now=now)
    columns = read_columns(table, questionnaire_of(session, wave.version_id))
    began = wave.day_zero or wave.scheduled_at
    target = Target(wave.id, wave.slug, wave.program_id, wave.version_id, began)
    return Reader(table, target, columns, order.invites, now)


def wave_for(session: Session, order: Order, *, now: datetime) -> Wave:
    """The wave that takes the answers. Raises Refused for one that has not begun or was cancelled, for an
    anonymous questionnaire, and to let people in more than a year after the close."""
    wave = session.get_one(Wave, order.wave_id)
    if wave.kind is not WaveKind.PROGRAM or wave.state in (WaveState.SCHEDULED, WaveState.CANCELLED):
        raise Refused(f"The wave {wave.slug} is {wave.state.value}; choose one that was launched.")
    if order.invites and wave.closed_at is not None and wave.closed_at < now - LATE_INVITES:
        raise Refused(f"The wave {wave.slug} was closed more than a year ago; it lets nobody in any more.")
    if questionnaire_of(session, wave.version_id).anonymous:
        raise Refused(f"The questionnaire of {wave.slug} is anonymous; its answers belong to nobody.")
    return wave


def questionnaire_of(session: Session, version_id: int) -> Questionnaire:
    """The questionnaire of a published version."""
    definition = select(QuestionnaireVersion.definition).where(QuestionnaireVersion.id == version_id)
    return from_data(session.execute(definition).scalar_one())
