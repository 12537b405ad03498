"""Responses as arrays, one place a response: what every figure is worked out from.

    columns = columns_of(session, [wave.id])
    columns.answered.recommendation     # int8, -1 where there is none
    columns.answered.items["easy"]      # int8, -1; columns.scales["easy"] says from where to where
    columns.asked.account_id            # one place an invitation

The scores are those of the policy in force. Arrays are read-only and come in no promised order, the same one
for all arrays of `answered`, and for all of `asked`; those of several waves are put together when asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from sqlalchemy.orm import Session

from surveyd.results import policies
from surveyd.results.item_scales import ItemScale, Scales
from surveyd.results.phases import PHASES as PHASES
from surveyd.results.policy_data import digest_of
from surveyd.results.shelf import shelf_of
from surveyd.results.stands import stands_of
from surveyd.results.wave_arrays import CHANNELS as CHANNELS
from surveyd.results.wave_arrays import ITEM, MISSING, STAGE, Array, Ids, Kinds, Small
from surveyd.results.wave_arrays import SEGMENTS as SEGMENTS
from surveyd.results.wave_columns import Named, WaveColumns, joined, read_wave
from surveyd.scoring.arrays import Floats
from surveyd.scoring.policy import Policy

KEPT = 4
"""So many sets of waves are kept put together."""


@dataclass(frozen=True, eq=False)
class Answered:
    """The responses. Indexes run from 0 to 100; NaN is not measured, -1 no recommendation, no answer.

    `given_at` is in seconds since 1970; `channel`, `phase` and `segment` are places in CHANNELS, PHASES and
    SEGMENTS. `stages` (float32) and `items` (int8) are arrays by name.
    """

    waves: tuple[WaveColumns, ...]
    scales: Scales

    def __len__(self) -> int:
        return sum(wave.size for wave in self.waves)

    @cached_property
    def response_id(self) -> Ids:
        return self._joined("response_id")

    @cached_property
    def contact_id(self) -> Ids:
        return self._joined("contact_id")

    @cached_property
    def account_id(self) -> Ids:
        return self._joined("account_id")

    @cached_property
    def wave_id(self) -> Ids:
        return np.repeat([wave.wave_id for wave in self.waves], [wave.size for wave in self.waves])

    @cached_property
    def given_at(self) -> Ids:
        return self._joined("given_at")

    @cached_property
    def channel(self) -> Kinds:
        return self._joined("channel")

    @cached_property
    def phase(self) -> Kinds:
        return self._joined("phase")

    @cached_property
    def recommendation(self) -> Small:
        return self._joined("recommendation")

    @cached_property
    def attitude(self) -> Floats:
        return self._joined("attitude")

    @cached_property
    def intent(self) -> Floats:
        return self._joined("intent")

    @cached_property
    def growth(self) -> Floats:
        return self._joined("growth")

    @cached_property
    def ease(self) -> Floats:
        return self._joined("ease")

    @cached_property
    def segment(self) -> Kinds:
        return self._joined("segment")

    @cached_property
    def stages(self) -> Mapping[str, Array]:
        names = dict.fromkeys(name for wave in self.waves for name in wave.stages)
        return Named([*names], lambda name: self._joined(STAGE + name))

    @cached_property
    def items(self) -> Mapping[str, Small]:
        return Named([*self.scales], self._item)

    def _joined(self, name: str) -> Array:
        return joined(name, [wave.column(name) for wave in self.waves])

    def _item(self, name: str) -> Array:
        # A wave that asked it on another scale has no answer here.
        return joined(ITEM + name, [wave.on(ITEM + name, self.scales[name]) for wave in self.waves])


@dataclass(frozen=True, eq=False)
class Asked:
    """The invitations: everybody whom the waves have asked, with or without an answer."""

    waves: tuple[WaveColumns, ...]

    def __len__(self) -> int:
        return sum(wave.asked for wave in self.waves)

    @cached_property
    def contact_id(self) -> Ids:
        return joined("contact_id", [wave.invitations["contact_id"] for wave in self.waves])

    @cached_property
    def account_id(self) -> Ids:
        return joined("account_id", [wave.invitations["account_id"] for wave in self.waves])

    @cached_property
    def wave_id(self) -> Ids:
        return np.repeat([wave.wave_id for wave in self.waves], [wave.asked for wave in self.waves])


@dataclass(frozen=True, eq=False)
class Columns:
    """Some waves as arrays, by the policy whose scores they are.

    `scales` has every item; where waves ask it on different scales it is that of the last wave, answers on
    the others are missing, and `left_out` counts them.
    """

    waves: tuple[WaveColumns, ...]
    policy: Policy
    scales: Scales = field(init=False)
    answered: Answered = field(init=False)
    asked: Asked = field(init=False)

    def __post_init__(self) -> None:
        scales: dict[str, ItemScale] = {}
        for wave in self.waves:
            scales |= wave.scales
        for name, value in (
            ("scales", scales),
            ("answered", Answered(self.waves, scales)),
            ("asked", Asked(self.waves)),
        ):
            object.__setattr__(self, name, value)

    @cached_property
    def left_out(self) -> Mapping[str, int]:
        """By item, how many answers were given on another scale."""
        found: dict[str, int] = {}
        for wave in self.waves:
            for name in wave.scales:
                count = wave.left_out.get(name, 0)
                if not wave.fits(self.scales[name]):
                    count += int(np.count_nonzero(wave.column(ITEM + name) != MISSING))
                found[name] = found.get(name, 0) + count
        return {name: count for name, count in found.items() if count}


def columns_of(session: Session, wave_ids: Sequence[int]) -> Columns:
    """The columns of these waves by the policy in force, in this order; a wave without answers is empty.

    What has been read is kept, and one statement says whether it still holds: see `shelf`.
    """
    policy = policies.current(session)
    shelf = shelf_of(session)
    if shelf is None:
        waves = tuple(read_wave(session, wave_id, rule=policy.version) for wave_id in wave_ids)
        return Columns(waves, policy)
    stands = stands_of(session, wave_ids, policy=digest_of(policy), rule=policy.version)
    waves = tuple(shelf.wave(session, stand) for stand in stands)
    return shelf.kept.same("columns", waves, lambda: Columns(waves, policy), most=KEPT)
