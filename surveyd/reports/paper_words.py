"""The templates of papers: PDFs are drawn from HTML of their own, in the language of whoever gets them."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import InternationalizationExtension

from surveyd.base.mailer import one_line
from surveyd.distribution.mails import LANGUAGES, spelled
from surveyd.forms.wording import wording
from surveyd.reports.health_charts import interval_of
from surveyd.reports.marks import mark
from surveyd.reports.words import score_shown
from surveyd.scoring.scale import whole as rounded

NO_BREAK = "\N{NO-BREAK SPACE}"
NOTHING = "\N{EM DASH}"
LETTER_PAPER = ("US", "CA")
STAND_INS = {"staff/parts.html": "papers/parts.html"}
"""Figures that pages and papers share take their marks from there: no page's style reaches into a drawing."""
UNITS = ((1e9, "bn", "#,##0.0"), (1e6, "M", "#,##0.0"), (1e3, "k", "#,##0"), (1.0, "", "#,##0"))


class _Loader(PackageLoader):
    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool] | None]:
        return super().get_source(environment, STAND_INS.get(template, template))


def language_of(tag: str) -> str:
    """The language of LANGUAGES that stands for a tag such as `de-AT`; English for all others."""
    code = tag.split("-")[0].lower()
    return code if code in LANGUAGES else "en"


def paper_size(country: str) -> str:
    """The paper that people print on there: `Letter` in the United States and Canada, else `A4`."""
    return "Letter" if country.upper() in LETTER_PAPER else "A4"


def draw_paper(name: str, language: str, **values: object) -> str:
    """The HTML of the paper `papers/<name>.html` in `language`, one of LANGUAGES."""
    template = environment(language).get_template(f"papers/{name}.html")
    return template.render(language=language, direction=wording(language).direction, **values)


@lru_cache(maxsize=len(LANGUAGES))
def environment(language: str) -> Environment:
    """The templates, with the filters of one language."""
    made = Environment(
        loader=_Loader("surveyd", "templates"),
        extensions=[InternationalizationExtension],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # of the extension
    locale = LANGUAGES[language]

    def number(value: float | None, pattern: str = "#,##0") -> str:
        return NOTHING if value is None else format_decimal(value, pattern, locale)

    def percent(part: float, whole: float) -> str:
        return f"{rounded(100 * part / whole)}{NO_BREAK}%" if whole else NOTHING

    def money(cents: int | None, currency: str) -> str:
        if cents is None:
            return NOTHING
        size, unit, pattern = next((row for row in UNITS if cents / 100 >= row[0]), UNITS[-1])
        amount = format_decimal(cents / 100 / size, pattern, locale)
        return NO_BREAK.join(filter(None, [amount, unit, currency]))

    def day(value: datetime | date | None, zone: ZoneInfo | None = None) -> str:
        local = value.astimezone(zone) if isinstance(value, datetime) else value
        return NOTHING if local is None else spelled(local, language)

    def moment(value: datetime, zone: ZoneInfo) -> str:
        local = value.astimezone(zone)
        return f"{format_datetime(local, 'd MMMM y, HH:mm', locale=locale)} {local.tzname()}"

    made.filters |= {"number": number, "percent": percent, "money": money, "day": day, "moment": moment}
    made.filters |= {
        "whole": rounded,
        "mark": mark,
        "words": _words,
        "line": one_line,
        "interval": interval_of,
        "score_shown": score_shown,
    }
    return made


def _words(name: str) -> str:
    return str(name).replace("_", " ")
