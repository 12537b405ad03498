"""What account managers say of their contacts, and whom a wave then asks."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution import contact_marks, waves
from surveyd.distribution.audience import count_audience, judge_one
from surveyd.distribution.audience_models import SampleKind
from surveyd.distribution.audience_plans import Plan, Sampling
from surveyd.distribution.confirmation_models import ConfirmationAsk, ContactMark, MarkState, WhyExcluded
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.models import Exclusion, Wave
from surveyd.distribution.standing import reconcile
from surveyd.people.access import SYSTEM, scope_of
from surveyd.people.contacts import AddressTaken, ChangedMeanwhile
from surveyd.people.models import Account, AuditEntry, Contact, RelationshipRole, User
from tests.distribution.audiences import save, who_is_in
from tests.distribution.conftest import make_wave
from tests.distribution.desks import Desk, rule_of_contact, sums
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

HOSTILE = '<b>Bobby</b>"; DROP TABLE contacts; --{{7*7}}'


class TestMarks:
    def test_who_is_left_out_is_out_by_the_rule_of_every_list(
        self, writer: Transaction, reader: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        mona.exclude(cast.anna.id, HOSTILE)
        mona.exclude(cast.anna.id, HOSTILE)
        with reader() as session:
            assert rule_of_contact(session, wave_id, cast.anna.id) == "excluded"
            wave = session.get_one(Wave, wave_id)
            program = waves.program_of(session, wave)
            assert count_audience(session, wave, program, now=NOW).left_out == {"excluded": 1}
            assert judge_one(session, wave, program, cast.anna.id, now=NOW).rule == "excluded"
            assert session.get_one(ContactMark, (wave_id, cast.anna.id)).words == HOSTILE
            assert HOSTILE not in str([entry.facts for entry in session.scalars(select(AuditEntry))])

    def test_the_launch_and_the_statement_leave_them_out_by_the_same_rule(  # noqa: PLR0917  # fixtures, by name
        self, app: Flask, writer: Transaction, reader: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        mona.exclude(cast.anna.id)
        with writer() as session:
            waves.launch(session, session.get_one(Wave, wave_id), now=NOW, by=None)
        with app.app_context():
            prepare_wave(wave_id)
        with reader() as session:
            assert session.execute(select(Exclusion.contact_id, Exclusion.rule)).all() == [
                (cast.anna.id, "excluded")
            ]
            stood = reconcile(session, session.get_one(Wave, wave_id))
            assert (stood.invited, stood.left_out, stood.total) == (2, {"excluded": 1}, 3)
            assert sums(session, wave_id)["Mona Manager"].excluded == 1

    def test_another_wave_asks_them(self, writer: Transaction, mona: Desk, cast: Cast) -> None:
        mona.exclude(cast.anna.id)
        with writer() as session:
            assert "C-adler" in who_is_in(session, make_wave(session, "w2"))

    def test_who_is_left_out_keeps_no_address_from_others(
        self, writer: Transaction, reader: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        with writer() as session:
            session.get_one(Contact, cast.sofie.id).email = cast.anna.email.upper()
        with reader() as session:
            assert rule_of_contact(session, wave_id, cast.sofie.id) == "same_address"
        mona.exclude(cast.anna.id)
        with reader() as session:
            assert rule_of_contact(session, wave_id, cast.sofie.id) == ""

    def test_a_sample_draws_nobody_who_is_left_out(
        self, writer: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        mona.exclude(cast.anna.id)
        with writer() as session:
            wave = session.get_one(Wave, wave_id)
            save(session, wave, Plan(sampling=Sampling(SampleKind.NUMBER, size=3)))
            assert who_is_in(session, wave) == {"C-ahmed", "C-sommer"}

    def test_what_was_said_can_be_taken_back_and_put_back(
        self, writer: Transaction, reader: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        mona.exclude(cast.anna.id)
        mona.take_back(cast.anna.id)
        mona.take_back(cast.anna.id)
        mona.exclude(cast.aziz.id)
        mona.confirm(cast.aziz.id)
        with reader() as session:
            assert rule_of_contact(session, wave_id, cast.anna.id) == ""
            assert session.get_one(ContactMark, (wave_id, cast.aziz.id)).state is MarkState.CONFIRMED
            assert sums(session, wave_id)["Mona Manager"].looked_at == 1

    def test_another_reason_wants_words(self, mona: Desk, cast: Cast) -> None:
        with pytest.raises(Refused, match="few words"):
            mona.exclude(cast.anna.id, " ", WhyExcluded.OTHER)
        with pytest.raises(Refused, match="301"):
            mona.exclude(cast.anna.id, "x" * 301)

    def test_foreign_contacts_do_not_exist(
        self, mona: Desk, milo: Desk, writer: Transaction, wave_id: int, cast: Cast
    ) -> None:
        outsider, support = (Desk(writer, wave_id, one.id) for one in (cast.outsider, cast.support))
        for desk, contact in (
            (milo, cast.anna),
            (mona, cast.sofie),
            (outsider, cast.anna),
            (support, cast.anna),
        ):
            for deed in (desk.confirm, desk.exclude, desk.take_back, desk.correct):
                with pytest.raises(NotFound):
                    deed(contact.id)
        with pytest.raises(NotFound):
            milo.add(cast.nordwind, "Nele Neu", "nele@nordwind.test")
        with pytest.raises(NotFound):
            milo.finish(cast.mona.id)

    def test_the_new_manager_sees_the_accounts_and_the_old_one_no_more(
        self, writer: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        with writer() as session:
            session.get_one(Account, cast.nordwind).manager_id = cast.outsider.id
        Desk(writer, wave_id, cast.outsider.id).confirm(cast.anna.id)
        with pytest.raises(NotFound):
            mona.confirm(cast.aziz.id)

    def test_after_the_last_day_nothing_can_be_said_and_what_was_said_holds(
        self, writer: Transaction, reader: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        mona.exclude(cast.anna.id)
        with writer() as session:
            wave, late = session.get_one(Wave, wave_id), NOW + timedelta(days=12)
            scope = scope_of(session.get_one(User, cast.mona.id))
            with pytest.raises(Refused, match="over"):
                contact_marks.take_back(session, wave, cast.anna.id, scope=scope, by=cast.mona.id, now=late)
            contact_marks.put_back(session, wave, cast.anna.id, scope=SYSTEM, by=cast.admin.id, now=late)
            assert rule_of_contact(session, wave_id, cast.anna.id) == ""
            waves.launch(session, wave, now=late, by=None)
            with pytest.raises(Refused, match="launched"):
                contact_marks.put_back(session, wave, cast.anna.id, scope=SYSTEM, by=cast.admin.id, now=late)


class TestCorrecting:
    def test_a_correction_confirms_and_counts(
        self, reader: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        mona.correct(cast.anna.id, name=HOSTILE, role=RelationshipRole.BUYER)
        with reader() as session:
            anna = session.get_one(Contact, cast.anna.id)
            assert (anna.name, anna.role, anna.email) == (HOSTILE, RelationshipRole.BUYER, cast.anna.email)
            one = sums(session, wave_id)["Mona Manager"]
            assert (one.confirmed, one.corrected, one.planned) == (1, 1, 2)

    def test_nothing_different_is_a_confirmation(
        self, reader: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        mona.correct(cast.anna.id)
        with reader() as session:
            one = sums(session, wave_id)["Mona Manager"]
            assert (one.confirmed, one.corrected) == (1, 0)

    def test_who_corrects_on_an_old_page_is_told(self, writer: Transaction, mona: Desk, cast: Cast) -> None:
        mona.correct(cast.anna.id, name="Anna Berg")
        with pytest.raises(ChangedMeanwhile):
            mona.correct(cast.anna.id, name="Anna Adler-Berg", seen=NOW)

    def test_an_address_of_the_same_account_is_taken(self, mona: Desk, cast: Cast) -> None:
        with pytest.raises(AddressTaken, match="Aziz"):
            mona.correct(cast.anna.id, email=cast.aziz.email.upper())

    def test_a_contact_is_added_once_and_is_in(
        self, reader: Transaction, writer: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        first = mona.add(cast.nordwind, "Nele Neu", "nele@nordwind.test")
        assert mona.add(cast.nordwind, "Nele Neu", "NELE@nordwind.test") == first
        with pytest.raises(AddressTaken):
            mona.add(cast.nordwind, "Other", cast.anna.email)
        with reader() as session:
            assert rule_of_contact(session, wave_id, first) == ""
            one = sums(session, wave_id)["Mona Manager"]
            assert (one.planned, one.added, one.confirmed) == (3, 1, 1)


class TestTheRest:
    def test_the_rest_is_confirmed_in_one_press(
        self, reader: Transaction, mona: Desk, wave_id: int, cast: Cast
    ) -> None:
        mona.exclude(cast.anna.id)
        mona.take_back(cast.anna.id)
        with pytest.raises(Refused, match="changed meanwhile"):
            mona.rest(1)
        assert [mona.rest(2), mona.rest(2)] == [2, 0]
        with reader() as session:
            assert sums(session, wave_id)["Mona Manager"].confirmed == 2
            assert sums(session, wave_id)["Milo Manager"].confirmed == 0

    def test_it_leaves_out_stays_out(self, reader: Transaction, mona: Desk, wave_id: int, cast: Cast) -> None:
        mona.exclude(cast.anna.id)
        assert mona.rest(1) == 1
        with reader() as session:
            assert rule_of_contact(session, wave_id, cast.anna.id) == "excluded"

    def test_whoever_says_nothing_changes_nothing(
        self, reader: Transaction, writer: Transaction, wave_id: int
    ) -> None:
        with writer() as session:
            assert who_is_in(session, session.get_one(Wave, wave_id)) == {"C-adler", "C-ahmed", "C-sommer"}

    def test_finishing_is_noted_once(self, reader: Transaction, mona: Desk, wave_id: int, cast: Cast) -> None:
        mona.finish()
        mona.finish()
        with reader() as session:
            ask = session.get_one(ConfirmationAsk, (wave_id, cast.mona.id))
            assert (ask.began_at, ask.finished_at, ask.mails) == (NOW, NOW, 1)
            done = select(func.count()).where(AuditEntry.action == "finish_confirmation")
            assert session.execute(done).scalar_one() == 1
