"""Why a touch of a rehearsal does not happen, in words."""

from flask_babel import lazy_gettext

REASONS = {
    "answered": lazy_gettext("has answered"),
    "bounced": lazy_gettext("the mail came back"),
    "contact_inactive": lazy_gettext("the contact has left or was switched off"),
    "do_not_phone": lazy_gettext("does not want to be called"),
    "no_address": lazy_gettext("the contact has no e-mail address"),
    "no_phone": lazy_gettext("the contact has no telephone number"),
    "opted_out": lazy_gettext("asked not to be mailed"),
    "suppressed": lazy_gettext("the mail came back"),
    "wrong_number": lazy_gettext("the number is not theirs"),
    "declined": lazy_gettext("does not want to answer"),
    "wave closed": lazy_gettext("the wave was over"),
}
