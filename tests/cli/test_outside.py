"""`surveyd rates`, `surveyd churn`, `surveyd benchmarks`: the same figures as on the pages, by command."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner, Result
from flask import Flask

from surveyd.base.errors import NotFound, Refused
from surveyd.cli.benchmarks import benchmarks
from surveyd.cli.churn import churn
from surveyd.cli.rates import rates

Say = Callable[..., Result]
PERIOD = ("--from", "2025-01-01", "--to", "2025-12-31")
FILE = "measure,title,value,people,source,date\nnps,Others,41,,A report,2026-01-31\n"


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(command, *words)` runs a command."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))

    def run(command: Command, *words: str) -> Result:
        return CliRunner().invoke(command, list(words), obj=lambda config: app)

    return run


def data(result: Result) -> dict[str, object]:
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_rates_are_entered_and_listed(say: Say) -> None:
    assert "stand apart" in say(rates).stdout
    assert say(rates, "into", "eur").stdout == "Sums are told in EUR.\n"
    assert "already" in say(rates, "into", "EUR").stdout
    for said in ("The rate is kept.", "stands so already"):
        assert said in say(rates, "set", "CHF", "1.0823", "--date", "2026-03-09").stdout

    assert data(say(rates, "--json")) == {
        "reporting": "EUR",
        "count": 1,
        "rows": [
            {"currency": "CHF", "rate": "1.0823", "into": "EUR", "day": "2026-03-09", "in_force": "yes"}
        ],
    }
    assert "CHF" in say(rates).stdout


@pytest.mark.parametrize("rate", ["0", "NaN", "1e308", "1,234"])
def test_what_is_no_rate_is_refused(say: Say, rate: str) -> None:
    say(rates, "into", "EUR")

    assert isinstance(say(rates, "set", "CHF", rate, "--date", "2026-03-09").exception, Refused)
    assert say(rates, "set", "CHF", "1", "--date", "soon").exit_code == 2
    assert data(say(rates, "--json"))["count"] == 0


def test_churn_is_entered_and_shown(say: Say) -> None:
    assert "Nothing is known" in say(churn).stdout
    assert say(churn, "enter", *PERIOD, "at_risk=6/20", "secure=4/180").exit_code == 0

    assert "10 of 200 accounts left from 2025-01-01 to 2025-12-31 (entered)." in say(churn).stdout
    found = data(say(churn, "--json"))
    assert found["rows"][0] == {"state": "at_risk", "accounts": 20, "left": 6, "rate": 0.216667}  # type: ignore[index]


@pytest.mark.parametrize(
    "figure", ["", "mood=1/2", "secure=3/2", "secure=-1/2", "secure=1", "secure=1e3/2", "=/"]
)
def test_what_is_no_churn_is_refused(say: Say, figure: str) -> None:
    assert isinstance(say(churn, "enter", *PERIOD, figure).exception, Refused)
    assert data(say(churn, "--json"))["rows"] == []


def test_a_file_of_figures_is_tried_kept_and_withdrawn(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    file.write_text(FILE)
    assert "no figure of others" in say(benchmarks).stdout
    assert "dry run" in say(benchmarks, "import", str(file), "--dry-run").stdout
    assert data(say(benchmarks, "--json"))["count"] == 0
    assert "1 kept, 0 there already." in say(benchmarks, "import", str(file)).stdout
    assert "0 kept, 1 there already." in say(benchmarks, "import", str(file)).stdout
    assert "Others" in say(benchmarks).stdout

    assert say(benchmarks, "withdraw", "1").exit_code == 0
    assert data(say(benchmarks, "--json"))["count"] == 0
    assert isinstance(say(benchmarks, "withdraw", "99").exception, NotFound)


def test_a_file_with_a_fault_keeps_nothing(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    file.write_text(FILE + "nps,Bad,1e9,,A,2026-01-31\n")

    result = say(benchmarks, "import", str(file))

    assert result.exit_code == 1
    assert "line 3, value" in result.stderr
    assert data(say(benchmarks, "import", str(file), "--json"))["kept"] == 0
