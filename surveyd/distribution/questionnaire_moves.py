"""A program takes a version of a questionnaire: its next waves ask it, and open ones where that is wished."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution.invitations import run
from surveyd.distribution.languages import asked_languages, refuse_gaps
from surveyd.distribution.models import Invitation, InvitationState, Program, Wave, WaveKind, WaveState
from surveyd.distribution.questionnaires import SHORT_DIGEST, get_version, read_version
from surveyd.forms.definition import Questionnaire
from surveyd.people.audit import record


def use_in_program(
    session: Session, program: Program, version_id: int, *, open_waves: bool, now: datetime, by: int | None
) -> int:
    """Let the program's next waves ask this version, those too that are scheduled and not launched.

    With `open_waves` also who is asked by an open wave and has not begun; a half-done answer stays on its
    version. Returns how many people were moved so. Raises NotFound, and Refused for an anonymous
    questionnaire or one that lacks texts in a language in which somebody would be moved.
    """
    version = get_version(session, version_id)
    if version.definition.get("anonymous"):
        raise Refused(
            f"{version.slug} is anonymous, and a program asks people by name; make an open link for it."
        )
    found = read_version(version.digest, version.definition)
    running = (Wave.program_id == program.id, Wave.kind == WaveKind.PROGRAM)
    states = [WaveState.SCHEDULED, *([WaveState.OPEN] if open_waves else [])]
    moved = _move(session, program, version.id, found) if open_waves else 0
    session.execute(
        update(Wave).where(*running, Wave.state.in_(states)).values(version_id=version_id),
        execution_options={"synchronize_session": "fetch"},
    )
    program.version_id = version_id
    program.language = found.language(program.language)
    facts: dict[str, str | int] = {"version": version.digest[:SHORT_DIGEST], "moved": moved}
    record(session, action="use_version", thing="program", thing_id=program.id, by=by, now=now, facts=facts)
    return moved


def _move(session: Session, program: Program, version_id: int, found: Questionnaire) -> int:
    """Put whoever has not begun in an open wave on the version, which is `found`."""
    open_ = select(Wave.id).where(
        Wave.program_id == program.id, Wave.kind == WaveKind.PROGRAM, Wave.state == WaveState.OPEN
    )
    # The first save marks an invitation as started, and sending one as answered.
    waiting = (
        Invitation.wave_id.in_(open_),
        Invitation.state == InvitationState.WAITING,
        Invitation.started_at.is_(None),
        Invitation.version_id != version_id,
    )
    counted = select(Invitation.language, func.count().label("people")).where(*waiting)
    wishes = {row.language: row.people for row in session.execute(counted.group_by(Invitation.language))}
    refuse_gaps(found, asked_languages(found, wishes, fallback=program.language))
    return run(session, update(Invitation).where(*waiting).values(version_id=version_id))
