"""Every route of the app is opened by the table in web/access.py, and only as the table says."""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from surveyd.base.config import HOME
from surveyd.people.models import StaffRole, User
from surveyd.web.access import EVERYBODY, RIGHTS
from surveyd.web.rights_matrix import rights_matrix
from tests.fixtures.apps import MakeApp, Transaction
from tests.fixtures.cast import Person
from tests.fixtures.images import Begin
from tests.web.offices import Office, Staff, open_office, signed_in

BY_ROLE = {
    StaffRole.ADMIN: "admin",
    StaffRole.EXECUTIVE: "executive",
    StaffRole.REGIONAL_LEADER: "leader",
    StaffRole.ACCOUNT_MANAGER: "mona",
    StaffRole.SUPPORT: "support",
}


@pytest.fixture
def office(begin_with: Begin) -> Office:
    made: Office = begin_with(open_office)
    return made


def staff_rules(app: Flask) -> list[Rule]:
    """The routes that the table does not open to everybody."""
    return [rule for rule in app.url_map.iter_rules() if RIGHTS.get(rule.endpoint, ()) is not EVERYBODY]


def ask(staff: Staff, office: Office, rule: Rule) -> int:
    method = "GET" if "GET" in (rule.methods or ()) else "POST"
    # Without the forms' token a POST that passes the guard ends at 400 and changes nothing.
    return staff.client.open(office.path(rule.rule), method=method).status_code


def test_a_route_that_is_not_in_the_table_is_closed(app: Flask, office: Office) -> None:
    unlisted = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in RIGHTS]
    admin = signed_in(app, office.cast.admin)

    # Flask-Security brings one page that nobody needs yet.
    assert [rule.endpoint for rule in unlisted] == ["security.verify"]
    assert ask(admin, office, unlisted[0]) == 404


def test_nobody_opens_a_staff_page(app: Flask, office: Office) -> None:
    stranger = Staff(app, app.test_client())

    for rule in staff_rules(app):
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        response = stranger.client.open(office.path(rule.rule), method=method)
        if rule.endpoint not in RIGHTS:
            assert response.status_code == 404
        elif method == "GET":
            assert response.status_code == 303, rule
            assert response.location.startswith("/staff/login?next=/staff/")
        else:
            assert response.status_code == 401, rule


@pytest.mark.parametrize("role", StaffRole)
def test_each_role_opens_what_the_table_says(app: Flask, office: Office, role: StaffRole) -> None:
    person: Person = getattr(office.cast, BY_ROLE[role])
    staff = signed_in(app, person)

    for rule in staff_rules(app):
        roles = RIGHTS.get(rule.endpoint)
        status = ask(staff, office, rule)
        if roles is None:
            assert status == 404, rule
        elif role in roles:
            assert status in (200, 303, 400, 404), (rule, status)
        else:
            assert status == 403, (rule, status)


def test_who_was_switched_off_is_nobody(app: Flask, office: Office, writer: Transaction) -> None:
    admin = signed_in(app, office.cast.admin)
    with writer() as session:
        session.get_one(User, office.cast.admin.id).active = False

    assert admin.get("/staff/waves").status_code == 303


def test_the_published_matrix_is_the_table(make_app: MakeApp) -> None:
    written = rights_matrix(make_app(env="demo"))

    assert (HOME / "docs" / "rights.md").read_text(encoding="utf-8") == written
