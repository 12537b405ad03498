"""Lists as people have them, in the browser: read, read otherwise, remembered for their source."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
import xlsxwriter
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.people.access import SYSTEM
from surveyd.people.import_models import ImportBatch, ImportMapping
from surveyd.people.models import Contact, Upload, UploadState
from surveyd.people.outlines import read_outline
from surveyd.people.uploads import find_upload, renew_lease
from tests.fixtures.apps import Transaction
from tests.web.offices import Office, SignIn, Staff
from tests.web.staff.test_import_pages import look, seen, upload

ODD = "Nr,Wer,Firma\nC1,Ben,NORDWIND\n"
MAPPED = {"column-0": "id", "column-1": "name", "column-2": "account"}


@pytest.fixture
def admin(cast_alone: Office, sign_in: SignIn) -> Staff:
    return sign_in(cast_alone.cast.admin)


def spreadsheet() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_worksheet("Notes").write_row(0, 0, ["what", "why"])
    people = book.add_worksheet("People")
    people.write_row(0, 0, ["Contact ID", "Account ID", "First Name", "Last Name", "Phone"])
    people.write_row(1, 0, ["C1", "NORDWIND", "Ben", "Müller", "030 1234567"])
    book.close()
    return out.getvalue()


def test_a_guess_is_said_and_corrected(admin: Staff, reader: Transaction) -> None:
    answer = upload(admin, "id,account,name\nC1,NORDWIND,Dvořák\n".encode("cp1250"))
    page = look(admin, answer)
    assert "Text in Windows-1252 (Western Europe), a comma between the cells." in page
    assert "The encoding is a guess" in page

    page = look(admin, admin.post(f"{answer.location}/reading", encoding="cp1250", separator=","))

    assert "is a guess" not in page and '<option value="cp1250" selected>' in page
    look(admin, admin.post(f"{answer.location}/apply", seen=seen(page)))
    with reader() as session:
        assert session.scalars(select(Contact.name).where(Contact.external_id == "C1")).one() == "Dvořák"


def test_a_sheet_is_chosen(admin: Staff, reader: Transaction) -> None:
    answer = upload(admin, spreadsheet(), name="list.xlsx")
    assert "Sheet Notes of a spreadsheet." in look(admin, answer)

    page = look(admin, admin.post(f"{answer.location}/reading", sheet="People"))

    assert "1 contact can be imported" in page
    look(admin, admin.post(f"{answer.location}/apply", seen=seen(page)))
    with reader() as session:
        row = session.scalars(select(Contact).where(Contact.external_id == "C1")).one()
        assert (row.name, row.phone) == ("Ben Müller", "+49301234567")


@pytest.mark.parametrize(
    "wish", [{"encoding": "rot13", "separator": ","}, {"encoding": "utf-8", "separator": "x"}]
)
def test_only_what_is_offered_can_be_chosen(admin: Staff, wish: dict[str, str]) -> None:
    answer = upload(admin, ODD)
    refused = admin.post(f"{answer.location}/reading", **wish)

    assert refused.status_code == 422 and "Not a valid choice" in refused.text


def test_a_mapping_is_remembered_for_its_source(admin: Staff, reader: Transaction) -> None:
    answer = upload(admin, ODD)
    admin.post(f"{answer.location}/columns", **MAPPED, source=" Our <b>CRM</b> ")
    page = look(admin, upload(admin, ODD.replace("C1,Ben", "C2,Cleo"), name="april.csv"))

    assert "1 contact can be imported" in page
    assert "Read as saved for Our &lt;b&gt;CRM&lt;/b&gt;." in page
    sources = admin.get("/staff/imports/sources").text
    assert "1 source maps by itself" in sources and "Our &lt;b&gt;CRM&lt;/b&gt;" in sources
    with reader() as session:
        kept = session.scalars(select(ImportMapping)).one()
    renamed = admin.post(f"/staff/imports/sources/{kept.id}", name="Salesforce")
    assert renamed.status_code == 303 and "Salesforce" in admin.get("/staff/imports/sources").text
    refused = admin.post(f"/staff/imports/sources/{kept.id}", name=" ")
    assert refused.status_code == 422 and "Give the source a name." in refused.text
    assert admin.post(f"/staff/imports/sources/{kept.id}/delete").status_code == 303
    assert "No source is known yet" in admin.get("/staff/imports/sources").text
    assert admin.post(f"/staff/imports/sources/{kept.id}/delete").status_code == 404


def test_a_likely_column_is_suggested(admin: Staff) -> None:
    page = look(admin, upload(admin, "id,account,name,emial\nC1,NORDWIND,Ben,b@x.test\n"))

    assert "Suggested by its name" in page and '<option value="email" selected>' in page


def test_how_far_it_is_stands_on_the_page(admin: Staff, writer: Transaction, reader: Transaction) -> None:
    answer = upload(admin, "id,account,name\nC1,NORDWIND,Ben\nC-adler,NORDWIND,Anna New\n")
    with writer() as session:
        kept = session.scalars(select(Upload)).one()
        kept.state, kept.leased_until = UploadState.PLANNING, system_now() + timedelta(minutes=1)
        batch = session.scalars(select(ImportBatch)).one()
        batch.rows, batch.looked_at = 4000, 1000
        found = read_outline(find_upload(session, kept.id, scope=SYSTEM).result)
        so_far = replace(found, is_partial=True)
        renew_lease(session, kept.id, system_now=system_now(), so_far=so_far)
    page = admin.get(answer.location).text

    assert "1000 of 4000 rows read." in page.replace(",", "") and '<progress max="100" value="25"' in page
    assert "So far: 1 new, 1 changed, 0 unchanged, 0 rejected." in page
    assert "<ins>Anna New</ins>" in page and 'name="seen"' not in page
