"""The pages of an open link, drawn: questions in its own voice, the guard against spam, and its notices."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from flask import Flask, Response, current_app
from jinja2 import Environment
from markupsafe import Markup, escape

from surveyd.base.database import Rows
from surveyd.forms.conditions import Answers, Facts
from surveyd.forms.definition import Page, Questionnaire
from surveyd.forms.fields import Problem
from surveyd.forms.fragments import Fragment, slot
from surveyd.forms.loading import from_data
from surveyd.forms.notices import Notice, Notices
from surveyd.forms.open_wording import gone_voice, open_voice, open_wording, told_voice, with_contact_page
from surveyd.forms.pages import CompiledForm, Sight
from surveyd.forms.paths import Route
from surveyd.forms.texts import missing
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import definition_of
from surveyd.responses.open_visits import OpenDoor, Visit

EXTENSION = "surveyd.open_forms"
KEPT_FORMS = 64
FACTS = Facts(channel=AnswerChannel.OPEN.value)
"""What conditions may ask about somebody who came through an open link: nobody knows who it is."""


@dataclass(slots=True)
class OpenForms:
    """The compiled forms and notices of open links, of one app."""

    environment: Environment
    notices: Notices
    told: Notices
    gone: Notices
    _compiled: dict[tuple[str, str], CompiledForm] = field(default_factory=dict)
    _versions: dict[str, Questionnaire] = field(default_factory=dict)
    _guards: dict[str, Fragment] = field(default_factory=dict)

    def questionnaire(self, rows: Rows, visit: Visit) -> Questionnaire:
        """The version that the visit's answers belong to, with the page that asks who it is."""
        found = self._versions.get(visit.digest)
        if found is None:
            if len(self._versions) >= KEPT_FORMS:
                self._versions.clear()
                self._compiled.clear()
            plain = from_data(definition_of(rows, visit.version_id))
            found = self._versions[visit.digest] = with_contact_page(_complete(plain))
        return found

    def compiled(self, questionnaire: Questionnaire, language: str) -> CompiledForm:
        """The questionnaire's compiled pages in one of its languages."""
        key = (questionnaire.digest, language)
        if key not in self._compiled:
            self._compiled[key] = CompiledForm(questionnaire, language, self.environment, open_voice)
        return self._compiled[key]

    def guard(self, language: str, issued: str) -> Markup:
        """What the first page carries against spam: when it was made, and a field that people leave empty."""
        if language not in self._guards:
            template = self.environment.get_template("respond/open_guard.html")
            self._guards[language] = Fragment(template.render(slot=slot, trap=open_wording(language).trap))
        return self._guards[language].fill({"issued": escape(issued)})

    def word(self, said: str) -> Markup:
        """A word above the page, for somebody who has to press once more."""
        template = self.environment.get_template("respond/open_word.html")
        return Markup(template.render(said=said))  # noqa: S704  # a template of ours, escaped


def _complete(questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire in its first language and in those that lack no text: nobody is asked half of it."""
    first, *others = questionnaire.languages
    whole = (first, *(language for language in others if not missing(questionnaire, language)))
    return replace(questionnaire, languages=whole)


def open_open_forms(app: Flask) -> None:
    """Hang the forms of open links on `app`; nothing is compiled until it is asked for."""
    environment = app.jinja_env.overlay(trim_blocks=True, lstrip_blocks=True)
    notices, told, gone = (Notices(environment, voice) for voice in (open_voice, told_voice, gone_voice))
    app.extensions[EXTENSION] = OpenForms(environment, notices, told, gone)


def open_forms_of_app() -> OpenForms:
    """The forms of open links of the current app."""
    return cast(OpenForms, current_app.extensions[EXTENSION])


@dataclass(frozen=True, slots=True)
class View:
    """One page to show: on which way, in which language, to what address it is sent, and what stands around.

    `visit` is what is saved; the route may have answers besides that could not be.
    """

    door: OpenDoor
    visit: Visit
    route: Route
    page: Page
    language: str
    action: str
    hidden: Markup = field(default_factory=Markup)
    heading: Markup = field(default_factory=Markup)
    problems: Mapping[str, Problem] = field(default_factory=dict)


def draw(view: View, *, status: int = 200) -> Response:
    """The page as HTML."""
    names = {"company": view.door.company, "contact": "", "account": ""}
    stored: Answers = view.visit.answers
    sight = Sight(view.action, names, view.visit.id, view.hidden, view.heading, stored=stored)
    compiled = open_forms_of_app().compiled(view.route.questionnaire, view.language)
    # Another tab may have hidden the page meanwhile.
    html = compiled.render(
        view.route.named(view.page.id).page, view.route, sight=sight, problems=view.problems
    )
    return Response(html, status, mimetype="text/html")


def thanks(door: OpenDoor, visit: Visit, language: str, offered: tuple[str, ...]) -> Response:
    """The receipt; of an anonymous link without a number, since nothing is kept that it could lead to."""
    forms, company = open_forms_of_app(), door.company
    if door.is_anonymous:
        # A repeat finds no visit that could say which languages there are.
        html = forms.told.render(Notice.CLOSED, language, company=company)
    else:
        html = forms.notices.render(
            Notice.THANKS, language, offered=offered, company=company, receipt=visit.receipt
        )
    return Response(html, mimetype="text/html")


def gone(door: OpenDoor, language: str) -> Response:
    """What somebody reads at the address of anonymous answers that are no longer there."""
    html = open_forms_of_app().gone.render(Notice.CLOSED, language, company=door.company)
    return Response(html, 410, mimetype="text/html")


def closed(door: OpenDoor, language: str) -> Response:
    """What a link says that is switched off."""
    html = open_forms_of_app().notices.render(Notice.CLOSED, language, company=door.company)
    return Response(html, 410, mimetype="text/html")


def unknown(language: str, *, wait: bool, company: str = "") -> Response:
    """What an address says that leads nowhere; `wait` when too many of them were tried."""
    notice, status = (Notice.WAIT, 429) if wait else (Notice.UNKNOWN, 404)
    html = open_forms_of_app().notices.render(notice, language, company=company)
    response = Response(html, status, mimetype="text/html")
    if wait:
        response.headers["Retry-After"] = "60"
    return response
