"""T14: nobody finds a link by trying, no forged header helps, and a good link works whatever others try."""

import http.client
import random
import re
import secrets
import string
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from urllib.parse import urlencode, urlsplit

import pytest

from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay
from tests.reliability.respondents import Respondent, link_in
from tests.reliability.stage import import_company, launch_wave

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
ALPHABET = string.ascii_letters + string.digits + "-_"
LETTERS = 22
"""Each stands for six bits, so that 22 hold 128."""
WRONG_A_MINUTE = 30
WRONG_SIGN_INS = 10
ADMIN = "admin@company.test"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
LIES = {"X_Forwarded_For": "9.9.9.9", "X_Real_IP": "9.9.9.9", "Forwarded": "for=9.9.9.9"}


@pytest.mark.full
def test_a_hundred_thousand_guesses(house: House, relay: Relay, measured: Measured) -> None:
    _guess(house, relay, measured, people=1000, guesses=100_000)


def test_a_few_hundred_guesses(house: House, relay: Relay, measured: Measured) -> None:
    _guess(house, relay, measured, people=40, guesses=300)


def _guess(house: House, relay: Relay, measured: Measured, *, people: int, guesses: int) -> None:
    import_company(house, [f"c{at}@customer.test" for at in range(people)])
    launch_wave(house, WAVE)
    house.run("init", "--email", ADMIN, "--password-stdin", stdin="four muddy otters keep bees\n")
    house.run("tick")
    links = [link_in(mail) for mail in relay.received]
    tokens = [link.rpartition("/")[2] for link in links]
    _look_random(tokens, people)
    house.start("web")
    wrong = [_page(f"{house.url}/s/{guess}") for guess in islice(_wrong(tokens), 3)]
    guesser = Guesser(Respondent(links[0]), tokens, Attempt(house.url))
    guesser.go(guesses)
    statuses = guesser.statuses
    minutes = guesser.seconds / 60 + 1
    measured(
        tokens=people,
        guesses=guesses,
        hits=statuses[200],
        seconds=guesser.seconds,
        not_found=statuses[404],
    )
    house.run("wave", "cancel", WAVE, "--yes")
    _tell_nothing(wrong, [_page(link) for link in links[:2]])
    assert statuses.total() == guesses
    assert statuses.keys() <= {404, 429}
    assert WRONG_A_MINUTE - 3 <= statuses[404] <= WRONG_A_MINUTE * (minutes + 1)
    assert guesser.good == {200}
    assert guesser.sign_ins == [200] * WRONG_SIGN_INS + [429]


@dataclass
class Attempt:
    """Somebody who tries to sign in with wrong passwords, each time in a browser of its own."""

    url: str

    def sign_in(self) -> int:
        """One wrong password; the status of the answer."""
        parts = urlsplit(self.url)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        line.request("GET", "/staff/login")
        page = line.getresponse()
        found = CSRF.search(page.read().decode())
        assert found
        cookie = (page.headers["Set-Cookie"] or "").partition(";")[0]
        fields = urlencode({"csrf_token": found[1], "email": ADMIN, "password": secrets.token_urlsafe(9)})
        kind = "application/x-www-form-urlencoded"
        line.request("POST", "/staff/login", fields, {"Cookie": cookie, "Content-Type": kind})
        status = line.getresponse().status
        line.close()
        return status


@dataclass
class Guesser:
    """Somebody who tries links, with a good one and a wrong password in between."""

    respondent: Respondent
    tokens: list[str]
    attempt: Attempt
    statuses: Counter[int] = field(default_factory=Counter)
    good: set[int] = field(default_factory=set)
    sign_ins: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def go(self, guesses: int) -> None:
        """Try so many wrong tokens, every other one under a forged address."""
        began = time.monotonic()
        each = guesses // (WRONG_SIGN_INS + 2)
        for at, token in enumerate(islice(_wrong(self.tokens), guesses)):
            lies = LIES if at % 2 else {}
            self.statuses[self.respondent.ask("GET", f"/s/{token}", None, **lies)[0]] += 1
            if at % each == 0 and len(self.sign_ins) <= WRONG_SIGN_INS:
                self.sign_ins.append(self.attempt.sign_in())
                self.good.add(self.respondent.ask(path=f"/s/{random.choice(self.tokens)}")[0])
        self.seconds = time.monotonic() - began
        self.respondent.leave()


def _wrong(tokens: list[str]) -> Iterator[str]:
    """Tokens that look right: random ones, and good ones with a letter exchanged or their case turned."""
    known = set(tokens)
    chance = random.Random(14)
    while True:
        token = chance.choice(tokens)
        at = chance.randrange(LETTERS)
        for guess in (
            secrets.token_urlsafe(16),
            token[:at] + chance.choice(ALPHABET) + token[at + 1 :],
            token.swapcase(),
        ):
            if guess not in known:
                yield guess


def _look_random(tokens: list[str], people: int) -> None:
    """Length, letters, no order and no common beginning."""
    assert len(set(tokens)) == people
    assert all(re.fullmatch(r"[\w-]{22}", token) for token in tokens)
    for place in range(LETTERS - 1):
        # The last letter holds two bits only.
        assert len({token[place] for token in tokens}) > min(people, len(ALPHABET)) / 2
    assert len({token[:6] for token in tokens}) == people
    rises = sum(one < next_one for one, next_one in pairwise(tokens))
    # A fair coin, six deviations wide: in order, all would rise.
    assert abs(rises - people / 2) < 6 * (people / 12) ** 0.5 + 1


def _tell_nothing(wrong: list[tuple[int, str]], closed: list[tuple[int, str]]) -> None:
    """A wrong and a closed link differ in a sentence that anybody may read, and in no name."""
    assert [status for status, _ in (*wrong, *closed)] == [404, 404, 404, 410, 410]
    assert len({text for _, text in wrong}) == len({text for _, text in closed}) == 1
    for _, text in (*wrong, *closed):
        assert not re.search(r"Contact \d|Customer \d|customer\.test|2026-h1", text)


def _page(link: str) -> tuple[int, str]:
    """The status, and the page without the link itself."""
    respondent = Respondent(link)
    status, html = respondent.ask()
    respondent.leave()
    return status, html.replace(link[-LETTERS:], "")
