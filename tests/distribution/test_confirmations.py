"""Rounds of contact confirmation: who is asked and reminded, once a step."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import Services
from surveyd.distribution import waves
from surveyd.distribution.confirmation_jobs import remind_managers
from surveyd.distribution.confirmation_reminders import ask_again
from surveyd.distribution.gaps import beat
from surveyd.distribution.models import Message, MessageState, Wave
from surveyd.people.models import Account
from tests.distribution.conftest import make_wave
from tests.distribution.desks import DOMAIN, UNTIL, Desk, begin, mails
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast


class TestRound:
    def test_each_account_manager_with_contacts_gets_one_mail(
        self, reader: Transaction, wave_id: int, cast: Cast
    ) -> None:
        with reader() as session:
            assert mails(session) == [
                ("contacts_to_confirm", cast.milo.id),
                ("contacts_to_confirm", cast.mona.id),
            ]
            context = session.scalars(select(Message).where(Message.user_id == cast.mona.id)).one().context
            assert (context["contacts"], context["until"]) == (2, UNTIL.isoformat())

    def test_a_second_round_of_a_wave_is_refused(self, writer: Transaction, wave_id: int) -> None:
        with writer() as session, pytest.raises(Refused, match="already"):
            begin(session, session.get_one(Wave, wave_id))

    @pytest.mark.parametrize(
        ("until", "remind", "said"),
        [
            (NOW.date() - timedelta(days=1), (1,), "over"),
            (NOW.date() + timedelta(days=200), (1,), "more than"),
            (UNTIL, (0,), "Remind"),
            (UNTIL, (1, 2, 3, 4, 5, 6), "Remind"),
        ],
    )
    def test_days_that_do_not_do_are_refused(
        self, writer: Transaction, cast: Cast, until: date, remind: tuple[int, ...], said: str
    ) -> None:
        with writer() as session, pytest.raises(Refused, match=said):
            begin(session, make_wave(session), until=until, remind=remind)

    def test_nobody_to_ask_is_refused(self, writer: Transaction, cast: Cast) -> None:
        with writer() as session:
            session.execute(update(Account).values(manager_id=None))
            with pytest.raises(Refused, match="No account manager"):
                begin(session, make_wave(session))

    def test_a_launched_wave_cannot_begin_one(self, writer: Transaction, cast: Cast) -> None:
        with writer() as session:
            wave = make_wave(session)
            waves.launch(session, wave, now=NOW, by=None)
            with pytest.raises(Refused, match="launched"):
                begin(session, wave)


class TestReminders:
    def remind(self, services: Services, app: Flask, at: object) -> int:
        with app.app_context():
            return remind_managers(services, at)  # type: ignore[arg-type]

    def test_only_who_has_not_finished_is_reminded_once_a_step(
        self, app: Flask, services: Services, reader: Transaction, mona: Desk, cast: Cast
    ) -> None:
        mona.finish()
        early = NOW + timedelta(days=6)
        assert self.remind(services, app, early) == 0
        at = NOW + timedelta(days=7, hours=12)
        assert [self.remind(services, app, at), self.remind(services, app, at)] == [1, 0]
        with reader() as session:
            assert mails(session)[2:] == [("contacts_reminder", cast.milo.id)]
        assert self.remind(services, app, at + timedelta(days=2)) == 1
        assert self.remind(services, app, at + timedelta(days=20)) == 0

    def test_after_three_days_off_one_reminder_goes_and_waits_for_a_person(
        self, app: Flask, services: Services, writer: Transaction, reader: Transaction, wave_id: int
    ) -> None:
        back = NOW + timedelta(days=9, hours=20)
        with writer() as session:
            beat(session, "gap", now=back, system_now=back)
        assert self.remind(services, app, back) == 2
        with reader() as session:
            states = session.scalars(select(Message.state).where(Message.name == "contacts_reminder")).all()
            assert set(states) == {MessageState.HELD}

    def test_a_launched_wave_reminds_nobody(
        self, app: Flask, services: Services, writer: Transaction, wave_id: int
    ) -> None:
        with writer() as session:
            waves.launch(session, session.get_one(Wave, wave_id), now=NOW, by=None)
        assert self.remind(services, app, NOW + timedelta(days=8)) == 0

    def test_who_became_manager_since_is_asked_with_the_next_reminder(  # noqa: PLR0917  # fixtures, by name
        self,
        app: Flask,
        services: Services,
        writer: Transaction,
        reader: Transaction,
        wave_id: int,
        cast: Cast,
    ) -> None:
        with writer() as session:
            session.get_one(Account, cast.nordwind).manager_id = cast.outsider.id
        assert self.remind(services, app, NOW + timedelta(days=7, hours=12)) == 2
        with reader() as session:
            assert mails(session)[2:] == [
                ("contacts_to_confirm", cast.outsider.id),
                ("contacts_reminder", cast.milo.id),
            ]

    def test_an_admin_sends_again_once_a_press(self, writer: Transaction, wave_id: int, cast: Cast) -> None:
        def again(user_id: int, minutes: int) -> bool:
            at = NOW + timedelta(minutes=minutes)
            with writer() as session:
                wave = session.get_one(Wave, wave_id)
                return ask_again(session, wave, user_id, by=cast.admin.id, now=at, mail_domain=DOMAIN)

        assert [again(cast.mona.id, 5), again(cast.mona.id, 5), again(cast.mona.id, 10)] == [
            True,
            False,
            True,
        ]
        with pytest.raises(NotFound):
            again(cast.outsider.id, 5)
        with writer() as session:
            assert len(mails(session)) == 4


def test_two_schedulers_at_once_remind_each_once(
    app: Flask, services: Services, reader: Transaction, wave_id: int
) -> None:
    at, made, start = NOW + timedelta(days=7, hours=12), [], Barrier(3)

    def sweep() -> None:
        with app.app_context():
            start.wait()
            made.append(remind_managers(services, at))

    threads = [Thread(target=sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 2]
    with reader() as session:
        assert [name for name, _ in mails(session)].count("contacts_reminder") == 2
