"""Files of responses: all that a number rests on, read back as it was typed, and nothing that runs."""

import csv
import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.spreadsheets import RISKY, guarded, unguarded
from surveyd.distribution.models import QuestionnaireVersion
from surveyd.people.access import SYSTEM, Reach, Scope
from surveyd.people.models import Account
from surveyd.reports import sheets
from surveyd.reports.exports import ResponseTable, Wanted, response_table
from surveyd.reports.files import csv_lines
from surveyd.reports.sheets import write_xlsx
from surveyd.reports.slice_rows import conditions
from surveyd.results.slices import slice_of
from surveyd.results.wholes import mask, whole_of
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

HOSTILE = (
    "=HYPERLINK(\"//x.test\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''", "=1\r\n+2",
    "a,b;\"c\"", "<script>alert(1)</script>", "مرحبا", "😀" * 40, "\u202ereversed", " ",
    "\n=1", "＝1", "＠SUM", "0x1F", "1e5", "007",
)  # fmt: skip


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


def read(table: ResponseTable, session: Session) -> list[dict[str, str]]:
    text = "".join(csv_lines(table.head, table.rows(session)))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_has_what_was_said_what_it_measures_and_who_said_it(asking: Asking) -> None:
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    table = response_table(asking.session, scope=SYSTEM)
    [row] = read(table, asking.session)

    assert (row["contact"], row["account"], row["wave"], row["channel"], row["step"]) == (
        "C-adler", "NORDWIND", asking.wave.slug, "web", "invitation",
    )  # fmt: skip
    assert (row["recommend"], row["satisfied"], row["nps"], row["category"]) == ("3", "2", "3", "detractor")
    assert (float(row["attitude"]), row["segment"], row["policy"]) == (25.0, "trapped", "1")
    assert row["given_at"] == NOW.isoformat()
    assert table.count(asking.session) == 1


def test_who_stayed_silent_is_there_on_wish(asking: Asking) -> None:
    asking.ask(asking.people.anna.id)
    asking.answer(asking.ask(asking.people.sofie.id), HAPPY)
    assert len(read(response_table(asking.session, scope=SYSTEM), asking.session)) == 1
    table = response_table(asking.session, scope=SYSTEM, wanted=Wanted((asking.wave.id,), with_silent=True))
    silent, heard = read(table, asking.session)

    assert table.count(asking.session) == 2
    assert (silent["receipt"], silent["segment"], silent["step"], silent["recommend"]) == ("", "", "", "")
    assert silent["contact"] == "C-adler" and heard["nps"] == "10"


def test_nothing_is_a_head_alone(asking: Asking) -> None:
    table = response_table(asking.session, scope=SYSTEM)
    assert read(table, asking.session) == []
    assert "".join(csv_lines(table.head, [])).count("\r\n") == 1


def test_everybody_exports_their_own_and_money_only_who_may_see_it(asking: Asking) -> None:
    for contact in (asking.people.anna, asking.people.sofie):
        asking.answer(asking.ask(contact.id), HAPPY)
    asking.session.execute(update(Account).values(revenue_cents=123_456_789, currency="EUR"))

    def own(scope: Scope) -> list[dict[str, str]]:
        return read(response_table(asking.session, scope=scope), asking.session)

    assert [row["revenue"] for row in own(SYSTEM)] == ["1234567.89"] * 2
    manager = own(Scope(Reach.OWN_ACCOUNTS, asking.people.mona.id))
    assert {row["account"] for row in manager} == {"NORDWIND"}
    assert own(Scope(Reach.OWN_ACCOUNTS, asking.people.outsider.id)) == []
    assert own(Scope(Reach.NOTHING)) == []
    assert "revenue" not in response_table(asking.session, scope=Scope(Reach.CALLS)).head


def test_a_parent_out_of_sight_is_not_named(asking: Asking) -> None:
    people = asking.people
    asking.session.get_one(Account, people.nordwind).parent_id = people.sudwerk
    asking.answer(asking.ask(people.anna.id), HAPPY)

    def parents(scope: Scope) -> list[str]:
        return [row["parent"] for row in read(response_table(asking.session, scope=scope), asking.session)]

    assert parents(SYSTEM) == ["SÜDWERK"]
    assert parents(Scope(Reach.OWN_ACCOUNTS, people.mona.id)) == [""]


def test_an_item_that_is_called_like_a_column_stands_beside_it(asking: Asking) -> None:
    named = QuestionnaireVersion.definition
    [definition] = asking.session.scalars(select(named))
    text = json.dumps(definition).replace('"easy"', '"ease"')
    asking.session.execute(update(QuestionnaireVersion).values(definition=json.loads(text)))
    asking.answer(asking.ask(asking.people.anna.id), {**HAPPY, "ease": 2})
    table = response_table(asking.session, scope=SYSTEM)

    assert len(set(table.head)) == len(table.head)
    assert [row["item:ease"] for row in read(table, asking.session)] == ["2"]


