"""Every language has the words of the web's own pages, and such a page speaks the reader's."""

import pytest
from flask.testing import FlaskClient

from surveyd.forms.wording import languages
from surveyd.web.wording import STATUSES, web_words


@pytest.mark.parametrize("language", languages())
def test_every_language_has_words_of_its_own_for_every_error(language: str) -> None:
    words = web_words(language)
    assert words.language == language and list(words.errors) == list(STATUSES)
    assert words.error(418) == words.errors[400] and words.error(502) == words.errors[500]
    others = [web_words(code) for code in languages() if code != language]
    assert not {one.title for other in others for one in other.errors.values()} & {
        one.title for one in words.errors.values()
    }
    assert "!" not in str(words)


@pytest.mark.parametrize(
    ("wanted", "got"),
    [(("ar-EG",), "ar"), (("pt", "fr"), "fr"), (("", "DE"), "de"), (("pt",), "en"), ((), "en")],
)
def test_the_first_language_that_there_is_is_spoken(wanted: tuple[str, ...], got: str) -> None:
    assert web_words(*wanted).language == got


@pytest.mark.parametrize("path", ["/nothing-here", "/u/nonsense"])
@pytest.mark.parametrize("language", languages())
def test_an_error_is_told_in_the_reader_s_language(client: FlaskClient, language: str, path: str) -> None:
    answer = client.get(path, headers={"Accept-Language": f"pt, {language}-XX;q=0.8, en;q=0.1"})
    direction = "rtl" if language == "ar" else "ltr"
    assert answer.status_code == 404
    assert f'<html lang="{language}" dir="{direction}">' in answer.text
    assert web_words(language).errors[404].title in answer.text


@pytest.mark.parametrize("asked", ["xx", "<b>", "x" * 500, ""])
def test_a_language_that_there_is_not_is_taken_from_the_browser(client: FlaskClient, asked: str) -> None:
    for path in ("/s/nonsense", "/o/nonsense"):
        answer = client.get(path, query_string={"lang": asked}, headers={"Accept-Language": "fr-CA"})
        assert answer.status_code == 404 and '<html lang="fr" dir="ltr">' in answer.text


def test_staff_read_errors_in_english(client: FlaskClient) -> None:
    answer = client.get("/staff/nothing-here", headers={"Accept-Language": "ar"})
    assert '<html lang="en" dir="ltr">' in answer.text
