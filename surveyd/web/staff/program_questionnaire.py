"""Which questionnaire a program asks, in which version: for its next waves, or in open ones too."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution.program_lists import ProgramView, get_program, view_program
from surveyd.distribution.questionnaire_moves import use_in_program
from surveyd.distribution.questionnaire_uses import Use, uses_of
from surveyd.distribution.questionnaires import (
    VersionLine,
    newest_to_ask,
    versions_of,
)
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """The versions that the program can ask: all of its questionnaire, and the newest of each other one."""

    program: ProgramView
    use: Use
    versions: list[VersionLine]
    others: list[VersionLine]
    chosen: int | None
    at_once: bool
    problem: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        now = next(version for version in self.versions if version.digest == self.use.digest)
        return _(
            "%(program)s asks version %(number)s of %(name)s",
            program=self.program.slug,
            number=number(now.number),
            name=self.program.questionnaire,
        )


@bp.get("/programs/<id:program_id>/questionnaire")
def program_questionnaire(program_id: int) -> str:
    """The choice; the newest version of the program's questionnaire stands chosen."""
    with reading() as session:
        return _draw(session, program_id)


@bp.post("/programs/<id:program_id>/questionnaire")
def use_questionnaire(program_id: int) -> Response | tuple[str, int]:
    """Let the program ask the chosen version."""
    version_id, at_once = request.form.get("version", 0, type=int), "at_once" in request.form
    by, now = reader().user_id, services().clock.now()
    try:
        with writing() as session:
            program = get_program(session, program_id)
            if not version_id:
                raise Refused(_("Choose a version."))
            use_in_program(session, program, version_id, open_waves=at_once, now=now, by=by)
    except Refused as refused:
        with reading() as session:
            page = _draw(session, program_id, chosen=version_id, at_once=at_once, problem=str(refused))
        return page, 422
    return redirect(url_for("staff.program", program_id=program_id), 303)


def _draw(
    session: Session,
    program_id: int,
    *,
    chosen: int | None = None,
    at_once: bool = False,
    problem: str = "",
) -> str:
    program = view_program(session, program_id)
    versions = versions_of(session, program.questionnaire)
    others = [line for line in newest_to_ask(session) if line.slug != program.questionnaire]
    uses = uses_of(session, program.questionnaire)
    page = VersionsPage(
        program=program,
        use=next(use for use in uses if use.program_id == program_id),
        versions=versions,
        others=others,
        chosen=chosen or versions[0].id,
        at_once=at_once,
        problem=problem,
    )
    return render_template("staff/program_questionnaire.html", page=page)
