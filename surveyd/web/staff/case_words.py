"""What pages call the states, reasons, causes and endings of cases; and due times, as they are counted."""

from collections.abc import Iterable
from datetime import datetime

from babel.dates import format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from surveyd.closed_loop.case_search import Age, Shown
from surveyd.closed_loop.cases import AttemptResult, EntryKind
from surveyd.closed_loop.models import Ending, RootCause
from surveyd.closed_loop.rules import Reason
from surveyd.closed_loop.working_hours import FIVE_WORKING_DAYS, HOURS_A_DAY, Deadline
from surveyd.web.access import reader
from surveyd.web.filters import locale_name
from surveyd.web.staff.frame import bp

REASONS = {
    Reason.ASKED_FOR_CALL: lazy_gettext("asked to be called"),
    Reason.DETRACTOR: lazy_gettext("detractor"),
    Reason.HIGH_RISK_LARGE: lazy_gettext("high risk at a large account"),
    Reason.TRAPPED_LARGE: lazy_gettext("trapped at a large account"),
    Reason.DRAWN_PASSIVE: lazy_gettext("drawn at random from the passives"),
    Reason.DRAWN_PROMOTER: lazy_gettext("drawn at random from the promoters"),
}
SHOWN = {
    Shown.OPEN: lazy_gettext("Not contacted yet"),
    Shown.OVERDUE: lazy_gettext("Overdue"),
    Shown.CONTACTED: lazy_gettext("Contacted, not closed"),
    Shown.CLOSED: lazy_gettext("Closed"),
    Shown.ALL: lazy_gettext("All, closed ones too"),
}
AGES = {
    Age.FRESH: lazy_gettext("Under 2 days"),
    Age.WEEK: lazy_gettext("2 to 7 days"),
    Age.OLD: lazy_gettext("Over 7 days"),
}
ATTEMPTS = {
    AttemptResult.REACHED: lazy_gettext("reached"),
    AttemptResult.NO_ANSWER: lazy_gettext("no answer"),
    AttemptResult.LEFT_MESSAGE: lazy_gettext("left message"),
    AttemptResult.WRONG_NUMBER: lazy_gettext("wrong number"),
}
ENTRIES = {
    EntryKind.NOTE: lazy_gettext("note"),
    EntryKind.ATTEMPT: lazy_gettext("attempt"),
    EntryKind.CONTACT: lazy_gettext("contact"),
    EntryKind.HAND_OVER: lazy_gettext("handed over"),
    EntryKind.CLOSING: lazy_gettext("closed"),
    EntryKind.SOLVED: lazy_gettext("the customer says"),
    EntryKind.NOT_SOLVED: lazy_gettext("the customer says, and the case is open again"),
}
CAUSES = {
    RootCause.DELIVERY: lazy_gettext("Delivery"),
    RootCause.PRODUCT: lazy_gettext("Product or quality"),
    RootCause.PRICE: lazy_gettext("Price or terms"),
    RootCause.BILLING: lazy_gettext("Billing"),
    RootCause.SUPPORT: lazy_gettext("Support"),
    RootCause.COMMUNICATION: lazy_gettext("Contact and communication"),
    RootCause.PROMISE: lazy_gettext("A promise not kept"),
    RootCause.ONBOARDING: lazy_gettext("Onboarding or training"),
    RootCause.PRAISE: lazy_gettext("Praise: nothing was wrong"),
    RootCause.OTHER: lazy_gettext("Something else"),
}
ENDINGS = {
    Ending.RESOLVED: lazy_gettext("Reached and resolved"),
    Ending.RESOLVED_LATER: lazy_gettext("Reached, will be resolved later"),
    Ending.UNRESOLVED: lazy_gettext("Reached, could not be resolved"),
    Ending.CUSTOMER_LEFT: lazy_gettext("The customer left"),
    Ending.NOT_REACHED: lazy_gettext("Could not be reached"),
}


@bp.app_template_filter("case_reasons")
def reasons_in_words(reasons: Iterable[Reason]) -> str:
    """Why a case was opened: "asked to be called, detractor"."""
    return ", ".join(str(REASONS[reason]) for reason in reasons)


@bp.app_template_filter("hours_left")
def hours_left(deadline: Deadline, now: datetime) -> str:
    """How many working hours are left, or it is late, in days from a week on: "5 working hours left"."""
    left = deadline.left(now)
    whole = int(abs(left))
    if deadline.is_over(now):
        if whole >= FIVE_WORKING_DAYS:
            days = whole // HOURS_A_DAY
            return ngettext("%(num)s working day late", "%(num)s working days late", days)
        if not whole:
            return _("less than one working hour late")
        return ngettext("%(num)s working hour late", "%(num)s working hours late", whole)
    if not whole:
        return _("less than one working hour left")
    return ngettext("%(num)s working hour left", "%(num)s working hours left", whole)


@bp.app_template_filter("counted")
def counted(deadline: Deadline) -> str:
    """A due time as it is counted: "16 working hours, until Thursday 12 March 2026, 10:00 CET"."""
    return ngettext(
        "%(num)s working hour, until %(due)s",
        "%(num)s working hours, until %(due)s",
        deadline.hours,
        due=weekday_moment(deadline.due_at),
    )


@bp.app_template_filter("counted_left")
def counted_left(deadline: Deadline, now: datetime) -> str:
    """The same with what is left: "16 working hours, until Thursday 12 March 2026, 10:00 CET; 5 left"."""
    left = int(deadline.left(now))
    if not left:
        return _("%(counted)s; less than one left", counted=counted(deadline))
    return _("%(counted)s; %(left)s left", counted=counted(deadline), left=left)


@bp.app_template_filter("weekday_moment")
def weekday_moment(value: datetime) -> str:
    """An instant with its weekday, in the reader's zone: "Thursday 12 March 2026, 10:00 CET"."""
    local = value.astimezone(reader().zone)
    return f"{format_datetime(local, 'EEEE d MMMM y, HH:mm', locale=locale_name())} {local.tzname()}"
