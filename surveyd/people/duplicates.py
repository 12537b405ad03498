"""Probable duplicates among contacts and among accounts: which pairs, how surely, and why.

Only what shares a key (an address, a number, how a name sounds at one company) is compared, and of many with
one key each with its neighbours by name: the work grows as the lists do, and not with their square.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, TypeVar

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from surveyd.people.duplicate_models import SameKind
from surveyd.people.likeness import ALIKE, Words, company_words, keys_of, likeness, words_of
from surveyd.people.mailboxes import company_domain
from surveyd.people.models import Account, Contact

LIKELY = 80
"""From this score on a pair is likely one; below it is possible."""
LEAST = 50
"""What scores less is not shown."""
CHUNK = 5000
WIDEST, NEIGHBOURS = 30, 10
"""Of more with one key, each is compared with so many of its neighbours by name."""
MANY = 3
"""So many with one address, number or domain and different names share it; they are not one."""
SAME, AGREES, ABROAD = 100, 4, 25
"""The most that a pair scores, what a further reason adds, and what two countries take away."""
REASONS = {
    "same_address": "the same e-mail address",
    "same_number": "the same phone number",
    "same_name": "the same name",
    "similar_name": "two spellings of a name",
    "same_account": "at one account",
    "same_domain": "addresses of one company",
    "same_company": "the same name but for its legal form",
    "similar_company": "two spellings of a company",
    "shared_domain": "their contacts' addresses are of one company",
    "other_country": "in two countries",
}
"""Why two may be one, as the command line says it; the pages have words of their own."""


@dataclass(frozen=True, slots=True)
class Found:
    """A pair that is probably one, with the lower id first; `score` is from LEAST to 100."""

    kind: SameKind
    low_id: int
    high_id: int
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """What of a contact is compared; address and domain are in lower case."""

    id: int
    account_id: int
    words: Words
    address: str
    domain: str
    phone: str


@dataclass(frozen=True, slots=True)
class Company:
    """What of an account is compared; `domains` are those of its contacts' addresses."""

    id: int
    words: Words
    name: str
    country: str
    parent_id: int | None
    domains: set[str] = field(default_factory=set)


Each = TypeVar("Each", Person, Company)
Key = tuple[str | int, ...]


def find_duplicates(session: Session) -> Iterator[Found]:
    """Every pair of contacts, then of accounts; reads only, some thousand rows at a time."""
    people = [
        Person(
            row.id,
            row.account_id,
            words_of(row.name),
            row.email.lower(),
            company_domain(row.email),
            row.phone,
        )
        for row in _all(session, _PEOPLE, Contact.id)
    ]
    companies = {
        row.id: Company(row.id, company_words(row.name), row.name, row.country.upper(), row.parent_id)
        for row in _all(session, _COMPANIES, Account.id)
    }
    for one in people:
        if one.domain and one.account_id in companies:
            companies[one.account_id].domains.add(one.domain)
    yield from alike_people(people)
    yield from alike_companies(list(companies.values()))


def alike_people(people: Sequence[Person]) -> Iterator[Found]:
    """The pairs among these contacts."""
    blocks: dict[Key, list[Person]] = defaultdict(list)
    for one in people:
        for key in _keys_of_person(one):
            blocks[key].append(one)
    shared = {key for key, block in blocks.items() if key[0] in ("address", "number") and len(block) >= MANY}
    for one, other in _pairs(blocks):
        score, reasons = _compare_people(one, other, shared=shared)
        if score >= LEAST:
            yield Found(SameKind.CONTACT, one.id, other.id, score, reasons)


def alike_companies(companies: Sequence[Company]) -> Iterator[Found]:
    """The pairs among these accounts; an account and the one above it are no pair."""
    blocks: dict[Key, list[Company]] = defaultdict(list)
    for one in companies:
        for name in {*keys_of(one.words), "".join(one.words)}:
            blocks["name", name].append(one)
        for domain in one.domains:
            blocks["domain", domain].append(one)
    common = {str(key[1]) for key, block in blocks.items() if key[0] == "domain" and len(block) >= MANY}
    for one, other in _pairs(blocks):
        if one.parent_id == other.id or other.parent_id == one.id:
            continue
        score, reasons = _compare_companies(one, other, common=common)
        if score >= LEAST:
            yield Found(SameKind.ACCOUNT, one.id, other.id, score, reasons)


