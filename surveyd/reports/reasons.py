"""Why there is no number, in the reader's words: each reason of `scoring.unsaid` as one sentence."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.scoring.unsaid import Reason, Unsaid

PLAIN = {
    Reason.NO_ANSWERS: lazy_gettext("Nobody has answered yet."),
    Reason.NO_VARIATION: lazy_gettext("Everybody gave the same answer."),
    Reason.NO_WEIGHT: lazy_gettext("Nothing here carries any weight: no account has a known revenue."),
}
KINDS = {
    (Reason.NOBODY, "the detractors"): lazy_gettext(
        "Nobody here is a detractor, so that nothing can be said about pain."
    ),
    (Reason.NOBODY, "the promoters"): lazy_gettext(
        "Nobody here is a promoter, so that nothing can be said about delight."
    ),
    (Reason.NOBODY, "the detractors or the promoters"): lazy_gettext(
        "Nobody here is a detractor or a promoter."
    ),
    (Reason.EVERYBODY, "the detractors"): lazy_gettext("Everybody here is a detractor."),
    (Reason.EVERYBODY, "the promoters"): lazy_gettext("Everybody here is a promoter."),
}
FEW = {
    Reason.TOO_FEW_ANSWERS: lazy_gettext("Too few answers: %(found)s, and %(needed)s are needed."),
    Reason.TOO_FEW_ACCOUNTS: lazy_gettext("Too few accounts: %(found)s, and %(needed)s are needed."),
    Reason.TOO_FEW_WAVES: lazy_gettext("Too few waves: %(found)s, and %(needed)s are needed."),
    Reason.TOO_FEW_GROUPS: lazy_gettext("Too few groups: %(found)s, and %(needed)s are needed."),
    Reason.TOO_MANY_PARTS: lazy_gettext("Too many parts: %(found)s, and at most %(needed)s can be split."),
    Reason.TOO_FEW_TOGETHER: lazy_gettext("Too few answered both: %(found)s, and %(needed)s are needed."),
}


def why_not(of: Unsaid) -> str:
    """The reason as a sentence that stands where the number would; it does not say what it is about,
    but for who is of no kind, or of one alone.
    """
    if of.reason in FEW:
        return str(FEW[of.reason]) % {"found": of.found, "needed": of.needed}
    return str(
        KINDS.get((of.reason, of.subject)) or PLAIN.get(of.reason) or _("The numbers cannot carry it.")
    )
