"""The responses: those of a slice as a list, and the quick view of one, where mails to case owners lead."""

from flask import render_template, request

from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.reports.buyers import response_buyer
from surveyd.reports.notes import notes_on
from surveyd.reports.quick_view import quick_view
from surveyd.reports.response_list import FILTERS, SORTS, response_list
from surveyd.results.slices import slice_of
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted
from surveyd.web.staff.slices import by_name


@bp.get("/responses")
def responses() -> str:
    """The responses of the slice in the address, as far as the reader may see them."""
    cut = slice_of(request.args.items(multi=True))
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="-given")
    with reading() as session:
        page = response_list(session, cut, scope=reader().scope, wanted=wish)
    return render_template("staff/responses.html", page=page, words=by_name(cut))


@bp.get("/responses/<id:response_id>")
def response(response_id: int) -> str:
    """One response on one page."""
    with reading() as session:
        page = quick_view(session, response_id, scope=reader().scope)
        names = {"company": page.company, "contact": page.contact, "account": page.account}
        notes = notes_on(session, response_id, names=names)
        buyer = response_buyer(session, response_id)
    return render_template(
        "staff/response.html", page=page, notes=notes, buyer=buyer, now=services().clock.now()
    )
