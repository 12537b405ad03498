"""Imports in the browser: a file is kept, shown as what it would do, then applied as a whole or not."""

from dataclasses import dataclass

from flask import Response as Answer
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response
from wtforms import FileField, Form, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, ValidationError

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.closed_loop.answer_imports import KIND as ANSWERS
from surveyd.distribution.waves import get_wave
from surveyd.people import uploads
from surveyd.people.columns import COLUMNS, DIMENSION, SKIP, ImportKind
from surveyd.people.models import Upload, UploadState
from surveyd.people.outlines import Outline, read_outline
from surveyd.people.upload_list import FILTERS, SORTS, UploadPage, page_of_uploads
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.answer_imports import draw_answers, wave_of
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted
from surveyd.web.staff.upload_work import FILE_KINDS, set_to_work

STATES = {
    UploadState.UPLOADED: lazy_gettext("uploaded"),
    UploadState.PLANNING: lazy_gettext("being read"),
    UploadState.PLANNED: lazy_gettext("to be decided"),
    UploadState.APPLYING: lazy_gettext("being imported"),
    UploadState.APPLIED: lazy_gettext("imported"),
    UploadState.FAILED: lazy_gettext("failed"),
}
WORKING = (UploadState.UPLOADED, UploadState.PLANNING, UploadState.APPLYING)


class UploadForm(Form):
    """A file, and what it is a list of."""

    kind = RadioField(
        choices=[SelectChoice(kind.value, FILE_KINDS[kind.value]) for kind in ImportKind],
        validators=[InputRequired(lazy_gettext("Say what the file is a list of."))],
    )
    file = FileField()

    def validate_file(self, field: FileField) -> None:
        """A form without a file is no upload."""
        if not getattr(field.data, "filename", ""):
            raise ValidationError(_("Choose a CSV file."))


class ApplyForm(Form):
    """Which preview is to be applied."""

    seen = HiddenField(validators=[InputRequired()])


