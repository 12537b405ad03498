"""The drivers of a slice: importance and rating, pain and delight, and the people behind each."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import get_locale
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.reports.analysis_standing import Standing
from surveyd.reports.driver_rows import End, driver_rows
from surveyd.reports.driver_view import DriversPage
from surveyd.results import analyses, drivers
from surveyd.results.analysis_jobs import ring_for_analysis, work_out
from surveyd.results.analysis_models import AnalysisKind
from surveyd.results.drivers import OUTCOME, Asked, Outcome
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.slices import Seen, seen_slice

AT_ONCE = 3_000
"""So many answers are looked at while the person waits: that takes about as long as reloading the page
twice.
"""


@bp.get("/drivers")
def drivers_page() -> str:
    """What goes along with how the customers of a slice feel; the address holds the slice and `outcome`."""
    with reading() as session:
        seen = seen_slice(session, beside=(OUTCOME,))
        asked = _asked(session, seen)
        page = _page(session, seen, asked)
    return render_template("staff/drivers.html", page=page, seen=seen)


@bp.post("/drivers")
def ask_drivers() -> Response:
    """Have both analyses of a slice worked out: at once when they are quick, else by a worker."""
    with reading() as session:
        seen = seen_slice(session, beside=(OUTCOME,))
        asked = _asked(session, seen)
    with writing() as session:
        ids = [
            analyses.want(session, one.question, by=reader().user_id, now=services().clock.now())
            for one in asked
        ]
    for one, analysis_id in zip(asked, ids, strict=True):
        if len(one.answers.outcome) <= AT_ONCE:
            work_out(analysis_id)
        else:
            ring_for_analysis(services(), analysis_id)
    address: dict[str, Any] = {**seen.address()}
    return redirect(url_for("staff.drivers_page", **address), 303)


@bp.get("/drivers/rows")
def driver_people() -> str:
    """The people who rated one driver, the lowest first; the address holds `driver`, `end` and the slice."""
    with reading() as session:
        seen = seen_slice(session, beside=("driver", "end"))
        items = [one.id for one in drivers.items_of(seen.whole.columns.scales)]
        item = request.args.get("driver", items[0] if items else "")
        if item not in items:
            raise NotFound("driver", item)
        page = driver_rows(
            session,
            seen.whole,
            seen.cut,
            scope=reader().scope,
            item=item,
            end=End.of(request.args.get("end", "")),
            first=request.args.get("first", 0, int),
            language=str(get_locale()),
        )
    return render_template("staff/driver_rows.html", page=page, seen=seen)


def _asked(session: Session, seen: Seen) -> list[Asked]:
    named = request.args.get(OUTCOME, "")
    outcome = Outcome(named) if named in list(Outcome) else Outcome.ATTITUDE
    return drivers.ask(session, seen.whole, seen.cut, scope=reader().scope, outcome=outcome)


def _page(session: Session, seen: Seen, asked: list[Asked]) -> DriversPage:
    of, places = asked
    lines = {one.question.kind: analyses.find(session, one.question) for one in asked}
    standing = {
        one.question.kind: Standing(line, line is not None and line.revision != one.revision)
        for one in asked
        for line in [lines[one.question.kind]]
    }
    results = {kind: line.result if line else None for kind, line in lines.items()}
    told, placed = results[AnalysisKind.DRIVERS], results[AnalysisKind.PAIN_DELIGHT]
    return DriversPage(
        outcome=Outcome(dict(of.question.slice)[OUTCOME]),
        weighting=seen.cut.weighting,
        policy=of.policy.version,
        names={scale.id: scale.label(str(get_locale())) for scale in seen.whole.columns.scales.values()},
        drivers=drivers.driver_report(told) if told else None,
        places=drivers.pain_delight_report(placed) if placed else None,
        of_drivers=standing[AnalysisKind.DRIVERS],
        of_places=standing[places.question.kind],
    )
