"""Waves: launched once, paused at once, closed on their day, and always adding up."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution import waves
from surveyd.distribution.audience import audience_of
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    MessageState,
    Suppression,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.distribution.suppressions import opt_out
from surveyd.people.batches import begin_batch, decide
from surveyd.people.columns import ImportKind
from surveyd.people.import_models import ImportBatch
from surveyd.people.models import Account, AccountStatus, Contact
from tests.distribution.conftest import Post, answered, make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast, make_cast
from tests.fixtures.relays import Relay


def half_a_list(session: Session) -> int:
    """An import that is decided, and of which not all is written."""
    batch_id = begin_batch(
        session,
        ImportKind.CONTACTS,
        file="list.csv",
        digest="d",
        rows=3,
        upload_id=None,
        by=None,
        now=NOW,
        system_now=NOW,
    )
    assert decide(session, batch_id, by=None, now=NOW)
    return batch_id


class TestSchedule:
    def test_it_waits_for_its_launch(self, session: Session) -> None:
        wave = make_wave(session)
        assert wave.state is WaveState.SCHEDULED
        assert waves.find_wave(session, "w1").id == wave.id

    def test_a_name_is_given_once(self, session: Session) -> None:
        wave = make_wave(session)
        with pytest.raises(Refused, match="already"):
            waves.schedule_wave(session, waves.program_of(session, wave), "w1", at=NOW, now=NOW)

    @pytest.mark.parametrize("slug", ["", "A b", "-x", "w/1", "ü"])
    def test_a_name_can_stand_in_an_address(self, session: Session, slug: str) -> None:
        wave = make_wave(session)
        with pytest.raises(Refused, match="does not do"):
            waves.schedule_wave(session, waves.program_of(session, wave), slug, at=NOW, now=NOW)

    def test_an_unknown_wave_is_not_found(self, session: Session) -> None:
        with pytest.raises(NotFound):
            waves.find_wave(session, "nowhere")


class TestAudience:
    def test_each_rule_leaves_out_whom_it_names(self, session: Session) -> None:
        cast = make_cast(session, NOW)
        wave = make_wave(session)
        session.get_one(Contact, cast.anna.id).active = False
        session.get_one(Account, cast.sudwerk).status = AccountStatus.LAPSED
        session.add(Suppression(address=cast.aziz.email, reason="bounced", at=NOW))
        session.flush()
        found = audience_of(session, wave, waves.program_of(session, wave), now=NOW)
        rules = {member.contact_id: member.rule for member in found.members}
        assert rules == {
            cast.anna.id: "contact_inactive",
            cast.aziz.id: "suppressed",
            cast.sofie.id: "account_lapsed",
        }
        assert found.invited == 0

    def test_of_two_with_one_address_the_first_is_asked(self, session: Session) -> None:
        cast = make_cast(session, NOW)
        wave = make_wave(session)
        session.get_one(Contact, cast.aziz.id).email = cast.anna.email.upper()
        session.flush()
        found = audience_of(session, wave, waves.program_of(session, wave), now=NOW)
        assert {one.contact_id: one.rule for one in found.members}[cast.aziz.id] == "same_address"
        assert found.invited == 2

    def test_an_empty_list_invites_nobody(self, session: Session) -> None:
        wave = make_wave(session)
        assert audience_of(session, wave, waves.program_of(session, wave), now=NOW).members == ()

    def test_nobody_is_asked_again_within_the_rest_period(
        self, post: Post, cast: Cast, writer: Transaction
    ) -> None:
        with writer() as session:
            soon = make_wave(session, "w2", rest_days=90)
            program = waves.program_of(session, soon)
            assert audience_of(session, soon, program, now=NOW + timedelta(days=89)).left_out == {"rested": 3}
            assert audience_of(session, soon, program, now=NOW + timedelta(days=91)).invited == 3

    @pytest.mark.parametrize(("theirs", "ours"), [(90, 0), (0, 90), (90, 30), (30, 90)])
    def test_of_two_programs_the_longer_rest_counts(
        self, launched: Callable[..., Post], writer: Transaction, theirs: int, ours: int
    ) -> None:
        launched(rest_days=theirs)
        with writer() as session:
            soon = make_wave(session, "w2", rest_days=ours)
            program = waves.program_of(session, soon)
            assert audience_of(session, soon, program, now=NOW + timedelta(days=89)).left_out == {"rested": 3}
            assert audience_of(session, soon, program, now=NOW + timedelta(days=91)).invited == 3

    def test_without_a_rest_period_everybody_is_asked(
        self, launched: Callable[..., Post], writer: Transaction
    ) -> None:
        launched(rest_days=0)
        with writer() as session:
            again = make_wave(session, "w2", rest_days=0)
            assert audience_of(session, again, waves.program_of(session, again), now=NOW).invited == 3

    def test_after_the_launch_it_is_what_was_launched(
        self, post: Post, cast: Cast, writer: Transaction
    ) -> None:
        with writer() as session:
            session.get_one(Contact, cast.anna.id).active = False
        with writer() as session:
            wave = session.get_one(Wave, post.wave_id)
            assert audience_of(session, wave, waves.program_of(session, wave), now=NOW).invited == 3


class TestLaunch:
    def test_it_writes_the_whole_ledger(self, post: Post, writer: Transaction) -> None:
        with writer() as session:
            assert session.get_one(Wave, post.wave_id).state is WaveState.OPEN
            assert session.scalar(select(func.count()).select_from(Invitation)) == 3
            steps = session.execute(select(Touch.step, func.count().label("touches")).group_by(Touch.step))
            assert {row.step: row.touches for row in steps} == {"invitation": 3, "reminder": 3, "call": 3}

    def test_twice_is_refused(self, post: Post, writer: Transaction) -> None:
        with writer() as session, pytest.raises(Refused, match="open"):
            waves.launch(session, session.get_one(Wave, post.wave_id), now=NOW, by=None)

    def test_while_a_list_is_written_nothing_is_launched(self, session: Session) -> None:
        wave = make_wave(session)
        batch_id = half_a_list(session)
        with pytest.raises(Refused, match="imported at this moment"):
            waves.launch(session, wave, now=NOW, by=None)
        assert wave.state is WaveState.SCHEDULED
        session.execute(delete(ImportBatch).where(ImportBatch.id == batch_id))
        waves.launch(session, wave, now=NOW, by=None)

    def test_a_list_that_is_written_after_the_launch_is_waited_for(
        self, app: Flask, writer: Transaction, cast: Cast
    ) -> None:
        with writer() as session:
            wave = make_wave(session)
            waves.launch(session, wave, now=NOW, by=None)
            wave_id, batch_id = wave.id, half_a_list(session)
        for over in (False, True):
            with writer() as session:
                if over:
                    session.execute(delete(ImportBatch).where(ImportBatch.id == batch_id))
            with app.app_context():
                prepare_wave(wave_id)
            with writer() as session:
                found = session.get_one(Wave, wave_id)
                assert found.state is (WaveState.OPEN if over else WaveState.PREPARING)
                assert session.scalar(select(func.count()).select_from(Invitation)) == (3 if over else 0)

    def test_preparing_twice_changes_nothing(self, post: Post, writer: Transaction) -> None:
        post.prepare()
        with writer() as session:
            assert session.scalar(select(func.count()).select_from(Invitation)) == 3

    def test_who_was_left_out_is_kept_with_the_rule(
        self, cast: Cast, writer: Transaction, launched: Callable[..., Post]
    ) -> None:
        with writer() as session:
            opt_out(session, cast.anna.id, now=NOW)
        launched()
        with writer() as session:
            kept = session.scalars(select(Exclusion)).one()
            assert (kept.contact_id, kept.rule) == (cast.anna.id, "opted_out")

    def test_day_zero_is_the_scheduled_instant_when_that_is_to_come(self, session: Session) -> None:
        wave = make_wave(session)
        waves.launch(session, wave, now=NOW - timedelta(days=3), by=None)
        assert wave.day_zero == NOW
        assert wave.closes_at == NOW + timedelta(days=35)


class TestPauseAndCancel:
    def test_a_paused_wave_sends_nothing_until_it_goes_on(
        self, post: Post, writer: Transaction, relay: Relay
    ) -> None:
        post.release()
        with writer() as session:
            waves.pause(session, session.get_one(Wave, post.wave_id), now=NOW)
        post.drain()
        assert relay.received == []
        with writer() as session:
            waves.resume(session, session.get_one(Wave, post.wave_id))
        post.drain()
        assert len(relay.received) == 3

    def test_a_paused_wave_releases_nothing(self, post: Post, writer: Transaction) -> None:
        with writer() as session:
            waves.pause(session, session.get_one(Wave, post.wave_id), now=NOW)
        assert post.release().total == 0

    def test_cancelling_stops_what_has_not_gone_out(
        self, post: Post, writer: Transaction, relay: Relay
    ) -> None:
        post.release()
        with writer() as session:
            assert waves.cancel(session, session.get_one(Wave, post.wave_id), now=NOW) == 3
        post.drain()
        assert relay.received == []
        assert {row.state for row in post.messages().values()} == {MessageState.CANCELLED}
        with writer() as session, pytest.raises(Refused, match="nothing to cancel"):
            waves.cancel(session, session.get_one(Wave, post.wave_id), now=NOW)

    def test_a_scheduled_wave_cannot_be_paused(self, session: Session) -> None:
        with pytest.raises(Refused, match="launched"):
            waves.pause(session, make_wave(session), now=NOW)


class TestClose:
    def test_it_ends_the_asking_on_day_35(self, post: Post, cast: Cast, writer: Transaction) -> None:
        with writer() as session:
            assert waves.close_due(session, now=NOW + timedelta(days=34, hours=23)) == 0
            assert waves.close_due(session, now=NOW + timedelta(days=35)) == 1
            assert waves.close_due(session, now=NOW + timedelta(days=35)) == 0
        assert post.invitation(cast.anna.id).state is InvitationState.CLOSED
        assert {touch.state for touch in post.touches().values()} == {TouchState.CANCELLED}


class TestStatus:
    def test_the_states_add_up_to_the_invited(self, post: Post, cast: Cast, writer: Transaction) -> None:
        post.send()
        with writer() as session:
            opt_out(session, cast.anna.id, now=NOW)
            found = waves.status(session, session.get_one(Wave, post.wave_id))
        assert found.invited == sum(found.invitations.values()) == 3
        assert found.invitations == {"waiting": 2, "opted_out": 1}
        assert found.messages == {"invitation": {"sent": 3}}
        assert (found.reached, found.started, found.answered, found.owed) == (3, 0, 0, 0)
        assert found.planned == {"reminder": 2, "call": 2}

    def test_the_calls_are_counted_open_and_done(self, post: Post, cast: Cast, writer: Transaction) -> None:
        post.go_to(NOW + timedelta(days=21))
        post.release()
        with writer() as session:
            wave = session.get_one(Wave, post.wave_id)
            assert waves.status(session, wave).calls == {"open": 3, "done": 0}
            answered(session.connection(), post.invitation(cast.anna.id).id, now=NOW)
            opt_out(session, cast.aziz.id, now=NOW)
            assert waves.status(session, wave).calls == {"open": 1, "done": 1}

    def test_a_rate_must_not_be_negative(self, post: Post, writer: Transaction) -> None:
        with writer() as session, pytest.raises(Refused, match="rate"):
            waves.set_rate(session, session.get_one(Wave, post.wave_id), -1)