@dataclass(frozen=True, slots=True)
class ImportsPage:
    """All files, and the form for another one."""

    files: UploadPage
    wanted: Wanted
    form: UploadForm

    @property
    def title(self) -> str:
        """The page's answer."""
        count = self.files.waiting
        if not count:
            return _("No file waits to be imported")
        return ngettext(
            "1 file waits to be imported", "%(n)s files wait to be imported", count, n=number(count)
        )

    @property
    def narrowing(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """The filters of the list."""
        kinds = [(kind, str(words)) for kind, words in FILE_KINDS.items()]
        states = [(state.value, str(words)) for state, words in STATES.items()]
        return [("kind", _("List of"), kinds), ("state", _("State"), states)]


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """One file, and what it would do."""

    upload: Upload
    outline: Outline
    columns: Form

    @property
    def is_working(self) -> bool:
        return self.upload.state in WORKING

    @property
    def may_be_applied(self) -> bool:
        return self.upload.state is UploadState.PLANNED and self.outline.may_be_applied

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        seen = self.outline
        return seen.added + seen.changed + seen.unchanged + seen.rejected

    @property
    def things(self) -> str:
        """What would be written, counted: "1,204 contacts"."""
        count = self.outline.effect
        if self.upload.kind == ImportKind.CONTACTS:
            return ngettext("1 contact", "%(n)s contacts", count, n=number(count))
        return ngettext("1 account", "%(n)s accounts", count, n=number(count))

    @property
    def title(self) -> str:
        """The page's answer."""
        match self.upload.state:
            case UploadState.UPLOADED | UploadState.PLANNING:
                return _("The file is being read")
            case UploadState.APPLYING:
                return _("Being imported: %(things)s", things=self.things)
            case UploadState.APPLIED:
                return _("Imported: %(things)s", things=self.things)
            case UploadState.FAILED:
                return _("This file was not imported")
        return self._decision()

    def _decision(self) -> str:
        seen = self.outline
        if not seen.headings:
            return _("This file cannot be read")
        if not seen.columns_fit:
            return _("Say which column is which")
        if seen.rejected:
            facts = {"bad": number(seen.rejected), "all": number(self.rows)}
            return _("%(bad)s of %(all)s rows cannot be imported", **facts)
        if not seen.effect:
            return _("Nothing to change: every row is there already")
        return _("%(things)s can be imported", things=self.things)


@bp.get("/imports")
def imports() -> str:
    """The form for a file, and the files of before."""
    return _list(UploadForm())


@bp.post("/imports")
def take_upload() -> Response | tuple[str, int]:
    """Keep a file and have it looked at."""
    form = UploadForm(CombinedMultiDict([request.files, request.form]))
    if not form.validate():
        return _list(form), 422
    content = form.file.data.read()
    if not content.strip():
        form.file.errors = [_("The file is empty; its first line names the columns.")]
        return _list(form), 422
    with writing() as session:
        upload = uploads.keep_upload(
            session,
            ImportKind(form.kind.data),
            name=form.file.data.filename,
            content=content,
            by=reader().user_id,
            now=services().clock.now(),
            system_now=system_now(),
        )
        upload_id, lines = upload.id, upload.lines
    return set_to_work(upload_id, form.kind.data, lines)


@bp.get("/imports/<id:upload_id>")
def import_preview(upload_id: int) -> str:
    """What one file would do, or where its work stands."""
    return _preview(upload_id)


@bp.post("/imports/<id:upload_id>/columns")
def map_upload(upload_id: int) -> Response | tuple[str, int]:
    """Read the headings otherwise, and look again."""
    with writing() as session:
        upload = uploads.find_upload(session, upload_id, scope=reader().scope)
        if upload.kind == ANSWERS:
            raise NotFound("list of accounts or contacts", upload_id)
        outline = read_outline(upload.result)
        form = columns_form(ImportKind(upload.kind), outline, filled=True)
        is_valid = form.validate()
        if is_valid:
            chosen = {one.heading: field.data for one, field in zip(outline.headings, form, strict=True)}
            by, now = reader().user_id, services().clock.now()
            uploads.map_columns(session, upload, chosen, by=by, now=now, system_now=system_now())
        kind, lines = upload.kind, upload.lines
    return set_to_work(upload_id, kind, lines) if is_valid else (_preview(upload_id, form), 422)


@bp.post("/imports/<id:upload_id>/apply")
def apply_upload(upload_id: int) -> Response:
    """Apply the file as it was shown."""
    form = ApplyForm(request.form)
    now, by = services().clock.now(), reader().user_id
    with writing() as session:
        upload = uploads.find_upload(session, upload_id, scope=reader().scope)
        kind, lines = upload.kind, upload.lines
        seen = form.seen.data or ""
        uploads.ask_to_apply(session, upload, seen=seen, by=by, now=now, system_now=system_now())
    return set_to_work(upload_id, kind, lines)


@bp.post("/imports/<id:upload_id>/discard")
def discard_upload(upload_id: int) -> Response:
    """Delete the file."""
    with writing() as session:
        upload = uploads.find_upload(session, upload_id, scope=reader().scope)
        uploads.discard_upload(session, upload, by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.imports"), 303)


@bp.get("/imports/<id:upload_id>/rejected-rows.csv")
def rejected_rows(upload_id: int) -> Answer:
    """The rejected rows with their reasons, to correct and upload again."""
    with reading() as session:
        content = uploads.rejects_of(session, upload_id, scope=reader().scope)
    answer = Answer(content, mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=rejected-rows.csv"
    return answer


def columns_form(kind: ImportKind, outline: Outline, *, filled: bool) -> Form:
    """A select for each heading of the file; `filled` by the request."""
    ours = [SelectChoice(column.name, column.name.replace("_", " ")) for column in COLUMNS[kind]]
    fields = {}
    for place, one in enumerate(outline.headings):
        choices = [SelectChoice(SKIP, _("leave it out")), *ours]
        own = f"{DIMENSION}{one.heading}"
        if kind is ImportKind.ACCOUNTS and one.heading:
            choices.append(SelectChoice(own, _("a dimension of our own")))
        if one.column and one.column not in {choice.value for choice in choices}:
            choices.append(SelectChoice(one.column, one.column))
        fields[f"column-{place}"] = SelectField(choices=choices, default=one.column or SKIP)
    form = type("ColumnsForm", (Form,), fields)
    return form(request.form if filled else None)  # type: ignore[no-any-return]  # made just now


def _list(form: UploadForm) -> str:
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="-at")
    with reading() as session:
        files = page_of_uploads(session, wish, scope=reader().scope)
    page = ImportsPage(files, wish, form)
    return render_template("staff/imports.html", page=page, states=STATES, kinds=FILE_KINDS)


def _preview(upload_id: int, form: Form | None = None) -> str:
    with reading() as session:
        upload = uploads.find_upload(session, upload_id, scope=reader().scope)
        outline = read_outline(upload.result)
        if upload.kind == ANSWERS:
            return draw_answers(upload, outline, get_wave(session, wave_of(upload)).slug)
    columns = form or columns_form(ImportKind(upload.kind), outline, filled=False)
    return render_template("staff/import_preview.html", page=PreviewPage(upload, outline, columns))
