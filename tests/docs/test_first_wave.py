"""docs/first-wave.md, step by step: its files are written, its commands run, its output compared.

On the page a fenced block with a file's name is that file; a `console` block holds commands after `$ ` and
what they print (`...` is anything), with `exit=N` behind it where they do not end with 0. What happens in
between stands in comments that a reader does not see: `walk: it is INSTANT`, `walk: ADDRESS answers N`.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from surveyd.base.config import HOME
from tests.fixtures.children import wait_for
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay
from tests.reliability.respondents import Respondent

pytestmark = [pytest.mark.processes, pytest.mark.slow]

PAGE = HOME / "docs" / "first-wave.md"
STEP = re.compile(
    r"^```(?P<info>\S[^\n]*)\n(?P<body>.*?)^```$|^<!-- walk: (?P<walk>[^\n]*) -->$", re.DOTALL | re.MULTILINE
)
LINK = re.compile(r"https://survey\.company\.example(/s/[\w-]{22})\s")
THE_DAY = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
ASKED = ("anna.berg@nordwind", "emil.krause@nordwind", "priya.shah@harbour", "louis.martin@lumen")


@dataclass
class Command:
    """One command of the page, and what it prints there."""

    words: list[str]
    printed: list[str] = field(default_factory=list)


def commands(body: str) -> Iterator[Command]:
    """The commands of one console block."""
    command: Command | None = None
    for line in body.splitlines():
        if line.startswith("$ "):
            if command:
                yield command
            program, *words = shlex.split(line[2:])
            assert program == "bin/surveyd", line
            command = Command(words)
        else:
            assert command, f"nothing prints {line!r}"
            command.printed.append(line)
    if command:
        yield command


def is_as_shown(printed: str, shown: str) -> bool:
    """Whether a command printed what the page shows; `...` is anything, as a whole line also nothing."""
    said = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    shown = re.sub(r"\n\.\.\.$", "...", shown, flags=re.MULTILINE)
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("..."))
    return re.fullmatch(pattern, said, re.DOTALL) is not None


class Walk:
    """One reader of the page, with a relay and a clock of their own."""

    def __init__(self, house: House, relay: Relay) -> None:
        self.house, self.relay = house, relay
        # These come from the page's own file.
        for name in ("BASE_URL", "SMTP_URL", "MAIL_DOMAIN"):
            del house.env[f"SURVEYD_{name}"]
        house.set_clock(THE_DAY)

    def step(self, found: re.Match[str]) -> None:
        """Do one step, whatever it is."""
        if found["walk"]:
            self.happen(found["walk"])
            return
        language, *more = found["info"].split()
        if language == "console":
            code = int(more[0].removeprefix("exit=")) if more else 0
            for command in commands(found["body"]):
                self.run(command, code)
        else:
            self.write(more[0], found["body"])

    def write(self, name: str, text: str) -> None:
        """Write a file of the page; the relay that it names is the test's."""
        text = re.sub(r"smtp://[^\"]*", self.relay.url, text)
        (self.house.folder / name).write_text(text, encoding="utf-8")

    def run(self, command: Command, code: int) -> None:
        """Run one command, and compare."""
        shown = "\n".join(command.printed)
        if command.words == ["up"]:
            self.start(shown)
            return
        done = self.house.command(*command.words)
        said = done.stderr + done.stdout
        assert done.returncode == code, said
        assert is_as_shown(said, shown), f"{shlex.join(command.words)} printed\n{said}\nand not\n{shown}"

    def start(self, shown: str) -> None:
        """Start everything, on a port that is free."""
        child = self.house.start("up", "--port", str(self.house.port))
        wait_for(
            lambda: "ready" in self.house.log("up") or child.poll() is not None, seconds=60, what="surveyd up"
        )
        said = self.house.log("up").replace(str(self.house.port), "8000")
        assert is_as_shown(said, shown), said

    def happen(self, what: str) -> None:
        """What the page's reader waits for: a day, or an answer."""
        if what.startswith("it is "):
            self.house.set_clock(datetime.fromisoformat(what.removeprefix("it is ")))
            self.house.run("tick")
            return
        address, _, score = what.partition(" answers ")
        link = LINK.search(self.relay.to(address)[-1].body())
        assert link, f"no link in the mail to {address}"
        respondent = Respondent(f"{self.house.url}{link[1]}")
        assert respondent.answer(int(score))
        respondent.leave()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_can_be_followed_from_two_files_to_the_answers(house: House, relay: Relay) -> None:
    follow(house, relay)


@pytest.mark.full
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_page_can_be_followed_on_postgresql(house: House, relay: Relay) -> None:
    follow(house, relay)


def follow(house: House, relay: Relay) -> None:
    """Walk the whole page, and look at what came of it."""
    walk = Walk(house, relay)
    for found in STEP.finditer(PAGE.read_text(encoding="utf-8")):
        walk.step(found)
    export = (house.folder / "responses.csv").read_text(encoding="utf-8")
    assert [line.split(",")[2] for line in export.splitlines()[1:]] == ["C-1", "C-2"]
    # Anna and Emil answered before day 14: an invitation and thanks. The others got a reminder.
    assert [len(relay.to(f"{address}.example")) for address in ASKED] == [2, 2, 2, 2]
