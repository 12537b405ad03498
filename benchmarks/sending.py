"""How many mails a second go out with their ledger, beside smtplib alone with the same bytes.

    python -m benchmarks.sending [--quick] [--mails 10000] [--away MS] [--connections N...]

The real `surveyd sender`, as many as `senders` says, sends a wave of 10,000 invitations to a sink in another
process: claim, render, send, mark, each durable. In the same round a bare loop (and two at once) hands the
same bytes to the same sink (`bare_per_s`), and the small transaction that a mail needs is committed again and
again with nothing else (`commits_per_s`). Who does one after the other gets `limit_per_s` of both; `ratio` is
ours by that. Three rounds, medians. Senders are started before the wave is let go, and the rate counts from
the first mail to the last. `--quick` is one round of 2,000 mails, and keeps nothing. `--away 20` lets the
sink answer 20 ms late, as a relay elsewhere does; `--connections 1 4 16` measures each.
"""

import argparse
import base64
import multiprocessing
import smtplib
import sys
import time
from datetime import timedelta
from multiprocessing.synchronize import Barrier

from sqlalchemy import select, update

from benchmarks import sink
from benchmarks.figures import cpu_seconds, keep, middle, table
from benchmarks.installation import Installation, installation, launch, release
from surveyd.base.database import writing, writing_rows
from surveyd.distribution import claims, waves
from surveyd.distribution.models import Message, MessageState
from surveyd.forms.loading import shipped
from tests.fixtures.children import short_folder, start, stop, wait_for
from tests.fixtures.houses import _free_port

WAVE = "bench"
KINDS = ("sqlite", "postgresql")
SENDERS = (1, 2)
LONGEST_SECONDS = 600
COMMITS = 1000
NOTE = "Mails a second, each with its ledger, beside a bare smtplib loop and the ledger's commits alone"


def main() -> None:
    """Measure, print, keep."""
    given = _arguments()
    rows: list[dict[str, object]] = []
    with short_folder("sink") as folder:
        port = _free_port()
        words = [sys.executable, "-m", "benchmarks.sink", str(port), str(given.away / 1000)]
        child = start(words, log=folder / "log")
        try:
            wait_for(lambda: _listens(port), what="the sink")
            for kind in given.databases:
                rows += _measure(kind, port, given)
        finally:
            stop(child)
    print(f"{NOTE}\n\n{table(rows)}")
    if not given.quick:
        name = f"sending-{given.away}-ms-away" if given.away else "sending"
        keep(name, rows, note=f"{NOTE}; {given.mails} mails, {given.rounds} rounds, medians")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--mails", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--away", type=int, default=0, metavar="MS")
    parser.add_argument("--connections", type=int, nargs="+", default=[1])
    parser.add_argument("--senders", type=int, nargs="+", default=SENDERS)
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS)
    given = parser.parse_args()
    given.mails = given.mails or (2000 if given.quick else 10000)
    given.rounds = given.rounds or (1 if given.quick else 3)
    return given


def _measure(kind: str, port: int, given: argparse.Namespace) -> list[dict[str, object]]:
    return [row for connections in given.connections for row in _with(kind, port, given, connections)]


def _with(kind: str, port: int, given: argparse.Namespace, connections: int) -> list[dict[str, object]]:
    settings = {"smtp_url": f"smtp://127.0.0.1:{port}", "smtp_connections": str(connections)}
    rounds: dict[int, list[dict[str, float]]] = {senders: [] for senders in given.senders}
    with installation(kind, **settings) as place:
        launch(place, WAVE, shipped("relational"), people=given.mails)
        _pause(place)
        release_paused(place)
        for _ in range(given.rounds):
            commits = _commits(place, min(given.mails, COMMITS))
            for senders in given.senders:
                ours = _send(place, port, senders=senders, mails=given.mails)
                bare = _send_bare(port, loops=senders * connections, mails=given.mails)
                limit = 1 / (1 / bare + 1 / commits)
                rounds[senders].append(
                    ours
                    | {"bare_per_s": bare, "commits_per_s": commits, "limit_per_s": limit}
                    | {"ratio": ours["mails_per_s"] / limit}
                )
    return [
        {"database": kind, "senders": senders, "connections": connections, **middle(of_one)}
        for senders, of_one in rounds.items()
    ]


