"""What the pages of the letter call things."""

from flask_babel import lazy_gettext

from surveyd.closed_loop.models import Audience

AUDIENCES = {
    Audience.DEFAULT: lazy_gettext("Everybody"),
    Audience.TRULY_LOYAL: lazy_gettext("Truly loyal"),
    Audience.ACCESSIBLE: lazy_gettext("Accessible"),
    Audience.TRAPPED: lazy_gettext("Trapped"),
    Audience.HIGH_RISK: lazy_gettext("High risk"),
    Audience.SILENT: lazy_gettext("Did not answer"),
}
EMPTY_LISTS = {
    "heard": lazy_gettext("No chosen action says what was heard: that paragraph is left out."),
    "changed": lazy_gettext("No chosen action says what has changed: that paragraph is left out."),
    "planned": lazy_gettext("No chosen action says what will change: that paragraph is left out."),
}
