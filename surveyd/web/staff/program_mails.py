"""The mails of a program: which are its own, in which languages, and what all of them have in common."""

from dataclasses import dataclass, replace

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile
from surveyd.base.services import services
from surveyd.distribution.letterheads import (
    LONGEST_ADDRESS,
    LONGEST_LEGAL,
    MOST_SEEDS,
    Letterheads,
    letterhead_of,
    save_letterhead,
    save_seeds,
    seeds_of,
)
from surveyd.distribution.mail_templates import (
    Missing,
    Overtaken,
    VersionLine,
    mails_of,
    missing,
    newest_lines,
)
from surveyd.distribution.mails import LANGUAGES
from surveyd.distribution.program_lists import ProgramView, get_program, view_program
from surveyd.distribution.template_models import TemplateKind
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp


@dataclass(frozen=True, slots=True)
class MailsPage:
    """The mails of one program by language; `wrong` says beside each field what does not do."""

    program: ProgramView
    mails: tuple[str, ...]
    lines: dict[tuple[str, str], VersionLine]
    missing: tuple[Missing, ...]
    letterhead: Letterheads
    seeds: str
    wrong: dict[str, str]
    problem: str = ""
    longest_address: int = LONGEST_ADDRESS
    longest_legal: int = LONGEST_LEGAL
    most_seeds: int = MOST_SEEDS

    @property
    def languages(self) -> tuple[str, ...]:
        """Those in which the questionnaire asks."""
        return self.program.languages

    @property
    def own(self) -> int:
        """How many mails have words of the program's own, counted by language."""
        return sum(self.is_own(mail, code) for mail in self.mails for code in self.languages)

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.own:
            return _("%(program)s sends the shipped mails", program=self.program.slug)
        return ngettext(
            "%(program)s has its own words for 1 mail",
            "%(program)s has its own words for %(n)s mails",
            self.own,
            n=number(self.own),
            program=self.program.slug,
        )

    def is_own(self, mail: str, language: str) -> bool:
        """Whether this mail has words of the program's own in this language."""
        line = self.lines.get((mail, language))
        return line is not None and line.kind is not TemplateKind.SHIPPED

    def is_missing(self, mail: str, language: str) -> bool:
        """Whether this mail has own words in another language, but not in this one."""
        return any((one.mail, one.language) == (mail, language) for one in self.missing)


@bp.get("/programs/<id:program_id>/mails", endpoint="program_mails")
def show_program_mails(program_id: int) -> str:
    """The mails, the letterhead and the seed list."""
    with reading() as session:
        return _draw(session, program_id)


@bp.post("/programs/<id:program_id>/letterhead", endpoint="save_letterhead")
def write_letterhead(program_id: int) -> Response | tuple[str, int]:
    """Save what all mails of the program have in common; it holds for what is queued from then on."""
    typed = Letterheads(
        number=request.form.get("seen", 0, type=int),
        postal_address=_typed("postal_address"),
        legal={code: _typed(f"legal.{code}") for code in LANGUAGES},
        manager_sends="manager_sends" in request.form,
        manager_replies="manager_replies" in request.form,
    )
    try:
        with writing() as session:
            get_program(session, program_id)
            save_letterhead(session, program_id, typed, by=reader().user_id, now=services().clock.now())
    except BadFile as bad:
        wrong = {f"{one.file}.{one.column}".strip("."): one.reason for one in bad.faults}
        with reading() as session:
            return _draw(session, program_id, letterhead=typed, wrong=wrong), 422
    except Overtaken:
        said = _("Somebody else saved the letterhead meanwhile. Nothing is saved yet: look, then save again.")
        with reading() as session:
            now_there = letterhead_of(session, program_id).number
            page = _draw(session, program_id, letterhead=replace(typed, number=now_there), problem=said)
            return page, 409
    return redirect(url_for("staff.program_mails", program_id=program_id), 303)


@bp.post("/programs/<id:program_id>/seeds", endpoint="save_seeds")
def write_seeds(program_id: int) -> Response | tuple[str, int]:
    """Save the addresses that tests go to."""
    typed = _typed("seeds")
    try:
        with writing() as session:
            get_program(session, program_id)
            by, now = reader().user_id, services().clock.now()
            save_seeds(session, program_id, typed.splitlines(), by=by, now=now)
    except BadFile as bad:
        first = bad.faults[0]
        said = _("Line %(line)s: %(reason)s", line=number(first.line), reason=first.reason)
        with reading() as session:
            return _draw(session, program_id, seeds=typed, wrong={"seeds": said}), 422
    return redirect(url_for("staff.program_mails", program_id=program_id), 303)


def _typed(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").replace("\r\n", "\n").strip()


def _draw(
    session: Session,
    program_id: int,
    *,
    letterhead: Letterheads | None = None,
    seeds: str | None = None,
    wrong: dict[str, str] | None = None,
    problem: str = "",
) -> str:
    view, program = view_program(session, program_id), get_program(session, program_id)
    page = MailsPage(
        program=view,
        mails=mails_of(session, program),
        lines=newest_lines(session, program_id),
        missing=missing(session, program, view.languages),
        letterhead=letterhead or letterhead_of(session, program_id),
        seeds="\n".join(seeds_of(session, program_id)) if seeds is None else seeds,
        wrong=wrong or {},
        problem=problem,
    )
    return render_template("staff/program_mails.html", page=page, languages=list(LANGUAGES))
