"""Whatever is said in six languages is said in each with its own marks, and fills in the same names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from surveyd.base.config import HOME
from surveyd.forms.wording import languages

FOLDERS = sorted({path.parent for path in (HOME / "surveyd").rglob("ar.yaml")})
MAILS = sorted((HOME / "surveyd" / "templates" / "emails").glob("*/*.ar.txt"))
RULES = {
    "en": [r"[!\u2019]"],
    "de": [r"[!]", r"\b([Dd]u|[Dd]ein\w*|[Ee]uch)\b"],
    "fr": [r"!", r"\w'\w", r"[^\u00a0\s][;?:»](\s|$)", r" [;?:»]", r"«[^\u00a0]", r"\b[Tt](u|es|on|oi)\b"],
    "es": [r"[!¡]", r"\b[Tt](ú|us?|e|i)\b", r"^[^¿]*\?"],
    "ja": [r"[!！?,;]", r"[。、\u3040-\u30ff\u4e00-\u9fff] [\u3040-\u30ff\u4e00-\u9fff]", "[貴御]社"],
    "ar": [r"[!?,;]"],
}
"""What no text of a language holds: marks and blanks of other languages, and words among friends."""


def texts(data: Any) -> Iterator[str]:
    """Every text in what a file holds."""
    if isinstance(data, dict):
        for value in data.values():
            yield from texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts(value)
    else:
        yield str(data)


def said(folder: Path, language: str) -> list[str]:
    """All texts of one file."""
    return list(texts(yaml.safe_load((folder / f"{language}.yaml").read_text(encoding="utf-8"))))


def assert_spelled(text: str, language: str) -> None:
    for rule in RULES[language]:
        assert not re.search(rule, text), (rule, text)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_words_are_there_in_every_language_with_the_same_names(folder: Path) -> None:
    assert sorted(path.stem for path in folder.glob("*.yaml")) == sorted(languages())
    names = {
        language: [sorted(re.findall(r"\{\w+\}", text)) for text in said(folder, language)]
        for language in languages()
    }
    if folder.name != "letters":
        assert all(found == names["en"] for found in names.values())


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_words_have_the_marks_of_their_language(folder: Path, language: str) -> None:
    for text in said(folder, language):
        assert_spelled(text.replace("surveyd", ""), language)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("path", MAILS, ids=lambda path: f"{path.parent.name}-{path.name.split('.')[0]}")
def test_mails_have_the_marks_of_their_language(path: Path, language: str) -> None:
    text = path.with_name(path.name.replace(".ar.", f".{language}.")).read_text(encoding="utf-8")
    for line in re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "X", text).splitlines():
        assert_spelled(line, language)
