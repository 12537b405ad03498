"""The columns of one wave: its arrays by name, with what they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from surveyd.results.item_scales import ItemScale, Scales, on_one_scale
from surveyd.results.wave_arrays import (
    ANSWERED,
    ITEM,
    ITEM_TYPE,
    MISSING,
    STAGE,
    STAGE_TYPE,
    Array,
    Arrays,
)
from surveyd.results.wave_reading import read_answers, read_asked


@dataclass(frozen=True, eq=False)
class WaveColumns:
    """One wave: its arrays by name (see `wave_arrays`), and on which scale each item is.

    `left_out` counts, by item, the answers on another scale than the newest version's: they are missing.
    """

    wave_id: int
    answers: Arrays
    invitations: Arrays
    scales: Scales
    left_out: Mapping[str, int]

    @property
    def size(self) -> int:
        """How many have answered."""
        return len(self.answers["response_id"])

    @property
    def asked(self) -> int:
        """How many were invited."""
        return len(self.invitations["contact_id"])

    @property
    def stages(self) -> tuple[str, ...]:
        """The journey stages of which somebody has a score."""
        return tuple(name.removeprefix(STAGE) for name in self.answers if name.startswith(STAGE))

    def column(self, name: str) -> Array:
        """The array of this name; all missing for an item or a stage that the wave has not."""
        found = self.answers.get(name)
        return nothing(name, self.size) if found is None else found

    def fits(self, scale: ItemScale) -> bool:
        """Whether the item is asked on this scale here, or not at all."""
        return scale.id not in self.scales or self.scales[scale.id].ends == scale.ends


def read_wave(session: Session, wave_id: int, *, rule: str) -> WaveColumns:
    """A wave by one rule version, straight from the database."""
    invitations = read_asked(session, wave_id)
    return columns_from(session, wave_id, read_answers(session, wave_id, rule=rule), invitations)


def columns_from(session: Session, wave_id: int, answers: Arrays, invitations: Arrays) -> WaveColumns:
    """The columns of a wave out of its arrays as they were read."""
    settled, scales, left_out = on_one_scale(session, answers)
    return WaveColumns(wave_id, settled, invitations, scales, left_out)


def joined(name: str, parts: Sequence[Array]) -> Array:
    """The arrays of several waves as one; of one wave they are not copied."""
    if not parts:
        return nothing(name, 0)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def nothing(name: str, size: int) -> Array:
    """So many missing values of an item or a stage; of anything else there are none to miss."""
    if name.startswith(ITEM):
        return np.full(size, MISSING, ITEM_TYPE)
    return np.full(size, np.nan, STAGE_TYPE) if name.startswith(STAGE) else np.empty(0, ANSWERED[name])
