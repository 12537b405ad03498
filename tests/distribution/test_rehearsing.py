"""Rehearsals: a wave played on a copy, by the code that really releases touches."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.database import Base
from surveyd.base.errors import Refused
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_models import Call
from surveyd.distribution.launch_models import Rehearsal, RehearsalState
from surveyd.distribution.models import Channel, Invitation, Touch, TouchState, Wave, WaveState
from surveyd.distribution.rehearsing.behaviour import USUAL, Answering, Dice, behaviour_of
from surveyd.distribution.rehearsing.jobs import play, rehearse_wave, work_on_rehearsals
from surveyd.distribution.rehearsing.rehearsals import Task, ask_rehearsal, find_rehearsal
from surveyd.distribution.rehearsing.results import PlannedTouch, Sums, read_sums, unpacked
from surveyd.distribution.waves import get_wave
from surveyd.people.models import AuditEntry, Contact
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

WORKDAYS = Window(8, 18)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")


def people(session: Session, account: int, count: int) -> None:
    """Contacts of one account in three zones and two languages, each third without a telephone."""
    session.add_all(
        Contact(
            external_id=f"P-{number}",
            account_id=account,
            name=f"Person {number}",
            email=f"p{number}@nordwind.test",
            phone="" if number % 3 == 0 else "+4930901820",
            language="de" if number % 2 else "en",
            time_zone=ZONES[number % 3],
            created_at=NOW,
            updated_at=NOW,
        )
        for number in range(count)
    )
    session.flush()


@pytest.fixture
def wave(writer: Transaction, cast: Cast) -> int:
    with writer() as session:
        people(session, cast.nordwind, 117)
        return make_wave(session, window=WORKDAYS).id


def rehearse(app: Flask, wave: int, *, seed: int = 7) -> tuple[Sums, list[PlannedTouch]]:
    with app.app_context():
        return play(Task(1, wave, seed, 10), lambda percent: None)


def sizes(session: Session) -> dict[str, int]:
    return {
        table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in Base.metadata.sorted_tables
    }


def test_it_says_who_gets_what_and_when_and_leaves_everything_as_it_is(
    app: Flask, wave: int, reader: Transaction
) -> None:
    with reader() as session:
        before = sizes(session)

    sums, touches = rehearse(app, wave)

    with reader() as session:
        assert sizes(session) == before
        assert get_wave(session, wave).launched_at is None
    went = [touch for touch in touches if not touch.reason]
    assert sums.contacts == 120
    assert len(touches) == 3 * 120
    assert sum(line.count for line in sums.mails) == sum(one.channel is Channel.MAIL for one in went)
    assert sums.steps["invitation"] == 120
    assert {one.time_zone for one in went} == set(ZONES)
    for touch in went:
        clock = touch.at.astimezone(zone_named(touch.time_zone))
        assert 8 <= clock.hour < 18 and clock.weekday() < 5, touch
    assert not list(app.extensions["surveyd"].config.data.glob("run/rehearsal-*"))


def test_a_seed_plays_the_same_and_another_one_otherwise(app: Flask, wave: int) -> None:
    assert rehearse(app, wave)[1] == rehearse(app, wave)[1]
    assert rehearse(app, wave)[1] != rehearse(app, wave, seed=8)[1]


def test_the_sums_add_up(app: Flask, wave: int) -> None:
    sums, touches = rehearse(app, wave)

    reasons = Counter(touch.reason for touch in touches)
    assert sums.cancelled == {reason: count for reason, count in reasons.items() if reason}
    assert reasons["no_phone"] > 0 and reasons["answered"] > 0
    answered = {touch.contact for touch in touches if touch.reason == "answered"}
    assert sums.answered >= len(answered) > 0
    assert sum(line.count for line in sums.calls) == sums.steps["call"]
    attempts = sum(work.attempts for work in sums.work)
    assert attempts >= sums.steps["call"] and sums.hours == round(attempts * 10 / 60, 1)


def test_nobody_is_touched_after_their_answer(app: Flask, wave: int) -> None:
    """The rehearsal's own property: it is the real code that cancels."""
    _, touches = rehearse(app, wave)

    over: set[str] = set()
    for touch in sorted(touches, key=lambda one: one.at):
        if touch.reason in ("answered", "opted_out"):
            over.add(touch.contact)
        elif not touch.reason:
            assert touch.contact not in over


