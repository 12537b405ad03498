"""What a source calls our columns: kept once, known again by its headings, renamed and forgotten."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.people import looks
from surveyd.people.access import NOBODY, SYSTEM
from surveyd.people.columns import ImportKind
from surveyd.people.mappings import (
    all_mappings,
    delete_mapping,
    mapping_named,
    recognise,
    rename_mapping,
    save_mapping,
)
from surveyd.people.sources import open_source
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

ACCOUNTS, CONTACTS = ImportKind.ACCOUNTS, ImportKind.CONTACTS
COLUMNS = {"Nr": "id", "Firma": "account", "Wer": "name", "Schuh": "skip"}


def save(session: Session, now: datetime, name: str = "Our CRM", **columns: str) -> int:
    return save_mapping(session, CONTACTS, columns or COLUMNS, name=name, by=None, now=now)


def test_a_source_is_known_by_its_headings_in_any_order_and_case(session: Session, now: datetime) -> None:
    save(session, now)

    found = recognise(session, CONTACTS, ["SCHUH", "wer", "Nr", "Firma"])

    assert found is not None and (found.name, found.columns) == ("Our CRM", COLUMNS)
    assert found.read == {"Nr": "id", "Firma": "account", "Wer": "name"}
    assert recognise(session, ACCOUNTS, list(COLUMNS)) is None
    assert recognise(session, CONTACTS, [*COLUMNS, "More"]) is None


def test_the_last_word_counts_for_a_name_and_for_the_same_headings(session: Session, now: datetime) -> None:
    save(session, now)
    save(session, now + timedelta(days=1), name=" Our  CRM ", Id="id")
    assert mapping_named(session, CONTACTS, "Our CRM").columns == {"Id": "id"}
    save(session, now, name="Another", ID="name")
    assert [one.name for one in all_mappings(session, scope=SYSTEM)] == ["Another"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_source_has_a_name(session: Session, now: datetime, name: str) -> None:
    with pytest.raises(Refused):
        save(session, now, name=name)
    kept = save(session, now)
    with pytest.raises(Refused):
        rename_mapping(session, kept, name, scope=SYSTEM, by=None, now=now)


def test_a_source_is_renamed_and_forgotten(session: Session, now: datetime) -> None:
    kept, other = save(session, now), save(session, now, name="Other", Id="id")
    rename_mapping(session, kept, "Salesforce", scope=SYSTEM, by=None, now=now)
    with pytest.raises(Refused):
        rename_mapping(session, other, "Salesforce", scope=SYSTEM, by=None, now=now)
    delete_mapping(session, other, scope=SYSTEM, by=None, now=now)
    assert [one.name for one in all_mappings(session, scope=SYSTEM)] == ["Salesforce"]
    with pytest.raises(NotFound):
        delete_mapping(session, other, scope=SYSTEM, by=None, now=now)


def test_who_does_not_see_all_finds_none(session: Session, now: datetime) -> None:
    kept = save(session, now)
    with pytest.raises(NotFound):
        all_mappings(session, scope=NOBODY)
    with pytest.raises(NotFound):
        rename_mapping(session, kept, "Mine", scope=NOBODY, by=None, now=now)
    with pytest.raises(NotFound):
        delete_mapping(session, kept, scope=NOBODY, by=None, now=now)


def test_the_next_file_maps_by_itself(app: Flask, cast: Cast, writer: Transaction) -> None:
    with writer() as session:
        save(session, NOW)
    text = "Wer,Nr,Schuh,Firma\nBen,C1,44,NORDWIND\n"
    asking = looks.Asking(SYSTEM, None, NOW)
    with app.app_context(), open_source("march.csv", text.encode()) as source:
        known = looks.look_at(source, CONTACTS, {}, asking=asking).outline
        said = looks.look_at(source, CONTACTS, {"Wer": "email"}, asking=asking).outline

    assert (known.added, known.fault_count, known.mapped_by) == (1, 0, "Our CRM")
    assert not said.columns_fit and said.mapped_by == ""
    with writer() as session:
        assert mapping_named(session, CONTACTS, "Our CRM").used_at == NOW
