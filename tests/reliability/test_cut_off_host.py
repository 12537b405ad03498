"""A host that is cut off in mid-wave: the others do its work, and nothing is lost, doubled or late.

Three hosts with a sender each, two of them with a schedule and a worker, share one PostgreSQL, one queue with
a password and one relay. The first one loses all three at once, in the middle of whatever it is doing.
"""

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update

from surveyd.base.clock import system_now
from surveyd.distribution.models import Message, Touch
from surveyd.distribution.sender import LEASE
from tests.fixtures.apps import Transaction
from tests.fixtures.children import wait_for
from tests.fixtures.databases import Database
from tests.fixtures.figures import Measured
from tests.fixtures.relays import Relay
from tests.fixtures.zygote import Zygote
from tests.reliability.hosts import Cluster, far_apart, joined_by_wires
from tests.reliability.stage import (
    count_copies,
    import_company,
    launch_wave,
    wait_for_mails,
    wait_until_sent,
)

pytestmark = pytest.mark.processes

WAVE, NEXT = "2026-h1", "2026-h2"
STALL_SECONDS = 60.0
AWAY_SECONDS = 75.0
"""Longer than a lease, and than the silence after which a connection is given up."""
STARTED_SECONDS = 240.0
"""On a machine that is busy with other work eight processes take their time."""
SETTLED_SECONDS = 240.0
LATE_SECONDS = 0.03


@pytest.fixture
def cluster(database: Database, relay: Relay, zygote: Zygote) -> Iterator[Cluster]:
    with joined_by_wires(database.url, relay, zygote, gone_seconds=2.0) as joined:
        yield joined


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("silently", [True, False], ids=["silently", "with_a_reset"])
def test_a_host_is_cut_off_and_comes_back(
    cluster: Cluster, writer: Transaction, measured: Measured, silently: bool
) -> None:
    first, second, third = cluster.hosts
    _prepare(cluster, mails=160)
    first.start("worker", "sender", "schedule")
    second.start("schedule")
    wait_for_mails(cluster.relay, 10)
    with writer() as session:
        its_lanes = list(session.scalars(select(Message.lease_by).where(Message.lease_by.is_not(None))))
    second.start("sender")
    third.start("sender")
    wait_for_mails(cluster.relay, 45)
    first.network.cut(silently=silently)
    with writer() as session:
        # A lease runs out by itself after three quarters of a minute; a test need not wait for it.
        over = {"lease_until": system_now() - LEASE}
        session.execute(update(Message).where(Message.lease_by.in_(its_lanes)).values(**over))
    wait_for_mails(cluster.relay, 120)
    first.network.heal()
    # It takes part again: the rest is its own to send.
    for host in (second, third):
        host.house.stop_all()
    stall = _settle(cluster, mails=160, senders=1, measured=measured)
    assert stall <= STALL_SECONDS
    with writer() as session:
        touches = session.execute(
            select(Touch.step, func.count(), func.count(Touch.invitation_id.distinct())).group_by(Touch.step)
        ).all()
    assert touches and all(count == people == 160 for _, count, people in touches)


@pytest.mark.full
@pytest.mark.parametrize(
    ("mails", "rate", "cut_at"), [(2000, 20, 300), (300, 0, 30)], ids=["kept_up", "its_last_hundred"]
)
def test_a_host_is_away_for_longer_than_a_lease(
    measured: Measured, mails: int, rate: int, cut_at: int
) -> None:
    with far_apart() as cluster:
        first, second, third = cluster.hosts
        _prepare(cluster, mails=mails, rate=rate)
        first.start("worker", "sender", "schedule")
        if not rate:
            # It has a hundred in its hands when the others come.
            wait_for_mails(cluster.relay, 1, seconds=STARTED_SECONDS)
        second.start("schedule", "worker", "sender")
        third.start("sender")
        wait_for_mails(cluster.relay, cut_at, seconds=STARTED_SECONDS)
        first.network.cut(silently=True)
        time.sleep(AWAY_SECONDS)
        first.network.heal()
        stall = _settle(cluster, mails=mails, senders=1, measured=measured)
        assert stall <= STALL_SECONDS
        _works_alone(cluster)


def _prepare(cluster: Cluster, *, mails: int, rate: int = 0) -> None:
    cluster.relay.slow_seconds = LATE_SECONDS
    import_company(cluster.office, [f"slow.c{at}@customer.test" for at in range(mails)])
    launch_wave(cluster.office, WAVE)
    if rate:
        cluster.office.run("wave", "rate", WAVE, str(rate))


def _settle(cluster: Cluster, *, mails: int, senders: int, measured: Measured) -> float:
    """Wait for the end, count, and hand back how long at most no mail went out while some were owed."""
    wait_until_sent(cluster.office, WAVE, mails, seconds=SETTLED_SECONDS)
    taken = len(cluster.relay.received)
    # Whoever was cut off may still have a mail in its hands; it must not go out now.
    time.sleep(2.0)
    assert len(cluster.relay.received) == taken
    count = count_copies(cluster.office, cluster.relay, WAVE)
    times = [mail.at for mail in cluster.relay.received]
    stall = max(later - earlier for earlier, later in pairwise(times))
    measured(
        hosts=cluster.kind,
        mails=mails,
        without_mail=mails - count.got,
        extra=count.extra,
        extra_unmarked=count.extra_unmarked,
        longest_stall_s=stall,
        whole_s=times[-1] - times[0],
    )
    assert count.got == count.wanted == mails
    assert count.extra <= senders
    assert count.extra_unmarked == 0
    assert count.ids_apart == 0
    return stall


def _works_alone(cluster: Cluster) -> None:
    """The host that was away takes part again: it sends a wave when the others are gone."""
    for host in cluster.hosts[1:]:
        host.house.stop_all()
    before = len(cluster.relay.received)
    launch_wave(cluster.office, NEXT, program="second")
    wait_for(lambda: len(cluster.relay.received) >= before + 20, seconds=60, what="mails of its own")
