"""Users and roles, and the page for oneself: who may change what, and what it ends."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Message
from surveyd.people.models import AuditEntry, SignInLink, StaffRole, User
from surveyd.people.passwords import fits_password
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import PASSWORD
from tests.web.offices import Office, SignIn, Staff, signed_in

NEW = {"email": "Nina@Company.test", "name": "Nina Neu", "role": "account_manager"}
GOOD = "several words nobody guesses"
ME = "/staff/me"


@pytest.fixture
def admin(cast_alone: Office, sign_in: SignIn) -> Staff:
    return sign_in(cast_alone.cast.admin)


def user_of(session: Session, email: str) -> User:
    return session.scalars(select(User).where(User.email == email)).one()


def change(staff: Staff, user_id: int, **facts: str) -> int:
    """Send the form of a user's page: an active account manager, if nothing else is said."""
    fields = {"name": "Mona Manager", "role": "account_manager", "active": "yes"} | facts
    sent = {name: value for name, value in fields.items() if value}
    return staff.post(f"/staff/users/{user_id}", **sent).status_code


def test_a_new_user_gets_a_mail_with_a_link(admin: Staff, reader: Transaction) -> None:
    answer = admin.post("/staff/users", **NEW)

    assert answer.status_code == 303
    page = admin.get(answer.location).text
    assert "Nina Neu has not chosen a password yet" in page and "is on its way" in page
    with reader() as session:
        nina = user_of(session, "nina@company.test")
        assert (nina.role, nina.password, nina.active) == (StaffRole.ACCOUNT_MANAGER, None, True)
        mail = session.scalars(select(Message)).one()
        link = session.scalars(select(SignInLink)).one()
        assert (mail.name, mail.recipient, mail.user_id) == ("welcome", nina.email, nina.id)
        assert mail.context["sign_in_link"] == link.id
        assert "/p/" not in str(mail.context)
        assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all() == [
            "add",
            "send_link",
        ]


def test_the_same_address_is_added_once(admin: Staff, reader: Transaction) -> None:
    admin.post("/staff/users", **NEW)
    again = admin.post("/staff/users", **NEW)

    assert again.status_code == 422 and "There is already a user" in again.text
    with reader() as session:
        assert len(session.scalars(select(Message.id)).all()) == 1


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"email": "no address"}, "Type an e-mail address"),
        ({"email": ""}, "Type the address"),
        ({"role": "regional_leader"}, "Name the region"),
        ({"role": "owner"}, "Not a valid choice"),
        ({"time_zone": "Mars/Base"}, "Name a time zone"),
        ({"name": "x" * 201}, "Shorten the name"),
        ({"name": "Nina\0"}, "control character"),
    ],
)
def test_what_is_wrong_is_said_and_kept(admin: Staff, facts: dict[str, str], said: str) -> None:
    answer = admin.post("/staff/users", **NEW | facts)

    assert answer.status_code == 422 and said in answer.text
    assert 'value="Nina' in answer.text or "name" in facts


def test_more_fields_than_the_form_has_change_nothing(admin: Staff, reader: Transaction) -> None:
    extra = {"password": GOOD, "fs_uniquifier": "x", "id": "1", "active": "", "created_at": "2020-01-01"}
    admin.post("/staff/users", **NEW | extra)

    with reader() as session:
        nina = user_of(session, "nina@company.test")
        assert (nina.password, nina.active, nina.created_at) == (None, True, NOW)
        assert nina.fs_uniquifier != "x" and nina.id != 1


def test_who_is_switched_off_is_out_at_once(
    app: Flask, admin: Staff, cast_alone: Office, reader: Transaction
) -> None:
    mona = signed_in(app, cast_alone.cast.mona)
    assert mona.get("/staff/accounts").status_code == 200

    assert change(admin, cast_alone.cast.mona.id, active="") == 303

    assert mona.get("/staff/accounts").status_code == 303
    assert "Mona Manager is switched off" in admin.get(f"/staff/users/{cast_alone.cast.mona.id}").text
    assert change(admin, cast_alone.cast.mona.id) == 303
    assert mona.get("/staff/accounts").status_code == 303
    assert admin.post(f"/staff/users/{cast_alone.cast.mona.id}/link").status_code == 303


def test_a_role_is_changed_and_leaves_a_line(admin: Staff, cast_alone: Office, reader: Transaction) -> None:
    mona = cast_alone.cast.mona.id
    assert change(admin, mona, role="regional_leader", region="North", time_zone="europe/berlin") == 303

    with reader() as session:
        row = session.get_one(User, mona)
        assert (row.role, row.region, row.time_zone) == (StaffRole.REGIONAL_LEADER, "North", "Europe/Berlin")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.thing_id == mona)).one()
        assert entry.facts == {"role": "regional_leader", "region": "North"}
        assert entry.user_id == cast_alone.cast.admin.id
    assert change(admin, mona, role="regional_leader", region="North", time_zone="Europe/Berlin") == 303
    with reader() as session:
        assert len(session.scalars(select(AuditEntry.id)).all()) == 1


@pytest.mark.parametrize("facts", [{"active": ""}, {"role": "support"}])
def test_the_last_active_admin_stays(
    admin: Staff, cast_alone: Office, reader: Transaction, facts: dict[str, str]
) -> None:
    own = cast_alone.cast.admin.id
    fields = {"name": "Ada", "role": "admin", "active": "yes"} | facts
    answer = admin.post(f"/staff/users/{own}", **{name: value for name, value in fields.items() if value})

    assert answer.status_code == 422 and "This is the last active admin" in answer.text
    with reader() as session:
        assert session.get_one(User, own).active and session.get_one(User, own).role is StaffRole.ADMIN
    assert change(admin, cast_alone.cast.milo.id, role="admin") == 303
    assert (
        change(admin, own, name="Ada", role=facts.get("role", "admin"), active=facts.get("active", "yes"))
        == 303
    )


