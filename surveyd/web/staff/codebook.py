"""The codebook: its themes with what each finds, one theme in its form, and versions side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, HiddenField, StringField, TextAreaField

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import services
from surveyd.distribution.mails import LANGUAGES
from surveyd.results.codebook_counts import BookCounts, book_counts, phrase_counts
from surveyd.results.codebook_data import ThemeFault, new_key, phrases, theme_faults
from surveyd.results.codebooks import (
    BadTheme,
    Overtaken,
    StoredCodebook,
    VersionLine,
    changes,
    codebook_version,
    codebook_versions,
    current_codebook,
    drop_theme,
    save_theme,
)
from surveyd.scoring.codebook import Theme
from surveyd.web.access import reader
from surveyd.web.staff.codebook_words import fault_words, version_number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.slices import by_name, seen_slice
from surveyd.web.staff.themes import phrase_words, slice_here

NEW = "new"
"""Stands where a theme's key stands, for a theme that there is not yet."""


class ThemeForm(Form):
    """One theme: its name, and its phrases in each language, one a line."""

    seen = HiddenField()
    name = StringField()
    en = TextAreaField()
    de = TextAreaField()
    fr = TextAreaField()
    es = TextAreaField()
    ja = TextAreaField()
    ar = TextAreaField()


@dataclass(frozen=True, slots=True)
class CodebookPage:
    """The themes with what each finds in the slice, and the versions."""

    stored: StoredCodebook
    counts: BookCounts
    versions: tuple[VersionLine, ...]


@dataclass(frozen=True, slots=True)
class ThemePage:
    """One theme in its form; `found` counts each phrase, `counts` compare with what is saved.

    `made` is the theme as the form has it, without phrases that cannot be looked for.
    """

    key: str
    form: ThemeForm
    stored: StoredCodebook
    made: Theme
    counts: BookCounts
    found: Mapping[tuple[str, str], int]
    faults: tuple[ThemeFault, ...] = ()
    problem: str = ""

    @property
    def is_as_saved(self) -> bool:
        """Whether the form finds what the saved theme finds."""
        saved = self.stored.book.find(self.key)
        return saved is not None and _phrases(saved) == _phrases(self.made)

    @property
    def finding(self) -> dict[str, list[str]]:
        """The comments that the form finds as parts of an address; empty where too many phrases find some."""
        return phrase_words([phrase for phrase, n in self.found.items() if n])

    def wrong(self, language: str) -> list[str]:
        """What is wrong at a field; the name's has no language."""
        return [fault_words(fault) for fault in self.faults if fault.language == language]

    def hits(self, language: str) -> list[tuple[str, int]]:
        """The phrases of a language that find comments, most first."""
        counts = [(phrase, n) for (of, phrase), n in self.found.items() if of == language and n]
        return sorted(counts, key=lambda pair: -pair[1])

    def misses(self, language: str) -> int:
        """How many phrases of a language find nothing."""
        return sum(of == language and not n for (of, _phrase), n in self.found.items())


@bp.get("/codebook")
def codebook() -> str:
    """All themes, counted in the slice that stands in the address; without one, in the latest wave."""
    with reading() as session:
        stored, seen = current_codebook(session), seen_slice(session)
        counts = book_counts(session, stored.book, stored.book, scope=reader().scope, cut=seen.cut)
        page = CodebookPage(stored, counts, codebook_versions(session))
    return render_template("staff/codebook.html", page=page, seen=seen, at=by_name(seen.cut))


@bp.get("/codebook/themes/<theme>")
def codebook_theme(theme: str) -> str:
    """One theme in its form."""
    with reading() as session:
        stored = current_codebook(session)
        found = stored.book.find(theme)
        if found is None and theme != NEW:
            raise NotFound("theme", theme)
        typed = {language: "\n".join(found.typed_in(language)) for language in LANGUAGES} if found else {}
        form = ThemeForm(data={"seen": stored.number, "name": found.name if found else "", **typed})
        return _draw(session, theme, form)


