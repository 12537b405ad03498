"""A respondent's pages: the personal link. No sign-in, no cookie; the token in the address guards it.

Opening changes nothing; a person's POST does. A wrong link is counted against its address, a
good one never.
"""

from dataclasses import replace

from flask import Blueprint, Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from surveyd.base.database import Rows, reading_rows, writing_rows
from surveyd.base.services import services
from surveyd.base.tokens import token_digest
from surveyd.closed_loop.intake import Office
from surveyd.distribution.merged_links import goes_on_by
from surveyd.distribution.models import InvitationState, WaveState
from surveyd.forms.notices import Notice
from surveyd.forms.wording import nearest
from surveyd.responses.drafts import Link, find_link
from surveyd.web.answering import Door, answer, forms, open_forms, show, take
from surveyd.web.assets import open_assets
from surveyd.web.limits import WRONG_LINKS, client_address, guesses

bp = Blueprint("respond", __name__)


def open_respond(app: Flask) -> None:
    """Serve personal links on `app`."""
    open_assets(app)
    open_forms(app)
    app.register_blueprint(bp)


@bp.get("/s/<token>", endpoint="show")
def show_page(token: str) -> AnyResponse:
    """The page where the person left off, their thanks once the answers are sent, or a helpful notice."""
    with reading_rows() as rows:
        link = find_link(rows, token_digest(token))
        if link is not None:
            return _elsewhere(rows, link) or show(rows, link, door=own_door(token), asked=request.args)
    return wrong_link()


@bp.post("/s/<token>", endpoint="submit")
def take_page(token: str) -> AnyResponse:
    """Save the page and go on, back, or hand the answers in; the receipt is shown after the commit."""
    door, now = own_door(token), services().clock.now()
    office = Office(services().keys, services().config.mail_domain)
    # Read before the transaction begins: on SQLite others wait for it.
    sent, taken = request.form, None
    with writing_rows() as rows:
        link = find_link(rows, token_digest(token))
        if link is not None and (elsewhere := _elsewhere(rows, link)):
            return elsewhere
        if link is not None:
            taken = take(rows, link, door=door, sent=sent, now=now, office=office)
    return wrong_link() if taken is None else answer(taken, door=door)


def own_door(token: str) -> Door:
    """The door of a personal link."""
    return Door(f"/s/{token}", personal=f"/s/{token}")


def _elsewhere(rows: Rows, link: Link) -> AnyResponse | None:
    """The way to the link by which a person goes on who was asked twice and merged; None for others.

    What they send goes along, so that nothing typed is lost.
    """
    if link.state is not InvitationState.CANCELLED:
        return None
    other = goes_on_by(rows, link.invitation_id)
    if other is None:
        return None
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(f"/s/{services().keys.survey_token(other.id, other.digest)}{query}", 307)


def closed(rows: Rows, link: Link, *, door: Door) -> Response:
    """That the survey is closed, also where a first answer would still be taken or one was sent."""
    over = replace(link, receipt="", wave_state=WaveState.CLOSED)
    return show(rows, over, door=door, asked=request.values)


def wrong_link() -> Response:
    """The page of a link that leads nowhere, counted against the address that asks for it."""
    language = nearest(request.args.get("lang"), *request.accept_languages.values())
    known = guesses().count(WRONG_LINKS, client_address())
    notice, status = (Notice.UNKNOWN, 404) if known else (Notice.WAIT, 429)
    response = Response(forms().notices.render(notice, language), status, mimetype="text/html")
    if status == 429:
        response.headers["Retry-After"] = "60"
    return response
