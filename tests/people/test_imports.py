"""Importing accounts and contacts: shown first, then all or nothing, and twice is once."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import BadFile, Refused
from surveyd.people.access import NOBODY, SYSTEM
from surveyd.people.columns import ImportKind
from surveyd.people.imports import Preview, apply, preview
from surveyd.people.models import Account, AccountStatus, AuditEntry, Contact, ImportRun, RelationshipRole
from surveyd.people.tables import read_table
from tests.fixtures.cast import make_cast

ACCOUNTS, CONTACTS = ImportKind.ACCOUNTS, ImportKind.CONTACTS
TWO_ACCOUNTS = "id,name,country,region\nA1,Alder,DE,North\nA2,Birch,AT,South\n"
TWO_CONTACTS = "id,account,name,email\nC1,A1,Anna,anna@alder.test\nC2,A2,Ben,ben@birch.test\n"


def look(session: Session, kind: ImportKind, text: str, **mapping: str) -> Preview:
    return preview(session, kind, read_table("list.csv", text.encode()), mapping, scope=SYSTEM)


def load(session: Session, kind: ImportKind, text: str, now: datetime, **mapping: str) -> Preview:
    seen = look(session, kind, text, **mapping)
    apply(session, seen, now=now, by=None)
    return seen


def counts(seen: Preview) -> tuple[int, int, int, int]:
    return len(seen.added), len(seen.changed), seen.unchanged, seen.rejected


def reasons(seen: Preview) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in seen.faults]


def account(session: Session, external_id: str) -> Account:
    return session.scalars(select(Account).where(Account.external_id == external_id)).one()


def contact(session: Session, external_id: str) -> Contact:
    return session.scalars(select(Contact).where(Contact.external_id == external_id)).one()


def test_every_column_of_an_account_is_read(session: Session, now: datetime) -> None:
    cast = make_cast(session, now)
    load(
        session,
        ACCOUNTS,
        "id;name;parent;country;region;business_unit;branch;channel;product_line;tier;renewal_date;"
        "revenue;currency;manager;status;Segment\n"
        "A2;Zweig GmbH;A1;Germany;North;Pumps;Kiel;Direct;Seals;A;31.12.2026;"
        f"1.234.567,89;eur;{cast.mona.email.upper()};Lapsed;Mid\n"
        "A1;Baum AG;;DE;North;;;;;;;;;;;\n",
        now,
        Segment="dimension:Segment",
    )
    child, parent = account(session, "A2"), account(session, "A1")
    assert child.parent_id == parent.id
    assert (child.name, child.country, child.region, child.business_unit) == (
        "Zweig GmbH",
        "DE",
        "North",
        "Pumps",
    )
    assert (child.branch, child.channel, child.product_line, child.tier) == ("Kiel", "Direct", "Seals", "A")
    assert (child.renewal_date, child.revenue_cents, child.currency) == (
        date(2026, 12, 31),
        123_456_789,
        "EUR",
    )
    assert (child.manager_id, child.status) == (cast.mona.id, AccountStatus.LAPSED)
    assert child.dimensions == {"Segment": "Mid"}
    assert (parent.revenue_cents, parent.manager_id, parent.status) == (None, None, AccountStatus.ACTIVE)
    assert parent.dimensions == {}


def test_every_column_of_a_contact_is_read(session: Session, now: datetime) -> None:
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    load(
        session,
        CONTACTS,
        "Contact ID,Account ID,Full name,E-Mail,Phone number,Language,Time zone,Role,Consent\n"
        "C1,A1,Anna Adler,anna@alder.test,030 1234567,German,europe/berlin,Decision maker,contract\n",
        now,
    )
    anna = contact(session, "C1")
    assert anna.account_id == account(session, "A1").id
    assert (anna.name, anna.email, anna.phone) == ("Anna Adler", "anna@alder.test", "+49301234567")
    assert (anna.language, anna.time_zone, anna.consent) == ("de", "Europe/Berlin", "contract")
    assert anna.role is RelationshipRole.DECISION_MAKER
    assert anna.active and anna.opted_out_at is None


def test_the_same_file_twice_changes_nothing(session: Session, now: datetime) -> None:
    make_cast(session, now)
    rich = "id,name,revenue,currency,manager,dimension\nA1,Alder,100,EUR,mona@company.test,x\n"
    first = load(session, ACCOUNTS, rich, now, dimension="dimension:Size")
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    load(session, CONTACTS, TWO_CONTACTS, now)
    later = now + timedelta(days=1)
    again = load(session, CONTACTS, TWO_CONTACTS, later)
    rich_again = load(session, ACCOUNTS, rich, later, dimension="dimension:Size")
    assert counts(first) == (1, 0, 0, 0)
    assert counts(again) == (0, 0, 2, 0)
    assert counts(rich_again) == (0, 0, 1, 0)
    assert contact(session, "C1").updated_at == now
    assert account(session, "A1").updated_at == now
    assert session.scalar(select(func.count()).select_from(ImportRun)) == 3
    assert session.scalar(select(func.count()).where(AuditEntry.action == "import")) == 3


def test_only_what_differs_is_changed(session: Session, now: datetime) -> None:
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    load(session, CONTACTS, TWO_CONTACTS, now)
    later = now + timedelta(days=1)
    seen = load(session, CONTACTS, TWO_CONTACTS.replace("Ben,", "Benno,") + "C3,A1,Cleo,\n", later)
    assert counts(seen) == (1, 1, 1, 0)
    assert (contact(session, "C2").name, contact(session, "C2").updated_at) == ("Benno", later)
    assert contact(session, "C2").created_at == now
    assert contact(session, "C1").updated_at == now
    assert contact(session, "C3").email == ""


def test_an_absent_column_leaves_and_an_empty_cell_clears(session: Session, now: datetime) -> None:
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    load(session, ACCOUNTS, "id,name,region\nA1,Alder,\n", now)
    assert (account(session, "A1").country, account(session, "A1").region) == ("DE", "")


def test_a_new_parent_of_a_known_account_may_stand_behind_it(session: Session, now: datetime) -> None:
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    load(session, ACCOUNTS, "id,name,parent\nA1,Alder,A9\nA9,Forest,\n", now)
    assert account(session, "A1").parent_id == account(session, "A9").id
    load(session, ACCOUNTS, "id,name,parent\nA1,Alder,\n", now)
    assert account(session, "A1").parent_id is None


def test_parents_in_a_circle_are_refused(session: Session, now: datetime) -> None:
    load(session, ACCOUNTS, "id,name,parent\nA1,Alder,A2\nA2,Birch,\nA3,Cedar,\n", now)
    seen = look(session, ACCOUNTS, "id,name,parent\nA3,Cedar,A1\nA2,Birch,A1\nA4,Oak,A4\n")
    assert reasons(seen) == [(3, "parent"), (4, "parent")]


def test_dimensions_of_other_files_stay(session: Session, now: datetime) -> None:
    for column, value in [("Size", "big"), ("Color", "red"), ("Size", "")]:
        mapping = {column: f"dimension:{column}"}
        load(session, ACCOUNTS, f"id,name,{column}\nA1,Alder,{value}\n", now, **mapping)
    assert account(session, "A1").dimensions == {"Color": "red"}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("C1,A1,Anna,anna@@alder.test,,,,", "E-Mail"),
        ("C1,A1,Anna,anna@alder,,,,", "E-Mail"),
        ("C1,A9,Anna,,,,,", "Account"),
        ("C1,A1,Anna,,12,,,", "Phone"),
        ("C1,A1,Anna,,call me,,,", "Phone"),
        ("C1,A1,Anna,,,klingon,,", "Language"),
        ("C1,A1,Anna,,,,Mars/Base,", "Time Zone"),
        ("C1,A1,Anna,,,,,boss", "Role"),
        ("C1,A1,,,,,,", "Name"),
        ("C1,,Anna,,,,,", "Account"),
        (",A1,Anna,,,,,", "ID"),
        (f"C1,A1,{'x' * 201},,,,,", "Name"),
        ("C1,A1,An\0na,,,,,", "Name"),
        ("C1,A1,An\x1bna,,,,,", "Name"),
    ],
)
def test_a_bad_cell_of_a_contact_is_named_and_nothing_is_applied(
    session: Session, now: datetime, cells: str, column: str
) -> None:
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    heading = "ID,Account,Name,E-Mail,Phone,Language,Time Zone,Role\n"
    seen = look(session, CONTACTS, f"{heading}C0,A1,Good,,,,,\n{cells}\n")
    assert reasons(seen) == [(3, column)]
    assert counts(seen) == (1, 0, 0, 1)
    with pytest.raises(BadFile):
        apply(session, seen, now=now, by=None)
    assert session.scalar(select(func.count()).select_from(Contact)) == 0


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("A1,Alder,XX,,,,,", "country"),
        ("A1,Alder,,31.02.2026,,,,", "renewal_date"),
        ("A1,Alder,,3/4/2026,,,,", "renewal_date"),
        ("A1,Alder,,,lots,EUR,,", "revenue"),
        ("A1,Alder,,,-5,EUR,,", "revenue"),
        ("A1,Alder,,,100,,,", "currency"),
        ("A1,Alder,,,100,BTC,,", "currency"),
        ("A1,Alder,,,100 USD,EUR,,", "revenue"),
        ("A1,Alder,,,,,nobody@company.test,", "manager"),
        ("A1,Alder,,,,,,sleeping", "status"),
    ],
)
def test_a_bad_cell_of_an_account_is_named(session: Session, now: datetime, cells: str, column: str) -> None:
    make_cast(session, now)
    heading = "id,name,country,renewal_date,revenue,currency,manager,status\n"
    assert reasons(look(session, ACCOUNTS, f"{heading}{cells}\n")) == [(2, column)]


def test_all_faults_are_named_at_once(session: Session, now: datetime) -> None:
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    seen = look(
        session,
        CONTACTS,
        'id,account,name,email\nC1,A9,"Anna\nAdler",anna@\nC2,A1,Ben\nC3,A1,Cleo,c@x.test\nC3,A1,Dan,d@x.test\n',
    )
    assert reasons(seen) == [(2, "email"), (2, "account"), (4, "email"), (6, "id")]
    assert counts(seen) == (1, 0, 0, 3)
    assert "line 5" in seen.faults[-1].reason


def test_a_line_break_in_a_name_becomes_a_space(session: Session, now: datetime) -> None:
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    load(session, CONTACTS, 'id,account,name\nC1,A1,"Anna\r\nBcc: all@x.test"\n', now)
    assert contact(session, "C1").name == "Anna Bcc: all@x.test"


def test_hostile_text_is_kept_as_text(session: Session, now: datetime) -> None:
    hostile = "=cmd|' /C calc'!A0 <script>alert(1)</script> {{7*7}} '; DROP TABLE users;-- 名前 \u202e"
    load(session, ACCOUNTS, f'id,name\nA1,"{hostile}"\n', now)
    assert account(session, "A1").name == hostile.replace("\u202e", "").strip()


def test_a_currency_that_is_stored_serves_a_file_without_one(session: Session, now: datetime) -> None:
    load(session, ACCOUNTS, "id,name,revenue,currency\nA1,Alder,100,EUR\n", now)
    load(session, ACCOUNTS, "id,name,annual revenue\nA1,Alder,250.50\n", now)
    assert (account(session, "A1").revenue_cents, account(session, "A1").currency) == (25050, "EUR")
    assert reasons(look(session, ACCOUNTS, "id,name,currency\nA1,Alder,\n")) == [(2, "currency")]
    assert reasons(look(session, ACCOUNTS, "id,name,revenue\nA2,Birch,100\n")) == [(2, "currency")]


@pytest.mark.parametrize("file", ["id,name\n", "id,name"])
def test_a_file_of_headings_only_does_nothing(session: Session, now: datetime, file: str) -> None:
    seen = look(session, ACCOUNTS, file)
    assert counts(seen) == (0, 0, 0, 0)
    assert apply(session, seen, now=now, by=None) is None


def test_who_does_not_see_all_accounts_imports_none(session: Session) -> None:
    with pytest.raises(Refused):
        preview(session, ACCOUNTS, read_table("a.csv", TWO_ACCOUNTS.encode()), {}, scope=NOBODY)


def test_a_row_that_another_import_added_meanwhile_stops_this_one(session: Session, now: datetime) -> None:
    seen = look(session, ACCOUNTS, TWO_ACCOUNTS)
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    with pytest.raises(Refused, match="again"):
        apply(session, seen, now=now, by=None)


def test_ten_thousand_rows_take_few_statements(session: Session, now: datetime, statements) -> None:  # type: ignore[no-untyped-def]
    load(session, ACCOUNTS, TWO_ACCOUNTS, now)
    rows = "".join(f"C{n},A{n % 2 + 1},Person {n},p{n}@firm{n % 50}.test\n" for n in range(10_000))
    with statements() as said:
        assert counts(load(session, CONTACTS, f"id,account,name,email\n{rows}", now)) == (10_000, 0, 0, 0)
    assert len(said) < 30
    with statements() as said:
        changed = rows.replace("Person", "Human")
        assert counts(load(session, CONTACTS, f"id,account,name,email\n{changed}", now))[:2] == (0, 10_000)
    assert len(said) < 30
