"""Whose column is whose: the headings of a person's file and the columns that surveyd knows."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from rapidfuzz import process
from rapidfuzz.distance import OSA

from surveyd.base.errors import Fault
from surveyd.people.amounts import read_amount, read_currency
from surveyd.people.cells import clean, read_address, read_date, read_role, read_status, read_text
from surveyd.people.headings import word, words_of
from surveyd.people.places import read_country, read_language, read_zone

SKIP = "skip"
DIMENSION = "dimension:"
ALIKE = 0.79
SHORTEST = 4
"""The shortest heading that may be a misspelt one: of three letters, each is like another."""
FIRST_NAME, LAST_NAME = "first_name", "last_name"
"""The two parts in which many lists keep a contact's name; a draft has them as one."""


class ImportKind(StrEnum):
    """What a file is a list of."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"


class Headed(Protocol):
    """A file whose headings are known: a table, or a source that is read row by row."""

    @property
    def file(self) -> str: ...

    @property
    def heading_line(self) -> int: ...

    @property
    def headings(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Column:
    """One column of ours: its name, the row's field, and what reads a cell."""

    name: str
    field: str
    read: Callable[[str], object]
    required: bool = False
    """Whether the file must have it, with text in every row."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column of ours, found in a file: the place of its cells in a row, and its heading there."""

    place: int
    heading: str
    column: Column


@dataclass(frozen=True, slots=True)
class Plan:
    """Which headings of a file are read as what. `notes` names those that are left out.

    `guesses` are columns of ours for headings that may be meant so: heading -> column.
    """

    placed: tuple[Placed, ...]
    notes: tuple[Fault, ...]
    faults: tuple[Fault, ...]
    guesses: Mapping[str, str] = field(default_factory=dict)

    def heading(self, field: str) -> str:
        """What the file calls a field; the field's own name when the file does not have it."""
        return next((found.heading for found in self.placed if found.column.field == field), field)


def text(limit: int) -> Callable[[str], str]:
    """A reader for clean text of at most `limit` characters."""
    return lambda cell: read_text(cell, limit)


def read_manager(cell: str) -> str:
    """An account manager as lists name them: by address, by name, or by both ("Mona Meyer (mona@x.test)")."""
    named = re.search(r"[^\s<>()\[\]]+@[^\s<>()\[\]]+", cell)
    return read_address(named[0]) if named else read_text(cell, 200)


def read_first(cell: str) -> str:
    """The first of the ids that some lists put into one cell with semicolons between."""
    return read_text(cell.partition(";")[0], 120)


# A phone needs its account's country; accounts, parents and managers are looked up: their cells stay text.
ACCOUNT_COLUMNS = (
    Column("id", "external_id", text(120), required=True),
    Column("name", "name", text(300), required=True),
    Column("parent", "parent", text(120)),
    Column("country", "country", read_country),
    Column("region", "region", text(80)),
    Column("business_unit", "business_unit", text(120)),
    Column("branch", "branch", text(120)),
    Column("channel", "channel", text(120)),
    Column("product_line", "product_line", text(120)),
    Column("tier", "tier", text(40)),
    Column("renewal_date", "renewal_date", read_date),
    Column("revenue", "revenue", read_amount),
    Column("currency", "currency", read_currency),
    Column("manager", "manager", read_manager),
    Column("status", "status", read_status),
)
CONTACT_COLUMNS = (
    Column("id", "external_id", text(120), required=True),
    Column("account", "account", read_first, required=True),
    Column("name", "name", text(200), required=True),
    Column("first_name", FIRST_NAME, text(100)),
    Column("last_name", LAST_NAME, text(100)),
    Column("email", "email", read_address),
    Column("phone", "phone", clean),
    Column("language", "language", read_language),
    Column("time_zone", "time_zone", read_zone),
    Column("role", "role", read_role),
    Column("consent", "consent", text(120)),
)
COLUMNS = {ImportKind.ACCOUNTS: ACCOUNT_COLUMNS, ImportKind.CONTACTS: CONTACT_COLUMNS}


def column_names(kind: ImportKind) -> str:
    """The columns of ours, as a person may name them."""
    more = (f"{DIMENSION}NAME",) if kind is ImportKind.ACCOUNTS else ()
    return ", ".join([*(column.name for column in COLUMNS[kind]), *more])


def plan_columns(kind: ImportKind, file: Headed, mapping: Mapping[str, str]) -> Plan:
    """Read the headings of `file` as columns of ours.

    `mapping` (their heading -> our column, `dimension:NAME` for accounts, or `skip`) comes first; then
    headings that are ours but for case, accents, spaces and signs; then the usual words of other lists. A
    heading that looks like a misspelt one of ours is a fault, any other unknown one is left out with a note.
    """
    return _Planning(kind, file, mapping).plan()


