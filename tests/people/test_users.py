"""Adding users, and which passwords are taken."""

from datetime import datetime
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.people.models import AuditEntry, StaffRole, User
from surveyd.people.passwords import check_password, make_password
from surveyd.people.users import add_user, end_sessions, find_user, list_users

GOOD = "correct horse, battery"


def test_a_user_is_added_once_and_found_in_any_spelling(session: Session, now: datetime) -> None:
    added = add_user(
        session, " Ada@Company.TEST ", role=StaffRole.ADMIN, name="Ada", password=GOOD, now=now, by=None
    )
    assert added.email == "ada@company.test"
    assert find_user(session, "ADA@company.test ") is added
    assert find_user(session, "eve@company.test") is None
    with pytest.raises(Refused, match="already"):
        add_user(session, "ADA@COMPANY.TEST", role=StaffRole.SUPPORT, now=now, by=None)
    assert list_users(session) == [added]


def test_the_password_is_kept_as_a_hash_of_its_own(session: Session, now: datetime) -> None:
    ada = add_user(session, "ada@company.test", role=StaffRole.ADMIN, password=GOOD, now=now, by=None)
    ben = add_user(session, "ben@company.test", role=StaffRole.SUPPORT, password=GOOD, now=now, by=ada.id)
    assert ada.password and ben.password and ada.password != ben.password
    assert PasswordHasher().verify(ada.password, GOOD)
    assert ada.fs_uniquifier != ben.fs_uniquifier


def test_ending_the_sessions_of_one_leaves_the_others(session: Session, now: datetime) -> None:
    ada = add_user(session, "ada@company.test", role=StaffRole.ADMIN, now=now, by=None)
    ben = add_user(session, "ben@company.test", role=StaffRole.SUPPORT, now=now, by=None)
    before = (ada.fs_uniquifier, ben.fs_uniquifier)
    end_sessions(session, ada.id)
    session.expire_all()
    assert (ada.fs_uniquifier == before[0], ben.fs_uniquifier == before[1]) == (False, True)


def test_adding_leaves_a_line_in_the_trail(session: Session, now: datetime) -> None:
    ada = add_user(session, "ada@company.test", role=StaffRole.ADMIN, now=now, by=None)
    ben = add_user(session, "ben@company.test", role=StaffRole.SUPPORT, now=now, by=ada.id)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.thing_id == ben.id)).one()
    assert (entry.action, entry.thing, entry.user_id, entry.at) == ("add", "user", ada.id, now)
    assert entry.facts == {"role": "support"}


@pytest.mark.parametrize(
    ("email", "facts"),
    [
        ("", {}),
        ("ada", {}),
        ("ada@company.test\nBcc: x@y.test", {}),
        ("ada@company.test", {"role": StaffRole.REGIONAL_LEADER, "region": " "}),
        ("ada@company.test", {"role": StaffRole.REGIONAL_LEADER, "region": "N" * 81}),
        ("ada@company.test", {"name": "Ada\0"}),
        ("ada@company.test", {"password": "short"}),
        ("ada@company.test", {"password": ""}),
    ],
)
def test_a_user_that_breaks_a_rule_is_not_added(
    session: Session, now: datetime, email: str, facts: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        add_user(session, email, **({"role": StaffRole.ADMIN} | facts), now=now, by=None)
    assert session.scalar(select(func.count()).select_from(User)) == 0


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "x" * 257,
        "aaaaaaaaaaaa",
        "123456789012",
        "password1234",
        "Passwort!2026",
        "qwertyuiopas",
        "iloveyou1234",
        "Admin-Admin-1",
        "surveyd12345",
        "ada.lovelace@company.test",
        "ada.lovelace1",
    ],
)
def test_a_password_that_many_would_guess_is_refused(password: str) -> None:
    with pytest.raises(Refused):
        check_password(password, email="ada.lovelace@company.test")


@pytest.mark.parametrize(
    "password", [GOOD, "Zug um Zug nach Süden", "名前と長い言葉を使うのです", "7f3a9c1e5b2d"]
)
def test_a_password_of_ones_own_is_taken(password: str) -> None:
    check_password(password, email="ada@company.test")


def test_a_made_password_is_taken_and_new_each_time() -> None:
    made = {make_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password)
