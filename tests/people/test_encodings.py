"""The encoding of a list: what its mark says, what its bytes can be, and a guess that is said to be one."""

import pytest

from surveyd.people.encodings import encoding_of
from surveyd.people.sources import Reading, Wish, open_source
from surveyd.people.tables import Row

HEADINGS = "id,account,name\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "ascii"])
def test_what_is_certain_is_no_guess(encoding: str) -> None:
    found = encoding_of(f"{HEADINGS}C1,A1,Anna\n".encode(encoding))

    assert not found.is_guess
    assert found.name == {"utf-8-sig": "utf-8", "ascii": "utf-8"}.get(encoding, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Müller,Köln,Straße", "cp1252"),
        ("São Paulo,João", "cp1252"),
        ("Anna’s – 100 €", "cp1252"),
        ("Müller,Köln", "mac_roman"),
        ("Müller,Köln", "cp850"),
        ("Łódź,Kraków,Gdańsk", "cp1250"),
        ("Москва,Иван Петров", "cp1251"),
        ("山田太郎,東京,カタカナ", "cp932"),
        ("محمد علي,القاهرة", "cp1256"),
        ("Müller, Anna", "utf-16-le"),
        ("Müller, Anna", "utf-16-be"),
    ],
)
def test_what_the_bytes_leave_open_is_guessed_and_said(text: str, encoding: str) -> None:
    found = encoding_of(f"{HEADINGS}{text}\n".encode(encoding))

    assert (found.name, found.is_guess) == (encoding, True)


def test_bytes_that_fit_nothing_are_still_read() -> None:
    with open_source("list.csv", b"id,name\nC1,\x81\x8d\x8f\x90\x9d\xa0 \xff\n") as source:
        assert len([*source.rows()]) == 1


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_any_separator_in_any_encoding(separator: str, encoding: str) -> None:
    text = f"id{separator}name\r\n1{separator}Müller\r\n"
    with open_source("list.csv", text.encode(encoding)) as source:
        assert source.reading.separator == separator
        assert [*source.rows()] == [Row(2, ["1", "Müller"])] == [*source.rows()]


def test_the_first_line_names_the_separator_or_a_person_does() -> None:
    with open_source("list.csv", b"sep=;\nid;name,too\n1;x,y\n") as source:
        assert (source.headings, source.heading_line) == (("id", "name,too"), 2)
    with open_source("list.csv", b"id;a,b,c\n1;x,y,z\n", Wish(separator=";")) as source:
        assert source.headings == ("id", "a,b,c")


def test_a_person_knows_better() -> None:
    content = f"{HEADINGS}C1,A1,Dvořák\n".encode("cp1250")
    with open_source("list.csv", content, Wish(encoding="cp1250")) as source:
        [row] = source.rows()
        assert isinstance(row, Row) and row.cells[2] == "Dvořák"
        assert source.reading == Reading("cp1250", is_guess=False, separator=",")
