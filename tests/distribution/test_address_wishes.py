"""Whoever wants no more means their address: whichever contacts have it, now or later, until they say so."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.errors import NotFound
from surveyd.base.keyset import Wanted
from surveyd.distribution import waves
from surveyd.distribution.address_wishes import RULE, is_stopped, stopped_address, stopped_addresses
from surveyd.distribution.audience import count_audience, judge_one
from surveyd.distribution.by_hand import remind_now
from surveyd.distribution.call_entries import put_on_list
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.models import InvitationState, MessageState, Program, TouchState, Wave
from surveyd.distribution.opt_outs import opt_out_of, resubscribe
from surveyd.distribution.stop_lists import list_opted_out
from surveyd.distribution.stopped_calls import end_stopped
from surveyd.distribution.suppressions import opt_out
from surveyd.distribution.touches import release_due
from surveyd.people.access import SYSTEM
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, make_wave
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast

Stop = Callable[[Session, int, int], bool]


def stop_all(session: Session, contact_id: int, program_id: int) -> bool:
    """Never again."""
    return opt_out(session, contact_id, now=NOW)


def stop_program(session: Session, contact_id: int, program_id: int) -> bool:
    """Not this program."""
    return opt_out_of(session, contact_id, program_id, now=NOW)


STOPS = pytest.mark.parametrize("stop", [stop_all, stop_program])


def share_address(session: Session, cast: Cast) -> None:
    """Have Aziz be Anna at another account, written in another way."""
    session.get_one(Contact, cast.aziz.id).email = cast.anna.email.upper()
    session.flush()


def program_of(session: Session, post: Post) -> int:
    return session.get_one(Wave, post.wave_id).program_id


@STOPS
def test_what_is_queued_and_planned_for_the_others_stops(post: Post, cast: Cast, stop: Stop) -> None:
    post.release()
    with post.writer() as session:
        share_address(session, cast)
        assert stop(session, cast.anna.id, program_of(session, post))
        assert not stop(session, cast.anna.id, program_of(session, post))
    post.drain()
    mails, touches = post.messages(), post.touches()
    assert mails["aziz invitation"].state in (MessageState.SUPPRESSED, MessageState.CANCELLED)
    assert mails["sofie invitation"].state is MessageState.SENT
    assert touches[f"{cast.aziz.id} reminder"].state is TouchState.CANCELLED
    assert post.invitation(cast.aziz.id).state is InvitationState.OPTED_OUT
    with post.reader() as session:
        assert session.get_one(Contact, cast.aziz.id).opted_out_at is None


@STOPS
def test_nobody_who_gets_the_address_later_is_asked(post: Post, cast: Cast, stop: Stop) -> None:
    with post.writer() as session:
        same = session.get_one(Wave, post.wave_id).program_id
        program = session.get_one(Program, same)
        program.rest_days = 0
        stop(session, cast.anna.id, same)
        again = waves.schedule_wave(session, program, "again", at=NOW, now=NOW)
        other = make_wave(session, "other", rest_days=0)
        others = session.get_one(Program, other.program_id)
        assert judge_one(session, again, program, cast.aziz.id, now=NOW).rule == ""
        share_address(session, cast)
        assert judge_one(session, again, program, cast.aziz.id, now=NOW).rule == RULE
        assert count_audience(session, again, program, now=NOW).left_out[RULE] == 1
        elsewhere = judge_one(session, other, others, cast.aziz.id, now=NOW).rule
        assert elsewhere == (RULE if stop is stop_all else "same_address")

        # Nor does it help that the contact who said so has another address by now: both are theirs.
        session.get_one(Contact, cast.anna.id).email = cast.sofie.email
        session.flush()
        left_out = count_audience(session, again, program, now=NOW).left_out
        assert left_out[RULE] == 2
        assert {
            judge_one(session, again, program, one.id, now=NOW).rule for one in (cast.aziz, cast.sofie)
        } == {RULE}


@STOPS
def test_what_was_planned_before_they_got_the_address_is_pointless(
    post: Post, cast: Cast, stop: Stop
) -> None:
    with post.writer() as session:
        stop(session, cast.anna.id, program_of(session, post))
        share_address(session, cast)
        release_due(session, now=NOW, system_now=system_now(), mail_domain="mail.surveyd.test")
        # By hand the answer is the same.
        invitation = post.invitation(cast.aziz.id)
        assert remind_now(session, invitation.id, by=cast.admin.id, now=NOW) == RULE
    assert post.touches()[f"{cast.aziz.id} invitation"].reason == RULE
    assert "aziz invitation" not in post.messages()


@STOPS
def test_who_gets_the_address_leaves_the_call_list(post: Post, cast: Cast, stop: Stop) -> None:
    with post.writer() as session:
        invitations = {one.id: post.invitation(one.id).id for one in (cast.aziz, cast.sofie)}
        touches = post.touches()
        flagged = {touches[f"{one} invitation"].id: key for one, key in invitations.items()}
        put_on_list(session, flagged, now=NOW)
        stop(session, cast.anna.id, program_of(session, post))
        assert end_stopped(session, now=NOW) == 0
        share_address(session, cast)
        assert end_stopped(session, now=NOW) == 1
        calls = {one.invitation_id: one for one in session.query(Call).populate_existing()}
        gone, stays = calls[invitations[cast.aziz.id]], calls[invitations[cast.sofie.id]]
        assert (gone.state, gone.reason, stays.state) == (CallState.CANCELLED, RULE, CallState.OPEN)


@STOPS
def test_it_is_undone_as_a_whole(post: Post, cast: Cast, stop: Stop) -> None:
    with post.writer() as session:
        program_id = program_of(session, post)
        share_address(session, cast)
        stop(session, cast.anna.id, program_id)
        # They said so as either, and have moved on since.
        stop(session, cast.aziz.id, program_id)
        session.get_one(Contact, cast.anna.id).email = "anna@elsewhere.test"
        session.flush()
        [line, _] = list_opted_out(session, Wanted(sort="name"), scope=SYSTEM).lines
        assert (line.contact_id, line.others) == (cast.anna.id, 0)
        found = list_opted_out(session, Wanted(sort="name", search=cast.anna.email), scope=SYSTEM)
        assert [one.contact_id for one in found.lines] == [cast.anna.id, cast.aziz.id]
        which = None if stop is stop_all else program_id
        said = {"program_id": which, "reason": "By phone", "by": cast.admin.id, "now": NOW}
        assert resubscribe(session, cast.anna.id, **said) == 1  # type: ignore[arg-type]  # one of two
        assert not is_stopped(session, cast.anna.id, program_id)
        assert not is_stopped(session, cast.aziz.id, program_id)
        assert list_opted_out(session, Wanted(sort="name"), scope=SYSTEM).total == 0
        with pytest.raises(NotFound):
            resubscribe(session, cast.aziz.id, **said)  # type: ignore[arg-type]  # one of two


def test_who_has_no_address_stops_nobody_else(post: Post, cast: Cast) -> None:
    with post.writer() as session:
        for one in (cast.anna, cast.aziz):
            session.get_one(Contact, one.id).email = ""
        session.flush()
        assert opt_out(session, cast.anna.id, now=NOW)
        assert post.invitation(cast.aziz.id).state is InvitationState.WAITING
        program = program_of(session, post)
        assert session.query(Contact).where(stopped_address(program, Contact.email.expression)).count() == 0
        assert session.scalars(stopped_addresses(program)).all() == []
