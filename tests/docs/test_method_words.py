"""The worked examples of docs/method on words: each is computed, and stands on its page."""

import numpy as np

from surveyd.base.config import HOME
from surveyd.scoring.buyers import Said, buyer
from surveyd.scoring.estimates import Contrast, Estimate, Method
from surveyd.scoring.nps import display_finely
from surveyd.scoring.terms import log_odds
from surveyd.scoring.themes import Comments, marks_of, theme_table
from surveyd.scoring.tone import _log_odds


def says(page: str, *numbers: str) -> None:
    """Each number stands in what the page works out by hand."""
    text = (HOME / "docs" / "method" / f"{page}.md").read_text(encoding="utf-8")
    example = " ".join(text.partition("## By hand")[2].partition("## When not to use it")[0].split())
    assert [number for number in numbers if number not in example] == []


def test_a_theme() -> None:
    signs = [1] * 4 + [0] * 2 + [-1] * 6 + [1] * 7 + [0] * 3 + [-1] * 2
    accounts = [at // 2 for at in range(24)]
    of = Comments(marks_of([1] * 12 + [0] * 12), np.array(signs, dtype=float), np.array(accounts), 12)
    theme = theme_table(of, themes=1).themes[0]

    assert isinstance(theme.share, Estimate)
    says("themes", *(f"{100 * end:.1f} %" for end in (theme.share.interval.low, theme.share.interval.high)))
    assert isinstance(theme.impact, Contrast)
    assert theme.impact.method is Method.ADJUSTED_WALD
    assert not theme.stands
    says("themes", f"{theme.impact.value:.4f}", display_finely(theme.impact.value))
    says("themes", *(f"{end:.4f}" for end in (theme.impact.interval.low, theme.impact.interval.high)))


def test_a_word() -> None:
    found = log_odds(10, 1000, 0, 1000)
    assert found
    says("themes", f"{found.difference:.3f}", f"{found.standard_error:.3f}", f"z = {found.z:.2f}")


def test_a_tone() -> None:
    adds = _log_odds(np.array([[0, 2], [2, 0]]))
    says("themes", f"{adds[0]:.4f}")


def test_a_buyer() -> None:
    trapped = [
        Said("trapped", "detractor", wrote=True),
        Said("trapped", "", (("support", 37.5),)),
        Said("trapped"),
    ]
    for of in trapped:
        found = buyer(of)
        assert found
        says("buyers", f'"{found.sentence}"')
