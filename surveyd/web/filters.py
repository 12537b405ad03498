"""How numbers, money and instants are written on a page: by locale, spelled out, in the reader's zone."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask import Flask, g
from flask_babel import get_locale, gettext, ngettext

from surveyd.reports.marks import mark
from surveyd.scoring.scale import whole as rounded

ENGLISH = "en_GB"
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NO-BREAK SPACE}"
NOTHING = "\N{EM DASH}"
SEPARATED = 1000
KEPT_AMOUNTS = 8192


def open_filters(app: Flask) -> None:
    """Give templates `words`, `number`, `whole`, `fixed`, `signed`, `percent`, `money`, `day`, `moment`,
    `clock_time`, `mark` and the like."""
    app.jinja_env.filters |= {
        "words": words,
        "number": number,
        "whole": rounded,
        "fixed": fixed,
        "signed": signed,
        "percent": percent,
        "money": money,
        "day": day,
        "short_day": short_day,
        "moment": moment,
        "clock_time": clock_time,
        "until": until,
        "phone": phone,
        "language": language,
        "mark": mark,
    }


def words(name: str) -> str:
    """A state or role as words of the reader's language: `high_risk` becomes "high risk"."""
    plain = str(name).replace("_", " ")
    return str(gettext(plain)) if plain else ""  # the empty message is a catalogue's own head


def number(value: float | None) -> str:
    """A number with the locale's separators; a dash for None."""
    if value is None:
        return NOTHING
    if isinstance(value, int) and 0 <= value < SEPARATED:
        return str(value)  # What has no separator costs none: a list writes hundreds of them.
    return format_decimal(value, locale=locale_name())


def fixed(value: float | None, digits: int) -> str:
    """A number with so many decimals, so that a column compares; 0 without a sign, a dash for None."""
    if value is None:
        return NOTHING
    said = format_decimal(round(value, digits) or 0.0, f"#,##0.{'0' * digits}", locale_name())
    return said.replace("-", MINUS)


def signed(value: int | None) -> str:
    """A whole number with its sign, as scores are written: +37, 0, and a true minus."""
    if value is None:
        return NOTHING
    return f"{MINUS}{-value}" if value < 0 else f"+{value}" if value else "0"


def percent(part: float, whole: float) -> str:
    """How much of the whole a part is, in whole percent; a dash when the whole is nothing."""
    return f"{rounded(100 * part / whole)}{THIN}%" if whole else NOTHING


def money(cents: int | None, currency: str) -> str:
    """An amount short enough to compare: "1.2 M EUR"; a dash for None."""
    return NOTHING if cents is None else _short_amount(cents, currency, locale_name())


# A page of health writes the revenue of every account, and formatting took a seventh of it.
@lru_cache(maxsize=KEPT_AMOUNTS)
def _short_amount(cents: int, currency: str, locale: str) -> str:
    amount = cents / 100
    for size, unit, pattern in ((1e9, "bn", "#,##0.0"), (1e6, "M", "#,##0.0"), (1e3, "k", "#,##0")):
        if amount >= size:
            return THIN.join([format_decimal(amount / size, pattern, locale), unit, currency])
    return THIN.join([format_decimal(amount, "#,##0", locale), currency])


def day(value: datetime | date | None) -> str:
    """A date, spelled: "3 March 2026"."""
    if value is None:
        return NOTHING
    local = value.astimezone(_zone()) if isinstance(value, datetime) else value
    return format_date(local, "d MMMM y", locale_name())


def short_day(value: datetime | None) -> str:
    """A date for a narrow column whose year is said elsewhere: "3 Mar"."""
    return NOTHING if value is None else format_date(value.astimezone(_zone()), "d MMM", locale_name())


def moment(value: datetime | None) -> str:
    """An instant with its zone: "3 March 2026, 14:05 CET"."""
    if value is None:
        return NOTHING
    local = value.astimezone(_zone())
    return f"{format_datetime(local, 'd MMMM y, HH:mm', locale=locale_name())} {local.tzname()}"


def clock_time(value: datetime) -> str:
    """A wall clock's time with its weekday: "Tue 14:05". The value is shown as it stands."""
    return format_datetime(value, "EEE HH:mm", locale=locale_name())


def until(due: datetime, now: datetime) -> str:
    """How long is left, or how late it is: "in 5 h", "2 days late"."""
    late = now > due
    span = abs(due - now)
    if span < timedelta(hours=1):
        minutes = span // timedelta(minutes=1)
        said = gettext("%(n)s min late", n=minutes) if late else gettext("in %(n)s min", n=minutes)
    elif span < timedelta(days=2):
        hours = span // timedelta(hours=1)
        said = gettext("%(n)s h late", n=hours) if late else gettext("in %(n)s h", n=hours)
    elif late:
        said = ngettext("%(num)s day late", "%(num)s days late", span // timedelta(days=1))
    else:
        said = ngettext("in %(num)s day", "in %(num)s days", span // timedelta(days=1))
    return str(said)


def phone(e164: str) -> str:
    """A telephone number as people write it abroad; what is none stays as it is."""
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def language(code: str) -> str:
    """A language by its name: `de` becomes "German"; an unknown code stays as it is."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(locale_name()) or code
    except (UnknownLocaleError, ValueError):
        return code


def locale_name() -> str:
    """The locale that numbers and dates are written in: that of the reader's language."""
    locale = str(get_locale() or ENGLISH)
    return ENGLISH if locale.startswith("en") else locale


def _zone() -> ZoneInfo:
    reader = g.get("reader")
    return reader.zone if reader else ZoneInfo("UTC")
