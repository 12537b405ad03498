"""Score one response: from a questionnaire version and its answers to one narrow row.

What a version measures is worked out once and kept; scoring is then arithmetic on a few integers, cheap
enough to happen inside the transaction that stores the answers. An answer that cannot be scored (not
applicable, left out, off the scale) counts as missing: a response is never lost over its score.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select

from surveyd.base.database import Rows
from surveyd.base.prepared import Prepared
from surveyd.base.statements import table_of
from surveyd.distribution.models import QuestionnaireVersion
from surveyd.forms.definition import Answers, Item, Questionnaire
from surveyd.forms.loading import from_json
from surveyd.results.models import Score
from surveyd.scoring import nps, scale, stages
from surveyd.scoring.loyalty import Axis, Battery, LoyaltyItem, Placement, battery, place
from surveyd.scoring.policy import SHIPPED, Axes, Part, Policy
from surveyd.scoring.scale import Composite, Index, compose

GATE_WORDS = "intends to continue"
STAGE = "stage:"
ITEM = "item:"
KEPT_VERSIONS = 64
CALL_ME = "call"
"""The answer that asks for a call; being willing to be asked something is no such wish."""


INSERT = Prepared(insert(table_of(Score)))
_version = table_of(QuestionnaireVersion)
DEFINITION = select(_version.c.definition).where(_version.c.id == bindparam("version_id"))


@dataclass(frozen=True, slots=True)
class ScoringKey:
    """What one questionnaire version measures, ready for scoring."""

    recommendation: str | None
    battery: Battery
    ease: Composite
    stages: tuple[stages.Stage, ...]
    measured: tuple[tuple[str, int, int], ...]
    """Each item whose answer counts, with the least and the greatest answer of its scale."""
    asks_for_call: tuple[str, ...]


_keys: dict[tuple[str, Policy], ScoringKey] = {}
_latest: dict[str, ScoringKey] = {}
"""The key of each version that was asked for last: nearly always by the policy in force, the same object."""


@dataclass(frozen=True, slots=True)
class ScoredResponse:
    """The response a score belongs to."""

    id: int
    wave_id: int
    account_id: int


class ResponseScore(NamedTuple):
    """All that is measured of one response; what cannot be said is None or left out.

    ``inputs`` are the answers that were scored, by item id; ``rule`` is the version of the rule.
    """

    recommendation: int | None
    category: nps.Category | None
    placement: Placement
    ease: Index | None
    stages: dict[str, Index]
    wants_call: bool
    inputs: dict[str, int]
    rule: str

    @property
    def explanation(self) -> list[str]:
        """The reasons in words, one sentence a score."""
        said = [self.placement.explanation]
        if self.category is not None:
            said.insert(0, f"{self.category}: recommendation {self.recommendation} of 10")
        if self.ease is not None:
            said.append(
                f"ease {self.ease.whole} of 100, from {self.ease.answered} of {self.ease.asked} items"
            )
        said += [
            f"{name} {index.whole} of 100, from {index.answered} of {index.asked} items"
            for name, index in self.stages.items()
        ]
        return said


def key_of(questionnaire: Questionnaire, policy: Policy = SHIPPED) -> ScoringKey:
    """Return what ``questionnaire`` measures by ``policy``, worked out once per version and process."""
    return _keys.get((questionnaire.digest, policy)) or _keep(questionnaire.digest, questionnaire, policy)


def score(answers: Answers, *, key: ScoringKey) -> ResponseScore:
    """Score one response's ``answers`` by item id."""
    inputs = inputs_of(answers, key=key)
    rating = inputs.get(key.recommendation) if key.recommendation else None
    return ResponseScore(
        rating,
        None if rating is None else nps.category(rating),
        place(inputs, key.battery),
        key.ease.index(inputs),
        stages.scores(inputs, key.stages),
        CALL_ME in [answers.get(item) for item in key.asks_for_call],
        inputs,
        key.battery.policy.version,
    )


def inputs_of(answers: Answers, *, key: ScoringKey) -> dict[str, int]:
    """The answers that count, by item id: whole numbers on their item's scale."""
    told = answers.get
    return {
        name: answer
        for name, minimum, maximum in key.measured
        if type(answer := told(name)) is int and minimum <= answer <= maximum
    }


def store(rows: Rows, response: ScoredResponse, *, of: ResponseScore, now: datetime) -> None:
    """Write the one row of ``scores`` for this response and rule version."""
    INSERT.change(rows, row_of(response, of=of, now=now))


