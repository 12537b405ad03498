"""The words that go with the house hold: links lead somewhere, commands exist, settings are all there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from surveyd.base.config import HOME, SETTINGS
from surveyd.cli.main import surveyd

PAGES = [HOME / "README.md", HOME / "CHANGELOG.md", *sorted((HOME / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(HOME)) for page in PAGES]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A command is named inline, or at the beginning of a fenced line; words in capitals are to be filled in.
INLINE = re.compile(r"`(?:bin/)?surveyd((?: [^`]*)?)`")
LINE = re.compile(r"^(?:\$ )?(?:bin/)?surveyd (.+?)(?: {2,}.*)?$", re.MULTILINE)
ROW = re.compile(r"^\| `(SURVEYD_\w+)` \| ?(?:`([^`]*)`)? ?\|", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/.]+)`")
SOURCE = re.compile(r"`((?:surveyd|bin|docs|templates|forms|base|web|cli|people|distribution)/[\w/.]+\.\w+)`")
FOREIGN = re.compile(
    r"(?<!\w)/(?:work|tmp|root|home|Users)/|\b(?:pypi|pythonhosted|npmjs|docker|ghcr|quay|gitlab|github)\.",
    re.IGNORECASE,
)

pages = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def anchors(page: Path) -> set[str]:
    """What a link may name behind `#`, as the usual renderers make it of headings."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(page.read_text()))
    return {words.strip().replace(" ", "-") for words in plain}


def commands(text: str) -> Iterator[list[str]]:
    """Every command of ours that a page names, without what follows a pipe or a redirection."""
    fenced = "".join(FENCED.findall(text))
    for said in [*INLINE.findall(FENCED.sub("", text)), *LINE.findall(fenced)]:
        yield shlex.split(re.split(r" [<>|]|&&", said)[0])


def wrong_in(words: list[str]) -> str:
    """What is wrong with a command: an unknown name or option; empty when nothing is."""
    command: click.Command = surveyd
    context = click.Context(surveyd)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return f"there is no {words[0]}"
        command, words = found, words[1:]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    unknown = sorted(used - known - {"--help", "-h"})
    return f"{command.name} does not know {', '.join(unknown)}" if unknown else ""


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pages
def test_every_command_exists_with_its_options(page: Path) -> None:
    named = list(commands(page.read_text(encoding="utf-8")))
    wrong = [f"surveyd {' '.join(words)}: {fault}" for words in named if (fault := wrong_in(words))]
    assert wrong == []


def test_the_commands_of_a_page_are_found() -> None:
    walked = list(commands((HOME / "docs" / "first-wave.md").read_text(encoding="utf-8")))
    assert ["wave", "launch", "spring-2026", "--yes"] in walked and ["import", "--help"] in walked


@pages
def test_no_page_names_a_registry_or_a_machine(page: Path) -> None:
    named = [line for line in page.read_text(encoding="utf-8").splitlines() if FOREIGN.search(line)]
    assert named == []


@pages
def test_every_file_that_is_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    tops = (HOME, HOME / "surveyd")
    named = [*TEST.findall(text), *SOURCE.findall(text)]
    assert [path for path in named if not any((top / path).exists() for top in tops)] == []


def test_the_table_of_settings_is_whole_and_right() -> None:
    """Each setting has one row, in the order of the configuration, with its default."""
    table = ROW.findall((HOME / "docs" / "operator.md").read_text(encoding="utf-8"))
    assert table == [(f"SURVEYD_{name.upper()}", default) for name, (default, _) in SETTINGS.items()]


def test_every_promise_stands_there() -> None:
    rows = (HOME / "docs" / "promises.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (P\d+) \|", rows, re.MULTILINE) == [f"P{number}" for number in range(1, 24)]


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in LINK.findall(page.read_text(encoding="utf-8"))
    }
    folders = {path for path in linked if path.is_dir()}
    reached = linked | {page for page in PAGES if page.parent in folders} | {HOME / "README.md"}
    alone = [page for page in PAGES if page not in reached]
    assert alone == []


def test_pictures_are_small_and_shown() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in (HOME / "docs" / "pictures").glob("*.png"):
        assert picture.stat().st_size < 200_000, picture.name
        assert f"pictures/{picture.name})" in text


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["wave", "lanch"], "there is no lanch"),
        (["wave", "launch", "WAVE", "--yess"], "launch does not know --yess"),
        (["wave", "launch", "WAVE", "--yes"], ""),
        (["outbox", "release", "--all"], ""),
    ],
)
def test_a_wrong_command_is_found(words: list[str], fault: str) -> None:
    assert wrong_in(words) == fault
