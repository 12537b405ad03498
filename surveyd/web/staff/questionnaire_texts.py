"""The texts of a questionnaire by page and language, with a preview that follows the typing.

Only what was changed is saved; who changed the same text meanwhile is not overwritten unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, NotFound
from surveyd.base.services import services
from surveyd.distribution.questionnaire_edits import (
    Meanwhile,
    Overtaken,
    find_edit,
    working_state,
    write_texts,
)
from surveyd.forms.definition import Questionnaire
from surveyd.forms.editing import beside, text_places, with_texts
from surveyd.forms.paths import Route
from surveyd.forms.translations import Spoken, spoken
from surveyd.forms.wording import wording
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.questionnaire_frames import (
    SCORES,
    Wish,
    drawn,
    first_answers,
    framed_page,
    persona_of,
)
from surveyd.web.staff.questionnaire_text_fields import TextField, text_fields
from surveyd.web.staff.questionnaire_words import part_named, place_named, text_named

TYPED, SEEN, KEPT = "text.", "seen.", "kept."
"""What the names of the fields begin with: what is typed, what stood there when the form was drawn, and what
was typed for a question that is not asked any more."""
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class TextsPage:
    """The texts of one page in one language. `page` is empty for the questionnaire's own title."""

    slug: str
    questionnaire: Questionnaire
    page: str
    language: str
    fields: list[TextField]
    languages: tuple[Spoken, ...]
    is_edited: bool
    problem: str = ""
    rest: list[str] = field(default_factory=list)
    orphans: Mapping[str, str] = field(default_factory=dict)
    longest: int = LONGEST
    saved: bool = False

    @property
    def is_source(self) -> bool:
        return self.language == self.questionnaire.languages[0]

    @property
    def spoken(self) -> Spoken:
        """The language at hand."""
        return next(each for each in self.languages if each.language == self.language)

    @property
    def direction(self) -> str:
        """The way in which the language is written."""
        return wording(self.language).direction

    @property
    def pages(self) -> list[tuple[str, str, int]]:
        """The pages by id and title, with how many texts each lacks in this language."""
        lacking = [place.page for place in self.spoken.missing]
        first = self.questionnaire.languages[0]
        titles = [(page.id, self.questionnaire.said(page.title, first)) for page in self.questionnaire.pages]
        return [(name, title, lacking.count(name)) for name, title in [("", _("Title")), *titles]]

    @property
    def groups(self) -> list[tuple[str, list[TextField]]]:
        """The fields as the form has them: what is missing comes first."""
        missing = [each for each in self.fields if each.is_missing]
        rest = [each for each in self.fields if not each.is_missing]
        named = [(_("Missing"), missing), (_("Translated") if missing else "", rest)]
        return [(name, fields) for name, fields in named if fields]


@bp.get("/questionnaires/<slug>/edit/texts")
def edit_texts(slug: str) -> str:
    """The form of one page in one language."""
    with reading() as session:
        return _draw(session, slug, saved="saved" in request.args)


@bp.post("/questionnaires/<slug>/edit/texts")
def save_texts(slug: str) -> Answer | tuple[str, int]:
    """Save what was changed; what cannot stand, or would overwrite somebody, is shown with what was typed."""
    seen = _sent(SEEN)
    # What was not touched is no act of this person's: somebody else's newer text stands.
    typed = {path: text for path, text in _sent(TYPED).items() if text != seen.get(path, "")}
    language = request.args.get("language", "")
    too_long = _too_long(typed)
    if too_long:
        with reading() as session:
            return _draw(session, slug, typed=typed, wrong=too_long), 422
    try:
        with writing() as session:
            write_texts(
                session,
                slug,
                typed,
                language=_known(working_state(session, slug), language),
                seen=seen,
                by=reader().user_id,
                now=services().clock.now(),
            )
    except BadFile as bad:
        with reading() as session:
            found = beside(working_state(session, slug), bad.faults)
            return _draw(session, slug, typed=typed, wrong=found[0], rest=found[1]), 422
    except NotFound:
        with reading() as session:
            if not _orphans(working_state(session, slug), typed):
                raise
            said = _(
                "A question that you wrote for was left out meanwhile. Nothing is saved yet: keep its text, "
                "then save the others."
            )
            return _draw(session, slug, typed=typed, problem=said), 409
    except Meanwhile as meanwhile:
        with reading() as session:
            said = _(
                "Somebody else changed the same texts meanwhile. Nothing is saved yet: compare, then save."
            )
            return _draw(session, slug, typed=typed, theirs=meanwhile.theirs, problem=said), 409
    except Overtaken:
        with reading() as session:
            said = _("Somebody else saved in the same moment. Nothing is lost: save once more.")
            return _draw(session, slug, typed=typed, problem=said), 409
    page = request.args.get("page") or None
    return redirect(url_for("staff.edit_texts", slug=slug, page=page, language=language, saved="yes"), 303)


