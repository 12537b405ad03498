"""The flags of an account in words: what is so, and what to do about it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from surveyd.scoring.flags import Confidence, Flag


@dataclass(frozen=True, slots=True)
class FlagWords:
    """One flag: its name in a list, the sentence that explains it, and what to do; `kind` is its mark."""

    flag: Flag
    kind: str
    name: object
    sentence: object
    advice: object


WORDS = (
    FlagWords(
        Flag.DM_HIGH_RISK,
        "bad",
        _("decision maker at high risk"),
        _("A decision maker is at high risk, whatever the others say."),
        _("Call this person before anybody else there."),
    ),
    FlagWords(
        Flag.DM_DETRACTOR,
        "bad",
        _("decision maker is a detractor"),
        _("A decision maker would rather not recommend us."),
        _("Ask what it would take to earn a better score."),
    ),
    FlagWords(
        Flag.WENT_QUIET,
        "soon",
        _("went quiet"),
        _("Somebody answered the wave before; now nobody has, and the last reminder is out."),
        _("Phone whoever answered last time, and ask what has changed."),
    ),
    FlagWords(
        Flag.SILENT,
        "silent",
        _("silent"),
        _("Nobody who was asked has answered, and the last reminder is out."),
        _("Check that the right people are on the list, and phone one of them."),
    ),
    FlagWords(
        Flag.DM_SILENT,
        "silent",
        _("decision maker silent"),
        _("No decision maker has answered, and the last reminder is out."),
        _("Ask a decision maker yourself: so far only the others speak for the account."),
    ),
    FlagWords(
        Flag.SPLIT,
        "soon",
        _("split"),
        _("Its people see us so differently that no one segment speaks for them."),
        _("Talk to both sides before you act on the mean."),
    ),
    FlagWords(
        Flag.SINGLE_VOICE,
        "soon",
        _("single voice"),
        _("All rests on one person."),
        _("Find a second contact before the next wave."),
    ),
    FlagWords(
        Flag.BOUNCED,
        "soon",
        _("mail comes back"),
        _("Mail to somebody who was asked and has not answered comes back."),
        _("Find out the new address, or who has taken over."),
    ),
    FlagWords(
        Flag.STALE,
        "silent",
        _("old answer"),
        _("An answer that this rests on is older than the scoring policy allows."),
        _("Read it as history until the next wave."),
    ),
)
BY_FLAG: Mapping[Flag, FlagWords] = {words.flag: words for words in WORDS}
CONFIDENCES: Mapping[Confidence, object] = {
    Confidence.HIGH: _("high confidence"),
    Confidence.MEDIUM: _("medium confidence"),
    Confidence.LOW: _("low confidence"),
    Confidence.NONE: _("insufficient signal"),
}
TOLD_BY = {Flag.SILENT: Flag.WENT_QUIET, Flag.DM_SILENT: Flag.SILENT}
"""A flag that another one tells already."""


def flags_shown(flags: Collection[Flag]) -> tuple[FlagWords, ...]:
    """The flags worth a line of their own: an account that went quiet is silent anyway."""
    return tuple(BY_FLAG[flag] for flag in Flag if flag in flags and TOLD_BY.get(flag) not in flags)
