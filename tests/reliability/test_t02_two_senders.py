"""T2: however many processes look at a due wave at once, everybody gets one mail."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay
from tests.reliability.stage import count_copies, import_company, launch_wave, wait_until_sent

pytestmark = pytest.mark.processes

WAVE = "2026-h1"


@pytest.mark.full
def test_four_of_each_and_two_ticks(house: House, relay: Relay, measured: Measured) -> None:
    _send_by_many(house, relay, measured, mails=1000, of_each=4)


def test_two_of_each_and_two_ticks(house: House, relay: Relay, measured: Measured) -> None:
    _send_by_many(house, relay, measured, mails=250, of_each=2)


def _send_by_many(house: House, relay: Relay, measured: Measured, *, mails: int, of_each: int) -> None:
    import_company(house, [f"c{at}@customer.test" for at in range(mails)])
    launch_wave(house, WAVE)
    for _ in range(of_each):
        for process in ("schedule", "worker", "sender"):
            house.start(process)
    with ThreadPoolExecutor(2) as hands:
        ticks = list(hands.map(lambda _: house.json("tick"), range(2)))
    seconds = wait_until_sent(house, WAVE, mails, seconds=60)
    count = count_copies(house, relay, WAVE)
    measured(
        mails=mails,
        of_each=of_each,
        without_mail=mails - count.got,
        extra=count.extra,
        by_tick=sum(tick["sent"] for tick in ticks),
        settled_s=seconds,
    )
    assert count.got == count.wanted == count.taken == len(relay.received) == mails
    assert count.extra == 0
