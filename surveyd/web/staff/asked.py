"""Whom the waves of a slice asked, heard or silent: the rows behind what is said of silence."""

from flask import render_template, request

from surveyd.base.database import reading
from surveyd.reports.asked_list import FILTERS, SORTS, asked_list
from surveyd.results.slices import slice_of
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted
from surveyd.web.staff.slices import by_name


@bp.get("/asked")
def asked_people() -> str:
    """The people whom the slice in the address asked, as far as the reader may see them."""
    cut = slice_of(request.args.items(multi=True))
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="name")
    with reading() as session:
        page = asked_list(session, cut, scope=reader().scope, wanted=wish)
    return render_template("staff/asked.html", page=page, words=by_name(cut))
