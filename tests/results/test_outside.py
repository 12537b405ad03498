"""Figures of others: read by line and column, kept once, withdrawn and never deleted."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import BadFile, NotFound
from surveyd.people.models import AuditEntry
from surveyd.results.outside import NewFigure, keep_figures, outside_figures, withdraw_figure
from surveyd.results.outside_files import read_day, read_file, read_people, read_tenths
from surveyd.results.outside_models import Measure, OutsideFigure
from tests.fixtures.apps import NOW

TODAY = NOW.date()
HEAD = "measure,title,value,people,source,date\n"
GOOD = (
    HEAD
    + "nps,Software in Europe,32.5,1204,A yearly report,2026-01-31\nease,All of them,-0.0,,A poll,31.1.2026\n"
)
NPS = NewFigure(Measure.NPS, "Software in Europe", 325, 1204, "A yearly report", date(2026, 1, 31))


def faults(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(BadFile) as error:
        read_file("f.csv", content, today=TODAY)
    return [str(fault) for fault in error.value.faults]


def test_a_file_is_read() -> None:
    assert read_file("f.csv", GOOD.encode(), today=TODAY) == (
        NPS,
        NewFigure(Measure.EASE, "All of them", 0, None, "A poll", date(2026, 1, 31)),
    )


def test_every_fault_is_named_by_line_and_column() -> None:
    found = faults(
        HEAD
        + "mood,Somebody,1,,A,2026-01-01\n"
        + "nps,,NaN,0,,2027-01-01\n"
        + "ease,B,-1,,C,\n"
        + "nps,C,101,,C,soon\n"
    )

    assert [fault.split(": ")[0] for fault in found] == [
        "f.csv, line 2, measure",
        "f.csv, line 3, value",
        "f.csv, line 3, people",
        "f.csv, line 3, date",
        "f.csv, line 3, title",
        "f.csv, line 3, source",
        "f.csv, line 4, value",
        "f.csv, line 4, date",
        "f.csv, line 5, value",
        "f.csv, line 5, date",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        (HEAD, "no figure below"),
        ("measure,title\nnps,x\n", "column is missing"),
        ("measure,title,value,source,date,date\nnps,x,1,y,2026-01-01,2026-01-01\n", "two columns"),
        (HEAD + "nps,x\n", "cells"),
        (HEAD + "nps,x,1,,y,2026-01-01\n" * 1001, "more than 1000"),
        (b"PK\x03\x04", "spreadsheet"),
        (HEAD.encode() + b"nps,\xff,1,,y,2026-01-01\n", "UTF-8"),
        (HEAD + "nps," + "x" * 201 + ",1,,y,2026-01-01\n", "201 characters"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(text: str | bytes, said: str) -> None:
    assert said in faults(text)[0]


@pytest.mark.parametrize(
    "text", ["", "1e2", "nan", "inf", "32.55", "32,5", "--1", "100.1", "-100.1", "9" * 9]
)
def test_what_is_no_score_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_tenths(text, Measure.NPS)


@pytest.mark.parametrize("text", ["-1", "0", "1.5", "10 000", "9" * 20])
def test_what_is_no_number_of_people_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number of people"):
        read_people(text)


def test_a_minus_is_a_minus_in_either_spelling() -> None:
    assert read_tenths("\N{MINUS SIGN}12.5", Measure.NPS) == read_tenths("-12.5", Measure.NPS) == -125
    assert read_day("2026-03-10", today=TODAY) == TODAY


def test_the_same_file_twice_changes_nothing(session: Session) -> None:
    figures = read_file("f.csv", GOOD.encode(), today=TODAY)

    assert keep_figures(session, figures, by=None, now=NOW) == 2
    assert keep_figures(session, figures, by=None, now=NOW) == 0
    assert [line.value for line in outside_figures(session)] == [0, 32.5]
    assert [line.figure for line in outside_figures(session, measure=Measure.NPS)] == [NPS]


def test_a_withdrawn_figure_is_kept_and_can_come_back(session: Session) -> None:
    keep_figures(session, [NPS], by=None, now=NOW)
    [line] = outside_figures(session)

    withdraw_figure(session, line.id, by=None, now=NOW)
    withdraw_figure(session, line.id, by=None, now=NOW)
    assert outside_figures(session) == ()
    assert keep_figures(session, [NPS], by=None, now=NOW) == 1
    assert len(outside_figures(session)) == 1
    assert len(session.scalars(select(OutsideFigure)).all()) == 1
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["enter", "withdraw", "enter"]
    with pytest.raises(NotFound):
        withdraw_figure(session, 999, by=None, now=NOW)
