"""The versions of a mail: one beside the words that hold now, line by line, and bringing one back."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Refused
from surveyd.base.services import services
from surveyd.distribution.mail_checks import Draft
from surveyd.distribution.mail_starters import starter
from surveyd.distribution.mail_templates import (
    SHIPPED,
    Overtaken,
    Place,
    VersionLine,
    bring_back,
    get_version,
    newest,
    newest_number,
)
from surveyd.distribution.program_lists import ProgramView, view_program
from surveyd.distribution.template_models import TemplateKind
from surveyd.web.access import reader
from surveyd.web.filters import language as language_name
from surveyd.web.filters import number as spelled
from surveyd.web.filters import words
from surveyd.web.staff.frame import bp
from surveyd.web.staff.mail_drafts import said
from surveyd.web.staff.mail_editing import PATH, mail_place

AROUND = 2
"""Lines that stay and are shown on either side of a change."""
SAME, GONE, NEW, SKIPPED = "same", "gone", "new", "skipped"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison, or a gap between two runs of them."""

    fate: str
    text: str


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One version of a mail, and what has changed since; `line` is None for the shipped words."""

    program: ProgramView
    place: Place
    number: int
    line: VersionLine | None
    before: Draft
    after: Draft
    newest: int

    @property
    def title(self) -> str:
        """The page's answer."""
        facts = {"mail": words(self.place.mail), "language": language_name(self.place.language)}
        if self.line is None:
            return _("The shipped words of %(mail)s in %(language)s", **facts)
        return _("Version %(n)s of %(mail)s in %(language)s", n=spelled(self.number), **facts)

    @property
    def changes(self) -> list[tuple[str, list[Line]]]:
        """The parts that differ from what holds now, line by line."""
        parts = (
            (_("Subject"), self.before.subject, self.after.subject),
            (_("Plain text"), self.before.text, self.after.text),
            (_("HTML"), self.before.source, self.after.source),
        )
        return [(name, list(compared(old, new))) for name, old, new in parts if old != new]


@bp.get(f"{PATH}/shipped")
def shipped_mail(program_id: int, mail: str, language: str) -> str:
    """The shipped words beside those that hold now."""
    return _compare(program_id, mail, language, SHIPPED)


@bp.get(f"{PATH}/versions/<id:number>")
def mail_version(program_id: int, mail: str, language: str, number: int) -> str:
    """One version beside the words that hold now."""
    return _compare(program_id, mail, language, number)


def _compare(program_id: int, mail: str, language: str, number: int) -> str:
    with reading() as session:
        place = mail_place(session, program_id, mail, language)
        earlier = None if number == SHIPPED else get_version(session, place, number)
        holds = newest(session, place)
        shipped = starter(place.mail, place.language)
        begins = Draft(shipped.subject, shipped.text, shipped.html)
        is_own = earlier is not None and earlier.line.kind is not TemplateKind.SHIPPED
        page = VersionPage(
            program=view_program(session, program_id),
            place=place,
            number=number,
            line=earlier.line if earlier else None,
            before=earlier.draft if earlier is not None and is_own else begins,
            after=holds.draft if holds else begins,
            newest=newest_number(session, place),
        )
    return render_template("staff/mail_version.html", page=page)


@bp.post(f"{PATH}/back")
def bring_back_mail(program_id: int, mail: str, language: str) -> Response:
    """Let an earlier version, or the shipped words, hold again; that is a new version of its own."""
    number, seen = (request.form.get(name, 0, type=int) for name in ("number", "seen"))
    by, now = reader().user_id, services().clock.now()
    try:
        with writing() as session:
            place = mail_place(session, program_id, mail, language)
            bring_back(session, place, number, seen=seen, by=by, now=now)
    except Overtaken as error:
        raise Refused(_("Somebody else saved this mail meanwhile; look at it again.")) from error
    except BadFile as bad:
        raise Refused(said(bad.faults[0])) from bad
    return redirect(url_for("staff.edit_mail", program_id=program_id, mail=mail, language=language), 303)


def compared(old: str, new: str) -> Iterator[Line]:
    """Both texts line by line; long runs that stayed are skipped but for their edges."""
    before, after = old.splitlines(), new.splitlines()
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (Line(GONE, text) for text in before[a:b])
            yield from (Line(NEW, text) for text in after[c:d])
            continue
        first = 0 if a == 0 else AROUND
        last = 0 if b == len(before) else AROUND
        if b - a <= first + last + 1:
            yield from (Line(SAME, text) for text in before[a:b])
            continue
        yield from (Line(SAME, text) for text in before[a : a + first])
        yield Line(SKIPPED, "…")
        yield from (Line(SAME, text) for text in before[b - last : b])
