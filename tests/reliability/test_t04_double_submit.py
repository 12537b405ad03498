"""T4: however often and from wherever the last page is sent, there is one response and one receipt."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay
from tests.reliability.respondents import Respondent, link_in, receipt_in
from tests.reliability.stage import export, import_company, launch_wave

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
HANDS = 10


@pytest.mark.full
def test_two_hundred_links_ten_times_each(house: House, relay: Relay, measured: Measured) -> None:
    _send_ten_times_each(house, relay, measured, people=200)


def test_a_few_links_ten_times_each(house: House, relay: Relay, measured: Measured) -> None:
    _send_ten_times_each(house, relay, measured, people=6)


def _send_ten_times_each(house: House, relay: Relay, measured: Measured, *, people: int) -> None:
    import_company(house, [f"c{at}@customer.test" for at in range(people)])
    launch_wave(house, WAVE)
    house.run("tick")
    links = [link_in(mail) for mail in relay.received]
    assert len(set(links)) == people
    house.start("web")
    receipts: list[str] = []
    kinds_seen: Counter[int] = Counter()
    with ThreadPoolExecutor(HANDS) as hands:
        for number, link in enumerate(links):
            seen = _send_at_once(hands, link, choice=number)
            kinds_seen[len(seen)] += 1
            receipts.append(seen.pop())
    for link, receipt in zip(links, receipts, strict=True):
        _come_back(link, receipt)
    rows = export(house)
    cases = house.json("cases", "--all")["rows"]
    most_cases = max(Counter(case["contact"] for case in cases).values(), default=0)
    measured(
        links=people,
        posts=people * HANDS,
        responses=len(rows),
        scored=sum(bool(row["nps"] and row["segment"]) for row in rows),
        different_receipts_a_link=max(kinds_seen),
        cases=len(cases),
        cases_a_response=most_cases,
    )
    assert [*kinds_seen] == [1]
    assert sorted(row["receipt"] for row in rows) == sorted(receipts)
    assert all(row["nps"] and row["segment"] for row in rows)
    assert most_cases <= 1


def _send_at_once(hands: ThreadPoolExecutor, link: str, *, choice: int) -> set[str]:
    """Post the final page from ten connections at the same moment; returns the receipts that were shown."""
    first = Respondent(link)
    form = first.to_last_page(choice)
    together = Barrier(HANDS)

    def post(_: int) -> str:
        respondent = Respondent(link)
        together.wait()
        html = respondent.send(form)
        respondent.leave()
        return receipt_in(html)

    seen = set(hands.map(post, range(HANDS)))
    assert "" not in seen
    # The browser's reload sends the same form again.
    seen.add(receipt_in(first.send(form)))
    first.leave()
    return seen


def _come_back(link: str, receipt: str) -> None:
    """Back button, an earlier page sent again, and another device: always the same thanks."""
    other = Respondent(link)
    assert other.receipt() == receipt
    for way in ("next", "back", "send"):
        html = other.send({"page": "recommendation", "recommend": "3", "go": way})
        assert receipt_in(html) == receipt
    assert receipt_in(other.ask(path=f"{other.path}?score=2")[1]) == receipt
    other.leave()
