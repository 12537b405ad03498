"""What a mean would hide of an account: flags beside its place, and how far the place carries.

Silence is said only once the last reminder is out: before that, nobody is late.
"""

from dataclasses import dataclass
from enum import StrEnum

from surveyd.scoring.policy import AccountRule

DECISION_MAKER = "decision_maker"
NOISE = 1e-6
"""A variance this close to its limit stands on it, however it was added up."""


class Flag(StrEnum):
    """What should be known of an account, whatever its mean; the most urgent first."""

    DM_HIGH_RISK = "dm_high_risk"
    """A decision maker is at high risk."""
    DM_DETRACTOR = "dm_detractor"
    """A decision maker would not recommend us."""
    WENT_QUIET = "went_quiet"
    """Somebody answered the wave before; now nobody has, and the last reminder is out."""
    SILENT = "silent"
    """Somebody was asked, nobody has answered, and the last reminder is out."""
    DM_SILENT = "dm_silent"
    """Decision makers were asked, none of them has answered, and the last reminder is out."""
    SPLIT = "split"
    """Too little weight stands in one segment, or the attitudes lie too far apart."""
    SINGLE_VOICE = "single_voice"
    """All rests on one person."""
    BOUNCED = "bounced"
    """Mail to somebody who was asked and has not answered comes back."""
    STALE = "stale"
    """It rests on an answer that is older than the policy's window."""


class Confidence(StrEnum):
    """How far an account's place carries; NONE is an insufficient signal."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a wave has asked at an account: how many, how many of them decide, whose mail comes back.

    `bounced` are those of them who have not answered. `reminded` says that the last reminder is out,
    `answered_before` that somebody answered the wave before.
    """

    invited: int
    deciders: int = 0
    bounced: int = 0
    reminded: bool = True
    answered_before: bool = False


@dataclass(frozen=True, slots=True)
class Signs:
    """What flags and confidence are read from, in counts of people who answered.

    `valid` are those with an index on either axis. `modal` of `placed` is the weight in the segment that has
    most of it; `variance` is that of attitude, in squared points. `oldest` is the age of the oldest answer
    in days.
    """

    voices: int
    valid: int
    deciders: int
    valid_deciders: int
    deciders_at_risk: int
    deciders_detracting: int
    modal: int
    placed: int
    variance: float
    oldest: float


def raised(signs: Signs, asked: Asked, rule: AccountRule) -> tuple[Flag, ...]:
    """Return the flags of an account in the order of `Flag`."""
    silent = asked.reminded and asked.invited > 0 and not signs.voices
    found = {
        Flag.DM_HIGH_RISK: signs.deciders_at_risk > 0,
        Flag.DM_DETRACTOR: signs.deciders_detracting > 0,
        Flag.WENT_QUIET: silent and asked.answered_before,
        Flag.SILENT: silent,
        Flag.DM_SILENT: asked.reminded and asked.deciders > 0 and not signs.deciders,
        Flag.SPLIT: is_split(signs, rule),
        Flag.SINGLE_VOICE: signs.valid == 1,
        Flag.BOUNCED: asked.bounced > 0,
        Flag.STALE: signs.voices > 0 and signs.oldest > rule.stale_after,
    }
    return tuple(flag for flag, is_raised in found.items() if is_raised)


def is_split(signs: Signs, rule: AccountRule) -> bool:
    """Whether the people of an account see it so differently that no one place speaks for them."""
    apart = signs.variance > rule.split_spread**2 + NOISE
    return apart or 100 * signs.modal < rule.split_agreement * signs.placed


def confidence(signs: Signs, asked: Asked, rule: AccountRule) -> Confidence:
    """Return how far a place carries: by how many answered, whether one of them decides, and the coverage."""
    if not signs.valid:
        return Confidence.NONE
    covers = 100 * signs.valid >= rule.high_coverage * asked.invited
    if signs.valid >= rule.high_from and signs.valid_deciders and covers:
        return Confidence.HIGH
    enough = signs.valid >= rule.medium_from or signs.valid_deciders
    return Confidence.MEDIUM if enough else Confidence.LOW
