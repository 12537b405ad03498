"""Drivers, and pain and delight, of one slice: from columns to a report, and from a report to what is kept.

The drivers are the items that measure a driver, ease or a stage of the journey, as the last wave of the slice
asks them. The outcome is the attitude index, or the recommendation from 0 to 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

import numpy as np
from sqlalchemy.orm import Session

from surveyd.people.access import SYSTEM, Scope
from surveyd.results.analyses import Question
from surveyd.results.analysis_models import AnalysisKind
from surveyd.results.figures import weights_of
from surveyd.results.item_scales import Scales
from surveyd.results.kept_values import as_json, from_json
from surveyd.results.masks import mask
from surveyd.results.slices import Slice, slice_of, words_of
from surveyd.results.wholes import Whole, whole_of
from surveyd.scoring.arrays import Codes, Floats
from surveyd.scoring.bootstrap import Progress
from surveyd.scoring.driver_items import Answers, Driver
from surveyd.scoring.driver_report import DriverReport
from surveyd.scoring.drivers import drivers
from surveyd.scoring.pain_delight import PainDelight, pain_delight
from surveyd.scoring.policy import Policy
from surveyd.scoring.unsaid import Unsaid
from surveyd.scoring.weighting import Cap, Weighting, capped

STAGE, OUTCOME = "stage:", "outcome"
OWN = ("driver", "ease")
KINDS = (AnalysisKind.DRIVERS, AnalysisKind.PAIN_DELIGHT)
Report = DriverReport | PainDelight


class Outcome(StrEnum):
    """What the drivers go along with."""

    ATTITUDE = "attitude"
    RECOMMENDATION = "recommendation"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question with the answers that it is about, and the policy in force."""

    question: Question
    answers: Answers
    policy: Policy

    @property
    def revision(self) -> str:
        """The digest of the answers: two that are equal give the same report."""
        digest = blake2b(digest_size=32)
        digest.update(repr(self.answers.items).encode())
        held = self.answers
        for array in (held.values, held.outcome, held.accounts, held.weights):
            digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def ask(
    session: Session,
    whole: Whole,
    cut: Slice,
    *,
    scope: Scope,
    outcome: Outcome,
    kinds: Sequence[AnalysisKind] = KINDS,
) -> list[Asked]:
    """What is asked of a slice, each kind with its answers; pain and delight always go by the recommendation.

    `whole` is what the slice is cut from for this scope.
    """
    weights = _weights(session, whole, cut)
    rows = np.flatnonzero(mask(whole, cut))
    chosen = None if weights is None else weights[whole.account_codes[rows]]
    told = replace(cut, waves=tuple(wave.slug for wave in whole.waves), since=None, until=None)
    found = []
    for kind in kinds:
        wanted = outcome if kind is AnalysisKind.DRIVERS else Outcome.RECOMMENDATION
        words = (*words_of(told), (OUTCOME, wanted.value))
        policy = whole.columns.policy
        question = Question(kind, words, scope, policy.version)
        found.append(Asked(question, _answers(whole, rows, wanted, chosen), policy))
    return found


def ask_again(session: Session, question: Question) -> Asked:
    """What a kept question asks, with the answers that are there by now. Raises NotFound for a wave that
    went.
    """
    words = dict(question.slice)
    outcome = Outcome(words[OUTCOME])
    cut, scope = slice_of(question.slice), question.scope
    whole = whole_of(session, cut, scope=scope)
    return ask(session, whole, cut, scope=scope, outcome=outcome, kinds=[question.kind])[0]


def plain_questions(waves: Sequence[str], *, policy: str) -> list[Question]:
    """What the page asks about these waves for who sees everybody and has set no filter."""
    outcomes = {AnalysisKind.DRIVERS: Outcome.ATTITUDE, AnalysisKind.PAIN_DELIGHT: Outcome.RECOMMENDATION}
    words = words_of(Slice(waves=tuple(waves)))
    return [Question(kind, (*words, (OUTCOME, outcomes[kind].value)), SYSTEM, policy) for kind in KINDS]


def items_of(scales: Scales) -> tuple[Driver, ...]:
    """The items that may be drivers; who asks about a stage stands in it."""
    return tuple(
        Driver(
            scale.id,
            minimum=scale.low,
            maximum=scale.high,
            reversed=scale.is_reversed,
            stage=scale.measures.removeprefix(STAGE) if scale.measures.startswith(STAGE) else "",
        )
        for scale in scales.values()
        if scale.measures in OWN or scale.measures.startswith(STAGE)
    )


def _answers(whole: Whole, rows: Codes, outcome: Outcome, weights: Floats | None) -> Answers:
    answered, items = whole.columns.answered, items_of(whole.columns.scales)
    values = np.empty((len(rows), len(items)), dtype=np.int8)
    for column, item in enumerate(items):
        values[:, column] = answered.items[item.id][rows]
    wanted = answered.attitude if outcome is Outcome.ATTITUDE else answered.recommendation
    return Answers(items, values, wanted[rows], whole.account_codes[rows], weights)


def _weights(session: Session, whole: Whole, cut: Slice) -> Floats | None:
    """What each answer of an account weighs, by account; None where all weigh the same."""
    if cut.weighting is Weighting.CONTACT:
        return None
    voices = np.bincount(whole.account_codes[mask(whole, cut)], minlength=whole.size)
    if cut.weighting is Weighting.ACCOUNT:
        return np.asarray(1.0 / np.maximum(voices, 1))
    revenue = weights_of(session, whole, cut).revenue
    known = np.where((voices > 0) & ~np.isnan(revenue), np.maximum(revenue, 0), 0)
    return np.asarray(capped(known, Cap.PERCENTILE) / np.maximum(voices, 1))


def work_out(
    kind: AnalysisKind, answers: Answers, *, policy: Policy, progress: Progress | None = None
) -> Report | Unsaid:
    """Work out an analysis; takes seconds to minutes. Pain and delight want the recommendation as outcome."""
    look = drivers if kind is AnalysisKind.DRIVERS else pain_delight
    return look(answers, policy=policy, progress=progress)


def kept(report: Report | Unsaid) -> dict[str, object]:
    """A report as it is kept in the table."""
    found: dict[str, object] = as_json(report)
    return found


def driver_report(data: dict[str, object]) -> DriverReport | Unsaid:
    """A kept report of drivers."""
    found: DriverReport | Unsaid = from_json(DriverReport | Unsaid, data)
    return found


def pain_delight_report(data: dict[str, object]) -> PainDelight | Unsaid:
    """A kept report of pain and delight."""
    found: PainDelight | Unsaid = from_json(PainDelight | Unsaid, data)
    return found
