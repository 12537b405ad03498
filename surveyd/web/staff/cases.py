"""The follow-up cases: the list, one case with its log, and what its owner does about it."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length, ValidationError

from surveyd.base.clock import zone_named
from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.closed_loop import case_lists, cases
from surveyd.closed_loop.case_lists import CaseLine, CaseView
from surveyd.closed_loop.cases import AttemptResult
from surveyd.closed_loop.models import CaseState
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

NOTE = "note"


class LogForm(Form):
    """One line of the log: an attempt to reach the person, or a note."""

    kind = RadioField(
        choices=[
            *(SelectChoice(result.value, result.words) for result in AttemptResult),
            SelectChoice(NOTE, "only a note"),
        ],
        validators=[InputRequired("Choose what happened.")],
    )
    text = TextAreaField(validators=[Length(max=cases.LONG_TEXT, message="Shorten the note a little.")])

    def validate_text(self, field: TextAreaField) -> None:
        """A note without words says nothing."""
        if self.kind.data == NOTE and not (field.data or "").strip():
            raise ValidationError("Write what is to be noted.")


class CloseForm(Form):
    """How a case ended."""

    root_cause = StringField(
        validators=[
            InputRequired("Say what was behind it, in a few words."),
            Length(max=cases.SHORT_TEXT, message="Shorten the root cause a little."),
        ]
    )
    outcome = StringField(
        validators=[
            InputRequired("Say what came of it, in a few words."),
            Length(max=cases.SHORT_TEXT, message="Shorten the outcome a little."),
        ]
    )


@dataclass(frozen=True, slots=True)
class CasesPage:
    """The open cases of the reader's scope, soonest due first."""

    cases: list[CaseLine]
    now: datetime
    mine_only: bool
    user_id: int

    @property
    def overdue(self) -> int:
        return sum(line.is_overdue(self.now) for line in self.cases)

    @property
    def title(self) -> str:
        """The page's answer."""
        count = len(self.cases)
        if not count:
            return "No case is open"
        whole = "1 case is open" if count == 1 else f"{count} cases are open"
        return f"{whole}, {self.overdue} overdue" if self.overdue else f"{whole}, all in time"


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case, and the forms to work on it; errors stand in the forms."""

    case: CaseView
    now: datetime
    log_form: LogForm
    close_form: CloseForm

    @property
    def is_open(self) -> bool:
        return self.case.line.state is not CaseState.CLOSED

    @property
    def local_time(self) -> datetime:
        """The wall clock where the person is; UTC where that is not known."""
        return self.now.astimezone(zone_named(self.case.time_zone or "UTC"))


@bp.get("/cases", endpoint="cases")
def show_cases() -> str:
    """The open cases: all that the reader may see, or their own."""
    mine = request.args.get("whose") == "mine"
    who, now = reader(), services().clock.now()
    with reading() as session:
        lines = case_lists.list_cases(session, scope=who.scope, owner_id=who.user_id if mine else None)
    return render_template("staff/cases.html", page=CasesPage(lines, now, mine, who.user_id))


@bp.get("/cases/<id:case_id>", endpoint="case")
def show_case(case_id: int) -> str:
    """One case with its log and what can be done next."""
    return _page(case_id, LogForm(), CloseForm())


@bp.post("/cases/<id:case_id>/log")
def log_case(case_id: int) -> Response | tuple[str, int]:
    """Add a note or an attempt to the log."""
    form = LogForm(request.form)
    if not form.validate():
        return _page(case_id, form, CloseForm()), 422
    by, now, text = reader().user_id, services().clock.now(), form.text.data or ""
    with writing() as session:
        case_lists.find_case(session, case_id, scope=reader().scope)
        if form.kind.data == NOTE:
            cases.note(session, case_id, text=text, by=by, now=now)
        else:
            result = AttemptResult(form.kind.data)
            cases.record_attempt(session, case_id, result=result, text=text, by=by, now=now)
    return redirect(url_for("staff.case", case_id=case_id), 303)


@bp.post("/cases/<id:case_id>/close")
def close_case(case_id: int) -> Response | tuple[str, int]:
    """Close the case with its root cause and its outcome."""
    form = CloseForm(request.form)
    if not form.validate():
        return _page(case_id, LogForm(), form), 422
    with writing() as session:
        case_lists.find_case(session, case_id, scope=reader().scope)
        cases.close_case(
            session,
            case_id,
            root_cause=form.root_cause.data or "",
            outcome=form.outcome.data or "",
            by=reader().user_id,
            now=services().clock.now(),
        )
    return redirect(url_for("staff.case", case_id=case_id), 303)


def _page(case_id: int, log_form: LogForm, close_form: CloseForm) -> str:
    with reading() as session:
        case = case_lists.find_case(session, case_id, scope=reader().scope)
    page = CasePage(case, services().clock.now(), log_form, close_form)
    return render_template("staff/case.html", page=page)
