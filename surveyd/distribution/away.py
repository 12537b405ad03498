"""What an automatic reply says: until when somebody is away, and who stands in for them.

Dates are read in the six languages and as ISO. One that is past, or too far ahead, is none. What stands there
was written by strangers: a stand-in is a proposal to staff, never somebody to write to.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from babel.dates import get_month_names

from surveyd.people.cells import read_address

AHEAD_AT_MOST = timedelta(days=120)
READ_AT_MOST = 5000
NEAR = 250
LANGUAGES = ("en", "de", "fr", "es", "ar")
LEVANT = "كانون الثاني|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين الأول|تشرين الثاني|كانون الأول"
SHORT = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "sept": 9,
    "oct": 10,
    "okt": 10,
    "nov": 11,
    "dec": 12,
    "dez": 12,
    "maerz": 3,
    "févr": 2,
    "ene": 1,
    "abr": 4,
    "ago": 8,
    "dic": 12,
}
WHOLE = re.compile(r"(?<!\d)(20\d\d)[-/.年] ?(\d{1,2})[-/.月] ?(\d{1,2})(?!\d)")
NUMBERS = re.compile(r"(?<![\d.])(\d{1,2})([./-])(\d{1,2})(?:\2 ?(20\d\d|\d\d)?)?(?![\d%])")
JAPANESE = re.compile(r"(?<![\d年])(\d{1,2})月(\d{1,2})日")
UNTIL = re.compile(
    r"(until|till|through|bis(?: zum| einschließlich| inkl\.?)?|jusqu.au|au|hasta(?: el)?|al|حتى|إلى)"
    r"(?: and including)?(?: \w+,?)?(?: the| den| le| el| يوم)?\s*$",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
STANDS_IN = re.compile(
    r"contact|reach|urgent|instead|colleague|behalf|replac|covering|dringend|vertret|wenden|kontakt|kolleg"
    r"|adress|urgen|remplac|collègue|joindre|diríja|dirij|sustitu|compañer|代理|代わり|連絡|緊急|担当"
    r"|التواصل|الاتصال|زميل|عاجل|ينوب|مراسلة",
    re.IGNORECASE,
)
NAME = re.compile(
    r"((?:[A-ZÀ-ÖØ-Þ][\w'’.-]+ ){1,3}[A-ZÀ-ÖØ-Þ][\w'’-]+)"
    r"(?: ?,? ?(?:at|by|via|on|unter|per|über|à|au|en|por|mailto:|e-?mail:?))?[\s,(<\[:–-]*$"
)
NO_NAMES = re.compile(r"^(?:(?:Please|Bitte|Contact|Mr|Mrs|Ms|Dr|Herrn?|Frau|Kollege|Kollegin|My|In)\.? )+")
NOBODY = ("noreply", "no-reply", "donotreply", "mailer-daemon", "postmaster", "abuse")


@dataclass(frozen=True, slots=True)
class Away:
    """`back` is the first day on which somebody reads their mail again, None without a date we can read."""

    back: date | None
    name: str = ""
    email: str = ""


def read_away(said: str, *, on: date, not_these: frozenset[str] = frozenset()) -> Away:
    """What the text of an automatic reply, written on `on`, says.

    `not_these` are addresses in lower case that are no stand-in: the person's own, and ours.
    """
    text = unicodedata.normalize("NFKC", html.unescape(said[:READ_AT_MOST]))
    text = " ".join("".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text).split())
    days = [day for day in _days(text, on) if on < day <= on + AHEAD_AT_MOST]
    name, email = _stand_in(text, not_these)
    return Away(max(days, default=None), name, email)


def _days(text: str, on: date) -> Iterator[date]:
    """Every day that the text names, as the day on which somebody is back."""
    for found in WHOLE.finditer(text):
        yield from _back(found, on, int(found[3]), int(found[2]), int(found[1]))
    for found in JAPANESE.finditer(text):
        yield from _back(found, on, int(found[2]), int(found[1]), None)
    for found in NUMBERS.finditer(WHOLE.sub(lambda one: " " * len(one[0]), text)):
        first, second, year = int(found[1]), int(found[3]), _year(found[4])
        american = found[2] == "/" and second > 12
        yield from _back(found, on, second if american else first, first if american else second, year)
    for found in _spelled().finditer(text):
        month = _months()[(found["month"] or found["first"]).casefold().rstrip(".")]
        day = int(found["day"] or found["second"])
        yield from _back(found, on, day, month, _year(found["year"]))


def _back(found: re.Match[str], on: date, day: int, month: int, year: int | None) -> Iterator[date]:
    try:
        named = date(year or on.year, month, day)
        if year is None and named < on:
            named = date(on.year + 1, month, day)
    except ValueError:
        return
    text = found.string
    inclusive = UNTIL.search(text[max(0, found.start() - 40) : found.start()])
    inclusive = inclusive or re.match(
        r"\s?(\([^)]{1,4}\))?\s?(まで|迄)", text[found.end() : found.end() + 12]
    )
    yield named + timedelta(days=1) if inclusive else named


def _year(written: str | None) -> int | None:
    if not written:
        return None
    return int(written) if len(written) == 4 else 2000 + int(written)


@cache
def _months() -> dict[str, int]:
    """Every name of a month, without regard to case."""
    names = dict(SHORT)
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for month, name in get_month_names(width, locale=language).items():
                names[name.casefold().rstrip(".")] = month
    return names | {name: month for month, name in enumerate(LEVANT.split("|"), 1)}


@cache
def _spelled() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    before = rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)? ?(?:of |de |d')?(?P<month>{names})\b\.?"
    after = rf"\b(?P<first>{names})\.? (?:the )?(?P<second>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)"
    return re.compile(rf"(?:{before}|{after})(?:,? ?(?:de |del )?(?P<year>20\d\d))?", re.IGNORECASE)


def _stand_in(text: str, not_these: frozenset[str]) -> tuple[str, str]:
    """Whom the text names in the person's place, empty for nobody."""
    for found in ADDRESS.finditer(text):
        before = text[max(0, found.start() - NEAR) : found.start()]
        after = text[found.end() : found.end() + 60]
        email = found[0].strip(".'").lower()
        if email in not_these or email.partition("@")[0] in NOBODY or not STANDS_IN.search(before + after):
            continue
        try:
            email = read_address(email)
        except ValueError:
            continue
        return _name(before, email), email
    return "", ""


def _name(before: str, email: str) -> str:
    """Their name as it stands before the address, else as the address spells it."""
    found = NAME.search(before)
    name = NO_NAMES.sub("", found[1]) if found else ""
    return (name or " ".join(part.capitalize() for part in re.split(r"[._-]+", email.partition("@")[0])))[
        :200
    ]
