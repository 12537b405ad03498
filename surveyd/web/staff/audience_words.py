"""What a wave's audience is in words: whom it asks, and why somebody gets no mail and what to do."""

from dataclasses import dataclass

from flask_babel import get_locale, lazy_gettext, ngettext
from flask_babel import gettext as _

from surveyd.distribution.audience_accounts import NO_DECIDER, NOBODY_IN, SINGLE, UNREACHABLE
from surveyd.distribution.audience_details import REVENUE, Details, Misfit
from surveyd.distribution.audience_dimensions import CUSTOM, SEGMENT
from surveyd.distribution.audience_lists import LATER, Reasoned
from surveyd.distribution.audience_models import Customers, SampleKind
from surveyd.distribution.audience_plans import Plan, Sampling
from surveyd.distribution.audience_rules import EXCLUDED
from surveyd.distribution.contact_marks import Reason
from surveyd.scoring.allocation import Allocation
from surveyd.web.filters import day, number, words
from surveyd.web.staff.confirmation_words import REASONS
from surveyd.web.staff.slices import CODED, NAMES, NOBODY_KNOWS
from surveyd.web.staff.wave_words import RULES, STANDS_ALONE

DIMENSIONS = {
    **NAMES,
    "time_zone": lazy_gettext("Time zone"),
    "consent": lazy_gettext("Consent"),
    SEGMENT: lazy_gettext("Last segment"),
}
CUSTOMERS = {
    Customers.ACTIVE: lazy_gettext("active customers"),
    Customers.LAPSED: lazy_gettext("lapsed customers"),
}
ALLOCATIONS = {
    Allocation.PROPORTIONAL: lazy_gettext("of each group as many as its size calls for"),
    Allocation.EQUAL: lazy_gettext("of each group the same number"),
    Allocation.MINIMUM: lazy_gettext("of each group at least so many, the rest by size"),
}
LACKS = {
    NO_DECIDER: lazy_gettext("without a decision maker"),
    SINGLE: lazy_gettext("with a single contact"),
    UNREACHABLE: lazy_gettext("with nobody who can be mailed"),
    NOBODY_IN: lazy_gettext("with nobody in this wave"),
}
"""What an account lacks; follows a number of accounts."""
ADVICE = {
    "merged": lazy_gettext("Nothing: search for the contact who goes on."),
    "account_lapsed": lazy_gettext("Plan a wave for lapsed customers, or import the account as active."),
    "account_active": lazy_gettext("Plan a wave for active customers, or import the account as lapsed."),
    "not_in_filter": lazy_gettext("Widen the filters of this wave, or correct the facts by an import."),
    "contact_inactive": lazy_gettext("Import the contact again if they are there after all."),
    "opted_out": lazy_gettext("Nothing: it was their own wish, and it holds for every wave."),
    "opted_out_program": lazy_gettext("Nothing: it was their own wish; other programs may ask them."),
    "opted_out_address": lazy_gettext(
        "Nothing: it was their own wish, said as another contact with this address; a merge makes them one."
    ),
    "no_address": lazy_gettext("Import their address."),
    "suppressed": lazy_gettext("Import a new address, or lift the old one once it works again."),
    "not_right_person": lazy_gettext("Decide on the account's page what becomes of it."),
    "same_address": lazy_gettext("Nothing if it is one person; else import an address for each."),
    "rested": lazy_gettext("Wait until the rest period is over, or shorten it in the program."),
    "excluded": lazy_gettext("Put them back on the page of the confirmation if that was wrong."),
    "no_day_left": lazy_gettext("Allow more people of one account a day, or a later close."),
    "not_in_sample": lazy_gettext("Draw more people, or ask everybody."),
    LATER: lazy_gettext("The next wave asks them."),
}
"""What to do about each rule."""
NAMED = 5
"""So many values of a filter are named."""


@dataclass(frozen=True, slots=True)
class Told:
    """One contact's answer: a sentence, and below it each reason with what to do about it."""

    account_id: int
    sentence: str
    reasons: tuple[tuple[str, str], ...]


def told_of(reasoned: Reasoned, left_out: Reason | None = None, *, ahead: bool) -> Told:
    """Why somebody gets a mail or gets none, in words; `left_out` is why they were left out by hand."""
    line = reasoned.line
    who = {"name": line.name, "account": line.account}
    if line.rule == LATER:
        said = _("%(name)s of %(account)s gets no mail: they were added after the launch.", **who)
        return Told(line.account_id, said, (("", str(ADVICE[LATER])),))
    told = tuple(each for rule in _rules(reasoned) for each in _reasons(rule, reasoned.details, left_out))
    if ahead:
        said = _forecast(who, len(told))
    elif reasoned.rules:
        said = _("%(name)s of %(account)s was left out at the launch.", **who)
    else:
        stands = str(STANDS_ALONE[line.standing])
        said = _("%(name)s of %(account)s is in: %(stands)s.", **who, stands=stands)
    return Told(line.account_id, said, told)


