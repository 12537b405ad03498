"""A company with as many answers as wanted, written straight into the tables: twelve seconds for 100,000.

Waves of a program, one after the other, the last one open; 25 items, some not answered. What a person says
hangs on the account, so that intervals are clustered as they are in life.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

import numpy as np

from benchmarks.installation import Installation
from surveyd.base.database import dialect_of, writing
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.programs import NewProgram, create_program
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import load
from surveyd.people.models import StaffRole, User
from surveyd.results.wave_arrays import Small
from surveyd.scoring.arrays import Floats

ONE_PAGE = Path(__file__).with_name("one_page.yaml")
DRIVERS = 10
COUNTRIES = ("AT", "BR", "CH", "CL", "DE", "ES", "FR", "GB", "IT", "JP", "MX", "NL", "PE", "PL", "US")
REGIONS = ("Americas", "Asia", "DACH", "North", "South")
TIERS = ("A", "B", "C")
SECTORS = ("Food", "Metal", "Paper", "Pharma", "Steel", "Wind")
ROLES = ("decision_maker", "influencer", "user", "buyer")
ATTITUDE = ("satisfied", "better", "trust", "enjoy")
STAGES = ("evaluating", "buying", "onboarding", "delivery", "support", "billing")
ANSWERED = 0.7
MISSING = 0.04
CHUNK = 20_000


@dataclass(frozen=True)
class Company:
    """How large it is."""

    accounts: int
    contacts: int
    waves: int
    answers: int

    @property
    def asked(self) -> int:
        """How many each wave asks."""
        return min(self.contacts, int(self.answers / self.waves / ANSWERED))


def questionnaire() -> Questionnaire:
    """The page of seventeen items with ten more drivers: 25 of them are answered on a scale."""
    text = ONE_PAGE.read_text(encoding="utf-8")
    line = (
        "      - {{id: driver{0}, kind: rating, measures: driver, scale: satisfied, na: true, text: {0}}}\n"
    )
    more = "".join(line.format(number) for number in range(DRIVERS)).replace("text: ", "text: Point ")
    before, mark, after = text.partition("      - id: contact_me\n")
    return load(before + more + mark + after, "many.yaml")


def fill(place: Installation, company: Company) -> list[int]:
    """Write the company into an empty database; returns the waves' ids, the open one last."""
    rng = np.random.default_rng(7)
    with place.app.app_context():
        wave_ids, version_id, manager_ids = _frame(place, company)
        stamp = place.now.strftime("%Y-%m-%d %H:%M:%S.%f")
        loyal = rng.normal(0, 0.7, company.accounts)
        _write("accounts", _accounts(rng, company, manager_ids, stamp))
        _write("contacts", _contacts(rng, company, stamp))
        for number, wave_id in enumerate(wave_ids):
            one = _Wave(company, wave_id, version_id, 1 + number * company.asked, stamp)
            one.write(rng, loyal)
    return wave_ids


def _frame(place: Installation, company: Company) -> tuple[list[int], int, list[int]]:
    with writing() as session:
        facts = {"role": StaffRole.ACCOUNT_MANAGER, "created_at": place.now}
        users = [
            User(email=f"m{n}@company.test", name=f"Manager {n:03}", fs_uniquifier=f"m{n}", **facts)
            for n in range(50)
        ]
        session.add_all(users)
        program = create_program(
            session,
            NewProgram("many", "Example Works", "Eva Executive", "survey@company.test", "reply@company.test"),
            questionnaire=questionnaire(),
            now=place.now,
        )
        waves = [
            Wave(
                program_id=program.id,
                slug=f"wave-{number + 1:02}",
                version_id=program.version_id,
                state=WaveState.OPEN if number == company.waves - 1 else WaveState.CLOSED,
                scheduled_at=place.now - timedelta(days=182 * (company.waves - number)),
                launched_at=place.now - timedelta(days=182 * (company.waves - number)),
                day_zero=place.now - timedelta(days=182 * (company.waves - number)),
                closes_at=place.now + timedelta(days=30),
            )
            for number in range(company.waves)
        ]
        session.add_all(waves)
        session.flush()
        return [wave.id for wave in waves], program.version_id, [user.id for user in users]


