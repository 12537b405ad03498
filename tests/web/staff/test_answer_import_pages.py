"""Answers from a file, in the browser: shown, then stored once, each fault with its place."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from surveyd.base.services import Services
from surveyd.closed_loop.jobs import work_on_answers
from surveyd.distribution.models import Wave, WaveState
from surveyd.people.models import AuditEntry, ImportRun, Upload, UploadState
from surveyd.responses.models import Response
from surveyd.schedule import work_on_uploads
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff
from tests.web.staff.test_import_pages import look, seen

SOFIE = "contact,given_at,channel_note,recommend,why\nC-sommer,2026-03-10,paper <b>card</b>,9,=1+1\n"


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


def upload(
    staff: Staff, text: str | bytes, *, wave: object = 1, name: str = "paper.csv", **more: str
) -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    fields = {"wave": str(wave), **more}
    return staff.post("/staff/imports/responses", file=(io.BytesIO(content), name), **fields)  # type: ignore[arg-type]  # a file


def by_import(reader: Transaction) -> list[Response]:
    with reader() as session:
        found = session.query(Response).filter_by(channel="import").all()
        session.expunge_all()
        return found


def test_a_file_is_shown_then_imported_then_there(admin: Staff, office: Office, reader: Transaction) -> None:
    assert "2026H1, open" in admin.get("/staff/imports/responses").text
    answer = upload(admin, SOFIE)
    page = look(admin, answer)
    assert "<h1>To import: the answers of 1 person</h1>" in page
    assert by_import(reader) == []

    applied = look(admin, admin.post(f"{answer.location}/apply", seen=seen(page)))
    look(admin, admin.post(f"{answer.location}/apply", seen=seen(page)))

    assert "<h1>Imported: the answers of 1 person</h1>" in applied
    (response,) = by_import(reader)
    assert response.answers == {"recommend": 9, "why": "=1+1"}
    shown = admin.get(f"/staff/responses/{response.id}").text
    assert "paper &lt;b&gt;card&lt;/b&gt;" in shown
    with reader() as session:
        assert [(run.kind, run.added) for run in session.query(ImportRun)] == [("responses", 1)]
        actions = [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
        assert actions[-3:] == ["upload", "ask_to_import", "import"]
    again = look(admin, upload(admin, SOFIE))
    assert "Nothing to import: all of these people have answered" in again
    listed = admin.get("/staff/imports?kind=responses").text
    assert listed.count("paper.csv") == 2


def test_a_bad_row_is_named_and_can_be_downloaded(admin: Staff, reader: Transaction) -> None:
    answer = upload(admin, SOFIE.replace(",9,", ",11,") + "C-nobody,2026-03-10,,9,<i>hm</i>\n")
    page = look(admin, answer)

    assert "<h1>2 of 2 rows cannot be imported</h1>" in page
    assert "11 is not between 0 and 10" in page
    assert "&#39;C-nobody&#39; is no contact that we know" in page
    assert 'name="seen"' not in page
    rows = admin.get(f"{answer.location}/rejected-rows.csv").get_data(as_text=True)
    assert "line 2: recommend: 11 is not between 0 and 10" in rows
    assert "'=1+1" in rows
    assert admin.post(f"{answer.location}/apply", seen="x").status_code == 409
    assert admin.post(f"{answer.location}/columns").status_code == 404
    assert by_import(reader) == []


@pytest.mark.parametrize(
    ("text", "title", "says"),
    [
        (
            "contact,given_at,recomend\nC-sommer,2026-03-10,9\n",
            "Some columns are not understood",
            "did you mean",
        ),
        (b"\xff\xfe\x00", "This file cannot be read", "UTF-16"),
    ],
)
def test_a_file_that_is_not_understood_says_what_is(
    admin: Staff, text: str | bytes, title: str, says: str
) -> None:
    page = look(admin, upload(admin, text))

    assert f"<h1>{title}</h1>" in page
    assert says in page


def test_what_is_lacking_is_told_and_taken_all_the_same(admin: Staff, reader: Transaction) -> None:
    page = look(admin, upload(admin, "email,given_at,easy,Shoe\nsofie@suedwerk.test,2026-03-10,4,44\n"))

    assert "1 of the new rows lacks an answer that is needed on the web." in page
    assert "is no question of this survey, and is left out" in page
    assert "To import: the answers of 1 person" in page


def test_people_are_let_in_on_demand(
    admin: Staff, office: Office, reader: Transaction, writer: Transaction
) -> None:
    with writer() as session:
        other = Wave(
            program_id=1,
            slug="2025H2",
            version_id=session.get_one(Wave, office.wave).version_id,
            state=WaveState.CLOSED,
            scheduled_at=NOW - timedelta(days=100),
            day_zero=NOW - timedelta(days=100),
            closed_at=NOW - timedelta(days=65),
        )
        session.add(other)
        session.flush()
        wave = other.id
    refused = look(admin, upload(admin, SOFIE, wave=wave))
    answer = upload(admin, SOFIE, wave=wave, invite="yes")
    page = look(admin, answer)

    assert "&#39;C-sommer&#39; was not asked in 2025H2" in refused
    assert "1 of the new rows is from somebody whom the wave did not ask." in page
    look(admin, admin.post(f"{answer.location}/apply", seen=seen(page)))
    assert [response.wave_id for response in by_import(reader)] == [wave]


@pytest.mark.parametrize(
    ("text", "wave", "says"),
    [
        (SOFIE, "77", "Not a valid choice"),
        (" ", "1", "The file is empty"),
    ],
)
def test_a_form_that_cannot_be_taken_says_why(admin: Staff, text: str, wave: str, says: str) -> None:
    answer = upload(admin, text, wave=wave)

    assert answer.status_code == 422
    assert says in answer.text


def test_a_form_without_a_file_says_so(admin: Staff) -> None:
    answer = admin.post("/staff/imports/responses", wave="1")

    assert answer.status_code == 422
    assert "Choose a CSV file." in answer.text


def test_a_wave_that_lets_nobody_in_is_told_beside_its_field(
    admin: Staff, office: Office, writer: Transaction
) -> None:
    with writer() as session:
        session.get_one(Wave, office.wave).closed_at = NOW - timedelta(days=400)

    answer = upload(admin, SOFIE, invite="yes")

    assert answer.status_code == 422
    assert "was closed more than a year ago" in answer.text
    assert 'value="yes" aria-describedby="invite-hint" checked' in answer.text


def test_a_long_file_is_worked_on_by_the_worker_and_after_it_by_the_sweep(
    app: Flask, admin: Staff, services: Services, reader: Transaction, writer: Transaction
) -> None:
    long = SOFIE + "\n" * 300
    answer = upload(admin, long)
    assert "The file is being read" in look(admin, answer)
    upload_id = int(answer.location.rpartition("/")[2])
    with app.app_context():
        work_on_answers(upload_id)
    page = look(admin, answer)
    admin.post(f"{answer.location}/apply", seen=seen(page))
    with writer() as session:
        # Nobody has heard the bell, and its worker's lease has run out.
        waiting = session.get_one(Upload, upload_id)
        assert waiting.state is UploadState.APPLYING
        waiting.asked_at -= timedelta(minutes=10)
    with app.app_context():
        assert work_on_uploads(services, NOW) == 1
        assert work_on_uploads(services, NOW) == 0

    assert len(by_import(reader)) == 1
    assert "Imported: the answers of 1 person" in look(admin, answer)


def test_the_template_has_the_wave_s_questions(admin: Staff, office: Office) -> None:
    answer = admin.get(f"/staff/waves/{office.wave}/answers-template.csv")

    assert answer.text.startswith("contact,email,given_at,channel_note,recommend,why,")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=answers-{office.wave}.csv"
    assert admin.get("/staff/waves/99/answers-template.csv").status_code == 404


def test_without_a_wave_there_is_nothing_to_fill(cast_alone: Office, sign_in: SignIn) -> None:
    page = sign_in(cast_alone.cast.admin).get("/staff/imports/responses").text

    assert "Answers can be imported into a wave that was launched; none was yet." in page
