"""What the templates of a respondent's page get, ready to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from surveyd.forms.definition import Item, Page
from surveyd.forms.fields import Kind
from surveyd.forms.wording import Wording

IN_ONE_ROW = 11
"""The longest scale whose steps stand in one row on the smallest phone."""


@dataclass(frozen=True, slots=True)
class ItemView:
    """One question. `choices` are what is sent, what is seen, and what is heard when that is more."""

    item: Item
    kind: Kind
    text: str
    help: str
    choices: Sequence[tuple[str, str, str]]
    chosen: tuple[str, ...]
    problem: str
    limit: int
    scale_ends: tuple[str, str]
    words: Wording
    value: Markup
    autocomplete: str

    @property
    def wraps(self) -> bool:
        """Whether the scale is too long for one row."""
        return len(self.choices) > IN_ONE_ROW

    @property
    def input(self) -> str:
        """The type of the HTML field. What is no date is shown as it was written, in a field for words."""
        faulty = self.problem == self.words.problem_not_a_date
        return "text" if self.kind.input == "date" and faulty else self.kind.input

    @property
    def takes_digits(self) -> bool:
        """Whether a keyboard of digits is enough; it has no minus."""
        return self.item.kind == "number" and self.item.minimum is not None and self.item.minimum >= 0


@dataclass(frozen=True, slots=True)
class PageView:
    """One page; what is a respondent's own is a slot. `about` is told on the first page."""

    page: Page
    title: str
    intro: str
    survey: str
    version: str
    language: str
    languages: Sequence[tuple[str, str]]
    first: bool
    last: bool
    words: Wording
    promise: str
    about: Sequence[str]
