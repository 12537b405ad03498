"""Where the marks of a chart stand: numbers in, SVG coordinates out; templates draw them.

Every chart is 640 units wide; its height belongs to its template.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640.0
INSET = 24.0
LABELLED, LABELLED_ON_A_PHONE = 96.0, 176.0
NAMES, AMOUNTS = 164.0, 196.0
STRIPE = 34.0
EDGE, VALUES, LABELS = 12.0, 96.0, 26.0


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


@dataclass(frozen=True, slots=True)
class Stripe:
    """One of several bars under each other, and a part of it that is marked: amounts and widths."""

    name: str
    amount: float
    marked: float
    y: float
    width: float
    part: float


@dataclass(frozen=True, slots=True)
class Stripes:
    """Bars under each other on one scale: names to the left of `x`, amounts at the end of each bar."""

    rows: tuple[Stripe, ...]
    x: float = NAMES
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Range:
    """One estimate of several under each other: where it stands, from where to where, and where it begins."""

    name: str
    y: float
    x: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ranges:
    """Estimates with their intervals on one scale, names to the left of `left`, amounts to the right."""

    rows: tuple[Range, ...]
    ticks: tuple[Tick, ...]
    left: float
    right: float
    bottom: float
    height: float


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


def stripes(amounts: Sequence[tuple[str, float, float]]) -> Stripes:
    """One bar for each name, amount and marked part of the amount; the largest takes the room there is."""
    most = max((amount for _, amount, _ in amounts), default=0.0)
    scale = (WIDTH - NAMES - AMOUNTS) / most if most else 0.0
    rows = tuple(
        Stripe(name, amount, part, place * STRIPE, round(amount * scale, 1), round(part * scale, 1))
        for place, (name, amount, part) in enumerate(amounts)
    )
    return Stripes(rows, height=STRIPE * len(rows))


def ranges(
    estimates: Sequence[tuple[str, float, float, float]], *, marks: Sequence[tuple[float, str]]
) -> Ranges:
    """Estimates (name, value, low, high) under each other, on the scale from the first mark to the last."""
    low, high = marks[0][0], marks[-1][0]
    left, right = NAMES + EDGE, WIDTH - VALUES

    def place(value: float) -> float:
        return round(left + (right - left) * (min(max(value, low), high) - low) / (high - low), 1)

    bottom = STRIPE * len(estimates)
    return Ranges(
        tuple(
            Range(name, at * STRIPE, place(value), place(least), place(most))
            for at, (name, value, least, most) in enumerate(estimates)
        ),
        tuple(Tick(place(at), label) for at, label in marks),
        left,
        right,
        bottom,
        bottom + LABELS,
    )


def _place(share: float) -> float:
    return round(INSET + (WIDTH - 2 * INSET) * (share + 1) / 2, 1)
