"""The words for a wave's states, rules and steps: what the ledger names, as people say it."""

from flask_babel import lazy_gettext

from surveyd.web.filters import words

STATES = {
    "scheduled": lazy_gettext("scheduled"),
    "preparing": lazy_gettext("preparing"),
    "open": lazy_gettext("open"),
    "paused": lazy_gettext("paused"),
    "closed": lazy_gettext("closed"),
    "cancelled": lazy_gettext("cancelled"),
}
STEPS = {
    "invitation": lazy_gettext("invitation"),
    "reminder": lazy_gettext("reminder"),
    "call": lazy_gettext("call"),
    "close": lazy_gettext("close"),
    "wished_reminder": lazy_gettext("reminder on the day they chose"),
    "wished_invitation": lazy_gettext("invitation sent again"),
    "wished_call": lazy_gettext("call that they asked for"),
}
RULES = {
    "merged": lazy_gettext("the contact was merged into another one, who is asked in their place"),
    "account_lapsed": lazy_gettext("the account is lapsed"),
    "account_active": lazy_gettext("the account is active, and this wave asks lapsed customers"),
    "not_in_filter": lazy_gettext("account or contact are not among those whom this wave asks"),
    "contact_inactive": lazy_gettext("the contact has left or was switched off"),
    "opted_out": lazy_gettext("the contact asked not to be mailed"),
    "opted_out_program": lazy_gettext("the contact wants no more of this program"),
    "opted_out_address": lazy_gettext("somebody with this address asked for no more mail"),
    "no_address": lazy_gettext("the contact has no e-mail address"),
    "suppressed": lazy_gettext("mail to this address came back or was complained about"),
    "not_right_person": lazy_gettext(
        "the contact said that they are not the right person, and nobody has looked at it yet"
    ),
    "same_address": lazy_gettext("another contact with this address is asked"),
    "rested": lazy_gettext("the contact was asked within the rest period"),
    "not_in_sample": lazy_gettext("the random sample did not draw the contact"),
    "excluded": lazy_gettext("the account manager left the contact out of this wave, with a reason"),
    "no_day_left": lazy_gettext("no day was left before the close on which they could be asked"),
}
"""Why somebody is out of a wave."""
STANDS = {
    "answered": lazy_gettext("have answered"),
    "waiting": lazy_gettext("are reached by mail and have not answered yet"),
    "to_be_mailed": lazy_gettext("are to be mailed"),
    "held": lazy_gettext("have a mail that is held until a person releases it"),
    "no_answer": lazy_gettext("were reached by mail and did not answer"),
    "opted_out": lazy_gettext("asked not to be mailed"),
    "declined": lazy_gettext("do not want to answer"),
    "bounced": lazy_gettext("have an address from which mail came back"),
    "unreachable": lazy_gettext("could not be reached by mail"),
    "cancelled": lazy_gettext("are not asked any more, since the wave was cancelled"),
}
"""Where invited contacts stand: follows a number of people."""
STANDS_ALONE = {
    "": lazy_gettext("would be invited"),
    "answered": lazy_gettext("has answered"),
    "waiting": lazy_gettext("reached by mail, no answer yet"),
    "to_be_mailed": lazy_gettext("is to be mailed"),
    "held": lazy_gettext("the mail is held until a person releases it"),
    "no_answer": lazy_gettext("reached by mail, did not answer"),
    "opted_out": lazy_gettext("was invited, then they or somebody with their address asked not to be mailed"),
    "declined": lazy_gettext("does not want to answer"),
    "bounced": lazy_gettext("was invited, and the mail came back"),
    "unreachable": lazy_gettext("could not be reached by mail"),
    "cancelled": lazy_gettext("not asked any more, since the wave was cancelled"),
}
"""Where one contact who is in stands."""


def wave_state(name: str) -> str:
    """A wave's state as a word; what is not known is said as it stands."""
    return str(STATES.get(name) or words(name))


def step(name: str) -> str:
    """A step of the cadence as a word; what is not known is said as it stands."""
    return str(STEPS.get(name) or words(name))
