"""Whose column is whose: the headings of a person's file and the columns that surveyd knows."""

import difflib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from surveyd.base.errors import Fault
from surveyd.people.amounts import read_amount, read_currency
from surveyd.people.cells import clean, read_address, read_date, read_role, read_status, read_text
from surveyd.people.places import read_country, read_language, read_zone
from surveyd.people.tables import Table

SKIP = "skip"
DIMENSION = "dimension:"
ALIKE = 0.8


class ImportKind(StrEnum):
    """What a file is a list of."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of ours: its name, the row's field, what reads a cell, and other usual headings."""

    name: str
    field: str
    read: Callable[[str], object]
    synonyms: tuple[str, ...] = ()
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
    """Which headings of a file are read as what. `notes` names those that are left out."""

    placed: tuple[Placed, ...]
    notes: tuple[Fault, ...]
    faults: tuple[Fault, ...]

    def heading(self, field: str) -> str:
        """What the file calls a field; the field's own name when the file does not have it."""
        return next((found.heading for found in self.placed if found.column.field == field), field)


def text(limit: int) -> Callable[[str], str]:
    """A reader for clean text of at most `limit` characters."""
    return lambda cell: read_text(cell, limit)


# A phone needs its account's country; accounts, parents and managers are looked up: their cells stay text.
ACCOUNT_COLUMNS = (
    Column(
        "id",
        "external_id",
        text(120),
        ("accountid", "externalid", "crmid", "accountnumber", "customerid", "customernumber"),
        required=True,
    ),
    Column(
        "name", "name", text(300), ("accountname", "company", "companyname", "customername"), required=True
    ),
    Column("parent", "parent", text(120), ("parentid", "parentaccount", "parentaccountid")),
    Column("country", "country", read_country, ("countrycode",)),
    Column("region", "region", text(80), ("salesregion", "territory")),
    Column("business_unit", "business_unit", text(120), ("unit", "division")),
    Column("branch", "branch", text(120), ("branchname", "branchoffice")),
    Column("channel", "channel", text(120), ("saleschannel",)),
    Column("product_line", "product_line", text(120), ("productline", "product")),
    Column("tier", "tier", text(40), ("accounttier", "customertier")),
    Column("renewal_date", "renewal_date", read_date, ("renewal", "renewaldate", "renewson")),
    Column("revenue", "revenue", read_amount, ("annualrevenue", "yearlyrevenue", "turnover")),
    Column("currency", "currency", read_currency, ("currencycode", "revenuecurrency")),
    Column(
        "manager",
        "manager",
        read_address,
        ("accountmanager", "manageremail", "accountmanageremail", "owneremail"),
    ),
    Column("status", "status", read_status, ("accountstatus",)),
)
CONTACT_COLUMNS = (
    Column(
        "id", "external_id", text(120), ("contactid", "externalid", "crmid", "contactnumber"), required=True
    ),
    Column(
        "account",
        "account",
        text(120),
        ("accountid", "accountexternalid", "accountnumber", "customerid", "companyid", "customer", "company"),
        required=True,
    ),
    Column("name", "name", text(200), ("fullname", "contactname"), required=True),
    Column("email", "email", read_address, ("emailaddress", "mail")),
    Column("phone", "phone", clean, ("phonenumber", "telephone", "tel", "mobile", "mobilephone")),
    Column("language", "language", read_language, ("lang", "locale", "preferredlanguage")),
    Column("time_zone", "time_zone", read_zone, ("timezone", "tz", "zone")),
    Column("role", "role", read_role, ("relationshiprole", "contactrole")),
    Column("consent", "consent", text(120), ("consentbasis", "legalbasis")),
)
COLUMNS = {ImportKind.ACCOUNTS: ACCOUNT_COLUMNS, ImportKind.CONTACTS: CONTACT_COLUMNS}


def column_names(kind: ImportKind) -> str:
    """The columns of ours, as a person may name them."""
    more = (f"{DIMENSION}NAME",) if kind is ImportKind.ACCOUNTS else ()
    return ", ".join([*(column.name for column in COLUMNS[kind]), *more])


