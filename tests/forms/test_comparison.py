"""Two versions side by side: every change is named once, and it is said what figures make of it."""

import pytest

from surveyd.forms.comparison import Change, ChangeKind, Effect, compare
from surveyd.forms.loading import load

OLD = """\
slug: small
title: {en: Small, de: Klein}
languages: [en, de]
scales:
  agree: {low: 1, high: 5, low_end: No, high_end: Yes}
pages:
  - id: one
    title: One
    items:
      - {id: recommend, kind: recommendation, measures: recommendation, text: How likely,
         scale: {low: 0, high: 10, low_end: No, high_end: Yes}}
      - {id: trust, kind: rating, measures: attitude, scale: agree, text: {en: We trust, de: Vertrauen}}
      - {id: renew, kind: rating, measures: intent, scale: agree, text: We stay}
      - {id: note, kind: short_text, text: A note}
  - id: two
    title: Two
    items:
      - {id: why, kind: long_text, text: Why, show_if: {item: recommend, category: [promoter]}}
      - id: many
        kind: battery
        scale: agree
        text: Many
        statements: [{id: first, text: First}, {id: second, text: Second}]
"""


def changes(*edits: tuple[str, str]) -> tuple[Change, ...]:
    text = OLD
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return compare(load(OLD, "old.yaml"), load(text, "new.yaml")).changes


def test_the_same_version_has_no_change() -> None:
    found = compare(load(OLD, "a"), load(OLD, "b"))
    assert found.is_same and found.comparable


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        (("title: One", "title: Uno"), Change(ChangeKind.TEXT, "pages.one", "title", "en", "One", "Uno")),
        (
            ("de: Vertrauen", "de: Wir vertrauen"),
            Change(
                ChangeKind.TEXT,
                "pages.one.trust",
                "text",
                "de",
                "Vertrauen",
                "Wir vertrauen",
                Effect.WORDING,
            ),
        ),
        (
            ("[promoter]", "[promoter, passive]"),
            Change(
                ChangeKind.LOGIC,
                "pages.two.why",
                "show_if",
                "",
                "recommend is promoter",
                "recommend is promoter or passive",
            ),
        ),
        (
            ("measures: intent", "measures: intent, weight: 2"),
            Change(ChangeKind.SCORING, "pages.one.renew", "weight", "", "1", "2", Effect.FIGURES),
        ),
        (
            ("kind: short_text", "kind: short_text, max_length: 9"),
            Change(ChangeKind.ANSWERS, "pages.one.note", "max_length", "", "0", "9"),
        ),
        (
            ("      - {id: note, kind: short_text, text: A note}\n", ""),
            Change(ChangeKind.REMOVED, "pages.one.note", "item", before="A note"),
        ),
        (
            ("      - {id: renew, kind: rating, measures: intent, scale: agree, text: We stay}\n", ""),
            Change(ChangeKind.REMOVED, "pages.one.renew", "item", before="We stay", effect=Effect.FIGURES),
        ),
        (
            (", {id: second,", ", {id: third, text: Third}, {id: second,"),
            Change(ChangeKind.ADDED, "pages.two.many.third", "item", after="Third"),
        ),
        (
            (
                "{id: first, text: First}, {id: second, text: Second}",
                "{id: second, text: Second}, {id: first, text: First}",
            ),
            Change(
                ChangeKind.MOVED,
                "pages.two.many.second",
                "item",
                "",
                "pages.two.many.second",
                "pages.two.many.second",
            ),
        ),
        (
            ("languages: [en, de]", "languages: [en, de]\ntranslations: {de: {register: Sie}}"),
            Change(ChangeKind.LANGUAGE, "", "register", "de", "", "Sie"),
        ),
    ],
)
def test_a_change_is_named_once(edit: tuple[str, str], change: Change) -> None:
    found = changes(edit)
    assert found == (change,)


def test_an_item_on_another_page_has_moved_and_changed_nothing_else() -> None:
    note = "      - {id: note, kind: short_text, text: A note}\n"
    [moved] = changes((note, ""), ("      - {id: why,", f"{note}      - {{id: why,"))
    assert (moved.kind, moved.before, moved.after) == (ChangeKind.MOVED, "pages.one.note", "pages.two.note")


def test_another_scale_breaks_every_figure_that_rests_on_it() -> None:
    found = compare(load(OLD, "a"), load(OLD.replace("high: 5", "high: 7"), "b"))
    assert not found.comparable
    assert [change.path for change in found.breaking] == ["pages.one.trust", "pages.one.renew"]
