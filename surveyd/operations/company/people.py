"""The customers of the demo company: accounts by revenue, contacts by account, drawn from one seed.

Revenue is spread so that a fifth of the accounts bring four fifths of it, and larger accounts have more
contacts. The parameters are those of the documented model (docs/demo.md).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from surveyd.operations.company.names import names
from surveyd.operations.company.places import REGIONS, Place
from surveyd.operations.company.staff import with_role
from surveyd.people.models import RelationshipRole, StaffRole

STREAM = 1
MEDIAN_REVENUE = 60_000
REVENUE_SPREAD = 1.7
MOST_CONTACTS = 40
TIERS = ((0.90, "A"), (0.60, "B"), (0.0, "C"))
LATER = (0.80, 0.08, 0.06, 0.06)
"""Which share of the people is there from the first wave, and comes before the second, third and fourth."""
LEAVING = 0.012
"""The share of the addresses that stop to work before each wave."""
NO_EMAIL, NO_PHONE, SHARED_ADDRESS, OWN_LANGUAGE = 0.01, 0.04, 0.006, 0.9
HAS_PARENT = 0.04
UNITS = ("Process control", "Field service", "Laboratory")
PRODUCT_LINES = ("Sensors", "Controllers", "Analysers", "Service plans")
CHANNELS = ("direct", "direct", "partner")
# The model knows three kinds of people; the roles are those that they have here.
DECIDES, INFLUENCES, USES = range(3)
ROLES = {
    DECIDES: ((RelationshipRole.DECISION_MAKER, 1.0),),
    INFLUENCES: ((RelationshipRole.INFLUENCER, 0.55), (RelationshipRole.BUYER, 0.45)),
    USES: (
        (RelationshipRole.USER, 0.88),
        (RelationshipRole.GATEKEEPER, 0.07),
        (RelationshipRole.UNKNOWN, 0.05),
    ),
}
KINDS = (0.25, 0.30, 0.45)
FIRST_DECIDES = 0.75


@dataclass(frozen=True, slots=True)
class SimAccount:
    """One customer. `joins` is the number of the wave before which it is entered."""

    external_id: str
    name: str
    domain: str
    region: int
    place: Place
    branch: str
    unit: str
    channel: str
    product_line: str
    tier: str
    revenue: int
    manager: str
    parent: str
    renewal_days: int
    joins: int


@dataclass(frozen=True, slots=True)
class SimContact:
    """One person. `gone` is the number of the wave from which on the address does not work, else None."""

    external_id: str
    account: int
    kind: int
    role: RelationshipRole
    name: str
    email: str
    phone: str
    language: str
    time_zone: str
    joins: int
    gone: int | None


@dataclass(frozen=True, slots=True)
class People:
    """All accounts and contacts that there will be by the last wave."""

    accounts: tuple[SimAccount, ...]
    contacts: tuple[SimContact, ...]

    @property
    def account_of(self) -> NDArray[np.int64]:
        """The index of each contact's account."""
        return np.array([contact.account for contact in self.contacts])

    @property
    def region_of(self) -> NDArray[np.int64]:
        """The index of each contact's region."""
        return np.array([self.accounts[contact.account].region for contact in self.contacts])

    @property
    def kind_of(self) -> NDArray[np.int64]:
        """Whether each contact decides, influences or uses."""
        return np.array([contact.kind for contact in self.contacts])


def build_people(seed: int, accounts: int) -> People:
    """As many accounts with their contacts: the same ones for the same arguments, on every machine."""
    rng = np.random.default_rng([seed, STREAM])
    revenues = MEDIAN_REVENUE * np.exp(REVENUE_SPREAD * rng.standard_normal(accounts))
    made = _accounts(rng, revenues)
    sizes = _contact_counts(rng, revenues)
    naming = _Naming(rng)
    numbers = count(1)
    contacts: list[SimContact] = []
    for index, account in enumerate(made):
        contacts += [
            _contact(rng, naming, account, index=index, place=place, number=next(numbers))
            for place in range(sizes[index])
        ]
    return People(tuple(made), tuple(_with_shared_addresses(rng, contacts)))


def _contact_counts(rng: Generator, revenues: NDArray[np.float64]) -> NDArray[np.int64]:
    wanted = (1.2 + 2.2 * (revenues / MEDIAN_REVENUE) ** 0.30 - 1) * rng.gamma(4, 0.25, len(revenues))
    return np.clip(1 + rng.poisson(wanted), 1, MOST_CONTACTS)