def row_of(response: ScoredResponse, *, of: ResponseScore, now: datetime) -> dict[str, Any]:
    """The row of ``scores`` as it is written."""
    placement = of.placement
    return {
        "response_id": response.id,
        "wave_id": response.wave_id,
        "account_id": response.account_id,
        "rule_version": of.rule,
        "recommendation": of.recommendation,
        "category": of.category and of.category.value,
        "attitude": _value(placement.attitude),
        "intent": _value(placement.intent),
        "growth": _value(placement.growth),
        "ease": _value(of.ease),
        "segment": placement.segment.value,
        "severity": placement.severity,
        "stages": {name: index.value for name, index in of.stages.items()},
        "inputs": of.inputs,
        "explanation": of.explanation,
        "scored_at": now,
    }


def key_of_version(rows: Rows, *, version_id: int, digest: str, policy: Policy) -> ScoringKey:
    """Return what a stored version measures; only a version new to this process is read and loaded."""
    latest = _latest.get(digest)
    # The same object needs no comparing: a policy is large, and so costs a microsecond to look up by.
    if latest is not None and latest.battery.policy is policy:
        return latest
    key = _keys.get((digest, policy))
    if key is None:
        definition = rows.execute(DEFINITION, {"version_id": version_id}).scalar_one()
        key = _keep(digest, from_json(json.dumps(definition)), policy)
    _latest[digest] = key
    return key


def _value(index: Index | None) -> float | None:
    return None if index is None else index.value


def _keep(digest: str, questionnaire: Questionnaire, policy: Policy) -> ScoringKey:
    if len(_keys) >= KEPT_VERSIONS:
        _keys.clear()
        _latest.clear()
    key = _keys[digest, policy] = _build_key(questionnaire, policy)
    return key


def _build_key(questionnaire: Questionnaire, policy: Policy) -> ScoringKey:
    recommendation = _recommendation(questionnaire)
    loyalty = [
        _loyalty(item, axis, weight)
        for axis, parts in _axes(policy.axes)
        for item, weight in _counted(questionnaire, parts)
    ]
    eases = [_scale_of(item, weight) for item, weight in _counted(questionnaire, policy.axes.ease)]
    drivers = _scaled(questionnaire.measuring("driver"))
    by_stage = [item for item in questionnaire.measuring(STAGE) if item.scale]
    names = dict.fromkeys(item.measures.removeprefix(STAGE) for item in by_stage)
    asked = [recommendation] if recommendation else []
    return ScoringKey(
        recommendation=recommendation.id if recommendation else None,
        battery=battery(loyalty, policy=policy),
        ease=compose(eases, needed=policy.needed),
        stages=tuple(
            stages.Stage(name, compose(_scaled(questionnaire.measuring(STAGE + name)), needed=policy.needed))
            for name in names
        ),
        # An item may count in several places; its answer is looked at once.
        measured=tuple(
            dict.fromkeys(
                (item.id, item.minimum, item.maximum)
                for item in (*asked, *loyalty, *eases, *_scaled(by_stage), *drivers)
            )
        ),
        asks_for_call=tuple(item.id for item in questionnaire.measuring("contact_me")),
    )


def _recommendation(questionnaire: Questionnaire) -> scale.Item | None:
    """The rating from 0 to 10, if the version asks one; another scale has no NPS category."""
    item = questionnaire.recommendation
    if item is None or item.scale is None or (item.scale.low, item.scale.high) != (0, 10):
        return None
    return scale.Item(item.id, minimum=0, maximum=10)


def _axes(axes: Axes) -> tuple[tuple[Axis, tuple[Part, ...]], ...]:
    return (Axis.ATTITUDE, axes.attitude), (Axis.INTENT, axes.intent), (Axis.GROWTH, axes.growth)


def _counted(questionnaire: Questionnaire, parts: Iterable[Part]) -> Iterator[tuple[Item, int]]:
    """The items with a scale that a policy counts, each with its weight times the part's.

    What is said of a single item goes before what is said of what it measures.
    """
    weights = {part.measures: part.weight for part in parts}
    for item in questionnaire.items.values():
        weight = weights.get(ITEM + item.id, weights.get(item.measures, 0))
        if item.scale and weight:
            yield item, item.weight * weight


def _scaled(items: Iterable[Item]) -> list[scale.Item]:
    return [_scale_of(item, item.weight) for item in items if item.scale]


def _scale_of(item: Item, weight: int) -> scale.Item:
    assert item.scale  # chosen by the caller
    return scale.Item(item.id, item.scale.low, item.scale.high, weight, item.reversed)


def _loyalty(item: Item, axis: Axis, weight: int) -> LoyaltyItem:
    assert item.scale  # chosen by the caller
    return LoyaltyItem(
        item.id,
        item.scale.low,
        item.scale.high,
        weight,
        item.reversed,
        axis=axis,
        gate=item.gate,
        label=item.label.get("en", GATE_WORDS),
    )
