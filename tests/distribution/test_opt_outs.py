"""Who wants no more of one program is asked by others, and by this one only once they said so."""

from collections.abc import Callable

from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.distribution import waves
from surveyd.distribution.audience import judge_one
from surveyd.distribution.models import Exclusion, InvitationState, MessageState, Program, TouchState, Wave
from surveyd.distribution.opt_outs import RULE, opt_out_of, resubscribe
from surveyd.distribution.touches import release_due
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, make_wave
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast


def of(post: Post) -> int:
    """The program of a wave."""
    with post.reader() as session:
        return session.get_one(Wave, post.wave_id).program_id


def test_what_is_queued_and_planned_of_the_program_stops(post: Post, cast: Cast) -> None:
    post.release()
    with post.writer() as session:
        assert opt_out_of(session, cast.anna.id, of(post), now=NOW)
        assert not opt_out_of(session, cast.anna.id, of(post), now=NOW)
        assert not opt_out_of(session, 999_999, of(post), now=NOW)
    post.drain()
    mails, touches = post.messages(), post.touches()
    assert mails["anna invitation"].state in (MessageState.SUPPRESSED, MessageState.CANCELLED)
    assert mails["aziz invitation"].state is MessageState.SENT
    assert touches[f"{cast.anna.id} reminder"].reason == RULE
    assert post.invitation(cast.anna.id).state is InvitationState.OPTED_OUT
    with post.reader() as session:
        assert session.get_one(Contact, cast.anna.id).opted_out_at is None


def test_only_that_program_leaves_them_out_until_they_are_asked_again(post: Post, cast: Cast) -> None:
    with post.writer() as session:
        opt_out_of(session, cast.anna.id, of(post), now=NOW)
        program = session.get_one(Program, of(post))
        same = waves.schedule_wave(session, program, "again", at=NOW, now=NOW)
        program.rest_days = 0
        other = make_wave(session, "other", rest_days=0)
        others = session.get_one(Program, other.program_id)
        assert judge_one(session, same, program, cast.anna.id, now=NOW).rule == RULE
        assert judge_one(session, other, others, cast.anna.id, now=NOW).rule == ""
        resubscribe(
            session, cast.anna.id, program_id=program.id, reason="By phone", by=cast.admin.id, now=NOW
        )
        assert judge_one(session, same, program, cast.anna.id, now=NOW).rule == ""


def test_a_touch_that_was_planned_in_the_same_moment_is_pointless(
    launched: Callable[..., Post], cast: Cast
) -> None:
    post = launched()
    with post.writer() as session:
        opt_out_of(session, cast.anna.id, of(post), now=NOW)
        # As if the wave had been prepared beside it.
        invitation = session.merge(post.invitation(cast.anna.id))
        invitation.state = InvitationState.WAITING
        touch = session.merge(post.touches()[f"{cast.anna.id} invitation"])
        touch.state, touch.reason = TouchState.PLANNED, ""
        session.flush()
        release_due(session, now=NOW, system_now=system_now(), mail_domain="mail.surveyd.test")
    assert post.touches()[f"{cast.anna.id} invitation"].reason == RULE
    with post.reader() as session:
        assert session.scalars(select(Exclusion)).all() == []
