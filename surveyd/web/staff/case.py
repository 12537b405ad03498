"""One follow-up case: its log, what its owner does about it, and what happens when two do so at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types

from surveyd.base.clock import zone_named
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import services
from surveyd.closed_loop import case_alerts, case_surveys, cases
from surveyd.closed_loop.case_lists import CaseView, Colleague, LogLine, find_case, possible_owners
from surveyd.closed_loop.cases import AttemptResult, EntryKind
from surveyd.closed_loop.models import CaseState
from surveyd.people.audit import record
from surveyd.people.models import User
from surveyd.reports.quick_view import QuickView, quick_view
from surveyd.web.access import reader
from surveyd.web.filters import words
from surveyd.web.staff.case_forms import NOTE, CloseForm, HandOverForm, LogForm, StepForm
from surveyd.web.staff.case_guide import guide_for
from surveyd.web.staff.case_words import CAUSES, ENDINGS, ENTRIES
from surveyd.web.staff.frame import bp

Line = tuple[EntryKind, str]
Step = Callable[[Session, int | None], object]


@dataclass(frozen=True, slots=True)
class Forms:
    """What can be done about the case; errors stand in the forms."""

    log: LogForm = field(default_factory=LogForm)
    close: CloseForm = field(default_factory=CloseForm)
    hand_over: HandOverForm = field(default_factory=HandOverForm)

    def offer(self, colleagues: Sequence[Colleague]) -> None:
        """Let the case be handed to any of these."""
        offered = [SelectChoice(str(one.id), f"{one.name}, {words(one.role.value)}") for one in colleagues]
        self.hand_over.to.choices = [SelectChoice("", ""), *offered]

    @property
    def typed(self) -> list[str]:
        """What was typed into them."""
        fields = (self.log.text, self.close.root_cause, self.close.outcome, self.hand_over.word)
        return [text for field in fields if (text := (field.data or "").strip())]


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case, what was said, and the forms to work on it. `refused` and `meanwhile` tell who came late."""

    case: CaseView
    said: QuickView
    now: datetime
    forms: Forms
    refused: str = ""
    meanwhile: tuple[LogLine, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.case.line.state is not CaseState.CLOSED

    @property
    def is_overdue(self) -> bool:
        return self.case.line.is_overdue(self.now)

    @property
    def local_time(self) -> datetime:
        """The wall clock where the person is; UTC where that is not known."""
        return self.now.astimezone(zone_named(self.case.time_zone or "UTC"))

    @property
    def cause(self) -> object:
        return CAUSES[self.case.cause] if self.case.cause else ""

    @property
    def ending(self) -> object:
        return ENDINGS[self.case.ending] if self.case.ending else ""

    @property
    def verdict(self) -> LogLine | None:
        """What the person said last when they were asked whether it is solved."""
        kinds = (EntryKind.SOLVED, EntryKind.NOT_SOLVED)
        return next((line for line in reversed(self.case.log) if line.kind in kinds), None)

    @property
    def guide(self) -> tuple[object, ...]:
        """What to say, by where the answers place the person."""
        return guide_for(self.said.segment)

    @property
    def verbatims(self) -> list[tuple[str, str]]:
        """What they wrote in their own words, each with its question."""
        return [(line.question, line.answer) for line in self.said.answers if line.is_verbatim]

    def kind(self, entry: LogLine) -> object:
        """What a line of the log is about."""
        return ENTRIES[entry.kind]


@bp.get("/cases/<id:case_id>", endpoint="case")
def show_case(case_id: int) -> str:
    """One case with its log and what can be done next."""
    return _show(_load(case_id, Forms()))


@bp.post("/cases/<id:case_id>/log")
def log_case(case_id: int) -> Response | tuple[str, int]:
    """Add a note or an attempt to the log."""
    form = LogForm(request.form)
    forms = Forms(log=form)
    if not form.validate():
        return _show(_load(case_id, forms)), 422
    by, now, text = reader().user_id, services().clock.now(), form.text.data or ""

    def step(session: Session, seen: int | None) -> None:
        if form.kind.data == NOTE:
            cases.note(session, case_id, text=text, by=by, now=now, seen=seen)
        else:
            result = AttemptResult(form.kind.data)
            cases.record_attempt(session, case_id, result=result, text=text, by=by, now=now, seen=seen)

    return _take(case_id, forms, form, form.line, step)


@bp.post("/cases/<id:case_id>/close")
def close_case(case_id: int) -> Response | tuple[str, int]:
    """Close the case with its root cause and its outcome."""
    form = CloseForm(request.form)
    forms = Forms(close=form)
    if not form.validate():
        return _show(_load(case_id, forms)), 422
    by, now = reader().user_id, services().clock.now()

    def step(session: Session, seen: int | None) -> None:
        cause, outcome = form.root_cause.data or "", form.outcome.data or ""
        cases.close_case(
            session, case_id, root_cause=cause, outcome=outcome, kinds=form.kinds, by=by, now=now, seen=seen
        )
        keys, domain = services().keys, services().config.mail_domain
        case_surveys.ask_if_solved(session, case_id, keys=keys, mail_domain=domain, now=now)
        facts = {"cause": form.kinds.cause.value, "ending": form.kinds.ending.value}
        record(session, action="close", thing="case", thing_id=case_id, by=by, now=now, facts=facts)

    return _take(case_id, forms, form, form.line, step)


@bp.post("/cases/<id:case_id>/hand-over")
def hand_case_over(case_id: int) -> Response | tuple[str, int]:
    """Give the case to somebody else, who gets a mail about it."""
    form = HandOverForm(request.form)
    forms = Forms(hand_over=form)
    page = _load(case_id, forms)
    if not form.validate():
        return _show(page), 422
    who, now, domain = reader(), services().clock.now(), services().config.mail_domain
    word = form.word.data or ""

    def step(session: Session, seen: int | None) -> None:
        to, by = session.get_one(User, int(form.to.data)), session.get_one(User, who.user_id)
        case_alerts.pass_on(session, case_id, to=to, text=word, by=by, now=now, mail_domain=domain, seen=seen)

    with reading() as session:
        said = cases.handing_text(session.get_one(User, int(form.to.data)), word)
    return _take(case_id, forms, form, (EntryKind.HAND_OVER, said), step)


def _take(case_id: int, forms: Forms, form: StepForm, line: Line, step: Step) -> Response | tuple[str, int]:
    """Take the step, or say what stands in its way; a step that was taken already is taken once."""
    scope, seen = reader().scope, form.seen.data
    try:
        with writing() as session:
            find_case(session, case_id, scope=scope)
            step(session, seen)
    except Refused as refused:
        page = _load(case_id, forms)
        meanwhile = page.case.log[seen:] if seen is not None else ()
        if any((entry.kind, entry.text, entry.by_id) == (*line, reader().user_id) for entry in meanwhile):
            return redirect(url_for("staff.case", case_id=case_id), 303)
        return _show(replace(page, refused=str(refused), meanwhile=meanwhile)), 409
    return redirect(_where_next(case_id), 303)


def _where_next(case_id: int) -> str:
    # Who hands a case to somebody else may not see it any more.
    try:
        with reading() as session:
            find_case(session, case_id, scope=reader().scope)
    except NotFound:
        return url_for("staff.cases")
    return url_for("staff.case", case_id=case_id)


def _load(case_id: int, forms: Forms) -> CasePage:
    scope = reader().scope
    with reading() as session:
        case = find_case(session, case_id, scope=scope)
        said = quick_view(session, case.line.response_id, scope=scope)
        # Who has the case is no choice, unless the form was sent twice.
        forms.offer(possible_owners(session, but=None if forms.hand_over.to.data else case.line.owner_id))
    return CasePage(case, said, services().clock.now(), forms)


def _show(page: CasePage) -> str:
    return render_template("staff/case.html", page=page)
