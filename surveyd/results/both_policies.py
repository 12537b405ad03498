"""The same answers by two policies: history gathered in batches, as one row of each array a response.

The policy in force has its scores in the table; by the proposed one only the place in the matrix and the
indexes are worked out, once for all who answered alike. Nothing is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import QuestionnaireVersion, Wave, WaveKind
from surveyd.people.models import Contact, RelationshipRole
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.scores import ScoringKey, inputs_of, key_of_version
from surveyd.scoring.loyalty import Segment, place
from surveyd.scoring.nps import Category
from surveyd.scoring.policy import Policy
from surveyd.scoring.scale import Index

SEGMENTS = tuple(Segment)
CODE = {segment.value: code for code, segment in enumerate(SEGMENTS)}
ROLES = tuple(RelationshipRole)
ROLE_CODE = {role: code for code, role in enumerate(ROLES)}
CATEGORIES = (Category.DETRACTOR.value, Category.PASSIVE.value, Category.PROMOTER.value)
CATEGORY_CODE: Mapping[str | None, int] = {name: code for code, name in enumerate(CATEGORIES)}
INDEXES = ("attitude", "intent", "growth", "ease")
BATCH = 2_000
KEPT_PLACES = 200_000

Ints = NDArray[np.int64]
Placed = tuple[int, float, float, float, float]
"""A segment's code, and the four indexes; NaN is an index that cannot be said."""
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Sides:
    """One policy's side: segments by code, and indexes by name (NaN is unknown), one element a response."""

    segment: NDArray[np.int8]
    indexes: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class History:
    """All answers to the waves of programs, in the order of their ids, under both policies."""

    response: Ints
    contact: Ints
    account: Ints
    wave: Ints
    role: NDArray[np.int8]
    category: NDArray[np.int8]
    """0 detractor, 1 passive, 2 promoter, -1 none."""
    before: Sides
    after: Sides


@dataclass
class Gathering:
    """History as far as it was read: `cursor` is the last response's id."""

    policy: Policy
    cursor: int = 0
    facts: list[Ints] = field(default_factory=list)
    old: list[NDArray[np.float64]] = field(default_factory=list)
    new: list[NDArray[np.float64]] = field(default_factory=list)
    places: dict[tuple[object, ...], Placed] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """How many responses were read."""
        return sum(len(part) for part in self.facts)

    def read_more(self, session: Session, *, most: int = BATCH) -> bool:
        """Read the next responses; False when there are none."""
        rows = session.execute(_answers().where(Response.id > self.cursor).limit(most)).all()
        if not rows:
            return False
        self.cursor = rows[-1].id
        self.facts.append(np.array([_facts(row) for row in rows], dtype=np.int64))
        self.old.append(np.array([_old(row) for row in rows], dtype=np.float64))
        self.new.append(np.array([self._new(session, row) for row in rows], dtype=np.float64))
        return True

    def history(self) -> History:
        """All that was read."""
        facts = np.concatenate(self.facts) if self.facts else np.zeros((0, 6), np.int64)
        return History(
            response=facts[:, 0],
            contact=facts[:, 1],
            account=facts[:, 2],
            wave=facts[:, 3],
            role=facts[:, 4].astype(np.int8),
            category=facts[:, 5].astype(np.int8),
            before=_side(self.old),
            after=_side(self.new),
        )

    def _new(self, session: Session, row: Any) -> Placed:
        key = key_of_version(session, version_id=row.version_id, digest=row.digest, policy=self.policy)
        pattern = (row.version_id, *map(row.answers.get, _items(key)))
        found = self.places.get(pattern)
        if found is None:
            if len(self.places) >= KEPT_PLACES:
                self.places.clear()
            found = self.places[pattern] = _placed(row.answers, key)
        return found


def count_answers(session: Session) -> int:
    """How many responses there are to compare."""
    counted = select(func.count()).select_from(Response).join(Wave, Wave.id == Response.wave_id)
    return session.execute(counted.where(Wave.kind == WaveKind.PROGRAM)).scalar_one()


def _answers() -> Select[Any]:
    return (
        select(
            Response.id,
            Response.contact_id,
            Response.account_id,
            Response.wave_id,
            Response.version_id,
            Response.answers,
            QuestionnaireVersion.digest,
            Contact.role,
            Score.category,
            Score.segment,
            *(getattr(Score, name) for name in INDEXES),
        )
        .join(Contact, Contact.id == Response.contact_id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Response.version_id)
        .join(Wave, Wave.id == Response.wave_id)
        .outerjoin(Score, (Score.response_id == Response.id) & (Score.rule_version == CURRENT_RULE))
        .where(Wave.kind == WaveKind.PROGRAM)
        .order_by(Response.id)
    )


def _facts(row: Any) -> tuple[int, ...]:
    code = CATEGORY_CODE.get(row.category, -1)
    return row.id, row.contact_id, row.account_id, row.wave_id, ROLE_CODE[row.role], code


def _old(row: Any) -> Placed:
    values = (row.attitude, row.intent, row.growth, row.ease)
    unclassified = Segment.UNCLASSIFIED.value
    attitude, intent, growth, ease = (NAN if value is None else value for value in values)
    return CODE[row.segment or unclassified], attitude, intent, growth, ease


def _items(key: ScoringKey) -> tuple[str, ...]:
    of = key.battery
    composites = (of.attitude, of.intent, of.growth, key.ease)
    return (*(item.id for one in composites for item in one.items), *(gate.id for gate in of.gates))


def _placed(answers: Mapping[str, Any], key: ScoringKey) -> Placed:
    inputs = inputs_of(answers, key=key)
    found = place(inputs, key.battery)
    ease = key.ease.index(inputs)
    return (
        CODE[found.segment.value],
        *(_value(found.attitude), _value(found.intent), _value(found.growth), _value(ease)),
    )


def _value(index: Index | None) -> float:
    return NAN if index is None else index.value


def _side(parts: list[NDArray[np.float64]]) -> Sides:
    whole = np.concatenate(parts) if parts else np.zeros((0, 5))
    return Sides(whole[:, 0].astype(np.int8), {name: whole[:, at + 1] for at, name in enumerate(INDEXES)})
