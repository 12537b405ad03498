"""Cells of a CSV file that people open in a spreadsheet: none of them is run as a formula."""

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a formula begins with; the wide signs are read as narrow ones by spreadsheets in Japanese."""
GUARD = "'"
GUARDED = frozenset((*RISKY, GUARD))
"""The first signs before which the guard stands; no sign at all is none of them."""


def guarded(cell: object) -> str:
    """The cell as text that no spreadsheet runs.

    Text that begins with = + - @ (or their wide forms), a tab or a line end gets one apostrophe in front, and
    so does text that begins with an apostrophe: `unguarded` gives back what it was. Numbers stay numbers.
    """
    if cell is None:
        return ""
    text = str(cell)
    if isinstance(cell, str) and text[:1] in GUARDED:
        return GUARD + text
    return text


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` put in front; other text as it is."""
    return cell[1:] if cell.startswith(GUARD) and cell[1:2] in GUARDED else cell
