"""How numbers are written on a page."""

import pytest
from flask import Flask

from surveyd.reports.paper_words import environment
from surveyd.web.filters import fixed, percent

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_halves_of_a_percent_go_up_on_the_page_and_on_paper() -> None:
    assert [percent(part, 8) for part in (1, 3, 5)] == [
        "13\N{NO-BREAK SPACE}%",
        "38\N{NO-BREAK SPACE}%",
        "63\N{NO-BREAK SPACE}%",
    ]
    assert environment("en").filters["percent"](1, 8) == "13\N{NO-BREAK SPACE}%"
    assert environment("en").filters["whole"](62.5) == 63
    assert percent(1, 0) == "—"


def test_a_column_has_as_many_decimals_throughout_and_no_minus_zero(app: Flask) -> None:
    with app.test_request_context():
        assert [fixed(value, 1) for value in (-0.04, 0.04, -0.0, 1.0, -0.06)] == (
            ["0.0", "0.0", "0.0", "1.0", "\N{MINUS SIGN}0.1"]
        )
        assert (fixed(-0.004, 2), fixed(0.5, 2), fixed(None, 2)) == ("0.00", "0.50", "—")
