"""What is said of contacts before a wave, in words: reasons, states, verdicts."""

from flask_babel import lazy_gettext

from surveyd.distribution.confirmation_models import MarkState, WhyExcluded
from surveyd.distribution.own_contacts import ELSE, LEFT, OUT, SAID
from surveyd.scoring.skew import Verdict

REASONS = {
    WhyExcluded.LEFT_COMPANY: lazy_gettext("has left the company, or soon will"),
    WhyExcluded.CANNOT_JUDGE: lazy_gettext("knows too little of us to answer"),
    WhyExcluded.OWN_WISH: lazy_gettext("has asked not to be surveyed now"),
    WhyExcluded.TALKS: lazy_gettext("contract talks are going on"),
    WhyExcluded.COMPLAINT: lazy_gettext("a complaint is being dealt with"),
    WhyExcluded.OTHER: lazy_gettext("another reason"),
}
STATES = {
    MarkState.OPEN: lazy_gettext("nothing said yet"),
    MarkState.CONFIRMED: lazy_gettext("confirmed"),
    MarkState.EXCLUDED: lazy_gettext("left out"),
}
SHOWN = {
    LEFT: lazy_gettext("nothing said yet"),
    SAID: lazy_gettext("confirmed"),
    OUT: lazy_gettext("left out"),
    ELSE: lazy_gettext("not asked for another reason"),
}
VERDICTS = {
    Verdict.NOBODY: lazy_gettext("nobody is left out"),
    Verdict.TOO_FEW: lazy_gettext("too few to say"),
    Verdict.NOTHING_TO_COMPARE: lazy_gettext("nobody else to compare with"),
    Verdict.EVEN: lazy_gettext("does not lean"),
    Verdict.LEANS: lazy_gettext("leans to the unhappy"),
}
