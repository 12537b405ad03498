"""The columns of one wave: its arrays by name, with what they mean."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
from surveyd.results.wave_reading import latest, read_answers, read_asked, stacked
from surveyd.scoring.arrays import Mask


class Named(Mapping[str, Array]):
    """Arrays by the name of an item or a stage, put together when they are asked for."""

    def __init__(self, names: Sequence[str], make: Callable[[str], Array]) -> None:
        self._names, self._make = tuple(names), make
        self._made: Arrays = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, eq=False)
class WaveColumns:
    """One wave: its arrays by name (see `wave_arrays`), and on which scale each item is.

    `left_out` counts, by item, the answers on another scale than the newest version's: they are missing.
    """

    wave_id: int
    answers: Mapping[str, Array]
    invitations: Mapping[str, Array]
    scales: Scales
    left_out: Mapping[str, int]
    grown_of: tuple["WaveColumns", ...] = ()

    @property
    def parts(self) -> tuple["WaveColumns", ...]:
        """The wave in parts, of which only the last one changes with a new answer."""
        return self.grown_of or (self,)

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

    def on(self, name: str, scale: ItemScale | None) -> Array:
        """The array of this name, if it is on this scale or none is asked for; else all missing."""
        return self.column(name) if scale is None or self.fits(scale) else nothing(name, self.size)

    def fits(self, scale: ItemScale) -> bool:
        """Whether the item is asked on this scale here, or not at all."""
        return scale.id not in self.scales or self.scales[scale.id].ends == scale.ends


def read_wave(session: Session, wave_id: int, *, rule: str) -> WaveColumns:
    """A wave by one rule version, straight from the database."""
    invitations = read_asked(session, wave_id)
    return columns_from(session, wave_id, read_answers(session, wave_id, rule=rule), invitations)


def columns_from(
    session: Session, wave_id: int, answers: Mapping[str, Array], invitations: Mapping[str, Array]
) -> WaveColumns:
    """The columns of a wave out of its arrays as they were read."""
    settled, scales, left_out = on_one_scale(session, answers)
    return WaveColumns(wave_id, settled, invitations, scales, left_out)


def tail_of(
    base: WaveColumns, tail: WaveColumns | None, rows: Arrays, *, after: int
) -> tuple[Arrays, Mask | None]:
    """What is not in `base`: the tail as it was and all `rows`, which have each score above `after`.

    Also which rows of `base` still hold, None for all: a correction replaces a score by one of a higher id.
    """
    late = base.answers["score_id"] > after
    window = {name: base.answers[name][late] for name in ANSWERED}
    same = _same_rows(window, rows)
    is_fresh = ~np.isin(rows["score_id"], window["score_id"][same])
    fresh = {name: of[is_fresh] for name, of in rows.items()}
    holds = ~np.isin(base.answers["response_id"], fresh["response_id"])
    holds[late] &= same
    left = None if holds.all() else holds
    if tail is None:
        return fresh, left
    kept = tail.answers["score_id"] <= after
    kept &= ~np.isin(tail.answers["response_id"], fresh["response_id"])
    return stacked([{name: of[kept] for name, of in tail.answers.items()}, fresh]), left


def _same_rows(window: Mapping[str, Array], rows: Arrays) -> Mask:
    """Which rows of the window are among `rows`, and the same.

    SQLite gives the id of the last row away again when a correction has deleted that row.
    """
    order = np.argsort(rows["score_id"])
    ids = rows["score_id"][order]
    places = np.searchsorted(ids, window["score_id"])
    found: Mask = np.append(ids, 0)[places] == window["score_id"]
    at = np.append(order, 0)[places[found]]
    same = np.ones(len(at), dtype=np.bool_)
    for name, of in window.items():
        one, other = of[found], rows[name][at]
        same &= (one == other) | ((one != one) & (other != other))  # NaN is what is not itself.
    found[found] = same
    return found


def grown(base: WaveColumns, tail: WaveColumns) -> WaveColumns:
    """A wave and its tail as one: arrays are put together when they are asked for."""
    scales = {**base.scales, **tail.scales}
    parts = (base, tail)

    def make(name: str) -> Array:
        scale = scales.get(name.removeprefix(ITEM)) if name.startswith(ITEM) else None
        return joined(name, [part.on(name, scale) for part in parts])

    names = dict.fromkeys([*base.answers, *tail.answers])
    left_out = {name: base.left_out.get(name, 0) + tail.left_out.get(name, 0) for name in scales}
    for name, scale in base.scales.items():
        if scale.ends != scales[name].ends:
            left_out[name] += int(np.count_nonzero(base.column(ITEM + name) != MISSING))
    found = {name: count for name, count in left_out.items() if count}
    return WaveColumns(base.wave_id, Named([*names], make), base.invitations, scales, found, parts)


def merged(session: Session, base: WaveColumns, tail: Arrays, *, holds: Mask | None) -> WaveColumns:
    """What holds of `base`, and its tail, as one part."""
    old: Mapping[str, Array]
    old = base.answers if holds is None else {name: of[holds] for name, of in base.answers.items()}
    found = columns_from(session, base.wave_id, latest(stacked([old, tail])), base.invitations)
    names = {*found.left_out, *base.left_out}
    left_out = {name: found.left_out.get(name, 0) + base.left_out.get(name, 0) for name in names}
    return replace(found, left_out=left_out)


def joined(name: str, parts: Sequence[Array]) -> Array:
    """The arrays of several waves as one; of one wave they are not copied."""
    if not parts:
        return nothing(name, 0)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def put_together(parts: Sequence[Array], kind: type[np.generic]) -> Array:
    """The arrays of several parts as one; of none an empty one."""
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, kind), *parts])


def nothing(name: str, size: int) -> Array:
    """So many missing values of an item or a stage; of anything else there are none to miss."""
    if name.startswith(ITEM):
        return np.full(size, MISSING, ITEM_TYPE)
    return np.full(size, np.nan, STAGE_TYPE) if name.startswith(STAGE) else np.empty(0, ANSWERED[name])
