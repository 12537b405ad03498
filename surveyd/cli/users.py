"""`surveyd init` and `surveyd user`: the first admin, and everybody after."""

import sys

import click
from sqlalchemy import select

from surveyd.base.database import writing
from surveyd.base.errors import Refused
from surveyd.base.migrations import upgrade
from surveyd.cli.house import as_json, house, print_json
from surveyd.people.models import StaffRole, User
from surveyd.people.passwords import make_password
from surveyd.people.users import add_user, find_user

password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; without it, one is made."
)


class RoleName(click.Choice[str]):
    """A staff role as people write it: `account manager`, `account-manager`, `account_manager`."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The role's own name."""
        return super().convert(value.strip().lower().replace(" ", "_").replace("-", "_"), param, ctx)


@click.command()
@click.option("--email", required=True, help="The first admin's address, to sign in with.")
@password_stdin
@as_json
def init(email: str, password_stdin: bool, as_json: bool) -> None:
    """Make the tables and the first admin. Safe to run twice."""
    given = _given_password() if password_stdin else None
    password = given or make_password()
    with house() as services:
        upgrade()
        with writing() as session:
            there = _has_admin(find_user(session, email))
            if not there:
                if session.scalar(select(User.id).where(User.role == StaffRole.ADMIN).limit(1)):
                    raise Refused(
                        "There is an admin already; add others: surveyd user add EMAIL --role admin."
                    )
                add_user(
                    session,
                    email,
                    role=StaffRole.ADMIN,
                    password=password,
                    now=services.clock.now(),
                    by=None,
                )
    made = "" if there or given else password
    if as_json:
        print_json(
            {"email": email.strip().lower(), "role": StaffRole.ADMIN, "added": not there, "password": made}
        )
    elif there:
        click.echo(f"The admin {email} is there already; nothing was changed.")
    else:
        click.echo(f"The admin {email} can sign in.")
        _show_password(made)


@click.group()
def user() -> None:
    """People on our side who sign in."""


@user.command()
@click.argument("email")
@click.option("--role", required=True, type=RoleName([role.value for role in StaffRole]))
@click.option("--region", default="", help="A regional leader's region, as the accounts name it.")
@click.option("--name", default="", help="How the person is called.")
@password_stdin
@as_json
def add(email: str, *, role: str, region: str, name: str, password_stdin: bool, as_json: bool) -> None:
    """Add the user EMAIL."""
    given = _given_password() if password_stdin else None
    password = given or make_password()
    with house() as services, writing() as session:
        added = add_user(
            session,
            email,
            role=StaffRole(role),
            name=name,
            region=region,
            password=password,
            now=services.clock.now(),
            by=None,
        )
        facts = {"id": added.id, "email": added.email, "role": added.role, "region": added.region}
    made = "" if given else password
    if as_json:
        print_json({**facts, "password": made})
        return
    click.echo(f"{facts['email']} can sign in as {role.replace('_', ' ')}.")
    _show_password(made)


def _has_admin(found: User | None) -> bool:
    if found and found.role is not StaffRole.ADMIN:
        raise Refused(f"{found.email} is a user already, and no admin.")
    return found is not None


def _given_password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Refused("There is no password on standard input.")
    return password


def _show_password(made: str) -> None:
    if made:
        click.echo(f"The password, shown only now: {made}")
