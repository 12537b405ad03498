"""Writing the letter: one text for each audience and language, and the actions that it tells of."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import services
from surveyd.closed_loop import letters
from surveyd.closed_loop.action_lists import ActionLine, every_action
from surveyd.closed_loop.letter_texts import LONGEST_SUBJECT, Content, Variant, checked
from surveyd.closed_loop.models import Audience, Letter, LetterState
from surveyd.distribution import waves
from surveyd.distribution.mails import LANGUAGES
from surveyd.web.access import reader
from surveyd.web.staff.actions import STATUS_NAMES
from surveyd.web.staff.frame import bp
from surveyd.web.staff.letter_words import AUDIENCES

LONGEST_BODY = 20_000


class TextForm(Form):
    """One text. Paragraphs stand apart by empty lines."""

    subject = StringField(
        validators=[
            InputRequired(lazy_gettext("Write a subject.")),
            Length(max=LONGEST_SUBJECT, message=lazy_gettext("Shorten the subject to 200 characters.")),
        ]
    )
    body = TextAreaField(
        validators=[
            InputRequired(lazy_gettext("Write one paragraph at least.")),
            Length(max=LONGEST_BODY, message=lazy_gettext("Shorten the letter.")),
        ]
    )
    signature = TextAreaField(validators=[InputRequired(lazy_gettext("Say who signs the letter."))])


@dataclass(frozen=True, slots=True)
class EditPage:
    """One text of the letter in its form; `problem` says what cannot stand in it."""

    wave_id: int
    wave: str
    content: Content
    audience: Audience
    language: str
    form: TextForm
    actions: list[ActionLine]
    problem: str

    @property
    def chosen(self) -> set[int]:
        """The actions that the letter tells of."""
        return {point.action_id for point in self.content.points}

    @property
    def is_written(self) -> bool:
        """Whether this audience has a text of its own in this language."""
        return self.has(self.audience, self.language)

    @property
    def may_drop(self) -> bool:
        """Whether this text may be taken away: everybody needs one."""
        texts = [text for text in self.content.variants if text.audience is Audience.DEFAULT]
        return self.is_written and (self.audience is not Audience.DEFAULT or len(texts) > 1)

    def has(self, audience: Audience, language: str) -> bool:
        """Whether there is such a text."""
        return any(text.key == (audience.value, language) for text in self.content.variants)


@bp.get("/waves/<id:wave_id>/letter/edit")
def edit_letter(wave_id: int) -> str:
    """The form of one text: that of `audience` in `language`."""
    audience, language = _which()
    with reading() as session:
        letter = _letter(session, wave_id)
        text = letters.text_of(session, letter, audience=audience, language=language)
        form = TextForm(
            data={
                "subject": text.subject,
                "body": "\n\n".join(text.paragraphs),
                "signature": text.signature,
            }
        )
        return _draw(session, wave_id, letter, form)


@bp.post("/waves/<id:wave_id>/letter/edit")
def write_letter(wave_id: int) -> Response | tuple[str, int]:
    """Keep one text."""
    audience, language = _which()
    form, text, problem = TextForm(request.form), None, ""
    if form.validate():
        try:
            text = checked(_text(form, audience, language))
        except Refused as error:
            problem = str(error)
    if text is None:
        with reading() as session:
            return _draw(session, wave_id, _letter(session, wave_id), form, problem), 422
    with writing() as session:
        now = services().clock.now()
        letters.write_text(session, _letter(session, wave_id), text, by=reader().user_id, now=now)
    return _back(wave_id, audience, language)


@bp.post("/waves/<id:wave_id>/letter/drop")
def drop_letter_text(wave_id: int) -> Response:
    """Take one text away; its readers get that for everybody."""
    audience, language = _which()
    with writing() as session:
        letters.drop_text(
            session,
            _letter(session, wave_id),
            audience=audience,
            language=language,
            by=reader().user_id,
            now=services().clock.now(),
        )
    return _back(wave_id, Audience.DEFAULT, language)


@bp.post("/waves/<id:wave_id>/letter/actions")
def choose_letter_actions(wave_id: int) -> Response:
    """Tell of the actions that are ticked, in the order in which they are listed."""
    audience, language = _which()
    chosen = [int(one) for one in request.form.getlist("action") if one.isascii() and one.isdigit()]
    with writing() as session:
        now = services().clock.now()
        letters.choose_actions(session, _letter(session, wave_id), chosen, by=reader().user_id, now=now)
    return _back(wave_id, audience, language)


def _which() -> tuple[Audience, str]:
    """Whose text, in which language. Raises NotFound for one that there cannot be."""
    audience = request.args.get("audience", Audience.DEFAULT.value)
    language = request.args.get("language", next(iter(LANGUAGES)))
    if audience not in set(Audience) or language not in LANGUAGES:
        raise NotFound("text of a letter", audience)
    return Audience(audience), language


def _letter(session: Session, wave_id: int) -> Letter:
    letter = letters.find_letter(session, waves.get_wave(session, wave_id))
    if letter.state not in (LetterState.DRAFT, LetterState.APPROVED):
        raise Refused("The letter is on its way or was sent; it stays as it was approved.")
    return letter


def _text(form: TextForm, audience: Audience, language: str) -> Variant:
    body = (form.body.data or "").replace("\r\n", "\n").replace("\r", "\n")
    blocks = "\n".join(line.strip() for line in body.split("\n")).split("\n\n")
    return Variant(audience, language, form.subject.data or "", tuple(blocks), form.signature.data or "")


def _draw(session: Session, wave_id: int, letter: Letter, form: TextForm, problem: str = "") -> str:
    audience, language = _which()
    page = EditPage(
        wave_id=wave_id,
        wave=waves.get_wave(session, wave_id).slug,
        content=letters.content_now(session, letter),
        audience=audience,
        language=language,
        form=form,
        actions=every_action(session, scope=reader().scope),
        problem=problem,
    )
    return render_template(
        "staff/letter_edit.html",
        page=page,
        audiences=AUDIENCES,
        languages=list(LANGUAGES),
        status_names=STATUS_NAMES,
    )


def _back(wave_id: int, audience: Audience, language: str) -> Response:
    where = url_for("staff.edit_letter", wave_id=wave_id, audience=audience.value, language=language)
    return redirect(where, 303)
