"""Questionnaires as they are kept: immutable versions, which programs use them, and how one is published.

A version is named by the digest of its content. It is never changed and never removed: invitations,
drafts and responses hang on the one that they were made with. The current version of a questionnaire is the
one that was published last: an earlier one that is published again is current again, under its old number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.models import Program, QuestionnaireVersion
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import from_data, shipped, shipped_names
from surveyd.forms.logic import faults_of
from surveyd.forms.pace import estimated
from surveyd.people.audit import record

SHORT_DIGEST = 12
"""How much of a digest a person sees; as much as eight digits is enough to name a version."""
LEAST_DIGEST = 8
KEPT_VERSIONS = 64
LARGEST_ID = 2**63 - 1
A_MOMENT = timedelta(microseconds=1)
LAST_FIRST = (QuestionnaireVersion.published_at.desc(), QuestionnaireVersion.id.desc())
_KEPT: dict[str, Questionnaire] = {}


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version: the first of its questionnaire is number 1. `programs` use it for their next waves.

    `published_at` is when it was published last.
    """

    id: int
    slug: str
    number: int
    digest: str
    published_at: datetime
    programs: tuple[str, ...]
    seconds: int | None = None
    """How long people took for it; None before enough have answered."""

    @property
    def short(self) -> str:
        """The beginning of the digest, which names the version."""
        return self.digest[:SHORT_DIGEST]


@dataclass(frozen=True, slots=True)
class QuestionnaireLine:
    """One questionnaire. `latest` is its current version, None for a shipped one that nobody has published.

    `title` is in its first language; `programs` are those that use any of its versions.
    """

    slug: str
    title: str
    languages: tuple[str, ...]
    anonymous: bool
    shipped: bool
    versions: int
    latest: VersionLine | None
    programs: tuple[str, ...]
    questionnaire: Questionnaire
    """What its current version says, or what comes with surveyd."""


def list_questionnaires(session: Session) -> list[QuestionnaireLine]:
    """Every questionnaire by name: what was published and what comes with surveyd, in three statements."""
    versions: dict[str, list[VersionLine]] = {}
    for line in _lines(session, _versions()):
        versions.setdefault(line.slug, []).append(line)
    latest = [lines[-1].id for lines in versions.values()]
    found = select(QuestionnaireVersion.slug, QuestionnaireVersion.digest, QuestionnaireVersion.definition)
    stored = {
        row.slug: read_version(row.digest, row.definition)
        for row in session.execute(found.where(QuestionnaireVersion.id.in_(latest)))
    }
    everything = {**_all_shipped(), **stored}
    return [_line(found, versions.get(slug, [])) for slug, found in sorted(everything.items())]


def current_questionnaire(session: Session, slug: str) -> Questionnaire:
    """The version that was published last, else the one that comes with surveyd. Raises NotFound."""
    last = select(QuestionnaireVersion.definition).where(QuestionnaireVersion.slug == slug)
    definition = session.scalars(last.order_by(*LAST_FIRST).limit(1)).one_or_none()
    return shipped(slug) if definition is None else from_data(definition)


def newer_shipped(session: Session, slug: str) -> Questionnaire | None:
    """What comes with surveyd, where other versions of it were published and this one was not."""
    found = _all_shipped().get(slug)
    digests = session.scalars(
        select(QuestionnaireVersion.digest).where(QuestionnaireVersion.slug == slug)
    ).all()
    return found if found and digests and found.digest not in digests else None


def versions_of(session: Session, slug: str) -> list[VersionLine]:
    """The versions of one questionnaire, the current one first; empty for one that was never published."""
    return _lines(session, _versions().where(QuestionnaireVersion.slug == slug))[::-1]


def newest_to_ask(session: Session) -> list[VersionLine]:
    """The current version of each questionnaire that a program can ask, by name: not of anonymous ones."""
    numbered = _versions().subquery()
    anonymous = QuestionnaireVersion.definition["anonymous"].as_boolean()
    place = func.row_number().over(partition_by=QuestionnaireVersion.slug, order_by=LAST_FIRST)
    ranked = select(QuestionnaireVersion.id, place.label("place")).subquery()
    current = select(ranked.c.id).where(ranked.c.place == 1)
    named = select(QuestionnaireVersion.id).where(anonymous.is_(True))
    query = select(numbered).where(numbered.c.id.in_(current), numbered.c.id.not_in(named))
    return _lines(session, query.order_by(numbered.c.slug))


def find_version(session: Session, name: str) -> QuestionnaireVersion:
    """The version that `name` means: a questionnaire's current one, or that of a digest (8 digits do).

    Raises NotFound, and Refused when more than one digest begins so.
    """
    query = select(QuestionnaireVersion).order_by(*LAST_FIRST).limit(2)
    current = session.scalars(query.where(QuestionnaireVersion.slug == name)).first()
    if current is not None:
        return current
    if len(name) < LEAST_DIGEST or not name.isalnum():
        raise NotFound("questionnaire version", name)
    begins = QuestionnaireVersion.digest.startswith(name.lower(), autoescape=True)
    found = session.scalars(query.where(begins)).all()
    if len(found) > 1:
        raise Refused(f"More than one version begins with {name}; write more of its digits.")
    if not found:
        raise NotFound("questionnaire version", name)
    return found[0]


