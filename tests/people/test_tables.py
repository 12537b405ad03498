"""CSV files as people make them: encodings, separators, quotes, ragged rows, exact lines."""

import pytest

from surveyd.base.errors import BadFile
from surveyd.people.tables import Table, read_table


def table(content: str | bytes) -> Table:
    return read_table("list.csv", content.encode() if isinstance(content, str) else content)


def cells(content: str | bytes) -> list[list[str]]:
    return [row.cells for row in table(content).rows]


def faults(content: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(BadFile) as caught:
        table(content)
    return [(fault.line, fault.column) for fault in caught.value.faults]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_line_ends_and_encodings(separator: str, line_end: str, encoding: str) -> None:
    lines = ["id,name,city".replace(",", separator), "1,Müller 北京,Köln".replace(",", separator), ""]
    read = table(line_end.join(lines).encode(encoding))
    assert read.headings == ("id", "name", "city")
    assert [(row.line, row.cells) for row in read.rows] == [(2, ["1", "Müller 北京", "Köln"])]


def test_utf_16_without_its_other_byte_order() -> None:
    assert cells(b"\xfe\xff" + "a,b\n1,ä\n".encode("utf-16-be")) == [["1", "ä"]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('a,b\n1,"x, y"\n', [["1", "x, y"]]),
        ('a,b\n1,"say ""hi"""\n', [["1", 'say "hi"']]),
        (
            'a,b\n1,"{""type"": ""Point"", ""at"": [1.0, 2.0]}"\n',
            [["1", '{"type": "Point", "at": [1.0, 2.0]}']],
        ),
        ('a,b\r\n1,"two\r\nlines"\r\n', [["1", "two\r\nlines"]]),
        ('a,b\n"","""\nx"\n', [["", '"\nx']]),
        ("a,b\n1,\n,2\n", [["1", ""], ["", "2"]]),
        ("a,b\n1,2", [["1", "2"]]),
        ("a,b\n\n1,2\n,\n  ,\t\n", [["1", "2"]]),
        ("sep=;\na;b\n1;2\n", [["1", "2"]]),
        ("a,b,\n1,2,\n", [["1", "2"]]),
        ("name\nAnna\n", [["Anna"]]),
        ("a;b, c;d\n1;2,5;3\n", [["1", "2,5", "3"]]),
    ],
)
def test_shapes_that_spreadsheets_write(content: str, expected: list[list[str]]) -> None:
    read = table(content)
    assert [row.cells for row in read.rows] == expected
    assert read.faults == ()


def test_lines_are_counted_through_quoted_line_breaks() -> None:
    read = table('sep=,\nid,name\n1,"a\nb\r\nc"\n\n2,x\n')
    assert read.heading_line == 2
    assert [row.line for row in read.rows] == [3, 7]


def test_ragged_rows_are_named_and_the_others_read() -> None:
    read = table("id,name,email\n1,Anna\n2,Ben,b@x.test\n3,Cleo,c@x.test,extra\n")
    assert [row.cells[0] for row in read.rows] == ["2"]
    assert [(fault.line, fault.column) for fault in read.faults] == [(2, "email"), (4, "")]
    assert "2 cells" in read.faults[0].reason and "4 cells" in read.faults[1].reason


def test_bytes_that_are_not_utf_8_are_named_by_line_and_column() -> None:
    content = 'id,name,city\n1,Anna,Kiel\n2,"long\nname Müller",Köln\n'.encode("latin-1")
    assert faults(content) == [(4, "name"), (4, "city")]
    assert faults("id,größe\n1,2\n".encode("latin-1")) == [(1, "")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"\n\n  \n", 1),
        (b"\xef\xbb\xbf", 1),
        (b'id,name\n1,Anna\n2,"Ben\n3,Cleo\n', 3),
        (b'id,name\n1,"An"na\n', 2),
        (b"PK\x03\x04 a spreadsheet", 1),
        ("id,name\n1,Anna\n".encode("utf-16-le"), 1),
        (b"\xff\xfe" + "id\n1\n".encode("utf-16-le") + b"x", 3),
        (b"id,name\n1," + b"x" * 200_000 + b"\n", 2),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(content: bytes, line: int) -> None:
    assert faults(content) == [(line, "")]


def test_the_digest_tells_files_apart() -> None:
    assert table("a\n1\n").digest == table("a\n1\n").digest != table("a\n2\n").digest