def _accounts(
    rng: np.random.Generator, company: Company, managers: list[int], stamp: str
) -> Iterator[dict[str, Any]]:
    revenue = 60_000_00 * np.exp(1.7 * rng.normal(size=company.accounts))
    country = rng.integers(0, len(COUNTRIES), company.accounts)
    for number in range(company.accounts):
        yield {
            "id": number + 1,
            "external_id": f"A-{number}",
            "name": f"Customer {number}",
            "country": COUNTRIES[country[number]],
            "region": REGIONS[country[number] % len(REGIONS)],
            "business_unit": f"Unit {number % 4}",
            "branch": f"Branch {number % 12}",
            "channel": ("direct", "partner")[number % 2],
            "product_line": f"Line {number % 7}",
            "tier": TIERS[number % 10 // 4],
            "revenue_cents": None if number % 20 == 0 else int(revenue[number]),
            "currency": "EUR",
            "manager_id": managers[number % len(managers)],
            "status": "active",
            "dimensions": f'{{"Sector": "{SECTORS[number % len(SECTORS)]}"}}',
            "created_at": stamp,
            "updated_at": stamp,
        }


def _contacts(rng: np.random.Generator, company: Company, stamp: str) -> Iterator[dict[str, Any]]:
    roles = rng.integers(0, len(ROLES), company.contacts)
    for number in range(company.contacts):
        yield {
            "id": number + 1,
            "external_id": f"C-{number}",
            "account_id": number % company.accounts + 1,
            "name": f"Nina Example-Person {number}",
            "email": f"c{number}@customer.test",
            "phone": "",
            "language": ("en", "de", "fr")[number % 3],
            "time_zone": "Europe/Berlin",
            "role": ROLES[roles[number]],
            "consent": "",
            "active": True,
            "do_not_phone": False,
            "created_at": stamp,
            "updated_at": stamp,
        }


@dataclass(frozen=True)
class _Wave:
    """One wave: its invitations have the ids from `first` on, and a response and its score that of theirs."""

    company: Company
    id: int
    version_id: int
    first: int
    stamp: str

    def write(self, rng: np.random.Generator, loyal: Floats) -> None:
        """Write the invitations of a wave, and what came of them."""
        company = self.company
        asked = np.sort(rng.choice(company.contacts, company.asked, replace=False))
        answered = np.sort(rng.choice(company.asked, company.answers // company.waves, replace=False))
        accounts = asked[answered] % company.accounts
        ids = self.first + answered
        _write("invitations", map(self._invitation, range(company.asked), asked.tolist()))
        _write("responses", map(self._response, ids.tolist(), asked[answered].tolist()))
        _write("scores", _Said(rng, loyal[accounts]).scores(ids, accounts, self.id, self.stamp))

    def _invitation(self, place: int, contact: int) -> dict[str, Any]:
        return self._person(self.first + place, contact) | {
            "token_digest": f"{self.first + place:064d}",
            "language": "en",
            "time_zone": "Europe/Berlin",
            "state": "answered",
            "invited_at": self.stamp,
        }

    def _response(self, number: int, contact: int) -> dict[str, Any]:
        return self._person(number, contact) | {
            "invitation_id": number,
            "receipt": f"{number:010d}",
            "answers": "{}",
            "channel": "phone" if number % 6 == 0 else "web",
            "source": "",
            "given_at": self.stamp,
            "received_at": self.stamp,
        }

    def _person(self, number: int, contact: int) -> dict[str, Any]:
        return {
            "id": number,
            "wave_id": self.id,
            "contact_id": contact + 1,
            "account_id": contact % self.company.accounts + 1,
            "version_id": self.version_id,
        }


class _Said:
    """What so many people say: five-point items around how loyal their accounts are."""

    def __init__(self, rng: np.random.Generator, loyal: Floats) -> None:
        names = [item.id for item in questionnaire().items.values() if item.scale and item.id != "recommend"]
        size = len(loyal)
        self.items = {
            name: np.where(
                rng.random(size) < MISSING,
                -1,
                np.clip(np.rint(3.7 + 0.7 * loyal + rng.normal(size=size)), 1, 5),
            ).astype(np.int8)
            for name in names
        }
        rating = np.clip(np.rint(8 + 1.2 * loyal + 1.8 * rng.normal(size=size)), 0, 10)
        self.rating = rating.astype(np.int8)
        self.attitude = _mean([self.items[name] for name in ATTITUDE])
        self.intent = _mean([self.items["renew"], 6 - self.items["alternatives"]])

    def scores(
        self, ids: Iterable[int], accounts: Iterable[int], wave_id: int, stamp: str
    ) -> Iterator[dict[str, Any]]:
        """One row a response; its id is the response's."""
        names = list(self.items)
        matrix = np.column_stack([self.items[name] for name in names]).tolist()
        indexes = zip(self.attitude.tolist(), self.intent.tolist(), strict=True)
        people = zip(ids, accounts, self.rating.tolist(), matrix, indexes, strict=True)
        for number, account, rating, answers, (attitude, intent) in people:
            given = {name: answer for name, answer in zip(names, answers, strict=True) if answer > 0}
            stages = ", ".join(f'"{name}": {25.0 * given[name] - 25}' for name in STAGES if name in given)
            inputs = ", ".join(f'"{name}": {answer}' for name, answer in given.items())
            likes, stays = attitude >= 62.5, intent >= 62.5
            yield {
                "id": int(number),
                "response_id": int(number),
                "wave_id": wave_id,
                "account_id": int(account) + 1,
                "rule_version": "1",
                "recommendation": rating,
                "category": "promoter" if rating > 8 else "passive" if rating > 6 else "detractor",
                "attitude": attitude,
                "intent": intent,
                "growth": 25.0 * given["grow"] - 25 if "grow" in given else None,
                "ease": 25.0 * given["easy"] - 25 if "easy" in given else None,
                "segment": ("high_risk", "trapped", "accessible", "truly_loyal")[2 * likes + stays],
                "severity": 0.0,
                "stages": f"{{{stages}}}",
                "inputs": f'{{"recommend": {rating}, {inputs}}}' if inputs else f'{{"recommend": {rating}}}',
                "explanation": "[]",
                "scored_at": stamp,
            }


def _mean(items: list[Small]) -> Floats:
    found: Floats = np.mean([np.clip(item, 1, 5).astype(np.float64) for item in items], axis=0)
    return 25 * found - 25


def _write(table: str, rows: Iterator[Mapping[str, Any]]) -> None:
    """Write rows by the driver itself: COPY on PostgreSQL, prepared INSERTs on SQLite."""
    first = next(rows)
    every = chain([first], rows)
    with writing() as session:
        driver = cast(Any, session.connection().connection.driver_connection)
        if dialect_of(session) == "postgresql":
            with driver.cursor().copy(f"COPY {table} ({', '.join(first)}) FROM STDIN") as copy:
                for row in every:
                    copy.write_row([*row.values()])
            return
        marks = ", ".join("?" * len(first))
        # S608: table and columns are names in this file.
        text = f"INSERT INTO {table} ({', '.join(first)}) VALUES ({marks})"
        while chunk := list(islice(every, CHUNK)):
            driver.executemany(text, [[*row.values()] for row in chunk])
