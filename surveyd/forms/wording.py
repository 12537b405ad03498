"""What a respondent's page says around the questions, as data: one file for each language."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files

from babel import Locale, UnknownLocaleError

from surveyd.forms.source import read_yaml

WORDINGS = files("surveyd") / "forms" / "wordings"
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language. Names in braces are filled in where the text is used."""

    name: str
    direction: str
    progress: str
    takes: str
    next: str
    back: str
    send: str
    saved: str
    saved_at: str
    not_saved: str
    not_taken: str
    not_anonymous: str
    anonymous: str
    about: str
    who_reads: str
    happens_next: str
    happens_next_anonymous: str
    not_applicable: str
    required: str
    end: str
    languages: str
    problems: str
    problem_required: str
    problem_not_an_option: str
    problem_too_long: str
    problem_not_a_number: str
    problem_out_of_range: str
    problem_not_a_date: str
    problem_not_an_email: str
    problem_not_a_phone: str
    choose_all: str
    other_text: str
    contact_name: str
    contact_email: str
    contact_phone: str
    thanks_title: str
    thanks_next: str
    receipt: str
    receipt_use: str
    closed_title: str
    closed_body: str
    unknown_title: str
    unknown_body: str
    wait_title: str
    wait_body: str
    foot: str


Voice = Callable[[str], Wording]
"""The words around the questions by language: usually `wording`, for an open link its own."""


@cache
def locale_of(language: str) -> Locale:
    """Where numbers, days and times are written as in `language`; English for one that nobody knows."""
    for code in (language.replace("-", "_"), language.partition("-")[0]):
        try:
            return Locale.parse(code)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(FALLBACK)


@cache
def languages() -> tuple[str, ...]:
    """The languages that surveyd's own words are there in, the fallback first."""
    found = (file.name.removesuffix(".yaml") for file in WORDINGS.iterdir() if file.name.endswith(".yaml"))
    return tuple(sorted(found, key=lambda language: (language != FALLBACK, language)))


def nearest(*wanted: str | None) -> str:
    """The first of `wanted`, codes or tags (`de-AT`), that surveyd's own words are there in; else English."""
    codes = ((tag or "").partition("-")[0].lower() for tag in wanted)
    return next((code for code in codes if code in languages()), FALLBACK)


@cache
def wording(language: str) -> Wording:
    """The words of `language`, else the nearest one's, with its own name and direction.

    Raises BadFile when its file is faulty.
    """
    code = nearest(language)
    name = f"{code}.yaml"
    top = read_yaml((WORDINGS / name).read_text(encoding="utf-8"), name)
    wanted = [field.name for field in fields(Wording)]
    found = {key: place.text() for key, place in top.keys(wanted, wanted).items()}
    top.findings.raise_any()
    words, locale = Wording(**found), locale_of(language)
    if language == code or locale.language == FALLBACK:
        return words
    return replace(words, name=locale.get_display_name() or words.name, direction=locale.text_direction)
