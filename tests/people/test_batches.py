"""What an import lays ready: decided at once, written in short parts, carried to its end whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyd import schedule
from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import Services
from surveyd.people import batches, looks, parcels
from surveyd.people.access import NOBODY, SYSTEM
from surveyd.people.batches import Progress
from surveyd.people.columns import ImportKind
from surveyd.people.import_models import ImportBatch, ImportParcel, ParcelKind
from surveyd.people.models import Account, Contact, ImportRun
from surveyd.people.outlines import Outline
from surveyd.people.sources import open_source
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

ACCOUNTS, CONTACTS = ImportKind.ACCOUNTS, ImportKind.CONTACTS
PEOPLE = "id,account,name\n" + "".join(f"C{n},NORDWIND,Person {n}\n" for n in range(10))


@dataclass
class House:
    """Looks at files in parts of three rows, in the app."""

    app: Flask

    def look(self, text: str, kind: ImportKind = CONTACTS) -> looks.Look:
        with self.app.app_context(), open_source("list.csv", text.encode()) as source:
            return looks.look_at(source, kind, {}, asking=looks.Asking(SYSTEM, None, NOW))

    def decide(self, look: looks.Look) -> int:
        assert look.batch_id is not None
        with self.app.app_context(), writing() as session:
            batches.decide(session, look.batch_id, by=None, now=NOW)
        return look.batch_id

    def write(self, look: looks.Look) -> None:
        batch_id = self.decide(look)
        with self.app.app_context():
            assert looks.write_batch(batch_id, now=NOW)


@pytest.fixture
def house(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(looks, "FIRST", 3)
    monkeypatch.setattr(looks, "CHUNK", 3)
    return House(app)


def count(reader: Transaction, table: type) -> int:
    with reader() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def counts(outline: Outline) -> tuple[int, int, int, int]:
    return outline.added, outline.changed, outline.unchanged, outline.rejected


def test_nothing_is_written_before_it_is_decided_and_nothing_is_left_behind(
    house: House, reader: Transaction
) -> None:
    look = house.look(PEOPLE)

    assert counts(look.outline) == (10, 0, 0, 0)
    assert (count(reader, ImportParcel), count(reader, Contact)) == (4, 3)
    house.write(look)
    assert (count(reader, ImportParcel), count(reader, ImportBatch), count(reader, Contact)) == (0, 0, 13)
    assert counts(house.look(PEOPLE).outline) == (0, 0, 10, 0)
    with reader() as session:
        run = session.scalars(select(ImportRun)).one()
        assert (run.added, run.changed, run.unchanged, run.kind) == (10, 0, 0, "contacts")


def test_a_stop_in_the_middle_is_carried_on_and_nothing_is_done_twice(
    house: House, reader: Transaction, services: Services
) -> None:
    class Killed(Exception):
        """What ends a process in a test."""

    def kill(done: int, of: int) -> None:
        if done == 2:
            raise Killed

    batch_id = house.decide(house.look(PEOPLE))
    with house.app.app_context():
        with pytest.raises(Killed):
            looks.write_batch(batch_id, now=NOW, after_part=kill)
        with reading() as session:
            assert batches.is_writing(session)
        assert schedule.work_on_uploads(services, NOW) == 0
        with writing() as session:
            session.get_one(ImportBatch, batch_id).touched_at = system_now() - timedelta(minutes=10)
        assert schedule.work_on_uploads(services, NOW) == 1
        assert not looks.write_batch(batch_id, now=NOW)
    assert (count(reader, Contact), count(reader, ImportRun), count(reader, ImportBatch)) == (13, 1, 0)


def test_a_parcel_is_written_by_one_of_two(house: House, reader: Transaction) -> None:
    batch_id = house.decide(house.look(PEOPLE))
    with house.app.app_context():
        with reading() as session:
            first, *_ = batches.parcels_of(session, batch_id, ParcelKind.ROWS)
        for _ in range(2):
            with writing() as session:
                batches.write_parcel(session, first, now=NOW, system_now=system_now())
    assert count(reader, Contact) == 6


def test_who_was_added_meanwhile_is_changed_and_stays_one(
    house: House, reader: Transaction, writer: Transaction, cast: Cast, now: datetime
) -> None:
    batch_id = house.decide(house.look(PEOPLE))
    stamps = {"created_at": now, "updated_at": now}
    with writer() as session:
        session.add(Contact(external_id="C3", account_id=cast.nordwind, name="Meanwhile", **stamps))
    with house.app.app_context():
        assert looks.write_batch(batch_id, now=NOW)
    with reader() as session:
        assert session.scalars(select(Contact.name).where(Contact.external_id == "C3")).all() == ["Person 3"]


def test_what_others_changed_meanwhile_is_seen_before_it_is_decided(
    house: House, writer: Transaction, cast: Cast
) -> None:
    look = house.look("id,account,name\nC-adler,NORDWIND,Anna New\nC1,NORDWIND,Ben\n")
    assert look.batch_id is not None
    with house.app.app_context():
        assert looks.still_stands(look.batch_id)
    with writer() as session:
        session.get_one(Contact, cast.anna.id).name = "Anna Other"
    with house.app.app_context():
        assert not looks.still_stands(look.batch_id)


def test_parents_may_stand_anywhere_in_the_file(house: House, reader: Transaction) -> None:
    names = [f"A{n}" for n in range(9)]
    rows = "".join(f"{name},Account,{parent}\n" for name, parent in zip(names, [*names[1:], ""], strict=True))
    text = f"id,name,parent,renewal_date\nB,Branch,A8,\n{rows}".replace(
        "A0,Account,A1", "A0,Account,A1,2027-01-31"
    )
    text = "\n".join(line if line.count(",") == 3 else f"{line}," for line in text.splitlines())
    house.write(house.look(text, ACCOUNTS))
    assert counts(house.look(text, ACCOUNTS).outline) == (0, 0, 10, 0)
    house.write(house.look("id,name,parent\nA0,Account,\nA4,Other,A8\n", ACCOUNTS))
    with reader() as session:
        found = {one.external_id: one for one in session.scalars(select(Account))}
        assert found["A0"].parent_id is None
        assert (found["A1"].parent_id, found["A4"].parent_id) == (found["A2"].id, found["A8"].id)


def test_parents_in_a_circle_are_found_across_parts(house: House) -> None:
    rows = "".join(f"A{n},Account,A{(n + 1) % 9}\n" for n in range(9))
    outline = house.look(f"id,name,parent\nB,Branch,\n{rows}", ACCOUNTS).outline

    assert counts(outline) == (1, 0, 0, 9)
    assert {fault.column for fault in outline.faults} == {"parent"}


def test_an_id_that_repeats_in_another_part_is_named_with_its_first_line(house: House) -> None:
    outline = house.look(f"{PEOPLE}C1,NORDWIND,Again\n").outline

    [fault] = outline.faults
    assert (fault.line, fault.column) == (12, "id") and "line 3" in fault.reason
    assert counts(outline) == (10, 0, 0, 1)


def test_it_says_how_far_it_is_and_what_it_found_so_far(house: House) -> None:
    said: list[tuple[int, bool]] = []
    with house.app.app_context(), open_source("list.csv", PEOPLE.encode()) as source:
        looks.look_at(
            source,
            CONTACTS,
            {},
            asking=looks.Asking(SYSTEM, None, NOW),
            tell=lambda outline: said.append((outline.added, outline.may_be_applied)),
        )
    assert said[:2] == [(0, False), (3, False)]
    with house.app.app_context(), reading() as session:
        assert batches.progress_of(session, 1) == Progress()


def test_each_part_is_small_and_their_number_alone_grows(
    house: House, statements: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "CHUNK", 100)
    rows = "".join(f"C{n},NORDWIND,Person {n}\n" for n in range(1000))
    batch_id = house.decide(house.look(f"id,account,name\n{rows}"))
    with house.app.app_context(), reading() as session:
        parts = batches.parcels_of(session, batch_id, ParcelKind.ROWS)
        content = session.scalars(select(ImportParcel.content)).all()
    assert len(parts) == 11
    assert max(len(parcels.unpack(one)[0]) for one in content) == 100


def test_who_may_not_see_all_looks_at_nothing(house: House) -> None:
    asking = looks.Asking(NOBODY, None, NOW)
    with house.app.app_context(), open_source("list.csv", PEOPLE.encode()) as source, pytest.raises(Refused):
        looks.look_at(source, CONTACTS, {}, asking=asking)


def test_what_a_command_left_undecided_goes(house: House, reader: Transaction, services: Services) -> None:
    look = house.look(PEOPLE)
    with house.app.app_context():
        with writing() as session:
            batch = session.get_one(ImportBatch, look.batch_id)
            batch.touched_at = system_now() - timedelta(days=8)
        schedule.work_on_uploads(services, NOW)
    assert (count(reader, ImportBatch), count(reader, ImportParcel), count(reader, Contact)) == (0, 0, 3)
