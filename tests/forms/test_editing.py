"""Changes to a questionnaire go through the loader: what comes out could be published as a file."""

import pytest

from surveyd.base.errors import BadFile, NotFound
from surveyd.forms import editing
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import load
from surveyd.forms.texts import missing

SOURCE = """\
slug: small
title: {en: Small, de: Klein}
languages: [en, de]
translations: {de: {register: formal, reviewed_by: Dora}}
scales:
  agree: {low: 1, high: 5, low_end: {en: No, de: Nein}, high_end: {en: Yes, de: Ja}}
pages:
  - id: one
    title: {en: One, de: Eins}
    items:
      - id: recommend
        kind: recommendation
        measures: recommendation
        required: true
        scale: {low: 0, high: 10, low_end: {en: Unlikely, de: Kaum}, high_end: {en: Likely, de: Gern}}
        text: {en: "Would you recommend {company}?", de: "Empfehlen Sie {company}?"}
      - id: views
        kind: battery
        required: true
        scale: agree
        text: {en: Your views}
        statements:
          - {id: easy, text: {en: Easy, de: Leicht}}
          - {id: fair, text: {en: Fair, de: Fair}}
  - id: two
    title: {en: Two, de: Zwei}
    items:
      - id: why
        kind: long_text
        text: {en: "Why?", de: "Warum?"}
        help: {en: Any words, de: Beliebig}
        show_if: {item: recommend, category: [detractor]}
      - id: quick
        kind: rating
        scale: agree
        text: {en: Quick, de: Schnell}
"""


@pytest.fixture
def small() -> Questionnaire:
    return load(SOURCE, "small.yaml")


def texts(questionnaire: Questionnaire) -> dict[str, dict[str, str]]:
    return {place.path: dict(place.texts) for place in editing.text_places(questionnaire)}


def test_every_text_has_one_place_and_a_scale_that_many_have_is_written_once(small: Questionnaire) -> None:
    places = {place.path: place for place in editing.text_places(small)}
    assert places["pages.one.views.scale.low_end"].others == 1
    assert "pages.two.quick.scale.low_end" not in places
    assert places["pages.two.why.help"].optional and places["pages.one.intro"].texts == {}
    assert (places["pages.one.views.easy.text"].part, places["title"].part) == ("pages.one.views.easy", "")
    assert set(missing(small, "de")) == {"pages.one.views.text"}


def test_a_text_is_written_and_nothing_else_changes(small: Questionnaire) -> None:
    changed = editing.with_texts(small, "de", {"pages.one.views.text": " Ihre Sicht ", "title": "Klein"})
    before, after = texts(small), texts(changed)
    assert {path for path in after if after[path] != before[path]} == {"pages.one.views.text"}
    assert after["pages.one.views.text"] == {"en": "Your views", "de": "Ihre Sicht"}
    assert small.blocks["views"].text == {"en": "Your views"}


def test_the_ends_of_a_scale_change_wherever_it_is_used(small: Questionnaire) -> None:
    changed = editing.with_texts(small, "de", {"pages.one.views.scale.high_end": "Ja, sehr"})
    ends = {item.id: item.scale.high_end["de"] for item in changed.items.values() if item.scale}
    assert ends == {"recommend": "Gern", "easy": "Ja, sehr", "fair": "Ja, sehr", "quick": "Ja, sehr"}


def test_the_mark_of_a_native_speaker_goes_with_a_changed_text_of_that_language(small: Questionnaire) -> None:
    same = editing.with_texts(small, "de", {"title": "Klein"})
    english = editing.with_texts(small, "en", {"title": "Tiny"})
    german = editing.with_texts(small, "de", {"title": "Winzig"})
    assert [each.translations["de"].reviewed_by for each in (same, english, german)] == ["Dora", "Dora", ""]
    assert editing.signed(german, "de", "Emil").translations["de"].reviewed_by == "Emil"


def test_an_emptied_text_is_missing_and_a_needed_one_is_refused(small: Questionnaire) -> None:
    assert "pages.one.title" in missing(editing.with_texts(small, "de", {"pages.one.title": ""}), "de")
    gone = editing.with_texts(small, "en", {"pages.two.why.help": ""})
    assert gone.items["why"].help == {}
    with pytest.raises(BadFile) as caught:
        editing.with_texts(small, "en", {"pages.two.why.text": " ", "pages.one.intro": "Dear {nobody}"})
    beside, rest = editing.beside(small, caught.value.faults)
    assert beside["pages.two.why.text"] == "must be a text"
    assert "{nobody} is no name" in beside["pages.one.intro"]
    assert rest == []
    with pytest.raises(NotFound):
        editing.with_texts(small, "en", {"pages.two.nothing.text": "x"})


def test_items_are_moved_and_taken_out_and_logic_says_when_that_cannot_be(small: Questionnaire) -> None:
    assert list(editing.moved(small, "pages.one.views.easy", 1).items)[1:3] == ["fair", "easy"]
    assert list(editing.moved(small, "pages.two.why", -5).blocks)[2:] == ["why", "quick"]
    assert "quick" not in editing.without(small, "pages.two.quick").items
    alone = editing.without(editing.without(small, "pages.two.quick"), "pages.two.why")
    assert [page.id for page in alone.pages] == ["one"]
    with pytest.raises(BadFile, match="'recommend'"):
        editing.moved(small, "pages.two", -1)
    with pytest.raises(BadFile, match="'recommend'"):
        editing.without(small, "pages.one.recommend")
    for place in ("", "pages", "pages.nine", "pages.one.recommend.x", "pages.one.views.easy.x"):
        with pytest.raises(NotFound):
            editing.without(small, place)


def test_a_battery_is_required_with_its_statements(small: Questionnaire) -> None:
    free = editing.required(small, "pages.one.views", needed=False)
    assert [free.items[name].required for name in ("easy", "fair")] == [False, False]
    assert editing.required(free, "pages.one.views", needed=True).items["easy"].required


def test_a_language_is_added_and_then_every_text_is_missing(small: Questionnaire) -> None:
    french = editing.with_language(small, "fr", "vous")
    assert french.translations["fr"].register == "vous"
    assert not any("fr" in place.texts for place in editing.text_places(french))
    assert missing(french, "fr")[:2] == ["title", "pages.one.title"]
    with pytest.raises(BadFile, match="a language code"):
        editing.with_language(small, "French", "vous")
