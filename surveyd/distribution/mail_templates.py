"""A program's own words for its mails, in versions: saving, going back, comparing, and what is still missing.

The newest version holds for what is queued from then on; a queued mail keeps the one that it was queued with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session, undefer

from surveyd.base.errors import BadFile, NotFound, SurveydError
from surveyd.base.statements import insert_into
from surveyd.distribution.cadence import cadence_of_program
from surveyd.distribution.mail_checks import Draft, check
from surveyd.distribution.mail_fields import FOLLOWING, THANKING, Template
from surveyd.distribution.mails import LANGUAGES, spoken
from surveyd.distribution.models import Program
from surveyd.distribution.template_models import MailTemplate, TemplateKind
from surveyd.people.audit import record
from surveyd.people.models import User

SHIPPED = 0
"""The number that means the shipped words, as if they were a version before the first."""


class Overtaken(SurveydError):
    """Somebody else saved the same mail meanwhile; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Place:
    """One mail of one program in one language."""

    program_id: int
    mail: str
    language: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version without its words; `saved_by` is empty for the command line."""

    id: int
    mail: str
    language: str
    number: int
    kind: TemplateKind
    subject: str
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version with its words; a shipped one has none."""

    line: VersionLine
    draft: Draft
    template: Template


@dataclass(frozen=True, slots=True)
class Missing:
    """A mail that has no words of the program's own in a language, though it has in another one.

    `is_foreign` when there are no shipped words in that language either, so that English is sent.
    """

    mail: str
    language: str
    is_foreign: bool


def mails_of(session: Session, program: Program) -> tuple[str, ...]:
    """The mails that a program sends to contacts: its steps' mails, the thanks, the question about a case."""
    steps = [step.mail for step in cadence_of_program(session, program).steps if step.mail]
    return tuple(dict.fromkeys([*steps, THANKING, FOLLOWING]))


def place_of(session: Session, program: Program, mail: str, language: str, languages: Sequence[str]) -> Place:
    """The place of a mail that the program sends. Raises NotFound for another mail or language."""
    if mail not in mails_of(session, program):
        raise NotFound("mail of this program", mail)
    if language not in {*languages, *LANGUAGES}:
        raise NotFound("language of this program", language)
    return Place(program.id, mail, language)


def newest(session: Session, place: Place) -> Version | None:
    """The version that holds; None when there never was one, or the shipped words hold again."""
    found = _find(session, _versions(place).order_by(MailTemplate.number.desc()).limit(1))
    return None if found is None or found.line.kind is TemplateKind.SHIPPED else found


def newest_number(session: Session, place: Place) -> int:
    """The number of the latest version, a return to the shipped words included; 0 for none."""
    at = _at(place)
    return session.scalar(select(func.max(MailTemplate.number)).where(*at)) or SHIPPED


def template_of(session: Session, program_id: int, mail: str, language: str) -> Template | None:
    """The program's own words for a contact of that language; None when the shipped ones are sent.

    Own words in the language come first, then shipped ones in it, then own English ones.
    """
    for code in candidates(language):
        found = newest(session, Place(program_id, mail, code))
        if found is not None or code in LANGUAGES:
            return found.template if found else None
    return None


def candidates(language: str) -> tuple[str, ...]:
    """The languages in which words are looked for, in order: the first that is shipped ends the search."""
    return tuple(dict.fromkeys((language, language.split("-")[0].lower(), "en")))


def versions_of(session: Session, place: Place) -> list[VersionLine]:
    """All versions, newest first."""
    rows = session.execute(_lines().where(*_at(place)).order_by(MailTemplate.number.desc()))
    return [_line(row) for row in rows]


def get_version(session: Session, place: Place, number: int) -> Version:
    """One version. Raises NotFound."""
    found = _find(session, _versions(place).where(MailTemplate.number == number))
    if found is None:
        raise NotFound("version of this mail", number)
    return found


def newest_lines(session: Session, program_id: int) -> dict[tuple[str, str], VersionLine]:
    """The latest version of each mail and language of a program, in one statement."""
    of_program = MailTemplate.program_id == program_id
    latest = select(func.max(MailTemplate.id)).where(of_program)
    ids = latest.group_by(MailTemplate.mail, MailTemplate.language)
    lines = [_line(row) for row in session.execute(_lines().where(MailTemplate.id.in_(ids)))]
    return {(line.mail, line.language): line for line in lines}


