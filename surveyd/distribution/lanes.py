"""The sender process: as many lanes as connections, and a keeper that renews their leases while they live."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from surveyd.base.clock import system_now
from surveyd.base.database import end_long_pauses, writing
from surveyd.base.errors import Unavailable
from surveyd.base.relay import RelayConnection
from surveyd.base.services import EXTENSION, Services
from surveyd.distribution import claims, gaps
from surveyd.distribution.sender import LEASE, Lane

log = logging.getLogger("surveyd.sender")

IDLE_SECONDS = 0.5
RENEW_SECONDS = 10.0
LONGEST_PAUSE = 20
"""Seconds that a transaction of the sender may say nothing: others wait for the slots that it holds."""
RELAY_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)


def run_sender(app: Flask, stop: threading.Event) -> None:
    """Send what is due until `stop` is set; each lane finishes the mail in its hands first."""
    house: Services = app.extensions[EXTENSION]
    with app.app_context():
        end_long_pauses(seconds=LONGEST_PAUSE)
    lanes = [new_lane(house, stop) for _ in range(house.config.smtp_connections)]
    with kept(app, lanes, heartbeat=True):
        threads = [threading.Thread(target=_run_lane, args=(app, lane), name=lane.name) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def new_lane(house: Services, stop: threading.Event | None = None) -> Lane:
    """A lane to the configured relay; it connects when there is something to send."""
    return Lane(
        house.config, house.clock, RelayConnection(house.config.relay), stop=stop or threading.Event()
    )


@contextmanager
def kept(app: Flask, lanes: list[Lane], *, heartbeat: bool = False) -> Iterator[None]:
    """Renew the lanes' leases every ten seconds while the block runs."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(app, lanes, over, heartbeat), name="keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join(timeout=5)


def _keep(app: Flask, lanes: list[Lane], over: threading.Event, heartbeat: bool) -> None:
    while True:
        try:
            with app.app_context():
                with writing() as session:
                    for lane in lanes:
                        claims.renew(session, lane.name, until=system_now() + LEASE)
                # Apart: whoever holds the heartbeat up keeps no lease from being renewed.
                if heartbeat:
                    with writing() as session:
                        gaps.beat(session, "sender", now=lanes[0].clock.now(), system_now=system_now())
        except Exception:
            log.exception("the leases could not be renewed")
        if over.wait(RENEW_SECONDS):
            return


def _run_lane(app: Flask, lane: Lane) -> None:
    failures = 0
    while not lane.stop.is_set():
        try:
            with app.app_context():
                lane.drain()
            failures = 0
            pause = IDLE_SECONDS
        except Unavailable as error:
            log.warning("the relay does not answer", extra={"facts": {"error": error.reason}})
            pause = RELAY_PAUSES[min(failures, len(RELAY_PAUSES) - 1)]
            failures += 1
        except Exception:
            # The database may be away; what is owed stands there and waits.
            log.exception("a lane stumbled")
            lane.begin_anew()
            pause = RELAY_PAUSES[min(failures, len(RELAY_PAUSES) - 1)]
            failures += 1
        lane.stop.wait(pause)
    lane.relay.close()
