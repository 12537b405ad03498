"""T1: whoever is killed in mid-wave, everybody gets their mail, and at most one copy more a kill.

The relay answers each final dot a little late, so that most kills of a sender strike a mail in doubt.
"""

import random
import time
from collections.abc import Callable

import pytest
from sqlalchemy import update

from surveyd.base.clock import system_now
from surveyd.distribution.models import Message
from surveyd.distribution.sender import LEASE
from tests.fixtures.apps import Transaction
from tests.fixtures.children import Process
from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay
from tests.reliability.stage import (
    children_of,
    count_copies,
    import_company,
    kill_tree,
    launch_wave,
    wait_for_mails,
    wait_until_sent,
)

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
LATE_SECONDS = 0.01
SETTLED_SECONDS = 180


@pytest.mark.full
def test_kill_any_process_twenty_times(house: House, relay: Relay, measured: Measured) -> None:
    chance = random.Random(1)
    _launch(house, relay, 2000)
    running = {name: house.start(name) for name in ("sender", "worker", "schedule")}

    def strike() -> str:
        name = chance.choice([*running])
        house.kill(running[name])
        running[name] = house.start(name)
        return name

    struck = _strike_often(20, strike, relay, chance)
    _settle_and_count(house, relay, measured, mails=2000, kills=20, sender_kills=struck.count("sender"))


@pytest.mark.full
def test_kill_the_children_of_up_twenty_times(house: House, relay: Relay, measured: Measured) -> None:
    chance = random.Random(2)
    _launch(house, relay, 2000)
    up = house.start("up", "--port", str(house.port))
    wait_for_mails(relay, 1)

    def strike() -> str:
        if living := _direct_children(up):
            kill_tree(chance.choice(living))
        return "child"

    _strike_often(20, strike, relay, chance)
    _settle_and_count(house, relay, measured, mails=2000, kills=20, sender_kills=20)


def test_kill_a_sender_three_times(
    house: House, relay: Relay, writer: Transaction, measured: Measured
) -> None:
    _launch(house, relay, 60)
    house.start("schedule")
    for mails in (5, 20, 35):
        sender = house.start("sender")
        wait_for_mails(relay, mails)
        house.kill(sender)
        # A dead sender's lease runs out after a minute; a test need not wait for it.
        with writer() as session:
            over = system_now() - LEASE
            session.execute(update(Message).where(Message.lease_by.is_not(None)).values(lease_until=over))
    house.start("sender")
    _settle_and_count(house, relay, measured, mails=60, kills=3, sender_kills=3)


def _launch(house: House, relay: Relay, mails: int) -> None:
    relay.slow_seconds = LATE_SECONDS
    import_company(house, [f"slow.c{at}@customer.test" for at in range(mails)])
    launch_wave(house, WAVE)


def _strike_often(times: int, strike: Callable[[], str], relay: Relay, chance: random.Random) -> list[str]:
    struck = []
    for _ in range(times):
        # In mid-wave, however long the last one that was killed took to come back.
        wait_for_mails(relay, len(relay.received) + chance.randint(1, 60))
        time.sleep(chance.uniform(0.0, 0.5))
        struck.append(strike())
    return struck


def _settle_and_count(
    house: House, relay: Relay, measured: Measured, *, mails: int, kills: int, sender_kills: int
) -> None:
    seconds = wait_until_sent(house, WAVE, mails, seconds=SETTLED_SECONDS)
    count = count_copies(house, relay, WAVE)
    measured(
        mails=mails,
        kills=kills,
        without_mail=mails - count.got,
        extra=count.extra,
        extra_unmarked=count.extra_unmarked,
        settled_s=seconds,
    )
    assert count.got == count.wanted == mails
    assert count.extra <= sender_kills
    assert count.extra_unmarked == 0
    assert count.ids_apart == 0


def _direct_children(parent: Process) -> list[int]:
    everybody = children_of(parent.pid)
    below = {pid for child in everybody for pid in children_of(child)}
    return [pid for pid in everybody if pid not in below]