def missing(session: Session, program: Program, languages: Sequence[str]) -> tuple[Missing, ...]:
    """What contacts of these languages would get in words that are not the program's own.

    A mail that has own words in no language at all is the shipped one everywhere: only the languages in which
    nothing is shipped are named then.
    """
    own = {
        key
        for key, line in newest_lines(session, program.id).items()
        if line.kind is not TemplateKind.SHIPPED
    }
    found = []
    for mail in mails_of(session, program):
        is_own = any(key[0] == mail for key in own)
        for language in languages:
            plain = language.split("-")[0].lower()
            is_foreign = plain not in LANGUAGES
            has = (mail, language) in own or (mail, plain) in own
            if not has and (is_own or is_foreign):
                found.append(Missing(mail, language, is_foreign))
    return tuple(found)


def save(session: Session, place: Place, draft: Draft, *, seen: int, by: int | None, now: datetime) -> int:
    """Make what was written the newest version, and return its number; the same words make no other one.

    `seen` is the number of the version that the writer began from. Raises BadFile with every fault, and
    Overtaken when somebody saved meanwhile.
    """
    checked = check(draft, place.mail)
    if checked.faults:
        raise BadFile(checked.faults)
    there = newest(session, place)
    if there is not None and there.draft == draft and there.line.number == seen:
        return seen
    words = {"kind": draft.kind, "subject": draft.subject, "text": draft.text, "source": draft.source}
    return _append(session, place, words | {"html": checked.html}, seen=seen, by=by, now=now)


def bring_back(
    session: Session, place: Place, number: int, *, seen: int, by: int | None, now: datetime
) -> int:
    """Make an earlier version the newest one again, or SHIPPED the shipped words; return the new number.

    Raises NotFound, Overtaken when somebody saved meanwhile, and BadFile for words that do not do any more.
    """
    if number != SHIPPED:
        earlier = get_version(session, place, number)
        if earlier.line.kind is not TemplateKind.SHIPPED:
            return save(session, place, earlier.draft, seen=seen, by=by, now=now)
    if newest(session, place) is None:
        return newest_number(session, place)
    empty = {"kind": TemplateKind.SHIPPED, "subject": "", "text": "", "source": "", "html": ""}
    return _append(session, place, empty, seen=seen, by=by, now=now)


def _append(
    session: Session, place: Place, words: dict[str, Any], *, seen: int, by: int | None, now: datetime
) -> int:
    row = {
        "program_id": place.program_id,
        "mail": place.mail,
        "language": place.language,
        "number": seen + 1,
        "saved_at": now,
        "saved_by_id": by,
        **words,
    }
    unique = ["program_id", "mail", "language", "number"]
    statement = insert_into(session, MailTemplate).values(row).on_conflict_do_nothing(index_elements=unique)
    made = session.execute(statement.returning(MailTemplate.id)).scalar_one_or_none()
    if made is None or newest_number(session, place) != seen + 1:
        raise Overtaken("Somebody else saved this mail meanwhile.")
    facts: dict[str, str | int] = {"mail": place.mail, "language": place.language, "number": seen + 1}
    record(session, action="save", thing="mail_template", thing_id=made, by=by, now=now, facts=facts)
    return seen + 1


def _at(place: Place) -> tuple[Any, ...]:
    return (
        MailTemplate.program_id == place.program_id,
        MailTemplate.mail == place.mail,
        MailTemplate.language == place.language,
    )


def _versions(place: Place) -> Select[MailTemplate, str | None]:
    whole = (undefer(MailTemplate.source), undefer(MailTemplate.html))
    named = select(MailTemplate, User.name).outerjoin(User, User.id == MailTemplate.saved_by_id)
    return named.where(*_at(place)).options(*whole)


def _lines() -> Select[*tuple[Any, ...]]:
    columns = [getattr(MailTemplate, name) for name in VersionLine.__slots__[:7]]
    return select(*columns, User.name.label("saved_by")).outerjoin(User, User.id == MailTemplate.saved_by_id)


def _line(row: Row[*tuple[Any, ...]]) -> VersionLine:
    return VersionLine(**{**row._mapping, "saved_by": row.saved_by or ""})


def _find(session: Session, query: Select[MailTemplate, str | None]) -> Version | None:
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    one, by = found
    line = VersionLine(
        one.id, one.mail, one.language, one.number, one.kind, one.subject, one.saved_at, by or ""
    )
    draft = Draft(one.subject, one.text, one.source)
    return Version(line, draft, Template(one.id, spoken(one.language), one.subject, one.text, one.html))
