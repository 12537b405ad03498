"""Two versions of a questionnaire: every change in words, and whether figures stay comparable."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from surveyd.base.database import reading
from surveyd.distribution.questionnaire_edits import find_edit
from surveyd.distribution.questionnaires import VersionLine, versions_of
from surveyd.forms.comparison import Change, ChangeKind, Comparison, Effect, compare
from surveyd.forms.conditions import Condition
from surveyd.forms.definition import Item, Page, Questionnaire
from surveyd.forms.word_difference import Piece, word_difference
from surveyd.web.filters import language as language_name
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.questionnaire_words import KIND_WORDS, asked_only, text_named
from surveyd.web.staff.questionnaires import EDIT, as_wished

KEY_WORDS = {
    "kind": lazy_gettext("Kind of answer"),
    "required": lazy_gettext("Required"),
    "na": lazy_gettext("May not apply"),
    "max_length": lazy_gettext("Longest answer"),
    "minimum": lazy_gettext("Smallest number"),
    "maximum": lazy_gettext("Largest number"),
    "decimals": lazy_gettext("Decimals"),
    "shuffle": lazy_gettext("In an order of its own for everybody"),
    "measures": lazy_gettext("Measures"),
    "weight": lazy_gettext("Weight"),
    "reversed": lazy_gettext("A high answer is bad"),
    "gate": lazy_gettext("A low answer alone decides"),
    "scale": lazy_gettext("Scale"),
    "options": lazy_gettext("Answers to choose from"),
    "other": lazy_gettext("Asks for words at"),
    "stage": lazy_gettext("Journey stage"),
    "anonymous": lazy_gettext("Anonymous"),
}
YES_NO = {"yes": lazy_gettext("yes"), "no": lazy_gettext("no")}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change as it is read: what it is about, in which language, and both wordings word by word."""

    what: str
    language: str
    pieces: tuple[Piece, ...]
    effect: Effect


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """The changes of one page or question, under its name."""

    name: str
    lines: list[ChangeLine]


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes from one state of a questionnaire to another."""

    comparison: Comparison
    groups: list[ChangeGroup]

    @property
    def count(self) -> int:
        return len(self.comparison.changes)

    @property
    def verdict(self) -> str:
        """Whether figures of both can stand in one trend, in a sentence."""
        breaking = len({change.path for change in self.comparison.breaking})
        reworded = len({change.path for change in self.comparison.reworded})
        if breaking:
            return ngettext(
                "Figures do not stay comparable: 1 question behind a score changes its meaning.",
                "Figures do not stay comparable: %(n)s questions behind scores change their meaning.",
                breaking,
                n=number(breaking),
            )
        if reworded:
            return ngettext(
                "Figures stay comparable with care: 1 question behind a score is worded anew.",
                "Figures stay comparable with care: %(n)s questions behind scores are worded anew.",
                reworded,
                n=number(reworded),
            )
        return _("Figures stay comparable: no question behind a score changes.")

    @property
    def mark(self) -> tuple[str, str]:
        """The mark that goes with the verdict: its kind and its words."""
        if self.comparison.breaking:
            return "bad", _("not comparable")
        if self.comparison.reworded:
            return "soon", _("comparable with care")
        return "good", _("comparable")


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """Two states of a questionnaire; `old` and `new` are digests, or `edit`."""

    slug: str
    old: str
    new: str
    changes: Changes
    versions: list[VersionLine]
    is_edited: bool

    @property
    def title(self) -> str:
        """The page's answer."""
        count = self.changes.count
        if not count:
            return _("The two versions of %(name)s are the same", name=self.slug)
        return ngettext(
            "1 change in %(name)s", "%(n)s changes in %(name)s", count, n=number(count), name=self.slug
        )


@bp.get("/questionnaires/<slug>/compare")
def compare_questionnaire(slug: str) -> str:
    """The versions `old` and `new` of the address; without one it is the current version."""
    old, new = request.args.get("old", ""), request.args.get("new", "")
    with reading() as session:
        before, after = as_wished(session, slug, old), as_wished(session, slug, new)
        page = ComparisonPage(
            slug=slug,
            old=old if old == EDIT else before.digest,
            new=new if new == EDIT else after.digest,
            changes=changes_of(before, after),
            versions=versions_of(session, slug),
            is_edited=find_edit(session, slug) is not None,
        )
    return render_template("staff/questionnaire_comparison.html", page=page)


def changes_of(old: Questionnaire, new: Questionnaire) -> Changes:
    """Every change from `old` to `new`, by page and question."""
    found = compare(old, new)
    groups = [
        ChangeGroup(_part_name(path, old, new), [_line(change, old, new) for change in changes])
        for path, changes in groupby(found.changes, key=lambda change: change.path)
    ]
    return Changes(found, groups)


def _line(change: Change, old: Questionnaire, new: Questionnaire) -> ChangeLine:
    before, after = change.before, change.after
    if change.kind is ChangeKind.LOGIC:
        before, after = (
            asked_only(_condition(change.path, each), each) or _("asked of everybody") for each in (old, new)
        )
    elif change.kind in (ChangeKind.ANSWERS, ChangeKind.SCORING):
        before, after = (_value(change.key, value) for value in (before, after))
    elif change.kind is ChangeKind.MOVED:
        before = after = ""
    language = language_name(change.language) if change.language and change.kind is ChangeKind.TEXT else ""
    return ChangeLine(_what(change), language, word_difference(before, after), change.effect)


def _what(change: Change) -> str:
    if change.kind is ChangeKind.TEXT:
        return text_named(change.key)
    if change.kind is ChangeKind.LANGUAGE:
        said = {
            "languages": _("Language %(name)s", name=language_name(change.language)),
            "register": _("How %(name)s speaks", name=language_name(change.language)),
            "reviewed_by": _("Who signed %(name)s", name=language_name(change.language)),
        }
        return said[change.key]
    plain = {
        ChangeKind.ADDED: _("Added"),
        ChangeKind.REMOVED: _("Left out"),
        ChangeKind.MOVED: _("Stands elsewhere"),
        ChangeKind.LOGIC: _("Of whom it is asked"),
    }
    return plain.get(change.kind) or str(KEY_WORDS.get(change.key, change.key))


def _value(key: str, value: str) -> str:
    words: Mapping[str, object] = KIND_WORDS if key == "kind" else YES_NO
    return str(words.get(value, value))


def _part_name(path: str, old: Questionnaire, new: Questionnaire) -> str:
    for each in (new, old):
        part = _part(path, each)
        if isinstance(part, Page):
            return _("Page %(name)s", name=each.said(part.title, each.languages[0]))
        if part is not None:
            return each.said(part.text, each.languages[0])
    return _("The whole questionnaire")


def _condition(path: str, questionnaire: Questionnaire) -> Condition | None:
    part = _part(path, questionnaire)
    return part.show_if if part else None


def _part(path: str, questionnaire: Questionnaire) -> Page | Item | None:
    """The page, item or statement at a path; one that has moved to another page is found by its own id."""
    ids = path.split(".")[1:]
    if len(ids) == 1:
        return next((page for page in questionnaire.pages if page.id == ids[0]), None)
    name = ids[-1] if ids else ""
    return questionnaire.blocks.get(name) or questionnaire.items.get(name)
