"""What came in through open links and belongs to nobody yet: the queue, and one response to be matched."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.closed_loop import matching
from surveyd.closed_loop.intake import Office
from surveyd.closed_loop.matching import SaidAlready
from surveyd.people.contacts import NewContact
from surveyd.reports.verbatims import first_words, open_questions
from surveyd.responses import open_queue
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted
from surveyd.web.staff.unmatched_forms import DismissForm, MatchForm, NewPersonForm, NoteForm
from surveyd.web.staff.unmatched_page import (
    REASONS,
    STATES,
    SUSPICIONS,
    QueuePage,
    Steps,
    accounts,
    read_unmatched,
    searched,
)


@bp.get("/unmatched", endpoint="unmatched")
def show_queue() -> str:
    """What waits to be matched, oldest first."""
    wish = wanted(sorts=("sent",), filters=open_queue.FILTERS, sort="sent")
    with reading() as session:
        found = open_queue.list_waiting(session, wish, scope=reader().scope)
        items = open_questions(session, {line.version_id for line in found.lines})
        links = open_queue.links_waiting(session)
    words = {line.id: first_words(line.answers, items.get(line.version_id, [])) for line in found.lines}
    page = QueuePage(found, wish, links, words)
    return render_template("staff/unmatched.html", page=page, suspicions=SUSPICIONS, states=STATES)


@bp.get("/unmatched/<id:visit_id>", endpoint="unmatched_response")
def show_unmatched(visit_id: int) -> str:
    """One response, with whom it may come from."""
    return _draw(visit_id, Steps())


@bp.post("/unmatched/<id:visit_id>/match")
def match_response(visit_id: int) -> Response | tuple[str, int]:
    """Give the response to a contact."""
    form = MatchForm(request.form)
    steps = Steps(match=form)
    if not form.validate():
        return _draw(visit_id, steps), 422

    scope, by, now = reader().scope, reader().user_id, services().clock.now()

    def match(session: Session) -> None:
        matching.match(session, visit_id, form.contact_id, scope=scope, office=_office(), by=by, now=now)

    return _take(visit_id, steps, match)


@bp.post("/unmatched/<id:visit_id>/new")
def match_to_new(visit_id: int) -> Response | tuple[str, int]:
    """Keep a new contact at an account and give them the response."""
    form = NewPersonForm(request.form)
    steps = Steps(new=form)
    with reading() as session:
        form.offer(accounts(session, searched("at"), form.account.data, scope=reader().scope))
    if not form.validate():
        return _draw(visit_id, steps), 422
    person = NewContact(int(form.account.data), form.name.data or "", form.email.data or "")

    scope, by, now = reader().scope, reader().user_id, services().clock.now()

    def match(session: Session) -> None:
        matching.match_to_new(session, visit_id, person, scope=scope, office=_office(), by=by, now=now)

    return _take(visit_id, steps, match)


@bp.post("/unmatched/<id:visit_id>/note")
def note_response(visit_id: int) -> Response | tuple[str, int]:
    """Keep the response as a note on another one that the person has given in the same month."""
    form = NoteForm(request.form)
    if not form.validate():
        return _draw(visit_id, Steps()), 422
    scope, by, now = reader().scope, reader().user_id, services().clock.now()

    def keep(session: Session) -> None:
        response_id = int(form.response.data or 0)
        matching.keep_as_note(
            session, visit_id, form.contact_id, response_id=response_id, scope=scope, by=by, now=now
        )

    return _take(visit_id, Steps(), keep)


@bp.post("/unmatched/<id:visit_id>/dismiss")
def dismiss_response(visit_id: int) -> Response | tuple[str, int]:
    """Put the response aside, with a reason."""
    form = DismissForm(request.form)
    steps = Steps(dismiss=form)
    if not form.validate():
        return _draw(visit_id, steps), 422
    by, now = reader().user_id, services().clock.now()

    def dismiss(session: Session) -> None:
        open_queue.dismiss(session, visit_id, reason=form.reason.data or "", by=by, now=now)

    return _take(visit_id, steps, dismiss)


@bp.post("/unmatched/<id:visit_id>/spam")
def mark_spam(visit_id: int) -> Response | tuple[str, int]:
    """Say that the response is spam."""
    by, now = reader().user_id, services().clock.now()
    return _take(visit_id, Steps(), lambda session: open_queue.mark_spam(session, visit_id, by=by, now=now))


@bp.post("/unmatched/<id:visit_id>/back")
def put_back(visit_id: int) -> Response | tuple[str, int]:
    """Let a response wait again that was dismissed or marked as spam."""
    by, now = reader().user_id, services().clock.now()
    return _take(visit_id, Steps(), lambda session: open_queue.put_back(session, visit_id, by=by, now=now))


def _take(visit_id: int, steps: Steps, step: Callable[[Session], object]) -> Response | tuple[str, int]:
    """Take the step and go on with the queue, or say what stands in its way."""
    try:
        with writing() as session:
            open_queue.find_unmatched(session, visit_id, scope=reader().scope)
            step(session)
    except SaidAlready as said:
        kept = Steps(match=steps.match, new=steps.new, refused=str(said), said_already=said.response_id)
        kept.match.contact.data = str(said.contact_id)
        return _draw(visit_id, kept), 409
    except Refused as refused:
        return _draw(visit_id, Steps(refused=str(refused))), 409
    return redirect(url_for("staff.unmatched"), 303)


def _office() -> Office:
    return Office(services().keys, services().config.mail_domain)


def _draw(visit_id: int, steps: Steps) -> str:
    page = read_unmatched(visit_id, steps, scope=reader().scope)
    return render_template(
        "staff/unmatched_response.html", page=page, suspicions=SUSPICIONS, reasons=REASONS, states=STATES
    )