class _Planning:
    def __init__(self, kind: ImportKind, file: Headed, mapping: Mapping[str, str]) -> None:
        self.kind, self.table = kind, file
        self.columns = {column.name: column for column in COLUMNS[kind]}
        self.mapping = {word(theirs): (theirs, ours) for theirs, ours in mapping.items()}
        self.placed: dict[str, Placed] = {}
        self.left = dict(enumerate(file.headings))
        self.notes: list[Fault] = []
        self.faults: list[Fault] = []
        self.guesses: dict[str, str] = {}

    def plan(self) -> Plan:
        self._take_mapped()
        self._take((word(name), name) for name in self.columns)
        usual = ((one, name) for name in self.columns for one in words_of(self.kind, name))
        self._take(usual)
        self._keep_one_name()
        for place, heading in self.left.items():
            self._report_unknown(place, heading)
        for name, column in self.columns.items():
            if column.required and name not in self.placed and not self._has_parts(name):
                self._fault(name, "the column is missing; name one so, or map a heading to it")
        placed = sorted(self.placed.values(), key=lambda found: found.place)
        return Plan(tuple(placed), tuple(self.notes), tuple(self.faults), self.guesses)

    def _take_mapped(self) -> None:
        known = {word(heading) for heading in self.table.headings}
        for one, (theirs, ours) in self.mapping.items():
            if one not in known:
                self._fault(theirs, "the mapping names this heading, which the file does not have")
            if ours != SKIP and self._column(ours) is None:
                self._fault(
                    theirs, f"the mapping's {ours!r} is no column; use one of {column_names(self.kind)}"
                )
        for place, heading in list(self.left.items()):
            _, ours = self.mapping.get(word(heading), ("", ""))
            column = self._column(ours)
            if ours == SKIP:
                del self.left[place]
            elif column and column.name in self.placed:
                self._fault(heading, f"two headings are mapped to {ours}; keep one of them")
            elif column:
                self._place(place, column)

    def _take(self, words: Iterable[tuple[str, str]]) -> None:
        """Place the headings that are one of `words`, the first words first."""
        for one, name in words:
            for place, heading in list(self.left.items()):
                if word(heading) != one:
                    continue
                if name not in self.placed:
                    self._place(place, self.columns[name])
                elif word(self.placed[name].heading) == one:
                    del self.left[place]
                    self._fault(heading, "two columns have this heading; keep one of them")

    def _place(self, place: int, column: Column) -> None:
        self.placed[column.name] = Placed(place, self.left.pop(place), column)

    def _column(self, name: str) -> Column | None:
        if self.kind is ImportKind.ACCOUNTS and name.startswith(DIMENSION) and name != DIMENSION:
            return Column(name, name, text(120))
        return next((column for ours, column in self.columns.items() if word(ours) == word(name)), None)

    def _keep_one_name(self) -> None:
        """A list that has the whole name, too, is read by that."""
        if "name" in self.placed:
            for part in (FIRST_NAME, LAST_NAME):
                if found := self.placed.pop(part, None):
                    self._note(found.heading, "the column is left out, since there is one with whole names")

    def _has_parts(self, name: str) -> bool:
        return name == "name" and any(part in self.placed for part in (FIRST_NAME, LAST_NAME))

    def _report_unknown(self, place: int, heading: str) -> None:
        name, heading = self._alike(word(heading)), heading or f"column {place + 1}"
        if name:
            self.guesses[heading] = name
            self._fault(heading, f"is this {name}? Map it to {name}, or to {SKIP} to leave it out")
        else:
            self._note(heading, "the column is not known and is left out; to read it, map it to a column")

    def _alike(self, one: str) -> str:
        """The column that is not placed and that a heading may mean, misspelt; empty for none."""
        words = {word(name): name for name in self.columns if name not in self.placed}
        for name in tuple(words.values()):
            words |= dict.fromkeys(words_of(self.kind, name), name)
        best = process.extractOne(one, list(words), scorer=OSA.normalized_similarity, score_cutoff=ALIKE)
        return words[best[0]] if best and len(one) >= SHORTEST else ""

    def _note(self, column: str, reason: str) -> None:
        self.notes.append(Fault(self.table.file, self.table.heading_line, column, reason))

    def _fault(self, column: str, reason: str) -> None:
        self.faults.append(Fault(self.table.file, self.table.heading_line, column, reason))
