"""Files that wait to be imported: kept, looked at, applied as shown, forgotten; whoever works on them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd import schedule
from surveyd.base.clock import system_now
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import Services
from surveyd.people import jobs, uploads
from surveyd.people.access import NOBODY, SYSTEM
from surveyd.people.columns import ImportKind
from surveyd.people.models import Account, AuditEntry, Contact, ImportRun, Upload, UploadState, User
from surveyd.people.outlines import FieldChange, Outline, read_outline
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

ACCOUNTS, CONTACTS = ImportKind.ACCOUNTS, ImportKind.CONTACTS
PEOPLE = (
    "id,account,name,email\nC1,NORDWIND,Ben,ben@nordwind.test\n"
    "C-adler,NORDWIND,Anna Adler-Voss,anna@nordwind.test\n"
)
LONG_AGO = timedelta(minutes=10)


@dataclass
class Desk:
    """The admin at work: keeps a file, has it looked at, asks for it to be applied."""

    app: Flask
    by: int
    write: Transaction
    read: Transaction

    def keep(self, text: str | bytes, *, kind: ImportKind = CONTACTS, at: datetime = NOW) -> int:
        """Keep a file, of contacts if nothing else is said; returns its id."""
        content = text.encode() if isinstance(text, str) else text
        facts = {"name": "list.csv", "by": self.by, "now": at, "system_now": system_now()}
        with self.write() as session:
            return uploads.keep_upload(session, kind, content=content, **facts).id  # type: ignore[arg-type]  # as named

    def work(self, upload_id: int) -> Upload:
        """Do what a worker would do next; returns the row as it is then."""
        with self.app.app_context():
            jobs.work_on_upload(upload_id)
        with self.read() as session:
            upload = session.get_one(Upload, upload_id)
            session.expunge(upload)
            return upload

    def ask(self, upload_id: int, seen: str = "") -> None:
        """Press the button of the page as it is now, or as it was when `seen` was its digest."""
        with self.write() as session:
            upload = session.get_one(Upload, upload_id)
            digest = seen or read_outline(upload.result).digest
            facts = {"by": self.by, "now": NOW, "system_now": system_now()}
            uploads.ask_to_apply(session, upload, seen=digest, **facts)  # type: ignore[arg-type]  # as named


@pytest.fixture
def desk(app: Flask, writer: Transaction, reader: Transaction, cast: Cast) -> Desk:
    return Desk(app, cast.admin.id, writer, reader)


def outline(upload: Upload) -> Outline:
    return read_outline(upload.result)


def counts(upload: Upload) -> tuple[int, int, int, int]:
    seen = outline(upload)
    return seen.added, seen.changed, seen.unchanged, seen.rejected


def content(session: Session, upload_id: int) -> bytes | None:
    return session.execute(select(Upload.content).where(Upload.id == upload_id)).scalar_one()


def test_a_file_is_looked_at_and_nothing_is_changed(desk: Desk, reader: Transaction) -> None:
    upload = desk.work(desk.keep(PEOPLE))

    assert (upload.state, counts(upload)) == (UploadState.PLANNED, (1, 1, 0, 0))
    [change] = outline(upload).changes
    assert (change.line, change.external_id) == (3, "C-adler")
    assert change.fields == (FieldChange("name", "Anna Adler", "Anna Adler-Voss"),)
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 3


def test_it_is_applied_as_shown_once_and_then_it_is_gone(desk: Desk, reader: Transaction, cast: Cast) -> None:
    upload_id = desk.keep(PEOPLE)
    desk.work(upload_id)
    desk.ask(upload_id)
    desk.ask(upload_id)
    applied = desk.work(upload_id)
    again = desk.work(upload_id)

    assert (applied.state, applied.applied_at, counts(applied)) == (UploadState.APPLIED, NOW, (1, 1, 0, 0))
    assert again.attempts == applied.attempts
    with reader() as session:
        assert content(session, upload_id) is None
        assert session.scalar(select(Contact.name).where(Contact.id == cast.anna.id)) == "Anna Adler-Voss"
        run = session.scalars(select(ImportRun)).one()
        assert (run.added, run.changed, run.by_id, run.file_name) == (1, 1, cast.admin.id, "list.csv")
        done = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert done == ["upload", "ask_to_import", "import"]
    assert counts(desk.work(desk.keep(PEOPLE))) == (0, 0, 2, 0)


def test_what_changed_meanwhile_is_shown_once_more_and_not_applied(
    desk: Desk, writer: Transaction, reader: Transaction, cast: Cast
) -> None:
    upload_id = desk.keep(PEOPLE)
    desk.work(upload_id)
    desk.ask(upload_id)
    with writer() as session:
        session.get_one(Contact, cast.anna.id).name = "Anna Adler-Voss"
    upload = desk.work(upload_id)

    assert (upload.state, upload.note, counts(upload)) == (UploadState.PLANNED, uploads.CHANGED, (1, 0, 1, 0))
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 3
    desk.ask(upload_id)
    assert desk.work(upload_id).state is UploadState.APPLIED


def test_the_same_number_of_other_changes_is_not_what_was_shown(
    desk: Desk, writer: Transaction, cast: Cast
) -> None:
    upload_id = desk.keep(PEOPLE)
    desk.work(upload_id)
    desk.ask(upload_id)
    with writer() as session:
        session.get_one(Contact, cast.anna.id).name = "Anna Other"

    assert desk.work(upload_id).state is UploadState.PLANNED


def test_only_what_is_on_the_page_can_be_applied(desk: Desk, reader: Transaction) -> None:
    fresh, bad = desk.keep(PEOPLE), desk.keep(PEOPLE + "C9,NOWHERE,Cleo,\n")
    desk.work(bad)
    with pytest.raises(Refused):
        desk.ask(fresh)
    with pytest.raises(Refused):
        desk.ask(bad)
    desk.work(fresh)
    with pytest.raises(Refused):
        desk.ask(fresh, seen="of yesterday")
    with reader() as session:
        assert set(session.scalars(select(Upload.state))) == {UploadState.PLANNED}


def test_rejected_rows_can_be_corrected_and_uploaded_again(desk: Desk, reader: Transaction) -> None:
    text = (
        "id;account;name;email;phone\n"
        "C1;NORDWIND;Ben;ben@nordwind.test;\n"
        'C2;NORDWIND;"=HYPERLINK(""x"")";no address;+49 30 1234567\n'
        "C3;NORDWIND\n"
        "C4;NORDWIND;'t Hoen;@;;;too many\n"
    )
    upload_id = desk.keep(text)
    assert counts(desk.work(upload_id)) == (1, 0, 0, 3)
    with reader() as session:
        rejects = uploads.rejects_of(session, upload_id, scope=SYSTEM).decode("utf-8-sig")
    lines = rejects.splitlines()
    assert lines[0] == "id,account,name,email,phone,reason"
    assert lines[1].startswith(
        """C2,NORDWIND,"'=HYPERLINK(""x"")",no address,'+49 30 1234567,line 3: email: """
    )
    assert lines[2].startswith("C3,NORDWIND,,,,") and "the row has 2 cells" in lines[2]
    assert lines[3].startswith("C4,NORDWIND,''t Hoen,'@,,") and lines[3].endswith(",,too many")
    assert not any(cell[:1] in "=+-@" for line in lines[1:] for cell in line.split(",") if cell)

    corrected = "\r\n".join([lines[0], lines[1].replace("no address", "c2@nordwind.test"), ""])
    again = desk.keep("\ufeff" + corrected)
    assert counts(desk.work(again)) == (1, 0, 0, 0)
    desk.ask(again)
    desk.work(again)
    with reader() as session:
        row = session.scalars(select(Contact).where(Contact.external_id == "C2")).one()
        assert (row.name, row.phone) == ('=HYPERLINK("x")', "+49301234567")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (b"\xef\xbb\xbf" + "id,account,name\nC1,NORDWIND,Ren\u00e9\n".encode("latin-1"), 1, ""),
        (b'id,account,name\nC1,NORDWIND,Ben\nC2,NORDWIND,"open\n', 3, ""),
        (b"PK\x03\x04 a spreadsheet", 1, ""),
        (b"\0\0\0\0\n", 1, ""),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    desk: Desk, reader: Transaction, *, text: bytes, line: int, column: str
) -> None:
    upload = desk.work(desk.keep(text))

    fault = outline(upload).faults[0]
    assert (upload.state, fault.line, fault.column) == (UploadState.PLANNED, line, column)
    assert not outline(upload).may_be_applied
    with reader() as session, pytest.raises(NotFound):
        uploads.rejects_of(session, upload.id, scope=SYSTEM)


