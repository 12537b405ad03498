"""How files with a known content are read: CSV with its expected JSON, addresses with their category.

    python -m benchmarks.lists CSV_FOLDER ADDRESS_FILE

CSV_FOLDER has `csvs/NAME.csv` and `json/NAME.json`, as csv-spectrum has; ADDRESS_FILE is the XML of isemail's
tests. Nothing of either is kept here. An address is judged by syntax alone, and by what a mail system takes:
what the letter of the standards allows and nobody uses (comments, quoted parts, addresses in brackets) is
refused, as it should be in a list of customers. `trimmed` are those taken without the white space around.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks.figures import table
from surveyd.base.errors import BadFile
from surveyd.people.cells import read_address
from surveyd.people.sources import open_source
from surveyd.people.tables import Row

PICTURES = 0x2400
"""Where Unicode has the pictures by which the tests write control characters."""


def main() -> None:
    """Print what was read as expected; exit 1 when a CSV file was not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv_folder", type=Path)
    parser.add_argument("address_file", type=Path)
    given = parser.parse_args()
    files = [{"file": path.name, "read": csv_is_read(path)} for path in csv_files(given.csv_folder)]
    print(table(files))
    print(table(addresses(given.address_file)))
    sys.exit(0 if files and all(one["read"] for one in files) else 1)


def csv_files(folder: Path) -> list[Path]:
    """The files of a folder that have an expected content."""
    return sorted((folder / "csvs").glob("*.csv"))


def csv_is_read(path: Path) -> bool:
    """Whether a file is read as its JSON says, which has an object for each row."""
    expected = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
    try:
        with open_source(path.name, path.read_bytes()) as source:
            rows = [row.cells for row in source.rows() if isinstance(row, Row)]
            found = [dict(zip(source.headings, cells, strict=True)) for cells in rows]
    except BadFile:
        return False
    return bool(found == expected)


def addresses(path: Path) -> list[dict[str, object]]:
    """How many addresses of each category are taken, of how many."""
    taken, trimmed, all_ = Counter[str](), Counter[str](), Counter[str]()
    for test in ET.parse(path).getroot().iter("test"):
        category = test.findtext("category") or ""
        all_[category] += 1
        address = _spoken(test.findtext("address") or "")
        taken[category] += is_address(address)
        trimmed[category] += is_address(address) and address != address.strip()
    return [
        {"category": name, "taken": taken[name], "trimmed": trimmed[name], "of": count}
        for name, count in sorted(all_.items())
    ]


def is_address(text: str) -> bool:
    """Whether a list may have this address; an empty cell is none."""
    try:
        return bool(read_address(text))
    except ValueError:
        return False


def _spoken(text: str) -> str:
    """The address with the control characters that its pictures stand for."""
    spoken = (ord(sign) - PICTURES for sign in text)
    return "".join(chr(at) if 0 <= at < 32 else chr(at + PICTURES) for at in spoken)


if __name__ == "__main__":
    main()
