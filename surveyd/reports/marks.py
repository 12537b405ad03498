"""The marks of segments and states in our drawings: told apart by shape, so that nobody needs the colours.

Worked out here and not in a template: a matrix has hundreds of them.
"""


def mark(kind: str, x: float, y: float, radius: float) -> str:
    """The outline of the mark of a segment or state around a centre, for the `d` of an SVG path.

    Marks of one radius cover about the same area.
    """
    if kind == "accessible":
        far = round(radius * 1.25, 1)
        return f"M{x} {y - far:g}L{x + far:g} {y}L{x} {y + far:g}L{x - far:g} {y}Z"
    if kind in ("trapped", "soon"):
        far = round(radius * 0.886, 1)
        return f"M{x - far:g} {y - far:g}h{2 * far:g}v{2 * far:g}h{-2 * far:g}Z"
    if kind in ("high_risk", "detractor", "bad"):
        far = round(radius * 1.3, 1)
        return f"M{x} {y - far:g}L{x + far:g} {y + far * 0.8:g}L{x - far:g} {y + far * 0.8:g}Z"
    half = f"a{radius} {radius} 0 0 1 {2 * radius:g} 0a{radius} {radius} 0 0 1 {-2 * radius:g} 0Z"
    return f"M{x - radius:g} {y}{half}"
