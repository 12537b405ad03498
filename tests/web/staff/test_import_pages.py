"""Imports in the browser: nothing changes before it was seen, then all of it or nothing, once."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from surveyd.base.services import Services
from surveyd.people.models import Contact, ImportRun, Upload, UploadState
from surveyd.web.headers import LARGEST_BODY, LARGEST_FILE
from surveyd.web.staff import upload_work
from tests.fixtures.apps import Transaction
from tests.fixtures.cast import csrf_token
from tests.web.offices import Office, SignIn, Staff

ONE_NEW = "id,account,name,email\nC1,NORDWIND,Ben Brandt,ben@nordwind.test\n"


@pytest.fixture
def admin(cast_alone: Office, sign_in: SignIn) -> Staff:
    return sign_in(cast_alone.cast.admin)


def upload(
    staff: Staff, text: str | bytes, *, kind: str = "contacts", name: str = "list.csv"
) -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    return staff.post("/staff/imports", kind=kind, file=(io.BytesIO(content), name))  # type: ignore[arg-type]  # a file


def look(staff: Staff, answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return staff.get(answer.location).text


def seen(page: str) -> str:
    """Which preview the page's button applies."""
    return page.partition('name="seen" value="')[2].partition('"')[0]


def contacts(reader: Transaction) -> int:
    with reader() as session:
        return session.execute(select(func.count()).select_from(Contact)).scalar_one()


def test_a_file_is_shown_then_imported_then_there(admin: Staff, reader: Transaction) -> None:
    assert "No file waits to be imported" in admin.get("/staff/imports").text
    answer = upload(admin, ONE_NEW)
    page = look(admin, answer)
    assert "<h1>1 contact can be imported</h1>" in page and "Import 1 contact<" in page
    assert contacts(reader) == 3
    assert "1 file waits to be imported" in admin.get("/staff/imports").text

    applied = look(admin, admin.post(f"{answer.location}/apply", seen=seen(page)))
    again = admin.post(f"{answer.location}/apply", seen=seen(page))

    assert "<h1>Imported: 1 contact</h1>" in applied and "Import 1 contact<" not in applied
    assert (again.status_code, contacts(reader)) == (303, 4)
    with reader() as session:
        assert session.execute(select(func.count()).select_from(ImportRun)).scalar_one() == 1
    assert "Nothing to change: every row is there already" in look(admin, upload(admin, ONE_NEW))


def test_what_changes_is_shown_before_and_after(admin: Staff) -> None:
    page = look(admin, upload(admin, "id,account,name\nC-adler,NORDWIND,<b>Anna</b>\n"))

    assert "<del>Anna Adler</del>" in page
    assert "<ins>&lt;b&gt;Anna&lt;/b&gt;</ins>" in page


def test_a_bad_row_stops_all_and_comes_back_with_its_reason(admin: Staff, reader: Transaction) -> None:
    answer = upload(admin, ONE_NEW + 'C2,NORDWIND,"=cmd|x",no address\n')
    page = look(admin, answer)
    assert "1 of 2 rows cannot be imported" in page and "is no e-mail address" in page
    assert 'name="seen"' not in page

    file = admin.get(f"{answer.location}/rejected-rows.csv")

    assert file.headers["Content-Disposition"] == "attachment; filename=rejected-rows.csv"
    assert file.mimetype == "text/csv"
    [head, row] = file.data.decode("utf-8-sig").splitlines()
    assert head == "id,account,name,email,reason"
    assert row.startswith("C2,NORDWIND,'=cmd|x,no address,line 3: email: ")
    assert admin.post(f"{answer.location}/apply", seen="").status_code == 409
    assert contacts(reader) == 3


def test_headings_are_mapped_on_the_page(admin: Staff) -> None:
    answer = upload(admin, "Nr,Wer,Firma,Schuh\nC1,Ben,NORDWIND,44\n")
    assert "Say which column is which" in look(admin, answer)
    columns = {"column-0": "id", "column-1": "name", "column-2": "account", "column-3": "skip"}

    page = look(admin, admin.post(f"{answer.location}/columns", **columns))

    assert "1 contact can be imported" in page
    assert '<option value="account" selected>' in page


@pytest.mark.parametrize("chosen", ["fs_uniquifier", "dimension:x", "", "manager"])
def test_a_heading_is_mapped_to_a_column_of_contacts_only(admin: Staff, chosen: str) -> None:
    answer = upload(admin, "Nr,name,account\nC1,Ben,NORDWIND\n")
    columns = {"column-0": chosen, "column-1": "name", "column-2": "account"}

    refused = admin.post(f"{answer.location}/columns", **columns)

    assert refused.status_code == 422 and "Not a valid choice" in refused.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "contacts"}, "Choose a CSV or XLSX file."),
        ({"kind": "contacts", "file": b""}, "The file is empty"),
        ({"kind": "contacts", "file": "no file"}, "Choose a CSV or XLSX file."),
        ({"kind": "users", "file": b"id"}, "Not a valid choice"),
        ({"file": b"id"}, "Say what the file is a list of."),
    ],
)
def test_what_is_missing_is_said_beside_the_field(
    admin: Staff, reader: Transaction, *, fields: dict[str, str | bytes], said: str
) -> None:
    sent = {
        name: (io.BytesIO(value), "list.csv") if isinstance(value, bytes) else value
        for name, value in fields.items()
    }
    answer = admin.post("/staff/imports", **sent)  # type: ignore[arg-type]  # a file

    assert answer.status_code == 422 and said in answer.text
    with reader() as session:
        assert session.execute(select(func.count()).select_from(Upload)).scalar_one() == 0


