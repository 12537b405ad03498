"""What to say on the telephone, in every language."""

import pytest

from surveyd.distribution.call_script import Names, Why, languages, lines_for, minutes_for

NAMES = Names("Sam Support", "Example Works", "Sofie <i>{company}</i>", "Südwerk", 4)


def test_the_six_languages_are_there() -> None:
    assert languages() == ("ar", "de", "en", "es", "fr", "ja")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("why", list(Why))
def test_every_line_names_its_people_and_leaves_no_brace(language: str, why: Why) -> None:
    lines = lines_for(language, why=why, names=NAMES)

    greeting, reason, about, ask = lines.begin
    assert NAMES.caller in greeting
    assert NAMES.contact in greeting
    assert "Example Works" in reason
    assert "4" in about
    assert ask
    every = (*lines.begin, lines.no_time, lines.not_me, lines.no_more, lines.mailbox, lines.end)
    assert not [line for line in every if "{" in line.replace(NAMES.contact, "")]
    assert "Südwerk" in lines.not_me


def test_each_reason_is_said_in_other_words() -> None:
    for language in languages():
        said = {lines_for(language, why=why, names=NAMES).begin[1] for why in Why}
        assert len(said) == len(Why), language


@pytest.mark.parametrize(
    ("wanted", "spoken", "direction"),
    [("de-AT", "de", "ltr"), ("AR-eg", "ar", "rtl"), ("xx", "en", "ltr"), ("", "en", "ltr")],
)
def test_a_language_without_a_script_is_english(wanted: str, spoken: str, direction: str) -> None:
    lines = lines_for(wanted, why=Why.SILENT, names=NAMES)

    assert (lines.language, lines.direction) == (spoken, direction)


def test_the_minutes_grow_with_the_questions() -> None:
    assert [minutes_for(count) for count in (1, 6, 24, 60)] == [3, 3, 5, 11]
