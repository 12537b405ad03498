"""Open links: feedback that nobody asked for by name. No sign-in, no cookie, no third party against spam.

Opening changes nothing. The first page that is sent begins a visit with an address of its own, where it can
be gone on with. What looks like spam is kept and marked, never thrown away, and a page that was sent too
quickly comes back with every word on it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, redirect, request
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from surveyd.base.database import reading_rows, writing_rows
from surveyd.base.services import services
from surveyd.forms.definition import Questionnaire
from surveyd.forms.open_wording import open_wording, who_of
from surveyd.forms.paths import route_of
from surveyd.forms.turns import KEEP, STAY, Turn, turn, way_of
from surveyd.forms.wording import nearest
from surveyd.responses import open_spent, open_visits
from surveyd.responses.open_visits import OpenDoor, Visit, find_door, find_visit, fresh_visit
from surveyd.web import open_guard, open_pages
from surveyd.web.answering import SEEN
from surveyd.web.limits import MOST_VISITS, WRONG_LINKS, client_address, guesses
from surveyd.web.open_pages import FACTS, View, draw, open_forms_of_app, open_open_forms

bp = Blueprint("open", __name__)


@dataclass(frozen=True, slots=True)
class Came:
    """What a POST came to: the visit as it is now, its turn, and the address that leads to it."""

    door: OpenDoor
    visit: Visit
    turn: Turn | None
    language: str
    action: str
    offered: tuple[str, ...]
    told: bool = False
    """True when anonymous answers have been sent."""


def open_open_links(app: Flask) -> None:
    """Serve open links on `app`."""
    open_open_forms(app)
    app.register_blueprint(bp)


@bp.get("/o/<token>", endpoint="show")
def show_first(token: str) -> AnyResponse:
    """The first page; nothing is kept until it is sent."""
    with reading_rows() as rows:
        door = find_door(rows, token)
        if door is None:
            return _wrong_link()
        if not door.active:
            return open_pages.closed(door, _wished())
        visit = fresh_visit(door, language="")
        questionnaire = open_forms_of_app().questionnaire(rows, visit)
    language = _language(questionnaire, door)
    route = route_of(questionnaire, {}, FACTS)
    hidden = open_forms_of_app().guard(language, open_guard.issue())
    page = route.named(request.args.get("page", "")).page
    return draw(View(door, visit, route, page, language, f"/o/{token}", hidden))


@bp.post("/o/<token>", endpoint="begin")
def take_first(token: str) -> AnyResponse:
    """Begin a visit with the first page, unless it came too quickly or far too many come from one address."""
    with reading_rows() as rows:
        door = find_door(rows, token)
        if door is None:
            return _wrong_link()
        if not door.active:
            return open_pages.closed(door, _wished())
        visit = fresh_visit(door, language="")
        questionnaire = open_forms_of_app().questionnaire(rows, visit)
    if way_of(request.form)[0] == KEEP:
        # Saved while typing: before the person presses anything, nothing is kept.
        return Response(status=204, headers={SEEN: ""})
    language = _language(questionnaire, door)
    came = turn(questionnaire, {}, FACTS, at="", sent=request.form)
    view = View(door, replace(visit, language=language), came.after, came.page, language, f"/o/{token}")
    return _not_yet(view) or _answer(_begin(view, came))


def _not_yet(view: View) -> Response | None:
    """The page again, as it was filled in, for whom a visit is not begun yet; None to go on."""
    way, switched = way_of(request.form)
    words = open_wording(view.language)
    if way == STAY and switched:
        return _again(view, "", 200)
    if open_guard.is_quick():
        return _again(view, words.once_more, 422)
    if not guesses().count(MOST_VISITS, client_address()):
        return _again(view, words.many, 429)
    return None


def _begin(view: View, came: Turn) -> Came:
    """Keep the first page, and hand the answers in where it is the only one."""
    door, questionnaire, now = view.door, view.route.questionnaire, services().clock.now()
    keys, suspicion = services().keys, open_guard.suspicion(door)
    nonce = open_guard.nonce()
    mark = open_spent.mark_of(keys, door.id, nonce, came.reading.answers) if nonce else ""
    with writing_rows() as rows:
        spent_on = open_spent.spend(rows, mark, today=now.date()) if mark else None
        if spent_on:
            token = open_visits.visit_token(keys, door.id, mark, day=spent_on)
            return _begun_before(rows, view, came, token, now=now)
        begun = open_visits.begin(
            rows,
            door,
            answers=came.reading.answers,
            page=came.place,
            language=view.language,
            suspicion=suspicion,
            keys=keys,
            now=now,
            mark=mark,
        )
        action = f"{view.action}/{begun.token}"
        taken = Came(door, begun.visit, came, view.language, action, questionnaire.languages)
        return _hand_in(rows, taken, questionnaire, now=now)


def _begun_before(rows: Connection, view: View, came: Turn, token: str, *, now: datetime) -> Came:
    """The same press on the same first page: it leads to the visit that the first one has begun."""
    visit, questionnaire = find_visit(rows, view.door.id, token), view.route.questionnaire
    taken = Came(
        view.door, visit or view.visit, came, view.language, f"{view.action}/{token}", questionnaire.languages
    )
    # Anonymous answers that were sent leave no visit.
    return replace(taken, told=True) if visit is None else _hand_in(rows, taken, questionnaire, now=now)


@bp.get("/o/<token>/<visit_token>", endpoint="visit")
def show_visit(token: str, visit_token: str) -> AnyResponse:
    """The page where the person left off, their thanks once the answers are sent, or a helpful notice."""
    with reading_rows() as rows:
        door = find_door(rows, token)
        if door is None:
            return _wrong_link()
        visit = find_visit(rows, door.id, visit_token)
        if visit is None:
            return _no_visit(door, visit_token)
        questionnaire = open_forms_of_app().questionnaire(rows, visit)
    language = questionnaire.language(request.args.get("lang"), visit.language)
    if visit.receipt:
        return open_pages.thanks(door, visit, language, questionnaire.languages)
    route = route_of(questionnaire, visit.answers, FACTS)
    page = route.named(request.args.get("page") or visit.page).page
    return draw(View(door, visit, route, page, language, f"/o/{token}/{visit_token}"))


@bp.post("/o/<token>/<visit_token>", endpoint="take")
def take_page(token: str, visit_token: str) -> AnyResponse:
    """Save the page and go on, back, or hand the answers in. A link that was switched off lets one finish."""
    # Read before the transaction begins: on SQLite others wait for it.
    sent, now, taken = request.form, services().clock.now(), None
    with reading_rows() as rows:
        door = find_door(rows, token)
    if door is None:
        return _wrong_link()
    with writing_rows() as rows:
        visit = find_visit(rows, door.id, visit_token)
        if visit is not None:
            taken = _take(rows, door, visit, sent=sent, action=f"/o/{token}/{visit_token}", now=now)
    return _no_visit(door, visit_token) if taken is None else _answer(taken)


def _take(
    rows: Connection,
    door: OpenDoor,
    visit: Visit,
    *,
    sent: MultiDict[str, str],
    action: str,
    now: datetime,
) -> Came | None:
    """Save one page of a visit; None when its answers were sent to where nothing leads back."""
    questionnaire = open_forms_of_app().questionnaire(rows, visit)
    _, switched = way_of(sent)
    language = questionnaire.language(switched, sent.get("lang"), visit.language)
    if visit.receipt:
        return Came(door, visit, None, language, action, questionnaire.languages)
    came = turn(questionnaire, visit.answers, FACTS, at=visit.page, sent=sent)
    saved = open_visits.save_page(
        rows, visit, answers=came.reading.answers, page=came.place, language=language, now=now
    )
    if saved is None:
        return None
    taken = Came(door, saved, came, language, action, questionnaire.languages)
    return _hand_in(rows, taken, questionnaire, now=now)


def _hand_in(rows: Connection, came: Came, questionnaire: Questionnaire, *, now: datetime) -> Came:
    """Send the answers if the person asked for that and nothing is missing."""
    door, visit = came.door, came.visit
    if visit.receipt or came.turn is None or came.turn.target is not None:
        return came
    route = route_of(questionnaire, visit.answers, FACTS)
    if door.is_anonymous:
        today = now.date()
        open_visits.send_anonymously(rows, door, visit, answers=route.counted, today=today)
        return replace(came, told=True)
    who = who_of(questionnaire, route.counted)
    receipt = open_visits.send(rows, visit, answers=route.counted, who=who, now=now)
    return replace(came, visit=replace(visit, receipt=receipt))


def _answer(came: Came) -> AnyResponse:
    """The HTTP answer after the commit: thanks, the page with its problems, or the way to the next page."""
    if came.told or came.visit.receipt or came.turn is None or came.turn.target is None:
        return open_pages.thanks(came.door, came.visit, came.language, came.offered)
    if way_of(request.form)[0] == KEEP:
        return Response(status=204, headers={SEEN: came.turn.seen})
    page = came.turn.target
    if came.turn.problems:
        route = route_of(came.turn.after.questionnaire, came.visit.answers, FACTS)
        view = View(came.door, came.visit, route, page, came.language, came.action)
        return draw(replace(view, problems=came.turn.problems), status=422)
    asked = {"page": page.id}
    if came.language != came.visit.language:
        asked["lang"] = came.language
    return redirect(f"{came.action}?{urlencode(asked)}", 303)


def _again(view: View, said: str, status: int) -> Response:
    """The page as it was sent, with the same time of issue: the second press comes late enough."""
    forms = open_forms_of_app()
    hidden = forms.guard(view.language, request.form.get("issued", ""))
    heading = forms.word(said) if said else Markup()
    response = draw(replace(view, hidden=hidden, heading=heading), status=status)
    if status == 429:
        response.headers["Retry-After"] = "600"
    return response


def _no_visit(door: OpenDoor, visit_token: str) -> Response:
    if not door.is_anonymous:
        return _wrong_link(door.company)
    today = services().clock.now().date()
    if open_visits.was_begun(services().keys, door, visit_token, today=today):
        # Sent: the second press on the button gets what the first one got.
        language = _wished()
        return open_pages.thanks(door, fresh_visit(door, language=language), language, ())
    return open_pages.gone(door, _wished())


def _wrong_link(company: str = "") -> Response:
    known = guesses().count(WRONG_LINKS, client_address())
    return open_pages.unknown(_wished(), wait=not known, company=company)


def _wished() -> str:
    """The language of a notice: the one that was asked for, else the browser's."""
    asked = request.args.get("lang") or request.form.get("lang")
    return nearest(asked, *request.accept_languages.values())


def _language(questionnaire: Questionnaire, door: OpenDoor) -> str:
    """The language of the first page: what was asked for, what the browser wants, what the program speaks."""
    _, switched = way_of(request.form)
    asked = request.form.get("lang") or request.args.get("lang")
    return questionnaire.language(switched, asked, *request.accept_languages.values(), door.language)
