"""Imports in the browser: a file is kept, shown as what it would do, then applied as a whole or not."""

from dataclasses import dataclass

from flask import Response as Answer
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response
from wtforms import FileField, Form, HiddenField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, ValidationError

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.closed_loop.answer_imports import KIND as ANSWERS
from surveyd.distribution.waves import get_wave
from surveyd.people import mappings, uploads
from surveyd.people.batches import progress_of
from surveyd.people.columns import ImportKind
from surveyd.people.duplicate_lists import count_pairs
from surveyd.people.models import Upload, UploadState
from surveyd.people.outlines import read_outline
from surveyd.people.sources import Wish
from surveyd.people.upload_list import FILTERS, SORTS, UploadPage, page_of_uploads
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.answer_imports import draw_answers, wave_of
from surveyd.web.staff.frame import bp
from surveyd.web.staff.import_forms import SOURCE, chosen_columns, columns_form, reading_form
from surveyd.web.staff.import_page import PreviewPage
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
            raise ValidationError(_("Choose a CSV or XLSX file."))


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
    """Read the headings otherwise, and look again; remember it for the source, if it is named."""
    with writing() as session:
        upload = _people_in(session, upload_id)
        outline, kind = read_outline(upload.result), ImportKind(upload.kind)
        form = columns_form(kind, outline, filled=True)
        is_valid = form.validate()
        if is_valid:
            chosen = chosen_columns(form, outline)
            by, now = reader().user_id, services().clock.now()
            uploads.map_columns(session, upload, chosen, by=by, now=now, system_now=system_now())
            if source := form[SOURCE].data:
                mappings.save_mapping(session, kind, chosen, name=source, by=by, now=now)
        lines = upload.lines
    return set_to_work(upload_id, kind, lines) if is_valid else (_preview(upload_id, columns=form), 422)


@bp.post("/imports/<id:upload_id>/reading")
def read_upload(upload_id: int) -> Response | tuple[str, int]:
    """Read the file in another encoding, or another sheet, and look again."""
    with writing() as session:
        upload = _people_in(session, upload_id)
        form = reading_form(read_outline(upload.result), filled=True)
        is_valid = form.validate()
        if is_valid:
            wish = Wish(**{field.name: field.data or "" for field in form})
            by, now = reader().user_id, services().clock.now()
            uploads.read_otherwise(session, upload, wish, by=by, now=now, system_now=system_now())
        kind, lines = upload.kind, upload.lines
    return set_to_work(upload_id, kind, lines) if is_valid else (_preview(upload_id, how=form), 422)


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


def _list(form: UploadForm) -> str:
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="-at")
    with reading() as session:
        files = page_of_uploads(session, wish, scope=reader().scope)
    page = ImportsPage(files, wish, form)
    return render_template("staff/imports.html", page=page, states=STATES, kinds=FILE_KINDS)


def _people_in(session: Session, upload_id: int) -> Upload:
    """The upload, if it is a list of people."""
    upload = uploads.find_upload(session, upload_id, scope=reader().scope)
    if upload.kind == ANSWERS:
        raise NotFound("list of accounts or contacts", upload_id)
    return upload


def _preview(upload_id: int, columns: Form | None = None, how: Form | None = None) -> str:
    with reading() as session:
        upload = uploads.find_upload(session, upload_id, scope=reader().scope)
        outline = read_outline(upload.result)
        if upload.kind == ANSWERS:
            return draw_answers(upload, outline, get_wave(session, wave_of(upload)).slug)
        progress = progress_of(session, upload_id)
        pairs = count_pairs(session, scope=reader().scope)
    columns = columns or columns_form(ImportKind(upload.kind), outline, filled=False)
    how = how or reading_form(outline, filled=False)
    page = PreviewPage(upload, outline, columns, how, progress, pairs)
    return render_template("staff/import_preview.html", page=page)
