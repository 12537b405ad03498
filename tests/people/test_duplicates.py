"""Which contacts and accounts are probably one, why, and that looking for them grows as the lists do."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.changes import CONTACTS, count_change
from surveyd.base.keyset import Wanted
from surveyd.people import duplicates
from surveyd.people.access import NOBODY, SYSTEM
from surveyd.people.duplicate_lists import count_pairs, find_pair, list_pairs, say_apart
from surveyd.people.duplicate_models import DuplicatePair, PairState, SameKind
from surveyd.people.duplicate_search import (
    drop_vanished,
    is_wanted,
    keep_added,
    keep_changed,
    news_of,
    note_search,
    seen_now,
    take_search,
)
from surveyd.people.duplicates import LIKELY, Company, Person, find_duplicates
from surveyd.people.likeness import ALIKE, company_words, keys_of, likeness, words_of
from surveyd.people.models import Contact
from tests.fixtures.cast import make_cast

HOSTILE = (
    "",
    " ",
    "\0",
    "Dr.",
    "'; DROP TABLE contacts; --",
    "<b>" * 50,
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "🙂🙂",
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Adler", "Adler, Anna"),
        ("Dr. Jörg Müller", "Joerg Mueller"),
        ("José García", "JOSE GARCIA"),
        ("Søren Åberg", "Soren Aberg"),
        ("Иван Петров", "Ivan Petrov"),
        ("Anna Maria Adler", "Anna Adler"),
        ("A. Adler", "Anna Adler"),
        ("Peter Schmidt", "Peter Schmitt"),
        ("Katharina Meyer", "Catharina Meier"),
    ],
)
def test_two_spellings_of_a_name_are_alike_and_meet(one: str, other: str) -> None:
    first, second = words_of(one), words_of(other)
    assert likeness(first, second) >= ALIKE
    assert set(keys_of(first)) & set(keys_of(second))


@pytest.mark.parametrize(
    ("one", "other"), [("Anna Adler", "Aziz Ahmed"), ("Anna Adler", "Anna Vogel"), ("", "Anna"), ("", "")]
)
def test_two_names_are_not_one(one: str, other: str) -> None:
    assert likeness(words_of(one), words_of(other)) < ALIKE


def test_a_company_is_known_without_its_legal_form() -> None:
    acme = company_words("Acme Werke GmbH & Co. KG")
    assert acme == company_words("ACME WERKE Ltd.") == company_words("Acme Werke, Inc.")
    assert company_words("GmbH") == ("gmbh",)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_is_a_name(name: str) -> None:
    for words in (words_of(name), company_words(name)):
        assert 0 <= likeness(words, words_of("Anna Adler")) <= 100
        assert list(keys_of(words)) is not None


def person(key: int, name: str = "Anna Adler", account: int = 1, **facts: str) -> Person:
    address, phone = facts.get("email", ""), facts.get("phone", "")
    return Person(key, account, words_of(name), address, facts.get("domain", ""), phone)


def reasons(*people: Person) -> dict[tuple[int, int], tuple[str, ...]]:
    return {(one.low_id, one.high_id): one.reasons for one in duplicates.alike_people(people)}


class TestPeople:
    def test_one_address_at_two_accounts(self) -> None:
        [found] = duplicates.alike_people(
            [person(1, email="a@x.test"), person(2, account=2, email="a@x.test")]
        )
        assert found.score >= LIKELY
        assert found.reasons == ("same_address", "same_name")

    def test_one_number_in_two_spellings(self) -> None:
        people = (person(1, phone="+491"), person(2, "Ana Adler", account=2, phone="+491"))
        assert reasons(*people) == {(1, 2): ("same_number", "similar_name")}

    def test_one_name_at_one_company_by_its_domain(self) -> None:
        people = (person(1, domain="x.test"), person(2, "Adler, Anna", account=2, domain="x.test"))
        assert reasons(*people) == {(1, 2): ("same_name", "same_domain")}

    def test_one_name_at_two_companies_is_two_people(self) -> None:
        assert reasons(person(1, domain="x.test"), person(2, account=2, domain="y.test")) == {}

    def test_a_shared_mailbox_or_switchboard_makes_nobody_one(self) -> None:
        names = ("Anna Adler", "Ben Vogel", "Clara Roth", "David Stein")
        people = [person(n, name, email="info@x.test", phone="+491") for n, name in enumerate(names, 1)]
        assert reasons(*people) == {}

    def test_one_and_nobody(self) -> None:
        assert reasons() == reasons(person(1)) == {}


def company(key: int, name: str, country: str = "DE", parent: int | None = None, *domains: str) -> Company:
    return Company(key, company_words(name), name, country, parent, set(domains))


class TestCompanies:
    def test_legal_forms_and_spellings(self) -> None:
        found = duplicates.alike_companies(
            [company(1, "Südwerk GmbH"), company(2, "Suedwerk AG"), company(3, "Südwerke Holding")]
        )
        kinds = {(one.low_id, one.high_id): one.reasons for one in found}
        assert kinds[1, 2] == ("same_company",)
        assert kinds[1, 3] == kinds[2, 3] == ("similar_company",)

    def test_a_daughter_is_no_double(self) -> None:
        assert not list(duplicates.alike_companies([company(1, "Acme AG"), company(2, "Acme", "DE", 1)]))

    def test_another_country_makes_it_less_sure(self) -> None:
        [found] = duplicates.alike_companies([company(1, "Acme GmbH"), company(2, "Acme Ltd", "GB")])
        assert found.score < LIKELY
        assert found.reasons == ("same_company", "other_country")

    def test_two_accounts_whose_contacts_share_a_domain(self) -> None:
        pair = [company(1, "Alder", "DE", None, "x.test"), company(2, "Birch", "DE", None, "x.test")]
        [found] = duplicates.alike_companies(pair)
        assert found.reasons == ("shared_domain",)
        many = [
            company(n, name, "DE", None, "x.test") for n, name in enumerate(("Alder", "Birch", "Cedar"), 1)
        ]
        assert not list(duplicates.alike_companies(many))


@pytest.mark.parametrize("alike", [True, False])
def test_comparing_grows_as_the_list_does(monkeypatch: pytest.MonkeyPatch, alike: bool) -> None:
    def compared(count: int) -> int:
        """How many names are compared among so many people of one account, who share a key or do not."""
        calls = 0

        def counting(one: tuple[str, ...], other: tuple[str, ...]) -> int:
            nonlocal calls
            calls += 1
            return likeness(one, other)

        monkeypatch.setattr(duplicates, "likeness", counting)
        names = (f"Anna Adler{n}" if alike else f"P{n} Q{n}" for n in range(count))
        list(duplicates.alike_people([person(n, name) for n, name in enumerate(names, 1)]))
        return calls

    # Two keys a name, and of each key the neighbours.
    for count in (300, 3000):
        assert compared(count) <= 2 * duplicates.WIDEST * count


def search(session: Session, now: datetime) -> None:
    news = news_of(session, find_duplicates(session))
    keep_added(session, news.added, now=now)
    keep_changed(session, news.changed)
    drop_vanished(session, news.vanished)
    session.expire_all()


def twice(session: Session, now: datetime) -> tuple[int, int]:
    """Anna is here twice: her contact's id and the other one's."""
    people = make_cast(session, now)
    facts = {"account_id": people.nordwind, "created_at": now, "updated_at": now}
    other = Contact(external_id="C-other", name="Adler, Anna", email=people.anna.email.upper(), **facts)
    session.add(other)
    session.flush()
    return people.anna.id, other.id


class TestSearch:
    def test_what_is_found_is_kept_once(self, session: Session, now: datetime) -> None:
        ids = twice(session, now)
        for _time in range(2):
            search(session, now)
        pair = session.scalars(select(DuplicatePair)).one()
        assert (pair.low_id, pair.high_id, pair.state) == (*ids, PairState.FOUND)
        page = list_pairs(session, Wanted(sort="-score", filters={}), scope=SYSTEM)
        assert [(line.low.name, line.high.name) for line in page.lines] == [("Anna Adler", "Adler, Anna")]
        assert (count_pairs(session, scope=SYSTEM), count_pairs(session, scope=NOBODY)) == (1, 0)
        assert list_pairs(session, Wanted(sort="-score"), scope=NOBODY).lines == ()

    def test_what_is_none_any_more_is_dropped_and_what_changed_told_anew(
        self, session: Session, now: datetime
    ) -> None:
        ids = twice(session, now)
        search(session, now)
        before = session.scalars(select(DuplicatePair.score)).one()
        other = update(Contact).where(Contact.id == ids[1])
        session.execute(other.values(name="Otto Vogel"))
        search(session, now)
        assert session.scalars(select(DuplicatePair.score)).one() < before
        session.execute(other.values(email="otto@vogel.test"))
        search(session, now)
        assert session.scalars(select(DuplicatePair)).all() == []

    def test_who_was_said_to_be_two_stays_two(self, session: Session, now: datetime) -> None:
        ids = twice(session, now)
        search(session, now)
        assert say_apart(session, SameKind.CONTACT, ids, by=None, now=now)
        assert not say_apart(session, SameKind.CONTACT, ids[::-1], by=None, now=now)
        search(session, now)
        pair = find_pair(session, SameKind.CONTACT, ids, scope=SYSTEM)
        assert pair is not None
        assert pair.state is PairState.APART
        assert count_pairs(session, scope=SYSTEM) == 0

    def test_it_is_wanted_when_lists_change_and_taken_once(self, session: Session, now: datetime) -> None:
        assert is_wanted(session, system_now=now)
        assert take_search(session, system_now=now)
        note_search(session, seen_now(session))
        session.expire_all()
        later = now + timedelta(minutes=5)
        assert not is_wanted(session, system_now=later)
        count_change(session, CONTACTS)
        assert not is_wanted(session, system_now=now + timedelta(seconds=10))
        assert is_wanted(session, system_now=later)
        assert take_search(session, system_now=later)
        assert not take_search(session, system_now=later)

    def test_a_list_of_any_length_is_read_some_thousand_rows_at_a_time(
        self, session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        twice(session, now)
        whole = list(find_duplicates(session))
        monkeypatch.setattr(duplicates, "CHUNK", 1)
        assert list(find_duplicates(session)) == whole != []
