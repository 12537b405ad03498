"""The reference of a questionnaire's file for people, as Markdown: tables made from the one table of keys."""

from collections.abc import Iterator, Sequence

from surveyd.forms.reference import PARTS, TYPES, Holds, Key, Part
from surveyd.forms.reference_kinds import kinds, shared_keys

BEGIN = "<!-- reference: made by `surveyd questionnaire reference`; do not edit by hand -->"
BAR = r"\|"
"""A bare bar would end the cell."""
END = "<!-- end of the reference -->"


def reference() -> str:
    """The tables, as they stand between BEGIN and END in docs/questionnaires.md."""
    return "\n".join([BEGIN, "", *_lines(), END])


def _lines() -> Iterator[str]:
    for name, part in PARTS.items():
        yield from _part(part)
        if name == "item":
            yield from _kinds()


def _part(part: Part) -> Iterator[str]:
    yield f"### {part.title}"
    yield ""
    yield part.says
    yield ""
    yield from _table(("key", "holds", "meaning"), [_row(key) for key in part.keys])


def _row(key: Key) -> tuple[str, str, str]:
    needed = " (needed)" if key.needed else ""
    return f"`{key.name}`{needed}", _holds(key.holds), key.says


def _kinds() -> Iterator[str]:
    yield "### The kinds of item"
    yield ""
    shared = [key.name for key in PARTS["item"].keys if key.name in shared_keys()]
    yield f"Every kind may have {_listed(shared)}; besides, these:"
    yield ""
    order = [key.name for key in PARTS["item"].keys]
    rows = [
        (
            f"`{entry.name}`",
            entry.asks,
            entry.stores,
            ", ".join(
                f"`{name}`{' (needed)' if name in entry.needed else ''}"
                for name in sorted(entry.keys, key=order.index)
            ),
        )
        for entry in kinds()
    ]
    yield from _table(("kind", "asks", "stores", "keys of its own"), rows)


def _holds(holds: Holds) -> str:
    if holds.type == "part":
        one = holds.part
    elif holds.values:
        one = _listed(holds.values)
    else:
        one = TYPES[holds.type]
    return f"list: {one}" if holds.many else one


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (headings, ["---"] * len(headings), *rows):
        yield f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"
    yield ""
