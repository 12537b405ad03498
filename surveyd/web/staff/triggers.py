"""Invitations that events ask for: renewals by program, keys for other programs, the latest requests."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution import triggers
from surveyd.distribution.hook_keys import NAME_LIMIT, KeyLine, end_hook_key, hook_keys, make_hook_key
from surveyd.distribution.models import Program
from surveyd.distribution.program_lists import get_program
from surveyd.distribution.return_models import KeyUse
from surveyd.distribution.triggers import MOST_DAYS, TriggerLine
from surveyd.people.audit import record
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.wave_words import RULES

SOURCES = {
    "renewal": lazy_gettext("renewal date"),
    "command": lazy_gettext("command"),
    "api": lazy_gettext("another program"),
}
ALSO = {
    "asked_already": lazy_gettext("asked already in this month's wave"),
    "not_open": lazy_gettext("no day was left before the close on which they could be asked"),
}


class RenewalForm(Form):
    """How many days before the renewal date; empty for not at all."""

    days = IntegerField(
        validators=[
            Optional(),
            NumberRange(0, MOST_DAYS, lazy_gettext("Write 0 to 365 days, or nothing for never.")),
        ]
    )


class KeyForm(Form):
    """Who uses a key."""

    name = StringField(
        validators=[
            DataRequired(lazy_gettext("Write who uses the key.")),
            Length(max=NAME_LIMIT, message=lazy_gettext("Write at most 60 characters.")),
        ]
    )


@dataclass(frozen=True, slots=True)
class TriggersPage:
    """What asks by itself, and what was asked."""

    lines: list[TriggerLine]
    renewals: list[tuple[Program, int | None]]
    keys: tuple[KeyLine, ...]
    form: KeyForm
    address: str
    key: str = ""
    wrong_program: int = 0
    problem: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        asking = sum(days is not None for _program, days in self.renewals)
        if not asking and not self.keys:
            return _("No event asks anybody yet")
        if not asking:
            return ngettext(
                "1 other program may ask for invitations",
                "%(n)s other programs may ask for invitations",
                len(self.keys),
                n=number(len(self.keys)),
            )
        return ngettext(
            "1 program asks before renewals", "%(n)s programs ask before renewals", asking, n=number(asking)
        )

    def outcome(self, line: TriggerLine) -> str:
        """What a request came to, in words."""
        if not line.rule:
            return _("invited")
        return str(ALSO.get(line.rule) or RULES.get(line.rule, line.rule))

    def source(self, line: TriggerLine) -> str:
        """What asked."""
        return str(SOURCES[line.source.value])


@bp.get("/triggers", endpoint="triggers")
def show_triggers() -> str:
    """The events that ask, and the latest requests."""
    return _page()


@bp.post("/programs/<id:program_id>/renewals", endpoint="set_renewal")
def set_renewal(program_id: int) -> Response | tuple[str, int]:
    """Ask so many days before renewal dates from now on, or never."""
    form = RenewalForm(request.form)
    if not form.validate():
        return _page(wrong_program=program_id, problem=str(form.days.errors[0])), 422
    now, by = services().clock.now(), reader().user_id
    with writing() as session:
        program = get_program(session, program_id)
        triggers.set_renewal(session, program, form.days.data, now=now, by=by)
        record(session, action="set_renewal", thing="program", thing_id=program_id, by=by, now=now)
    return redirect(url_for("staff.triggers"), 303)


@bp.post("/triggers/keys", endpoint="make_trigger_key")
def make_key() -> str | tuple[str, int]:
    """Make a key and show it, once: so no redirect."""
    form = KeyForm(request.form)
    if not form.validate():
        return _page(form=form), 422
    now, by = services().clock.now(), reader().user_id
    with writing() as session:
        key = make_hook_key(session, form.name.data or "", use=KeyUse.INVITATIONS, by=by, now=now)
    return _page(key=key)


@bp.post("/triggers/keys/<id:key_id>/end", endpoint="end_trigger_key")
def end_key(key_id: int) -> Response:
    """Let a key work no more."""
    with writing() as session:
        end_hook_key(session, key_id, by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.triggers"), 303)


def _page(*, form: KeyForm | None = None, key: str = "", wrong_program: int = 0, problem: str = "") -> str:
    with reading() as session:
        page = TriggersPage(
            lines=triggers.list_triggers(session),
            renewals=triggers.renewals_of(session),
            keys=hook_keys(session, KeyUse.INVITATIONS),
            form=form or KeyForm(),
            address=f"{services().config.base_url}/api/invitations",
            key=key,
            wrong_program=wrong_program,
            problem=problem,
        )
    return render_template("staff/triggers.html", page=page)
