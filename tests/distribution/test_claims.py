"""Claims of two hands at once on a database that locks row by row."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.base.database import writing
from surveyd.distribution import claims
from surveyd.distribution.models import Message
from surveyd.distribution.sender import LEASE
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction


# SQLite has one writer at a time, so that no two can wait for each other.
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_keeping_the_leases_never_waits_for_a_mail_in_hand(
    post: Post, writer: Transaction, app: Flask
) -> None:
    post.release()
    until = system_now() + timedelta(hours=1)
    with writer() as session:
        claimed = claims.claim(session, "me", limit=3, now=NOW, system_now=system_now(), lease=LEASE)
    with writer() as session:
        assert claims.begin(session.connection(), claimed[0].id, by="me", system_now=system_now())
        kept: list[int] = []

        def keep() -> None:
            with app.app_context(), writing() as other:
                kept.append(claims.renew(other, "me", until=until))

        keeper = threading.Thread(target=keep)
        keeper.start()
        keeper.join(10)
        # The keeper is done while this transaction still holds a mail, and may go on to the next one.
        assert kept == [2]
        assert claims.begin(session.connection(), claimed[1].id, by="me", system_now=system_now())
    with writer() as session:
        leases = session.scalars(select(Message.lease_until).order_by(Message.id)).all()
        assert [lease == until for lease in leases] == [False, True, True]
