"""Plain telephone numbers are read without the library; wherever they are, both say the same."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.people.cells import read_phone
from surveyd.people.phones import plain_number

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
digits = st.text("0123456789 -/()", min_size=4, max_size=14)


def by_the_library(text: str, country: str) -> str:
    """What the library makes of it; empty when it is no possible number."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(st.sampled_from(REGIONS), st.sampled_from(["", "+", "0", "00"]), digits)
def test_any_number_is_what_the_library_says(country: str, front: str, text: str) -> None:
    if plain := plain_number(front + text, country):
        assert plain == by_the_library(front + text, country)


@pytest.mark.parametrize("country", REGIONS)
def test_each_country_s_example_is_what_the_library_says(country: str) -> None:
    example = phonenumbers.example_number(country)
    if example is None:
        return
    for style in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL):
        text = phonenumbers.format_number(example, style)
        assert plain_number(text, country) in ("", by_the_library(text, country))


@pytest.mark.parametrize("text", ["+49 30 1234567", "030 1234567", "(030) 123-4567", "030/1234567"])
def test_a_german_number_is_plain(text: str) -> None:
    assert plain_number(text, "DE") == read_phone(text, "DE") == "+49301234567"


@pytest.mark.parametrize("text", ["+49 (0)30 1234567", "0049 30 1234567", "030 1234567 ext. 5", "12345", ""])
def test_what_takes_a_closer_look_is_left_to_the_library(text: str) -> None:
    assert plain_number(text, "DE") == ""