def plan_columns(kind: ImportKind, table: Table, mapping: Mapping[str, str]) -> Plan:
    """Read the headings of `table` as columns of ours.

    `mapping` (their heading -> our column, `dimension:NAME` for accounts, or `skip`) comes first; then
    headings that are ours but for case, spaces and signs; then usual other words. A heading that looks
    like a misspelt one of ours is a fault, any other unknown one is left out with a note.
    """
    return _Planning(kind, table, mapping).plan()


class _Planning:
    def __init__(self, kind: ImportKind, table: Table, mapping: Mapping[str, str]) -> None:
        self.kind, self.table = kind, table
        self.columns = {column.name: column for column in COLUMNS[kind]}
        self.mapping = {_word(theirs): (theirs, ours) for theirs, ours in mapping.items()}
        self.placed: dict[str, Placed] = {}
        self.left = dict(enumerate(table.headings))
        self.notes: list[Fault] = []
        self.faults: list[Fault] = []

    def plan(self) -> Plan:
        self._take_mapped()
        self._take({_word(name): name for name in self.columns})
        self._take({word: name for name, column in self.columns.items() for word in column.synonyms})
        for place, heading in self.left.items():
            self._report_unknown(place, heading)
        for name, column in self.columns.items():
            if column.required and name not in self.placed:
                self._fault(name, "the column is missing; name one so, or map a heading to it")
        placed = sorted(self.placed.values(), key=lambda found: found.place)
        return Plan(tuple(placed), tuple(self.notes), tuple(self.faults))

    def _take_mapped(self) -> None:
        known = {_word(heading) for heading in self.table.headings}
        for word, (theirs, ours) in self.mapping.items():
            if word not in known:
                self._fault(theirs, "the mapping names this heading, which the file does not have")
            if ours != SKIP and self._column(ours) is None:
                self._fault(
                    theirs, f"the mapping's {ours!r} is no column; use one of {column_names(self.kind)}"
                )
        for place, heading in list(self.left.items()):
            _, ours = self.mapping.get(_word(heading), ("", ""))
            column = self._column(ours)
            if ours == SKIP:
                del self.left[place]
            elif column and column.name in self.placed:
                self._fault(heading, f"two headings are mapped to {ours}; keep one of them")
            elif column:
                self._place(place, column)

    def _take(self, words: dict[str, str]) -> None:
        for place, heading in list(self.left.items()):
            name = words.get(_word(heading))
            if name and name not in self.placed:
                self._place(place, self.columns[name])
            elif name and _word(heading) == _word(self.placed[name].heading):
                del self.left[place]
                self._fault(heading, "two columns have this heading; keep one of them")

    def _place(self, place: int, column: Column) -> None:
        self.placed[column.name] = Placed(place, self.left.pop(place), column)

    def _column(self, name: str) -> Column | None:
        if self.kind is ImportKind.ACCOUNTS and name.startswith(DIMENSION) and name != DIMENSION:
            return Column(name, name, text(120))
        return next((column for ours, column in self.columns.items() if _word(ours) == _word(name)), None)

    def _report_unknown(self, place: int, heading: str) -> None:
        word, heading = _word(heading), heading or f"column {place + 1}"
        words = {_word(name): name for name in self.columns}
        words |= {other: name for name, column in self.columns.items() for other in column.synonyms}
        alike = difflib.get_close_matches(word, words, n=1, cutoff=ALIKE)
        name = words[alike[0]] if alike else ""
        if name and name not in self.placed:
            self._fault(
                heading,
                f"is this {name}? Map it to {name}, or to {SKIP} to leave it out",
            )
        else:
            reason = "the column is not known and is left out; to read it, map it to a column"
            self.notes.append(Fault(self.table.file, self.table.heading_line, heading, reason))

    def _fault(self, column: str, reason: str) -> None:
        self.faults.append(Fault(self.table.file, self.table.heading_line, column, reason))


def _word(heading: str) -> str:
    plain = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(sign for sign in plain if sign.isalnum())
