"""T8: a big wave goes out whole, and under a cap there is never one mail too many, nor one connection.

What changes the sending (a rate, a pause, a cancellation) is seen at the relay within two seconds.
"""

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay
from tests.reliability.stage import import_company, launch_wave, wait_for_mails, wait_until_sent

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
CAP, CONNECTIONS = 20, 2
WHOLE_SECONDS = 360
PAGE_SECONDS = 1.0
EFFECT_SECONDS = 2.0
LATE_SECONDS = 0.02
"""The relay answers a little late, so that two connections are worth having."""


@pytest.mark.full
def test_ten_thousand_without_a_cap_and_with_one(house: House, relay: Relay, measured: Measured) -> None:
    _prepare(house, 10_000)
    began = time.monotonic()
    house.start_all()
    with pages_read(house) as waits:
        wait_until_sent(house, WAVE, 10_000, seconds=WHOLE_SECONDS)
    seconds = time.monotonic() - began
    measured(mails=10_000, seconds=seconds, per_s=10_000 / seconds, page_p95_s=_p95(waits))
    assert len(relay.copies()) == len(relay.received) == 10_000
    assert relay.most_connections <= CONNECTIONS
    assert _p95(waits) <= PAGE_SECONDS


@pytest.mark.full
def test_a_cap_for_minutes(house: House, relay: Relay, measured: Measured) -> None:
    _under_a_cap(house, relay, measured, mails=3000, people=10_000)


def test_a_cap_is_kept_by_two_connections(house: House, relay: Relay, measured: Measured) -> None:
    _under_a_cap(house, relay, measured, mails=100, people=120)


@pytest.mark.parametrize("change", [("pause", WAVE), ("cancel", WAVE, "--yes")])
def test_what_stops_a_wave_is_felt_within_two_seconds(
    house: House, relay: Relay, measured: Measured, change: tuple[str, ...]
) -> None:
    _prepare(house, 200)
    house.run("wave", "rate", WAVE, str(CAP))
    house.start("schedule")
    house.start("sender")
    wait_for_mails(relay, 10)
    house.run("wave", *change)
    stopped = time.monotonic()
    time.sleep(2 * EFFECT_SECONDS)
    after = max((mail.at - stopped for mail in relay.received), default=0.0)
    measured(change=change[0], last_mail_after_s=max(after, 0.0), sent=len(relay.received))
    assert after <= EFFECT_SECONDS
    assert len(relay.received) < 200
    if change[0] == "pause":
        before = len(relay.received)
        house.run("wave", "resume", WAVE)
        resumed = time.monotonic()
        wait_for_mails(relay, before + 1, seconds=30)
        first = min(mail.at for mail in relay.received[before:]) - resumed
        measured(change="resume", first_mail_after_s=first)
        assert first <= EFFECT_SECONDS


def test_a_new_rate_is_felt_within_two_seconds(house: House, relay: Relay, measured: Measured) -> None:
    _prepare(house, 400)
    house.run("wave", "rate", WAVE, "1")
    house.start("schedule")
    house.start("sender")
    wait_for_mails(relay, 2)
    house.run("sending", "limit", "--second", "10")
    house.run("wave", "rate", WAVE, "0")
    changed = time.monotonic()
    time.sleep(EFFECT_SECONDS + 2)
    quick = [mail.at for mail in relay.received if mail.at > changed + EFFECT_SECONDS]
    house.run("sending", "limit", "--minute", "1")
    slowed = time.monotonic()
    time.sleep(EFFECT_SECONDS + 3)
    slow = [mail.at for mail in relay.received if mail.at > slowed + EFFECT_SECONDS]
    measured(quick_in_2_s=len(quick), slow_in_3_s=len(slow))
    assert len(quick) >= 6
    assert len(slow) <= 1
    assert most_in_a_second([mail.at for mail in relay.received]) <= 11


def _under_a_cap(house: House, relay: Relay, measured: Measured, *, mails: int, people: int) -> None:
    _prepare(house, people)
    house.run("wave", "rate", WAVE, str(CAP))
    house.start_all()
    with pages_read(house) as waits:
        wait_for_mails(relay, mails, seconds=60 + 2 * mails / CAP)
    house.stop_all()
    times = [mail.at for mail in relay.received]
    most = most_in_a_second(times)
    pace = (len(times) - 1) / (times[-1] - times[0])
    measured(
        mails=len(times),
        most_in_a_second=most,
        per_s=pace,
        connections=relay.most_connections,
        page_p95_s=_p95(waits),
    )
    assert most <= CAP + 1
    assert relay.most_connections <= CONNECTIONS
    assert _p95(waits) <= PAGE_SECONDS
    assert len(relay.copies()) == len(relay.received)


def _prepare(house: House, people: int) -> None:
    house.env["SURVEYD_SMTP_CONNECTIONS"] = str(CONNECTIONS)
    import_company(house, [f"c{at}@customer.test" for at in range(people)])
    launch_wave(house, WAVE)


def most_in_a_second(times: list[float]) -> int:
    """The largest number of these instants within any one second."""
    times = sorted(times)
    first, most = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


@contextmanager
def pages_read(house: House) -> Iterator[list[float]]:
    """Read a page again and again meanwhile; the list has how long each took, in seconds."""
    waits: list[float] = []
    over = threading.Event()

    def read() -> None:
        while not over.wait(0.2):
            began = time.monotonic()
            with urllib.request.urlopen(f"{house.url}/staff/login", timeout=30) as answer:
                answer.read()
            waits.append(time.monotonic() - began)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield waits
    finally:
        over.set()
        reader.join()


def _p95(waits: list[float]) -> float:
    assert waits, "no page was read"
    return sorted(waits)[int(0.95 * (len(waits) - 1))]
