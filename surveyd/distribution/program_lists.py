"""Programs as pages show them: all at a glance, and one with everything that was decided about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.cadence import Window
from surveyd.distribution.models import AfterSending, Program, QuestionnaireVersion, Wave, WaveKind
from surveyd.distribution.programs import window_of
from surveyd.forms.loading import shipped_names

SORTS = ("name", "company")


@dataclass(frozen=True, slots=True)
class ProgramLine:
    """One program as a list shows it; `latest` is when its latest wave begins."""

    id: int
    slug: str
    company: str
    questionnaire: str
    sender_name: str
    waves: int
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class ProgramList:
    """Some programs; `after` is the key of the next page, empty on the last."""

    lines: tuple[ProgramLine, ...]
    after: str


@dataclass(frozen=True, slots=True)
class ProgramView:
    """One program. `language` and `time_zone` serve contacts who have none of their own.

    `version` is the beginning of the questionnaire's digest, which names that version for good.
    """

    id: int
    slug: str
    company: str
    sender_name: str
    sender: str
    reply_to: str
    questionnaire: str
    version: str
    published_at: datetime
    languages: tuple[str, ...]
    window: Window
    rest_days: int
    after_sending: AfterSending
    language: str
    time_zone: str
    created_at: datetime
    asks_after_cases: bool


def list_program_lines(session: Session, wish: Wanted) -> ProgramList:
    """A page of the programs that `wish` asks for, in one statement. Raises Refused for a broken key."""
    own = (Wave.program_id == Program.id, Wave.kind == WaveKind.PROGRAM)
    waves = select(func.count()).where(*own).correlate(Program)
    latest = select(func.max(Wave.scheduled_at)).where(*own).correlate(Program)
    query = select(
        Program.id,
        Program.slug,
        Program.company,
        QuestionnaireVersion.slug.label("questionnaire"),
        Program.sender_name,
        waves.scalar_subquery().label("waves"),
        latest.scalar_subquery().label("latest"),
    ).join(QuestionnaireVersion, QuestionnaireVersion.id == Program.version_id)
    if wish.search:
        query = query.where(Program.slug.icontains(wish.search, autoescape=True))
    by = Program.company if wish.column == "company" else Program.slug
    page = slice_of(session, query, Order(by, Program.id, wish.descends), after=wish.after)
    return ProgramList(tuple(map(_line, page.rows)), page.after)


def view_program(session: Session, program_id: int) -> ProgramView:
    """One program whole. Raises NotFound."""
    found = session.execute(
        select(Program, QuestionnaireVersion)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Program.version_id)
        .where(Program.id == program_id)
    ).one_or_none()
    if found is None:
        raise NotFound("program", program_id)
    program, version = found
    return ProgramView(
        id=program.id,
        slug=program.slug,
        company=program.company,
        sender_name=program.sender_name,
        sender=program.sender,
        reply_to=program.reply_to,
        questionnaire=version.slug,
        version=version.digest[:12],
        published_at=version.published_at,
        languages=tuple(version.definition["languages"]),
        window=window_of(program),
        rest_days=program.rest_days,
        after_sending=program.after_sending,
        language=program.language,
        time_zone=program.time_zone,
        created_at=program.created_at,
        asks_after_cases=program.asks_after_cases,
    )


def get_program(session: Session, program_id: int) -> Program:
    """The program of that id. Raises NotFound."""
    program = session.get(Program, program_id)
    if program is None:
        raise NotFound("program", program_id)
    return program


def questionnaire_names(session: Session) -> list[str]:
    """The questionnaires that a program can be made on: those that come with surveyd and those in use."""
    published = session.scalars(select(QuestionnaireVersion.slug).distinct())
    return sorted({*shipped_names(), *published})


def _line(row: Row[*tuple[Any, ...]]) -> ProgramLine:
    return ProgramLine(
        row.id, row.slug, row.company, row.questionnaire, row.sender_name, row.waves, row.latest
    )
