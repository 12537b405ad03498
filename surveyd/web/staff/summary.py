"""The closed-loop summary of a wave: as a page, as a PDF, and by mail to all staff."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution import paper_orders, papers
from surveyd.distribution.papers import PaperLine
from surveyd.people.audit import record
from surveyd.reports.jobs import ring_for_papers
from surveyd.reports.summary import Summary, wave_summary
from surveyd.reports.summary_mail import Reach, reach_of, send_summary
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp


class SendForm(Form):
    """The number of recipients that the reader saw and agreed to."""

    recipients = IntegerField(validators=[InputRequired()])


@dataclass(frozen=True, slots=True)
class SummaryPage:
    """The summary, its PDF if somebody asked for one, and whom its mail has reached."""

    summary: Summary
    paper: PaperLine | None
    reach: Reach
    problem: str = ""


@bp.get("/waves/<id:wave_id>/summary")
def summary(wave_id: int) -> str:
    """The summary on one page."""
    with reading() as session:
        page = _page(session, wave_id)
    return render_template("staff/summary.html", page=page)


@bp.post("/waves/<id:wave_id>/summary/pdf")
def ask_summary_pdf(wave_id: int) -> Response:
    """Ask for the summary as a PDF, from today's figures."""
    now, by = services().clock.now(), reader().user_id
    with writing() as session:
        wave = wave_summary(session, wave_id, now=now).wave
        paper_id = papers.want(
            session, paper_orders.summary_paper(wave_id, wave=wave, asked_by_id=by), now=now
        )
        papers.renew(session, paper_id, now=now)
        record(session, action="ask_paper", thing="wave", thing_id=wave_id, by=by, now=now)
    ring_for_papers(services())
    return redirect(url_for("staff.paper", paper_id=paper_id), 303)


@bp.post("/waves/<id:wave_id>/summary/mail")
def mail_summary(wave_id: int) -> Response | tuple[str, int]:
    """Send the summary to all active staff who have not had it; a second press finds nobody left."""
    house, by, form = services(), reader().user_id, SendForm(request.form)
    with writing() as session:
        page = _page(session, wave_id)
        if not form.validate() or (page.reach.untold and form.recipients.data != page.reach.untold):
            problem = ngettext(
                "The staff have changed: it is %(num)s person now. Look at it and send again.",
                "The staff have changed: it is %(num)s people now. Look at it and send again.",
                page.reach.untold,
            )
            told = SummaryPage(page.summary, page.paper, page.reach, problem)
            return render_template("staff/summary.html", page=told), 422
        sent = send_summary(session, page.summary, by=by, mail_domain=house.config.mail_domain)
        if sent:
            facts = {"recipients": sent}
            now = page.summary.made_at
            record(
                session, action="send_summary", thing="wave", thing_id=wave_id, by=by, now=now, facts=facts
            )
    ring_for_papers(house)
    return redirect(url_for("staff.summary", wave_id=wave_id), 303)


def _page(session: Session, wave_id: int) -> SummaryPage:
    found = wave_summary(session, wave_id, now=services().clock.now())
    order = paper_orders.summary_paper(wave_id, wave=found.wave, asked_by_id=None)
    paper = papers.find_by_key(session, reader().scope, order.dedup_key)
    return SummaryPage(found, paper, reach_of(session, wave_id))