def test_a_mapping_is_looked_at_anew(desk: Desk, writer: Transaction, cast: Cast) -> None:
    upload_id = desk.keep("Nr,Firma,Wer\nC1,NORDWIND,Ben\n")
    assert not outline(desk.work(upload_id)).columns_fit
    with writer() as session:
        upload = session.get_one(Upload, upload_id)
        mapping = {"Nr": "id", "Firma": "account", "Wer": "name"}
        facts = {"by": cast.admin.id, "now": NOW, "system_now": system_now()}
        uploads.map_columns(session, upload, mapping, **facts)  # type: ignore[arg-type]  # two kinds of facts
        with pytest.raises(Refused):
            uploads.map_columns(session, upload, {}, **facts)  # type: ignore[arg-type]  # as above

    upload = desk.work(upload_id)

    assert [one.column for one in outline(upload).headings] == ["id", "account", "name"]
    assert counts(upload) == (1, 0, 0, 0)


def test_the_names_of_what_changes_are_shown(desk: Desk, cast: Cast) -> None:
    upload = desk.work(
        desk.keep("id,name,manager,revenue,tier\nNORDWIND,Nordwind,milo@company.test,5,\n", kind=ACCOUNTS)
    )

    [change] = outline(upload).changes
    assert change.fields == (
        FieldChange("tier", "A", ""),
        FieldChange("revenue", "9000000.00", "5.00"),
        FieldChange("manager", "mona@company.test", "milo@company.test"),
    )


