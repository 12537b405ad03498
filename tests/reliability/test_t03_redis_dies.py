"""T3: without the queue everything goes on; it may come back empty."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.queues import Valkey
from tests.fixtures.relays import Relay
from tests.reliability.respondents import Respondent, link_in, receipt_in
from tests.reliability.stage import (
    count_copies,
    import_company,
    launch_wave,
    wait_for_mails,
    wait_until_sent,
)

pytestmark = pytest.mark.processes

FIRST, SECOND = "2026-h1", "2026-h2"
LATE_SECONDS = 0.05
RECEIPT_SECONDS = 2.0
SETTLED_SECONDS = 120


@pytest.mark.full
def test_a_minute_without_redis(house: House, own_valkey: Valkey, relay: Relay, measured: Measured) -> None:
    _live_without(house, own_valkey, relay, measured, mails=900, answers=60, seconds=60.0)


def test_a_moment_without_redis(house: House, own_valkey: Valkey, relay: Relay, measured: Measured) -> None:
    _live_without(house, own_valkey, relay, measured, mails=60, answers=6, seconds=3.0)


def _live_without(
    house: House,
    valkey: Valkey,
    relay: Relay,
    measured: Measured,
    *,
    mails: int,
    answers: int,
    seconds: float,
) -> None:
    relay.slow_seconds = LATE_SECONDS
    import_company(house, [f"slow.c{at}@customer.test" for at in range(mails)])
    launch_wave(house, FIRST)
    house.start_all()
    wait_for_mails(relay, answers)
    links = [link_in(mail) for mail in relay.received[:answers]]
    with ThreadPoolExecutor(4) as hands:
        # The queue goes while the first of them are at it.
        waits = [hands.submit(_seconds_to_receipt, link) for link in links]
        valkey.stop()
        gone = time.monotonic()
        began = time.monotonic()
        launch_wave(house, SECOND, program="second")
        launched = time.monotonic() - began
        slowest = max(wait.result() for wait in waits)
    time.sleep(max(0.0, seconds - (time.monotonic() - gone)))
    away = time.monotonic() - gone
    valkey.start()
    back = time.monotonic()
    # An answer given before the mail of the second wave was due stops none of it: it is another wave.
    wait_until_sent(house, FIRST, mails, seconds=SETTLED_SECONDS)
    wait_until_sent(house, SECOND, mails, seconds=max(1.0, SETTLED_SECONDS - (time.monotonic() - back)))
    settled = time.monotonic() - back
    counts = [count_copies(house, relay, wave) for wave in (FIRST, SECOND)]
    measured(
        mails=2 * mails,
        away_s=away,
        slowest_submit_s=slowest,
        launch_s=launched,
        settled_s=settled,
        lost=sum(count.wanted - count.got for count in counts),
        extra=sum(count.extra for count in counts),
    )
    assert slowest < RECEIPT_SECONDS
    assert [(count.wanted, count.got, count.extra) for count in counts] == [(mails, mails, 0)] * 2
    thanks = [row for row in house.json("outbox")["rows"] if row["name"] == "thank_you"]
    assert [row["state"] for row in thanks] == ["sent"] * answers


def _seconds_to_receipt(link: str) -> float:
    respondent = Respondent(link)
    form = respondent.to_last_page()
    began = time.monotonic()
    receipt = receipt_in(respondent.send(form))
    took = time.monotonic() - began
    respondent.leave()
    assert receipt
    return took
