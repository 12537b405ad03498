"""A slice: which answers a page is about, as it stands in the address.

    region=North&region=South&tier=A&wave=2026H1&weighting=account

Values of one dimension add up, dimensions narrow each other. What the address does not know is passed over, a
value that nobody has leaves nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from unicodedata import category

from surveyd.results.people_shapes import CUSTOM as CUSTOM
from surveyd.scoring.weighting import Weighting

OF_ACCOUNTS = (
    "country",
    "region",
    "business_unit",
    "branch",
    "channel",
    "product_line",
    "tier",
    "status",
    "manager",
    "currency",
)
OF_CONTACTS = ("role", "language")
OF_ANSWERS = ("came_by", "phase")
"""The way the answers came, and the step of the cadence that brought them."""
WAVE, SINCE, UNTIL, WEIGHTING = "wave", "from", "to", "weighting"
DASH = "-"
"""How the address says that something is unknown: an empty value says nothing. Dashes get one more."""
LONGEST_NAME = 200
LONGEST_VALUE = 300
MOST_VALUES = 100
MOST_FILTERS = 20

Words = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Slice:
    """Filters by dimension, each with its values; the waves by name, or those of a period; and the weighting.

    Without waves and period it is the wave shown unasked. A period has the waves whose day 0, in UTC, is in
    it, both days included; one end may be open. An empty value is the unknown one.
    """

    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    waves: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    weighting: Weighting = Weighting.CONTACT

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves anybody out."""
        return bool(self.filters)

    @property
    def has_period(self) -> bool:
        """Whether it says from when or to when."""
        return self.since is not None or self.until is not None

    def values(self, name: str) -> tuple[str, ...]:
        """What a dimension is narrowed to; none for all."""
        return dict(self.filters).get(name, ())

    def narrowed(self, name: str, *values: str) -> "Slice":
        """The slice with one dimension narrowed to these values; none lifts the filter."""
        filters = {**dict(self.filters), name: tuple(dict.fromkeys(values))}
        return replace(self, filters=tuple(sorted((key, of) for key, of in filters.items() if of)))

    def without(self, name: str, value: str) -> "Slice":
        """The slice with one value of a filter taken away; the last one lifts the filter."""
        return self.narrowed(name, *(one for one in self.values(name) if one != value))


def slice_of(words: Iterable[tuple[str, str]]) -> Slice:
    """The slice that an address asks for: `words` are its names and values, in any order and number."""
    found: dict[str, list[str]] = {}
    for name, word in words:
        value = word.replace("\0", "").strip()[: LONGEST_VALUE + 1]
        if value:
            found.setdefault(name, []).append(value)
    cut = Slice(
        waves=tuple(dict.fromkeys(found.get(WAVE, [])[:MOST_VALUES])),
        since=_day(found.get(SINCE, [""])[-1]),
        until=_day(found.get(UNTIL, [""])[-1]),
        weighting=_weighting(found.get(WEIGHTING, [""])[-1]),
    )
    for name in islice(filter(is_dimension, found), MOST_FILTERS):
        cut = cut.narrowed(name, *map(_value, found[name][:MOST_VALUES]))
    return cut


def words_of(cut: Slice) -> Words:
    """The names and values of an address that asks for this slice; `slice_of` reads them back."""
    words = [(name, word_of(value)) for name, values in cut.filters for value in values]
    words += [(WAVE, wave) for wave in cut.waves]
    words += [(SINCE, cut.since.isoformat())] if cut.since else []
    words += [(UNTIL, cut.until.isoformat())] if cut.until else []
    return words + ([] if cut.weighting is Weighting.CONTACT else [(WEIGHTING, cut.weighting.value)])


def word_of(value: str) -> str:
    """How the address says a value: the unknown one is a dash, a value of dashes alone has one dash more."""
    return value if value.strip(DASH) else DASH + value


def is_dimension(name: str) -> bool:
    """Whether an address may narrow by this name: no account has one that is longer, or not in characters."""
    own = (
        name.startswith(CUSTOM)
        and len(CUSTOM) < len(name) <= LONGEST_NAME
        and not any(map(_is_control, name))
    )
    return own or name in OF_ACCOUNTS or name in OF_CONTACTS or name in OF_ANSWERS


def is_of_answers(cut: Slice) -> bool:
    """Whether it narrows by what only an answer has: then nobody can say how many were invited."""
    return any(name in OF_ANSWERS for name, _ in cut.filters)


def _value(word: str) -> str:
    """The value that a word of the address says: the inverse of `word_of`."""
    return (word if word.strip(DASH) else word[1:])[:LONGEST_VALUE]


def _is_control(character: str) -> bool:
    return category(character) in ("Cc", "Cs")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _weighting(text: str) -> Weighting:
    return Weighting(text) if text in list(Weighting) else Weighting.CONTACT
