"""Who moved where between two waves of a slice, person by person, out of arrays."""

import numpy as np

from surveyd.results.columns import SEGMENTS
from surveyd.results.masks import asked_mask, mask
from surveyd.results.movement import Move
from surveyd.results.revenue import NOT_ASKED, SILENT
from surveyd.results.slices import Slice
from surveyd.results.wave_arrays import Ids
from surveyd.results.wholes import Whole
from surveyd.scoring.arrays import Codes

NAMES = (*(segment.value for segment in SEGMENTS), SILENT, NOT_ASKED)


def people_moves_in(before: Whole, now: Whole, cut: Slice) -> tuple[Move, ...]:
    """The moves of the people of the slice whom either wave has asked; each whole has one wave."""
    then_ids, then = _states(before, cut)
    now_ids, now_states = _states(now, cut)
    ids = np.union1d(then_ids, now_ids)
    was, is_now = (np.full(len(ids), NAMES.index(NOT_ASKED)) for _ in range(2))
    was[np.searchsorted(ids, then_ids)] = then
    is_now[np.searchsorted(ids, now_ids)] = now_states
    keys, counts = np.unique(was * len(NAMES) + is_now, return_counts=True)
    return tuple(
        Move(NAMES[key // len(NAMES)], NAMES[key % len(NAMES)], count)
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True)
    )


def _states(whole: Whole, cut: Slice) -> tuple[Ids, Codes]:
    """Whom the wave has asked, by id, and where each stands: a place in NAMES."""
    asked = np.unique(whole.columns.asked.contact_id[asked_mask(whole, cut)])
    where = mask(whole, cut)
    answered = whole.columns.answered
    state = np.full(len(asked), NAMES.index(SILENT))
    people, kept = answered.contact_id[where], answered.segment[where]
    places = np.searchsorted(asked, people)
    there = (places < len(asked)) & (asked[np.minimum(places, len(asked) - 1)] == people)
    state[places[there]] = kept[there]
    return asked, state
