"""What people ask for in place of answering: the ledger makes room for it, and answering ends it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import db, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution import waves, wishes
from surveyd.distribution.blackouts import NewBlackout, add_blackout
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.invitations import end_asking
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    MessageState,
    Touch,
    TouchState,
    Wave,
)
from surveyd.distribution.waves import close_due
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, answered
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

DAY = date(2026, 3, 17)
"""A Tuesday, a week after the launch."""


@pytest.fixture
def sent(launched: Callable[..., Post]) -> Post:
    """A wave with usual sending hours whose invitations are out."""
    post = launched(window=Window())
    post.send()
    return post


def anna(post: Post, cast: Cast) -> int:
    return post.invitation(cast.anna.id).id


def steps(post: Post, contact_id: int) -> dict[str, tuple[TouchState, datetime]]:
    found = post.touches().items()
    mine = {key.partition(" ")[2]: touch for key, touch in found if key.startswith(f"{contact_id} ")}
    return {step: (touch.state, touch.due_at) for step, touch in mine.items()}


class TestAReminder:
    def test_the_usual_one_gives_way_to_the_day_they_chose(self, sent: Post, cast: Cast) -> None:
        with sent.writer() as session:
            due = wishes.remind_on(session, anna(sent, cast), day=DAY, now=NOW)

        planned = steps(sent, cast.anna.id)
        assert due == datetime(2026, 3, 17, 7, tzinfo=UTC)  # 8:00 in Berlin
        assert planned["wished_reminder"] == (TouchState.PLANNED, due)
        assert planned["reminder"][0] is TouchState.CANCELLED
        assert steps(sent, cast.aziz.id)["reminder"][0] is TouchState.PLANNED

    def test_it_goes_once_as_a_reminder_and_nothing_else_before_the_call(
        self, sent: Post, cast: Cast
    ) -> None:
        with sent.writer() as session:
            due = wishes.remind_on(session, anna(sent, cast), day=DAY, now=NOW)

        sent.go_to(due - timedelta(minutes=1))
        sent.send()
        assert "anna wished_reminder" not in sent.messages()
        sent.go_to(due)
        sent.send()
        sent.go_to(due + timedelta(days=8))
        sent.send()

        mine = {step: row for step, row in sent.messages().items() if step.startswith("anna")}
        assert set(mine) == {"anna invitation", "anna wished_reminder"}
        assert mine["anna wished_reminder"].name == "reminder"
        assert mine["anna wished_reminder"].state is MessageState.SENT

    def test_nobody_calls_before_three_days_later(self, sent: Post, cast: Cast) -> None:
        late = date(2026, 3, 30)
        with sent.writer() as session:
            due = wishes.remind_on(session, anna(sent, cast), day=late, now=NOW)

        assert steps(sent, cast.anna.id)["call"][1] == due + timedelta(days=3)
        assert steps(sent, cast.aziz.id)["call"][1] == datetime(2026, 3, 31, 8, tzinfo=UTC)

    def test_a_call_that_is_on_the_list_waits_as_well(self, sent: Post, cast: Cast) -> None:
        sent.go_to(NOW + timedelta(days=21))
        sent.send()
        now = sent.clock.now()
        with sent.writer() as session:
            due = wishes.remind_on(session, anna(sent, cast), day=date(2026, 4, 2), now=now)

        waiting = {call.invitation_id: call.not_before for call in sent.calls()}
        assert waiting[anna(sent, cast)] > due
        assert waiting[sent.invitation(cast.aziz.id).id] == now

    def test_a_second_wish_moves_it(self, sent: Post, cast: Cast) -> None:
        for day in (DAY, DAY + timedelta(days=2)):
            with sent.writer() as session:
                wishes.remind_on(session, anna(sent, cast), day=day, now=NOW)

        planned = steps(sent, cast.anna.id)
        assert planned["wished_reminder"][1] == datetime(2026, 3, 19, 7, tzinfo=UTC)
        assert "wished_reminder_2" not in planned
        with sent.reader() as session:
            wish = wishes.wish_of(session, anna(sent, cast))
            assert wish and (wish.remind_on, wish.times) == (DAY + timedelta(days=2), 2)

    def test_after_the_reminder_another_one_can_be_asked_for_five_times(self, sent: Post, cast: Cast) -> None:
        invitation_id = anna(sent, cast)
        for number in range(wishes.MOST):
            with sent.writer() as session:
                day = DAY + timedelta(days=number)
                due = wishes.remind_on(session, invitation_id, day=day, now=sent.clock.now())
            sent.go_to(due)
            sent.send()
        with sent.writer() as session, pytest.raises(Refused, match="five times"):
            wishes.remind_on(session, invitation_id, day=DAY + timedelta(days=9), now=sent.clock.now())

        with sent.reader() as session:
            mails = select(func.count()).where(Touch.step.startswith("wished_reminder"))
            assert session.execute(mails).scalar_one() == wishes.MOST
        assert sent.messages()["anna wished_reminder"].state is MessageState.SENT

    def test_a_day_without_sending_hours_leads_to_the_next_that_has_some(
        self, sent: Post, cast: Cast
    ) -> None:
        with sent.writer() as session:
            due = wishes.remind_on(session, anna(sent, cast), day=date(2026, 3, 14), now=NOW)

        assert due == datetime(2026, 3, 16, 7, tzinfo=UTC)

    def test_a_day_off_leads_to_the_next_that_is_open(self, sent: Post, cast: Cast) -> None:
        with sent.writer() as session:
            program = waves.program_of(session, session.get_one(Wave, sent.wave_id))
            week = NewBlackout(date(2026, 3, 16), date(2026, 3, 20), "Fair")
            add_blackout(session, program, week, by=None, now=NOW, system_now=NOW)
            due = wishes.remind_on(session, anna(sent, cast), day=DAY, now=NOW)
            wish = wishes.wish_of(session, anna(sent, cast))

        assert due == datetime(2026, 3, 23, 7, tzinfo=UTC)
        assert wish and wish.remind_on == date(2026, 3, 23)

    def test_nobody_calls_on_a_day_off_after_the_reminder(self, sent: Post, cast: Cast) -> None:
        with sent.writer() as session:
            wishes.remind_on(session, anna(sent, cast), day=date(2026, 3, 31), now=NOW)

        # Three days later is Good Friday, and the Monday after it is off as well.
        assert steps(sent, cast.anna.id)["call"][1] == datetime(2026, 4, 7, 6, tzinfo=UTC)

    def test_the_last_days_are_not_offered_when_they_are_off(self, sent: Post, cast: Cast) -> None:
        with sent.writer() as session:
            week = NewBlackout(date(2026, 4, 6), date(2026, 4, 17), "Fair")
            add_blackout(session, None, week, by=None, now=NOW, system_now=NOW)
            offer = wishes.offer_to(session, anna(sent, cast), now=NOW)

        assert offer.last == date(2026, 4, 2)  # the day before Good Friday

    @pytest.mark.parametrize("day", [date(2026, 3, 10), date(2026, 4, 14), date(2030, 1, 1)])
    def test_days_that_are_not_on_offer_are_refused(self, sent: Post, cast: Cast, day: date) -> None:
        with sent.writer() as session, pytest.raises(Refused, match="from tomorrow"):
            wishes.remind_on(session, anna(sent, cast), day=day, now=NOW)

    def test_the_offer_runs_from_tomorrow_to_the_day_before_the_close(self, sent: Post, cast: Cast) -> None:
        with sent.reader() as session:
            offer = wishes.offer_to(session, anna(sent, cast), now=NOW)

        assert (offer.first, offer.usual) == (date(2026, 3, 11), date(2026, 3, 17))
        assert offer.last == date(2026, 4, 13)

    def test_no_reminder_is_offered_on_the_last_days(self, sent: Post, cast: Cast) -> None:
        with sent.reader() as session:
            offer = wishes.offer_to(session, anna(sent, cast), now=NOW + timedelta(days=34))

        assert offer.usual is None

    @pytest.mark.parametrize("why", [{"opted_out_at": NOW}, {"active": False}])
    def test_who_gets_no_mails_is_offered_none(self, sent: Post, cast: Cast, why: dict[str, object]) -> None:
        with sent.writer() as session:
            session.execute(update(Contact).where(Contact.id == cast.anna.id).values(**why))

            assert wishes.offer_to(session, anna(sent, cast), now=NOW).usual is None


class TestACall:
    def test_the_person_is_on_the_list_at_once(self, sent: Post, cast: Cast) -> None:
        with sent.writer() as session:
            call_id = wishes.call_instead(
                session, anna(sent, cast), phone="+4930111", suits="mornings", now=NOW
            )

        (call,) = sent.calls()
        assert (call.id, call.state, call.not_before) == (call_id, CallState.OPEN, NOW)
        states = {step: state for step, (state, _) in steps(sent, cast.anna.id).items()}
        assert states == {
            "invitation": TouchState.RELEASED,
            "reminder": TouchState.CANCELLED,
            "call": TouchState.CANCELLED,
            "wished_call": TouchState.RELEASED,
        }

    def test_a_second_wish_updates_the_first(self, sent: Post, cast: Cast) -> None:
        for suits in ("mornings", "after four"):
            with sent.writer() as session:
                wishes.call_instead(session, anna(sent, cast), phone="", suits=suits, now=NOW)

        assert len(sent.calls()) == 1
        with sent.reader() as session:
            wish = wishes.wish_of(session, anna(sent, cast))
            assert wish and (wish.kind, wish.suits, wish.times) == (WishKind.CALL, "after four", 2)

    def test_who_is_on_the_list_already_is_called_now(self, sent: Post, cast: Cast) -> None:
        sent.go_to(NOW + timedelta(days=21))
        sent.send()
        now = sent.clock.now()
        before = len(sent.calls())
        with sent.writer() as session:
            wishes.remind_on(session, anna(sent, cast), day=date(2026, 4, 9), now=now)
            wishes.call_instead(session, anna(sent, cast), phone="", suits="", now=now)

        assert len(sent.calls()) == before
        assert {call.not_before for call in sent.calls()} == {now}
        assert steps(sent, cast.anna.id)["wished_reminder"][0] is TouchState.CANCELLED

    def test_without_any_number_it_is_refused(self, sent: Post, cast: Cast) -> None:
        with sent.writer() as session:
            session.get_one(Contact, cast.anna.id).phone = ""
            session.flush()
            with pytest.raises(Refused, match="number"):
                wishes.call_instead(session, anna(sent, cast), phone="", suits="", now=NOW)

    def test_who_opted_out_of_mails_may_ask_to_be_called(self, sent: Post, cast: Cast) -> None:
        invitation_id = anna(sent, cast)
        with sent.writer() as session:
            session.get_one(Contact, cast.anna.id).opted_out_at = NOW
            which = Invitation.id == invitation_id
            end_asking(session, which, state=InvitationState.OPTED_OUT, reason="opted_out", now=NOW)
            wishes.call_instead(session, invitation_id, phone="", suits="", now=NOW)

        assert [call.state for call in sent.calls()] == [CallState.OPEN]
        assert sent.invitation(cast.anna.id).state is InvitationState.OPTED_OUT


class TestBoth:
    def test_answering_ends_what_was_wished(self, sent: Post, cast: Cast) -> None:
        invitation_id = anna(sent, cast)
        with sent.writer() as session:
            wishes.call_instead(session, invitation_id, phone="", suits="", now=NOW)
            wishes.remind_on(session, invitation_id, day=DAY, now=NOW)
            answered(session, invitation_id, now=NOW)

        assert [call.state for call in sent.calls()] == [CallState.DONE]
        assert steps(sent, cast.anna.id)["wished_reminder"][0] is TouchState.CANCELLED

    def test_after_an_answer_or_the_close_nothing_can_be_wished(self, sent: Post, cast: Cast) -> None:
        with sent.writer() as session:
            answered(session, anna(sent, cast), now=NOW)
            with pytest.raises(Refused, match="sent already"):
                wishes.remind_on(session, anna(sent, cast), day=DAY, now=NOW)
            session.get_one(Wave, sent.wave_id).closes_at = NOW
        with sent.writer() as session:
            close_due(session, now=NOW)
            with pytest.raises(Refused, match="closed"):
                wishes.call_instead(session, sent.invitation(cast.aziz.id).id, phone="", suits="", now=NOW)

    def test_who_declined_and_then_wishes_something_is_asked_again(self, sent: Post, cast: Cast) -> None:
        invitation_id = anna(sent, cast)
        with sent.writer() as session:
            which = Invitation.id == invitation_id
            end_asking(session, which, state=InvitationState.DECLINED, reason="declined", now=NOW)
            wishes.remind_on(session, invitation_id, day=DAY, now=NOW)

        assert sent.invitation(cast.anna.id).state is InvitationState.WAITING

    def test_an_unknown_invitation(self, session: Session) -> None:
        with pytest.raises(NotFound):
            wishes.offer_to(session, 99, now=NOW)

    def test_ten_wishes_at_once_make_one_call_and_one_reminder(
        self, sent: Post, cast: Cast, app: Flask, reader: Transaction
    ) -> None:
        invitation_id, start = anna(sent, cast), Barrier(10)

        def wish(number: int) -> None:
            with app.app_context():
                start.wait()
                try:
                    with writing() as session:
                        if number % 2:
                            wishes.call_instead(session, invitation_id, phone="", suits=str(number), now=NOW)
                        else:
                            wishes.remind_on(session, invitation_id, day=DAY, now=NOW)
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(10) as pool:
            list(pool.map(wish, range(10)))

        with reader() as session:
            wish_row = session.get_one(Wish, invitation_id)
            open_calls = select(func.count()).where(Call.state == CallState.OPEN)
            planned = select(func.count()).where(
                Touch.invitation_id == invitation_id, Touch.state == TouchState.PLANNED
            )
            assert wish_row.times == 10
            assert session.execute(open_calls).scalar_one() == 1
            assert session.execute(planned).scalar_one() <= 1
