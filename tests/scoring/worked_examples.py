"""What a method's page works out by hand, with its fractions as plain ones."""

import re

from surveyd.base.config import HOME

FRACTION = re.compile(r"\\t?frac(?:\{(\d+)\}|(\d))(?:\{(\d+)\}|(\d))")


def by_hand(page: str) -> str:
    """The example of docs/method, in which a typeset fraction stands as 7/24."""
    text = (HOME / "docs" / "method" / f"{page}.md").read_text(encoding="utf-8")
    example = text.partition("## By hand")[2].partition("\n## ")[0]
    assert example, f"{page} has no example"
    return FRACTION.sub(lambda at: "/".join(part for part in at.groups() if part), example)
