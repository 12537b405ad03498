"""What mail programs call: the opt-out by one click (RFC 8058), and its page for people.

GET shows a page with buttons and changes nothing, since mail scanners follow links. POST opts out: without
cookie, sign-in or redirect, with any body, and the same answer the second time. Without a wish it is of
everything; only the page's own button says that it is of one program.
"""

from flask import Blueprint, make_response, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution.models import Invitation
from surveyd.distribution.opt_outs import opt_out_of, program_of
from surveyd.distribution.suppressions import opt_out as opt_out_contact
from surveyd.people.models import Contact
from surveyd.web.limits import wrong_link
from surveyd.web.wording import web_words

bp = Blueprint("hooks", __name__)

PROGRAM = "program"
ALL = "all"


@bp.route("/u/<token>", methods=["GET", "POST"])
def opt_out(token: str) -> Response:
    """The page of a personal opt-out link, and the opt-out itself. An unknown link is a 404."""
    ids = services().keys.read_opt_out_token(token)
    if ids is None:
        wrong_link("opt-out link")
    contact_id, invitation_id = ids
    if request.method != "POST":
        return _page(contact_id, invitation_id, done="")
    now, done = services().clock.now(), ALL
    # The wish stands in the address: whatever a mail program sends as a body is not even read.
    with writing() as session:
        program = program_of(session, invitation_id) if request.args.get("of") == PROGRAM else None
        if program is None:
            opt_out_contact(session, contact_id, now=now)
        else:
            opt_out_of(session, contact_id, program[0], now=now)
            done = PROGRAM
    return _page(contact_id, invitation_id, done=done)


def _page(contact_id: int, invitation_id: int, *, done: str) -> Response:
    with reading() as session:
        asked = session.scalar(select(Invitation.language).where(Invitation.id == invitation_id))
        known = asked or session.scalar(select(Contact.language).where(Contact.id == contact_id))
        program = program_of(session, invitation_id)
    words = web_words(request.args.get("lang"), known, *request.accept_languages.values())
    company = program[1] if program is not None else ""
    return make_response(render_template("hooks/opt_out.html", words=words, done=done, company=company))
