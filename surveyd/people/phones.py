"""Telephone numbers that are plainly written, without the twenty patterns that an odd one needs.

A list of 100,000 contacts has as many numbers, and nearly all are `+49 30 1234567` or `030 1234567`. What is
not plain beyond doubt is left to the library, which knows every country's habits; a test holds the two
against each other.
"""

import re
from functools import lru_cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, country_code_for_region

PLAIN = re.compile(r"(\+?)([1-9(0][0-9 ()./-]*[0-9])")
SIGNS = str.maketrans("", "", " ()./-")
LONGEST_CODE = 3
LEAST, MOST = 7, 15
"""Digits of a number with its country's code."""


def plain_number(text: str, country: str) -> str:
    """The number as E.164, or empty when it takes a closer look. `country` is an ISO code, or empty."""
    found = PLAIN.fullmatch(text)
    if not found or "(0)" in text:
        return ""
    digits = found[2].translate(SIGNS)
    if found[1]:
        code = _code_in(digits)
        return _international(code, digits[len(code) :]) if code else ""
    return _national(digits, country) if country else ""


def _international(code: str, number: str) -> str:
    rules = _rules(code)
    if rules is None or number.startswith("0") or len(number) not in rules.lengths:
        return ""
    if rules.prefix and rules.prefix.match(number):
        return ""
    return _within(f"+{code}{number}")


def _national(digits: str, country: str) -> str:
    """A number as it is dialled at home, where that takes a 0 in front and nothing else is to be done."""
    code = _code_of(country)
    rules = _rules(code) if code else None
    if rules is None or not rules.is_zero or not digits.startswith("0"):
        return ""
    if rules.abroad.match(digits):
        return ""
    number = digits[1:]
    if len(number) not in rules.lengths or rules.whole.fullmatch(digits):
        return ""
    return _within(f"+{code}{number}")


class _Rules:
    """What a country's plan says: how long numbers are, what is dialled before them, what they look like."""

    def __init__(self, metadata: PhoneMetadata) -> None:
        plan = metadata.general_desc
        self.lengths = frozenset(plan.possible_length if plan else ())
        prefix = metadata.national_prefix_for_parsing
        self.prefix = re.compile(prefix) if prefix else None
        self.is_zero = prefix == "0" and not metadata.national_prefix_transform_rule
        self.abroad = re.compile(metadata.international_prefix or "00")
        """What is dialled before another country's code."""
        self.whole = re.compile((plan and plan.national_number_pattern) or "")


@lru_cache(maxsize=512)
def _rules(code: str) -> _Rules | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    metadata = PhoneMetadata.metadata_for_region(regions[0]) if regions else None
    return _Rules(metadata) if metadata else None


@lru_cache(maxsize=512)
def _code_of(country: str) -> str:
    """A country's code, when its numbers follow the rules of that code's main country."""
    code = country_code_for_region(country)
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    return str(code) if regions and regions[0] == country else ""


@lru_cache(maxsize=4096)
def _code_of_digits(digits: str) -> str:
    ends = range(1, len(digits) + 1)
    return next((digits[:end] for end in ends if int(digits[:end]) in COUNTRY_CODE_TO_REGION_CODE), "")


def _code_in(digits: str) -> str:
    return "" if digits.startswith("0") else _code_of_digits(digits[:LONGEST_CODE])


def _within(number: str) -> str:
    return number if LEAST <= len(number) - 1 <= MOST else ""
