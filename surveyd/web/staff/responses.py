"""The quick view of one response; mails to case owners link to it."""

from flask import render_template

from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.reports.notes import notes_on
from surveyd.reports.quick_view import quick_view
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp


@bp.get("/responses/<id:response_id>")
def response(response_id: int) -> str:
    """One response on one page."""
    with reading() as session:
        page = quick_view(session, response_id, scope=reader().scope)
        names = {"company": page.company, "contact": page.contact, "account": page.account}
        notes = notes_on(session, response_id, names=names)
    return render_template("staff/response.html", page=page, notes=notes, now=services().clock.now())
