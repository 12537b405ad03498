"""Tallies say what a count of the rows would say, whoever changed them and however."""

from datetime import timedelta
from threading import Thread

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.distribution import tallies, waves
from surveyd.distribution.models import Message, MessageState, Touch, TouchState, Wave
from surveyd.distribution.tally_jobs import fold_tallies
from surveyd.distribution.tally_models import KEY, TALLY_CHANGES, Tally, TallyKind
from surveyd.distribution.watch import read_ledger
from tests.distribution.conftest import Post


def invitations(session: Session) -> int:
    return tallies.count_tallied(session, TallyKind.INVITATION, which=[])


class TestChanges:
    def test_all_at_once_and_away(self, post: Post) -> None:
        post.release()
        with post.writer() as session:
            mails = len(session.scalars(select(Message.id)).all())
            assert mails and tallies.mails_by_state(session) == {MessageState.QUEUED: mails}
            session.execute(update(Message).values(state=MessageState.SENT))
            assert tallies.mails_by_state(session) == {MessageState.SENT: mails}
            assert waves.status(session, session.get_one(Wave, post.wave_id)).reached == mails
            session.execute(update(Touch).values(state=TouchState.HELD))
            session.execute(delete(Message).where(Message.state == MessageState.SENT))
            assert tallies.mails_by_state(session) == {}
            assert tallies.differences(session) == []
            assert waves.status(session, session.get_one(Wave, post.wave_id)).reached == 0

    def test_whoever_gets_two_mails_is_reached_once(self, post: Post) -> None:
        post.release()
        with post.writer() as session:
            first, second, *others = session.scalars(select(Message).order_by(Message.id)).all()
            second.invitation_id = first.invitation_id
            session.flush()
            for one in (first, second, *others):
                session.execute(update(Message).where(Message.id == one.id).values(state=MessageState.SENT))
            wave = session.get_one(Wave, post.wave_id)
            assert waves.status(session, wave).reached == 1 + len(others)
            session.execute(update(Message).where(Message.id == first.id).values(state=MessageState.FAILED))
            assert waves.status(session, wave).reached == 1 + len(others)
            assert tallies.differences(session) == []

    def test_what_is_rolled_back_was_not_counted(self, post: Post) -> None:
        post.release()
        with post.reader() as session:
            before = tallies.mails_by_state(session)
        with post.writer() as session:
            session.execute(update(Message).values(state=MessageState.FAILED))
            session.rollback()
        with post.reader() as session:
            assert tallies.mails_by_state(session) == before
            assert tallies.differences(session) == []


class TestFolding:
    def test_what_is_folded_and_what_is_not_are_read_alike(self, post: Post) -> None:
        post.release()
        with post.reader() as session:
            before = waves.status(session, session.get_one(Wave, post.wave_id))
        with post.writer() as session:
            tallies.fold(session)
            assert session.execute(select(TALLY_CHANGES)).all() == []
        with post.reader() as session:
            assert waves.status(session, session.get_one(Wave, post.wave_id)) == before
            assert tallies.differences(session) == []

    def test_the_sweep_folds_once_there_is_much(self, post: Post) -> None:
        with post.app.app_context():
            fold_tallies(post.services, post.clock.now())
            with post.writer() as session:
                row = dict.fromkeys(KEY, "") | {"kind": "call", "wave_id": 0, "number": 1}
                session.execute(TALLY_CHANGES.insert(), [row] * tallies.FOLDED_FROM)
            assert fold_tallies(post.services, post.clock.now())
            assert fold_tallies(post.services, post.clock.now()) == 0
        with post.reader() as session:
            assert tallies.count_tallied(session, TallyKind.CALL, which=[]) == tallies.FOLDED_FROM

    def test_two_at_once_fold_nothing_twice(self, post: Post) -> None:
        with post.reader() as session:
            before = invitations(session)

        def fold() -> None:
            with post.app.app_context(), post.writer() as session:
                tallies.fold(session)

        both = [Thread(target=fold) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        with post.reader() as session:
            assert invitations(session) == before
            assert tallies.differences(session) == []


def test_a_recount_mends_what_is_wrong_and_says_where(post: Post) -> None:
    with post.writer() as session:
        right = invitations(session)
        tallies.fold(session)
        session.execute(update(Tally).where(Tally.kind == "invitation").values(number=Tally.number + 3))
        assert invitations(session) > right
        wrong = tallies.recount(session)
        assert {(one.kind, one.number) for one in wrong} == {("invitation", -3)}
        assert invitations(session) == right
        assert tallies.recount(session) == []


def test_stuck_mails_are_those_that_could_go_out(post: Post) -> None:
    post.release()
    now, system, long_ago = post.clock.now(), system_now(), system_now() - timedelta(days=1)
    with post.writer() as session:
        first, second, third = session.scalars(select(Message.id).order_by(Message.id)).all()
        session.execute(update(Message).values(stale_at=None, due_at=now - timedelta(minutes=10)))

    def stuck(message_id: int, **facts: object) -> int:
        with post.writer() as session:
            session.execute(update(Message).where(Message.id == message_id).values(**facts))
            assert tallies.differences(session) == []
            return read_ledger(session, now=now, system_now=system).stuck

    assert stuck(first, attempts=1) == 3
    assert stuck(first, due_at=now + timedelta(days=1)) == 2
    assert stuck(first, stale_at=long_ago) == 2
    assert stuck(second, stale_at=long_ago) == 1
    assert stuck(second, awaits_paper=True) == 1
    assert stuck(second, stale_at=None) == 1
    assert stuck(third, state=MessageState.HELD) == 0
    assert stuck(second, awaits_paper=False) == 1
    with post.writer() as session:
        waves.pause(session, session.get_one(Wave, post.wave_id), now=now)
        assert read_ledger(session, now=now, system_now=system).stuck == 0
