"""Where the marks of a chart stand: numbers in, SVG coordinates out; templates draw them.

Every chart is 640 units wide; its height belongs to its template.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640.0
INSET = 24.0
LABELLED, LABELLED_ON_A_PHONE = 96.0, 176.0


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of a scale, with its label."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """An estimate with its interval on a scale."""

    x: float
    low: float
    high: float
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a bar; its label fits under it or not, and on a phone, where words are larger, or not."""

    x: float
    width: float
    name: str
    count: int
    has_room: bool
    has_room_on_a_phone: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


def whisker(value: float, low: float, high: float, *, marks: Sequence[tuple[float, str]]) -> Whisker:
    """An estimate from -1 to 1 with its interval, and `marks` (place and label) as the scale's ticks."""
    return Whisker(
        _place(value), _place(low), _place(high), tuple(Tick(_place(at), say) for at, say in marks)
    )


def bar(parts: Sequence[tuple[str, int]]) -> tuple[Block, ...]:
    """One bar over the full width, split by the counts; nothing for a sum of zero."""
    whole = sum(count for _, count in parts)
    blocks: list[Block] = []
    x = 0.0
    for name, count in parts:
        if count:
            width = WIDTH * count / whole
            fits = (width >= LABELLED, width >= LABELLED_ON_A_PHONE)
            blocks.append(Block(round(x, 1), round(width, 1), name, count, *fits))
            x += width
    return tuple(blocks)


def _place(share: float) -> float:
    return round(INSET + (WIDTH - 2 * INSET) * (share + 1) / 2, 1)
