"""Who uses a questionnaire: the programs, how many people a new version would reach, who published what."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Program,
    QuestionnaireVersion,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.people.models import AuditEntry, User


@dataclass(frozen=True, slots=True)
class Use:
    """A program that uses the questionnaire, in the version of that digest.

    `waiting` counts, by language, who is asked by an open wave and has not begun; `begun` who is half done.
    """

    program_id: int
    program: str
    digest: str
    language: str
    waiting: dict[str, int]
    begun: int

    @property
    def to_move(self) -> int:
        """How many people would get another version."""
        return sum(self.waiting.values())


def company_asking(session: Session, slug: str) -> str:
    """The company that asks this questionnaire, else the first one that asks any; empty without a program."""
    of_this = QuestionnaireVersion.slug == slug
    query = select(Program.company).join(QuestionnaireVersion, QuestionnaireVersion.id == Program.version_id)
    return session.scalars(query.order_by(of_this.desc(), Program.id).limit(1)).one_or_none() or ""


def publishers_of(session: Session, version_ids: list[int]) -> dict[int, str]:
    """Who published which version last, as far as somebody did by hand."""
    rows = session.execute(
        select(AuditEntry.thing_id, User.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .where(
            AuditEntry.action == "publish",
            AuditEntry.thing == "questionnaire",
            AuditEntry.thing_id.in_(version_ids),
        )
        .order_by(AuditEntry.id)
    )
    last = {row.thing_id: row.name for row in rows}
    return {thing_id: name for thing_id, name in last.items() if thing_id is not None and name is not None}


def uses_of(session: Session, slug: str) -> list[Use]:
    """The programs that use any version of this questionnaire, by name, in two statements."""
    programs = session.execute(
        select(Program.id, Program.slug, QuestionnaireVersion.digest, Program.language)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Program.version_id)
        .where(QuestionnaireVersion.slug == slug)
        .order_by(Program.slug)
    ).all()
    begun = Invitation.started_at.is_not(None)
    counts = session.execute(
        select(Wave.program_id, Invitation.language, begun, func.count())
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(
            Wave.program_id.in_([row.id for row in programs]),
            Wave.kind == WaveKind.PROGRAM,
            Wave.state == WaveState.OPEN,
            Invitation.state == InvitationState.WAITING,
        )
        .group_by(Wave.program_id, Invitation.language, begun)
    ).all()
    return [
        Use(
            program_id=program_id,
            program=name,
            digest=digest,
            language=language,
            waiting={row[1]: row[3] for row in counts if row[0] == program_id and not row[2]},
            begun=sum(row[3] for row in counts if row[0] == program_id and row[2]),
        )
        for program_id, name, digest, language in programs
    ]
