"""Where the numbers of dots stand in a square, so that each can be told from the others: right beside its dot
where there is room, else a little away with a thin line to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin

LETTER, TALL = 8.0, 12.0
GAP = 5.0
RINGS = (16.0, 28.0, 42.0, 58.0, 76.0, 96.0)
DIRECTIONS = 16
OUTSIDE, COVERED, UNCLEAR, CROSSING, FURTHER = 8.0, 4.0, 3.0, 2.0, 0.1
"""What a place costs: beyond the frame, on a dot or a number, beside another dot as well, a line over a dot,
and each ring further away.
"""


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot with its number."""

    key: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What the numbers stay within."""

    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Label:
    """A number's middle and width; `ring` is 0 right beside the dot, and a line leads to it from 1 on."""

    x: float
    y: float
    width: float
    ring: int

    def overlaps(self, other: "Label") -> bool:
        """Whether two numbers would touch."""
        apart = (self.width + other.width) / 2 + 2
        return abs(self.x - other.x) < apart and abs(self.y - other.y) < TALL + 1

    def distance(self, dot: Dot) -> float:
        """How far the number is from the dot's edge, below 0 on it."""
        across = max(0.0, abs(self.x - dot.x) - self.width / 2)
        return hypot(across, max(0.0, abs(self.y - dot.y) - TALL / 2)) - dot.radius


def labels(dots: Sequence[Dot], frame: Frame) -> list[Label]:
    """Return the place of each dot's number, in the dots' order."""
    placed: list[Label] = []
    for dot in dots:
        placed.append(min(_places(dot), key=lambda place: _cost(place, dot, dots, placed, frame)))
    return placed


def leader(label: Label, dot: Dot) -> tuple[float, float, float, float] | None:
    """Return the line from the dot's edge to its number, None where the number stands right beside it."""
    if not label.ring:
        return None
    across, down = label.x - dot.x, label.y - dot.y
    far = hypot(across, down)
    # The line ends where it meets the number's box, which is wider than tall.
    inside = min(
        (label.width / 2 + 1) / abs(across) if across else 1.0, (TALL / 2 + 1) / abs(down) if down else 1.0
    )
    begin, end = dot.radius / far, max(1 - inside, dot.radius / far)
    line = (dot.x + begin * across, dot.y + begin * down, dot.x + end * across, dot.y + end * down)
    return (round(line[0], 1), round(line[1], 1), round(line[2], 1), round(line[3], 1))


def _places(dot: Dot) -> Iterator[Label]:
    """To the right, to the left, above, below, and then in rings further and further away."""
    width = LETTER * len(dot.key)
    aside, above = dot.radius + GAP + width / 2, dot.radius + GAP + TALL / 2 - 2
    for across, down in ((aside, 0.0), (-aside, 0.0), (0.0, -above), (0.0, above)):
        yield Label(dot.x + across, dot.y + down, width, 0)
    for ring, away in enumerate(RINGS, 1):
        for place in range(DIRECTIONS):
            angle, far = 2 * pi * place / DIRECTIONS, dot.radius + away
            yield Label(dot.x + (far + width / 2) * cos(angle), dot.y + far * sin(angle), width, ring)


def _cost(label: Label, dot: Dot, dots: Sequence[Dot], placed: Sequence[Label], frame: Frame) -> float:
    others = [other for other in dots if other is not dot]
    is_out = not (
        frame.left <= label.x - label.width / 2
        and label.x + label.width / 2 <= frame.right
        and frame.top <= label.y - TALL / 2
        and label.y + TALL / 2 <= frame.bottom
    )
    cost = OUTSIDE * is_out + FURTHER * label.ring
    cost += COVERED * sum(label.overlaps(other) for other in placed)
    cost += COVERED * sum(label.distance(other) < 2 for other in dots)
    if not label.ring:
        return cost + UNCLEAR * any(label.distance(other) < 2 * GAP + 2 for other in others)
    return cost + CROSSING * sum(_is_crossed(label, dot, other) for other in others)


def _is_crossed(label: Label, dot: Dot, other: Dot) -> bool:
    """Whether the line from a dot to its number runs over another dot."""
    across, down = label.x - dot.x, label.y - dot.y
    part = ((other.x - dot.x) * across + (other.y - dot.y) * down) / (across**2 + down**2)
    nearest = min(1.0, max(0.0, part))
    return hypot(dot.x + nearest * across - other.x, dot.y + nearest * down - other.y) < other.radius