def get_version(session: Session, version_id: int) -> QuestionnaireVersion:
    """The version of that id. Raises NotFound, also for a number that no id can be."""
    version = session.get(QuestionnaireVersion, version_id) if 0 < version_id <= LARGEST_ID else None
    if version is None:
        raise NotFound("questionnaire version", version_id)
    return version


def publish(
    session: Session,
    questionnaire: Questionnaire,
    *,
    now: datetime,
    by: int | None = None,
    is_act: bool = False,
) -> int:
    """The id of this version of the questionnaire; publishing the same one twice makes one version.

    A new one becomes current. A known one does only where publishing `is_act` of somebody, not where a
    version is just needed. Either leaves an audit row, but for a new one that nobody signed in published.
    Raises Refused when the logic of a new one has a fault.
    """
    found = select(QuestionnaireVersion.id).where(QuestionnaireVersion.digest == questionnaire.digest)
    known = session.execute(found).scalar_one_or_none()
    if known is not None:
        if is_act:
            _make_current(session, known, now=now, by=by)
        return known
    faults = faults_of(questionnaire)
    if faults:
        more = f" There are {len(faults) - 1} more faults." if len(faults) > 1 else ""
        raise Refused(f"The questionnaire {questionnaire.slug} cannot be published: {faults[0]}{more}")
    row = {
        "slug": questionnaire.slug,
        "digest": questionnaire.digest,
        "definition": questionnaire.data(),
        "published_at": _after_all(session, questionnaire.slug, now),
        "seconds": estimated(questionnaire),
    }
    insert_new(session, QuestionnaireVersion, [row], unique=["digest"])
    version_id = session.execute(found).scalar_one()
    if by is not None:
        facts = {"questionnaire": questionnaire.slug, "version": questionnaire.digest[:SHORT_DIGEST]}
        record(
            session, action="publish", thing="questionnaire", thing_id=version_id, by=by, now=now, facts=facts
        )
    return version_id


def _make_current(session: Session, version_id: int, *, now: datetime, by: int | None) -> None:
    """Publish a known version again, unless it is the current one; its content stays as it is."""
    version = get_version(session, version_id)
    if find_version(session, version.slug).id == version_id:
        return
    facts = {
        "questionnaire": version.slug,
        "version": version.digest[:SHORT_DIGEST],
        "before": version.published_at.isoformat(),
    }
    version.published_at = _after_all(session, version.slug, now)
    session.flush()
    record(session, action="publish", thing="questionnaire", thing_id=version_id, by=by, now=now, facts=facts)


def _after_all(session: Session, slug: str, now: datetime) -> datetime:
    """Now, or just after the last publication where a clock was ahead: the last one is current."""
    last = session.scalars(
        select(QuestionnaireVersion.published_at)
        .where(QuestionnaireVersion.slug == slug)
        .order_by(*LAST_FIRST)
        .limit(1)
    ).one_or_none()
    return now if last is None or last < now else last + A_MOMENT


def _versions() -> Select[*tuple[Any, ...]]:
    number = func.row_number().over(partition_by=QuestionnaireVersion.slug, order_by=QuestionnaireVersion.id)
    return select(
        QuestionnaireVersion.id,
        QuestionnaireVersion.slug,
        number.label("number"),
        QuestionnaireVersion.digest,
        QuestionnaireVersion.published_at,
        QuestionnaireVersion.seconds,
    ).order_by(QuestionnaireVersion.published_at, QuestionnaireVersion.id)


def _lines(session: Session, query: Select[*tuple[Any, ...]]) -> list[VersionLine]:
    """The versions that `query` finds, each with its programs, in two statements."""
    users: dict[int, list[str]] = {}
    for version_id, slug in session.execute(select(Program.version_id, Program.slug).order_by(Program.slug)):
        users.setdefault(version_id, []).append(slug)
    return [
        VersionLine(
            id=row.id,
            slug=row.slug,
            number=row.number,
            digest=row.digest,
            published_at=row.published_at,
            programs=tuple(users.get(row.id, ())),
            seconds=row.seconds,
        )
        for row in session.execute(query)
    ]


def _line(found: Questionnaire, versions: list[VersionLine]) -> QuestionnaireLine:
    return QuestionnaireLine(
        slug=found.slug,
        title=found.said(found.title, found.languages[0]),
        languages=found.languages,
        anonymous=found.anonymous,
        shipped=found.slug in _all_shipped(),
        versions=len(versions),
        latest=versions[-1] if versions else None,
        programs=tuple(sorted({slug for line in versions for slug in line.programs})),
        questionnaire=found,
    )


def read_version(digest: str, definition: Mapping[str, object]) -> Questionnaire:
    """A stored version, read once while it is among those that were looked at last."""
    if digest not in _KEPT:
        if len(_KEPT) >= KEPT_VERSIONS:
            _KEPT.clear()
        _KEPT[digest] = from_data(definition)
    return _KEPT[digest]


@cache
def _all_shipped() -> Mapping[str, Questionnaire]:
    return {name: shipped(name) for name in shipped_names()}