def test_it_goes_by_the_last_wave(app: Flask, wave: int, reader: Transaction, writer: Transaction) -> None:
    with reader() as session:
        assert behaviour_of(session, get_wave(session, wave), now=NOW) == USUAL
    known = replace(USUAL, steps={"invitation": Answering(1.0, (30,))})

    assert known.after("invitation", Channel.MAIL, is_first=True).share == 1.0
    assert known.after("call", Channel.PHONE, is_first=False).share == 0.25


def test_calls_of_an_earlier_wave_are_in_nobodys_way(app: Flask, wave: int, writer: Transaction) -> None:
    """The touches of long ago are not copied; no new one may take their ids, which calls still carry."""
    with writer() as session:
        earlier = make_wave(session, "w0")
        for number in range(4, 7):
            contact = session.get_one(Contact, number)
            called_long_ago(session, earlier, contact, touch_id=45 + number)

    sums, _ = rehearse(app, wave)

    assert sum(line.count for line in sums.calls) == sums.steps["call"] > 0


def called_long_ago(session: Session, wave: Wave, contact: Contact, *, touch_id: int) -> None:
    """A call of three weeks ago, by a touch with that id."""
    at = NOW - timedelta(days=21)
    one = Invitation(
        wave_id=wave.id,
        version_id=wave.version_id,
        contact_id=contact.id,
        account_id=contact.account_id,
        token_digest=str(touch_id),
        language="de",
        time_zone=ZONES[0],
        invited_at=at,
    )
    session.add(one)
    session.flush()
    touch = Touch(invitation_id=one.id, wave_id=wave.id, step="call", channel=Channel.PHONE, due_at=at)
    touch.id, touch.state, touch.released_at = touch_id, TouchState.RELEASED, at
    session.add(touch)
    session.flush()
    session.add(Call(touch_id=touch_id, invitation_id=one.id, wave_id=wave.id, flagged_at=at, not_before=at))
    session.flush()


def test_chance_is_spread_evenly() -> None:
    thrown = [Dice(3).throw(person, "x") for person in range(4000)]
    assert 0.47 < sum(thrown) / len(thrown) < 0.53
    assert 0.08 < sum(one < 0.1 for one in thrown) / len(thrown) < 0.12


class TestLedger:
    """What is kept of a rehearsal."""

    def ask(self, writer: Transaction, wave: int, by: int, **facts: int) -> int:
        with writer() as session:
            found = session.get_one(Wave, wave)
            return ask_rehearsal(session, found, by=by, now=NOW, system_now=NOW, **facts).id

    def test_it_is_kept_with_its_seed_and_all_its_touches(
        self, app: Flask, wave: int, cast: Cast, writer: Transaction, reader: Transaction
    ) -> None:
        rehearsal = self.ask(writer, wave, cast.admin.id, seed=7, minutes=10)
        assert self.ask(writer, wave, cast.admin.id, seed=7, minutes=10) == rehearsal

        with app.app_context():
            assert work_on_rehearsals(app.extensions["surveyd"], NOW) == 1
            rehearse_wave(rehearsal)
            rehearse_wave(rehearsal)
            assert work_on_rehearsals(app.extensions["surveyd"], NOW) == 0

        with reader() as session:
            found = find_rehearsal(session, wave, rehearsal)
            assert (found.state, found.percent, found.seed) == (RehearsalState.DONE, 100, 7)
            assert read_sums(found.result) == rehearse(app, wave)[0]
            lines = unpacked(found.touches or b"").splitlines()
            assert len(lines) == 361 and lines[0].startswith("instant,day,time,time_zone,step")
            assert session.scalars(select(AuditEntry.action)).all() == ["rehearse", "rehearse"]

    def test_the_last_five_are_kept(
        self, app: Flask, wave: int, cast: Cast, writer: Transaction, reader: Transaction
    ) -> None:
        for _ in range(7):
            rehearsal = self.ask(writer, wave, cast.admin.id)
            with writer() as session:
                session.get_one(Rehearsal, rehearsal).state = RehearsalState.DONE
        with reader() as session:
            assert session.execute(select(func.count(Rehearsal.id))).scalar_one() == 5

    def test_a_launched_wave_is_not_rehearsed(self, wave: int, cast: Cast, writer: Transaction) -> None:
        with writer() as session:
            session.get_one(Wave, wave).state = WaveState.OPEN
        with pytest.raises(Refused, match="only a scheduled wave"):
            self.ask(writer, wave, cast.admin.id)
