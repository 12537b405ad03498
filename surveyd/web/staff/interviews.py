"""The respondent's questionnaire, filled in by staff on the phone, through the same door."""

from flask import render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.closed_loop.intake import Office
from surveyd.distribution import calls
from surveyd.distribution.models import Call, CallState
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import Link, find_link_of
from surveyd.web.access import reader
from surveyd.web.answering import Door, answer, show, take
from surveyd.web.staff.frame import bp

HIDDEN = Markup('<input type="hidden" name="csrf_token" value="{}">')


@bp.get("/calls/<id:call_id>/form")
def call_form(call_id: int) -> Response:
    """The page of the questionnaire where the conversation left off."""
    with reading() as session:
        call, link = _find(session, call_id)
        return show(session, link, door=_door(call, link), asked=request.args)


@bp.post("/calls/<id:call_id>/form")
def take_call_form(call_id: int) -> Response:
    """Save a page, or send the answers: that completes the call. The claim is renewed with every page."""
    office = Office(services().keys, services().config.mail_domain)
    with writing() as session:
        call, link = _find(session, call_id)
        by, now, was_open = reader().user_id, services().clock.now(), call.state is CallState.OPEN
        if was_open:
            calls.claim_call(session, call, by=by, system_now=system_now())
        taken = take(session, link, door=_door(call, link), sent=request.form, now=now, office=office)
        if was_open and taken.receipt:
            calls.log_completed(session, call, now=now, by=by)
        door = _door(call, link, is_over=bool(taken.receipt))
    return answer(taken, door=door)


def _find(session: Session, call_id: int) -> tuple[Call, Link]:
    call = calls.find_call(session, call_id)
    link = find_link_of(session, call.invitation_id)
    if link is None:
        raise NotFound("invitation", call.invitation_id)
    return call, link


def _door(call: Call, link: Link, *, is_over: bool = False) -> Door:
    heading = render_template("staff/interview.html", call_id=call.id, link=link, is_over=is_over)
    return Door(
        url_for("staff.call_form", call_id=call.id),
        channel=AnswerChannel.PHONE,
        interviewer_id=reader().user_id,
        hidden=HIDDEN.format(generate_csrf()),
        heading=Markup(heading),  # noqa: S704  # rendered by our template, which escapes
    )
