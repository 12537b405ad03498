"""One page of a questionnaire, shown and taken: for respondents, and for staff who fill it in on the phone.

`show` reads. `take` writes inside the caller's transaction, and `answer` turns what was taken
into the HTTP answer after the commit. Who may do so, and through which door, is the caller's affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from urllib.parse import urlencode

from flask import Flask, Response, current_app, redirect
from jinja2 import Environment
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from surveyd.base.database import Rows
from surveyd.closed_loop.corrections import correct
from surveyd.closed_loop.intake import Office, submit
from surveyd.distribution.models import WaveKind
from surveyd.forms.conditions import Facts
from surveyd.forms.definition import Answer, Answers, Page, Questionnaire
from surveyd.forms.fields import Problem, kind_of
from surveyd.forms.loading import from_data
from surveyd.forms.notices import NOTHING, Notice, Notices
from surveyd.forms.pages import CompiledForm, Sight
from surveyd.forms.paths import Route, route_of
from surveyd.forms.turns import KEEP, PAGE, turn, way_of
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import Link, definition_of, save_page
from surveyd.responses.shown_versions import as_shown
from surveyd.results.scores import key_of
from surveyd.web.beside import after_of, heading_of, way_out

EXTENSION = "surveyd.forms"
KEPT_FORMS = 64
VERSION = "version-shown"
"""The field that carries the version of the page's questionnaire; its name can be no item's."""
SEEN = "Survey-Seen"
"""The header of a saved page that stays open, with what its view shows from now on."""


@dataclass(frozen=True, slots=True)
class Door:
    """The way in: the form's address, the channel, and what an interviewer's page adds to the form."""

    action: str
    channel: AnswerChannel = AnswerChannel.WEB
    interviewer_id: int | None = None
    hidden: Markup = field(default_factory=Markup)
    heading: Markup = field(default_factory=Markup)
    aside: Markup = field(default_factory=Markup)
    personal: str = ""
    """The address of the personal link, for what its person may do besides answering; empty for others."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a POST came to: a receipt, a page with problems, or the page to go to.

    `seen` is there when the page was only saved: the marks that its open view carries from now on.
    """

    link: Link
    questionnaire: Questionnaire
    language: str
    page: Page | None = None
    problems: Mapping[str, Problem] = field(default_factory=dict)
    receipt: str = ""
    seen: str | None = None


@dataclass(slots=True)
class Forms:
    """The compiled forms and notices of one app."""

    environment: Environment
    notices: Notices
    _compiled: dict[tuple[str, str], CompiledForm] = field(default_factory=dict)
    _versions: dict[str, Questionnaire] = field(default_factory=dict)

    def questionnaire(self, rows: Rows, link: Link) -> Questionnaire:
        """The version that the link's answers belong to; one new to this process is read and kept."""
        found = self._versions.get(link.digest)
        if found is None:
            if len(self._versions) >= KEPT_FORMS:
                self._versions.clear()
                self._compiled.clear()
            found = self._versions[link.digest] = from_data(definition_of(rows, link.version_id))
            # What it measures is worked out here too, so that no submit has to read the version again.
            key_of(found)
        return found

    def compiled(self, questionnaire: Questionnaire, language: str) -> CompiledForm:
        """The questionnaire's compiled pages in one of its languages."""
        key = (questionnaire.digest, language)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = CompiledForm(questionnaire, language, self.environment)
        return found


def open_forms(app: Flask) -> None:
    """Hang the compiled forms on `app`; nothing is compiled until it is asked for."""
    environment = app.jinja_env.overlay(trim_blocks=True, lstrip_blocks=True)
    app.extensions[EXTENSION] = Forms(environment, Notices(environment))


def forms() -> Forms:
    """The compiled forms of the current app."""
    return cast(Forms, current_app.extensions[EXTENSION])


def show(
    rows: Rows, link: Link, *, door: Door, asked: Mapping[str, str], typed: Route | None = None
) -> Response:
    """The page where the person left off, or the one `asked` for by `page`; a notice when there is none.

    `score` fills in the recommendation, in the page only: nothing is recorded. `typed` is the way to show
    in place of the saved one when the answers could not be saved.
    """
    questionnaire = forms().questionnaire(rows, link)
    language = questionnaire.language(asked.get("lang"), link.language)
    if link.is_sent or not link.takes_answers:
        return _ended(link, questionnaire, language, door=door)
    score = _score(questionnaire, asked.get("score", ""), link.answers)
    route = typed or route_of(questionnaire, {**link.answers, **score}, facts_of(link, door))
    page = route.named(asked.get("page") or link.page).page
    if score:
        page = next(page for page in questionnaire.pages if any(item.id in score for item in page.items))
    return _page(route, link, page, language=language, door=door)


