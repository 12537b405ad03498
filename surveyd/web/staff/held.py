"""All that is held, mails and planned touches: let go, skip or shift to a day, one, a group or everything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import DateField, Form, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, Optional

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution.hold_lists import HeldGroup, HeldPage, count_held, held_groups, list_held
from surveyd.distribution.holds import FILTERS, let_go, shift, skip
from surveyd.people.audit import record
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

RELEASE, SKIP, SHIFT = "release", "skip", "shift"
LONGEST_FILTER = 300


class HeldForm(Form):
    """What shall become of so many: the number is the one that the admin saw."""

    do = StringField(validators=[InputRequired(), AnyOf([RELEASE, SKIP, SHIFT])])
    count = IntegerField(validators=[InputRequired()])
    day = DateField(validators=[Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        """A shift needs a day; the other decisions do without."""
        is_whole = bool(super().validate(extra_validators))
        if self.do.data == SHIFT and self.day.data is None and not self.day.errors:
            self.day.errors = [_("Choose the day on which they shall go out.")]
            return False
        return is_whole


@dataclass(frozen=True, slots=True)
class HeldMails:
    """What is held, by group, and the lines of the filter with what can be done about them."""

    groups: list[HeldGroup]
    found: HeldPage
    count: int
    wish: Wanted
    form: HeldForm
    problem: str
    now: datetime

    @property
    def all(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.groups:
            return _("Nothing is held")
        return ngettext(
            "1 mail is held and waits for your word",
            "%(many)s mails are held and wait for your word",
            self.all,
            many=number(self.all),
        )


@bp.get("/outbox/held", endpoint="held")
def show_held() -> str:
    """Everything that is held."""
    return _page(wanted(sorts=(), filters=FILTERS, sort=""), HeldForm())


@bp.post("/outbox/held")
def decide_held() -> Response | tuple[str, int]:
    """Let go, skip or shift as many as the admin agreed to; a second press finds other ones, or none."""
    wish, form = _sent_filter(request.form), HeldForm(request.form)
    if not form.validate():
        return _page(wish, form), 422
    now = services().clock.now()
    try:
        with writing() as session:
            count = count_held(session, wish.filters)
            if count == form.count.data:
                _decide(session, wish.filters, form, now=now)
    except Refused as error:
        return _page(wish, form, problem=str(error)), 422
    if count != form.count.data:
        told = _("It is %(n)s now, no longer as many as you saw. Look again and decide.", n=number(count))
        return _page(wish, form, problem=told), 422
    return redirect(url_for("staff.held"), 303)


def _decide(session: Session, filters: Mapping[str, str], form: HeldForm, *, now: datetime) -> None:
    verbs: dict[str, Callable[[], int]] = {
        RELEASE: lambda: let_go(session, filters, now=now),
        SKIP: lambda: skip(session, filters),
        SHIFT: lambda: shift(session, filters, to=form.day.data or now.date(), now=now),
    }
    done = verbs[form.do.data or ""]()
    facts: dict[str, str | int] = {"count": done}
    facts |= {name: word[:60] for name, word in filters.items() if word and name != "reason"}
    record(
        session, action=f"held_{form.do.data}", thing="outbox", thing_id=None, by=reader().user_id, now=now,
        facts=facts,
    )  # fmt: skip


def _page(wish: Wanted, form: HeldForm, *, problem: str = "") -> str:
    with reading() as session:
        page = HeldMails(
            held_groups(session),
            list_held(session, wish),
            count_held(session, wish.filters),
            wish,
            form,
            problem,
            services().clock.now(),
        )
    return render_template("staff/held.html", page=page)


def _sent_filter(sent: MultiDict[str, str]) -> Wanted:
    """The filter that the buttons stood under."""
    return Wanted(
        filters={name: sent.get(name, "").replace("\0", "").strip()[:LONGEST_FILTER] for name in FILTERS}
    )
