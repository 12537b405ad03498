"""T9: whatever fetches the links of a mail, nothing changes before a person posts."""

import http.client
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Received, Relay
from tests.reliability.respondents import Respondent, link_in, read_form
from tests.reliability.stage import export, import_company, launch_wave

pytestmark = [pytest.mark.processes, pytest.mark.browser]

WAVE = "2026-h1"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/[^\s\"'<>)]*")
TIMES = 3
HANDS = 4
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) SafeLinks/1.0",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "GoogleImageProxy",
)


@pytest.mark.full
def test_scanners_fetch_every_link_of_three_hundred_mails(
    house: House, relay: Relay, page: Page, measured: Measured
) -> None:
    _scan(house, relay, page, measured, people=300)


def test_scanners_fetch_every_link_of_a_few_mails(
    house: House, relay: Relay, page: Page, measured: Measured
) -> None:
    _scan(house, relay, page, measured, people=6)


def _scan(house: House, relay: Relay, page: Page, measured: Measured, *, people: int) -> None:
    import_company(house, [f"c{at}@customer.test" for at in range(people)])
    launch_wave(house, WAVE)
    house.run("tick")
    house.start("web")
    mails = list(relay.received)
    assert len(mails) == people
    _answer_some(mails)
    before = _everything(house)
    with ThreadPoolExecutor(HANDS) as hands:
        fetches = sum(hands.map(_fetch_all, mails))
    shown = sum(_show_in_browser(page, mail) for mail in mails)
    after = _everything(house)
    measured(
        mails=people,
        fetches=fetches,
        browser_pages=shown,
        changes=sum(before[name] != after[name] for name in before),
        opted_out=after["status"]["invitations"].get("opted_out", 0),
        started=after["status"]["started"] - before["status"]["started"],
    )
    assert after == before


def _answer_some(mails: list[Received]) -> None:
    """One person has answered and one is half-way: their links must not change either."""
    done, begun = (Respondent(link_in(mail)) for mail in mails[:2])
    assert done.answer()
    begun.send(read_form(begun.ask()[1]).filled(3, "Because."))
    done.leave()
    begun.leave()


def _everything(house: House) -> dict[str, Any]:
    """All that the program says of the wave, without what only time changes."""
    outbox = house.json("outbox")
    return {
        "status": house.json("wave", "status", WAVE),
        "export": export(house),
        "audience": house.json("wave", "audience", WAVE),
        "mails": outbox["rows"],
        "cases": house.json("cases", "--all"),
    }


def _links(mail: Received) -> set[str]:
    headers = str(mail.mail["List-Unsubscribe"])
    return {
        link.replace("&amp;", "&")
        for text in (mail.body(), mail.body("html"), headers)
        for link in LINK.findall(text)
    }


def _fetch_all(mail: Received) -> int:
    links = _links(mail)
    # Eleven numbers, the link itself, and the way out.
    assert len(links) >= 13
    visitor = _Visitor(next(iter(links)))
    fetched = sum(visitor.fetch(link) for _ in range(TIMES) for link in sorted(links))
    visitor.leave()
    return fetched


@dataclass
class _Visitor:
    link: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.link)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self.scanners: Iterator[str] = cycle(SCANNERS)

    def fetch(self, link: str) -> int:
        """Ask for the head and for the page; returns how often it asked."""
        parts = urlsplit(link)
        for method in ("HEAD", "GET"):
            self.connection.request(
                method, f"{parts.path}?{parts.query}", headers={"User-Agent": next(self.scanners)}
            )
            answer = self.connection.getresponse()
            answer.read()
            assert answer.status == 200, f"{method} {answer.status}"
        return 2

    def leave(self) -> None:
        self.connection.close()


def _show_in_browser(page: Page, mail: Received) -> int:
    link = link_in(mail)
    way_out = str(mail.mail["List-Unsubscribe"]).strip("<>")
    for address in (f"{link}?score=9", way_out):
        page.goto(address)
        page.wait_for_load_state("networkidle")
    return 2
