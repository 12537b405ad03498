"""The questionnaires that come with surveyd measure what the scoring rule asks for, in six languages."""

import re

import pytest

from surveyd.forms.definition import STAGES, Answers, Item
from surveyd.forms.loading import load, shipped, shipped_names
from surveyd.forms.pace import said
from surveyd.forms.paths import route_of
from surveyd.forms.texts import every_text, missing
from surveyd.forms.wording import languages, wording

SHIPPED = pytest.mark.parametrize("name", shipped_names())
LOYALTY = ["satisfied", "better", "trust", "enjoy", "renew", "alternatives", "grow"]
WITH_MODULE = """
slug: after_delivery
title: {en: After the delivery}
languages: [en]
pages:
  - id: delivery
    title: {en: The delivery}
    items:
      - {id: words, kind: long_text, text: {en: "How was it?"}}
  - module: loyalty
"""
AS_SCRIPT = {"ja": re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]"), "ar": re.compile(r"[\u0620-\u064a]")}
LATIN_MARKS = re.compile(r"[,;?]")


def test_these_are_shipped() -> None:
    assert shipped_names() == ["case_solved", "lapsed", "pulse", "relational", "relational_short"]


@SHIPPED
def test_a_shipped_questionnaire_is_whole_in_six_languages_and_signed_by_nobody_yet(name: str) -> None:
    found = shipped(name)
    assert set(found.languages) == set(languages()) and found.languages[0] == "en"
    assert [missing(found, language) for language in found.languages] == [[]] * 6
    assert set(found.translations) == set(found.languages)
    assert all(each.register and not each.reviewed_by for each in found.translations.values())


@SHIPPED
def test_every_text_is_written_in_its_language(name: str) -> None:
    for path, texts in every_text(shipped(name)):
        braces = {language: sorted(re.findall(r"\{[^}]*\}", text)) for language, text in texts.items()}
        assert all(found == braces["en"] for found in braces.values()), path
        assert not any("!" in text or "！" in text for text in texts.values()), path
        for language, script in AS_SCRIPT.items():
            assert script.search(texts[language]), (path, language)
        assert not LATIN_MARKS.search(texts["ar"] + texts["ja"]), path
        assert not re.search(r"[^\u00a0][;:?!»]|«[^\u00a0]", texts["fr"]), path


@SHIPPED
def test_every_question_says_in_a_few_words_what_a_high_answer_says(name: str) -> None:
    asked = [item for item in shipped(name).items.values() if not item.counts_if]
    assert all(item.label and len(item.label["en"]) <= 40 for item in asked)


def test_the_relational_survey_measures_all_that_is_scored() -> None:
    found = shipped("relational")
    assert [item.id for item in found.measuring("attitude")] == LOYALTY[:4]
    check_intent(*found.measuring("intent"))
    assert (
        len(found.measuring("growth"))
        == len(found.measuring("ease"))
        == len(found.measuring("contact_me"))
        == 1
    )
    assert [item.measures for item in found.measuring("stage:")] == [f"stage:{stage}" for stage in STAGES]
    assert found.recommendation is not None and found.recommendation.required
    assert 20 <= len(found.items) <= 25


def check_intent(renew: Item, alternatives: Item) -> None:
    assert (renew.weight, renew.gate, renew.reversed) == (2, True, False)
    assert (alternatives.weight, alternatives.gate, alternatives.reversed) == (1, False, True)


def test_what_moves_is_shuffled_and_the_way_with_us_is_not() -> None:
    blocks = shipped("relational").blocks
    assert blocks["about_us"].shuffle and blocks["about_plans"].shuffle
    assert not blocks["stages"].shuffle


def test_the_loyalty_module_adds_the_two_axes_to_any_questionnaire() -> None:
    found, own = load(WITH_MODULE, "after_delivery.yaml"), shipped("relational").items
    assert list(found.items) == ["words", *LOYALTY]
    assert [item.id for item in found.measuring("attitude")] == LOYALTY[:4]
    check_intent(*found.measuring("intent"))
    assert [item.id for item in found.measuring("growth")] == ["grow"]
    for item_id in LOYALTY:
        asked = found.items[item_id]
        assert asked.text["en"] == own[item_id].text["en"]
        assert asked.scale and asked.na and asked.scale.high == 5


