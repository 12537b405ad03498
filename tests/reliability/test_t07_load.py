"""T7: many people answer at once, page by page, for long: no error, and all that was sent is stored."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from surveyd.base.spreadsheets import unguarded
from surveyd.base.tokens import Keys
from tests.fixtures.children import Process, wait_for
from tests.fixtures.databases import SECRET_KEY
from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.reliability.respondents import Respondent, read_form, receipt_in
from tests.reliability.stage import children_of, export, import_company, launch_wave

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
MOST_GROWTH = 1.2


@dataclass
class Crowd:
    """People who take one link after the other, and think before they send a page."""

    links: Iterator[str]
    think_s: float
    seconds: float
    receipts: dict[str, str] = field(default_factory=dict)
    """What each person who is through has typed, by the receipt that they were shown."""
    pages: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def walk(self, number: int) -> None:
        """From link to link until the time is over; a survey that is begun is finished."""
        chance = random.Random(number)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            with self.lock:
                link = next(self.links, "")
            if not link:
                return
            self._answer(Respondent(link), chance)

    def _answer(self, respondent: Respondent, chance: random.Random) -> None:
        words = f"{respondent.path[-8:]} says: fine."
        html = self._open(respondent, "")
        while not receipt_in(html):
            form = read_form(html).filled(chance.randrange(11), words)
            time.sleep(chance.expovariate(1 / self.think_s))
            began = time.monotonic()
            status, html = respondent.ask("POST", form=form)
            (self.sends if form["go"] == "send" else self.saves).append(time.monotonic() - began)
            if status == 303:
                html = self._open(respondent, html)
        self.receipts[receipt_in(html)] = words
        respondent.leave()

    def _open(self, respondent: Respondent, path: str) -> str:
        began = time.monotonic()
        status, html = respondent.ask(path=path)
        self.pages.append(time.monotonic() - began)
        assert status == 200
        return html


@pytest.mark.full
def test_a_hundred_respondents_for_ten_minutes(house: House, measured: Measured) -> None:
    growth = _answer_all_at_once(house, measured, people=6000, at_once=100, think_s=2.0, seconds=600)
    assert growth < MOST_GROWTH


def test_a_few_respondents_for_a_moment(house: House, measured: Measured) -> None:
    _answer_all_at_once(house, measured, people=60, at_once=10, think_s=0.02, seconds=1.5)


def _answer_all_at_once(
    house: House, measured: Measured, *, people: int, at_once: int, think_s: float, seconds: float
) -> float:
    links = _ask(house, people)
    web = house.start("web")
    crowd = Crowd(iter(links), think_s, seconds)
    _burst(links[:at_once])
    before = _memory(web)
    began = time.monotonic()
    with ThreadPoolExecutor(at_once) as hands:
        # Whatever goes wrong for anybody (an answer of 500 or more, a cut line) is raised here.
        list(hands.map(crowd.walk, range(at_once)))
    took = time.monotonic() - began
    growth = _memory(web) / before
    burst = _burst(links[: 2 * at_once])
    rows = {row["receipt"]: row for row in export(house)}
    measured(
        finished=len(crowd.receipts),
        saves_per_s=(len(crowd.saves) + len(crowd.sends)) / took,
        page_p95_s=_p95(crowd.pages),
        save_p95_s=_p95(crowd.saves),
        send_p95_s=_p95(crowd.sends),
        burst_pages=2 * at_once,
        burst_s=burst,
        memory_growth=growth,
        stored=len(rows),
    )
    assert crowd.receipts
    assert crowd.receipts.keys() == rows.keys()
    # A link may end in a sign that a spreadsheet would run: the file puts a guard before it.
    assert all(words in map(unguarded, rows[receipt].values()) for receipt, words in crowd.receipts.items())
    assert all(row["segment"] for row in rows.values())
    return growth


def _ask(house: House, people: int) -> list[str]:
    """Launch a wave and write its ledger; the links are made as a mail would have them."""
    import_company(house, [f"c{at}@customer.test" for at in range(people)])
    launch_wave(house, WAVE)
    schedule = house.start("schedule")
    wait_for(
        lambda: house.json("wave", "status", WAVE)["invited"] == people, seconds=120, what="the invitations"
    )
    house.kill(schedule)
    keys = Keys((SECRET_KEY.encode(),))
    return [f"{house.url}/s/{keys.survey_token(invitation)}" for invitation in range(1, people + 1)]


def _burst(links: list[str]) -> float:
    """Open all these pages at once; returns the seconds until the last one is there."""
    began = time.monotonic()
    with ThreadPoolExecutor(len(links)) as hands:
        shown = list(hands.map(_look, links))
    assert shown == [200] * len(links)
    return time.monotonic() - began


def _look(link: str) -> int:
    respondent = Respondent(link)
    status = respondent.ask()[0]
    respondent.leave()
    return status


def _memory(web: Process) -> int:
    """The kilobytes that the process and its workers hold, shared ones counted in part (PSS)."""
    return sum(_pss(pid) for pid in (web.pid, *children_of(web.pid)))


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(0.95 * len(seconds))] if seconds else 0.0
