"""The catalogue of a request: looked up once for each language, and never the one of another language."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask_babel import force_locale, gettext

from surveyd.web.translation import open_translation


@pytest.fixture
def site(tmp_path: Path) -> Flask:
    """A site in English, German and French."""
    for language, word in (("de", "Welle"), ("fr", "vague")):
        catalog = Catalog(locale=language)
        catalog.add("wave", word)
        target = tmp_path / language / "LC_MESSAGES"
        target.mkdir(parents=True)
        with (target / "messages.mo").open("wb") as file:
            write_mo(file, catalog)
    app = Flask(__name__)
    open_translation(app, tmp_path)
    return app


def test_a_page_speaks_the_language_that_the_browser_asks_for(site: Flask) -> None:
    for language, word in (("de", "Welle"), ("fr", "vague"), ("en", "wave"), ("xx", "wave")):
        with site.test_request_context(headers={"Accept-Language": language}):
            assert [gettext("wave"), gettext("wave")] == [word, word]


def test_another_language_stands_in_within_a_request_and_leaves_it_again(site: Flask) -> None:
    with site.test_request_context(headers={"Accept-Language": "de"}):
        said = [gettext("wave")]
        with force_locale("fr"):
            said.append(gettext("wave"))
        said.append(gettext("wave"))

    assert said == ["Welle", "vague", "Welle"]


def test_outside_a_request_words_are_those_of_the_code(site: Flask) -> None:
    assert gettext("wave") == "wave"
    with site.app_context():
        assert gettext("wave") == "wave"
