"""Benchmarks: a wave beside its own past, peers in the same wave, and figures that others have published."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response
from wtforms import FileField, Form, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault
from surveyd.base.services import services
from surveyd.reports.benchmarks import MEASURES, Benchmarks
from surveyd.reports.benchmarks import benchmarks as read_benchmarks
from surveyd.results import outside
from surveyd.results.outside import NewFigure
from surveyd.results.outside_files import COLUMNS, read_file
from surveyd.web.access import reader
from surveyd.web.staff.figure_fields import DAY, PEOPLE, SOURCE, TITLE, VALUE, figure_of
from surveyd.web.staff.frame import bp

MOST_TEXT = 200_000
FILE_NAME = "figures.csv"


class FigureForm(Form):
    """One figure that somebody else has published."""

    measure = SelectField(choices=[SelectChoice(name, words) for name, words in MEASURES.items()])
    title = StringField(validators=[TITLE])
    value = StringField(validators=[VALUE])
    people = StringField(validators=[PEOPLE])
    source = StringField(validators=[SOURCE])
    day = StringField(validators=[DAY])


class FileForm(Form):
    """Several figures as CSV: a file, or the text of one; `seen` is what the preview showed."""

    file = FileField()
    text = TextAreaField()
    seen = HiddenField()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would bring: its figures, or its faults; `seen` is the mark of exactly this text."""

    text: str
    seen: str
    figures: Sequence[NewFigure]
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class BenchmarksPage:
    """The benchmarks, the form for one figure and the one for a file."""

    of: Benchmarks | None
    outside: Sequence[outside.FigureLine]
    form: FigureForm
    file: FileForm
    preview: Preview | None

    @property
    def title(self) -> str:
        """The page's answer."""
        return self.of.title if self.of else _("No wave to compare yet")


@bp.get("/benchmarks")
def benchmarks() -> str:
    """The wave that the address names with its benchmarks, by the parts of a dimension."""
    return _page()


@bp.post("/benchmarks")
def add_figure() -> Response | tuple[str, int]:
    """Keep one figure of others."""
    form = FigureForm(request.form)
    if not form.validate():
        return _page(form=form), 422
    with writing() as session:
        outside.keep_figures(session, [figure_of(form.data)], by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.benchmarks", told="kept"), 303)


@bp.post("/benchmarks/file")
def take_figures() -> Response | tuple[str, int]:
    """Show what a file would bring; the second time, with what was shown, keep all of it."""
    form = FileForm(CombinedMultiDict([request.files, request.form]))
    uploaded = form.file.data
    text = form.text.data or ""
    content = uploaded.read(MOST_TEXT + 1) if getattr(uploaded, "filename", "") else text.encode()
    if not content.strip() or len(content) > MOST_TEXT:
        form.text.errors = [_("Choose a file or paste its lines, up to 200 kB.")]
        return _page(file=form), 422
    preview = _look(content)
    form.text.data = preview.text
    if preview.faults:
        return _page(file=form, preview=preview), 422
    if form.seen.data != preview.seen:
        return _page(file=form, preview=preview), 200
    with writing() as session:
        outside.keep_figures(session, preview.figures, by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.benchmarks", told="kept"), 303)


@bp.post("/benchmarks/<id:figure_id>/withdrawn")
def withdraw_figure(figure_id: int) -> Response:
    """Show a figure no longer."""
    with writing() as session:
        outside.withdraw_figure(session, figure_id, by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.benchmarks", told="withdrawn"), 303)


def _look(content: bytes) -> Preview:
    text = content.decode("utf-8-sig", "replace")
    seen = hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()
    today = services().clock.now().astimezone(reader().zone).date()
    try:
        return Preview(text, seen, read_file(FILE_NAME, content, today=today), ())
    except BadFile as error:
        return Preview(text, seen, (), error.faults)


def _page(
    form: FigureForm | None = None, file: FileForm | None = None, preview: Preview | None = None
) -> str:
    wave, dimension = request.args.get("wave", ""), request.args.get("by", "") or "tier"
    raw = request.args.get("raw", "") == "yes"
    with reading() as session:
        of = read_benchmarks(session, scope=reader().scope, wave=wave, dimension=dimension, raw=raw)
        lines = outside.outside_figures(session)
    told = {
        "kept": _("The figures are kept, with their source and date."),
        "withdrawn": _("The figure is shown no longer."),
    }.get(request.args.get("told", ""), "")
    page = BenchmarksPage(of, lines, form or FigureForm(), file or FileForm(), preview)
    return render_template(
        "staff/benchmarks.html", page=page, told=told, measures=MEASURES, columns=", ".join(COLUMNS)
    )
