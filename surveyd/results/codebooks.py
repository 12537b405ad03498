"""The codebook in force and its versions. Every save is a new version; no version ever changes.

A save names the version that it was made on. Two admins may change two themes at the same time; a theme that
somebody else changed meanwhile is not overwritten.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.base.statements import insert_once
from surveyd.people.audit import record
from surveyd.people.models import User
from surveyd.results.codebook_data import ThemeFault, as_data, from_data, start_codebook, theme_faults
from surveyd.results.theme_models import CodebookVersion
from surveyd.scoring.codebook import MOST_THEMES, Codebook, Theme

SHIPPED_NUMBER = 0
MOST_VERSIONS = 50
INSERT = insert_once(CodebookVersion, "number")


class Overtaken(Refused):
    """Somebody else changed the same theme meanwhile."""


class BadTheme(Refused):
    """A theme that cannot stand; nothing was saved. `faults` names each place."""

    def __init__(self, faults: tuple[ThemeFault, ...]) -> None:
        super().__init__("Mend what is marked; nothing was saved.")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class StoredCodebook:
    """A version of the codebook; number 0 is the shipped one, saved by nobody."""

    number: int
    book: Codebook
    saved_at: datetime | None = None
    saved_by: str = ""

    @property
    def is_shipped(self) -> bool:
        """Whether nobody has made it theirs yet: the shipped one is unreviewed."""
        return self.number == SHIPPED_NUMBER


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in the list of versions."""

    number: int
    saved_at: datetime | None
    saved_by: str


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """What became of one theme between two versions; `added` and `dropped` are (language, phrase)."""

    key: str
    name: str
    name_before: str
    is_new: bool
    is_gone: bool
    added: tuple[tuple[str, str], ...]
    dropped: tuple[tuple[str, str], ...]


def save_theme(session: Session, theme: Theme, *, seen: int, by: int, now: datetime) -> int:
    """Put a theme, new or changed, into a new version; returns its number, the present one for no change.

    Raises BadTheme, Overtaken when somebody else changed this theme since version `seen`, and Refused when
    the codebook is full.
    """
    present = current_codebook(session)
    _refuse_overtaken(session, theme.key, present, seen)
    others = [one.name for one in present.book.themes if one.key != theme.key]
    faults = theme_faults(theme, others=others)
    if faults:
        raise BadTheme(faults)
    book = present.book.with_theme(_in_order(theme))
    if len(book.themes) > MOST_THEMES:
        raise Refused(f"A codebook holds {MOST_THEMES} themes; drop one before you add another.")
    return _save(session, book, present, by=by, now=now)


def drop_theme(session: Session, key: str, *, seen: int, by: int, now: datetime) -> int:
    """Leave a theme out of a new version; returns its number. Raises NotFound and Overtaken."""
    present = current_codebook(session)
    if present.book.find(key) is None:
        raise NotFound("theme", key)
    _refuse_overtaken(session, key, present, seen)
    return _save(session, present.book.without(key), present, by=by, now=now)


def current_codebook(session: Session) -> StoredCodebook:
    """The newest version, the shipped one before the first was saved. One statement."""
    newest = select(func.max(CodebookVersion.number)).scalar_subquery()
    return _find(session, newest) or StoredCodebook(SHIPPED_NUMBER, _sorted(start_codebook()))


def codebook_version(session: Session, number: int) -> StoredCodebook:
    """One version. Raises NotFound."""
    if number == SHIPPED_NUMBER:
        return StoredCodebook(SHIPPED_NUMBER, _sorted(start_codebook()))
    found = _find(session, number)
    if found is None:
        raise NotFound("version of the codebook", number)
    return found


def codebook_versions(session: Session) -> tuple[VersionLine, ...]:
    """The newest versions, newest first, the shipped one last. One statement."""
    rows = session.execute(
        select(CodebookVersion.number, CodebookVersion.saved_at, User.name, User.email)
        .outerjoin(User, User.id == CodebookVersion.saved_by_id)
        .order_by(CodebookVersion.number.desc())
        .limit(MOST_VERSIONS)
    )
    saved = [VersionLine(number, at, name or email or "") for number, at, name, email in rows]
    return (*saved, VersionLine(SHIPPED_NUMBER, None, ""))


def changes(before: Codebook, after: Codebook) -> tuple[ThemeChange, ...]:
    """What differs between two versions, theme by theme; themes that are the same are left out."""
    keys = dict.fromkeys(theme.key for theme in (*after.themes, *before.themes))
    pairs = ((before.find(key), after.find(key)) for key in keys)
    return tuple(_change(old, new) for old, new in pairs if old != new)


def _change(old: Theme | None, new: Theme | None) -> ThemeChange:
    one, other = _typed(old), _typed(new)
    shown = new or old
    assert shown  # at least one of the two has the key
    return ThemeChange(
        key=shown.key,
        name=shown.name,
        name_before=old.name if old else "",
        is_new=old is None,
        is_gone=new is None,
        added=tuple(pair for pair in other if pair not in one),
        dropped=tuple(pair for pair in one if pair not in other),
    )


def _typed(theme: Theme | None) -> list[tuple[str, str]]:
    return [(language, phrase) for language, typed in theme.phrases for phrase in typed] if theme else []


def _find(session: Session, number: object) -> StoredCodebook | None:
    row = session.execute(
        select(CodebookVersion, User)
        .outerjoin(User, User.id == CodebookVersion.saved_by_id)
        .where(CodebookVersion.number == number)
    ).one_or_none()
    if row is None:
        return None
    version, user = row
    name = (user.name or user.email) if user else ""
    return StoredCodebook(version.number, from_data(version.definition), version.saved_at, name)


def _refuse_overtaken(session: Session, key: str, present: StoredCodebook, seen: int) -> None:
    if seen != present.number:
        before = codebook_version(session, seen).book.find(key)
        if before != present.book.find(key):
            raise Overtaken("Somebody else changed this theme meanwhile; yours is not saved yet.")


def _save(session: Session, book: Codebook, present: StoredCodebook, *, by: int, now: datetime) -> int:
    if book == present.book:
        return present.number
    number = present.number + 1
    row = {"number": number, "definition": as_data(book), "saved_at": now, "saved_by_id": by}
    if INSERT.first(session, row) is None:
        raise Overtaken("Somebody else saved the codebook in the same moment; save once more.")
    record(session, action="save_codebook", thing="codebook", thing_id=number, by=by, now=now)
    return number


def _in_order(theme: Theme) -> Theme:
    """The theme as it is stored: languages in the order of their codes, those without a phrase left out."""
    kept = ((language, typed) for language, typed in theme.phrases if typed)
    return Theme(theme.key, theme.name, tuple(sorted(kept)))


def _sorted(book: Codebook) -> Codebook:
    return Codebook(tuple(map(_in_order, book.themes)))
