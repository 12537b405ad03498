"""One account from its people: a place that somebody decides by the policy's method, and what it rests on.

Each method says whose voices decide. Their means, weighted by role, are the account's indexes: all voices
(weighted mean), those of the most influential role (waterfall), the decision maker who stands worst, or
those in the segment with most of the weight (majority). Silence is a state of its own, never neutral.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from surveyd.scoring.flags import DECISION_MAKER, Asked, Confidence, Flag, Signs, confidence, raised
from surveyd.scoring.loyalty import PLACES, Segment
from surveyd.scoring.nps import Category
from surveyd.scoring.policy import SHIPPED, Policy, RollUp

# The indexes arrive as rounded doubles: a mean this close to the cut stands on it.
NOISE = 1e-9
WORST_FIRST = (Segment.HIGH_RISK, Segment.TRAPPED, Segment.ACCESSIBLE, Segment.TRULY_LOYAL)
"""The places of the matrix, the most urgent first: of two with equal weight, the worse speaks."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One person who answered: relationship role, place in the matrix, both indexes 0 to 100 or None.

    `category` is what the rating makes of them, `age` how old the answer is, in days.
    """

    role: str
    segment: Segment
    attitude: float | None
    intent: float | None
    category: Category | None = None
    age: float = 0.0

    @property
    def decides(self) -> bool:
        """Whether the person is a decision maker."""
        return self.role == DECISION_MAKER

    @property
    def is_valid(self) -> bool:
        """Whether the answers say something on either axis."""
        return self.attitude is not None or self.intent is not None

    def severity(self, policy: Policy) -> float:
        """The points missing to the cut on both axes together; an unknown index misses none."""
        cut = policy.cut / 100
        return sum(max(0.0, cut - index) for index in (self.attitude, self.intent) if index is not None)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an account stands; ``segment`` is None when nobody answered.

    `voices` answered, `valid` of them with an index. `agreement` is the share of the weight, 0 to 1, in the
    segment that has most of it, `spread` the weighted standard deviation of attitude in points; both None
    where nobody can be placed. `rule` is the version of the policy.
    """

    segment: Segment | None
    attitude: float | None
    intent: float | None
    voices: int
    valid: int
    invited: int
    agreement: float | None
    spread: float | None
    flags: tuple[Flag, ...]
    confidence: Confidence
    rule: str

    @property
    def decision_maker_at_risk(self) -> bool:
        """Whether a decision maker is at high risk: never averaged away."""
        return Flag.DM_HIGH_RISK in self.flags


Weighed = tuple[int, Voice]
"""A voice with the weight of its role."""


def stand(voices: Sequence[Voice], *, asked: Asked, policy: Policy | None = None) -> Standing:
    """Return the standing of an account, of whose people these answered, by the policy's method.

    Where nobody can decide by that method (no decision maker has a place, say), the weighted mean does. A
    role that weighs 0 decides nothing, but raises its flags.
    """
    rule = policy or SHIPPED
    heard = [(weight, voice) for voice in voices if (weight := rule.accounts.weight(voice.role))]
    deciding = _METHODS[rule.accounts.method]([one for one in heard if one[1].segment in WORST_FIRST], rule)
    attitude, intent = _means(deciding or heard)
    signs = _signs(voices, heard)
    return Standing(
        segment=_segment(deciding, attitude, intent, rule) if voices else None,
        attitude=attitude,
        intent=intent,
        voices=signs.voices,
        valid=signs.valid,
        invited=asked.invited,
        agreement=signs.modal / signs.placed if signs.placed else None,
        spread=sqrt(signs.variance) if _known(heard) else None,
        flags=raised(signs, asked, rule.accounts),
        confidence=confidence(signs, asked, rule.accounts),
        rule=rule.version,
    )


