"""What a cell says about a place: country, language, time zone. Each raises ValueError with the reason."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from surveyd.people.cells import clean

COUNTRY_WORDS = {"uk": "GB", "usa": "US", "uae": "AE", "holland": "NL"}
NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})
TONGUES = ("de", "en")


@lru_cache(maxsize=1024)
def read_country(text: str) -> str:
    """A country's ISO 3166 code of two letters; English and German names are known."""
    text = clean(text)
    code = _countries().get(text.casefold(), "")
    if text and not code:
        raise ValueError("is no country; write its code of two letters, such as DE")
    return code


@lru_cache(maxsize=1024)
def read_language(text: str) -> str:
    """A language tag such as de or de-AT; English and German names of languages are known."""
    text = clean(text)
    if not text:
        return ""
    known = _languages().get(text.casefold())
    if known:
        return known
    try:
        tag = str(Locale.parse(text.replace("_", "-"), sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError):
        tag = ""
    if not 0 < len(tag) <= 12:
        raise ValueError("is no language; write its code, such as de or en-GB")
    return tag


@lru_cache(maxsize=1024)
def read_zone(text: str) -> str:
    """The IANA name of a time zone, in its own spelling."""
    text = clean(text)
    if not text:
        return ""
    zone = _zones().get(text.casefold().replace(" ", "_"))
    if zone is None:
        raise ValueError("is no time zone; write a name such as Europe/Berlin")
    return zone


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    codes = {code: code for code in _named("en", "territories") if code not in NO_COUNTRIES}
    return COUNTRY_WORDS | _by_word("territories", codes)


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    return _by_word("languages", {code: code for code in _named("en", "languages")})


def _named(tongue: str, kind: str) -> dict[str, str]:
    names = Locale(tongue).territories if kind == "territories" else Locale(tongue).languages
    return {str(code): str(name) for code, name in names.items() if len(str(code)) == 2}


def _by_word(kind: str, codes: dict[str, str]) -> dict[str, str]:
    words = {
        name.casefold(): code
        for tongue in TONGUES
        for code, name in _named(tongue, kind).items()
        if code in codes
    }
    return words | {code.casefold(): code for code in codes}


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones() if name != "localtime"}
