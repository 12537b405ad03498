"""A page is light: what a phone loads before it shows something, and nothing from anybody else."""

import gzip
import re

import pytest

from tests.forms.drawn_pages import STATIC, answered, drawn, questionnaires

HTML_AND_CSS, ALL_OF_IT = 30_000, 40_000
STYLES, SCRIPTS, REST = ("tokens.css", "respond.css"), ("respond.js",), ("respond.svg",)
ALL = [(name, code) for name, asked in questionnaires().items() for code in asked.languages]


def compressed(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)


@pytest.mark.parametrize(("name", "language"), ALL)
def test_a_page_is_light_and_loads_only_what_is_ours(name: str, language: str) -> None:
    for one in drawn(name, language, answers=answered(name)):
        light = len(gzip.compress(one.html.encode())) + compressed(*STYLES)
        assert light <= HTML_AND_CSS, (one.where, light)
        assert light + compressed(*SCRIPTS, *REST) <= ALL_OF_IT
        loaded = re.findall(r"""(?:src|href|action)=["']([^"'#?]+)""", one.html)
        assert {path.rpartition("/")[2] for path in loaded if path.startswith("/static/")} == {
            *STYLES, *SCRIPTS, *REST,
        }  # fmt: skip
        assert all(path.startswith(("/static/", "/s/token")) for path in loaded), loaded


def test_the_style_and_the_script_load_nothing_more() -> None:
    for name in (*STYLES, *SCRIPTS):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not re.search(r"@import|url\(|https?:|\bimport\b", text), name
