"""A letter on its way: one mail a person, whatever is repeated, stopped, or in doubt."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from surveyd.base.clock import SetClock, system_now
from surveyd.base.database import db, writing
from surveyd.base.errors import Refused
from surveyd.closed_loop import letter_sending, letters
from surveyd.closed_loop.jobs import send_letter
from surveyd.closed_loop.letter_sending import queue_chunk
from surveyd.closed_loop.models import Letter, LetterState
from surveyd.distribution import claims, waves
from surveyd.distribution.blackouts import NewBlackout, add_blackout
from surveyd.distribution.models import Message, MessageState, Wave, WaveState
from surveyd.distribution.outbox import release_held
from surveyd.distribution.stale import replan_stale
from surveyd.distribution.suppressions import opt_out, suppress
from surveyd.people.models import Account, AuditEntry, Contact
from surveyd.schedule import sweep_once
from tests.base.hostile import HOSTILE
from tests.closed_loop.desks import PEOPLE, Desk
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, Asking
from tests.fixtures.relays import Relay


def test_everybody_who_answered_gets_one_letter(desk: Desk, relay: Relay) -> None:
    assert (desk.reach().answered, desk.reach().silent) == (PEOPLE + 2, 1)
    desk.send()
    desk.job()
    desk.job()
    desk.post()
    assert relay.received == []  # their papers are not made yet
    assert desk.progress().awaiting == PEOPLE + 2

    desk.make_papers()
    desk.post()
    desk.post()

    assert len(relay.received) == PEOPLE + 2
    assert {len(relay.to(mail.recipients[0])) for mail in relay.received} == {1}
    assert desk.letter().state is LetterState.SENT
    assert desk.progress().states == {"sent": PEOPLE + 2}
    assert desk.reach().answered_to_come == 0
    mail = relay.to("anna@nordwind.test")[0]
    assert mail.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.mail["Subject"] == "What you told us, and what we do about it"
    assert "Dear Anna Adler," in mail.body() and "Dear Anna Adler," in mail.body("html")
    assert "Enclosed: one page about Nordwind" in mail.body()
    assert [part.get_filename() for part in mail.mail.iter_attachments()] == ["Nordwind.pdf"]
    trail = select(AuditEntry.action).where(AuditEntry.thing == "letter").order_by(AuditEntry.id)
    with desk.reader() as session:
        assert session.scalars(trail).all() == ["write", "approve", "send"]


def test_a_second_send_reaches_only_who_answered_since(desk: Desk) -> None:
    desk.send()
    desk.job()
    before = {message.contact_id for message in desk.messages()}
    with desk.writer() as session:
        wave = session.get_one(Wave, desk.wave_id)
        asking = Asking(session, NOW, None, wave, desk.people)  # type: ignore[arg-type]  # not used here
        asking.answer(asking.ask_somebody(77), HAPPY)
    assert desk.reach().answered_to_come == 1

    desk.send()
    desk.job()

    after = {message.contact_id for message in desk.messages()}
    assert len(after) == len(desk.messages()) == len(before) + 1


def test_who_did_not_answer_gets_a_text_of_their_own_if_wished(desk: Desk) -> None:
    with pytest.raises(Refused, match="is not closed: who did not answer still may"):
        desk.send(to_silent=True)
    with desk.writer() as session:
        session.get_one(Wave, desk.wave_id).state = WaveState.CLOSED
    desk.send(to_silent=True)
    desk.job()

    rows = {message.contact_id: message for message in desk.messages()}
    assert len(rows) == PEOPLE + 3
    assert not rows[desk.people.sofie.id].context["answered"]
    assert rows[desk.people.anna.id].context["answered"]


def test_who_must_not_be_mailed_is_left_out_and_counted(desk: Desk) -> None:
    with desk.writer() as session:
        opt_out(session, desk.people.anna.id, now=NOW)
        suppress(session, "AZIZ@nordwind.test", reason="bounced", now=NOW)
        session.execute(update(Contact).where(Contact.name == "Nina 0").values(email=""))
        session.execute(update(Contact).where(Contact.name == "Nina 1").values(active=False))
    counted = {"opted_out": 1, "suppressed": 1, "no_address": 1, "contact_inactive": 1}
    assert desk.reach().left_out == counted
    assert desk.reach().answered_to_come == PEOPLE - 2

    desk.send()
    desk.job()

    assert len(desk.messages()) == PEOPLE - 2
    assert desk.reach().left_out == counted


def test_an_opt_out_stops_a_letter_that_waits(desk: Desk, relay: Relay) -> None:
    desk.send()
    desk.job()
    with desk.writer() as session:
        opt_out(session, desk.people.anna.id, now=NOW)
    desk.make_papers()
    desk.post()
    assert relay.to("anna@nordwind.test") == []
    assert desk.progress().states == {"sent": PEOPLE + 1, "suppressed": 1}


def test_a_suppression_stops_a_letter_that_waits_under_the_contacts_old_address(desk: Desk) -> None:
    desk.send()
    desk.job()
    with desk.writer() as session:
        session.get_one(Contact, desk.people.anna.id).email = "new@nordwind.test"
    with desk.writer() as session:
        suppress(session, "Anna@nordwind.test", reason="bounced", now=NOW)
    stopped = [mail for mail in desk.messages() if mail.state is MessageState.SUPPRESSED]
    assert [(mail.contact_id, mail.reason) for mail in stopped] == [(desk.people.anna.id, "bounced")]


@pytest.mark.parametrize("chunk", [1, 3])
def test_a_send_that_was_killed_goes_on_where_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(letter_sending, "CHUNK", chunk)
    desk.send()
    with desk.writer() as session:
        letter = session.get_one(Letter, desk.letter_id)
        assert queue_chunk(session, letter, now=NOW, system_now=system_now(), mail_domain="m.test")
    with pytest.raises(ConnectionResetError), desk.writer() as session:
        letter = session.get_one(Letter, desk.letter_id)
        queue_chunk(session, letter, now=NOW, system_now=system_now(), mail_domain="m.test")
        raise ConnectionResetError
    assert len(desk.messages()) == chunk
    assert desk.letter().state is LetterState.SENDING

    with desk.app.app_context():
        sweep_once(desk.house, NOW)

    assert desk.letter().state is LetterState.SENT
    assert len({message.contact_id for message in desk.messages()}) == len(desk.messages()) == PEOPLE + 2


def test_two_senders_at_once_send_one_letter_each(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_sending, "CHUNK", 2)
    start = Barrier(4)

    def one(number: int) -> bool:
        with desk.app.app_context():
            start.wait()
            try:
                with writing() as session:
                    letter = session.get_one(Letter, desk.letter_id)
                    letters.send(session, letter, to_silent=False, by=None, now=NOW)
                won = True
            except Refused:
                won = False
            send_letter(desk.letter_id)
            db.session.remove()
            return won

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(one, range(4)))

    # The second of two that do not overlap sends again, to nobody.
    assert any(won)
    desk.job()
    assert len(desk.messages()) == PEOPLE + 2
    assert desk.letter().state is LetterState.SENT


def test_a_letter_in_doubt_is_held_at_once(desk: Desk, relay: Relay, writer: Transaction) -> None:
    with writer() as session:
        session.get_one(Contact, desk.people.anna.id).email = "lost@nordwind.test"
        session.get_one(Contact, desk.people.aziz.id).email = "drop@nordwind.test"
    desk.send()
    desk.job()
    desk.make_papers()
    for hour in range(4):
        desk.house.clock.instant = NOW + timedelta(hours=hour)  # type: ignore[attr-defined]  # a SetClock
        desk.post()

    states = {message.recipient: message.state for message in desk.messages()}
    assert states["lost@nordwind.test"] is MessageState.HELD
    assert len(relay.to("lost@nordwind.test")) == 1
    assert len(relay.to("drop@nordwind.test")) <= 1
    assert states["drop@nordwind.test"] in (MessageState.HELD, MessageState.QUEUED)
    assert sum(state is MessageState.SENT for state in states.values()) == PEOPLE

    relay.limit("lost", 0)
    with writer() as session:
        release_held(session, now=NOW)
    desk.post()
    assert [mail.mail["X-Surveyd-Copy"] for mail in relay.to("lost@nordwind.test")] == [None, "2"]


def test_a_killed_senders_letter_is_held(desk: Desk, writer: Transaction, relay: Relay) -> None:
    desk.send()
    desk.job()
    desk.make_papers()
    past = system_now() - timedelta(minutes=5)
    with writer() as session:
        claimed = claims.claim(
            session, "dead", limit=10, now=NOW, system_now=past, lease=timedelta(seconds=60)
        )
        assert claims.begin(session.connection(), claimed[0].id, by="dead", system_now=past)
    with writer() as session:
        assert claims.expire(session, system_now=system_now()) == 1
    desk.post()
    assert desk.progress().states == {"sent": PEOPLE + 1, "held": 1}


def test_a_letter_on_its_way_and_a_sent_one_stay_as_they_are(desk: Desk) -> None:
    def change() -> None:
        with desk.writer() as session:
            letter = session.get_one(Letter, desk.letter_id)
            text = letters.content_now(session, letter).variants[0]
            other = replace(text, subject="Another")
            letters.write_text(session, letter, other, by=None, now=NOW)

    desk.send()
    with pytest.raises(Refused, match="on its way"):
        desk.send()
    with pytest.raises(Refused, match="stays as it was approved"):
        change()
    desk.job()
    with pytest.raises(Refused, match="stays as it was approved"):
        change()
    with desk.reader() as session:
        letter = session.get_one(Letter, desk.letter_id)
        assert letters.content_now(session, letter).variants[0].subject != "Another"


def test_letters_keep_the_send_window_where_the_reader_is(desk: Desk, clock: SetClock) -> None:
    saturday = NOW + timedelta(days=4)
    clock.instant = saturday
    desk.send()
    desk.job()
    due = {message.due_at for message in desk.messages()}
    assert due == {(saturday + timedelta(days=2)).replace(hour=7)}
    assert {message.context["written_on"] for message in desk.messages()} == {"2026-03-16"}


def test_no_letter_goes_on_a_day_off(desk: Desk, writer: Transaction) -> None:
    today = NewBlackout(NOW.date(), NOW.date() + timedelta(days=1), "Fair")
    with writer() as session:
        add_blackout(session, None, today, by=None, now=NOW, system_now=system_now())
    desk.send()
    desk.job()
    assert {message.due_at for message in desk.messages()} == {(NOW + timedelta(days=2)).replace(hour=7)}


def test_a_day_that_is_off_from_now_on_moves_a_letter_that_waits(desk: Desk, writer: Transaction) -> None:
    desk.send()
    desk.job()
    today = NewBlackout(NOW.date(), NOW.date(), "Fair")
    with writer() as session:
        add_blackout(session, None, today, by=None, now=NOW, system_now=system_now())
        replan_stale(session, now=NOW, system_now=system_now())
    assert {message.due_at for message in desk.messages()} == {(NOW + timedelta(days=1)).replace(hour=7)}


def test_letters_of_a_wave_that_is_over_can_be_paused_and_go_on(
    desk: Desk, writer: Transaction, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writer() as session:
        session.get_one(Wave, desk.wave_id).state = WaveState.CLOSED
    desk.send()
    desk.job()
    desk.make_papers()
    with writer() as session:
        session.execute(update(Message).where(Message.name == "letter").values(context={}))
    monkeypatch.setattr("surveyd.distribution.bursts.IN_A_ROW", 3)
    desk.post()
    with desk.reader() as session:
        assert session.get_one(Wave, desk.wave_id).paused_at is not None


def test_a_cancelled_wave_sends_no_letter(desk: Desk, writer: Transaction) -> None:
    with writer() as session:
        session.get_one(Wave, desk.wave_id).state = WaveState.CANCELLED
    with pytest.raises(Refused, match="cancelled"):
        desk.send()


def test_a_wave_that_is_cancelled_stops_its_letters(
    desk: Desk, writer: Transaction, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter_sending, "CHUNK", 3)
    desk.send()
    with writer() as session:
        letter = session.get_one(Letter, desk.letter_id)
        queue_chunk(session, letter, now=NOW, system_now=system_now(), mail_domain="m.test")
    with writer() as session:
        assert waves.cancel(session, session.get_one(Wave, desk.wave_id), now=NOW) == 3
    desk.job()
    desk.make_papers()
    desk.post()
    assert relay.received == []
    assert (desk.progress().states, desk.letter().state) == ({"cancelled": 3}, LetterState.SENT)


def test_hostile_names_stay_names(desk: Desk, writer: Transaction, relay: Relay) -> None:
    texts = [text.encode("utf-8", "replace").decode().replace("\0", "") for text in HOSTILE.values()]
    short = [text[:150] for text in texts] + ["{account} {{7*7}} {config}"]
    with writer() as session:
        ids = session.scalars(select(Contact.id).where(Contact.name.like("Nina%"))).all()
        for number, contact_id in enumerate(ids):
            contact = session.get_one(Contact, contact_id)
            contact.name = short[-1 - number]
            session.get_one(Account, contact.account_id).name = short[number]
    desk.send()
    desk.job()
    desk.make_papers()
    desk.post()
    assert len(relay.received) == PEOPLE + 2
    assert "Dear {account} {{7*7}} {config}," in "".join(mail.body() for mail in relay.received)
    assert all(mail.mail["Bcc"] is None for mail in relay.received)