def by_cuts(attitude: float | None, intent: float | None, policy: Policy) -> Segment:
    """Return the place of two means; a mean on the cut is above it, an unknown one on neither side."""
    if attitude is None or intent is None:
        return Segment.UNCLASSIFIED
    return PLACES[_reaches(attitude, policy), _reaches(intent, policy)]


def _reaches(mean: float, rule: Policy) -> bool:
    return 100 * mean >= rule.cut - NOISE


def _segment(
    deciding: Sequence[Weighed], attitude: float | None, intent: float | None, rule: Policy
) -> Segment:
    """One person's place, or that of a majority, is theirs; a mean is placed by the cuts."""
    if deciding and rule.accounts.method in (RollUp.WORST_DECISION_MAKER, RollUp.MAJORITY):
        return deciding[0][1].segment
    return by_cuts(attitude, intent, rule)


def _everybody(placed: Sequence[Weighed], rule: Policy) -> list[Weighed]:
    """Nobody in particular: the mean is over all, placed or not."""
    return []


def _most_influential(placed: Sequence[Weighed], rule: Policy) -> list[Weighed]:
    most = max((weight for weight, _ in placed), default=0)
    return [one for one in placed if one[0] == most]


def _worst_decision_maker(placed: Sequence[Weighed], rule: Policy) -> list[Weighed]:
    def badness(one: Weighed) -> tuple[float, ...]:
        voice = one[1]
        assert voice.attitude is not None and voice.intent is not None  # who has a place has both
        rank = WORST_FIRST.index(voice.segment)
        return rank, -voice.severity(rule), voice.attitude, voice.intent

    return sorted((one for one in placed if one[1].decides), key=badness)[:1]


def _majority(placed: Sequence[Weighed], rule: Policy) -> list[Weighed]:
    weights = _weights(placed)
    most = max(WORST_FIRST, key=weights.__getitem__)  # the first of equals
    return [one for one in placed if one[1].segment is most]


_METHODS: dict[RollUp, Callable[[Sequence[Weighed], Policy], list[Weighed]]] = {
    RollUp.WEIGHTED_MEAN: _everybody,
    RollUp.WATERFALL: _most_influential,
    RollUp.WORST_DECISION_MAKER: _worst_decision_maker,
    RollUp.MAJORITY: _majority,
}


def _weights(placed: Iterable[Weighed]) -> dict[Segment, int]:
    """The weight in each place of the matrix."""
    weights = dict.fromkeys(WORST_FIRST, 0)
    for weight, voice in placed:
        if voice.segment in weights:
            weights[voice.segment] += weight
    return weights


def _known(heard: Iterable[Weighed]) -> list[tuple[int, float]]:
    return [(weight, voice.attitude) for weight, voice in heard if voice.attitude is not None]


def _means(heard: Sequence[Weighed]) -> tuple[float | None, float | None]:
    intents = [(weight, voice.intent) for weight, voice in heard if voice.intent is not None]
    return _mean(_known(heard)), _mean(intents)


def _mean(known: Sequence[tuple[int, float]]) -> float | None:
    if not known:
        return None
    return fsum(weight * value for weight, value in known) / sum(weight for weight, _ in known)


def _signs(voices: Sequence[Voice], heard: Sequence[Weighed]) -> Signs:
    weights = _weights(heard).values()
    known = _known(heard)
    centre = _mean(known)
    spread = [] if centre is None else [(weight, (value - centre) ** 2) for weight, value in known]
    deciders = [voice for voice in voices if voice.decides]
    return Signs(
        voices=len(voices),
        valid=sum(voice.is_valid for voice in voices),
        deciders=len(deciders),
        valid_deciders=sum(voice.is_valid for voice in deciders),
        deciders_at_risk=sum(voice.segment is Segment.HIGH_RISK for voice in deciders),
        deciders_detracting=sum(voice.category is Category.DETRACTOR for voice in deciders),
        modal=max(weights),
        placed=sum(weights),
        variance=_mean(spread) or 0.0,
        oldest=max((voice.age for voice in voices), default=0.0),
    )
