"""What the reliability scenarios share: a company with a wave, and what the ledger and the relay say of it.

Everything goes through the command line, as an operator would do it.
"""

import csv
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.children import wait_for
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay

ALWAYS = ("--window", "00-24", "--days", "all", "--rest-days", "0")
PROGRAM = (
    *("--sender-name", "Eva Executive", "--sender", "survey@company.test"),
    *("--reply-to", "reply@company.test", "--company", "Example Works"),
)
CONTACTS_AN_ACCOUNT = 5
LOOKS = 12


def import_company(
    house: House, addresses: list[str], *, time_zones: Sequence[str] = ("Europe/Berlin",)
) -> None:
    """Import one contact for each address: C0, C1 and so on, five at an account; zones take turns."""
    accounts = house.folder / "accounts.csv"
    contacts = house.folder / "contacts.csv"
    groups = (len(addresses) + CONTACTS_AN_ACCOUNT - 1) // CONTACTS_AN_ACCOUNT
    _write(
        accounts,
        ["id", "name", "country", "region", "tier", "revenue", "currency"],
        ([f"A{at}", f"Customer {at}", "DE", "North", "C", "100000", "EUR"] for at in range(groups)),
    )
    _write(
        contacts,
        ["id", "account", "name", "email", "phone", "language", "time_zone"],
        (
            [
                f"C{at}",
                f"A{at // CONTACTS_AN_ACCOUNT}",
                f"Contact {at}",
                address,
                f"+4930{10000000 + at}",
                "en",
                time_zones[at % len(time_zones)],
            ]
            for at, address in enumerate(addresses)
        ),
    )
    house.run("import", "accounts", str(accounts))
    house.run("import", "contacts", str(contacts))


def launch_wave(
    house: House,
    wave: str,
    *,
    questionnaire: str = "relational",
    program: str = "relationship",
    policies: tuple[str, ...] = ALWAYS,
    at: str = "now",
) -> None:
    """Create the program unless it is there, schedule the wave and launch it."""
    if house.command("program", "show", program).returncode:
        house.run("program", "create", program, "--questionnaire", questionnaire, *PROGRAM, *policies)
    house.run("wave", "schedule", program, wave, "--at", at)
    done = house.command("wave", "launch", wave, "--yes")
    for _ in range(LOOKS):
        # On a busy machine the look before a launch may not come to its end in time: it says to try again.
        if "look_unfinished" not in done.stderr:
            break
        done = house.command("wave", "launch", wave, "--yes")
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class Count:
    """How the relay and the ledger agree: mails owed to people, copies taken, and which are too many."""

    wanted: int
    got: int
    taken: int
    extra: int
    extra_unmarked: int
    ids_apart: int


def count_copies(house: House, relay: Relay, wave: str) -> Count:
    """Compare each sent mail of the ledger with what the relay took; an extra copy must be marked in both.

    `ids_apart` counts the people whose copies of one mail came with different Message-IDs.
    """
    rows = house.json("outbox", "--wave", wave)["rows"]
    ledger = {f"<{row['message_id']}>": row for row in rows if row["step"]}
    taken: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    ids: dict[tuple[str, str], set[str]] = {}
    for mail in [*relay.received]:
        if mail.message_id in ledger:
            taken[mail.message_id] += 1
            marked[mail.message_id] += mail.mail["X-Surveyd-Copy"] is not None
            ids.setdefault((mail.recipients[0], str(mail.mail["Subject"])), set()).add(mail.message_id)
    extra = {message_id: count - 1 for message_id, count in taken.items() if count > 1}
    return Count(
        wanted=len(ledger),
        got=len(taken),
        taken=taken.total(),
        extra=sum(extra.values()),
        extra_unmarked=sum(
            ledger[message_id]["copies"] < 1 + more or marked[message_id] < more
            for message_id, more in extra.items()
        ),
        ids_apart=sum(len(of_one) > 1 for of_one in ids.values()),
    )


def wait_until_sent(house: House, wave: str, mails: int, *, seconds: float) -> float:
    """Wait until the ledger has `mails` mails of the wave sent and none owed; returns the seconds."""
    began = time.monotonic()
    while True:
        status = house.json("wave", "status", wave)
        sent = sum(states.get("sent", 0) for states in status["messages"].values())
        if status["owed"] == 0 and sent == mails:
            return time.monotonic() - began
        assert time.monotonic() < began + seconds, f"not in {seconds} s: {status['messages']}"
        time.sleep(0.5)


def wait_for_mails(relay: Relay, mails: int, *, seconds: float = 60) -> None:
    """Wait until the relay has taken so many mails."""
    wait_for(lambda: len(relay.received) >= mails, seconds=seconds, what=f"{mails} mails at the relay")


def children_of(pid: int) -> list[int]:
    """The processes that this one has started, all the way down."""
    try:
        own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in map(int, own) for found in (child, *children_of(child))]


def kill_tree(pid: int, kill: Callable[[int, int], None] = os.kill) -> None:
    """End a process and all that it has started at once, without a last word."""
    for victim in (pid, *children_of(pid)):
        try:
            kill(victim, 9)
        except ProcessLookupError:
            continue


def export(house: House, *words: str) -> list[dict[str, str]]:
    """The rows of `surveyd responses export`."""
    path = house.folder / "export.csv"
    house.run("responses", "export", str(path), *words)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(path: Path, head: list[str], rows: Iterator[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
