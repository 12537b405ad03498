"""The fields of a figure that others have published: each checked by what reads the same cell of a file."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext
from wtforms import Field, Form
from wtforms.validators import ValidationError

from surveyd.base.services import services
from surveyd.results.outside import NewFigure
from surveyd.results.outside_files import (
    LONGEST_SOURCE,
    LONGEST_TITLE,
    read_day,
    read_people,
    read_tenths,
    read_words,
)
from surveyd.results.outside_models import Measure
from surveyd.web.access import reader

Check = Callable[[Form, Field], None]


def checked(read: Callable[[str, Form], object], said: str) -> Check:
    """A validator that says `said` where `read` raises ValueError."""

    def check(form: Form, field: Field) -> None:
        try:
            read(field.data or "", form)
        except ValueError as error:
            raise ValidationError(said) from error

    return check


def figure_of(data: Mapping[str, Any]) -> NewFigure:
    """The figure that a valid form holds."""
    measure = Measure(data["measure"])
    return NewFigure(
        measure,
        read_words(data["title"] or "", LONGEST_TITLE),
        read_tenths(data["value"] or "", measure),
        read_people(data["people"] or ""),
        read_words(data["source"] or "", LONGEST_SOURCE),
        read_day(data["day"] or "", today=_today()),
    )


def _today() -> date:
    return services().clock.now().astimezone(reader().zone).date()


def _measure(form: Form) -> Measure:
    chosen = form.data.get("measure")
    return Measure(chosen) if chosen in list(Measure) else Measure.NPS


TITLE = checked(
    lambda text, form: read_words(text, LONGEST_TITLE),
    lazy_gettext("Say what it is a figure of, such as software companies in Europe."),
)
VALUE = checked(
    lambda text, form: read_tenths(text, _measure(form)),
    lazy_gettext("Type a figure on its scale, with one decimal at most: 32.5."),
)
PEOPLE = checked(
    lambda text, form: read_people(text), lazy_gettext("Type a whole number, or leave it empty.")
)
SOURCE = checked(
    lambda text, form: read_words(text, LONGEST_SOURCE),
    lazy_gettext("Say where it was published, so that everybody can look it up."),
)
DAY = checked(
    lambda text, form: read_day(text, today=_today()),
    lazy_gettext("Give the day on which it was published, which is not to come."),
)
