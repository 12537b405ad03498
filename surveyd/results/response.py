"""Who answered a wave and who did not, and how much that may move the score: of a slice, out of arrays."""

from dataclasses import dataclass

import numpy as np

from surveyd.results.columns import PHASES
from surveyd.results.masks import asked_mask, mask
from surveyd.results.slices import Slice, is_of_answers
from surveyd.results.wave_arrays import Ids, Small
from surveyd.results.wholes import Whole
from surveyd.scoring import nonresponse
from surveyd.scoring.arrays import Codes, Mask
from surveyd.scoring.nonresponse import BesideRaw, Phases, Representativeness, Silence
from surveyd.scoring.nps_groups import MISSING, tally
from surveyd.scoring.unsaid import Unsaid

CELLS = ("region", "tier")
"""With the person's role, what the people invited are put into cells by."""


@dataclass(frozen=True, slots=True)
class Response:
    """How a wave was answered. `steps` counts all answers by the step that brought them, rated or not.

    What compares with those invited is None in a slice of answers alone (nobody can say who was invited to
    answer by phone), `silence` also without a wave before. Shares are between 0 and 1, scores between -1
    and 1. `silent` were asked and have not answered; `rated_before` are the people behind both sides of
    `silence`, the silent first.
    """

    steps: tuple[tuple[str, int], ...]
    phases: Phases
    evenness: Representativeness | Unsaid | None
    extrapolated: float | Unsaid | None
    beside_raw: BesideRaw | Unsaid | None
    silence: Silence | None
    silent: int | None = None
    rated_before: tuple[int, int] = (0, 0)


def response_of(whole: Whole, cut: Slice, *, before: Whole | None = None) -> Response:
    """The response of a slice; `whole` has one wave, and so has `before`, the wave before it."""
    answered, minimums = whole.columns.answered, whole.columns.policy.minimums
    where = mask(whole, cut)
    ratings, codes, steps = (
        answered.recommendation[where],
        whole.account_codes[where],
        answered.phase[where].astype(np.int64),
    )
    counts = np.bincount(steps, minlength=len(PHASES))
    phases = nonresponse.by_phase(ratings, codes, steps, size=whole.size, minimums=minimums)
    told = tuple((name, int(counts[place])) for place, name in enumerate(PHASES))
    if is_of_answers(cut):
        return Response(told, phases, None, None, None, None)
    people = _Invited(whole, cut)
    heard = people.heard
    rate = float(heard.mean()) if len(heard) else 0.0
    rated = None if before is None else _ratings(before, people.contacts)
    cells, size = people.cells()
    spread = nonresponse.spread(tally(ratings))
    return Response(
        told,
        phases,
        nonresponse.representativeness(cells, heard, size=size, spread=spread, minimums=minimums),
        nonresponse.extrapolated(phases.counts, rate=rate, minimums=minimums),
        nonresponse.beside_raw(
            people.ratings, people.accounts, size=whole.size, cells=cells, minimums=minimums
        ),
        None if rated is None else people.silence(rated),
        silent=int(np.count_nonzero(~heard)),
        rated_before=(0, 0) if rated is None else _both_sides(rated, heard),
    )


class _Invited:
    """The people of the slice whom the wave has invited: a place for each, answered or not."""

    def __init__(self, whole: Whole, cut: Slice) -> None:
        asked, answered = whole.columns.asked, whole.columns.answered
        where = asked_mask(whole, cut)
        self.whole = whole
        self.contacts: Ids = asked.contact_id[where]
        self.accounts: Codes = whole.asked_account_codes[where]
        self.heard = np.isin(self.contacts, answered.contact_id)
        self.ratings = _ratings(whole, self.contacts)

    def cells(self) -> tuple[Codes, int]:
        """Each person's cell by role, region and tier."""
        known = self.whole.accounts.dimensions
        roles = self.whole.contacts.dimensions["role"].codes
        role = np.append(roles, 0)[self.whole.contacts.places(self.contacts)]
        return nonresponse.cells_of(role, *(known[name].codes[self.accounts] for name in CELLS))

    def silence(self, rated: Small) -> Silence:
        """What the now silent said in the wave before, beside what those said who answer now."""
        return nonresponse.silence(
            rated,
            self.accounts,
            self.heard,
            size=self.whole.size,
            minimums=self.whole.columns.policy.minimums,
        )


def _both_sides(rated: Small, heard: Mask) -> tuple[int, int]:
    """How many rated of the silent, and of those heard."""
    did = rated != MISSING
    return int(np.count_nonzero(did & ~heard)), int(np.count_nonzero(did & heard))


def _ratings(whole: Whole, contacts: Ids) -> Small:
    """What these people recommended in the wave, -1 for nothing, and for what the reader may not see.

    Who went to another account said it for the one they were at.
    """
    found, seen = whole.columns.answered, mask(whole, Slice())
    order = np.argsort(found.contact_id[seen])
    people, said = found.contact_id[seen][order], found.recommendation[seen][order]
    ratings = np.full(len(contacts), MISSING, dtype=np.int8)
    if len(people):
        places = np.minimum(np.searchsorted(people, contacts), len(people) - 1)
        ratings = np.where(people[places] == contacts, said[places], ratings).astype(np.int8)
    return ratings
