"""Company health on one page, for the slice in the address, and each of its charts as a file."""

from flask import Response, render_template
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.closed_loop.letter_status import letters_to_approve
from surveyd.distribution.models import Wave
from surveyd.people.models import StaffRole
from surveyd.reports.benchmarks import Benchmarks, benchmarks_of
from surveyd.reports.health import Health
from surveyd.reports.health_charts import interval_of
from surveyd.reports.health_reading import health as read_health
from surveyd.reports.words import score_shown
from surveyd.results.outside import outside_figures
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.slices import Seen, seen_slice

bp.add_app_template_filter(interval_of, "interval")
bp.add_app_template_filter(score_shown, "score_shown")


@bp.get("/health")
def health() -> str:
    """The health of a slice, which the address holds: the latest wave by default."""
    with reading() as session:
        seen = seen_slice(session)
        page = _read(session, seen)
        letters = letters_to_approve(session) if reader().role is StaffRole.EXECUTIVE else []
        others = _benchmarks(session, page)
    return render_template("staff/health.html", page=page, seen=seen, letters=letters, others=others)


@bp.get("/health/<name>.svg")
def health_chart(name: str) -> Response:
    """One chart of the same slice as a file with its colours inside, or nothing where there is none."""
    with reading() as session:
        seen = seen_slice(session)
        page = _read(session, seen)
    if page is None or name not in page.drawings:
        raise NotFound("chart", name)
    drawing = render_template("health/chart.svg", page=page, name=name).strip()
    file_name = f"{name}-{page.wave}.svg"
    head = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(drawing, mimetype="image/svg+xml", headers=head)


def _read(session: Session, seen: Seen) -> Health | None:
    now = services().clock.now()
    return read_health(
        session, seen.cut, scope=reader().scope, now=now, whole=seen.whole, offered=seen.offered
    )


def _benchmarks(session: Session, page: Health | None) -> Benchmarks | None:
    """The figures of others beside those of the whole wave: others have no slices."""
    if page is None or page.cut.filters or len(page.about) > 1 or not outside_figures(session):
        return None
    return benchmarks_of(session, session.get_one(Wave, page.wave_id), scope=reader().scope)