def test_work_is_taken_by_one_and_taken_over_from_the_dead(
    desk: Desk, writer: Transaction, reader: Transaction
) -> None:
    upload_id, now = desk.keep(PEOPLE), system_now()
    with writer() as session:
        assert uploads.take_upload(session, upload_id, system_now=now)
        assert uploads.take_upload(session, upload_id, system_now=now) is None
        assert uploads.lost_uploads(session, system_now=now + timedelta(minutes=1)) == []
        assert uploads.lost_uploads(session, system_now=now + LONG_AGO) == [upload_id]
        for again in (1, 2):
            assert uploads.take_upload(session, upload_id, system_now=now + again * LONG_AGO)
        assert uploads.take_upload(session, upload_id, system_now=now + 3 * LONG_AGO) is None
    with reader() as session:
        upload = session.get_one(Upload, upload_id)
        assert (upload.state, upload.note) == (UploadState.FAILED, uploads.GAVE_UP)


def test_the_sweep_does_what_no_bell_was_heard_for(
    app: Flask, services: Services, desk: Desk, writer: Transaction, reader: Transaction
) -> None:
    upload_id = desk.keep(PEOPLE)
    with app.app_context():
        assert schedule.work_on_uploads(services, NOW) == 0
    with writer() as session:
        session.get_one(Upload, upload_id).asked_at = system_now() - LONG_AGO
    with app.app_context():
        assert schedule.work_on_uploads(services, NOW) == 1
        assert schedule.work_on_uploads(services, NOW) == 0
    with reader() as session:
        assert session.get_one(Upload, upload_id).state is UploadState.PLANNED


def test_what_nobody_applies_is_forgotten_after_a_week(
    app: Flask, services: Services, desk: Desk, reader: Transaction
) -> None:
    applied = desk.keep(PEOPLE)
    desk.work(applied)
    desk.ask(applied)
    desk.work(applied)
    old, young = desk.keep("id,account,name\n"), desk.keep("id,account,name\n", at=NOW + timedelta(days=3))
    with app.app_context():
        schedule.work_on_uploads(services, NOW + timedelta(days=7, seconds=1))
    with reader() as session:
        assert set(session.scalars(select(Upload.id))) == {applied, young}
    assert old not in (applied, young)


def test_a_file_can_be_deleted_until_it_is_applied(
    desk: Desk, writer: Transaction, reader: Transaction, cast: Cast
) -> None:
    thrown, kept = desk.keep(PEOPLE), desk.keep(PEOPLE)
    desk.work(kept)
    desk.ask(kept)
    with writer() as session:
        by = cast.admin.id
        uploads.discard_upload(session, session.get_one(Upload, thrown), by=by, now=NOW)
        with pytest.raises(Refused):
            uploads.discard_upload(session, session.get_one(Upload, kept), by=by, now=NOW)
    assert desk.work(kept).state is UploadState.APPLIED
    with reader() as session, pytest.raises(NotFound):
        uploads.find_upload(session, thrown, scope=SYSTEM)


def test_who_is_switched_off_imports_nothing(
    desk: Desk, writer: Transaction, reader: Transaction, cast: Cast
) -> None:
    upload_id = desk.keep(PEOPLE)
    desk.work(upload_id)
    desk.ask(upload_id)
    with writer() as session:
        session.get_one(User, cast.admin.id).active = False

    upload = desk.work(upload_id)

    assert upload.state is UploadState.FAILED and "see them all" in upload.note
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 2
        assert session.scalar(select(func.count()).select_from(Contact)) == 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("list.csv", "list.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\list.csv", "list.csv"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("\u202egnp.csv\0", "gnp.csv"),
        ("///", "contacts.csv"),
        ("x" * 300, "x" * 255),
        ("<b>.csv", "<b>.csv"),
    ],
)
def test_a_file_s_name_is_its_own_name_only(session: Session, now: datetime, given: str, kept: str) -> None:
    by = User(email="a@b.test", role="admin", fs_uniquifier="a", created_at=now)
    session.add(by)
    session.flush()
    facts = {"name": given, "content": b"id", "by": by.id, "now": now, "system_now": now}
    upload = uploads.keep_upload(session, CONTACTS, **facts)  # type: ignore[arg-type]  # several kinds of facts
    assert upload.name == kept


def test_who_may_not_see_all_finds_no_upload(desk: Desk, reader: Transaction) -> None:
    upload_id = desk.keep(PEOPLE)
    with reader() as session, pytest.raises(NotFound):
        uploads.find_upload(session, upload_id, scope=NOBODY)
