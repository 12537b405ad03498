"""The kinds of item in the reference: what each asks, what is stored, and which keys it takes."""

from collections.abc import Mapping
from dataclasses import dataclass

from surveyd.forms.fields import KINDS, SHARED_KEYS


@dataclass(frozen=True, slots=True)
class KindEntry:
    """One kind in the reference: what it asks, what is stored, and the keys that only some kinds have."""

    name: str
    asks: str
    stores: str
    keys: frozenset[str]
    needed: frozenset[str]


SAYS_OF_KINDS: Mapping[str, tuple[str, str]] = {
    "recommendation": ("How likely a recommendation is, from 0 to 10.", "the number"),
    "rating": ("One statement on a scale with labelled ends.", "the number, or `na`"),
    "battery": ("Several statements on one scale.", "each statement by its own id"),
    "choice": ("One of some options.", "the option's `value`"),
    "choices": ("Any of some options.", "the `value`s, joined by blanks"),
    "number": ("A number, with a point or a comma before its decimals.", "the number"),
    "date": ("A day.", "`2026-03-31`"),
    "short_text": ("One line of the respondent's own words.", "the text"),
    "long_text": ("The respondent's own words.", "the text"),
    "contact_details": (
        "Name, e-mail address and telephone number.",
        "three texts: the item's id with `_name`, `_email`, `_phone`",
    ),
    "consent": ("A box to tick; a required one must be ticked to go on.", "`yes`"),
    "statement": ("Nothing: a text to read.", "nothing"),
    "email": ("An e-mail address.", "the text"),
    "phone": ("A telephone number.", "the text"),
}


def kinds() -> tuple[KindEntry, ...]:
    """Every kind, in the order of the code's own table."""
    return tuple(
        KindEntry(name, *SAYS_OF_KINDS[name], keys=kind.keys, needed=kind.needed)
        for name, kind in KINDS.items()
    )


def shared_keys() -> frozenset[str]:
    """The keys that an item of any kind may have."""
    return SHARED_KEYS
