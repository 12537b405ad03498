"""How a wave's mails get on, step by step."""

from datetime import date, timedelta

from sqlalchemy import update

from surveyd.distribution import waves, wishes
from surveyd.distribution.invitations import withdraw
from surveyd.distribution.models import Message, MessageState, Touch, TouchState, Wave
from surveyd.distribution.progress import Progress, StepProgress, progress
from surveyd.distribution.suppressions import opt_out
from tests.distribution.conftest import Post, make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.relays import Relay


def now_of(post: Post) -> Progress:
    with post.reader() as session:
        wave = session.get_one(Wave, post.wave_id)
        return progress(session, wave, status=waves.status(session, wave), now=post.clock.now())


def test_while_the_ledger_is_written(writer: Transaction, cast: Cast) -> None:
    with writer() as session:
        wave = make_wave(session)
        waves.launch(session, wave, now=NOW, by=None)
        assert progress(session, wave, status=waves.status(session, wave), now=NOW) == Progress(None, 0, 0, 3)


def test_from_the_launch_to_the_last_invitation(post: Post) -> None:
    assert now_of(post) == Progress(StepProgress("invitation", due=3), 0)
    post.release()
    assert now_of(post) == Progress(StepProgress("invitation", due=3), 0)
    post.drain()
    post.go_to(NOW + timedelta(seconds=30))
    told = now_of(post)
    reminder = StepProgress("reminder", later=3, next_at=NOW + timedelta(days=14))
    assert (told.step, told.per_minute, told.left) == (reminder, 6, timedelta(0))


def test_what_was_sent_and_what_was_stopped_is_done(
    post: Post, cast: Cast, writer: Transaction, relay: Relay
) -> None:
    post.release()
    with writer() as session:
        session.execute(
            update(Message).where(Message.contact_id == cast.anna.id).values(state=MessageState.SENT)
        )
        opt_out(session, cast.aziz.id, now=NOW)
    step = now_of(post).step
    assert step == StepProgress("invitation", sent=1, stopped=1, due=1)
    assert (step.done, step.total) == (2, 3)


def test_held_mails_and_touches_wait_for_a_person(post: Post, writer: Transaction) -> None:
    with writer() as session:
        held = Touch.step == "invitation"
        session.execute(update(Touch).where(held).values(state=TouchState.HELD))
    assert now_of(post).step == StepProgress("invitation", held=3)


def test_without_a_pace_nobody_knows_how_long_it_takes(post: Post) -> None:
    assert now_of(post).left is None


def test_the_pace_says_how_long_it_takes() -> None:
    assert Progress(StepProgress("invitation", due=90), 60).left == timedelta(seconds=90)


def test_a_closed_wave_has_nothing_to_send(post: Post, writer: Transaction) -> None:
    with writer() as session:
        waves.close_due(session, now=NOW + timedelta(days=36))
    assert now_of(post) == Progress(None, 0)


def test_a_reminder_that_somebody_asked_for_is_still_to_go(post: Post, cast: Cast) -> None:
    post.send()
    invitation_id = post.invitation(cast.anna.id).id
    for day in (date(2026, 3, 12), date(2026, 3, 20)):
        with post.writer() as session:
            due = wishes.remind_on(session, invitation_id, day=day, now=post.clock.now())
        if day.day == 12:
            post.go_to(due)
            post.send()
    with post.writer() as session:
        which = Touch.invitation_id != invitation_id
        withdraw(session, which, reason="test")

    with post.reader() as session:
        wave = session.get_one(Wave, post.wave_id)
        found = waves.status(session, wave)
        how_far = progress(session, wave, status=found, now=post.clock.now()).step

    assert found.planned["wished_reminder"] == 1
    assert "wished_reminder_2" not in found.planned
    assert how_far and (how_far.name, how_far.later, how_far.sent) == ("wished_reminder", 1, 1)
