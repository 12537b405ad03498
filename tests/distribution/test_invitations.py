"""What ends the asking ends all of it, and in one order: invitations, touches, mails, calls."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import select

from surveyd.base.database import db, writing
from surveyd.base.errors import Refused
from surveyd.distribution import wishes
from surveyd.distribution.call_models import CallState
from surveyd.distribution.excuses import Excuse, Named, excuse
from surveyd.distribution.invitations import ToCome, answer, take_back
from surveyd.distribution.models import InvitationState, TouchState, Wave
from surveyd.distribution.suppressions import opt_out
from surveyd.distribution.waves import cancel, close_due
from surveyd.distribution.wish_models import Nomination, WhyNot
from tests.distribution.conftest import Post, answered
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast


@pytest.fixture
def sent(launched: Callable[..., Post]) -> Post:
    """A wave whose invitations are out."""
    post = launched()
    post.send()
    return post


def anna(post: Post, cast: Cast) -> int:
    return post.invitation(cast.anna.id).id


class TestACallAfterOptingOut:
    @pytest.fixture
    def called(self, sent: Post, cast: Cast) -> Post:
        """Anna opted out, and asked for a call since."""
        with sent.writer() as session:
            opt_out(session, cast.anna.id, now=NOW)
            wishes.call_instead(session, anna(sent, cast), phone="", suits="", now=NOW)
        assert [call.state for call in sent.calls()] == [CallState.OPEN]
        return sent

    def test_opting_out_again_takes_it_back(self, called: Post, cast: Cast) -> None:
        with called.writer() as session:
            assert not opt_out(session, cast.anna.id, now=NOW)

        assert [(call.state, call.reason) for call in called.calls()] == [(CallState.CANCELLED, "opted_out")]

    @pytest.mark.parametrize("reason", ["wave closed", "wave cancelled"])
    def test_it_ends_with_the_wave(self, called: Post, reason: str) -> None:
        with called.writer() as session:
            wave = session.get_one(Wave, called.wave_id)
            if reason == "wave closed":
                wave.closes_at = NOW
                session.flush()
                close_due(session, now=NOW)
            else:
                cancel(session, wave, now=NOW)

        assert [(call.state, call.reason) for call in called.calls()] == [(CallState.CANCELLED, reason)]


def test_an_answer_at_the_moment_of_the_close_waits_for_nobody_in_a_circle(
    sent: Post, cast: Cast, app: Flask
) -> None:
    """One begins with the invitation and the other goes on to it: whoever comes second is behind."""
    invitation_id, has_begun = anna(sent, cast), Event()
    with sent.writer() as session:
        session.get_one(Wave, sent.wave_id).closes_at = NOW

    def close() -> None:
        with app.app_context():
            has_begun.wait(10)
            try:
                with writing() as session:
                    close_due(session, now=NOW)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(close)
        with sent.writer() as session:
            assert answer(session, invitation_id, now=NOW)
            has_begun.set()
            wait([closing], timeout=0.3)
            take_back(session, invitation_id, to_come=ToCome(2, has_mail=True, has_call=True), now=NOW)
        closing.result(10)

    assert sent.invitation(cast.anna.id).state is InvitationState.ANSWERED
    assert sent.invitation(cast.aziz.id).state is InvitationState.CLOSED
    assert {touch.state for touch in sent.touches().values()} <= {TouchState.RELEASED, TouchState.CANCELLED}


def test_an_excuse_beside_an_answer_comes_to_nothing(
    sent: Post, cast: Cast, app: Flask, reader: Transaction
) -> None:
    invitation_id, has_begun = anna(sent, cast), Event()

    def excuse_oneself() -> None:
        with app.app_context():
            has_begun.wait(10)
            try:
                with writing() as session, pytest.raises(Refused, match="sent already"):
                    given = Excuse(WhyNot.OTHER, named=Named("Nils", "nils@customer.test"))
                    excuse(session, invitation_id, given, now=NOW, mail_domain="mail.surveyd.test")
            finally:
                db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        with sent.writer() as session:
            answered(session, invitation_id, now=NOW)
            excusing = pool.submit(excuse_oneself)
            has_begun.set()
            wait([excusing], timeout=0.3)
        excusing.result(10)

    with reader() as session:
        assert session.scalars(select(Nomination)).all() == []
