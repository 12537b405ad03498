"""Why there is no number, in the reader's words: each reason of `scoring.unsaid` as one sentence."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.scoring.unsaid import Reason, Unsaid

PLAIN = {
    Reason.NO_ANSWERS: lazy_gettext("Nobody has answered yet."),
    Reason.NO_VARIATION: lazy_gettext("Everybody gave the same answer."),
    Reason.NO_WEIGHT: lazy_gettext("Nothing here carries any weight: no account has a known revenue."),
}
FEW = {
    Reason.TOO_FEW_ANSWERS: lazy_gettext("Too few answers: %(found)s, and %(needed)s are needed."),
    Reason.TOO_FEW_ACCOUNTS: lazy_gettext("Too few accounts: %(found)s, and %(needed)s are needed."),
    Reason.TOO_FEW_WAVES: lazy_gettext("Too few waves: %(found)s, and %(needed)s are needed."),
    Reason.TOO_FEW_GROUPS: lazy_gettext("Too few groups: %(found)s, and %(needed)s are needed."),
    Reason.TOO_FEW_TOGETHER: lazy_gettext("Too few answered both: %(found)s, and %(needed)s are needed."),
}


def why_not(of: Unsaid) -> str:
    """The reason as a sentence that stands where the number would; it does not say what it is about."""
    if of.reason in FEW:
        return str(FEW[of.reason]) % {"found": of.found, "needed": of.needed}
    return str(PLAIN.get(of.reason) or _("The numbers cannot carry it."))
