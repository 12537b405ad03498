"""What the numbers cannot carry: a typed reason in the place of a number, never NaN.

A caller that draws writes its own words for each reason, in the reader's language; `sentence` is for the
command line, for logs and for tests.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something cannot be said."""

    NO_ANSWERS = "no_answers"
    TOO_FEW_ANSWERS = "too_few_answers"
    TOO_FEW_ACCOUNTS = "too_few_accounts"
    TOO_FEW_WAVES = "too_few_waves"
    TOO_FEW_GROUPS = "too_few_groups"
    TOO_FEW_TOGETHER = "too_few_together"
    """Too few people answered both of two items."""
    NO_VARIATION = "no_variation"
    """Everybody said the same, so nothing can go along with it."""
    NOBODY = "nobody"
    """Nobody is of this kind, so nothing can tell them from the others."""
    EVERYBODY = "everybody"
    """All are of this kind, so nothing can tell them from others."""
    NO_WEIGHT = "no_weight"
    """All weights are zero."""
    TOO_MANY_PATTERNS = "too_many_patterns"
    TOO_MANY_PARTS = "too_many_parts"
    NOT_SETTLED = "not_settled"
    """An iteration did not come to rest within its limit."""
    TOO_UNCERTAIN = "too_uncertain"
    """A model was right too rarely on what it had not seen; counted in hundredths."""


SENTENCES = {
    Reason.NO_ANSWERS: "Nobody has answered {subject}.",
    Reason.TOO_FEW_ANSWERS: "{found} answers are too few for {subject}: {needed} needed.",
    Reason.TOO_FEW_ACCOUNTS: "{found} accounts are too few for {subject}: {needed} needed.",
    Reason.TOO_FEW_WAVES: "{found} waves are too few for {subject}: {needed} needed.",
    Reason.TOO_FEW_GROUPS: "{found} groups are too few for {subject}: {needed} needed.",
    Reason.TOO_FEW_TOGETHER: "{found} people answered both parts of {subject}: {needed} needed.",
    Reason.NO_VARIATION: "Everybody gave the same answer to {subject}, so nothing can vary with it.",
    Reason.NOBODY: "Nobody is among {subject}, so nothing can vary with it.",
    Reason.EVERYBODY: "Everybody is among {subject}, so nothing can vary with it.",
    Reason.NO_WEIGHT: "All weights of {subject} are zero.",
    Reason.TOO_MANY_PATTERNS: "{found} patterns of gaps are too many for {subject}: at most {needed}.",
    Reason.TOO_UNCERTAIN: "The model for {subject} was right too rarely: {found} of 100, {needed} needed.",
    Reason.TOO_MANY_PARTS: "{found} parts are too many to split {subject}: at most {needed}.",
    Reason.NOT_SETTLED: "The estimate of {subject} did not settle within {needed} steps.",
}
# Of one, the sentences begin otherwise.
OF_ONE = {
    Reason.TOO_FEW_ANSWERS: "1 answer is too few for {subject}: {needed} needed.",
    Reason.TOO_FEW_ACCOUNTS: "1 account is too few for {subject}: {needed} needed.",
    Reason.TOO_FEW_WAVES: "1 wave is too few for {subject}: {needed} needed.",
    Reason.TOO_FEW_GROUPS: "1 group is too few for {subject}: {needed} needed.",
    Reason.TOO_FEW_TOGETHER: "1 person answered both parts of {subject}: {needed} needed.",
}


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Why there is no number: the reason, what it is about, how much there was and how much it takes."""

    reason: Reason
    subject: str
    found: int = 0
    needed: int = 0

    @property
    def sentence(self) -> str:
        """The reason in English: "12 answers are too few for drivers: 120 needed"."""
        words = OF_ONE.get(self.reason) if self.found == 1 else None
        text = words or SENTENCES[self.reason]
        return text.format(subject=self.subject, found=self.found, needed=self.needed)
