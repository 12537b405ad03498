"""Pages of duplicates: the list, two side by side, one merged, and two that stay two."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.people.duplicate_models import DuplicatePair, Merge, PairState, SameKind
from surveyd.people.models import Account, Contact, Upload, UploadState
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

HOSTILE = "<script>alert('Anna')</script> \N{RIGHT-TO-LEFT OVERRIDE} {{ 7 * 7 }}"


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def pair(office: Office, writer: Transaction) -> str:
    """Anna and Aziz were found alike; the address of their page."""
    return f"/staff/duplicates/contact/{add_pair(writer, office.cast.anna.id, office.cast.aziz.id)}"


def add_pair(writer: Transaction, low: int, high: int, score: int = 90) -> str:
    with writer() as session:
        facts = {"score": score, "reasons": ["same_name", "same_account"], "found_at": NOW}
        session.add(DuplicatePair(kind=SameKind.CONTACT, low_id=low, high_id=high, **facts))
    return f"{low}/{high}"


def add_people(writer: Transaction, account_id: int, count: int) -> list[int]:
    with writer() as session:
        facts = {"account_id": account_id, "created_at": NOW, "updated_at": NOW}
        added = [Contact(external_id=f"D-{n}", name=f"Doris {n}", **facts) for n in range(count)]
        session.add_all(added)
        session.flush()
        return [one.id for one in added]


def test_an_empty_list_says_what_comes(admin: Staff) -> None:
    page = admin.get("/staff/duplicates").text
    assert "Nobody is here twice" in page
    assert "Import a list" in page


def test_the_list_is_narrowed_and_paged_with_the_same_statements(
    office: Office,
    admin: Staff,
    writer: Transaction,
    statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    people = add_people(writer, office.cast.nordwind, 60)
    counts, page = [], ""
    for first, last in ((0, 2), (2, 59)):
        for place in range(first, last):
            add_pair(writer, people[place], people[place + 1], score=50 + place % 40)
        with statements() as said:
            page = admin.get("/staff/duplicates").text
        counts.append(len(said))
    assert counts[0] == counts[1]
    assert "59 pairs may be one" in page
    assert page.count("Compare") == 50
    assert "More pairs" in page
    assert "No pair is like that" in admin.get("/staff/duplicates?kind=account").text
    assert "10 pairs may be one" in admin.get("/staff/duplicates?surety=likely").text


def test_two_are_merged_as_was_chosen(office: Office, admin: Staff, pair: str, reader: Transaction) -> None:
    page = admin.get(pair).text
    assert "Are Anna Adler and Aziz Ahmed one?" in page
    assert "1 answer" in page
    anna, aziz = office.cast.anna, office.cast.aziz
    fields = {"kept": "second", "side-name": "first", "side-email": "second", "side-role": "second"}
    first, second = (admin.post(pair, **fields) for _time in range(2))
    for answer in (first, second):
        assert (answer.status_code, answer.location) == (303, "/staff/duplicates?told=merged")
    with reader() as session:
        kept = session.get_one(Contact, aziz.id)
        assert (kept.name, kept.email, kept.role.value) == (anna.name, aziz.email, "user")
        assert session.scalars(select(Merge)).one().gone_id == anna.id
        assert session.scalars(select(DuplicatePair)).all() == []
    assert "They are one now" in admin.get("/staff/duplicates?told=merged").text
    assert admin.get(pair).status_code == 404


def test_a_choice_that_is_none_is_said_beside_the_form(admin: Staff, pair: str, reader: Transaction) -> None:
    answer = admin.post(pair, **{"kept": "neither", "side-name": "first"})
    assert answer.status_code == 422
    assert "Choose one of the two" in answer.text
    with reader() as session:
        assert session.scalars(select(Merge)).all() == []


def test_two_stay_two_for_good(admin: Staff, pair: str, reader: Transaction) -> None:
    answer = admin.post(f"{pair}/apart")
    assert answer.location == "/staff/duplicates?told=apart"
    assert "Nobody is here twice" in admin.get("/staff/duplicates").text
    with reader() as session:
        assert session.scalars(select(DuplicatePair)).one().state is PairState.APART


def test_accounts_are_compared_by_their_own_fields(office: Office, admin: Staff, writer: Transaction) -> None:
    low, high = office.cast.nordwind, office.cast.sudwerk
    with writer() as session:
        session.execute(update(Account).where(Account.id == low).values(dimensions={"Fleet": HOSTILE}))
    page = admin.get(f"/staff/duplicates/account/{low}/{high}").text
    assert "Fleet" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "Mona Manager" in page
    assert admin.post(f"/staff/duplicates/account/{low}/{high}", kept="first").status_code == 303


def test_hostile_names_stay_text(office: Office, admin: Staff, pair: str, writer: Transaction) -> None:
    with writer() as session:
        session.execute(update(Contact).where(Contact.id == office.cast.anna.id).values(name=HOSTILE))
    for path in ("/staff/duplicates", pair):
        page = admin.get(path).text
        assert "<script>alert" not in page
        assert "{{ 7 * 7 }}" in page


@pytest.mark.parametrize("path", ["contact/1/1", "contact/1/999999", "letter/1/2", "account/1/999999"])
def test_what_is_not_there_is_not_found(admin: Staff, path: str) -> None:
    assert admin.get(f"/staff/duplicates/{path}").status_code == 404
    assert admin.post(f"/staff/duplicates/{path}", kept="first").status_code == 404
    assert admin.post(f"/staff/duplicates/{path}/apart").status_code == 404


@pytest.mark.parametrize("who", ["mona", "leader", "outsider", "support", "executive"])
def test_only_admins_see_duplicates(office: Office, sign_in: SignIn, pair: str, who: str) -> None:
    staff = sign_in(getattr(office.cast, who))
    assert staff.get("/staff/duplicates").status_code == 403
    assert staff.get(pair).status_code == 403
    assert staff.post(pair, kept="first").status_code == 403
    assert staff.post(f"{pair}/apart").status_code == 403


def test_an_import_leads_there(admin: Staff, pair: str, writer: Transaction, office: Office) -> None:
    with writer() as session:
        upload = applied(session, office.cast.admin.id)
    page = admin.get(f"/staff/imports/{upload}").text
    assert "Look at 1 pair that may be one" in page


def applied(session: Session, by: int) -> int:
    upload = Upload(
        kind="contacts",
        name="people.csv",
        size=10,
        lines=1,
        state=UploadState.APPLIED,
        by_id=by,
        at=NOW,
        applied_at=NOW + timedelta(seconds=1),
        asked_at=NOW,
        result={},
    )
    session.add(upload)
    session.flush()
    return upload.id
