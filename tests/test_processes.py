"""The real processes start, answer, survive a kill of their neighbour, and stop when they are asked to."""

import json
import shutil
import signal
import urllib.request

import pytest

from tests.fixtures.children import stop, wait_for
from tests.fixtures.houses import PROCESSES, House
from tests.fixtures.queues import Valkey

pytestmark = pytest.mark.processes


def test_the_processes_start_answer_and_stop(house: House) -> None:
    children = {process: house.start(process) for process in PROCESSES}
    with urllib.request.urlopen(f"{house.url}/health", timeout=5) as answer:
        assert json.load(answer)["status"] in ("ok", "warn")
    house.kill(children.pop("sender"))
    house.start("sender")
    assert house.json("outbox")["counts"] is not None
    house.stop_all()
    # Whoever is asked to stop while still starting just ends; nobody fails, nobody has to be killed.
    ends = {process: child.poll() for process, child in children.items()}
    assert set(ends.values()) <= {0, -signal.SIGTERM}, ends
    assert not house.answers()


def test_a_worker_stops_while_the_queue_is_away(house: House, own_valkey: Valkey) -> None:
    worker = house.start("worker")
    wait_for(own_valkey.has_clients, what="the worker at the queue")
    own_valkey.stop()
    wait_for(lambda: house.log("worker"), what="a word about that")
    assert stop(worker) == 0, house.log("worker")


def test_everything_ends_when_its_data_folder_is_gone(house: House) -> None:
    parent = house.start("up", "--port", str(house.port))
    wait_for(house.answers, seconds=60, what="the web process")
    shutil.rmtree(house.folder / "data")
    wait_for(lambda: parent.poll() is not None, seconds=60, what="the end")
    assert parent.poll() == 1
    assert house.log("up").endswith("is gone.\n")


def test_a_process_without_its_database_says_so_in_one_line(house: House) -> None:
    house.env["SURVEYD_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    done = house.command("outbox", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("surveyd: ") and done.stderr.count("\n") == 1


def test_a_wrong_call_is_one_line_and_exit_code_2(house: House) -> None:
    done = house.command("wave", "launch")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
