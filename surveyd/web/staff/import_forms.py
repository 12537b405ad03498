"""How a file of people is read, as forms: which heading is which column, which encoding or sheet."""

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import Length

from surveyd.people.columns import COLUMNS, DIMENSION, SKIP, ImportKind
from surveyd.people.encodings import NAMES
from surveyd.people.mappings import NAME_LIMIT
from surveyd.people.outlines import Outline
from surveyd.web.filters import words

SOURCE = "source"
SEPARATOR_WORDS = {
    ",": lazy_gettext("a comma"),
    ";": lazy_gettext("a semicolon"),
    "\t": lazy_gettext("a tab"),
    "|": lazy_gettext("a bar"),
}


def columns_form(kind: ImportKind, outline: Outline, *, filled: bool) -> Form:
    """A select for each heading of the file, and the source's name; `filled` by the request."""
    ours = [SelectChoice(column.name, words(column.name)) for column in COLUMNS[kind]]
    fields: dict[str, object] = {}
    for place, one in enumerate(outline.headings):
        choices = [SelectChoice(SKIP, _("leave it out")), *ours]
        own = f"{DIMENSION}{one.heading}"
        if kind is ImportKind.ACCOUNTS and one.heading:
            choices.append(SelectChoice(own, _("a dimension of our own")))
        if one.column and one.column not in {choice.value for choice in choices}:
            choices.append(SelectChoice(one.column, one.column))
        chosen = one.column or one.guess or SKIP
        fields[f"column-{place}"] = SelectField(choices=choices, default=chosen)
    too_long = _("Name the source in up to %(n)s characters.", n=NAME_LIMIT)
    fields[SOURCE] = StringField(
        filters=[_stripped], validators=[Length(max=NAME_LIMIT, message=too_long)], default=outline.mapped_by
    )
    return _made(fields, filled=filled)


def chosen_columns(form: Form, outline: Outline) -> dict[str, str]:
    """What was chosen for each heading."""
    return {one.heading: form[f"column-{place}"].data for place, one in enumerate(outline.headings)}


def reading_form(outline: Outline, *, filled: bool) -> Form:
    """The sheet of a spreadsheet, or the encoding and the separator of a text."""
    now = outline.reading
    if now.sheets:
        sheets = [SelectChoice(name, name) for name in now.sheets]
        return _made({"sheet": SelectField(choices=sheets, default=now.sheet)}, filled=filled)
    encodings = [SelectChoice(name, said) for name, said in NAMES.items()]
    separators = [SelectChoice(sign, said) for sign, said in SEPARATOR_WORDS.items()]
    fields: dict[str, object] = {
        "encoding": SelectField(choices=encodings, default=now.encoding or "utf-8"),
        "separator": SelectField(choices=separators, default=now.separator or ","),
    }
    return _made(fields, filled=filled)


def _made(fields: dict[str, object], *, filled: bool) -> Form:
    form = type("FileForm", (Form,), fields)
    return form(request.form if filled else None)  # type: ignore[no-any-return]  # made just now


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())