@pytest.fixture
def hostile(asking: Asking) -> ResponseTable:
    """Words that a spreadsheet would run, in an answer and in the name of an added dimension."""
    for number, words in enumerate(HOSTILE):
        asking.answer(asking.ask_somebody(number), {**HAPPY, "why": words})
    asking.session.execute(update(Account).values(dimensions={"=cmd()": "=1+1"}))
    return response_table(asking.session, scope=SYSTEM)


def test_no_cell_of_a_csv_file_is_run_and_each_comes_back(asking: Asking, hostile: ResponseTable) -> None:
    rows = read(hostile, asking.session)

    assert [unguarded(row["why"]) for row in rows] == list(HOSTILE)
    for row in rows:
        risky = [cell for cell in (*row, *row.values()) if cell.startswith(RISKY)]
        assert risky == [], "no number begins with a sign here"
    assert rows[0]["dimension:=cmd()"] == "'=1+1"


def test_a_sheet_holds_texts_as_texts_and_numbers_as_numbers(
    asking: Asking, hostile: ResponseTable, tmp_path: Path
) -> None:
    path = tmp_path / "responses.xlsx"
    count = write_xlsx(path, hostile.head, hostile.rows(asking.session), sheet="responses")
    head, *rows = CalamineWorkbook.from_path(path).get_sheet_by_name("responses").to_python()

    assert (count, head) == (len(HOSTILE), list(hostile.head))
    found = [row[head.index("why")] for row in rows]
    assert [str(cell).replace("\n", "") for cell in found] == [text.replace("\n", "") for text in HOSTILE]
    assert all(isinstance(row[head.index("attitude")], float) for row in rows)


@pytest.mark.parametrize("text", [*HOSTILE, "", "plain"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_cell_to_guard_among_many_is_found_wherever_it_stands(text: str, at: int) -> None:
    lines: list[list[object]] = [["a", -5, "b", None], ["c", 1.5, 'said, "so"\n- or not', ""]]
    lines.insert(at, [text, 7, text, text])
    written = list(csv.reader(io.StringIO("".join(csv_lines(["x"] * 4, lines)), newline="")))

    assert written[1:] == [[guarded(cell) for cell in line] for line in lines]


def test_a_sheet_gives_back_signs_that_xml_cannot_hold(tmp_path: Path) -> None:
    said = ["a\rb", "bell\a", "_x0041_", " edge ", "<b>&\"'", "two\r\nlines", "a\tb"]
    rows = [[text, 1.5, None] for text in said]
    write_xlsx(tmp_path / "a.xlsx", ["text", "n", "nothing"], rows, sheet="a & b")
    found = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_name("a & b").to_python()

    assert [row[0] for row in found[1:]] == said
    assert {row[1] for row in found[1:]} == {1.5}


def test_a_text_longer_than_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", ["text"], [["x" * 40_000], [None], [True]], sheet="one")
    rows = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_name("one").to_python()
    assert (len(str(rows[1][0])), str(rows[1][0])[-1]) == (sheets.LONGEST_CELL, sheets.CUT)


def test_a_sheet_that_would_be_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    with pytest.raises(Refused, match="export CSV"):
        write_xlsx(tmp_path / "a.xlsx", ["n"], ([n] for n in range(4)), sheet="one")


def test_more_rows_take_no_more_statements(
    asking: Asking, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    for number in range(3):
        asking.answer(asking.ask_somebody(number), HAPPY)
        with statements() as run:
            assert len(read(response_table(asking.session, scope=SYSTEM), asking.session)) == number + 1
        assert len(run) == 3


CUTS = (
    "region=North",
    "region=South&region=North",
    "region=nowhere",
    "tier=-",
    "status=active&role=decision_maker",
    "manager=-",
    "language=de",
    "came_by=web&phase=invitation",
    "phase=reminder",
    "dimension:plant=Hamburg",
    "dimension:plant=-",
)


@pytest.mark.parametrize("address", CUTS)
def test_the_rows_of_a_slice_are_those_of_its_mask(asking: Asking, address: str) -> None:
    people = asking.people
    asking.session.get_one(Account, people.nordwind).dimensions = {"plant": "Hamburg"}
    for contact in (people.anna, people.aziz, people.sofie):
        asking.answer(asking.ask(contact.id), HAPPY)
    cut = slice_of(parse_qsl(address))
    whole = whole_of(asking.session, cut, scope=SYSTEM)
    wanted = Wanted((asking.wave.id,), where=conditions(cut))
    table = response_table(asking.session, scope=SYSTEM, wanted=wanted)

    invitations = {int(row["invitation"]) for row in read(table, asking.session)}
    masked = set(whole.columns.answered.contact_id[mask(whole, cut)].tolist())
    assert invitations == {asking.asked[contact_id] for contact_id in masked}