def _forecast(who: dict[str, str], reasons: int) -> str:
    if not reasons:
        return _("%(name)s of %(account)s would get a mail: no rule leaves them out.", **who)
    return ngettext(
        "%(name)s of %(account)s gets no mail, for one reason:",
        "%(name)s of %(account)s gets no mail, for %(num)s reasons:",
        reasons,
        **who,
    )


def _rules(reasoned: Reasoned) -> tuple[str, ...]:
    """What is told below the sentence. Of who was left out, also what has come on top since."""
    return tuple(dict.fromkeys((*reasoned.rules, *reasoned.now))) if reasoned.rules else ()


def _reasons(rule: str, details: Details, left_out: Reason | None) -> list[tuple[str, str]]:
    """A rule in words with what to do; with the filters or the wave behind it, where they are known."""
    advice = str(ADVICE.get(rule, ""))
    if rule == EXCLUDED and left_out is not None:
        return [(_left_out(left_out), advice)]
    if rule == "not_in_filter" and details.misfits:
        return [(_misfit(each), advice) for each in details.misfits]
    if rule == "rested" and details.asked:
        asked = details.asked
        facts = {
            "wave": asked.wave,
            "program": asked.program,
            "day": day(asked.at),
            "until": day(asked.until),
        }
        said = _("the wave %(wave)s of %(program)s asked them on %(day)s; they rest until %(until)s", **facts)
        return [(said, advice)]
    return [(str(RULES.get(rule, rule)), advice)]


def _left_out(reason: Reason) -> str:
    """Who left somebody out, when and why."""
    facts = {"who": reason.by, "day": day(reason.at), "why": str(REASONS[reason.why]), "words": reason.words}
    if reason.words:
        return _("%(who)s left them out on %(day)s: %(why)s, “%(words)s”", **facts)
    return _("%(who)s left them out on %(day)s: %(why)s", **facts)


def _misfit(misfit: Misfit) -> str:
    """Which filter somebody is not in."""
    if misfit.dimension == REVENUE:
        return _("the account's revenue is not within what this wave asks, or is not known")
    name, few = dimension(misfit.dimension), misfit.wanted[:NAMED]
    wanted = _(", ").join(value(misfit.dimension, each) for each in few)
    if len(misfit.wanted) > NAMED:
        wanted = _("%(values)s and others", values=wanted)
    if misfit.value is None:
        return _("this wave asks only where %(dimension)s is %(wanted)s", dimension=name, wanted=wanted)
    theirs = value(misfit.dimension, misfit.value)
    facts = {"dimension": name, "theirs": theirs, "wanted": wanted}
    return _("%(dimension)s is %(theirs)s, and this wave asks only %(wanted)s", **facts)


def dimension(name: str) -> str:
    """What a dimension is called; one of the company's own by its own name."""
    return str(DIMENSIONS.get(name) or name.removeprefix(CUSTOM))


def value(name: str, of: str, label: str = "") -> str:
    """What a value of a dimension is called, in the reader's language."""
    locale = get_locale()
    if not of:
        return str(NOBODY_KNOWS)
    if name == SEGMENT:
        return words(of)
    if name == "role":
        return str(CODED.get(of, of))
    if locale and name == "country":
        return str(locale.territories.get(of, of))
    if locale and name == "language":
        return str(locale.languages.get(of, of))
    return label or of


def plan_words(plan: Plan, managers: dict[str, str], currency: str) -> list[str]:
    """Whom a wave asks, in a few phrases: customers, filters, sample."""
    said = [str(CUSTOMERS[plan.customers])]
    for name, values in plan.filters:
        listed = _(", ").join(value(name, each, managers.get(each, "")) for each in values)
        said.append(_("%(name)s: %(value)s", name=dimension(name), value=listed))
    if plan.revenue_from_cents is not None:
        said.append(_("revenue from %(amount)s on", amount=_amount(plan.revenue_from_cents, currency)))
    if plan.revenue_to_cents is not None:
        said.append(_("revenue up to %(amount)s", amount=_amount(plan.revenue_to_cents, currency)))
    return [*said, *sample_words(plan.sampling)]


def sample_words(sampling: Sampling) -> list[str]:
    """How a sample is drawn; nothing for a census."""
    if sampling.kind is SampleKind.CENSUS:
        return []
    if sampling.kind is SampleKind.SHARE:
        said = _("a random sample of %(n)s%%", n=number(sampling.size))
    else:
        said = ngettext(
            "a random sample of 1 person",
            "a random sample of %(many)s people",
            sampling.size,
            many=number(sampling.size),
        )
    told = [said]
    if sampling.strata:
        told.append(_("drawn by %(names)s", names=_(" and ").join(map(dimension, sampling.strata))))
        told.append(str(ALLOCATIONS[sampling.allocation]))
    return [*told, _("seed %(seed)s", seed=str(sampling.seed))]


def _amount(cents: int, currency: str) -> str:
    return f"{number(cents // 100)} {currency}".strip()
