"""What a cell of a file of answers means: read by the same fields as the page on the web."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict
from wtforms.form import BaseForm

from surveyd.base.clock import from_local, parse_instant
from surveyd.base.spreadsheets import unguarded
from surveyd.closed_loop.answer_columns import allowed
from surveyd.forms.definition import NOT_APPLICABLE, Answer, Item, Questionnaire
from surveyd.forms.fields import Problem, kind_of
from surveyd.people.cells import clean, read_date

SHOWN = 60
SEVERAL = ("choices",)
TICKED = {"yes": "yes", "true": "yes", "x": "yes", "1": "yes", "no": "", "false": "", "0": ""}
DAY_LENGTH = len("2026-03-31")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that cannot be taken: its column, and why, as the end of a sentence."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Given:
    """What one row says: the answers by item id, and the cells that are wrong."""

    answers: Mapping[str, Answer]
    wrong: tuple[Wrong, ...]


class Cells:
    """Reads rows as answers to one version of a questionnaire. One form serves all rows."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.form = BaseForm({item.id: kind_of(item).field(item) for item in questionnaire.items.values()})
        self._texts: dict[str, Mapping[str, str]] = {}

    def read(self, cells: Mapping[str, str]) -> Given:
        """Read the cells of one row, by item id. What is missing is no fault: paper asks nobody again."""
        items = self.questionnaire.items
        reason = "this person was given a version of the questionnaire without this question"
        wrong = [Wrong(item, reason) for item, cell in cells.items() if item not in items and cell.strip()]
        self.form.process(self._form({item: cell for item, cell in cells.items() if item in items}))
        self.form.validate()
        answers: dict[str, Answer] = {}
        for field in self.form:
            problem = Problem(str(field.errors[0])) if field.errors else None
            if problem is not None and problem is not Problem.REQUIRED:
                wrong.append(Wrong(field.name, reason_for(problem, items[field.name], cells[field.name])))
            elif field.data is not None:
                answers[field.name] = field.data
        return Given(answers, tuple(wrong))

    def _form(self, cells: Mapping[str, str]) -> MultiDict[str, str]:
        """What the pages would have sent for these cells."""
        items, sent = self.questionnaire.items, MultiDict[str, str]()
        for item_id, cell in cells.items():
            if cell.strip():
                for value in self._sent(items[item_id], cell):
                    sent.add(item_id, value)
        for item_id in cells:
            # Words for an "other" that nobody ticked mean that it was.
            for value in kind_of(items[item_id]).meant(items[item_id], sent):
                sent.add(item_id, value)
        return sent

    def _sent(self, item: Item, cell: str) -> Iterator[str]:
        """What the page would have sent for one cell."""
        if not kind_of(item).choices(item):
            yield unguarded(cell)
            return
        if item.kind == "consent":
            word = cell.strip().casefold()
            yield from filter(None, [TICKED.get(word, word)])
            return
        parts = cell.replace(";", ",").split(",") if item.kind in SEVERAL else [cell]
        parts = parts if len(parts) > 1 or item.kind not in SEVERAL else cell.split()
        yield from (self._choice(item, part.strip()) for part in parts if part.strip())

    def _choice(self, item: Item, said: str) -> str:
        """The choice that is meant: by its value, or by its text in any language, whatever letters' case."""
        if item.scale is not None:
            return _whole(said)
        if item.id not in self._texts:
            texts = {
                text.casefold(): option.value for option in item.options for text in option.text.values()
            }
            values = {option.value.casefold(): option.value for option in item.options}
            self._texts[item.id] = texts | values
        return self._texts[item.id].get(said.casefold(), said)


def reason_for(problem: Problem, item: Item, cell: str) -> str:
    """What is wrong with a cell and what is allowed, as the end of a sentence that begins with its column."""
    said = shown(cell)
    if problem is Problem.NOT_AN_OPTION and item.scale is not None:
        return f"{said} is not {allowed(item)}"
    if problem is Problem.NOT_AN_OPTION:
        near = get_close_matches(cell.strip(), [option.value for option in item.options], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{said} is not {allowed(item) or 'yes or no'}{hint}"
    return {
        Problem.TOO_LONG: f"has {len(cell)} characters; use at most {kind_of(item).limit(item)}",
        Problem.NOT_A_NUMBER: f"{said} is no number",
        Problem.OUT_OF_RANGE: f"{said} is not {allowed(item)}",
        Problem.NOT_A_DATE: f"{said} is no date; write it as 2026-03-31",
        Problem.NOT_AN_EMAIL: f"{said} is no e-mail address",
        Problem.NOT_A_PHONE: f"{said} is no telephone number",
    }.get(problem, f"{said} cannot be taken")


def read_given_at(cell: str, zone: ZoneInfo) -> datetime:
    """When the answers were given, in UTC: a day is its beginning where the person is, an instant without a
    zone is by their clock. Raises ValueError with the reason as the end of a sentence."""
    text = clean(unguarded(cell))
    if not text:
        raise ValueError("is empty; say when the answers were given")
    try:
        if len(text) > DAY_LENGTH:
            return parse_instant(text, zone)
        day = read_date(text)
        assert day is not None  # the text is not empty
        return from_local(datetime.combine(day, time()), zone)
    except (ValueError, OverflowError):
        advice = "write it as 2026-03-31 or 2026-03-31T14:05"
        raise ValueError(f"{shown(cell)} is no day and no time; {advice}") from None


def shown(cell: str) -> str:
    """A cell as a fault quotes it: on one line, and not all of a long one."""
    text = " ".join(cell.split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _whole(said: str) -> str:
    """A number as the scale's choices are written: a spreadsheet makes 7.0 of 7."""
    if said.casefold().replace("/", "") == NOT_APPLICABLE:
        return NOT_APPLICABLE
    try:
        number = float(said.replace(",", "."))
    except ValueError:
        return said
    return str(int(number)) if number.is_integer() else said
