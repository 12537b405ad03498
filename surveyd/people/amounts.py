"""What a cell says about money: an amount in hundredths, and a currency."""

import re
from functools import lru_cache

from babel import Locale

from surveyd.people.cells import clean

AMOUNT = re.compile(r"(\D*?)([\d.,' ]*\d)(\D*)", re.ASCII)
MOST_CENTS = 10**16
SYMBOLS = {"€": "EUR", "£": "GBP", "US$": "USD"}
HOW = "write it as 1234567.89"


def read_amount(text: str) -> tuple[int | None, str]:
    """A year's revenue in hundredths and the currency that stands beside it in the cell ("" without one)."""
    text = clean(text)
    if not text:
        return None, ""
    found = AMOUNT.fullmatch(text)
    if not found or "-" in found[1] or (found[1].strip() and found[3].strip()):
        raise ValueError(f"is no amount; {HOW}")
    cents = _hundredths(found[2].replace(" ", "").replace("'", ""))
    if cents > MOST_CENTS:
        raise ValueError("is too large for a year's revenue")
    return cents, read_currency(found[1] + found[3])


@lru_cache(maxsize=256)
def read_currency(text: str) -> str:
    """A currency's ISO 4217 code."""
    text = clean(text).upper()
    code = SYMBOLS.get(text, text)
    if code and code not in Locale("en").currencies:
        raise ValueError("is no currency; write its code, such as EUR")
    return code


def _hundredths(digits: str) -> int:
    whole, fraction = _parted(digits)
    groups = re.split(r"[.,]", whole)
    if len(fraction) > 2 or not _grouped(groups):
        raise ValueError(f"is no amount; {HOW}")
    return int("".join(groups) or "0") * 100 + int(fraction.ljust(2, "0"))


def _parted(digits: str) -> tuple[str, str]:
    """The whole part, still grouped, and the decimals behind the last mark, if it is a decimal mark."""
    mark = max(digits.rfind("."), digits.rfind(","))
    if mark < 0 or digits.count(digits[mark]) > 1:
        return digits, ""
    one_kind = digits.count(".") + digits.count(",") == 1
    if one_kind and len(digits) - mark == 4 and mark <= 3:
        # 250,000 is grouped the English way; 250.000 may be grouped the German way, or be a fraction.
        if digits[mark] == ".":
            raise ValueError(f"may be thousands or a fraction; {HOW}")
        return digits, ""
    return digits[:mark], digits[mark + 1 :]


def _grouped(groups: list[str]) -> bool:
    return len(groups) == 1 or (0 < len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))
