"""Links to set a password, and what a change of a user ends."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.people.models import AuditEntry, LinkPurpose, StaffRole, User
from surveyd.people.passwords import fits_password
from surveyd.people.sign_in_links import LIVES, find_owner, make_link, use_link
from surveyd.people.users import change_user, find_user_by_id
from tests.fixtures.cast import PASSWORD, make_cast

GOOD = "several words nobody guesses"


@pytest.fixture
def mona(session: Session, now: datetime) -> User:
    return session.get_one(User, make_cast(session, now).mona.id)


def change(session: Session, user: User, now: datetime, **facts: Any) -> None:
    """Change these facts of a user and leave the others."""
    names = ("name", "role", "region", "time_zone", "active")
    wanted = {name: getattr(user, name) for name in names} | facts
    change_user(session, user, **wanted, now=now, system_now=now, by=user.id)
    session.expire_all()


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_works_once_until_it_expires(
    session: Session, mona: User, now: datetime, purpose: LinkPurpose
) -> None:
    link = make_link(session, mona, purpose=purpose, system_now=now)
    last = now + LIVES[purpose] - timedelta(seconds=1)
    assert find_owner(session, link.id, system_now=last) is mona
    assert find_owner(session, link.id, system_now=now + LIVES[purpose]) is None
    before = mona.fs_uniquifier

    use_link(session, link.id, GOOD, now=now, system_now=last)

    session.expire_all()
    assert fits_password(mona.password, GOOD) and mona.fs_uniquifier != before
    with pytest.raises(Refused):
        use_link(session, link.id, "other good words here", now=now, system_now=last)
    assert session.scalars(select(AuditEntry.action)).all() == ["set_password"]


def test_a_bad_password_spends_nothing(session: Session, mona: User, now: datetime) -> None:
    link = make_link(session, mona, purpose=LinkPurpose.RESET, system_now=now)
    with pytest.raises(Refused):
        use_link(session, link.id, "short", now=now, system_now=now)
    assert find_owner(session, link.id, system_now=now) is mona
    assert fits_password(mona.password, PASSWORD)


def test_who_is_switched_off_and_on_again_needs_a_new_link(
    session: Session, mona: User, now: datetime
) -> None:
    link, before = make_link(session, mona, purpose=LinkPurpose.WELCOME, system_now=now), mona.fs_uniquifier
    change(session, mona, now, active=False)
    assert mona.fs_uniquifier != before
    change(session, mona, now, active=True)
    assert find_owner(session, link.id, system_now=now) is None


def test_nothing_changed_leaves_no_line(session: Session, mona: User, now: datetime) -> None:
    change(session, mona, now)
    assert session.scalars(select(AuditEntry)).all() == []
    change(session, mona, now, name="Mona M.")
    assert session.scalars(select(AuditEntry.facts)).all() == [{"name": "changed"}]


@pytest.mark.parametrize(
    "facts",
    [{"role": StaffRole.REGIONAL_LEADER}, {"time_zone": "Mars/Base"}, {"name": "a\0"}, {"region": "N" * 81}],
)
def test_what_breaks_a_rule_is_refused(
    session: Session, mona: User, now: datetime, facts: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        change(session, mona, now, **facts)


def test_an_admin_may_go_while_another_is_active(session: Session, mona: User, now: datetime) -> None:
    admin = session.scalars(select(User).where(User.role == StaffRole.ADMIN)).one()
    change(session, mona, now, role=StaffRole.ADMIN, active=False)
    with pytest.raises(Refused, match="last active admin"):
        change(session, admin, now, role=StaffRole.SUPPORT)
    change(session, mona, now, active=True)
    change(session, admin, now, role=StaffRole.SUPPORT)
    with pytest.raises(Refused, match="last active admin"):
        change(session, mona, now, active=False)
    assert (mona.active, admin.role) == (True, StaffRole.SUPPORT)


def test_a_user_is_found_by_who_sees_all_and_by_oneself(session: Session, mona: User) -> None:
    own = Scope(Reach.OWN_ACCOUNTS, mona.id)
    assert find_user_by_id(session, mona.id, scope=SYSTEM) is find_user_by_id(session, mona.id, scope=own)
    for scope, user_id in ((NOBODY, mona.id), (own, mona.id + 1), (SYSTEM, 999)):
        with pytest.raises(NotFound):
            find_user_by_id(session, user_id, scope=scope)


def test_a_password_fits_its_own_hash_only(mona: User) -> None:
    assert fits_password(mona.password, PASSWORD)
    assert not fits_password(mona.password, PASSWORD + " ")
    assert not fits_password(None, "") and not fits_password("no hash", PASSWORD)
