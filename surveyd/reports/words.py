"""What charts and tables call the states of people, accounts, answers and cases; translated when shown."""

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from surveyd.scoring.nps import Base, Summary

STATES = {
    "truly_loyal": _("truly loyal"),
    "accessible": _("accessible"),
    "trapped": _("trapped"),
    "high_risk": _("high risk"),
    "unclassified": _("unclassified"),
    "silent": _("silent"),
    "not_asked": _("not asked"),
}
STEPS = {"invitation": _("invitation"), "reminder": _("reminder"), "call": _("call")}
STEP_KINDS = {"invitation": "", "reminder": "second", "call": "third"}
FATES = {
    "in_time": _("contacted in time"),
    "late": _("contacted late"),
    "overdue": _("overdue"),
    "waiting": _("waiting, in time"),
}
FATE_KINDS = {"in_time": "good", "late": "soon", "overdue": "bad", "waiting": "silent"}
AGES = {"fresh": _("under 2 days"), "week": _("2 to 7 days"), "old": _("over 7 days")}


def score_shown(of: Summary) -> str:
    """A score as a page may show it: a number from ten ratings on, the people below, a dash for none."""
    if of.base is not Base.COUNTS:
        return of.shown
    return gettext(
        "%(promoters)s promoting, %(passives)s passive, %(detractors)s detracting",
        promoters=of.counts.promoters,
        passives=of.counts.passives,
        detractors=of.counts.detractors,
    )


def recommend_parts(summary: Summary) -> tuple[tuple[str, str], ...]:
    """The score where there are enough ratings for one, else the people counted; empty without ratings.

    Each part's words come with the category of answers that it counts: "rated" for the score of them all.
    """
    if summary.base not in (Base.COUNTS, Base.NONE):
        return ((str(gettext("NPS %(score)s", score=summary.shown)), "rated"),)
    counts = summary.counts
    people = (
        (counts.promoters, ngettext("%(num)s promoter", "%(num)s promoters", counts.promoters), "promoter"),
        (counts.passives, ngettext("%(num)s passive", "%(num)s passives", counts.passives), "passive"),
        (
            counts.detractors,
            ngettext("%(num)s detractor", "%(num)s detractors", counts.detractors),
            "detractor",
        ),
    )
    return tuple((str(words), category) for count, words, category in people if count)
