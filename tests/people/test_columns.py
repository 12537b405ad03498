"""Headings of a person's file become columns of ours, and none is lost silently."""

import pytest

from surveyd.people.columns import COLUMNS, FIRST_NAME, LAST_NAME, ImportKind, Plan, plan_columns
from surveyd.people.tables import read_table

ACCOUNTS, CONTACTS = ImportKind.ACCOUNTS, ImportKind.CONTACTS


def plan(kind: ImportKind, headings: str, **mapping: str) -> Plan:
    return plan_columns(kind, read_table("list.csv", f"{headings}\n".encode()), mapping)


def read_as(kind: ImportKind, headings: str, **mapping: str) -> dict[str, str]:
    found = plan(kind, headings, **mapping)
    assert found.faults == ()
    return {placed.heading: placed.column.name for placed in found.placed}


@pytest.mark.parametrize("kind", list(ImportKind))
def test_our_own_names_are_known_in_any_spelling(kind: ImportKind) -> None:
    names = [column.name for column in COLUMNS[kind] if column.name not in (FIRST_NAME, LAST_NAME)]
    shouted = [name.upper().replace("_", " ") for name in names]
    assert list(read_as(kind, ",".join(names)).values()) == names
    assert list(read_as(kind, ",".join(shouted)).values()) == names


def test_usual_other_words_are_known() -> None:
    accounts = "External ID,Company name,annual_revenue,Account Manager,parent_account,Renewal Date"
    assert list(read_as(ACCOUNTS, accounts).values()) == [
        "id",
        "name",
        "revenue",
        "manager",
        "parent",
        "renewal_date",
    ]
    contacts = "external_id,account_id,full name,e-mail,telephone,timezone,lang"
    assert list(read_as(CONTACTS, contacts).values()) == [
        "id",
        "account",
        "name",
        "email",
        "phone",
        "time_zone",
        "language",
    ]


def test_our_own_name_wins_over_another_word_for_it() -> None:
    found = plan(CONTACTS, "mobile,phone,id,account,name")
    assert {placed.heading for placed in found.placed} == {"phone", "id", "account", "name"}
    assert [note.column for note in found.notes] == ["mobile"]


def test_a_mapping_comes_first() -> None:
    mapped = read_as(ACCOUNTS, "id,name,Firma,Size", name="skip", Firma="name", size="dimension:Size")
    assert mapped == {"id": "id", "Firma": "name", "Size": "dimension:Size"}


def test_an_unknown_heading_is_noted_and_a_misspelt_one_refused() -> None:
    found = plan(CONTACTS, "id,account,name,emial,shoe size,")
    assert [(fault.line, fault.column) for fault in found.faults] == [(1, "emial")]
    assert "email" in found.faults[0].reason
    assert [note.column for note in found.notes] == ["shoe size"]


@pytest.mark.parametrize(
    ("headings", "mapping", "column"),
    [
        ("id,name", {}, "account"),
        ("account,name", {}, "id"),
        ("id,account", {}, "name"),
        ("id,account,name,Name", {}, "Name"),
        ("id,account,name,x", {"x": "nonsense"}, "x"),
        ("id,account,name,x", {"x": "dimension:X"}, "x"),
        ("id,account,name", {"Y": "email"}, "Y"),
        ("id,account,name,x,y", {"x": "email", "y": "email"}, "y"),
    ],
)
def test_headings_that_cannot_be_used_are_named(headings: str, mapping: dict[str, str], column: str) -> None:
    assert [fault.column for fault in plan(CONTACTS, headings, **mapping).faults] == [column]
