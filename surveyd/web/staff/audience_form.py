"""The form that says whom a wave asks; what can be is decided by the plan's own check."""

import secrets
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import Form, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import NumberRange, Optional, ValidationError

from surveyd.distribution.audience_dimensions import Choices, is_stratum
from surveyd.distribution.audience_models import Customers, SampleKind
from surveyd.distribution.audience_plans import MOST_PEOPLE, MOST_SEED, Plan, Sampling, filters_of
from surveyd.people.amounts import read_amount
from surveyd.scoring.allocation import Allocation
from surveyd.web.staff.audience_words import ALLOCATIONS, CUSTOMERS, dimension, value

FILTER = "filter:"
"""What the name of a field begins with that narrows a dimension."""
SAMPLES = {
    SampleKind.CENSUS: lazy_gettext("everybody"),
    SampleKind.NUMBER: lazy_gettext("so many people, drawn at random"),
    SampleKind.SHARE: lazy_gettext("so many percent, drawn at random"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One value that can be ticked."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One dimension with its values."""

    name: str
    label: str
    options: tuple[Option, ...]
    more: int

    @property
    def chosen(self) -> int:
        """How many values are ticked."""
        return sum(option.is_chosen for option in self.options)


def _number(least: int, most: int, said: str) -> IntegerField:
    return IntegerField(validators=[Optional(), NumberRange(least, most, said)])


class AudienceForm(Form):
    """Customers, revenue and sample; the filters are beside it, one field a dimension."""

    customers = RadioField(
        default=Customers.ACTIVE.value,
        choices=[SelectChoice(one.value, words) for one, words in CUSTOMERS.items()],
    )
    revenue_from = StringField()
    revenue_to = StringField()
    sample = RadioField(
        default=SampleKind.CENSUS.value,
        choices=[SelectChoice(one.value, words) for one, words in SAMPLES.items()],
    )
    size = _number(1, MOST_PEOPLE, lazy_gettext("Write how many to draw, 1 or more."))
    first = SelectField(validate_choice=False)
    second = SelectField(validate_choice=False)
    allocation = RadioField(
        default=Allocation.PROPORTIONAL.value,
        choices=[SelectChoice(one.value, words) for one, words in ALLOCATIONS.items()],
    )
    least = _number(1, MOST_PEOPLE, lazy_gettext("Write how many of each group, 1 or more."))
    seed = _number(0, MOST_SEED - 1, lazy_gettext("Write a whole number from 0 to 999,999,999, or nothing."))

    def validate_revenue_from(self, field: StringField) -> None:
        """An amount, or nothing."""
        _cents(field)

    def validate_revenue_to(self, field: StringField) -> None:
        """An amount, or nothing."""
        _cents(field)

    def validate_sample(self, field: RadioField) -> None:
        """A sample has a size."""
        if field.data != SampleKind.CENSUS and self.size.data is None and not self.size.errors:
            raise ValidationError(_("Write below how many to draw."))

    def offer(self, choices: tuple[Choices, ...]) -> None:
        """The dimensions that a sample can be drawn by."""
        named = [SelectChoice(each.name, dimension(each.name)) for each in choices if is_stratum(each.name)]
        self.first.choices = self.second.choices = [SelectChoice("", _("nothing")), *named]

    def plan(self, fields: MultiDict[str, str]) -> Plan:
        """What the form says, with the filters among `fields`. Only after it was found valid."""
        return Plan(
            Customers(self.customers.data),
            ticked(fields),
            _cents(self.revenue_from),
            _cents(self.revenue_to),
            self._sampling(),
        )

    def _sampling(self) -> Sampling:
        kind = SampleKind(self.sample.data)
        if kind is SampleKind.CENSUS:
            return Sampling()
        strata = tuple(field.data for field in (self.first, self.second) if field.data)
        seed = self.seed.data
        return Sampling(
            kind,
            self.size.data or 0,
            strata,
            Allocation(self.allocation.data) if strata else Allocation.PROPORTIONAL,
            self.least.data or 0,
            new_seed() if seed is None else seed,
        )


def form_of(plan: Plan) -> AudienceForm:
    """The form as it says a plan."""
    sampling, strata = plan.sampling, (*plan.sampling.strata, "", "")
    return AudienceForm(
        customers=plan.customers.value,
        revenue_from=_units(plan.revenue_from_cents),
        revenue_to=_units(plan.revenue_to_cents),
        sample=sampling.kind.value,
        size=sampling.size or None,
        first=strata[0],
        second=strata[1],
        allocation=sampling.allocation.value,
        least=sampling.least or None,
        seed=sampling.seed if plan.is_sampled else None,
    )


def ticked(fields: MultiDict[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The filters of a form that was sent."""
    pairs = fields.items(multi=True)
    return filters_of((name.removeprefix(FILTER), of) for name, of in pairs if name.startswith(FILTER))


def groups_of(
    choices: tuple[Choices, ...], filters: tuple[tuple[str, tuple[str, ...]], ...]
) -> tuple[Group, ...]:
    """The dimensions to narrow by; what is ticked stays on offer when nobody has it any more."""
    chosen = dict(filters)
    known = {each.name: each for each in choices}
    gone = tuple(Choices(name, (), 0) for name in chosen if name not in known)
    return tuple(_group(each, chosen.get(each.name, ())) for each in (*choices, *gone))


def new_seed() -> int:
    """A seed that nobody has chosen."""
    return secrets.randbelow(MOST_SEED)


def _group(of: Choices, chosen: tuple[str, ...]) -> Group:
    options = [
        Option(one.value, value(of.name, one.value, one.label), one.count, one.value in chosen)
        for one in of.values
    ]
    there = {one.value for one in of.values}
    options += [Option(one, value(of.name, one), 0, True) for one in chosen if one not in there]
    return Group(of.name, dimension(of.name), tuple(options), of.more)


def _cents(field: StringField) -> int | None:
    try:
        return read_amount(field.data or "")[0]
    except ValueError as error:
        raise ValidationError(_("Write whole units, such as 250000, or nothing.")) from error


def _units(cents: int | None) -> str:
    if cents is None:
        return ""
    return str(cents // 100) if cents % 100 == 0 else f"{cents // 100}.{cents % 100:02}"
