"""The people behind a cell of the moves between two waves."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from surveyd.base.database import reading
from surveyd.reports.moved_people import FILTERS, SORTS
from surveyd.reports.moved_people import moved_people as people_who_moved
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted


@bp.get("/moves/people")
def moved_people() -> str | Response:
    """The people of the reader's scope whom two waves have asked, narrowed as the address says.

    Before the second wave nobody has moved: the page of the first one says what stands.
    """
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="name")
    with reading() as session:
        page = people_who_moved(session, scope=reader().scope, wanted=wish)
    if page is None:
        return redirect(url_for("staff.health"), 303)
    return render_template("staff/moved_people.html", page=page)
