"""The program of docs/method/reproduce.md, run on a wave: it says what the health page says."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import SYSTEM
from surveyd.reports.exports import Wanted, response_table
from surveyd.reports.files import csv_lines
from surveyd.results.figures import figures_of
from surveyd.results.slices import Slice
from surveyd.results.wholes import whole_of
from surveyd.scoring.estimates import Estimate
from surveyd.scoring.unsaid import Unsaid
from tests.fixtures.apps import NOW
from tests.fixtures.asking import Asking, open_wave

HOME = Path(__file__).parents[2]
LINE = re.compile(r"(\w+): (\S+) from (\S+) to (\S+), (\d+) answers")
ACCOUNTS = 40


@pytest.fixture
def asking(session: Session) -> Asking:
    """Forty accounts of one to four people each, of whom two in three answer, alike within an account."""
    asking = open_wave(session, NOW)
    chance = random.Random(6)
    for number in range(ACCOUNTS):
        mood = chance.gauss(0, 1)
        first = asking.ask_somebody(100 * number)
        account_id = session.get_one(Invitation, first).account_id
        numbers = range(100 * number + 1, 100 * number + chance.randint(1, 4))
        others = [asking.ask_somebody(other, account_id=account_id) for other in numbers]
        for invitation_id in (first, *others):
            if chance.random() < 0.67:
                asking.answer(invitation_id, _answers(mood + chance.gauss(0, 0.8), chance))
    return asking


def _answers(mood: float, chance: random.Random) -> dict[str, int | str]:
    def on(low: int, high: int) -> int:
        middle = (low + high) / 2 + mood * (high - low) / 4 + chance.gauss(0, 0.4)
        return min(high, max(low, round(middle)))

    fives = ("satisfied", "better", "trust", "enjoy", "renew", "grow", "easy")
    return {"recommend": on(0, 10), "alternatives": 6 - on(1, 5), **{name: on(1, 5) for name in fives}}


def test_thirty_lines_redo_the_health_page(asking: Asking, tmp_path: Path) -> None:
    session = asking.session
    figures = figures_of(session, whole := whole_of(session, Slice(), scope=SYSTEM), Slice())
    table = response_table(session, scope=SYSTEM, wanted=Wanted((whole.waves[0].id,), with_silent=True))
    (tmp_path / "wave.csv").write_text("".join(csv_lines(table.head, table.rows(session))), encoding="utf-8")

    text = (HOME / "docs/method/reproduce.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.*?)```", text, re.S)
    (tmp_path / "redo.py").write_text(program, encoding="utf-8")
    words = [sys.executable, "redo.py", "wave.csv"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert len([line for line in program.splitlines() if line.strip()]) <= 30
    assert said.startswith(f"answered: {figures.answered} of {figures.invited}\n")
    told = {name: tuple(map(float, rest)) for name, *rest in LINE.findall(said)}
    expected: dict[str, Estimate | Unsaid] = {
        "nps": figures.nps,
        "attitude": figures.attitude,
        "intent": figures.intent,
        "growth": figures.growth,
        "ease": figures.ease,
        **{segment.value: of for segment, of in figures.segments.items()},
    }
    for name, of in expected.items():
        assert isinstance(of, Estimate)
        shown = (of.value, of.interval.low, of.interval.high, of.n)
        assert told[name] == pytest.approx(shown, abs=2e-3 if of.value > 1 else 2e-4), name