@bp.post("/codebook/themes/<theme>")
def save_codebook_theme(theme: str) -> Response | tuple[str, int]:
    """Save one theme as a new version of the codebook."""
    form = ThemeForm(request.form)
    try:
        with writing() as session:
            made = _theme(session, theme, form)
            save_theme(
                session,
                made,
                seen=_seen(str(form.seen.data or "")),
                by=reader().user_id,
                now=services().clock.now(),
            )
    except BadTheme as bad:
        return _again(theme, form, bad.faults), 422
    except Overtaken as overtaken:
        with reading() as session:
            form.seen.data = str(current_codebook(session).number)
        said = _(
            "Somebody else changed this theme meanwhile. Look at theirs, or save once more to replace it."
        )
        return _again(theme, form, problem=said if theme != NEW else str(overtaken)), 409
    except Refused as refused:
        return _again(theme, form, problem=str(refused)), 422
    at: dict[str, Any] = by_name(slice_here())
    return redirect(url_for("staff.codebook_theme", theme=made.key, **at), 303)


@bp.post("/codebook/themes/<theme>/count")
def count_codebook_theme(theme: str) -> str | tuple[str, int]:
    """Count what the form would find; nothing is saved."""
    form = ThemeForm(request.form)
    with reading() as session:
        made = _theme(session, theme, form)
        others = [one.name for one in current_codebook(session).book.themes if one.key != made.key]
        faults = theme_faults(made, others=others)
        page = _draw(session, theme, form, faults)
    return (page, 422) if faults else page


@bp.post("/codebook/themes/<theme>/drop")
def drop_codebook_theme(theme: str) -> Response:
    """Leave a theme out from here on; earlier versions keep it."""
    seen = request.form.get("seen", "")
    with writing() as session:
        drop_theme(session, theme, seen=_seen(seen), by=reader().user_id, now=services().clock.now())
    at: dict[str, Any] = by_name(slice_here())
    return redirect(url_for("staff.codebook", **at), 303)


@bp.get("/codebook/compare")
def compare_codebook() -> str:
    """Two versions on the same comments: `before` and `after` name them, the newest two by default."""
    with reading() as session:
        present = current_codebook(session).number
        after = codebook_version(session, version_number(request.args.get("after", str(present))))
        older = str(max(after.number - 1, 0))
        before = codebook_version(session, version_number(request.args.get("before", older)))
        seen = seen_slice(session, beside=("before", "after"))
        counts = book_counts(session, before.book, after.book, scope=reader().scope, cut=seen.cut)
        versions = codebook_versions(session)
    return render_template(
        "staff/codebook_comparison.html",
        seen=seen,
        at=by_name(seen.cut),
        before=before,
        after=after,
        counts=counts,
        changes=changes(before.book, after.book),
        versions=versions,
    )


def _again(key: str, form: ThemeForm, faults: tuple[ThemeFault, ...] = (), problem: str = "") -> str:
    with reading() as session:
        return _draw(session, key, form, faults, problem)


def _draw(
    session: Session, key: str, form: ThemeForm, faults: tuple[ThemeFault, ...] = (), problem: str = ""
) -> str:
    stored = current_codebook(session)
    wrong = {(fault.language, fault.phrase) for fault in faults}
    made = _theme(session, key, form)
    sound = Theme(
        made.key,
        made.name,
        tuple(
            (language, tuple(one for one in typed if (language, one) not in wrong))
            for language, typed in made.phrases
        ),
    )
    seen, scope = seen_slice(session), reader().scope
    counts = book_counts(session, stored.book, stored.book.with_theme(sound), scope=scope, cut=seen.cut)
    found = phrase_counts(session, sound, scope=scope, cut=seen.cut)
    page = ThemePage(key, form, stored, sound, counts, found, faults, problem)
    facts = {"languages": list(LANGUAGES), "seen": seen, "at": by_name(seen.cut)}
    return render_template("staff/codebook_theme.html", page=page, **facts)


def _phrases(of: Theme) -> set[tuple[str, str]]:
    return {(language, phrase) for language, typed in of.phrases for phrase in typed}


def _theme(session: Session, key: str, form: ThemeForm) -> Theme:
    """The theme of the form; phrases of languages that the form does not show stay as they are."""
    book = current_codebook(session).book
    name = " ".join(str(form.name.data or "").replace("\0", "").split())
    if key == NEW:
        key = new_key(name, {theme.key for theme in book.themes})
    known = book.find(key)
    kept = {
        language: typed for language, typed in (known.phrases if known else ()) if language not in LANGUAGES
    }
    typed = {language: phrases(str(form[language].data or "").replace("\0", "")) for language in LANGUAGES}
    return Theme(key, name, tuple(sorted({**kept, **typed}.items())))


def _seen(said: str) -> int:
    """The version that a form was made from. Raises Refused for a form that does not say."""
    if not said:
        raise Refused(
            _("The form does not say which version of the codebook it changes: open the theme anew.")
        )
    return version_number(said)
