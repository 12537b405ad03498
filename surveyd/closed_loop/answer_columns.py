"""Whose column is whose in a file of answers: who answered, when, and one column for each question."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from surveyd.base.errors import Fault
from surveyd.forms.definition import Item, Questionnaire
from surveyd.people.rejects import REASON
from surveyd.people.tables import Table

ALIKE = 0.75
ITEM = "item:"
"""What may stand before an item's id, for an item that is named like one of our own columns."""


class Own(StrEnum):
    """The columns that are no question."""

    CONTACT = "contact"
    EMAIL = "email"
    GIVEN_AT = "given_at"
    NOTE = "channel_note"


SYNONYMS: Mapping[str, Own] = {
    "contactid": Own.CONTACT,
    "externalid": Own.CONTACT,
    "crmid": Own.CONTACT,
    "mail": Own.EMAIL,
    "emailaddress": Own.EMAIL,
    "givenon": Own.GIVEN_AT,
    "answeredat": Own.GIVEN_AT,
    "completedat": Own.GIVEN_AT,
    "submittedat": Own.GIVEN_AT,
    "note": Own.NOTE,
    "channel": Own.NOTE,
    "source": Own.NOTE,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which heading is read as what: the places of our own columns, and of the items in their order.

    With `faults` no row can be read. `notes` names the columns that are left out.
    """

    own: Mapping[Own, int]
    items: Mapping[str, int]
    notes: tuple[Fault, ...]
    faults: tuple[Fault, ...]

    def heading_of(self, place: int) -> str:
        """What a column is read as; empty when it is left out."""
        own = (column.value for column, at in self.own.items() if at == place)
        return next(own, "") or next((item for item, at in self.items.items() if at == place), "")


def read_columns(table: Table, questionnaire: Questionnaire) -> Columns:
    """Read the headings of `table`: our own names, usual other words for them, and the ids of items.

    Letters' case, spaces and signs do not count. A heading that looks like a misspelt one is a fault, so that
    no answer is left out by mistake; any other unknown one is left out with a note.
    """
    return _Reading(table, questionnaire).columns()


class _Reading:
    def __init__(self, table: Table, questionnaire: Questionnaire) -> None:
        self.table = table
        self.items = questionnaire.items
        self.known: dict[str, Own | str] = {_word(column): column for column in Own}
        self.known |= {_word(f"{ITEM}{item}"): item for item in self.items}
        self.known = {_word(item): item for item in self.items} | self.known
        self.found: dict[Own | str, int] = {}
        self.notes: list[Fault] = []
        self.faults: list[Fault] = []

    def columns(self) -> Columns:
        for place, heading in enumerate(self.table.headings):
            self._take(place, heading)
        own = {column: self.found[column] for column in Own if column in self.found}
        items = {item: self.found[item] for item in self.items if item in self.found}
        self.faults += self._missing(own, items)
        self.notes += self._unasked(items)
        return Columns(own, items, tuple(self.notes), tuple(self.faults))

    def _take(self, place: int, heading: str) -> None:
        word = _word(heading)
        meant = self.known.get(word) or SYNONYMS.get(word)
        if meant is None:
            self._unknown(place, heading)
        elif meant in self.found:
            first = self.table.headings[self.found[meant]]
            self._fault(heading, f"is read as {meant}, and so is {first!r}; keep one of the two")
        else:
            self.found[meant] = place

    def _unknown(self, place: int, heading: str) -> None:
        if _word(heading) == REASON:
            return  # a file of rejected rows, corrected
        heading = heading or f"column {place + 1}"
        near = difflib.get_close_matches(_word(heading), self.known, n=1, cutoff=ALIKE)
        if near:
            meant = self.known[near[0]]
            self._fault(heading, f"is no question of this survey; did you mean {str(meant)!r}?")
            return
        reason = "is no question of this survey, and is left out"
        self.notes.append(Fault(self.table.file, self.table.heading_line, heading, reason))

    def _missing(self, own: Mapping[Own, int], items: Mapping[str, int]) -> Iterator[Fault]:
        line = self.table.heading_line
        if Own.CONTACT not in own and Own.EMAIL not in own:
            reason = "the column is missing; say who answered, by contact (our id) or email"
            yield Fault(self.table.file, line, Own.CONTACT.value, reason)
        if Own.GIVEN_AT not in own:
            reason = "the column is missing; say when the answers were given"
            yield Fault(self.table.file, line, Own.GIVEN_AT.value, reason)
        if not items and not self.faults:
            reason = f"no column is a question; name them {', '.join(list(self.items)[:3])} and so on"
            yield Fault(self.table.file, line, "", reason)

    def _unasked(self, items: Mapping[str, int]) -> Iterator[Fault]:
        for item in self.items.values():
            if item.required and item.id not in items:
                reason = "has no column; on the web it is needed, here it counts as not answered"
                yield Fault(self.table.file, self.table.heading_line, item.id, reason)

    def _fault(self, column: str, reason: str) -> None:
        self.faults.append(Fault(self.table.file, self.table.heading_line, column, reason))


def template_headings(questionnaire: Questionnaire) -> list[str]:
    """The headings of a file for this questionnaire, our own columns first."""
    own = {column.value for column in Own}
    return [*own_names(), *(f"{ITEM}{item}" if item in own else item for item in questionnaire.items)]


def own_names() -> list[str]:
    """The names of the columns that are no question."""
    return [column.value for column in Own]


def allowed(item: Item) -> str:
    """What may stand in the column of an item, as the end of a sentence; empty where any text may."""
    if item.scale is not None:
        numbers = f"between {item.scale.low} and {item.scale.high}"
        return f"{numbers}, nor na" if item.na else numbers
    if item.options:
        return f"one of {', '.join(option.value for option in item.options)}"
    if item.minimum is not None or item.maximum is not None:
        low = "" if item.minimum is None else f"at least {item.minimum:g}"
        high = "" if item.maximum is None else f"at most {item.maximum:g}"
        return " and ".join(filter(None, (low, high)))
    return ""


def _word(heading: str) -> str:
    return "".join(sign for sign in heading.casefold() if sign.isalnum() or sign in ":")