def _commits(place: Installation, times: int) -> float:
    """How many of a sender's transactions the database takes a second: one mail sent, the next begun."""
    with place.app.app_context():
        with writing() as session:
            ids = list(session.scalars(select(Message.id).limit(times)))
            claimed = {"lease_by": "raw", "lease_until": place.now + timedelta(hours=1), "state": "queued"}
            session.execute(update(Message).where(Message.id.in_(ids)).values(**claimed))
        began = time.perf_counter()
        before = None
        for message_id in ids:
            with writing_rows() as rows:
                if before is not None:
                    claims.sent(rows, before, by="raw", now=place.now)
                assert claims.begin(rows, message_id, by="raw", system_now=place.now)
            before = message_id
        return len(ids) / (time.perf_counter() - began)


def release_paused(place: Installation) -> None:
    """Write the mails of a wave that stays paused."""
    _resume(place)
    release(place)
    _pause(place)


def _send(place: Installation, port: int, *, senders: int, mails: int) -> dict[str, float]:
    _begin_anew(place)
    sink.forget(port)
    running = [place.house.start("sender") for _ in range(senders)]
    _wait_for_idleness([child.pid for child in running])
    before = cpu_seconds([child.pid for child in running])
    _resume(place)
    wait_for(lambda: _said(port, mails), seconds=LONGEST_SECONDS, what=f"{mails} mails")
    cpu = cpu_seconds([child.pid for child in running]) - before
    # Politely, so that the last outcome is written.
    place.house.stop_all()
    _pause(place)
    assert _sent(place) == mails, "the ledger and the sink do not agree"
    report = sink.report(port)
    return {
        "mails_per_s": report.mails / (report.last - report.first),
        "cpu_ms_a_mail": 1000 * cpu / mails,
    }


def _send_bare(port: int, *, loops: int, mails: int) -> float:
    sample = sink.report(port).sample
    sink.forget(port)
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(loops)
    hands = [
        spawn.Process(target=bare_loop, args=(port, sample, mails // loops, ready)) for _ in range(loops)
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    report = sink.report(port)
    return report.mails / (report.last - report.first)


def bare_loop(port: int, sample: list[tuple[str, str, str]], mails: int, ready: Barrier) -> None:
    """Hand so many mails to the sink, one after the other, over one connection; all loops begin together."""
    letters = [(sender, to, base64.b64decode(mail)) for sender, to, mail in sample]
    with smtplib.SMTP("127.0.0.1", port) as connection:
        connection.ehlo()
        ready.wait()
        for number in range(mails):
            connection.sendmail(*letters[number % len(letters)])


def _begin_anew(place: Installation) -> None:
    anew = {"state": MessageState.QUEUED, "attempts": 0, "copies": 0, "sent_at": None, "begun_at": None}
    with place.app.app_context(), writing() as session:
        session.execute(update(Message).values(**anew, due_at=place.now, lease_by=None, lease_until=None))


def _pause(place: Installation) -> None:
    with place.app.app_context(), writing() as session:
        waves.pause(session, waves.find_wave(session, WAVE), now=place.now)


def _resume(place: Installation) -> None:
    with place.app.app_context(), writing() as session:
        waves.resume(session, waves.find_wave(session, WAVE))


def _sent(place: Installation) -> int:
    with place.app.app_context(), writing() as session:
        found = waves.status(session, waves.find_wave(session, WAVE))
    return sum(states.get("sent", 0) for states in found.messages.values())


def _wait_for_idleness(pids: list[int]) -> None:
    """Wait until the senders have loaded everything and only look now and then."""
    time.sleep(1.0)
    spent = -1.0
    while (now := cpu_seconds(pids)) - spent > 0.05:
        spent = now
        time.sleep(0.5)


def _said(port: int, mails: int) -> bool:
    time.sleep(0.25)
    return sink.report(port).mails >= mails


def _listens(port: int) -> bool:
    try:
        smtplib.SMTP("127.0.0.1", port).quit()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
