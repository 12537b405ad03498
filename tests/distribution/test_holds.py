"""What is held, mails and touches alike: counted by group, let go, skipped, shifted, and nothing else."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.distribution import holds
from surveyd.distribution.hold_lists import count_held, held_groups, list_held
from surveyd.distribution.models import Invitation, Message, MessageState, Program, Touch, TouchState, Wave
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.relays import Relay

GAP, DOUBT = "fell due while nothing was running", "no reply after the final dot (TimeoutError)"


@pytest.fixture
def held(post: Post, cast: Cast, writer: Transaction) -> Post:
    """Two invitations of a gap, one in doubt, and all reminders."""
    post.release()
    with writer() as session:
        session.execute(update(Message).values(state=MessageState.HELD, reason=GAP))
        doubt = update(Message).where(Message.contact_id == cast.anna.id)
        session.execute(doubt.values(reason=DOUBT, copies=4))
        reminders = update(Touch).where(Touch.step == "reminder")
        session.execute(reminders.values(state=TouchState.HELD, reason=GAP))
    return post


def mails(post: Post) -> dict[str, str]:
    return {name: row.state.value for name, row in post.messages().items()}


def test_everything_is_counted_in_groups(held: Post, reader: Transaction) -> None:
    with reader() as session:
        groups = [(one.step, one.reason, one.mails, one.touches) for one in held_groups(session)]
        assert groups == [("reminder", GAP, 0, 3), ("invitation", GAP, 2, 0), ("invitation", DOUBT, 1, 0)]
        assert count_held(session, {}) == 6
        assert count_held(session, {"wave": "w1", "step": "invitation", "reason": GAP}) == 2
        assert count_held(session, {"wave": "other"}) == 0
        page = list_held(session, Wanted())
        assert len(page.lines) == 6 and len({line.key for line in page.lines}) == 6
        for line in page.lines:
            assert [one.key for one in list_held(session, Wanted(filters={"one": line.key})).lines] == [
                line.key
            ]
            assert count_held(session, {"one": line.key}) == 1


@pytest.mark.parametrize("key", ["x", "m", "t-1", "m٣", "m" + "9" * 40, "17", "' OR 1=1"])
def test_what_is_no_key_means_nothing(held: Post, writer: Transaction, key: str) -> None:
    with writer() as session:
        assert count_held(session, {"one": key}) == 0
        assert holds.let_go(session, {"one": key}, now=NOW) == holds.skip(session, {"one": key}) == 0


def test_a_group_is_let_go_and_no_other(held: Post, writer: Transaction, relay: Relay) -> None:
    with writer() as session:
        assert holds.let_go(session, {"step": "invitation", "reason": GAP}, now=NOW) == 2
        assert holds.let_go(session, {"step": "invitation", "reason": GAP}, now=NOW) == 0
    assert held.drain().counts.sent == 2
    assert sorted(mails(held).values()) == ["held", "sent", "sent"]
    # A reminder on the day of the invitation would be one too many.
    held.go_to(NOW + timedelta(days=14))
    with writer() as session:
        assert holds.let_go(session, {}, now=held.clock.now()) == 4
    assert held.send().counts.sent == 4


def test_what_is_skipped_never_goes_and_the_next_step_does(held: Post, writer: Transaction) -> None:
    with writer() as session:
        assert holds.skip(session, {"step": "invitation"}) == 3
        assert count_held(session, {}) == 3
        assert holds.let_go(session, {}, now=NOW + timedelta(days=14)) == 3
    held.go_to(NOW + timedelta(days=14))
    held.send()
    assert {name.partition(" ")[2]: state for name, state in mails(held).items()} == {
        "invitation": "cancelled",
        "reminder": "sent",
    }
    assert {row.reason for row in held.messages().values()} == {holds.SKIPPED, ""}


class TestShift:
    @pytest.fixture
    def held(self, launched: Callable[..., Post], cast: Cast, writer: Transaction, held: Post) -> Post:
        """The same in a window, with Anna in Tokyo and the others in Berlin."""
        with writer() as session:
            session.execute(update(Invitation).values(time_zone="Europe/Berlin"))
            anna = update(Invitation).where(Invitation.contact_id == cast.anna.id)
            session.execute(anna.values(time_zone="Asia/Tokyo"))
            wave = session.get_one(Wave, held.wave_id)
            window = {"window_start": 8, "window_end": 18, "workdays_only": True}
            session.execute(update(Program).where(Program.id == wave.program_id).values(**window))
        return held

    def test_each_goes_when_sending_hours_begin_where_they_are(
        self, held: Post, writer: Transaction, cast: Cast
    ) -> None:
        day = (NOW + timedelta(days=3)).date()
        while day.weekday() != 2:
            day += timedelta(days=1)
        with writer() as session:
            assert holds.shift(session, {}, to=day, now=NOW) == 6
        hours = {row.contact_id == cast.anna.id: row.due_at for row in held.messages().values()}
        assert (hours[True].date(), hours[True].hour) == (day - timedelta(days=1), 23)
        assert (hours[False].date(), hours[False].hour) in {(day, 6), (day, 7)}
        assert {row.state for row in held.messages().values()} == {MessageState.QUEUED}
        assert held.drain().counts.sent == 0
        held.go_to(hours[False])
        assert held.drain().counts.sent == 3
        touches = {row.state for row in held.touches().values() if row.step == "reminder"}
        assert touches == {TouchState.PLANNED}

    def test_a_saturday_is_the_monday_after(self, held: Post, writer: Transaction) -> None:
        day = NOW.date()
        while day.weekday() != 5:
            day += timedelta(days=1)
        with writer() as session:
            holds.shift(session, {"step": "invitation"}, to=day, now=NOW)
        assert {row.due_at.weekday() for row in held.messages().values()} <= {0, 6}

    @pytest.mark.parametrize("days", [-1, 60])
    def test_a_day_that_is_past_or_after_the_close_is_refused(
        self, held: Post, writer: Transaction, days: int
    ) -> None:
        with pytest.raises(Refused), writer() as session:
            holds.shift(session, {}, to=(NOW + timedelta(days=days)).date(), now=NOW)
        with writer() as session:
            assert count_held(session, {}) == 6

    def test_a_mail_to_ourselves_has_no_hours(self, held: Post, writer: Transaction) -> None:
        with writer() as session:
            session.execute(update(Message).values(invitation_id=None, program_id=None, wave_id=None))
            session.execute(update(Touch).values(state=TouchState.CANCELLED))
            day = date(NOW.year + 1, 1, 1)
            assert holds.shift(session, {}, to=day, now=NOW) == 3
            assert session.scalars(select(Message.due_at).distinct()).one().date() == day
