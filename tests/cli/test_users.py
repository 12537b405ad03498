"""`surveyd init` and `surveyd user add`: the first admin once, passwords shown once."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click import Command
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from surveyd.base.errors import Refused
from surveyd.cli.users import init, user
from surveyd.people.models import StaffRole, User
from tests.fixtures.apps import Transaction

PASSWORD = "a phrase of our own"
Say = Callable[..., Result]


@pytest.fixture
def say(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`say(command, *words, typed="")` runs a command with that on its standard input."""
    monkeypatch.setenv("SURVEYD_DATA", str(tmp_path / "data"))

    def run(command: Command, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(command, list(words), obj=lambda config: app, input=typed)

    return run


def users(reader: Transaction) -> dict[str, StaffRole]:
    with reader() as session:
        return {found.email: found.role for found in session.scalars(select(User))}


def password_of(reader: Transaction, email: str) -> str:
    with reader() as session:
        return session.scalars(select(User.password).where(User.email == email)).one() or ""


def test_init_makes_one_admin_however_often_it_runs(say: Say, reader: Transaction) -> None:
    first = say(init, "--email", "Ada@company.test")
    shown = first.stdout.rsplit(" ", 1)[1].strip()
    kept = password_of(reader, "ada@company.test")
    assert first.exit_code == 0
    assert PasswordHasher().verify(kept, shown)
    again = say(init, "--email", "ada@company.test", "--password-stdin", typed=f"{PASSWORD}\n")
    assert again.exit_code == 0
    assert "already" in again.stdout
    assert password_of(reader, "ada@company.test") == kept
    assert users(reader) == {"ada@company.test": StaffRole.ADMIN}


def test_init_adds_no_second_admin(say: Say, reader: Transaction) -> None:
    say(init, "--email", "ada@company.test")
    answer = say(init, "--email", "eve@company.test")
    assert isinstance(answer.exception, Refused)
    assert "eve@company.test" not in users(reader)


def test_a_password_that_is_given_is_not_shown(say: Say, reader: Transaction) -> None:
    answer = say(init, "--email", "ada@company.test", "--password-stdin", typed=f"{PASSWORD}\n")
    assert PASSWORD not in answer.output
    assert PasswordHasher().verify(password_of(reader, "ada@company.test"), PASSWORD)


def test_users_of_every_role_are_added(say: Say, reader: Transaction) -> None:
    for role in StaffRole:
        words = ["add", f"{role}@company.test", "--role", role.value, "--region", "North", "--json"]
        told = json.loads(say(user, *words, "--password-stdin", typed=PASSWORD).stdout)
        assert (told["email"], told["role"], told["password"]) == (f"{role}@company.test", role, "")
    assert say(user, "add", "x@company.test", "--role", "Account Manager").exit_code == 0
    assert users(reader)["x@company.test"] is StaffRole.ACCOUNT_MANAGER


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["not-an-address", "--role", "admin"], ""),
        (["x@company.test", "--role", "regional_leader"], ""),
        (["x@company.test", "--role", "admin", "--password-stdin"], "short\n"),
        (["x@company.test", "--role", "admin", "--password-stdin"], ""),
    ],
)
def test_a_user_that_breaks_a_rule_is_refused(
    say: Say, reader: Transaction, words: list[str], typed: str
) -> None:
    assert isinstance(say(user, "add", *words, typed=typed).exception, Refused)
    assert users(reader) == {}


def test_an_unknown_role_is_a_wrong_call(say: Say) -> None:
    assert say(user, "add", "x@company.test", "--role", "boss").exit_code == 2
