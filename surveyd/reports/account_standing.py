"""Where an account or a group of accounts stands, told with its reason, its flags and what it rests on."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.reports.account_flags import CONFIDENCES, FlagWords, flags_shown
from surveyd.reports.basis import Basis
from surveyd.reports.words import STATES, recommend_parts
from surveyd.results.account_figures import AccountVoices
from surveyd.results.revenue import NOT_ASKED, SILENT
from surveyd.scoring.flags import Flag
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.policy import Policy, RollUp
from surveyd.scoring.rollup import WORST_FIRST, Standing, Voice
from surveyd.scoring.scale import whole

PEOPLE: Mapping[str, object] = {
    "decision_maker": lazy_gettext("decision makers"),
    "influencer": lazy_gettext("influencers"),
    "buyer": lazy_gettext("buyers"),
    "gatekeeper": lazy_gettext("gatekeepers"),
    "user": lazy_gettext("users"),
    "unknown": lazy_gettext("others"),
}
METHODS: Mapping[RollUp, object] = {
    RollUp.WEIGHTED_MEAN: lazy_gettext("The mean of all who answered, weighted by role."),
    RollUp.WATERFALL: lazy_gettext("The mean of those who answered and whose role weighs most."),
    RollUp.WORST_DECISION_MAKER: lazy_gettext("The decision maker who stands worst."),
    RollUp.MAJORITY: lazy_gettext("The segment with most of the weight."),
}


@dataclass(frozen=True, slots=True)
class StandingView:
    """A standing as a page tells it. `state` is a segment, silent or not asked; `reason` says who says what.

    `decides` says that a decision maker is among those it rests on. `recommend` is the score, or the people
    counted: each part's words with the category that it counts.
    """

    standing: Standing
    state: str
    recommend: tuple[tuple[str, str], ...]
    reason: str
    decides: bool
    flags: tuple[FlagWords, ...]
    policy: Policy

    @property
    def confidence(self) -> str:
        """How far it carries, in two words."""
        return str(CONFIDENCES[self.standing.confidence])

    @property
    def coverage(self) -> str:
        """Why it carries that far: how many of those asked have answered, and whether one of them decides."""
        return coverage_words(self.standing.valid, self.standing.invited, decides=self.decides)

    @property
    def basis(self) -> Basis:
        """What the standing rests on, for the card beside it."""
        of = self.standing
        return Basis(
            _("where it stands"),
            answered=of.voices,
            invited=of.invited,
            policy=of.rule,
            method=METHODS[self.policy.accounts.method],
            notes=tuple(_notes(of, self.policy)),
            about="rollup",
        )


def standing_view(of: AccountVoices, policy: Policy) -> StandingView:
    """The standing of one account, or of several together, by a policy."""
    standing = of.standing(policy)
    return StandingView(
        standing=standing,
        state=state_of(standing.segment, standing.invited),
        recommend=recommend_parts(of.nps),
        reason=_reason(of.voices, policy, is_split=Flag.SPLIT in standing.flags),
        decides=any(voice.decides and voice.is_valid for voice in of.voices),
        flags=flags_shown(standing.flags),
        policy=policy,
    )


def state_of(segment: str | None, invited: int) -> str:
    """A segment, else silent for who was asked."""
    return str(segment) if segment else SILENT if invited else NOT_ASKED


def coverage_words(valid: int, invited: int, *, decides: bool) -> str:
    """How many of those asked have answered what places an account, and whether one of them decides."""
    if not invited:
        return str(_("Nobody was asked."))
    facts = {"said": f"{valid:,}", "asked": f"{invited:,}"}
    if not valid:
        return str(_("None of %(asked)s asked has answered what places an account.", **facts))
    if decides:
        return str(_("%(said)s of %(asked)s asked have answered, a decision maker among them.", **facts))
    return str(_("%(said)s of %(asked)s asked have answered, no decision maker among them.", **facts))


def _reason(voices: Sequence[Voice], policy: Policy, *, is_split: bool) -> str:
    """Who says what: by role where people differ, the most influential role first; empty without a place."""
    placed = [voice for voice in voices if voice.segment in WORST_FIRST]
    segments = {voice.segment for voice in placed}
    if len(segments) < 2:
        return _of_one_mind(placed)
    by_role: dict[str, list[Segment]] = defaultdict(list)
    for voice in placed:
        by_role[voice.role if voice.role in PEOPLE else "unknown"].append(voice.segment)
    roles = sorted(by_role, key=lambda role: (-policy.accounts.weight(role), list(PEOPLE).index(role)))
    views = ", ".join(_view(role, by_role[role]) for role in roles)
    return str(_("Split: %(views)s.", views=views) if is_split else _("By role: %(views)s.", views=views))


def _of_one_mind(placed: Sequence[Voice]) -> str:
    if not placed:
        return ""
    name = STATES[placed[0].segment.value]
    if len(placed) == 1:
        return str(_("One person says it: %(segment)s.", segment=name))
    return str(
        _("All %(n)s who can be placed say the same: %(segment)s.", n=f"{len(placed):,}", segment=name)
    )


def _view(role: str, segments: Sequence[Segment]) -> str:
    """What most people of a role say; where as many say otherwise, both."""
    counts = Counter(segments)
    most = max(counts.values())
    named = [str(STATES[one.value]) for one in WORST_FIRST if counts[one] == most]
    return str(_("%(people)s say %(segment)s", people=PEOPLE[role], segment=" / ".join(named)))


def _beside_cut(index: float, policy: Policy) -> str:
    """An index in whole points; with decimals near the cut, so that it stands on its own side of it."""
    near = abs(100 * index - policy.cut) <= policy.border
    return f"{index:.2f}".rstrip("0").rstrip(".") if near else f"{whole(index)}"


def _notes(of: Standing, policy: Policy) -> list[object]:
    notes: list[object] = []
    if of.attitude is not None and of.intent is not None:
        shown = {"attitude": _beside_cut(of.attitude, policy), "intent": _beside_cut(of.intent, policy)}
        facts = {**shown, "cut": f"{policy.cut / 100:g}"}
        notes.append(_("Attitude %(attitude)s, intent %(intent)s of 100; the cut is %(cut)s.", **facts))
    if of.agreement is not None and of.spread is not None and of.valid > 1:
        share, spread = whole(100 * of.agreement), whole(of.spread)
        notes.append(
            _(
                "%(share)s %% of the weight stands in one segment; attitudes differ by %(spread)s points.",
                share=share,
                spread=spread,
            )
        )
    weights = [f"{PEOPLE[role]} {weight}" for role, weight in policy.accounts.roles if role in PEOPLE]
    notes.append(_("Weights: %(weights)s.", weights=", ".join(weights)))
    return notes
