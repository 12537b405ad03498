"""What is said of an uploaded file before anybody has read it: its own name, and about how long it is."""

import unicodedata

from surveyd.people.sheets import is_spreadsheet

NAME_LIMIT = 255
BYTES_A_ROW = 40
"""Of a packed spreadsheet of people, about."""


def count_lines(content: bytes) -> int:
    """How many lines a text has; of a spreadsheet an estimate, until somebody has looked."""
    if is_spreadsheet(content):
        return len(content) // BYTES_A_ROW
    return content.count(b"\n") + (not content.endswith(b"\n"))


def plain_name(name: str) -> str:
    """A file's own name, as a person may see it: no folders, no marks that draw nothing."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = (sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] != "C")
    return " ".join("".join(seen).split())[:NAME_LIMIT]
