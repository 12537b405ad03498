"""What changed from one version of a questionnaire to another, and whether figures stay comparable."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from surveyd.forms.condition_words import in_words
from surveyd.forms.conditions import Condition
from surveyd.forms.definition import Item, Page, Questionnaire, Texts, Translation
from surveyd.forms.texts import texts_of

UNSCORED = ("", "verbatim", "contact_me")
"""What an item may measure without any figure resting on it."""
ANSWER_KEYS = ("kind", "required", "na", "max_length", "minimum", "maximum", "decimals", "shuffle")
SCORING_KEYS = ("measures", "weight", "reversed", "gate")
BREAKING = {"kind", "na", "scale", *SCORING_KEYS}
"""The keys whose change gives a scored item's answers another meaning."""

UNTOLD = Translation("")


class ChangeKind(StrEnum):
    """What happened to a part of the questionnaire."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    TEXT = "text"
    LOGIC = "logic"
    ANSWERS = "answers"
    SCORING = "scoring"
    LANGUAGE = "language"


class Effect(StrEnum):
    """What a change does to figures over both versions: nothing, care is needed, or they do not compare."""

    NONE = "none"
    WORDING = "wording"
    FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: to which page, item or option (`path`, by ids), in which `key`, and what it was and is.

    `language` is set for a text; `before` is empty for what was added, `after` for what was removed.
    """

    kind: ChangeKind
    path: str
    key: str = ""
    language: str = ""
    before: str = ""
    after: str = ""
    effect: Effect = Effect.NONE


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes from `old` to `new`: of the whole, then page by page as the new version has them."""

    changes: tuple[Change, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing changed."""
        return not self.changes

    @property
    def comparable(self) -> bool:
        """Whether figures of both versions can stand in one trend."""
        return not self.breaking

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes for which figures of the two versions do not compare."""
        return tuple(change for change in self.changes if change.effect is Effect.FIGURES)

    @property
    def reworded(self) -> tuple[Change, ...]:
        """The changes to the words of scored items: figures compare, with care."""
        return tuple(change for change in self.changes if change.effect is Effect.WORDING)


def compare(old: Questionnaire, new: Questionnaire) -> Comparison:
    """What changed from `old` to `new`."""
    return Comparison((*_whole(old, new), *_pages(old, new), *_items(old, new)))


def _whole(old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    yield from _texts("", {"title": old.title}, {"title": new.title}, Effect.NONE)
    yield from _languages(old, new)
    if old.anonymous != new.anonymous:
        was, is_now = _said(old.anonymous), _said(new.anonymous)
        yield Change(ChangeKind.ANSWERS, "", "anonymous", "", was, is_now, Effect.FIGURES)


def _languages(old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    for language in dict.fromkeys((*new.languages, *old.languages)):
        spoken = [language if language in each.languages else "" for each in (old, new)]
        told = [each.translations.get(language, UNTOLD) for each in (old, new)]
        pairs = {"languages": spoken}
        pairs |= {key: [str(getattr(each, key)) for each in told] for key in ("register", "reviewed_by")}
        for key, (was, is_now) in pairs.items():
            if was != is_now:
                yield Change(ChangeKind.LANGUAGE, "", key, language, was, is_now)


def _pages(old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    were, are = ({page.id: page for page in each.pages} for each in (old, new))
    moved = _moved(list(were), list(are))
    for name, page in are.items():
        path = f"pages.{name}"
        if name not in were:
            yield Change(ChangeKind.ADDED, path, "page", after=new.said(page.title, ""))
            continue
        if name in moved:
            yield Change(ChangeKind.MOVED, path, "page")
        yield from _texts(path, _page_texts(were[name]), _page_texts(page), Effect.NONE)
        yield from _logic(path, were[name].show_if, page.show_if, Effect.NONE)
        if were[name].stage != page.stage:
            yield Change(ChangeKind.SCORING, path, "stage", "", were[name].stage, page.stage)
    for name, page in were.items():
        if name not in are:
            yield Change(ChangeKind.REMOVED, f"pages.{name}", "page", before=old.said(page.title, ""))


def _items(old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    were, are = dict(_walk(old)), dict(_walk(new))
    moved = _moved(list(were), list(are))
    for name, (place, item) in are.items():
        path = f"{place}.{name}"
        if name not in were:
            effect = Effect.FIGURES if _scored(item) else Effect.NONE
            yield Change(ChangeKind.ADDED, path, "item", after=new.said(item.text, ""), effect=effect)
            continue
        was_at, was = were[name]
        if was_at != place or name in moved:
            yield Change(ChangeKind.MOVED, path, "item", "", f"{was_at}.{name}", path)
        yield from _item(path, was, item)
    for name, (place, item) in were.items():
        if name not in are:
            effect = Effect.FIGURES if _scored(item) else Effect.NONE
            text = old.said(item.text, "")
            yield Change(ChangeKind.REMOVED, f"{place}.{name}", "item", before=text, effect=effect)


def _item(path: str, old: Item, new: Item) -> Iterator[Change]:
    scored = _scored(old) or _scored(new)
    before, after = dict(texts_of(old)), dict(texts_of(new))
    yield from _texts(path, before, after, Effect.WORDING if scored else Effect.NONE)
    yield from _logic(path, old.show_if, new.show_if, Effect.WORDING if scored else Effect.NONE)
    for key, was, is_now in _facts(old, new):
        kind = ChangeKind.SCORING if key in SCORING_KEYS else ChangeKind.ANSWERS
        effect = Effect.FIGURES if scored and key in BREAKING else Effect.NONE
        yield Change(kind, path, key, "", was, is_now, effect)


def _facts(old: Item, new: Item) -> Iterator[tuple[str, str, str]]:
    """Each key that is no text and differs: what it was, and what it is."""
    pairs = [(key, _said(getattr(old, key)), _said(getattr(new, key))) for key in ANSWER_KEYS + SCORING_KEYS]
    spans = [f"{item.scale.low} to {item.scale.high}" if item.scale else "" for item in (old, new)]
    options = [", ".join(option.value for option in item.options) for item in (old, new)]
    others = [", ".join(option.value for option in item.options if option.other) for item in (old, new)]
    for key, (was, is_now) in (("scale", spans), ("options", options), ("other", others)):
        pairs.append((key, was, is_now))
    return ((key, was, is_now) for key, was, is_now in pairs if was != is_now)


def _texts(path: str, old: Mapping[str, Texts], new: Mapping[str, Texts], effect: Effect) -> Iterator[Change]:
    for key in dict.fromkeys([*new, *old]):
        before, after = old.get(key, {}), new.get(key, {})
        for language in dict.fromkeys([*after, *before]):
            was, is_now = before.get(language, ""), after.get(language, "")
            if was != is_now:
                # Whoever answered in a language that had no text of its own read another one.
                heard = effect if key.partition(".")[0] in ("text", "text_for", "scale") else Effect.NONE
                yield Change(ChangeKind.TEXT, path, key, language, was, is_now, heard)


def _logic(path: str, old: Condition | None, new: Condition | None, effect: Effect) -> Iterator[Change]:
    if old != new:
        yield Change(ChangeKind.LOGIC, path, "show_if", "", in_words(old), in_words(new), effect)


def _page_texts(page: Page) -> dict[str, Texts]:
    return {"title": page.title} | ({"intro": page.intro} if page.intro else {})


def _walk(questionnaire: Questionnaire) -> Iterator[tuple[str, tuple[str, Item]]]:
    """Each block and statement by id, with the path of what it stands in."""
    for page in questionnaire.pages:
        for block in page.blocks:
            yield block.id, (f"pages.{page.id}", block)
            for statement in block.statements:
                yield statement.id, (f"pages.{page.id}.{block.id}", statement)


def _moved(old: list[str], new: list[str]) -> set[str]:
    """The names in both lists that stand in another order: as few as explain it."""
    common_old, common_new = [n for n in old if n in new], [n for n in new if n in old]
    matched = SequenceMatcher(None, common_old, common_new, autojunk=False).get_matching_blocks()
    stayed = {name for block in matched for name in common_old[block.a : block.a + block.size]}
    return set(common_old) - stayed


def _scored(item: Item) -> bool:
    return item.measures not in UNSCORED


def _said(value: object) -> str:
    if value is None or value == "":
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
