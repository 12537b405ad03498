"""Headings of a person's file become columns of ours, and none is lost silently."""

import pytest

from surveyd.people.columns import COLUMNS, FIRST_NAME, LAST_NAME, ImportKind, Plan, plan_columns
from surveyd.people.headings import words_of
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


SALESFORCE_ACCOUNTS = (
    "Account Owner,Account Name,Account ID,Type,Rating,Last Activity,Billing State/Province,"
    "Billing Country,Industry,Annual Revenue,Annual Revenue Currency,Parent Account,Parent Account ID"
)
SALESFORCE_CONTACTS = (
    "Salutation,First Name,Last Name,Title,Account Name,Account ID,Mailing City,Mailing Country,Phone,Mobile,"
    "Email,Account Owner,Contact ID,Contact Owner,Lead Source,Created Date"
)
LOADER_CONTACTS = (
    "ID,ISDELETED,MASTERRECORDID,ACCOUNTID,LASTNAME,FIRSTNAME,SALUTATION,NAME,MAILINGCOUNTRY,PHONE,FAX,"
    "MOBILEPHONE,EMAIL,TITLE,DEPARTMENT,OWNERID,HASOPTEDOUTOFEMAIL,CREATEDDATE,LASTACTIVITYDATE"
)
HUBSPOT_COMPANIES = (
    "Record ID,Company name,Company owner,Create Date,Phone Number,Last Activity Date,City,Country/Region,"
    "Industry,Annual Revenue,Associated Contact,Parent Company"
)
HUBSPOT_CONTACTS = (
    "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Marketing contact status,"
    "Create Date,Job Title,Lifecycle Stage,Preferred language,Time Zone,Associated Company,"
    "Associated Company IDs,Associated Company IDs (Primary)"
)


@pytest.mark.parametrize(
    ("kind", "headings", "expected"),
    [
        (
            ACCOUNTS,
            SALESFORCE_ACCOUNTS,
            {"id": "Account ID", "parent": "Parent Account ID", "manager": "Account Owner"}
            | {"country": "Billing Country", "revenue": "Annual Revenue", "name": "Account Name"}
            | {"currency": "Annual Revenue Currency"},
        ),
        (
            CONTACTS,
            SALESFORCE_CONTACTS,
            {"id": "Contact ID", "account": "Account ID", "first_name": "First Name"}
            | {"last_name": "Last Name", "email": "Email", "phone": "Phone"},
        ),
        (
            CONTACTS,
            LOADER_CONTACTS,
            {"id": "ID", "account": "ACCOUNTID", "name": "NAME", "email": "EMAIL", "phone": "PHONE"},
        ),
        (
            ACCOUNTS,
            HUBSPOT_COMPANIES,
            {
                "id": "Record ID",
                "name": "Company name",
                "manager": "Company owner",
                "parent": "Parent Company",
            }
            | {"country": "Country/Region", "revenue": "Annual Revenue"},
        ),
        (
            CONTACTS,
            HUBSPOT_CONTACTS,
            {"id": "Record ID", "account": "Associated Company IDs (Primary)", "first_name": "First Name"}
            | {"last_name": "Last Name", "email": "Email", "phone": "Phone Number"}
            | {"language": "Preferred language", "time_zone": "Time Zone"},
        ),
    ],
)
def test_exports_of_crms_map_by_themselves(kind: ImportKind, headings: str, expected: dict[str, str]) -> None:
    assert {ours: theirs for theirs, ours in read_as(kind, headings).items()} == expected


@pytest.mark.parametrize(
    "headings",
    [
        "Kontakt-ID,Kundennummer,Vorname,Nachname,E-Mail-Adresse,Telefon,Sprache,Zeitzone,Rolle",
        "Identifiant,N° client,Prénom,Nom,Adresse e-mail,Téléphone,Langue,Fuseau horaire,Rôle",
        "ID de contacto,Código de cliente,Nombre,Apellidos,Correo,Teléfono,Idioma,Zona horaria,Rol",
        "連絡先ID,顧客番号,名,姓,メールアドレス,電話番号,言語,タイムゾーン,役割",
        "معرف جهة الاتصال,رقم العميل,الاسم الأول,اسم العائلة,البريد,الهاتف,اللغة,المنطقة الزمنية,الدور",
    ],
)
def test_lists_in_our_languages_map_by_themselves(headings: str) -> None:
    ours = ["id", "account", "first_name", "last_name", "email", "phone", "language", "time_zone", "role"]
    assert list(read_as(CONTACTS, headings).values()) == ours


def test_a_word_stands_for_one_column_only() -> None:
    for kind in ImportKind:
        usual = [one for column in COLUMNS[kind] for one in words_of(kind, column.name)]
        assert len(usual) == len(set(usual))


def test_a_likely_column_is_suggested() -> None:
    assert plan(CONTACTS, "id,account,name,emial").guesses == {"emial": "email"}
