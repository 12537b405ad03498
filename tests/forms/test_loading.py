"""A questionnaire is read from YAML with every fault at once; its stored JSON gives the same one back."""

from pathlib import Path

import pytest

from surveyd.base.config import HOME
from surveyd.base.errors import BadFile, NotFound
from surveyd.forms.conditions import OnAnswer
from surveyd.forms.loading import from_json, load, shipped, shipped_names
from surveyd.forms.texts import missing

GOOD = """\
slug: small
title: Small
languages: [en]
scales:
  agree: {low: 1, high: 5, low_end: No, high_end: Yes}
pages:
  - id: one
    title: One
    items:
      - id: recommend
        kind: recommendation
        measures: recommendation
        scale: {low: 0, high: 10, low_end: No, high_end: Yes}
        text: Would you recommend {company}?
      - {id: ease, kind: rating, scale: agree, na: true, text: Easy, weight: 2, reversed: true, gate: true}
      - id: pick
        kind: choice
        text: Pick
        options: [{value: "yes", text: "Yes"}, {value: "no", text: "No"}]
  - id: two
    title: Two
    items:
      - id: why
        kind: long_text
        text: Why?
        text_for: {promoter: "What was good?"}
        show_if: {item: recommend, category: [promoter, detractor]}
      - {id: more, kind: short_text, text: More, max_length: 10, show_if: {item: ease, in: [1, na]}}
      - {id: again, kind: short_text, text: Again, show_if: {item: pick, equals: "no"}}
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        load(text, "small.yaml")
    return [str(fault) for fault in caught.value.faults]


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_a_good_file_is_read() -> None:
    found = load(GOOD, "small.yaml")
    assert list(found.items) == ["recommend", "ease", "pick", "why", "more", "again"]
    ease = found.items["ease"]
    assert ease.scale is not None
    assert (ease.scale.low, ease.scale.high, ease.weight, ease.reversed, ease.gate) == (1, 5, 2, True, True)
    assert ease.scale.high_end == {"en": "Yes"}
    # YAML takes a bare "no" for false; here it stays the word that was written.
    assert found.items["again"].show_if == OnAnswer("pick", ("no",))
    assert found.items["more"].show_if == OnAnswer("ease", (1, "na"))
    assert found.items["why"].text_for["promoter"] == {"en": "What was good?"}


@pytest.mark.parametrize("name", shipped_names())
def test_a_stored_version_is_the_same_questionnaire(name: str) -> None:
    found = shipped(name)
    back = from_json(found.canonical)
    assert back == found
    assert back.digest == found.digest


def test_the_digest_names_the_content() -> None:
    assert load(GOOD, "a.yaml").digest == load(GOOD + "\n# a remark\n", "b.yaml").digest
    assert load(GOOD, "a.yaml").digest != load(changed(("Why?", "How?")), "a.yaml").digest


@pytest.mark.parametrize(
    ("change", "line", "path", "words"),
    [
        (("slug: small", "slug: Small thing"), 1, "slug", "small letters"),
        (("languages: [en]", "languages: [english language]"), 3, "languages[0]", "such as en"),
        (("kind: recommendation", "kind: recomendation"), 11, "kind", "did you mean 'recommendation'?"),
        (("high: 10", "high: 9"), 13, "scale", "from 0 to 10"),
        (("{company}", "{compny}"), 14, "text", "did you mean 'company'?"),
        (("scale: agree", "scale: agre"), 15, "scale", "did you mean 'agree'?"),
        (("weight: 2", "wieght: 2"), 15, "wieght", "did you mean 'weight'?"),
        (("weight: 2", "weight: heavy"), 15, "weight", "whole number"),
        (("na: true", "na: perhaps"), 15, "na", "true or false"),
        (("id: ease", "id: recommend"), 15, "id", "stands further up"),
        (("id: pick", "id: go"), 16, "id", "the page itself uses"),
        (("id: pick", "id: dataset"), 16, "id", "the page itself uses"),
        (("        text: Pick\n", ""), 16, "items[2]", "'text' is missing"),
        (("item: recommend,", "item: easse,"), 27, "show_if.item", "did you mean 'ease'?"),
        (("category: [promoter", "category: [promotor"), 27, "category[0]", "did you mean 'promoter'?"),
        (("in: [1, na]", "in: [6]"), 28, "in[0]", "no answer to 'ease'"),
        (("{item: ease, in: [1, na]}", "{item: why, equals: x}"), 28, "show_if.item", "same page"),
        (("{item: ease, in: [1, na]}", "{item: ease}"), 28, "show_if", "says nothing"),
        (("{item: ease, in: [1, na]}", "{item: ease, category: passive}"), 28, "category", "must be a list"),
        (("max_length: 10", "max_length: 0"), 28, "max_length", "1 or more"),
        (("id: two", "id: one"), 20, "pages[1]", "stands further up"),
        (("low: 1, high: 5", "low: 1, high: 500"), 5, "scales.agree", "cannot be shown"),
        (("title: Small", "title: Small\ntitle: Big"), 3, "title", "stands here twice"),
    ],
)
def test_a_fault_names_its_place(change: tuple[str, str], line: int, path: str, words: str) -> None:
    found = faults_of(changed(change))
    assert any(f"line {line}," in fault and path in fault and words in fault for fault in found), found


def test_every_fault_is_found_at_once() -> None:
    found = faults_of(
        changed(("slug: small", "slug: ''"), ("kind: choice", "kind: choose"), ("equals", "eqals"))
    )
    assert [fault.split(",")[1] for fault in found] == [" line 1", " line 17", " line 29", " line 29"]


def test_a_stored_version_is_read_whatever_names_a_page_uses_since() -> None:
    stored = load(GOOD, "small.yaml").canonical.replace('"id":"pick"', '"id":"website"')
    stored = stored.replace('"item":"pick"', '"item":"website"')
    assert "website" in from_json(stored).items
    assert any("the page itself uses" in fault for fault in faults_of(changed(("id: pick", "id: website"))))


def test_the_first_language_must_be_there_and_the_others_are_listed() -> None:
    found = faults_of(
        changed(("languages: [en]", "languages: [en, de]"), ("title: Small", "title: {de: Klein}"))
    )
    assert any("line 2, title: the text in 'en' is missing" in fault for fault in found), found
    german = load(
        changed(("languages: [en]", "languages: [en, de]"), ("text: Why?", "text: {en: Why, de: Warum}")), "x"
    )
    lacking = missing(german, "de")
    assert "pages.two.why.text" not in lacking and "pages.two.why.text_for.promoter" in lacking
    assert missing(german, "en") == []
    assert german.said(german.title, "de") == "Small"


@pytest.mark.parametrize("text", ["", "# nothing", "slug: [", "just words", "- a\n- list", "slug: {a: *b}"])
def test_what_is_no_questionnaire_is_refused(text: str) -> None:
    assert faults_of(text)


def test_text_for_needs_an_earlier_recommendation() -> None:
    found = faults_of(changed(("measures: recommendation", "measures: driver")))
    assert any("no earlier page asks for a recommendation" in fault for fault in found)


def test_two_recommendations_are_refused() -> None:
    found = faults_of(changed(("kind: rating,", "kind: rating, measures: recommendation,")))
    assert any("more than one item measures recommendation" in fault for fault in found)


def test_a_text_cannot_hold_the_mark_of_a_slot() -> None:
    assert faults_of(changed(("Why?", '"Why\\ue000?"')))


def test_only_what_is_shipped_is_found() -> None:
    with pytest.raises(NotFound):
        shipped("../base/secret")


def test_the_benchmark_asks_seventeen_items_on_one_page() -> None:
    path = Path(HOME) / "benchmarks" / "one_page.yaml"
    found = load(path.read_text(encoding="utf-8"), path.name)
    assert (len(found.pages), len(found.items)) == (1, 17)
