"""Answers from paper or another tool, in the browser: a file for one wave, shown before it is imported."""

from dataclasses import dataclass

from flask import Response as Answer
from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response
from wtforms import BooleanField, FileField, Form, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, ValidationError

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.closed_loop.answer_imports import KIND
from surveyd.closed_loop.answer_rows import Order, wave_for
from surveyd.closed_loop.answer_template import template_of
from surveyd.closed_loop.jobs import INVITES, WAVE
from surveyd.distribution.models import Wave
from surveyd.distribution.overview import latest_waves
from surveyd.distribution.waves import get_wave
from surveyd.people import uploads
from surveyd.people.models import Upload, UploadState
from surveyd.people.outlines import Outline
from surveyd.web.access import reader
from surveyd.web.filters import number, words
from surveyd.web.staff.frame import bp
from surveyd.web.staff.upload_work import set_to_work

WAVES = 50
WORKING = (UploadState.UPLOADED, UploadState.PLANNING, UploadState.APPLYING)


class AnswersForm(Form):
    """A file of answers, the wave they belong to, and whether it lets in people whom it did not ask."""

    wave = SelectField(validators=[InputRequired(lazy_gettext("Choose the wave that was answered."))])
    file = FileField()
    invite = BooleanField()

    def validate_file(self, field: FileField) -> None:
        """A form without a file is no upload."""
        if not getattr(field.data, "filename", ""):
            raise ValidationError(_("Choose a CSV file."))


@dataclass(frozen=True, slots=True)
class AnswersPage:
    """One file of answers, for one wave, and what it would do."""

    upload: Upload
    outline: Outline
    wave: str

    @property
    def is_working(self) -> bool:
        return self.upload.state in WORKING

    @property
    def may_be_applied(self) -> bool:
        return self.upload.state is UploadState.PLANNED and self.outline.may_be_applied

    @property
    def lets_in(self) -> bool:
        """Whether people are let in whom the wave did not ask."""
        return bool(self.upload.mapping.get(INVITES))

    @property
    def things(self) -> str:
        """What would be stored, counted: "1,204 answers"."""
        count = self.outline.added
        return ngettext("the answers of 1 person", "the answers of %(n)s people", count, n=number(count))

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
                return _("The file cannot be imported")
        return self._decision()

    def _decision(self) -> str:
        seen = self.outline
        if not seen.headings:
            return _("This file cannot be read")
        if not seen.columns_fit:
            return _("Some columns are not understood")
        if seen.rejected:
            rows = number(seen.added + seen.unchanged + seen.rejected)
            return _("%(bad)s of %(all)s rows cannot be imported", bad=number(seen.rejected), all=rows)
        if not seen.added:
            return _("Nothing to import: all of these people have answered")
        return _("To import: %(things)s", things=self.things)


@bp.get("/imports/responses")
def response_import() -> str:
    """A form for a file of answers."""
    with reading() as session:
        return _draw(AnswersForm(), latest_waves(session, most=WAVES))


@bp.post("/imports/responses")
def take_answers() -> Response | tuple[str, int]:
    """Keep a file of answers and have it looked at."""
    form = AnswersForm(CombinedMultiDict([request.files, request.form]))
    now, who = services().clock.now(), reader()
    with reading() as session:
        waves = latest_waves(session, most=WAVES)
        form.wave.choices = _choices(waves)
        if not form.validate():
            return _draw(form, waves), 422
        content, order = form.file.data.read(), Order(int(form.wave.data), bool(form.invite.data))
        if not content.strip():
            form.file.errors = [_("The file is empty; its first line names the columns.")]
            return _draw(form, waves), 422
        try:
            wave_for(session, order, now=now)
        except Refused as refused:
            form.wave.errors = [str(refused)]
            return _draw(form, waves), 422
    with writing() as session:
        upload = uploads.keep_upload(
            session,
            KIND,
            name=form.file.data.filename,
            content=content,
            by=who.user_id,
            now=now,
            system_now=system_now(),
            mapping={WAVE: str(order.wave_id), INVITES: "yes" if order.invites else ""},
        )
        upload_id, lines = upload.id, upload.lines
    return set_to_work(upload_id, KIND, lines)


@bp.get("/waves/<id:wave_id>/answers-template.csv")
def answers_template(wave_id: int) -> Answer:
    """A file to fill in for one wave: the headings, and one row as an example."""
    with reading() as session:
        wave = get_wave(session, wave_id)
        answer = Answer(template_of(session, wave), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename=answers-{wave_id}.csv"
    return answer


def draw_answers(upload: Upload, outline: Outline, wave: str) -> str:
    """The page of one file of answers."""
    return render_template("staff/answers_preview.html", page=AnswersPage(upload, outline, wave))


def wave_of(upload: Upload) -> int:
    """The id of the wave that a file of answers belongs to."""
    return int(upload.mapping[WAVE])


def _draw(form: AnswersForm, waves: list[Wave]) -> str:
    form.wave.choices = _choices(waves)
    return render_template("staff/answers_import.html", form=form, waves=waves)


def _choices(waves: list[Wave]) -> list[SelectChoice]:
    return [SelectChoice(str(wave.id), f"{wave.slug}, {words(wave.state.value)}") for wave in waves]
