"""What mail programs call: the opt-out by one click (RFC 8058).

GET shows a page with a button and changes nothing, since mail scanners follow links. POST opts out: without
cookie, sign-in or redirect, with any body, and the same answer the second time.
"""

from flask import Blueprint, make_response, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution.models import Invitation
from surveyd.distribution.suppressions import opt_out as opt_out_contact
from surveyd.people.models import Contact
from surveyd.web.limits import wrong_link
from surveyd.web.wording import web_words

bp = Blueprint("hooks", __name__)


@bp.route("/u/<token>", methods=["GET", "POST"])
def opt_out(token: str) -> Response:
    """The page of a personal opt-out link, and the opt-out itself. An unknown link is a 404."""
    ids = services().keys.read_opt_out_token(token)
    if ids is None:
        wrong_link("opt-out link")
    contact_id, invitation_id = ids
    if request.method != "POST":
        return _page(contact_id, invitation_id, done=False)
    with writing() as session:
        opt_out_contact(session, contact_id, now=services().clock.now())
    return _page(contact_id, invitation_id, done=True)


def _page(contact_id: int, invitation_id: int, *, done: bool) -> Response:
    with reading() as session:
        asked = session.scalar(select(Invitation.language).where(Invitation.id == invitation_id))
        known = asked or session.scalar(select(Contact.language).where(Contact.id == contact_id))
    words = web_words(known, *request.accept_languages.values())
    return make_response(render_template("hooks/opt_out.html", words=words, done=done))
