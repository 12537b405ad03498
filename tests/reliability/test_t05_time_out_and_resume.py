"""T5: five pages answered, days gone by, the server started anew, another device: every word is there."""

from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from itertools import islice

import pytest

from tests.fixtures.apps import NOW
from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay
from tests.reliability.respondents import Respondent, link_in, receipt_in
from tests.reliability.stage import export, import_company, kill_tree, launch_wave

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
PAGES = 5
LONGER_THAN_ANY_SESSION = timedelta(days=3)
NO_ANSWERS = frozenset({"page", "go", "lang", "seen"})


@dataclass
class Visit:
    """One person who leaves in the middle: the forms they have sent, and the one that stands open."""

    link: str
    words: str
    sent: list[dict[str, str]]
    left_open: dict[str, str]


@pytest.mark.full
def test_a_hundred_people_come_back_to_their_answers(house: House, relay: Relay, measured: Measured) -> None:
    _come_back(house, relay, measured, restarts=100, people_each=1)


def test_a_few_people_come_back_to_their_answers(house: House, relay: Relay, measured: Measured) -> None:
    _come_back(house, relay, measured, restarts=1, people_each=3)


def _come_back(house: House, relay: Relay, measured: Measured, *, restarts: int, people_each: int) -> None:
    people = restarts * people_each
    import_company(house, [f"c{at}@customer.test" for at in range(people)])
    launch_wave(house, WAVE)
    house.run("tick")
    links = iter([link_in(mail) for mail in relay.received])
    web = house.start("web")
    receipts: dict[str, str] = {}
    kept = lost = 0
    for restart in range(restarts):
        house.set_clock(NOW)
        visits = [_begin(link, number=restart + at) for at, link in enumerate(islice(links, people_each))]
        house.set_clock(NOW + LONGER_THAN_ANY_SESSION)
        kill_tree(web.pid)
        web.wait()
        web = house.start("web")
        for visit in visits:
            found, missing = _compare(visit)
            kept, lost = kept + found, lost + missing
            receipts[_finish(visit)] = visit.words
    rows = {row["receipt"]: row for row in export(house)}
    measured(people=people, restarts=restarts, answers_kept=kept, answers_lost=lost, responses=len(rows))
    assert (lost, len(receipts), sorted(rows)) == (0, people, sorted(receipts))
    assert kept >= people * PAGES
    assert all(words in rows[receipt].values() for receipt, words in receipts.items())


def _begin(link: str, *, number: int) -> Visit:
    words = f"No. {number}: “quick”, plain & <kind> – ¿sí?"
    desk = Respondent(link)
    *sent, left_open = islice(desk.forms(number, words), PAGES + 1)
    desk.leave()
    assert len(sent) == PAGES
    return Visit(link, words, sent, left_open)


def _compare(visit: Visit) -> tuple[int, int]:
    """What another device shows of these pages: how many answers are there, and how many are not."""
    device = Respondent(visit.link)
    kept = lost = 0
    for form in visit.sent:
        given = read_answers(device.ask(path=f"{device.path}?page={form['page']}")[1])
        assert given["page"] == form["page"]
        answers = {name: answer for name, answer in form.items() if name not in NO_ANSWERS}
        there = sum(given.get(name) == answer for name, answer in answers.items())
        kept, lost = kept + there, lost + len(answers) - there
    device.leave()
    return kept, lost


def _finish(visit: Visit) -> str:
    """Send the page that stood open all the time, which is taken like any other; returns the receipt."""
    desk = Respondent(visit.link)
    html = desk.send(visit.left_open)
    receipt = receipt_in(html) or desk.answer(words=visit.words)
    desk.leave()
    return receipt


class _Answers(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, str] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "textarea":
            self.text = given.get("name", "")
            self.given[self.text] = ""
        elif tag == "input" and (given.get("type") in ("text", "hidden") or "checked" in given):
            self.given[given.get("name", "")] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.text:
            self.given[self.text] += data


def read_answers(html: str) -> dict[str, str]:
    """What a page shows as answered, by the name of the field, and its hidden fields."""
    reader = _Answers()
    reader.feed(html)
    # HTML drops a line end right behind <textarea>.
    return {name: value.removeprefix("\n") for name, value in reader.given.items()}
