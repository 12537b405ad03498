"""The edit of a questionnaire: what is asked and in which order, its languages, and the way to its texts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import DataRequired, Length

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile
from surveyd.base.services import services
from surveyd.distribution.questionnaire_edits import (
    Edit,
    Overtaken,
    change_questionnaire,
    drop_edit,
    find_edit,
    get_edit,
    working_state,
)
from surveyd.distribution.questionnaires import newer_shipped
from surveyd.forms import editing
from surveyd.forms.definition import Questionnaire
from surveyd.forms.editing import Change
from surveyd.forms.loading import modules
from surveyd.forms.translations import Spoken, spoken
from surveyd.forms.wording import languages
from surveyd.web.access import reader
from surveyd.web.filters import language as language_name
from surveyd.web.staff.frame import bp
from surveyd.web.staff.questionnaire_words import KIND_WORDS, asked_only, measured

PARTS: dict[str, Callable[[Questionnaire, str], Questionnaire]] = {
    "up": lambda state, place: editing.moved(state, place, -1),
    "down": lambda state, place: editing.moved(state, place, 1),
    "require": partial(editing.required, needed=True),
    "free": partial(editing.required, needed=False),
    "leave_out": editing.without,
}
"""What a button of the page does to a part of the questionnaire, by the button's name."""


class LanguageForm(Form):
    """One more language, and how it speaks to people."""

    language = SelectField()
    register = StringField(
        filters=[lambda typed: (typed or "").strip()],
        validators=[
            DataRequired(lazy_gettext("Say how it speaks to people, such as formal or “Sie”.")),
            Length(max=80, message=lazy_gettext("Shorten it to 80 characters.")),
        ],
    )


class SignForm(Form):
    """The name of a native speaker who has read all texts."""

    name = StringField(
        filters=[lambda typed: (typed or "").strip()],
        validators=[
            DataRequired(lazy_gettext("Write the name of the native speaker who has read all texts.")),
            Length(max=120, message=lazy_gettext("Shorten the name a little.")),
        ],
    )


@dataclass(frozen=True, slots=True)
class EditPage:
    """The working state of a questionnaire; `edit` is None before the first change.

    `is_outdated` means that a newer text came with surveyd.
    """

    slug: str
    state: Questionnaire
    edit: Edit | None
    languages: tuple[Spoken, ...]
    form: LanguageForm
    faults: list[str]
    is_outdated: bool
    unsigned: str = ""
    wrong_name: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.edit is None:
            return _("Nobody has changed %(name)s since its current version", name=self.slug)
        return _("%(name)s is being edited", name=self.slug)

    @property
    def modules(self) -> list[str]:
        """The modules that could be added: those none of whose questions is asked already."""
        found = []
        for name in modules():
            try:
                editing.with_module(self.state, name)
            except BadFile:
                continue
            found.append(name)
        return found


@bp.get("/questionnaires/<slug>/edit")
def edit_questionnaire(slug: str) -> str:
    """What is asked in which order, with buttons; the languages; the ways to texts and file."""
    with reading() as session:
        return _draw(session, slug)


@bp.post("/questionnaires/<slug>/edit/parts")
def change_part(slug: str) -> Response | tuple[str, int]:
    """Move, require or leave out one part: the pressed button names the deed and the part."""
    deed, _colon, place = request.form.get("do", "").partition(":")
    change = PARTS.get(deed)
    if change is None:
        return _refused(slug, [_("Press one of the buttons beside a question.")])
    return _changed(slug, lambda state: change(state, place), anchor=place)


@bp.post("/questionnaires/<slug>/edit/module")
def add_module(slug: str) -> Response | tuple[str, int]:
    """Add the pages of a module at the end."""
    name = request.form.get("module", "")
    return _changed(slug, lambda state: editing.with_module(state, name))


@bp.post("/questionnaires/<slug>/edit/languages")
def add_language(slug: str) -> Response | tuple[str, int]:
    """Add a language; its texts are then written page by page."""
    form = LanguageForm(request.form)
    with reading() as session:
        form.language.choices = _choices(working_state(session, slug))
        if not form.validate():
            return _draw(session, slug, form=form), 422
    code, register = form.language.data, form.register.data or ""
    done = _changed(slug, lambda state: editing.with_language(state, code, register))
    return (
        done
        if isinstance(done, tuple)
        else redirect(url_for("staff.edit_texts", slug=slug, language=code), 303)
    )


