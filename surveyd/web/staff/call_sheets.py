"""The call list on paper: printed or downloaded, and what was written on it read back."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response as Answer
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault, Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution.call_sheet_rows import Fate, SheetLine, SheetPlan, apply_sheet, plan_sheet
from surveyd.distribution.call_sheets import MOST, TO_FILL_IN, sheet_csv, sheet_of
from surveyd.distribution.calls import CallRow
from surveyd.web.access import reader
from surveyd.web.filters import number, words
from surveyd.web.staff.call_outcomes import SAID
from surveyd.web.staff.calls import caller_now, kept_of, wish_for_calls
from surveyd.web.staff.frame import bp

MOST_BYTES = 1_000_000
SHEET = "sheet.csv"
FATES = {
    Fate.NEW: lazy_gettext("is recorded"),
    Fate.KNOWN: lazy_gettext("was recorded before"),
    Fate.LEFT: lazy_gettext("is left as it is"),
}
MEANWHILE = {
    "called_meanwhile": lazy_gettext("A colleague called meanwhile."),
    "in_hand": lazy_gettext("A colleague is calling at this moment."),
    "answered": lazy_gettext("They have answered meanwhile."),
}


@dataclass(frozen=True, slots=True)
class SheetPage:
    """The people of a sheet, and what was narrowed to."""

    rows: tuple[CallRow, ...]
    wanted: Wanted
    now: datetime
    wrong: str = ""

    most = MOST
    columns = TO_FILL_IN

    @property
    def kept(self) -> dict[str, str]:
        return kept_of(self.wanted)

    @property
    def title(self) -> str:
        """The page's answer."""
        count = len(self.rows)
        if not count:
            return _("Nobody is to be called")
        return ngettext(
            "1 person to call, on paper", "%(n)s people to call, on paper", count, n=number(count)
        )


@dataclass(frozen=True, slots=True)
class PlanPage:
    """What a file would record; `content` is the file, which comes back when it is confirmed."""

    plan: SheetPlan | None
    faults: tuple[Fault, ...]
    name: str
    content: str
    refused: str = ""

    new, known, left = Fate.NEW, Fate.KNOWN, Fate.LEFT

    @property
    def title(self) -> str:
        """The page's answer."""
        count = self.plan.count(Fate.NEW) if self.plan else 0
        if self.faults:
            return _("This file cannot be recorded")
        if not count:
            return _("Nothing to record")
        return ngettext("To record: 1 outcome", "To record: %(n)s outcomes", count, n=number(count))

    def fate(self, line: SheetLine) -> object:
        """What becomes of a line."""
        return FATES[line.fate]

    def why(self, line: SheetLine) -> object:
        """Why a line is left."""
        return MEANWHILE.get(line.why) or _("The call is over: %(why)s.", why=words(line.why))

    def said(self, line: SheetLine) -> object:
        """What came of the call."""
        return SAID[line.attempt.outcome]


@bp.get("/calls/sheet", endpoint="call_sheet")
def show_sheet() -> str:
    """The list to print, with the form for what was written on it."""
    return _sheet()


@bp.get("/calls/sheet.csv")
def call_sheet_csv() -> Answer:
    """The list as a file whose last columns are to be filled in."""
    with reading() as session:
        text = sheet_csv(sheet_of(session, wanted=wish_for_calls(), caller=caller_now()))
    # The mark at the front lets a spreadsheet read the names as they are written.
    answer = Answer("\N{ZERO WIDTH NO-BREAK SPACE}" + text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=calls.csv"
    return answer


@bp.post("/calls/sheet")
def preview_sheet() -> str | tuple[str, int]:
    """Show what a file would record; nothing is changed."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _sheet(_("Choose the file that you have filled in.")), 422
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        return _sheet(_("The file is larger than 1 MB; leave out rows that are not filled in.")), 422
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("cp1252", errors="replace")
    page = _planned(content)
    return _draw(page), 422 if page.faults else 200


@bp.post("/calls/sheet/record")
def record_sheet() -> Response | tuple[str, int]:
    """Record all outcomes of a file that was shown before, or none of them."""
    content, seen = request.form.get("content", "")[:MOST_BYTES], request.form.get("seen", "")
    try:
        with writing() as session:
            apply_sheet(
                session,
                SHEET,
                content.encode(),
                seen=seen,
                by=reader().name,
                caller=caller_now(),
                mail_domain=services().config.mail_domain,
            )
    except BadFile as bad:
        return _draw(PlanPage(None, bad.faults, SHEET, content)), 422
    except Refused as refused:
        return _draw(_planned(content, refused=str(refused))), 409
    return redirect(url_for("staff.calls"), 303)


def _planned(content: str, *, refused: str = "") -> PlanPage:
    # A browser sends every line end of a form as CR LF: the file is to be the same both times.
    content = "\r\n".join(content.splitlines())
    try:
        with reading() as session:
            plan = plan_sheet(session, SHEET, content.encode(), caller=caller_now())
    except BadFile as bad:
        return PlanPage(None, bad.faults, SHEET, content, refused)
    return PlanPage(plan, plan.faults, SHEET, content, refused)


def _sheet(wrong: str = "") -> str:
    wish = wish_for_calls()
    with reading() as session:
        caller = caller_now()
        rows = sheet_of(session, wanted=wish, caller=caller)
    return render_template("staff/call_sheet.html", page=SheetPage(tuple(rows), wish, caller.now, wrong))


def _draw(page: PlanPage) -> str:
    return render_template("staff/call_sheet_plan.html", page=page)
