"""What an outcome means beyond its call: rules of the program, other waves, numbers, reminders."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.errors import NotFound, Refused
from surveyd.base.keyset import Wanted
from surveyd.distribution.barred_numbers import allow_number, bar_number, barred_numbers, stop_phoning
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_attempts import KEPT_FOR, TRIED_OFTEN, record
from surveyd.distribution.call_entries import weight_of
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState, WrongNumber
from surveyd.distribution.call_rules import Rules, rules_of, set_rules
from surveyd.distribution.calls import find_call
from surveyd.distribution.models import Channel, Invitation, InvitationState, Touch, TouchState, Wave
from surveyd.people.access import SYSTEM
from surveyd.people.models import Contact
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast

DAY_21 = NOW + timedelta(days=21)


@pytest.fixture
def flagged(post: Post) -> Post:
    """Anna, Aziz and Sofie are on the call list."""
    post.go_to(DAY_21)
    post.release()
    return post


@pytest.fixture
def twice(launched: Callable[..., Post]) -> Post:
    """The same in two waves."""
    launched(slug="w1", rest_days=0)
    post = launched(slug="w2", rest_days=0)
    post.go_to(DAY_21)
    post.release()
    return post


def calls_of(session: Session, contact_id: int) -> list[Call]:
    theirs = select(Call).join(Invitation, Invitation.id == Call.invitation_id)
    return list(session.scalars(theirs.where(Invitation.contact_id == contact_id).order_by(Call.id)))


def say(post: Post, call_id: int, outcome: CallOutcome, by: int, **facts: object) -> None:
    with post.writer() as session:
        call, now = find_call(session, call_id, scope=SYSTEM), post.clock.now()
        record(session, call, outcome, now=now, system_now=system_now(), by=by, **facts)  # type: ignore[arg-type]


def test_a_program_calls_by_its_own_rules(flagged: Post, cast: Cast) -> None:
    with flagged.writer() as session:
        program = session.get_one(Wave, flagged.wave_id).program_id
        assert rules_of(session, program) == Rules(5, 4, 24)
        set_rules(session, program, Rules(2, 1, 48), by=cast.admin.id, now=DAY_21)
        anna = calls_of(session, cast.anna.id)[0].id
    say(flagged, anna, CallOutcome.LEFT_MESSAGE, cast.support.id)
    assert flagged.calls()[0].not_before == DAY_21 + timedelta(hours=48)

    say(flagged, anna, CallOutcome.NO_ANSWER, cast.support.id)
    assert (flagged.calls()[0].state, flagged.calls()[0].reason) == (CallState.DONE, TRIED_OFTEN)


@pytest.mark.parametrize("rules", [Rules(0, 4, 24), Rules(21, 4, 24), Rules(5, 0, 24), Rules(5, 4, 721)])
def test_rules_that_cannot_be_are_refused(flagged: Post, rules: Rules) -> None:
    with pytest.raises(Refused), flagged.writer() as session:
        set_rules(session, 1, rules, by=None, now=DAY_21)


def test_nobody_calls_again_too_soon_in_another_wave_either(twice: Post, cast: Cast) -> None:
    with twice.reader() as session:
        first, second = (call.id for call in calls_of(session, cast.anna.id))
    say(twice, first, CallOutcome.NO_ANSWER, cast.support.id)

    with twice.reader() as session:
        assert session.get_one(Call, second).not_before == DAY_21 + timedelta(hours=4)


def test_a_wrong_number_is_dialled_for_them_no_more(twice: Post, cast: Cast) -> None:
    with twice.reader() as session:
        first, second = (call.id for call in calls_of(session, cast.anna.id))
    say(twice, first, CallOutcome.WRONG_NUMBER, cast.support.id)

    with twice.writer() as session:
        over = [
            (session.get_one(Call, one).state, session.get_one(Call, one).reason) for one in (first, second)
        ]
        assert over == [(CallState.DONE, "wrong_number"), (CallState.CANCELLED, "wrong_number")]
        assert session.scalars(select(WrongNumber.phone)).all() == ["+4930901821"]
        # The next wave's call comes only with another number.
        again = Touch(
            invitation_id=session.get_one(Call, second).invitation_id,
            wave_id=twice.wave_id,
            step="call_2",
            channel=Channel.PHONE,
            state=TouchState.PLANNED,
            due_at=DAY_21,
        )
        session.add(again)
    twice.release()
    with twice.reader() as session:
        touch = session.scalars(select(Touch).where(Touch.step == "call_2")).one()
        assert (touch.state, touch.reason) == (TouchState.CANCELLED, "wrong_number")


def test_who_is_gone_is_asked_in_no_wave(twice: Post, cast: Cast) -> None:
    with twice.reader() as session:
        [first, _] = calls_of(session, cast.anna.id)
    say(twice, first.id, CallOutcome.GONE, cast.support.id)

    with twice.reader() as session:
        asked = select(Invitation.state).where(Invitation.contact_id == cast.anna.id)
        assert set(session.scalars(asked)) == {InvitationState.DECLINED}
        assert [call.state for call in calls_of(session, cast.anna.id)] == [
            CallState.DONE,
            CallState.CANCELLED,
        ]


def test_a_barred_number_is_phoned_for_nobody(twice: Post, cast: Cast) -> None:
    with twice.writer() as session:
        session.get_one(Contact, cast.sofie.id).phone = "+4930901821"
        session.flush()
        assert bar_number(session, "+4930901821", note="<b>never</b>", by=cast.support.id, now=DAY_21) == 4
        assert bar_number(session, "+4930901821", note="again", by=cast.admin.id, now=DAY_21) == 0
        [line] = barred_numbers(session, wanted=Wanted(search="30 901 821")).lines
        assert (line.note, line.by) == ("<b>never</b>", "Sam Support")
        assert barred_numbers(session, wanted=Wanted(search="nobody")).lines == ()
        allow_number(session, line.id, by=cast.admin.id, now=DAY_21)
        assert barred_numbers(session, wanted=Wanted()).lines == ()
        with pytest.raises(NotFound):
            allow_number(session, line.id, by=cast.admin.id, now=DAY_21)


def test_who_wants_no_calls_is_called_in_no_wave_and_still_mailed(twice: Post, cast: Cast) -> None:
    with twice.writer() as session:
        [first, _] = calls_of(session, cast.anna.id)
        stop_phoning(session, first, by=cast.support.id, now=DAY_21)
    with twice.reader() as session:
        contact = session.get_one(Contact, cast.anna.id)
        assert (contact.do_not_phone, contact.opted_out_at) == (True, None)
        assert {call.reason for call in calls_of(session, cast.anna.id)} == {"do_not_phone"}
        asked = select(Invitation.state).where(Invitation.contact_id == cast.anna.id)
        assert set(session.scalars(asked)) == {InvitationState.WAITING}


def test_a_reminder_waits_while_a_call_is_to_be_made(flagged: Post, cast: Cast) -> None:
    with flagged.writer() as session:
        [call] = calls_of(session, cast.anna.id)
        anna = call.id
        for step in ("reminder_9", "wished_reminder"):
            facts = {"channel": Channel.MAIL, "state": TouchState.PLANNED, "due_at": DAY_21}
            session.add(Touch(invitation_id=call.invitation_id, wave_id=flagged.wave_id, step=step, **facts))
        # The mails before it are long enough ago.
        session.execute(update(Touch).where(Touch.released_at.is_not(None)).values(released_at=NOW))
    flagged.release()
    touches = flagged.touches()
    assert touches[f"{cast.anna.id} wished_reminder"].state is TouchState.RELEASED
    assert touches[f"{cast.anna.id} reminder_9"].state is TouchState.PLANNED
    assert touches[f"{cast.anna.id} reminder_9"].due_at == DAY_21 + timedelta(days=1)

    say(flagged, anna, CallOutcome.REACHED, cast.support.id)
    flagged.go_to(DAY_21 + timedelta(days=8))  # after Easter
    flagged.release()
    assert flagged.touches()[f"{cast.anna.id} reminder_9"].state is TouchState.RELEASED


def test_larger_accounts_come_first_then_who_has_less_time() -> None:
    soon, late = NOW, NOW + timedelta(days=9)
    order = [weight_of(9_000_000_00, late), weight_of(400_000_00, soon), weight_of(400_000_00, late)]
    assert order == sorted(order)
    assert weight_of(0, None) == weight_of(-5, None) < 10**12
    assert weight_of(2**62, soon) >= 0


@pytest.mark.parametrize(
    ("back", "comes"),
    [
        ("2026-04-03T09:00", "2026-04-07T06:00"),  # Good Friday to Easter Monday: the week after, at eight
        ("2026-04-08T19:30", "2026-04-09T06:00"),
        ("2026-04-09T09:00", "2026-04-09T09:00"),
    ],
)
def test_a_call_back_comes_when_somebody_calls_there(
    launched: Callable[..., Post], cast: Cast, back: str, comes: str
) -> None:
    post = launched(window=Window())
    post.go_to(DAY_21)
    post.release()
    with post.writer() as session:
        anna = calls_of(session, cast.anna.id)[0].id
    asked = datetime.fromisoformat(back).replace(tzinfo=UTC)
    say(post, anna, CallOutcome.CALL_BACK, cast.support.id, call_back_at=asked)

    with post.reader() as session:
        call = session.get_one(Call, anna)
        assert call.not_before == datetime.fromisoformat(comes).replace(tzinfo=UTC)
        assert call.owner_until == call.not_before + KEPT_FOR
        assert session.scalars(select(CallAttempt.call_back_at)).one() == asked
