"""Currencies: what sums are converted into, and by which rates of which day."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import DateField, Form, StringField
from wtforms.validators import InputRequired, ValidationError

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.people import rates as exchange
from surveyd.people.amounts import read_currency
from surveyd.people.rates import RateLine, Rates, UsedCurrency
from surveyd.web.access import reader
from surveyd.web.filters import locale_name
from surveyd.web.staff.frame import bp


class ReportingForm(Form):
    """The currency that sums are converted into."""

    reporting = StringField(validators=[InputRequired(lazy_gettext("Name a currency, such as EUR."))])

    def validate_reporting(self, field: StringField) -> None:
        """A code that there is."""
        check_currency(field)


class RateForm(Form):
    """What one unit of a currency is worth on a day."""

    currency = StringField(validators=[InputRequired(lazy_gettext("Name a currency, such as CHF."))])
    rate = StringField(validators=[InputRequired(lazy_gettext("Type the rate, such as 0.9182."))])
    day = DateField(validators=[InputRequired(lazy_gettext("Give the day of the rate."))])

    def validate_currency(self, field: StringField) -> None:
        """A code that there is."""
        check_currency(field)

    def validate_rate(self, field: StringField) -> None:
        """A number above 0 that cannot be misread."""
        try:
            exchange.read_rate(field.data or "")
        except ValueError as error:
            raise ValidationError(_("Type a number above 0, with a point: 0.9182.")) from error


@dataclass(frozen=True, slots=True)
class RatesPage:
    """The rates in force, what was entered, the currencies in use, and the forms."""

    rates: Rates
    history: Sequence[RateLine]
    used: Sequence[UsedCurrency]
    choose: ReportingForm
    enter: RateForm

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.rates.reporting and len(self.used) == 1:
            return _("All revenue is in %(currency)s", currency=self.used[0].currency)
        if not self.rates.reporting:
            return _("Sums of different currencies stand apart")
        missing = len(self.missing)
        if not missing:
            return _("All sums can be told in %(currency)s", currency=self.rates.reporting)
        return ngettext(
            "Sums are told in %(currency)s; 1 currency has no rate",
            "Sums are told in %(currency)s; %(num)s currencies have no rate",
            missing,
            currency=self.rates.reporting,
        )

    @property
    def missing(self) -> list[UsedCurrency]:
        """The currencies in use that no rate converts."""
        return [one for one in self.used if not one.has_rate]

    def rate(self, worth: Fraction) -> str:
        """A rate with all its digits, in the reader's spelling."""
        exact = Decimal(worth.numerator) / Decimal(worth.denominator)
        return format_decimal(exact, "#,##0.############", locale_name())


@bp.get("/rates")
def rates() -> str:
    """The currencies, their rates and what was entered before."""
    return _page()


@bp.post("/rates/reporting")
def choose_reporting() -> Response | tuple[str, int]:
    """Convert sums into another currency from now on."""
    form = ReportingForm(request.form)
    if not form.validate():
        return _page(choose=form), 422
    with writing() as session:
        exchange.set_reporting(
            session, form.reporting.data or "", by=reader().user_id, now=services().clock.now()
        )
    return redirect(url_for("staff.rates", told="chosen"), 303)


@bp.post("/rates")
def add_rate() -> Response | tuple[str, int]:
    """Enter a rate; what was entered before is kept."""
    form = RateForm(request.form)
    if not form.validate():
        return _page(enter=form), 422
    assert form.day.data is not None  # required
    try:
        with writing() as session:
            exchange.add_rate(
                session,
                form.currency.data or "",
                exchange.read_rate(form.rate.data or ""),
                day=form.day.data,
                by=reader().user_id,
                now=services().clock.now(),
            )
    except Refused as error:
        form.currency.errors = [str(error)]
        return _page(enter=form), 422
    return redirect(url_for("staff.rates", told="entered"), 303)


def check_currency(field: StringField) -> None:
    """Raise ValidationError for what is no currency's code."""
    try:
        read_currency(field.data or "")
    except ValueError as error:
        raise ValidationError(_("Type a currency's code, such as EUR.")) from error


def _page(choose: ReportingForm | None = None, enter: RateForm | None = None) -> str:
    with reading() as session:
        current = exchange.rates_in_force(session)
        history = exchange.rate_history(session)
        used = exchange.used_currencies(session)
    told = {
        "chosen": _("Sums are converted into this currency from now on."),
        "entered": _("The rate is kept. Sums say its date."),
    }.get(request.args.get("told", ""), "")
    day = services().clock.now().astimezone(reader().zone).date()
    page = RatesPage(
        current,
        history,
        used,
        choose or ReportingForm(reporting=current.reporting),
        enter or RateForm(day=day),
    )
    return render_template("staff/rates.html", page=page, told=told)
