"""Probable duplicates in words: why two may be one, what a field is called, and what stands in it."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.operations.side_by_side import REVENUE, Side
from surveyd.people.columns import DIMENSION
from surveyd.people.duplicate_lists import PairLine
from surveyd.people.duplicate_models import SameKind
from surveyd.web.filters import day, language, money, phone, words

KINDS = {
    SameKind.CONTACT: lazy_gettext("Contacts"),
    SameKind.ACCOUNT: lazy_gettext("Accounts"),
}
REASONS = {
    "same_address": lazy_gettext("the same e-mail address"),
    "same_number": lazy_gettext("the same phone number"),
    "same_name": lazy_gettext("the same name"),
    "similar_name": lazy_gettext("two spellings of a name"),
    "same_account": lazy_gettext("at one account"),
    "same_domain": lazy_gettext("addresses of one company"),
    "same_company": lazy_gettext("the same name but for the legal form"),
    "similar_company": lazy_gettext("two spellings of a company"),
    "shared_domain": lazy_gettext("contacts with addresses of one company"),
    "other_country": lazy_gettext("in two countries"),
}
FIELDS = {
    "name": lazy_gettext("Name"),
    "email": lazy_gettext("E-mail"),
    "phone": lazy_gettext("Phone"),
    "account_id": lazy_gettext("Account"),
    "role": lazy_gettext("Role"),
    "language": lazy_gettext("Language"),
    "time_zone": lazy_gettext("Time zone"),
    "consent": lazy_gettext("Consent"),
    "active": lazy_gettext("Still there"),
    "status": lazy_gettext("Status"),
    "tier": lazy_gettext("Tier"),
    REVENUE: lazy_gettext("Revenue"),
    "renewal_date": lazy_gettext("Renewal date"),
    "manager_id": lazy_gettext("Account manager"),
    "country": lazy_gettext("Country"),
    "region": lazy_gettext("Region"),
    "business_unit": lazy_gettext("Business unit"),
    "branch": lazy_gettext("Branch"),
    "channel": lazy_gettext("Sales channel"),
    "product_line": lazy_gettext("Product line"),
}
STOPS = {
    "bounced": lazy_gettext("Mail to this address came back."),
    "kept_bouncing": lazy_gettext("Mail to this address kept coming back."),
}


def why(line: PairLine) -> str:
    """The reasons of a pair as one line."""
    return " · ".join(str(REASONS.get(reason, reason)) for reason in line.reasons)


def field_name(name: str) -> str:
    """What a field is called; a dimension bears its own name."""
    return str(FIELDS.get(name, name.removeprefix(DIMENSION)))


def shown(name: str, value: Any, side: Side) -> str:
    """What stands in a field of one side; empty for nothing."""
    match name:
        case "account_id":
            return side.account
        case "manager_id":
            return side.manager
        case "active":
            return _("yes") if value else _("no, has left")
        case "role" | "status":
            return words(value)
        case "phone":
            return phone(value) if value else ""
        case "language":
            return language(value) if value else ""
    if isinstance(value, tuple):
        return money(*value)
    return day(value) if isinstance(value, date) else str(value or "")


def stop(side: Side) -> str:
    """Why mail does not reach a side, in a sentence; empty where it does."""
    if not side.suppressed:
        return ""
    return str(
        STOPS.get(side.suppressed) or _("This address must not be mailed; that holds after the merge.")
    )
