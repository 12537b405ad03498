"""The words for mails and their states: what the outbox names, as people say it."""

from flask_babel import lazy_gettext

from surveyd.web.filters import words

MAIL_STATES = {
    "queued": lazy_gettext("queued"),
    "sending": lazy_gettext("being sent"),
    "sent": lazy_gettext("sent"),
    "failed": lazy_gettext("failed"),
    "suppressed": lazy_gettext("suppressed"),
    "uncertain": lazy_gettext("in doubt"),
    "held": lazy_gettext("held"),
    "cancelled": lazy_gettext("cancelled"),
}
EXPLAINED = {
    "queued": lazy_gettext("It waits for its turn."),
    "sending": lazy_gettext("A sender is handing it over now."),
    "sent": lazy_gettext("The relay has taken it."),
    "failed": lazy_gettext("It was refused and is not tried again."),
    "suppressed": lazy_gettext("It was stopped, since this address or person must not be mailed."),
    "uncertain": lazy_gettext("Nobody knows whether it went out; it is sent again with the same Message-ID."),
    "held": lazy_gettext("It waits until you release or cancel it."),
    "cancelled": lazy_gettext("It became needless before it went out."),
}
MAILS = {
    "invitation": lazy_gettext("invitation"),
    "reminder": lazy_gettext("reminder"),
    "thank_you": lazy_gettext("thank-you"),
    "letter": lazy_gettext("letter"),
    "case_alert": lazy_gettext("case alert"),
    "case_solved": lazy_gettext("question whether it is solved"),
    "case_reopened": lazy_gettext("word that a case is open again"),
    "not_right_person": lazy_gettext("word that somebody else is to be asked"),
    "contacts_to_confirm": lazy_gettext("contacts to confirm"),
    "contacts_reminder": lazy_gettext("reminder of contacts to confirm"),
    "alarm": lazy_gettext("alarm"),
    "wave_paused": lazy_gettext("alert that a wave is paused"),
}


def mail(name: str) -> str:
    """A mail's name as a word; what is not known is said as it stands."""
    return str(MAILS.get(name) or words(name))


def mail_state(name: str) -> str:
    """A mail's state as a word."""
    return str(MAIL_STATES.get(name) or words(name))
