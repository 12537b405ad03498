"""The pages of the method as the application shows them: made of those here, and whole."""

import re
from pathlib import Path

import pytest

from docs.method.make import MADE, drawn, pages
from docs.method.mathml import mathml

NAMES = [page.stem for page in pages()]


@pytest.mark.parametrize("page", pages(), ids=NAMES)
def test_the_pages_are_drawn_as_they_stand(page: Path) -> None:
    made = (MADE / f"{page.stem}.html").read_text(encoding="utf-8")

    assert made == drawn(page), "run python -m docs.method.make"
    assert "$" not in re.sub(r"<code.*?</code>", "", made, flags=re.DOTALL), "a formula is left as it was"
    assert "style=" not in made and "<script" not in made


def test_no_page_is_left_that_has_no_source() -> None:
    assert sorted(one.stem for one in MADE.glob("*.html")) == NAMES


def test_a_formula_is_drawn_part_by_part() -> None:
    assert mathml(r"\tfrac12 \le \hat p_s^2") == (
        "<math><mrow><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>≤</mo>"
        '<msubsup><mover accent="true"><mi>p</mi><mo>^</mo></mover><mi>s</mi>'
        "<mrow><mn>2</mn></mrow></msubsup>"
        "</mrow></math>"
    )
    assert mathml(r"\sum_a x", block=True) == (
        '<math display="block"><mrow><munder><mo>∑</mo><mi>a</mi></munder><mi>x</mi></mrow></math>'
    )
    assert "<mtext>at\N{NO-BREAK SPACE}risk</mtext>" in mathml(r"p_{\text{at risk}}")


@pytest.mark.parametrize("formula", [r"\unheard x", r"\frac{1", r"\frac{1}", r"\text x", "x_"])
def test_what_cannot_be_drawn_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        mathml(formula)
