"""T24: what is stuck is red within five minutes, with how much is owed, told once, and green by itself.

The small form puts the ledger's times back by minutes; the full one waits them out.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from sqlalchemy import update

from surveyd.base.clock import system_now
from surveyd.distribution.limit_models import RelayTrouble
from surveyd.distribution.models import Heartbeat, Message, MessageState
from tests.distribution.test_alarms import Listener, listener
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.children import wait_for
from tests.fixtures.figures import Measured
from tests.fixtures.houses import House, _free_port
from tests.fixtures.relays import Relay
from tests.reliability.stage import import_company, launch_wave, wait_until_sent

pytestmark = [pytest.mark.processes, pytest.mark.filterwarnings("ignore:Requiring AUTH")]
__all__ = ["listener"]

WAVE = "2026-h1"
PEOPLE = 30
RED_SECONDS = 300
QUICK = 60
Age = Callable[[], None]


@pytest.mark.full
def test_workers_that_stopped_are_seen_in_five_minutes(
    house: House, relay: Relay, measured: Measured
) -> None:
    _workers_stop(house, measured, age=lambda: None, seconds=RED_SECONDS)


def test_workers_that_stopped_are_seen(house: House, writer: Transaction, measured: Measured) -> None:
    def age() -> None:
        with writer() as session:
            session.execute(update(Message).values(due_at=NOW - timedelta(minutes=5)))
            session.execute(update(Heartbeat).values(system_at=system_now() - timedelta(minutes=5)))

    _workers_stop(house, measured, age=age, seconds=QUICK)


def _workers_stop(house: House, measured: Measured, *, age: Age, seconds: float) -> None:
    import_company(house, [f"c{at}@customer.test" for at in range(PEOPLE)])
    house.start("web")
    launch_wave(house, WAVE)
    with_ledger = house.start("schedule")
    wait_for(lambda: _health(house)["owed"] == PEOPLE, seconds=60, what="the wave's mails")
    house.kill(with_ledger)
    stopped = time.monotonic()
    age()
    red = _wait_for(house, "red", seconds=seconds)
    measured(red_after_s=time.monotonic() - stopped, owed=red["owed"], oldest_s=red["oldest_s"])
    assert red["owed"] == PEOPLE and red["oldest_s"] > 0
    assert {"H04", "H06"} & {one["code"] for one in red["findings"]}
    house.start("schedule")
    house.start("sender")
    wait_until_sent(house, WAVE, PEOPLE, seconds=90)
    _wait_for(house, "ok", seconds=90)


class _Locked(Controller):
    """A relay with a sign-in, whose password can be changed."""

    password = b"right"

    def factory(self) -> SMTP:
        return SMTP(
            self.handler, authenticator=self.check, auth_required=True, auth_require_tls=False, loop=self.loop
        )

    def check(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == self.password)


@pytest.mark.full
def test_a_broken_sign_in_is_told_once_in_five_minutes(
    house: House, listener: Listener, measured: Measured
) -> None:
    _login_breaks(house, listener, measured, age=lambda: None, seconds=RED_SECONDS, lasts=150)


def test_a_broken_sign_in_is_told_once(
    house: House, listener: Listener, writer: Transaction, measured: Measured
) -> None:
    def age() -> None:
        def since_long() -> bool:
            with writer() as session:
                back = update(RelayTrouble).values(since=system_now() - timedelta(minutes=2))
                return bool(session.execute(back).rowcount)  # type: ignore[attr-defined]  # an UPDATE has one

        wait_for(since_long, seconds=60, what="the sender's trouble")

    _login_breaks(house, listener, measured, age=age, seconds=QUICK, lasts=20)


def _login_breaks(
    house: House, listener: Listener, measured: Measured, *, age: Age, seconds: float, lasts: float
) -> None:
    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            return "250 Taken"

    port = _free_port()
    locked = _Locked(Handler(), hostname="127.0.0.1", port=port)
    locked.start()
    house.env["SURVEYD_SMTP_URL"] = f"smtp://me:right@127.0.0.1:{port}"
    house.env["SURVEYD_ALERT_URL"] = f"http://127.0.0.1:{listener.port}/alarm"
    try:
        house.run("init", "--email", "admin@company.test", stdin="")
        import_company(house, [f"c{at}@customer.test" for at in range(PEOPLE)])
        launch_wave(house, WAVE)
        locked.password = b"another"
        house.start_all()
        broken = time.monotonic()
        age()
        red = _wait_for(house, "red", seconds=seconds)
        red_after = time.monotonic() - broken
        wait_for(lambda: bool(listener.taken), seconds=60, what="the operator's address")
        time.sleep(lasts)
        called = [one["findings"][0]["code"] for one in listener.taken]
        # The mails of this very alarm are owed, too.
        assert "H09" in called and len(called) == len(set(called))
        assert red["owed"] >= PEOPLE and listener.taken[0]["owed"] >= PEOPLE
        locked.password = b"right"
        mended = time.monotonic()
        _wait_for(house, "ok", seconds=150)
        measured(red_after_s=red_after, told=len(called), green_after_s=time.monotonic() - mended)
    finally:
        locked.stop()


def test_failed_mails_and_jobs_are_red_and_green_again_when_they_are_old(
    house: House, relay: Relay, writer: Transaction, measured: Measured
) -> None:
    import_company(house, [f"perm{at}@customer.test" for at in range(PEOPLE)])
    launch_wave(house, WAVE)
    house.start_all()
    red = _wait_for(house, "red", seconds=90)
    assert "H10" in {one["code"] for one in red["findings"]}
    measured(failed=PEOPLE, owed=red["owed"])
    with writer() as session:
        old = update(Message).where(Message.state == MessageState.FAILED)
        session.execute(old.values(begun_at=system_now() - timedelta(hours=1)))
    _wait_for(house, "ok", seconds=60)


def _health(house: House) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{house.url}/health", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        found = json.load(error)
        error.close()
    return found


def _wait_for(house: House, status: str, *, seconds: float) -> dict[str, Any]:
    """Wait until /health says so; returns what it says."""
    last: dict[str, Any] = {}

    def is_so() -> bool:
        last.update(_health(house))
        return bool(last["status"] == status)

    wait_for(is_so, seconds=seconds, what=f"/health to be {status}")
    return last
