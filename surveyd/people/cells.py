"""What a cell of a person's file means: text to value, one function a kind.

Each raises ValueError with the reason as the end of a sentence ("is no date; write it as 2026-03-31"); each
gives the empty value for an empty cell.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from surveyd.people.models import AccountStatus, RelationshipRole
from surveyd.people.phones import plain_number

# Bidirectional overrides and zero-width marks draw nothing; spreadsheets paste them around numbers and names.
UNSEEN = dict.fromkeys([0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
ISO_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})([T ].*)?")
EMAIL_LIMIT = 254
LEAST_DIGITS, MOST_DIGITS = 6, 15
ROLES = {
    "decisionmaker": RelationshipRole.DECISION_MAKER,
    "decider": RelationshipRole.DECISION_MAKER,
    "buyer": RelationshipRole.BUYER,
    "purchaser": RelationshipRole.BUYER,
    "procurement": RelationshipRole.BUYER,
    "user": RelationshipRole.USER,
    "enduser": RelationshipRole.USER,
    "influencer": RelationshipRole.INFLUENCER,
    "gatekeeper": RelationshipRole.GATEKEEPER,
    "unknown": RelationshipRole.UNKNOWN,
}
STATUSES = {
    "active": AccountStatus.ACTIVE,
    "lapsed": AccountStatus.LAPSED,
    "inactive": AccountStatus.LAPSED,
    "churned": AccountStatus.LAPSED,
    "former": AccountStatus.LAPSED,
}


def clean(text: str) -> str:
    """The text on one line, without space around it, in one Unicode spelling (NFC).

    Raises ValueError for control characters other than white space, which no name has.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = " ".join(unicodedata.normalize("NFC", text).translate(UNSEEN).split())
    for sign in text:
        if unicodedata.category(sign) == "Cc":
            raise ValueError(f"holds the control character U+{ord(sign):04X}; remove it")
    return text


def read_text(text: str, limit: int) -> str:
    """Clean text of at most `limit` characters."""
    text = clean(text)
    if len(text) > limit:
        raise ValueError(f"is {len(text)} characters long; use at most {limit}")
    return text


def read_address(text: str) -> str:
    """An e-mail address, its syntax checked without asking the network, its domain in lower case."""
    text = clean(text)
    if not text:
        return ""
    local, _, domain = text.rpartition("@")
    if len(text) <= EMAIL_LIMIT and len(local) <= 64 and PLAIN_LOCAL_PART.fullmatch(local):
        return f"{local}@{_domain(domain)}"
    return _whole_address(text)


def read_phone(text: str, country: str) -> str:
    """A telephone number as E.164; one without + is read as one of `country` (ISO code, may be empty)."""
    text = clean(text)
    if not text:
        return ""
    if number := plain_number(text, country):
        return number
    return _odd_phone(text, country)


def _odd_phone(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise ValueError(
                "has no country in front; write it as +49 30 1234567 or give the account a country"
            ) from error
        raise ValueError("is no telephone number; write it as +49 30 1234567") from error
    dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not (LEAST_DIGITS < len(dialled) <= MOST_DIGITS + 1 and phonenumbers.is_possible_number(number)):
        raise ValueError("is too short or too long for a telephone number there")
    return dialled


def read_date(text: str) -> date | None:
    """A date as 2026-03-31, 2026/3/31 or 31.3.2026; 3/4/2026 is refused, since it means two days."""
    text = clean(text)
    if not text:
        return None
    try:
        if found := ISO_DATE.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := GERMAN_DATE.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        raise ValueError("is no day of the calendar; write it as 2026-03-31") from None
    raise ValueError("is no date; write it as 2026-03-31")


@lru_cache(maxsize=256)
def read_role(text: str) -> RelationshipRole:
    """A relationship role; an empty cell means unknown."""
    role = ROLES.get(_letters(text) or "unknown")
    if role is None:
        raise ValueError(f"is no role; use {', '.join(RelationshipRole)}")
    return role


@lru_cache(maxsize=256)
def read_status(text: str) -> AccountStatus:
    """An account's status; an empty cell means active."""
    status = STATUSES.get(_letters(text) or "active")
    if status is None:
        raise ValueError(f"is no status; use {', '.join(AccountStatus)}")
    return status


def _letters(text: str) -> str:
    return "".join(sign for sign in clean(text).casefold() if sign.isalnum())


@lru_cache(maxsize=65536)
def _domain(domain: str) -> str:
    return _whole_address(f"a@{domain}").rpartition("@")[2]


def _whole_address(text: str) -> str:
    try:
        # `.test` is a domain for trying things out, and its mail goes nowhere: no reason to refuse a file.
        return validate_email(text, check_deliverability=False, test_environment=True, strict=True).normalized
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise ValueError(f"is no e-mail address: {reason[:1].lower()}{reason[1:]}") from error