def test_sessions_are_ended_from_the_page(app: Flask, admin: Staff, cast_alone: Office) -> None:
    mona = signed_in(app, cast_alone.cast.mona)
    path = f"/staff/users/{cast_alone.cast.mona.id}/sessions"

    assert admin.client.post(path).status_code == 400
    assert mona.get("/staff/accounts").status_code == 200
    assert admin.post(path).status_code == 303
    assert mona.get("/staff/accounts").status_code == 303


@pytest.mark.parametrize("who", ["executive", "leader", "mona", "support"])
def test_only_an_admin_sees_users(cast_alone: Office, sign_in: SignIn, who: str, reader: Transaction) -> None:
    staff = sign_in(getattr(cast_alone.cast, who))
    own = getattr(cast_alone.cast, who).id

    assert staff.get("/staff/users").status_code == 403
    assert staff.get(f"/staff/users/{own}").status_code == 403
    assert staff.post("/staff/users", **NEW).status_code == 403
    assert change(staff, own, role="admin") == 403
    with reader() as session:
        assert session.get_one(User, own).role is not StaffRole.ADMIN


def test_an_unknown_user_is_not_there(admin: Staff) -> None:
    assert admin.get("/staff/users/999").status_code == 404
    assert change(admin, 999) == 404


def test_the_list_is_searched_filtered_and_sorted_by_the_database(
    admin: Staff,
    cast_alone: Office,
    writer: Transaction,
    statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    def names(address: str) -> list[str]:
        return re.findall(r'class="whole" href="[^"]*">([^<]*)</a>', admin.get(address).text)

    assert names("/staff/users?search=MANAGER") == ["Milo Manager", "Mona Manager"]
    assert names("/staff/users?role=admin&active=yes") == ["Ada Admin"]
    assert names("/staff/users?active=no") == []
    assert names("/staff/users?sort=-email")[0] == "Sam Support"
    with statements() as few:
        admin.get("/staff/users")
    with writer() as session:
        for number in range(60):
            mark = {"fs_uniquifier": f"u{number}", "created_at": NOW}
            session.add(User(email=f"u{number:02}@x.test", name=f"User {number:02}", role="support", **mark))
    with statements() as many:
        first = admin.get("/staff/users")
    assert len(few) == len(many) <= 4
    [more] = re.findall(r'href="([^"]*)">More users', first.text)
    second = names(more.replace("&amp;", "&"))
    assert len(second) == 17 and second[-1] == "User 59"
    assert "67 people can sign in" in first.text


def test_oneself_changes_name_and_zone_and_nothing_else(
    cast_alone: Office, sign_in: SignIn, reader: Transaction
) -> None:
    mona = sign_in(cast_alone.cast.mona)
    extra = {"role": "admin", "region": "North", "active": "", "email": "x@y.test", "password": GOOD}

    assert mona.post(ME, name="Mona M.", time_zone="Asia/Tokyo", **extra).status_code == 303

    page = mona.get(ME).text
    assert "You are signed in as Mona M." in page and "Asia/Tokyo" in page
    with reader() as session:
        row = session.get_one(User, cast_alone.cast.mona.id)
        assert (row.role, row.region, row.active) == (StaffRole.ACCOUNT_MANAGER, "", True)
        assert row.email == "mona@company.test" and fits_password(row.password, PASSWORD)
    assert mona.post(ME, name="Mona", time_zone="Nowhere").status_code == 422


def test_a_new_password_needs_the_present_one_and_ends_the_other_sessions(
    app: Flask, cast_alone: Office, sign_in: SignIn, reader: Transaction
) -> None:
    here, elsewhere = sign_in(cast_alone.cast.mona), sign_in(cast_alone.cast.mona)
    wrong = here.post(f"{ME}/password", current="wrong", password=GOOD, again=GOOD)
    short = here.post(f"{ME}/password", current=PASSWORD, password="short", again="short")
    unlike = here.post(f"{ME}/password", current=PASSWORD, password=GOOD, again="other")
    assert (wrong.status_code, short.status_code, unlike.status_code) == (422, 422, 422)
    assert "not your present password" in wrong.text and "use at least 12" in short.text
    assert elsewhere.get(ME).status_code == 200

    assert here.post(f"{ME}/password", current=PASSWORD, password=GOOD, again=GOOD).status_code == 303

    assert here.get(ME).status_code == 200
    assert elsewhere.get(ME).status_code == 303
    with reader() as session:
        assert fits_password(session.get_one(User, cast_alone.cast.mona.id).password, GOOD)


def test_guessing_the_present_password_is_limited(cast_alone: Office, sign_in: SignIn) -> None:
    mona = sign_in(cast_alone.cast.mona)
    tries = [
        mona.post(f"{ME}/password", current=f"wrong {n}", password=GOOD, again=GOOD).status_code
        for n in range(11)
    ]
    assert tries == [422] * 10 + [429]


def test_the_name_in_the_head_leads_to_oneself(cast_alone: Office, sign_in: SignIn) -> None:
    for who in ("support", "executive"):
        assert f'<a href="{ME}">' in sign_in(getattr(cast_alone.cast, who)).get(ME).text
