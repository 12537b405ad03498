"""The slice that a page is about, out of its address, and the form that narrows it.

    with reading() as session:
        seen = seen_slice(session, beside=("by",))
        page = ...(session, seen.whole, seen.cut)
    return render_template("...", page=page, seen=seen)

The template says {{ filters(seen) }} (staff/slice_parts.html). Everything is in the address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from flask import request
from flask_babel import get_locale, lazy_gettext
from sqlalchemy.orm import Session

from surveyd.distribution.shown_waves import OfferedWaves, offered_waves
from surveyd.people.access import Scope
from surveyd.reports.basis import WEIGHTINGS
from surveyd.results.choices import Choice, Option, choices_of
from surveyd.results.people_columns import CUSTOM
from surveyd.results.slices import Slice, Words, slice_of, word_of, words_of
from surveyd.results.wholes import Whole, whole_of
from surveyd.scoring.weighting import Weighting
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

MOST_WAVES = 24
NAMES = {
    "country": lazy_gettext("Country"),
    "region": lazy_gettext("Region"),
    "business_unit": lazy_gettext("Business unit"),
    "branch": lazy_gettext("Branch"),
    "channel": lazy_gettext("Sales channel"),
    "product_line": lazy_gettext("Product line"),
    "tier": lazy_gettext("Tier"),
    "status": lazy_gettext("Status"),
    "manager": lazy_gettext("Account manager"),
    "currency": lazy_gettext("Currency"),
    "role": lazy_gettext("Role"),
    "language": lazy_gettext("Language"),
    "came_by": lazy_gettext("Answered by"),
    "phase": lazy_gettext("Answered after"),
}
CODED = {
    "active": lazy_gettext("active"),
    "lapsed": lazy_gettext("lapsed"),
    "decision_maker": lazy_gettext("decision maker"),
    "buyer": lazy_gettext("buyer"),
    "user": lazy_gettext("user"),
    "influencer": lazy_gettext("influencer"),
    "gatekeeper": lazy_gettext("gatekeeper"),
    "unknown": lazy_gettext("unknown"),
    "web": lazy_gettext("web"),
    "phone": lazy_gettext("phone"),
    "api": lazy_gettext("program interface"),
    "import": lazy_gettext("import"),
    "open": lazy_gettext("open link"),
    "invitation": lazy_gettext("invitation"),
    "reminder": lazy_gettext("reminder"),
    "call": lazy_gettext("call"),
}
CODED_NAMES = ("status", "role", "came_by", "phase")
NOBODY_KNOWS = lazy_gettext("unknown")


@dataclass(frozen=True, slots=True)
class Chip:
    """One value that the page is narrowed by, and the address without it."""

    name: str
    label: str
    without: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page is about: the slice, what it is cut from, and all that its form and its links need.

    `beside` are the page's own words in the address, which the form keeps.
    """

    cut: Slice
    whole: Whole
    endpoint: str
    at: Mapping[str, object]
    beside: Words
    offered: OfferedWaves
    choices: tuple[Choice, ...]

    @property
    def wave(self) -> str:
        """The waves that the page is about, in words."""
        return ", ".join(wave.slug for wave in self.whole.waves)

    @property
    def waves(self) -> tuple[str, ...]:
        """The names of the waves on offer, latest first."""
        return self.offered.names

    @property
    def newer(self) -> str:
        """The wave under way that the page does not show yet, empty where there is none."""
        found = self.offered.under_way(self.wave)
        return found.slug if found else ""

    @property
    def chips(self) -> list[Chip]:
        """What the slice is narrowed by, value by value."""
        return [
            Chip(self.name(name), self.label(name, value), self.address(self.cut.without(name, value)))
            for name, values in self.cut.filters
            for value in values
        ]

    @property
    def weightings(self) -> Mapping[str, object]:
        """The weightings by value, in words."""
        return WEIGHTINGS

    def name(self, dimension: str) -> str:
        """What a dimension is called; one of the company's own by its own name."""
        return str(NAMES.get(dimension) or dimension.removeprefix(CUSTOM))

    def label(self, dimension: str, value: str) -> str:
        """What a value of a dimension is called, in the reader's language."""
        return label_of(self.whole, dimension, value)

    def options(self, choice: Choice) -> list[tuple[Option, str, str]]:
        """A dimension's options in the order of their labels: option, value in the address, label."""
        found = [(one, word_of(one.value), self.label(choice.name, one.value)) for one in choice.options]
        return sorted(found, key=lambda one: (one[0].value == "", one[2].casefold()))

    def address(self, cut: Slice | None = None, *more: tuple[str, str]) -> dict[str, list[str]]:
        """The words of the page's address, for `url_for`: this slice or another one, with the page's own."""
        words: dict[str, list[str]] = {}
        for name, value in [*words_of(cut or self.cut), *self.beside, *more]:
            words.setdefault(name, []).append(value)
        return words

    def only(self, wave: str) -> dict[str, list[str]]:
        """The address of the same filters in one wave."""
        return self.address(replace(self.cut, waves=(wave,), since=None, until=None))

    @property
    def everybody(self) -> dict[str, list[str]]:
        """The address of the same waves without any filter."""
        return self.address(replace(self.cut, filters=()))


def by_name(cut: Slice) -> dict[str, list[str]]:
    """The slice as the words of an address, for `url_for`: each name with its values."""
    words: dict[str, list[str]] = {}
    for name, value in words_of(cut):
        words.setdefault(name, []).append(value)
    return words


def seen_slice(
    session: Session, *, beside: Sequence[str] = (), scope: Scope | None = None, waves: Sequence[str] = ()
) -> Seen:
    """The slice of this request, cut out for its reader. Raises NotFound for a wave that there is none of.

    `beside` names the page's own words in the address; `scope` stands in for the reader's, and `waves` for
    the latest one where the address names none.
    """
    cut = slice_of(request.args.items(multi=True))
    if waves and not cut.waves and not cut.has_period:
        cut = replace(cut, waves=tuple(waves))
    whole = whole_of(session, cut, scope=scope or reader().scope)
    return Seen(
        cut=cut,
        whole=whole,
        endpoint=request.endpoint or "",
        at=request.view_args or {},
        beside=[(name, value) for name in beside for value in request.args.getlist(name) if value],
        offered=offered_waves(session, most=MOST_WAVES),
        choices=choices_of(whole, cut),
    )


def label_of(whole: Whole, dimension: str, value: str) -> str:
    """What a value is called: countries and languages by their names, managers by theirs.

    A value that none of the reader's accounts has stays as it was typed: its name is not theirs to know.
    """
    locale = get_locale()
    if not value:
        return str(NOBODY_KNOWS)
    if dimension in CODED_NAMES:
        return str(CODED.get(value, value))
    if locale and dimension == "country":
        return str(locale.territories.get(value, value))
    if locale and dimension == "language":
        return str(locale.languages.get(value, value))
    found = whole.accounts.dimensions.get(dimension)
    [*codes] = found.codes_of([value]) if found else []
    if not found or not codes:
        return value
    seen = whole.seen is None or bool(np.any(found.codes[whole.seen] == codes[0]))
    return found.labels[codes[0]] if seen else value


@bp.app_template_test("weighted")
def _is_weighted(cut: Slice) -> bool:
    return cut.weighting is not Weighting.CONTACT
