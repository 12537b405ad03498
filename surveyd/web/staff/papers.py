"""PDFs: one asks for them, a worker makes them, and one page says how far it is and leads to the file."""

from datetime import timedelta

from flask import Response, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.http import dump_options_header
from werkzeug.wrappers import Response as AnyResponse

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution import paper_orders, papers
from surveyd.distribution.paper_models import PaperKind
from surveyd.distribution.papers import PaperLine
from surveyd.people.audit import record
from surveyd.reports.jobs import ring_for_papers
from surveyd.reports.quick_view import quick_view
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

LOOK_AGAIN_SECONDS = 2
NOBODY_WORKS = timedelta(minutes=1)
"""A PDF takes a second or two: after a minute a worker is missing."""


@bp.get("/responses/<id:response_id>/pdf")
def response_pdf(response_id: int) -> AnyResponse:
    """The reader's own PDF of a response, once it was asked for; before that, the response."""
    with reading() as session:
        quick_view(session, response_id, scope=reader().scope)
        key = paper_orders.response_paper(response_id, contact="", account="", asked_by_id=reader().user_id)
        found = papers.find_by_key(session, reader().scope, key.dedup_key)
    if found is None:
        return redirect(url_for("staff.response", response_id=response_id), 303)
    return redirect(url_for("staff.paper", paper_id=found.id), 303)


@bp.post("/responses/<id:response_id>/pdf")
def ask_response_pdf(response_id: int) -> AnyResponse:
    """Ask for the quick view as a PDF, as it stands now."""
    now, who = services().clock.now(), reader()
    with writing() as session:
        view = quick_view(session, response_id, scope=who.scope)
        order = paper_orders.response_paper(
            response_id, contact=view.contact, account=view.account, asked_by_id=who.user_id
        )
        paper_id = papers.want(session, order, now=now)
        papers.renew(session, paper_id, now=now)
        record(session, action="ask_paper", thing="response", thing_id=response_id, by=who.user_id, now=now)
    ring_for_papers(services())
    return redirect(url_for("staff.paper", paper_id=paper_id), 303)


@bp.get("/papers/<id:paper_id>")
def paper(paper_id: int) -> Response:
    """How far a PDF is; the page looks again by itself until it is made."""
    now = services().clock.now()
    with reading() as session:
        line = _find(session, paper_id)
    stuck = line.is_wanted and now - line.asked_at > NOBODY_WORKS
    answer = make_response(render_template("staff/paper.html", paper=line, is_stuck=stuck, back=_back(line)))
    if line.is_wanted:
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


@bp.post("/papers/<id:paper_id>")
def make_paper(paper_id: int) -> AnyResponse:
    """Have a PDF made once more: one that failed, or one's own from today's figures."""
    now = services().clock.now()
    with writing() as session:
        line = _find(session, paper_id)
        again = papers.retry if line.kind is PaperKind.ACCOUNT else papers.renew
        if again(session, paper_id, now=now):
            by = reader().user_id
            record(session, action="ask_paper", thing="paper", thing_id=paper_id, by=by, now=now)
    ring_for_papers(services())
    return redirect(url_for("staff.paper", paper_id=paper_id), 303)


@bp.get("/papers/<id:paper_id>/file")
def paper_file(paper_id: int) -> Response:
    """The PDF itself, to look at or to keep."""
    with reading() as session:
        line = _find(session, paper_id)
        content = papers.content_of(session, paper_id)
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = dump_options_header("inline", {"filename": line.file_name})
    return answer


def _find(session: Session, paper_id: int) -> PaperLine:
    """The paper, as long as its reader may see what is on it. Raises NotFound."""
    line = papers.find(session, reader().scope, paper_id)
    if line.response_id is not None:
        quick_view(session, line.response_id, scope=reader().scope)
    return line


def _back(line: PaperLine) -> str:
    """The page that the paper belongs to."""
    if line.response_id is not None:
        return url_for("staff.response", response_id=line.response_id)
    if line.kind is PaperKind.SUMMARY and line.wave_id is not None:
        return url_for("staff.summary", wave_id=line.wave_id)
    return url_for("staff.home")