@bp.get("/questionnaires/<slug>/edit/preview")
def show_texts(slug: str) -> Response:
    """The page with the texts as they are saved, for the frame beside the form."""
    return _preview(slug, {})


@bp.post("/questionnaires/<slug>/edit/preview")
def preview_texts(slug: str) -> Response:
    """The page with the texts as they are typed, for the frame beside the form; nothing is saved."""
    return _preview(slug, _sent(TYPED))


def _preview(slug: str, typed: Mapping[str, str]) -> Response:
    with reading() as session:
        state = working_state(session, slug)
        language = _known(state, request.args.get("language", ""))
        persona = persona_of(session, state, Wish(language=language))
    try:
        shown = with_texts(state, language, typed)
    except BadFile as bad:
        by_path, rest = beside(state, bad.faults)
        places = {place.path: place for place in text_places(state)}
        found = [(place_named(places[path], state), said) for path, said in by_path.items()]
        html = render_template(
            "staff/questionnaire_faults.html", faults=[*found, *(("", one) for one in rest)]
        )
        return framed_page(html, 422)
    score = first_answers(shown, Wish(score=request.form.get("score", "")))
    # All pages and items, whoever would see them: what is written is what is shown.
    route = Route(shown, shown.whole, {}, score)
    here = request.args.get("page", "") or shown.pages[0].id
    return framed_page(drawn(route, here, persona=persona, language=language, action=""))


def _draw(
    session: Session,
    slug: str,
    *,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    theirs: Mapping[str, str] | None = None,
    rest: list[str] | None = None,
    problem: str = "",
    saved: bool = False,
) -> str:
    state = working_state(session, slug)
    language, here = request.args.get("language", ""), request.args.get("page", "")
    orphans = _sent(KEPT) | _orphans(state, typed or {})
    if orphans:
        # Where the page or the language went too, there is still a form to show the words on.
        language = language if language in state.languages else ""
        here = here if here in {page.id for page in state.pages} else ""
    language = _known(state, language)
    if here and here not in {page.id for page in state.pages}:
        raise NotFound("page of the questionnaire", here)
    first = state.languages[0]
    fields = text_fields(state, language, typed=typed or {}, wrong=wrong or {}, theirs=theirs or {})
    page = TextsPage(
        slug=slug,
        questionnaire=state,
        page=here,
        language=language,
        # An optional text that is not there in the first language is nothing to translate.
        fields=[
            each
            for each in fields
            if each.place.page == here and (language == first or each.source or each.typed != each.now)
        ],
        languages=spoken(state),
        is_edited=find_edit(session, slug) is not None,
        problem=problem,
        rest=rest or [],
        orphans=orphans,
        saved=saved,
    )
    return render_template(
        "staff/questionnaire_texts.html",
        page=page,
        text_named=text_named,
        part_named=part_named,
        scores=SCORES,
    )


def _too_long(typed: Mapping[str, str]) -> dict[str, str]:
    return {
        path: _(
            "Shorten it to %(most)s characters; it has %(many)s.",
            most=number(LONGEST),
            many=number(len(text)),
        )
        for path, text in typed.items()
        if len(text) > LONGEST
    }


def _orphans(state: Questionnaire, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, by path, for texts that are not there any more; all of it for such a language."""
    is_spoken = request.args.get("language", "") in ("", *state.languages)
    there = {place.path for place in text_places(state)} if is_spoken else set()
    return {path: text for path, text in typed.items() if path not in there}


def _known(state: Questionnaire, language: str) -> str:
    """The language of the address, else the first one. Raises NotFound for one that it does not have."""
    if language and language not in state.languages:
        raise NotFound("language of the questionnaire", language)
    return language or state.languages[0]


def _sent(prefix: str) -> dict[str, str]:
    """The texts of the form by path, with the line ends of a file."""
    return {
        name.removeprefix(prefix): text.replace("\r\n", "\n").strip()
        for name, text in request.form.items()
        if name.startswith(prefix)
    }
