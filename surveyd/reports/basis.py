"""Where a number comes from: what stands one hover or focus away from every figure."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from surveyd.reports.reasons import why_not
from surveyd.scoring.bases import Base
from surveyd.scoring.estimates import Estimate, Method
from surveyd.scoring.intervals import Interval
from surveyd.scoring.nps import display, display_finely
from surveyd.scoring.scale import whole
from surveyd.scoring.unsaid import Unsaid
from surveyd.scoring.weighting import Weighting

WEIGHTINGS: Mapping[str, object] = {
    Weighting.CONTACT.value: lazy_gettext("each person counts alike"),
    Weighting.ACCOUNT.value: lazy_gettext("each account counts alike"),
    Weighting.REVENUE.value: lazy_gettext("each account counts by its revenue, capped"),
}
METHODS: Mapping[str, object] = {
    Method.CLUSTERED.value: lazy_gettext(
        "Clustered by account, with Student's t: people of one account resemble each other."
    ),
    Method.ADJUSTED_WALD.value: lazy_gettext(
        "Adjusted Wald: too few accounts, or too much agreement, to measure how accounts differ."
    ),
    Method.WILSON.value: lazy_gettext(
        "Wilson's interval of a share, clustered by account where there are enough."
    ),
}
COUNTED = lazy_gettext("Counted, not estimated.")


@dataclass(frozen=True, slots=True)
class Basis:
    """What one figure rests on, in words; what is empty or None is not said.

    `figure` names the figure within a sentence. `interval` is written out; `weighting` is one of WEIGHTINGS;
    `policy` is the version of the scoring policy; `method` is a sentence; `rows` is the address of the rows
    behind the figure; `about` is the page of docs/method that says how it is worked out. Lazy words are
    turned into the reader's language when they are shown.
    """

    figure: object
    answered: int | None = None
    invited: int | None = None
    accounts: int | None = None
    interval: str = ""
    weighting: str = ""
    policy: str = ""
    method: object = ""
    notes: tuple[object, ...] = ()
    rows: str = ""
    about: str = "slices"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What the card says, each with its name."""
        found = [
            (_("Rests on"), self._base),
            (_("Response"), self._response),
            (_("%(level)s %% interval", level=95), self.interval),
            (_("Weighting"), str(WEIGHTINGS.get(self.weighting, ""))),
            (_("Scoring policy"), _("version %(version)s", version=self.policy) if self.policy else ""),
            (_("Method"), str(self.method)),
        ]
        return [(str(name), str(said)) for name, said in found if said]

    @property
    def _base(self) -> str:
        if self.answered is None:
            return ""
        people = ngettext("%(num)s answer", "%(num)s answers", self.answered)
        if self.accounts is None:
            return people
        return _(
            "%(people)s of %(accounts)s",
            people=people,
            accounts=ngettext("%(num)s account", "%(num)s accounts", self.accounts),
        )

    @property
    def _response(self) -> str:
        if not self.invited or self.answered is None:
            return ""
        share = whole(100 * self.answered / self.invited)
        return _("%(share)s %% of %(invited)s invited", share=share, invited=self.invited)


def basis_of(
    estimate: Estimate | Unsaid,
    *,
    figure: object,
    interval: str = "",
    invited: int | None = None,
    weighting: Weighting = Weighting.CONTACT,
    policy: str = "",
    rows: str = "",
    about: str = "slices",
) -> Basis:
    """The basis of an estimate, or why there is none; `interval` is its interval as shown."""
    if isinstance(estimate, Unsaid):
        return Basis(
            figure, invited=invited, policy=policy, notes=(why_not(estimate),), rows=rows, about=about
        )
    return Basis(
        figure,
        answered=estimate.n,
        invited=invited,
        accounts=estimate.accounts,
        interval="" if estimate.base is Base.COUNTS else interval,
        weighting=weighting.value,
        policy=policy,
        method=METHODS[estimate.method.value],
        notes=tuple(_notes(estimate)),
        rows=rows,
        about=about,
    )


def score_interval(of: Interval) -> str:
    """An interval of a score from -1 to 1, as it is written."""
    return str(_("%(low)s to %(high)s", low=display(of.low), high=display(of.high)))


def index_interval(of: Interval) -> str:
    """An interval of an index from 0 to 100, in whole points."""
    return str(_("%(low)s to %(high)s", low=whole(of.low), high=whole(of.high)))


def share_interval(of: Interval) -> str:
    """An interval of a share from 0 to 1, in whole percent."""
    return str(_("%(low)s to %(high)s %%", low=whole(100 * of.low), high=whole(100 * of.high)))


def finely(value: float) -> str:
    """A difference of scores with one decimal, since +1 may stand between 33 and 33."""
    return display_finely(value)


def _notes(of: Estimate) -> list[object]:
    notes: list[object] = []
    if of.base is Base.LOW:
        notes.append(_("Low base: fewer than 30 answers."))
    if of.base is Base.COUNTS:
        notes.append(_("Fewer than ten answers: no score is made of them."))
    if of.is_dominated:
        notes.append(
            _(
                "A few accounts carry most of the weight; %(n)s answers are in effect heard.",
                n=whole(of.n_effective),
            )
        )
    return notes
