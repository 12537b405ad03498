"""Churn: how many accounts stood where, and how many of them left: what an expected loss rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import DateField, Form, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.reports.exposure import KINDS, NAMES
from surveyd.results import churn as figures
from surveyd.results.churn import MOST_ACCOUNTS, ChurnRates, Origin
from surveyd.scoring.exposure import Churn, Outcome, State
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp

COUNT = NumberRange(0, MOST_ACCOUNTS, message=lazy_gettext("Type a whole number, 0 or more."))
ACCOUNTS, LEFT = "accounts_", "left_"


class PeriodForm(Form):
    """The period of the figures; the form has two counts more for each state, see `churn_form`."""

    begins = DateField(validators=[InputRequired(lazy_gettext("Give the first day of the period."))])
    ends = DateField(validators=[InputRequired(lazy_gettext("Give the last day of the period."))])

    def validate_ends(self, field: DateField) -> None:
        """A period ends after it begins."""
        if field.data and self.begins.data and field.data <= self.begins.data:
            raise ValidationError(_("The period ends after it begins."))


@dataclass(frozen=True, slots=True)
class ChurnPage:
    """The churn in force, what was entered before, and the form; `counts` say whether counts may be read."""

    churn: ChurnRates
    history: Sequence[ChurnRates]
    form: Form
    counts: bool
    names: ClassVar[Mapping[str, object]] = NAMES
    kinds: ClassVar[Mapping[str, str]] = KINDS
    states: ClassVar[Sequence[State]] = tuple(State)

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.rates is None:
            return _("Nothing is known about who has left")
        share = f"{100 * float(self.rates.overall):.1f}\N{NO-BREAK SPACE}%"
        if not self.counts:
            return _("%(share)s of the accounts have left", share=share)
        facts = {"left": number(self.churn.churned), "accounts": number(self.churn.accounts)}
        return _("%(left)s of %(accounts)s accounts have left (%(share)s)", share=share, **facts)

    @property
    def rates(self) -> Churn | None:
        """The rates, if there are any."""
        return self.churn.rates if isinstance(self.churn.rates, Churn) else None

    @property
    def is_entered(self) -> bool:
        return self.churn.origin is Origin.ENTERED

    def outcome(self, state: State) -> Outcome:
        """How many accounts were in a state, and how many of them left."""
        found = [one for one in self.churn.outcomes if one.state is state]
        return Outcome(state, sum(one.accounts for one in found), sum(one.churned for one in found))


@bp.get("/churn")
def churn() -> str:
    """The churn rates, where they come from, and the form for figures."""
    return _page()


@bp.post("/churn")
def enter_churn() -> Response | tuple[str, int]:
    """Keep figures; they count from now on, and the earlier ones are kept."""
    form = churn_form(filled=True)
    if not form.validate() or not _counts_fit(form):
        return _page(form), 422
    data = form.data
    outcomes = [Outcome(state, data[ACCOUNTS + state] or 0, data[LEFT + state] or 0) for state in State]
    try:
        with writing() as session:
            figures.enter_churn(
                session,
                outcomes,
                begins=data["begins"],
                ends=data["ends"],
                by=reader().user_id,
                now=services().clock.now(),
            )
    except Refused as error:
        form["begins"].errors = [str(error)]
        return _page(form), 422
    return redirect(url_for("staff.churn", told="entered"), 303)


def churn_form(*, filled: bool) -> Form:
    """Two counts for each state; `filled` by the request."""
    fields = {
        f"{of}{state}": IntegerField(validators=[Optional(), COUNT])
        for state in State
        for of in (ACCOUNTS, LEFT)
    }
    form = type("ChurnForm", (PeriodForm,), fields)
    return form(request.form if filled else None)  # type: ignore[no-any-return]  # made just now


def _counts_fit(form: Form) -> bool:
    """Say beside each count of who left where it is more than there were."""
    for state in State:
        left = form[LEFT + state]
        if (left.data or 0) > (form[ACCOUNTS + state].data or 0):
            left.errors = [_("No more can have left than there were.")]
    return not any(form[LEFT + state].errors for state in State)


def _page(form: Form | None = None) -> str:
    now = services().clock.now()
    with reading() as session:
        current = figures.churn_rates(session, now=now)
        history = figures.churn_history(session)
    told = _("The figures are kept. Expected losses rest on them from now on.")
    page = ChurnPage(current, history, form or churn_form(filled=False), reader().scope.sees_all)
    return render_template("staff/churn.html", page=page, told=told if request.args.get("told") else "")