def _accounts(rng: Generator, revenues: NDArray[np.float64]) -> list[SimAccount]:
    bank = names()
    named = [f"{word} {branch}" for word in bank["companies"].split() for branch in bank["branches"].split()]
    order = rng.permutation(len(named))
    ranks = revenues.argsort().argsort() / len(revenues)
    regions = rng.choice(len(REGIONS), len(revenues), p=[region.share for region in REGIONS])
    made: list[SimAccount] = []
    for number, (revenue, rank, region) in enumerate(zip(revenues, ranks, regions, strict=True)):
        again = f" {number // len(named) + 1}" if number >= len(named) else ""
        name = named[order[number % len(named)]] + again
        places = REGIONS[region].places
        place = places[rng.choice(len(places), p=[one.share for one in places])]
        managers = with_role(StaffRole.ACCOUNT_MANAGER, REGIONS[region].name)
        siblings = _parents(made, int(region)) if rng.random() < HAS_PARENT else []
        made.append(
            SimAccount(
                external_id=f"A-{number + 1:05d}",
                name=f"{name} {bank['legal_forms'][place.country]}",
                domain=f"{_slug(name)}.example",
                region=int(region),
                place=place,
                branch=name.split()[1],
                unit=_pick(rng, UNITS),
                channel=_pick(rng, CHANNELS),
                product_line=_pick(rng, PRODUCT_LINES),
                tier=next(tier for least, tier in TIERS if rank >= least),
                revenue=int(revenue.round(-2)),
                manager=managers[rng.integers(len(managers))].email,
                parent=_pick(rng, siblings) if siblings else "",
                renewal_days=int(rng.integers(20, 720)),
                joins=_joins(rng),
            )
        )
    return made


def _parents(accounts: list[SimAccount], region: int) -> list[str]:
    """Accounts that can have children: in the same region, and nobody's child."""
    return [one.external_id for one in accounts if one.region == region and not one.parent]


def _contact(
    rng: Generator, naming: "_Naming", account: SimAccount, *, index: int, place: int, number: int
) -> SimContact:
    region = REGIONS[account.region]
    decides = place == 0 and rng.random() < FIRST_DECIDES
    kind = DECIDES if decides else int(rng.choice(3, p=KINDS))
    roles = ROLES[kind]
    name, local = naming.draw(region.tongue, account.domain)
    return SimContact(
        external_id=f"C-{number:06d}",
        account=index,
        kind=kind,
        role=roles[rng.choice(len(roles), p=[share for _, share in roles])][0],
        name=name,
        email="" if rng.random() < NO_EMAIL else f"{local}@{account.domain}",
        phone="" if rng.random() < NO_PHONE else _phone(rng, account.place.phone),
        language=(account.place.language or region.language) if rng.random() < OWN_LANGUAGE else "",
        time_zone=account.place.time_zone,
        joins=max(account.joins, _joins(rng)) if place else account.joins,
        gone=_gone(rng),
    )


def _with_shared_addresses(rng: Generator, contacts: list[SimContact]) -> list[SimContact]:
    """A few people who are known twice, at two accounts, under one address."""
    known_twice = rng.random(len(contacts)) < SHARED_ADDRESS
    for index in np.flatnonzero(known_twice[1:]) + 1:
        one, other = contacts[index], contacts[rng.integers(index)]
        if other.email and other.account != one.account:
            contacts[index] = SimContact(
                one.external_id,
                one.account,
                one.kind,
                one.role,
                other.name,
                other.email,
                one.phone,
                one.language,
                one.time_zone,
                one.joins,
                other.gone,
            )
    return contacts


def _joins(rng: Generator) -> int:
    return int(rng.choice(len(LATER), p=LATER))


def _gone(rng: Generator) -> int | None:
    leaves = np.flatnonzero(rng.random(len(LATER)) < LEAVING)
    return int(leaves[0]) if len(leaves) else None


def _pick(rng: Generator, words: Sequence[str]) -> str:
    return words[int(rng.integers(len(words)))]


def _phone(rng: Generator, pattern: str) -> str:
    return "".join(str(rng.integers(10)) if sign == "#" else sign for sign in pattern)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


class _Naming:
    """Names of people; two at one account never have the same address."""

    def __init__(self, rng: Generator) -> None:
        self.rng = rng
        self.taken: set[str] = set()

    def draw(self, tongue: str, domain: str) -> tuple[str, str]:
        """A name and the local part of its address."""
        known = names()["people"][tongue]
        first = _pick(self.rng, tuple(known["first"].split()))
        last = _pick(self.rng, tuple(known["last"].split()))
        local = f"{_slug(first)}.{_slug(last)}"
        address = next(
            f"{local}{more}"
            for more in ("", *map(str, range(2, 99)))
            if f"{local}{more}@{domain}" not in self.taken
        )
        self.taken.add(f"{address}@{domain}")
        return f"{first} {last}", address
