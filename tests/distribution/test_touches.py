"""Touches: released when due, inside the window, to those owed, once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from surveyd.distribution.cadence import Window
from surveyd.distribution.models import InvitationState, MessageState, TouchState
from surveyd.distribution.suppressions import opt_out, suppress
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, answered
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

DAY_14, DAY_21 = NOW + timedelta(days=14), NOW + timedelta(days=21)


def test_the_invitation_goes_out_once(post: Post) -> None:
    assert post.release().messages == 3
    assert post.release().total == 0
    assert set(post.messages()) == {"anna invitation", "aziz invitation", "sofie invitation"}


def test_each_gets_their_language(post: Post) -> None:
    post.release()
    assert {key: row.language for key, row in post.messages().items()} == {
        "anna invitation": "en",
        "aziz invitation": "en",
        "sofie invitation": "de",
    }


def test_only_who_has_not_answered_is_reminded(post: Post, cast: Cast, writer: Transaction) -> None:
    post.send()
    with writer() as session:
        assert answered(session, post.invitation(cast.anna.id).id, now=NOW)
    post.go_to(DAY_14 - timedelta(minutes=1))
    assert post.release().total == 0
    post.go_to(DAY_14)
    assert post.release().messages == 2
    assert "anna reminder" not in post.messages()
    assert post.release().total == 0


def test_on_day_21_the_silent_are_on_the_call_list(post: Post, cast: Cast, writer: Transaction) -> None:
    post.send()
    post.go_to(DAY_14)
    post.send()
    with writer() as session:
        opt_out(session, cast.anna.id, now=DAY_14)
    post.go_to(DAY_21)
    assert post.release().calls == 2
    with writer() as session:
        answered(session, post.invitation(cast.aziz.id).id, now=DAY_21)
    states = {call.invitation_id: call.state.value for call in post.calls()}
    assert states == {post.invitation(cast.aziz.id).id: "done", post.invitation(cast.sofie.id).id: "open"}


def test_a_bounced_address_is_called_and_not_mailed(post: Post, cast: Cast, writer: Transaction) -> None:
    post.send()
    with writer() as session:
        suppress(session, cast.anna.email, reason="bounced", now=NOW)
    post.go_to(DAY_14)
    post.release()
    assert "anna reminder" not in post.messages()
    assert post.touches()[f"{cast.anna.id} reminder"].reason == "bounced"
    post.go_to(DAY_21)
    assert post.release().calls == 3


def test_nobody_without_a_phone_is_on_the_call_list(post: Post, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        session.get_one(Contact, cast.anna.id).phone = ""
        session.get_one(Contact, cast.aziz.id).do_not_phone = True
    post.go_to(DAY_21)
    assert post.release().calls == 1
    reasons = {key: touch.reason for key, touch in post.touches().items() if touch.reason}
    assert reasons == {f"{cast.anna.id} call": "no_phone", f"{cast.aziz.id} call": "do_not_phone"}


def test_what_is_due_at_night_waits_for_the_morning(launched: Callable[..., Post], cast: Cast) -> None:
    post = launched(window=Window())
    night = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)
    post.go_to(night)
    assert post.release().deferred == 3
    assert post.messages() == {}
    touch = post.touches()[f"{cast.anna.id} invitation"]
    assert touch.due_at == datetime(2026, 3, 11, 7, 0, tzinfo=UTC)  # 08:00 in Berlin
    post.go_to(touch.due_at)
    assert post.release().messages == 3


def test_the_local_hour_outlasts_a_clock_change(launched: Callable[..., Post], cast: Cast) -> None:
    post = launched(window=Window())
    # Summer time begins on 29 March: 10:00 in Berlin is 09:00 UTC before and 08:00 UTC after.
    assert post.touches()[f"{cast.anna.id} invitation"].due_at == datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    assert post.touches()[f"{cast.anna.id} reminder"].due_at == datetime(2026, 3, 24, 9, 0, tzinfo=UTC)
    assert post.touches()[f"{cast.anna.id} call"].due_at == datetime(2026, 3, 31, 8, 0, tzinfo=UTC)


def test_an_answer_takes_back_a_queued_reminder(post: Post, cast: Cast, writer: Transaction) -> None:
    post.send()
    post.go_to(DAY_14)
    post.release()
    with writer() as session:
        answered(session, post.invitation(cast.anna.id).id, now=DAY_14)
    message = post.messages()["anna reminder"]
    assert (message.state, message.reason) == (MessageState.CANCELLED, "answered")


def test_an_answer_is_taken_once(post: Post, cast: Cast, writer: Transaction) -> None:
    invitation = post.invitation(cast.anna.id)
    with writer() as session:
        assert answered(session, invitation.id, now=NOW)
        assert not answered(session, invitation.id, now=NOW + timedelta(days=1))
    assert post.invitation(cast.anna.id).answered_at == NOW


def test_opting_out_ends_everything_for_good(post: Post, cast: Cast, writer: Transaction) -> None:
    post.release()
    with writer() as session:
        assert opt_out(session, cast.anna.id, now=NOW)
        assert not opt_out(session, cast.anna.id, now=NOW + timedelta(days=1))
    assert post.messages()["anna invitation"].state is MessageState.CANCELLED
    assert post.invitation(cast.anna.id).state is InvitationState.OPTED_OUT
    assert post.touches()[f"{cast.anna.id} reminder"].state is TouchState.CANCELLED
