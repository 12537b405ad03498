"""What a cell means, and what is refused with which reason."""

from collections.abc import Callable
from datetime import date

import pytest

from surveyd.people.amounts import read_amount, read_currency
from surveyd.people.cells import clean, read_address, read_date, read_phone, read_role, read_status, read_text
from surveyd.people.models import AccountStatus, RelationshipRole
from surveyd.people.places import read_country, read_language, read_zone

Read = Callable[[str], object]


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (clean, "  Anna\tAdler\r\n", "Anna Adler"),
        (clean, "Andre\u0301 \u202eevil\u202c \ufeffx", "Andr\u00e9 evil x"),
        (read_address, " Anna.Adler+x@Firm.TEST ", "Anna.Adler+x@firm.test"),
        (read_address, "o'neil@firm.test", "o'neil@firm.test"),
        (read_address, "anna@bücher.test", "anna@bücher.test"),
        (read_address, "", ""),
        (read_date, "2026-03-31", date(2026, 3, 31)),
        (read_date, "2026-03-31T00:00:00Z", date(2026, 3, 31)),
        (read_date, "31.3.2026", date(2026, 3, 31)),
        (read_date, " ", None),
        (read_amount, "1234567.89", (123_456_789, "")),
        (read_amount, "1,234,567.89", (123_456_789, "")),
        (read_amount, "1.234.567,89", (123_456_789, "")),
        (read_amount, "1 234 567", (123_456_700, "")),
        (read_amount, "1'000'000", (100_000_000, "")),
        (read_amount, "250,000", (25_000_000, "")),
        (read_amount, "0.5", (50, "")),
        (read_amount, "€ 1.200,50", (120_050, "EUR")),
        (read_amount, "1200 USD", (120_000, "USD")),
        (read_amount, "0", (0, "")),
        (read_amount, "", (None, "")),
        (read_currency, "eur", "EUR"),
        (read_country, "de", "DE"),
        (read_country, "Österreich", "AT"),
        (read_country, "United States", "US"),
        (read_country, "UK", "GB"),
        (read_language, "EN_gb", "en-GB"),
        (read_language, "Deutsch", "de"),
        (read_zone, "europe/BERLIN", "Europe/Berlin"),
        (read_zone, "America/New York", "America/New_York"),
        (read_role, "Decision-Maker", RelationshipRole.DECISION_MAKER),
        (read_role, "", RelationshipRole.UNKNOWN),
        (read_status, "LAPSED", AccountStatus.LAPSED),
        (read_status, "", AccountStatus.ACTIVE),
    ],
)
def test_what_people_write_is_understood(read: Read, cell: str, value: object) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell"),
    [
        (clean, "a\0b"),
        (clean, "a\x7fb"),
        (read_address, "anna"),
        (read_address, "anna@firm"),
        (read_address, "anna@@firm.test"),
        (read_address, "anna adler@firm.test"),
        (read_address, "anna..adler@firm.test"),
        (read_address, "anna@firm.test, ben@firm.test"),
        (read_address, "Anna <anna@firm.test>"),
        (read_address, f"{'x' * 65}@firm.test"),
        (read_address, "anna@firm.test\r\nBcc: all@firm.test"),
        (read_date, "3/4/2026"),
        (read_date, "2026-02-30"),
        (read_date, "soon"),
        (read_amount, "250.000"),
        (read_amount, "-5"),
        (read_amount, "1.2M"),
        (read_amount, "1e6"),
        (read_amount, "12.345.67"),
        (read_amount, "1,23,456"),
        (read_amount, "9" * 18),
        (read_currency, "BTC"),
        (read_country, "Atlantis"),
        (read_country, "XX"),
        (read_country, "EU"),
        (read_language, "klingon"),
        (read_zone, "Mars/Base"),
        (read_zone, "../../etc/passwd"),
        (read_role, "boss"),
        (read_status, "asleep"),
    ],
)
def test_what_has_no_one_meaning_is_refused(read: Read, cell: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has|may|holds) "):
        read(cell)


def test_a_text_has_a_limit() -> None:
    assert read_text("x" * 5, 5) == "xxxxx"
    with pytest.raises(ValueError, match="6 characters"):
        read_text("x" * 6, 5)


@pytest.mark.parametrize(
    ("cell", "country", "number"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("+1 (202) 555-0123", "DE", "+12025550123"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("+49 30 1234567", "", "+49301234567"),
        ("", "DE", ""),
    ],
)
def test_a_phone_is_read_in_its_country(cell: str, country: str, number: str) -> None:
    assert read_phone(cell, country) == number


@pytest.mark.parametrize(
    ("cell", "country"),
    [
        ("030 1234567", ""),
        ("12", "DE"),
        ("call me", "DE"),
        ("+999 1234567", "DE"),
        ("+49301234567890123", "DE"),
    ],
)
def test_a_phone_that_cannot_be_dialled_is_refused(cell: str, country: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        read_phone(cell, country)
