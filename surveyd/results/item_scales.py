"""On which scale an item is answered, so that answers on different scales are never put together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.models import QuestionnaireVersion
from surveyd.forms.definition import Item, Scale
from surveyd.forms.loading import from_data
from surveyd.results.wave_arrays import ITEM, ITEM_TYPE, MISSING, Array, Arrays, Small
from surveyd.scoring.arrays import Floats

HIGHEST = 100
KEPT_VERSIONS = 256


@dataclass(frozen=True, slots=True)
class ItemScale:
    """How an item is answered: whole numbers from `low` to `high`, the lowest the best one where reversed.

    Answers stand as they were given. Where the questionnaire's scale begins below 0 or ends above 100, both
    ends and all answers are counted from its lowest step, which is `shift`. `labels` are what reports call
    the item, by language.
    """

    id: str
    low: int
    high: int
    is_reversed: bool
    measures: str
    weight: int
    shift: int
    labels: tuple[tuple[str, str], ...]

    @property
    def ends(self) -> tuple[int, int, int, bool]:
        """What has to be the same for answers to be put together."""
        return self.shift, self.low, self.high, self.is_reversed

    def label(self, language: str) -> str:
        """What reports call it in `language`, in its first language without a translation, else its id."""
        words = dict(self.labels)
        return words.get(language) or next(iter(words.values()), "") or self.id

    def index(self, answers: Small) -> Floats:
        """The answers from 0 to 100, 100 the best; NaN where there is none."""
        given = answers.astype(np.float64)
        steps = self.high - given if self.is_reversed else given - self.low
        return np.where(answers == MISSING, np.nan, 100 * steps / (self.high - self.low))


Scales = Mapping[str, ItemScale]
_known: dict[str, Scales] = {}
"""What this process has read, by the version's digest: a version never changes."""


def scales_of(session: Session, version_id: int) -> Scales:
    """The items of a version that are answered on a scale and measure something, by id, in order."""
    found = select(QuestionnaireVersion.digest).where(QuestionnaireVersion.id == version_id)
    digest = session.scalars(found).one()
    if digest not in _known:
        if len(_known) >= KEPT_VERSIONS:
            _known.clear()
        definition = select(QuestionnaireVersion.definition).where(QuestionnaireVersion.id == version_id)
        items = from_data(session.scalars(definition).one()).items.values()
        _known[digest] = {item.id: _scale(item, item.scale) for item in items if item.scale and item.measures}
    return _known[digest]


def on_one_scale(session: Session, arrays: Mapping[str, Array]) -> tuple[Arrays, Scales, dict[str, int]]:
    """The arrays with each item on the scale of the newest version that was answered, and what that left out.

    An answer on another scale is missing, and counted by its item.
    """
    versions = {int(version): scales_of(session, int(version)) for version in np.unique(arrays["version_id"])}
    scales: dict[str, ItemScale] = {}
    for _, asked in sorted(versions.items()):
        scales |= asked
    settled, left_out = dict(arrays), dict[str, int]()
    for version, asked in versions.items():
        for name in [name for name, scale in asked.items() if scale.ends != scales[name].ends]:
            other = (arrays["version_id"] == version) & (settled[ITEM + name] != MISSING)
            left_out[name] = left_out.get(name, 0) + int(np.count_nonzero(other))
            settled[ITEM + name] = np.where(other, MISSING, settled[ITEM + name]).astype(ITEM_TYPE)
    return settled, scales, {name: count for name, count in left_out.items() if count}


def _scale(item: Item, scale: Scale) -> ItemScale:
    fits = scale.low >= 0 and scale.high <= HIGHEST
    shift = 0 if fits else scale.low
    return ItemScale(
        id=item.id,
        low=scale.low - shift,
        high=scale.high - shift,
        is_reversed=item.reversed,
        measures=item.measures,
        weight=item.weight,
        shift=shift,
        labels=tuple((item.label or item.text).items()),
    )