def _keys_of_person(one: Person) -> Iterator[Key]:
    if one.address:
        yield "address", one.address
    if one.phone:
        yield "number", one.phone
    for heard in keys_of(one.words):
        yield "account", one.account_id, heard
        if one.domain:
            yield "domain", one.domain, heard


def _pairs(blocks: Mapping[Key, list[Each]]) -> Iterator[tuple[Each, Each]]:
    """What shares a key, each pair once, the lower id first."""
    seen: set[tuple[int, int]] = set()
    for block in blocks.values():
        for one, other in _within(block):
            if (one.id, other.id) not in seen:
                seen.add((one.id, other.id))
                yield one, other


def _within(block: list[Each]) -> Iterator[tuple[Each, Each]]:
    if len(block) <= WIDEST:
        yield from combinations(sorted(block, key=_by_id), 2)
        return
    ordered = sorted(block, key=_by_name)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 : place + 1 + NEIGHBOURS]:
            yield (one, other) if one.id < other.id else (other, one)


def _by_id(one: Person | Company) -> int:
    return one.id


def _by_name(one: Person | Company) -> tuple[Words, int]:
    return one.words, one.id


def _compare_people(one: Person, other: Person, *, shared: Set[Key]) -> tuple[int, tuple[str, ...]]:
    alike = likeness(one.words, other.words)
    may_be_one, points, reasons = alike >= ALIKE, [0], []
    if one.address and one.address == other.address:
        points.append(95 if may_be_one else 0 if ("address", one.address) in shared else 60)
        reasons.append("same_address")
    if one.phone and one.phone == other.phone:
        points.append(85 if may_be_one else 0 if ("number", one.phone) in shared else 50)
        reasons.append("same_number")
    if may_be_one:
        reasons.append("same_name" if alike == SAME else "similar_name")
        if one.account_id == other.account_id:
            points.append(85 if alike == SAME else 70)
            reasons.append("same_account")
        if one.domain and one.domain == other.domain:
            points.append(80 if alike == SAME else 60)
            reasons.append("same_domain")
    return _together(points), tuple(reasons)


def _compare_companies(one: Company, other: Company, *, common: Set[str]) -> tuple[int, tuple[str, ...]]:
    alike = likeness(one.words, other.words)
    domains = one.domains & other.domains
    points, reasons = [0], []
    if alike >= ALIKE:
        points.append(90 if alike == SAME else 70)
        literally = one.name.strip().casefold() == other.name.strip().casefold()
        word = "same_name" if literally else "same_company"
        reasons.append(word if alike == SAME else "similar_company")
    if domains:
        points.append(80 if alike >= ALIKE else 0 if domains <= common else 55)
        reasons.append("shared_domain")
    score = _together(points)
    if one.country and other.country and one.country != other.country:
        # A company's daughters bear its name.
        score, reasons = score - ABROAD, [*reasons, "other_country"]
    return score, tuple(reasons)


def _together(points: list[int]) -> int:
    """The surest point, and a little for each that agrees with it."""
    return min(SAME, max(points) + AGREES * (sum(point > 0 for point in points) - 1)) if any(points) else 0


def _all(session: Session, query: Select[*tuple[Any, ...]], key: Any) -> Iterator[Row[*tuple[Any, ...]]]:
    after = 0
    while rows := session.execute(query.where(key > after).order_by(key).limit(CHUNK)).all():
        yield from rows
        after = rows[-1].id


_PEOPLE = select(Contact.id, Contact.account_id, Contact.name, Contact.email, Contact.phone).where(
    Contact.merged_into_id.is_(None)
)
_COMPANIES = select(Account.id, Account.name, Account.country, Account.parent_id).where(
    Account.merged_into_id.is_(None)
)
