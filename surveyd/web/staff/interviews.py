"""The respondent's questionnaire, filled in by staff on the phone, through the same door.

Beside it stands what the caller needs, and the form for what came of the call: its fields belong to the form
of the questions, so that whatever is recorded takes the answers of the page along.
"""

from dataclasses import replace

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from surveyd.base.clock import system_now, zone_named
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import services
from surveyd.closed_loop.intake import Office
from surveyd.distribution import call_claims, calls
from surveyd.distribution.answered_calls import log_completed
from surveyd.distribution.call_models import Call, CallState
from surveyd.forms.pages import SWITCH
from surveyd.forms.turns import as_typed
from surveyd.reports.interview import background_of
from surveyd.responses.drafts import Link, find_link_of
from surveyd.web.access import reader
from surveyd.web.answering import Door, Taken, answer, facts_of, forms, show, take
from surveyd.web.staff.call_outcomes import BESIDE, OutcomeForm, keep_late, record_outcome, sent_outcome
from surveyd.web.staff.calls import kept_of, wish_for_calls
from surveyd.web.staff.frame import bp
from surveyd.web.staff.interview_page import InterviewPage, drawn, lines_of, plain_door


@bp.get("/calls/<id:call_id>/form")
def call_form(call_id: int) -> Response:
    """The page of the questionnaire where the conversation left off; a colleague's call stays theirs."""
    with reading() as session:
        _call, link = _find(session, call_id)
        page = _page(session, call_id, link, _outcome())
        holder = page.background.call.row.claimed_by_id
        if page.is_open and not link.is_sent and holder not in (None, reader().user_id):
            return redirect(url_for("staff.call", call_id=call_id, **page.kept), 303)
        return show(session, link, door=_door(call_id, page), asked=request.args)


@bp.post("/calls/<id:call_id>/form")
def take_call_form(call_id: int) -> Response:
    """Save a page and go on, send the answers, or save it and record what came of the call.

    The claim is renewed with every page; whose call it is not, saves nothing.
    """
    form = _outcome(filled=True)
    records = f"{BESIDE}at_once" in request.form or f"{BESIDE}record" in request.form
    sent = request.form.copy()
    if records:
        # The page is saved as it stands: what is missing on it is not asked for now.
        sent["go"] = f"{SWITCH}{sent.get('lang', '')}"
    try:
        taken = _take(call_id, sent, form)
    except Refused as refused:
        return _unsaved(call_id, sent, form, refused)
    if records and not taken.receipt:
        return _record(call_id, taken, form)
    with reading() as session:
        link = replace(taken.link, receipt=taken.receipt)
        page = _page(session, call_id, link, form)
    is_kept = taken.seen is not None
    if form.is_begun and taken.page and not (taken.problems or taken.receipt or is_kept):
        # A redirect would lose what is typed beside the questions.
        return _again(call_id, taken, page, status=200)
    return answer(taken, door=_door(call_id, page))


def _take(call_id: int, sent: MultiDict[str, str], form: OutcomeForm) -> Taken:
    office = Office(services().keys, services().config.mail_domain)
    with writing() as session:
        call, link = _find(session, call_id)
        by, now, was_open = reader().user_id, services().clock.now(), call.state is CallState.OPEN
        if was_open and not link.is_sent:
            call_claims.claim_call(session, call, by=by, system_now=system_now())
        door = plain_door(call_id, kept=kept_of(wish_for_calls()))
        taken = take(session, link, door=door, sent=sent, now=now, office=office)
        if taken.receipt and taken.link.is_sent:
            keep_late(session, call, form, by=by, now=now)
        elif taken.receipt and was_open:
            log_completed(session, call, now=now, by=by, note=form.typed_note)
        return taken


def _record(call_id: int, taken: Taken, form: OutcomeForm) -> Response:
    """Record the outcome; the answers are saved already, whatever comes of it."""
    with reading() as session:
        page = _page(session, call_id, taken.link, form)
    form.zone = zone_named(page.background.call.row.time_zone)
    if not form.validate():
        return _again(call_id, taken, page, status=422)
    try:
        return record_outcome(call_id, form)
    except Refused as refused:
        return _again(call_id, taken, replace(page, refused=str(refused)), status=409)


def _again(call_id: int, taken: Taken, page: InterviewPage, *, status: int) -> Response:
    asked = {"page": taken.page.id if taken.page else "", "lang": taken.language}
    with reading() as session:
        response = show(session, taken.link, door=_door(call_id, page), asked=asked)
    response.status_code = status
    return response


def _unsaved(call_id: int, sent: MultiDict[str, str], form: OutcomeForm, refused: Refused) -> Response:
    """The page as it was typed, for who has lost the call meanwhile: nothing is saved, no word is lost."""
    with reading() as session:
        _call, link = _find(session, call_id)
        door = plain_door(call_id, kept=kept_of(wish_for_calls()))
        questionnaire, facts = forms().questionnaire(session, link), facts_of(link, door)
        typed, at = as_typed(questionnaire, link.answers, facts, at=link.page, sent=sent)
        page = replace(_page(session, call_id, link, form), refused=str(refused), is_unsaved=True)
        asked = {"page": at.id, "lang": sent.get("lang", "")}
        response = show(session, link, door=_door(call_id, page), asked=asked, typed=typed)
    response.status_code = 409
    return response


def _find(session: Session, call_id: int) -> tuple[Call, Link]:
    call = calls.find_call(session, call_id, scope=reader().scope)
    link = find_link_of(session, call.invitation_id)
    if link is None:
        raise NotFound("invitation", call.invitation_id)
    return call, link


def _page(session: Session, call_id: int, link: Link, form: OutcomeForm) -> InterviewPage:
    who = reader()
    now = services().clock.now()
    call = calls.view_call(session, call_id, scope=who.scope, now=now, system_now=system_now())
    questionnaire = forms().questionnaire(session, link)
    background = background_of(
        session, call, questionnaire=questionnaire, answers=link.answers, scope=who.scope
    )
    lines = lines_of(background, questionnaire)
    kept = kept_of(wish_for_calls())
    return InterviewPage(background, lines, form, kept, who.user_id, is_over=link.is_sent)


def _door(call_id: int, page: InterviewPage) -> Door:
    return replace(plain_door(call_id, kept=page.kept), heading=drawn(page))


def _outcome(*, filled: bool = False) -> OutcomeForm:
    return OutcomeForm(sent_outcome(BESIDE) if filled else None, prefix=BESIDE)
