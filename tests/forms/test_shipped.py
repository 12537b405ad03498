"""The questionnaires that come with surveyd measure what the scoring rule asks for."""

import pytest

from surveyd.forms.definition import STAGES
from surveyd.forms.loading import shipped, shipped_names
from surveyd.forms.wording import languages, wording


def test_the_relational_survey_measures_all_that_is_scored() -> None:
    found = shipped("relational")
    assert [item.id for item in found.measuring("attitude")] == ["satisfied", "better", "trust", "enjoy"]
    renew, alternatives = found.measuring("intent")
    assert (renew.weight, renew.gate, renew.reversed) == (2, True, False)
    assert (alternatives.weight, alternatives.gate, alternatives.reversed) == (1, False, True)
    assert (
        len(found.measuring("growth"))
        == len(found.measuring("ease"))
        == len(found.measuring("contact_me"))
        == 1
    )
    assert [item.measures for item in found.measuring("stage:")] == [f"stage:{stage}" for stage in STAGES]
    assert found.recommendation is not None and found.recommendation.required
    assert 20 <= len(found.items) <= 25


def test_the_short_form_asks_two_questions() -> None:
    assert list(shipped("relational_short").items) == ["recommend", "why"]


@pytest.mark.parametrize("name", shipped_names())
def test_promoters_are_asked_what_was_good_and_the_others_what_it_would_take(name: str) -> None:
    why = shipped(name).items["why"]
    assert why.text["en"] == "What would it take to earn a better score from you?"
    assert why.text_for["promoter"]["en"] == "What did we do particularly well?"
    assert set(why.text_for) == {"promoter"}


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_questionnaire_has_every_language_that_we_have_words_for(name: str) -> None:
    assert set(shipped(name).languages) <= set(languages())


@pytest.mark.parametrize("language", languages())
def test_every_language_has_all_words(language: str) -> None:
    words = wording(language)
    assert words.progress.format(page=1, pages=2)
    assert "{limit}" in words.problem_too_long and "{length}" in words.problem_too_long
    assert "!" not in words.thanks_title + words.thanks_next


def test_an_unknown_language_gets_english_words() -> None:
    assert wording("xx") == wording("en")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(["de"], "de"), (["de-AT"], "de"), (["fr", "de"], "de"), ([None, ""], "en"), (["fr"], "en")],
)
def test_the_nearest_language_is_taken(wanted: list[str | None], expected: str) -> None:
    assert shipped("relational").language(*wanted) == expected
