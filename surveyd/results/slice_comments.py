"""The comments of a slice, beside those of the same slice in the wave before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from surveyd.distribution.comparable_waves import wave_before
from surveyd.people.access import Scope
from surveyd.results.comments import WrittenComments, comments_of
from surveyd.results.masks import mask
from surveyd.results.slices import Slice
from surveyd.results.wholes import WaveName, wave_name, waves_of, whole_of_waves


@dataclass(frozen=True, slots=True, eq=False)
class SliceComments:
    """The comments of a slice, and those of the same slice in the wave before, where it is about one wave."""

    waves: tuple[WaveName, ...]
    here: WrittenComments
    before_wave: WaveName | None
    before: WrittenComments | None


def slice_comments(session: Session, cut: Slice, *, scope: Scope, compared: bool = True) -> SliceComments:
    """The comments of a slice that the scope may see. Raises NotFound for an unknown wave."""
    waves = waves_of(session, cut)
    before = name_before(session, waves[0]) if compared and len(waves) == 1 else None
    return SliceComments(
        waves,
        _cut_comments(session, waves, cut, scope=scope),
        before,
        _cut_comments(session, [before], cut, scope=scope) if before else None,
    )


def name_before(session: Session, wave: WaveName) -> WaveName | None:
    """The wave that this one is compared with."""
    found = wave_before(session, wave.id, program_id=wave.program_id, day_zero=wave.day_zero)
    return wave_name(found) if found else None


def _cut_comments(
    session: Session, waves: Sequence[WaveName], cut: Slice, *, scope: Scope
) -> WrittenComments:
    found = comments_of(session, [wave.id for wave in waves], scope=scope)
    if not cut.is_narrowed:
        return found
    whole = whole_of_waves(session, waves, scope=scope)
    kept = whole.columns.answered.response_id[mask(whole, cut)]
    return found.only(np.isin(found.responses, kept), answered=len(kept))