@bp.post("/questionnaires/<slug>/edit/sign")
def sign_translation(slug: str) -> Response | tuple[str, int]:
    """Mark the texts of a language as read by a native speaker, by name; or take the mark away."""
    form, code = SignForm(request.form), request.form.get("language", "")
    is_withdrawn = "withdraw" in request.form
    with reading() as session:
        state = working_state(session, slug)
        if code not in state.languages or code == state.languages[0]:
            return _draw(session, slug, faults=[_("Choose one of the translations.")]), 422
        if not is_withdrawn and not form.validate():
            return _draw(session, slug, unsigned=code, wrong_name=str(form.name.errors[0])), 422
    name = "" if is_withdrawn else form.name.data or ""
    return _changed(slug, lambda state: editing.signed(state, code, name), anchor="languages")


@bp.post("/questionnaires/<slug>/edit/shipped")
def take_shipped(slug: str) -> Response | tuple[str, int]:
    """Put the text that comes with this version of surveyd in the place of what was looked at."""
    with reading() as session:
        found = newer_shipped(session, slug)

    def take(state: Questionnaire) -> Questionnaire:
        if request.form.get("seen") != state.digest:
            raise Overtaken("Somebody else changed this edit since it was looked at.")
        return found or state

    try:
        return _changed(slug, take)
    except Overtaken:
        return _overtaken(slug)


@bp.post("/questionnaires/<slug>/edit/drop")
def drop_questionnaire_edit(slug: str) -> Response | tuple[str, int]:
    """Throw the edit away as it was looked at; the current version stays."""
    try:
        with writing() as session:
            edit = get_edit(session, slug)
            if request.form.get("revision") != str(edit.revision):
                raise Overtaken("Somebody else changed this edit since it was looked at.")
            drop_edit(session, edit, by=reader().user_id, now=services().clock.now())
    except Overtaken:
        return _overtaken(slug)
    return redirect(url_for("staff.questionnaire", slug=slug), 303)


def _overtaken(slug: str) -> tuple[str, int]:
    said = _("Somebody else changed this edit since you looked. Look at it again first.")
    with reading() as session:
        return _draw(session, slug, faults=[said]), 409


def _changed(slug: str, change: Change, *, anchor: str | None = None) -> Response | tuple[str, int]:
    """Do it to the working state; what cannot be is said on the page."""
    try:
        with writing() as session:
            now = services().clock.now()
            change_questionnaire(session, slug, change, by=reader().user_id, now=now)
    except BadFile as bad:
        return _refused(slug, [fault.reason for fault in bad.faults])
    return redirect(url_for("staff.edit_questionnaire", slug=slug, _anchor=anchor), 303)


def _refused(slug: str, faults: list[str]) -> tuple[str, int]:
    with reading() as session:
        return _draw(session, slug, faults=faults), 422


def _draw(
    session: Session,
    slug: str,
    *,
    form: LanguageForm | None = None,
    faults: list[str] | None = None,
    unsigned: str = "",
    wrong_name: str = "",
) -> str:
    state = working_state(session, slug)
    form = form or LanguageForm()
    form.language.choices = _choices(state)
    edit = find_edit(session, slug)
    page = EditPage(
        slug=slug,
        state=state,
        edit=edit,
        languages=spoken(state),
        form=form,
        faults=faults or [],
        is_outdated=newer_shipped(session, slug) not in (None, state),
        unsigned=unsigned,
        wrong_name=wrong_name,
    )
    return render_template(
        "staff/questionnaire_edit.html",
        page=page,
        kinds=KIND_WORDS,
        measured=measured,
        asked_only=asked_only,
    )


def _choices(state: Questionnaire) -> list[SelectChoice]:
    free = [code for code in languages() if code not in state.languages]
    return [SelectChoice(code, language_name(code)) for code in free]