def test_more_fields_than_the_form_has_change_nothing(admin: Staff, reader: Transaction) -> None:
    fields = {"state": "applied", "by_id": "1", "result": "{}", "applied_at": "2026-01-01"}
    file = (io.BytesIO(ONE_NEW.encode()), "list.csv")
    admin.post("/staff/imports", kind="contacts", file=file, **fields)  # type: ignore[arg-type]  # a file

    with reader() as session:
        kept = session.scalars(select(Upload)).one()
        assert (kept.state, kept.applied_at) == (UploadState.PLANNED, None)


@pytest.mark.parametrize("name", ["../../etc/passwd", "<script>x</script>.csv", "\u202evsc.csv"])
def test_a_hostile_name_stays_a_name(admin: Staff, name: str) -> None:
    answer = upload(admin, ONE_NEW, name=name)
    page = look(admin, answer)

    assert "<script>x" not in page and "../" not in page


def test_a_large_file_is_taken_there_and_nowhere_else(admin: Staff) -> None:
    # Encoded here: the client's own way leaves a temporary file open.
    token = csrf_token(admin.get("/staff/imports").text)
    large = FileStorage(io.BytesIO(ONE_NEW.encode() + b"#" * LARGEST_BODY), "large.csv")
    boundary, body = encode_multipart({"csrf_token": token, "kind": "contacts", "file": large})
    kind = f"multipart/form-data; boundary={boundary}"

    assert admin.client.post("/staff/imports", data=body, content_type=kind).status_code == 303
    assert admin.post("/staff/users", name="x" * (LARGEST_BODY + 1)).status_code == 413
    assert LARGEST_FILE == 50 * LARGEST_BODY
    sent = {"CONTENT_LENGTH": str(LARGEST_FILE + 1), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    assert admin.client.post("/staff/imports", environ_overrides=sent).status_code == 413


def test_a_long_file_is_left_to_the_worker(
    admin: Staff, services: Services, reader: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(upload_work.AT_ONCE, "contacts", 1)
    answer = upload(admin, ONE_NEW)
    page = look(admin, answer)

    assert "The file is being read" in page and "waiting.js" in page
    assert services.bell.queue().count == 1
    with reader() as session:
        assert session.scalars(select(Upload.state)).one() is UploadState.UPLOADED


def test_a_file_can_be_deleted(admin: Staff, reader: Transaction) -> None:
    answer = upload(admin, ONE_NEW)

    assert admin.post(f"{answer.location}/discard").location == "/staff/imports"
    assert admin.get(answer.location).status_code == 404


def test_only_an_admin_imports_and_only_with_the_form_s_token(
    admin: Staff, cast_alone: Office, sign_in: SignIn, reader: Transaction
) -> None:
    answer = upload(admin, ONE_NEW)
    page = admin.get(answer.location).text
    executive = sign_in(cast_alone.cast.executive)

    for path in ("", "/rejected-rows.csv"):
        assert executive.get(answer.location + path).status_code == 403
    assert executive.post(f"{answer.location}/apply", seen=seen(page)).status_code == 403
    assert upload(executive, ONE_NEW).status_code == 403
    assert admin.client.post(f"{answer.location}/apply", data={"seen": seen(page)}).status_code == 400
    assert contacts(reader) == 3


def test_the_list_costs_the_same_however_long_it_is(
    admin: Staff, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    asked = []
    for count in (1, 4):
        for number in range(count):
            upload(admin, ONE_NEW, name=f"{number}.csv")
        with statements() as said:
            admin.get("/staff/imports")
        asked.append(len(said))

    assert asked[0] == asked[1] <= 4
    assert "2.csv" in admin.get("/staff/imports?search=2.c&kind=contacts&state=planned&sort=name").text
    assert "No file is like that" in admin.get("/staff/imports?state=failed").text


def test_the_app_is_whole_after_a_broken_file(app: Flask, admin: Staff) -> None:
    for content in (
        b"\xff\xfe\x00",
        b"PK\x03\x04",
        b"\xef\xbb\xbf" + "id,account,name\nC1,NORDWIND,Ren\u00e9\n".encode("latin-1"),
        b"\0" * 9,
    ):
        assert "This file cannot be read" in look(admin, upload(admin, content))
