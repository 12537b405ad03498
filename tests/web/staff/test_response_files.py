"""The files of responses: each reader's own, with their number of rows."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from surveyd.web.staff import response_files
from tests.web.offices import WORDS as SAID
from tests.web.offices import Office, SignIn

CSV, XLSX = "/staff/responses.csv", "/staff/responses.xlsx"


def test_a_file_says_how_many_rows_it_has(office: Office, sign_in: SignIn) -> None:
    answer = sign_in(office.cast.admin).get(f"{CSV}?silent=1&wave=2026H1")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))

    assert [(row["contact"], row["category"]) for row in rows] == [
        ("C-adler", "detractor"), ("C-ahmed", "promoter"), ("C-sommer", ""),
    ]  # fmt: skip
    assert answer.headers["Surveyd-Rows"] == "3"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="responses-3-rows.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert rows[0]["why"] == SAID


def test_everybody_gets_their_own(office: Office, sign_in: SignIn) -> None:
    counts = {
        who: sign_in(person).get(CSV).headers["Surveyd-Rows"]
        for who, person in {
            "leader": office.cast.leader,
            "mona": office.cast.mona,
            "milo": office.cast.milo,
            "outsider": office.cast.outsider,
        }.items()
    }
    assert counts == {"leader": "2", "mona": "2", "milo": "0", "outsider": "0"}
    assert sign_in(office.cast.admin).get(f"{CSV}?wave=nope").status_code == 404


def test_a_large_file_is_sent_from_where_it_was_written(
    office: Office, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = sign_in(office.cast.admin)
    whole = admin.get(CSV).data
    monkeypatch.setattr(response_files, "IN_MEMORY", 0)
    answer = admin.get(CSV)

    assert answer.data == whole and answer.headers["Surveyd-Rows"] == "2"
    answer.close()


def test_the_page_of_answers_leads_to_the_file_of_its_slice(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.admin).get("/staff/responses?region=North").text
    assert 'href="/staff/responses.csv?silent=1&amp;region=North"' in page
    assert sign_in(office.cast.admin).get(f"{CSV}?silent=1&region=North").headers["Surveyd-Rows"] == "2"


def test_a_sheet_is_the_same_table(office: Office, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = sign_in(office.cast.admin)
    answer = admin.get(XLSX)
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()

    assert (len(rows), answer.headers["Surveyd-Rows"]) == (2, "2")
    assert rows[0][head.index("why")] == SAID

    monkeypatch.setattr(response_files, "MOST_IN_A_SHEET", 1)
    refused = admin.get(XLSX)
    assert refused.status_code == 409 and "choose one wave, or take CSV" in refused.text
