"""Sending as a whole: is all well, how much is owed, and how quickly mails may go out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField, StringField
from wtforms.validators import NumberRange, Optional, ValidationError

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Finding, Refused
from surveyd.base.services import services
from surveyd.distribution.limits import ALL, DOMAIN, EACH, HOUSE, LARGEST, Limit, list_limits, set_limit
from surveyd.distribution.programs import list_programs
from surveyd.distribution.watch import RED, Ledger, findings_of, read_ledger
from surveyd.people.audit import record
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp

NO_NUMBER = lazy_gettext("Write a whole number, or 0 for no limit.")


class LimitForm(Form):
    """One limit; twice 0 takes it away."""

    program = StringField(default=str(HOUSE))
    programs: Sequence[tuple[str, str]] = ()
    domain = StringField(filters=[lambda text: (text or "").strip().lower()])
    per_second = IntegerField(default=0, validators=[Optional(), NumberRange(0, LARGEST, NO_NUMBER)])
    per_minute = IntegerField(default=0, validators=[Optional(), NumberRange(0, 60 * LARGEST, NO_NUMBER)])

    def validate_program(self, field: StringField) -> None:
        """The house, or a program that there is."""
        if field.data not in dict(self.programs):
            raise ValidationError(_("There is no such program."))

    def validate_domain(self, field: StringField) -> None:
        """A domain, a star, or nothing."""
        if field.data not in (ALL, EACH) and not DOMAIN.fullmatch(field.data or ""):
            raise ValidationError(_("Write a domain such as example.com, * for each, or nothing."))


@dataclass(frozen=True, slots=True)
class SendingPage:
    """How sending stands."""

    ledger: Ledger
    findings: list[Finding]
    limits: list[Limit]
    form: LimitForm
    now: datetime

    @property
    def is_red(self) -> bool:
        return any(finding.severity == RED for finding in self.findings)

    @property
    def title(self) -> str:
        """The page's answer."""
        facts = {"owed": number(self.ledger.owed), "minutes": number(self.ledger.oldest_s // 60)}
        if not self.ledger.owed:
            return _("No mail is owed") if not self.is_red else _("No mail is owed, but something is red")
        if self.is_red:
            return _("Mails are stuck: %(owed)s are owed, the oldest for %(minutes)s min", **facts)
        return _("All is well: %(owed)s mails are owed, the oldest for %(minutes)s min", **facts)


@bp.get("/sending", endpoint="sending")
def show_sending() -> str:
    """Whether all is well, and the limits."""
    return _page(LimitForm())


@bp.post("/sending")
def set_sending_limit() -> Response | tuple[str, int]:
    """Set or take away one limit; senders go by it within two seconds."""
    form = LimitForm(request.form)
    _offer_programs(form)
    if not form.validate():
        return _page(form), 422
    try:
        with writing() as session:
            set_limit(
                session,
                program_id=int(form.program.data or HOUSE),
                domain=form.domain.data or ALL,
                per_second=form.per_second.data or 0,
                per_minute=form.per_minute.data or 0,
            )
            record(
                session,
                action="set_limit",
                thing="sending",
                thing_id=int(form.program.data or HOUSE) or None,
                by=reader().user_id,
                now=services().clock.now(),
                facts={"second": form.per_second.data or 0, "minute": form.per_minute.data or 0},
            )
    except Refused as error:
        form.domain.errors = [str(error)]
        return _page(form), 422
    return redirect(url_for("staff.sending"), 303)


def _offer_programs(form: LimitForm) -> None:
    with reading() as session:
        programs = [(str(program.id), program.slug) for program in list_programs(session)]
    form.programs = [(str(HOUSE), str(_("the whole house"))), *programs]


def _page(form: LimitForm) -> str:
    _offer_programs(form)
    now = services().clock.now()
    with reading() as session:
        ledger = read_ledger(session, now=now, system_now=system_now())
        limits = list_limits(session)
    findings = [*findings_of(ledger, system_now=system_now())]
    return render_template("staff/sending.html", page=SendingPage(ledger, findings, limits, form, now))
