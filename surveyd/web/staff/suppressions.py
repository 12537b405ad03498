"""The addresses that are not mailed, and why; staff add, lift, take in and hand out."""

import io
from dataclasses import dataclass

from flask import Response as Answer
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import FileField, Form, StringField
from wtforms.validators import InputRequired, Length

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution.stop_lists import (
    FILTERS,
    HEAD,
    REASON_LIMIT,
    REASONS,
    SORTS,
    StopPage,
    add_stop,
    every_stop,
    import_stops,
    lift_stop,
    list_stops,
)
from surveyd.reports.files import write_csv
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

WHY = {
    "bounced": lazy_gettext("nobody has this address"),
    "kept_bouncing": lazy_gettext("mails kept coming back"),
    "complaint": lazy_gettext("complained about a mail"),
    "by_hand": lazy_gettext("put here by staff"),
    "imported": lazy_gettext("from a file"),
}
FILE_NAME = "suppressions.csv"


class AddForm(Form):
    """An address that is not to be mailed, and why."""

    address = StringField(validators=[InputRequired(lazy_gettext("Write the address."))])
    reason = StringField(
        validators=[
            InputRequired(lazy_gettext("Say in a few words why; it is kept.")),
            Length(max=REASON_LIMIT, message=lazy_gettext("Shorten the reason a little.")),
        ]
    )


class LiftForm(Form):
    """An address that may be mailed again, and why."""

    address = StringField(id="lift-address", validators=[InputRequired(lazy_gettext("Write the address."))])
    reason = StringField(
        id="lift-reason",
        validators=[
            InputRequired(lazy_gettext("Say in a few words why; it is kept.")),
            Length(max=REASON_LIMIT, message=lazy_gettext("Shorten the reason a little.")),
        ],
    )


class FileForm(Form):
    """A file of addresses."""

    file = FileField()


@dataclass(frozen=True, slots=True)
class SuppressionsPage:
    """Some addresses, and the forms; `told` says what was just done."""

    found: StopPage
    wish: Wanted
    add: AddForm
    file: FileForm
    lift: LiftForm | None
    told: str

    @property
    def title(self) -> str:
        """The page's answer."""
        total = self.found.total
        if not total:
            return _("Every address may be mailed")
        return ngettext("1 address is not mailed", "%(n)s addresses are not mailed", total, n=number(total))

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        """Each reason in words, with how many addresses it has."""
        counts = self.found.counts
        return [(reason, why(reason), counts[reason]) for reason in sorted(counts)]

    @property
    def filters(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What the list can be narrowed by."""
        return [("reason", _("Reason"), [(reason, why(reason)) for reason in REASONS])]


@bp.app_template_filter()
def why(reason: str) -> str:
    """Why an address is not mailed, in words; what is not known is said as it stands."""
    return str(WHY.get(reason, reason))


@bp.get("/suppressions")
def suppressions() -> str:
    """The addresses, the latest first."""
    told = {
        "added": _("It is not mailed any more, and what was queued to it is stopped."),
        "lifted": _("It is mailed again by the next wave. What was stopped stays stopped."),
        "imported": _("The file is taken in."),
    }
    return _page(told=told.get(request.args.get("told", ""), ""))


@bp.get("/suppressions.csv")
def suppressions_csv() -> Answer:
    """The same list as a file, without its pages."""
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="-since")
    out = io.StringIO(newline="")
    with reading() as session:
        write_csv(out, HEAD, every_stop(session, wish))
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Answer(out.getvalue(), mimetype="text/csv", headers=headers)


@bp.post("/suppressions")
def add_suppression() -> Response | tuple[str, int]:
    """Put an address on the list."""
    form = AddForm(request.form)
    if not form.validate():
        return _page(add=form), 422
    now, by = services().clock.now(), reader().user_id
    try:
        with writing() as session:
            add_stop(session, form.address.data or "", reason=form.reason.data or "", by=by, now=now)
    except Refused as refused:
        form.address.errors = [str(refused)]
        return _page(add=form), 422
    return redirect(url_for("staff.suppressions", told="added"), 303)


@bp.post("/suppressions/lift")
def lift_suppression() -> Response | tuple[str, int]:
    """Take an address off the list; where it is not on it, say so."""
    form = LiftForm(request.form)
    if not form.validate():
        return _page(lift=form), 422
    now, by = services().clock.now(), reader().user_id
    try:
        with writing() as session:
            lift_stop(session, form.address.data or "", reason=form.reason.data or "", by=by, now=now)
    except NotFound:
        form.address.errors = [_("This address is not on the list; somebody may have lifted it already.")]
        return _page(lift=form), 422
    except Refused as refused:
        form.reason.errors = [str(refused)]
        return _page(lift=form), 422
    return redirect(url_for("staff.suppressions", told="lifted"), 303)


@bp.post("/suppressions/import")
def import_suppressions() -> Response | tuple[str, int]:
    """Put every address of a file on the list, all or none."""
    sent, form = request.files.get("file"), FileForm()
    content = sent.read() if sent is not None else b""
    now, by = services().clock.now(), reader().user_id
    try:
        if not content:
            raise Refused(_("Choose a CSV file."))
        with writing() as session:
            import_stops(session, content, by=by, now=now)
    except Refused as refused:
        form.file.errors = [str(refused)]
        return _page(file=form), 422
    return redirect(url_for("staff.suppressions", told="imported"), 303)


def _page(
    *,
    add: AddForm | None = None,
    lift: LiftForm | None = None,
    file: FileForm | None = None,
    told: str = "",
) -> str:
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="-since")
    with reading() as session:
        found = list_stops(session, wish)
    add, file = add or AddForm(), file or FileForm()
    page = SuppressionsPage(found, wish, add, file, lift, told)
    return render_template("staff/suppressions.html", page=page)