def take(
    rows: Rows, link: Link, *, door: Door, sent: MultiDict[str, str], now: datetime, office: Office
) -> Taken:
    """Save the page that was `sent`, and hand the answers in when the person asked for that.

    A page with a problem is saved all the same. Going back never asks for what is missing.
    """
    opened, link = link, as_shown(rows, link, sent.get(VERSION, ""))
    questionnaire = forms().questionnaire(rows, link)
    way, switched = way_of(sent)
    language = questionnaire.language(switched, sent.get("lang"), link.language)
    if link.is_sent or not link.takes_answers:
        return Taken(link, questionnaire, language, receipt=link.receipt)
    came = turn(questionnaire, link.answers, facts_of(link, door), at=link.page, sent=sent)
    if PAGE not in sent:
        return Taken(link, questionnaire, language, came.target)
    # A draft keeps the version that was shown, where it is another one by now.
    if came.target is None and not link.saves and link is opened:
        saved = replace(link, answers=came.after.answers)
    else:
        answers = came.reading.answers
        saved = save_page(rows, link, answers=answers, page=came.place, channel=door.channel, now=now)
    if came.target is None and not saved.is_sent:
        route = route_of(questionnaire, saved.answers, facts_of(saved, door))
        return _send(rows, saved, route, language=language, door=door, now=now, office=office)
    seen = came.seen if way == KEEP else None
    return Taken(saved, questionnaire, language, came.target, came.problems, saved.receipt, seen)


def answer(taken: Taken, *, door: Door) -> AnyResponse:
    """The HTTP answer: thanks with the receipt, the page with its problems, or the way to the next page.

    A page that was only saved while it stays open gets no page: 204, and its marks in a header.
    """
    link, questionnaire, page = taken.link, taken.questionnaire, taken.page
    if taken.receipt or page is None:
        told = Notice.CORRECTED if link.corrects and not link.is_sent else Notice.THANKS
        ended = replace(link, receipt=taken.receipt, corrects=False)
        return _ended(ended, questionnaire, taken.language, door=door, told=told)
    if taken.seen is not None:
        return Response(status=204, headers={SEEN: taken.seen})
    if taken.problems:
        route = route_of(questionnaire, link.answers, facts_of(link, door))
        response = _page(route, link, page, language=taken.language, door=door, problems=taken.problems)
        response.status_code = 422
        return response
    asked = {"page": page.id}
    if taken.language != questionnaire.language(link.language):
        asked["lang"] = taken.language
    sign = "&" if "?" in door.action else "?"
    return redirect(f"{door.action}{sign}{urlencode(asked)}", 303)


def facts_of(link: Link, door: Door) -> Facts:
    """What the questionnaire's conditions may ask about the person at this door.

    What was sent goes on by the way it came, whoever reads or corrects it where.
    """
    channel = link.channel or door.channel
    return Facts(role=link.role, region=link.region, tier=link.tier, channel=channel.value)


def _send(
    rows: Rows,
    link: Link,
    route: Route,
    *,
    language: str,
    door: Door,
    now: datetime,
    office: Office,
) -> Taken:
    facts = (rows, link.invitation_id)
    said, by = route.counted, door.interviewer_id
    if link.corrects:
        done = correct(*facts, answers=said, channel=door.channel, now=now, office=office, by=by)
        return Taken(link, route.questionnaire, language, receipt=done.receipt)
    receipt = submit(*facts, answers=said, channel=door.channel, given_at=now, now=now, office=office, by=by)
    return Taken(link, route.questionnaire, language, receipt=receipt.number)


def _score(questionnaire: Questionnaire, score: str, answers: Answers) -> dict[str, Answer]:
    """The recommendation that a number in the mail stands for, unless it is the saved one."""
    item = questionnaire.recommendation
    answer = kind_of(item).choices(item).get(score) if item else None
    if item is None or answer is None or answers.get(item.id) == answer:
        return {}
    return {item.id: answer}


def _page(
    route: Route,
    link: Link,
    page: Page,
    *,
    language: str,
    door: Door,
    problems: Mapping[str, Problem] | None = None,
) -> Response:
    names = {"company": link.company, "contact": link.contact, "account": link.account}
    is_own = language == route.questionnaire.language(link.language)
    sight = Sight(
        door.action,
        names,
        link.invitation_id,
        door.hidden,
        door.heading or heading_of(link, language),
        door.aside or way_out(link, language, personal=door.personal, is_own=is_own),
        stored=link.answers,
        seconds=link.seconds,
    )
    compiled = forms().compiled(route.questionnaire, language)
    # Another tab may have hidden the page meanwhile.
    html = compiled.render(route.named(page.id).page, route, sight=sight, problems=problems or {})
    return Response(html, mimetype="text/html")


def _ended(
    link: Link,
    questionnaire: Questionnaire,
    language: str,
    *,
    door: Door,
    told: Notice = Notice.THANKS,
) -> Response:
    if door.personal and link.wave_kind is WaveKind.STANDING:
        told = Notice.SOLVED
    notice, status = (told, 200) if link.is_sent else (Notice.CLOSED, 410)
    html = forms().notices.render(
        notice,
        language,
        offered=questionnaire.languages,
        company=link.company,
        receipt=link.receipt,
        heading=door.heading,
        personal=door.personal,
        after=after_of(link, questionnaire) if door.personal else NOTHING,
    )
    return Response(html, status, mimetype="text/html")