def test_a_module_brings_its_languages_along() -> None:
    german = load(WITH_MODULE.replace("[en]", "[en, de]"), "after_delivery.yaml")
    assert set(missing(german, "de")) == {"title", "pages.delivery.title", "pages.delivery.words.text"}


@pytest.mark.parametrize("name", ["relational", "relational_short"])
def test_promoters_are_asked_what_was_good_and_the_others_what_it_would_take(name: str) -> None:
    why = shipped(name).items["why"]
    assert why.text["en"] == "What would it take to earn a better score from you?"
    assert why.text_for["promoter"]["en"] == "What did we do particularly well?"
    assert set(why.text_for) == {"promoter"}


def test_the_short_form_asks_two_questions_in_the_same_words() -> None:
    short, whole = shipped("relational_short").items, shipped("relational").items
    assert list(short) == ["recommend", "why"]
    assert all(short[item_id] == whole[item_id] for item_id in short)


def test_the_pulse_is_anonymous_and_asks_for_nothing_that_tells_who_it_is() -> None:
    pulse = shipped("pulse")
    assert pulse.anonymous and not any(shipped(name).anonymous for name in shipped_names() if name != "pulse")
    assert {item.kind for item in pulse.items.values()} == {"recommendation", "rating", "long_text"}
    assert {item.measures for item in pulse.items.values()} == {"recommendation", "driver", "verbatim"}
    assert not any("{contact" in text for _, texts in every_text(pulse) for text in texts.values())


@pytest.mark.parametrize(
    ("name", "answers", "pages"),
    [
        ("relational", {"recommend": 9}, 6),
        ("relational", {"recommend": 0, "contact_me": "call"}, 6),
        ("relational_short", {"recommend": 5}, 2),
        ("lapsed", {}, 3),
        ("pulse", {"recommend": 3}, 3),
        ("case_solved", {}, 1),
        ("case_solved", {"solved": "yes"}, 1),
        ("case_solved", {"solved": "partly"}, 2),
        ("case_solved", {"solved": "no"}, 2),
    ],
)
def test_everybody_s_way_is_short(name: str, answers: Answers, pages: int) -> None:
    route = route_of(shipped(name), answers)
    assert len(route.pages) == pages
    assert max(len(shown.items) for shown in route.pages) <= 8


@pytest.mark.parametrize("language", languages())
def test_every_language_has_all_words(language: str) -> None:
    words = wording(language)
    assert words.progress.format(page=1, pages=2)
    assert "{limit}" in words.problem_too_long and "{length}" in words.problem_too_long
    assert "!" not in words.thanks_title + words.thanks_next


@pytest.mark.parametrize(
    ("language", "name", "direction", "following"),
    [
        ("pt-BR", "português (Brasil)", "ltr", "Next"),
        ("he", "עברית", "rtl", "Next"),
        ("de-AT", "Deutsch (Österreich)", "ltr", "Weiter"),
        ("en-GB", "English", "ltr", "Next"),
    ],
)
def test_a_language_without_words_keeps_its_name_and_direction(
    language: str, name: str, direction: str, following: str
) -> None:
    words = wording(language)
    assert (words.name, words.direction, words.next) == (name, direction, following)


@pytest.mark.parametrize("language", [*languages(), "pt-BR", "zh-Hant", "he", "xx"])
def test_a_time_is_said_in_any_language(language: str) -> None:
    assert "duration" not in said(150, language) + said(30, language)


def test_an_unknown_language_gets_english_words() -> None:
    assert wording("xx") == wording("en")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(["de"], "de"), (["de-AT"], "de"), (["pt", "de"], "de"), ([None, ""], "en"), (["pt"], "en")],
)
def test_the_nearest_language_is_taken(wanted: list[str | None], expected: str) -> None:
    assert shipped("relational").language(*wanted) == expected
