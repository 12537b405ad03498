"""Writing a program's own words for a mail, with a preview that follows the typing, and sending a test of it.

The words live in versions. Who saves what somebody else changed meanwhile is told, and loses nothing.
"""

from dataclasses import dataclass

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault, Refused
from surveyd.base.services import services
from surveyd.distribution.letterheads import seeds_of
from surveyd.distribution.mail_checks import LONGEST, Draft, check
from surveyd.distribution.mail_fields import Field, Part, fields_of
from surveyd.distribution.mail_starters import mjml_starter, starter
from surveyd.distribution.mail_templates import (
    Overtaken,
    Place,
    VersionLine,
    newest,
    newest_number,
    place_of,
    save,
    versions_of,
)
from surveyd.distribution.mail_tests import EXAMPLE, send_test
from surveyd.distribution.mails import direction, spoken
from surveyd.distribution.program_lists import ProgramView, get_program, view_program
from surveyd.distribution.template_models import TemplateKind
from surveyd.web.access import reader
from surveyd.web.filters import language as language_name
from surveyd.web.filters import number, words
from surveyd.web.staff.frame import bp
from surveyd.web.staff.mail_drafts import (
    SHAPES,
    Typed,
    addressee,
    drawn_mail,
    refused,
    said,
    told,
    typed_draft,
)


@dataclass(frozen=True, slots=True)
class MailPage:
    """One mail in its form. `theirs` is the version that somebody else saved meanwhile."""

    program: ProgramView
    place: Place
    typed: Typed
    versions: list[VersionLine]
    faults: tuple[Fault, ...] = ()
    theirs: VersionLine | None = None
    problem: str = ""
    saved: bool = False
    seeds: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        facts = {"mail": words(self.place.mail), "language": language_name(self.place.language)}
        if self.is_own:
            return _("Own words of %(mail)s in %(language)s", **facts)
        return _("Shipped words of %(mail)s in %(language)s", **facts)

    @property
    def is_own(self) -> bool:
        """Whether the program's own words hold now."""
        return bool(self.versions) and self.versions[0].kind is not TemplateKind.SHIPPED

    @property
    def fields(self) -> tuple[Field, ...]:
        """What can be filled in."""
        return fields_of(self.place.mail)

    @property
    def direction(self) -> str:
        """The way in which the language is written."""
        return direction(spoken(self.place.language))

    def wrong(self, part: str) -> list[str]:
        """What must be mended in one part."""
        return [said(fault) for fault in self.faults if fault.file == part]

    @staticmethod
    def longest(part: str) -> int:
        """How many characters a part may have."""
        return LONGEST[Part(part)]


PATH = "/programs/<id:program_id>/mails/<mail>/<language>"


@bp.get(PATH)
def edit_mail(program_id: int, mail: str, language: str) -> str:
    """The form: the newest own words, else the shipped ones to begin from, as HTML or as MJML."""
    with reading() as session:
        place = mail_place(session, program_id, mail, language)
        typed = Typed(_begun(session, place), newest_number(session, place), "", SHAPES[0], [])
        return _draw(session, place, typed, saved="saved" in request.args)


@bp.post(PATH)
def save_mail(program_id: int, mail: str, language: str) -> Answer | tuple[str, int]:
    """Save the words as the newest version, or say what must be mended first."""
    typed = typed_draft()
    try:
        with writing() as session:
            place = mail_place(session, program_id, mail, language)
            by, now = reader().user_id, services().clock.now()
            save(session, place, typed.draft, seen=typed.seen, by=by, now=now)
    except BadFile as bad:
        with reading() as session:
            place = mail_place(session, program_id, mail, language)
            return _draw(session, place, typed, faults=bad.faults), 422
    except Overtaken:
        with reading() as session:
            return _overtaken(session, mail_place(session, program_id, mail, language), typed), 409
    where = url_for("staff.edit_mail", program_id=program_id, mail=mail, language=language, saved="yes")
    return redirect(where, 303)


@bp.get(f"{PATH}/preview")
def show_mail(program_id: int, mail: str, language: str) -> Response:
    """The words that the form begins with, for the frame beside it."""
    with reading() as session:
        place = mail_place(session, program_id, mail, language)
        return drawn_mail(session, place, Typed(_begun(session, place), 0, "", SHAPES[0], []))


@bp.post(f"{PATH}/preview")
def preview_mail(program_id: int, mail: str, language: str) -> Response:
    """The words as they are typed, for the frame beside the form; nothing is saved."""
    with reading() as session:
        return drawn_mail(session, mail_place(session, program_id, mail, language), typed_draft())


@bp.post(f"{PATH}/test")
def test_mail(program_id: int, mail: str, language: str) -> Response:
    """Send the words as they are typed to ourselves; the frame says what came of it, the form stays."""
    typed = typed_draft()
    with reading() as session:
        place = mail_place(session, program_id, mail, language)
    checked = check(typed.draft, mail)
    if checked.faults:
        return refused(checked.faults)
    try:
        with writing() as session:
            count = send_test(
                session,
                place,
                checked.template(typed.draft, language),
                addresses=typed.addresses or seeds_of(session, program_id),
                to=addressee(session, typed.search) or EXAMPLE,
                by=reader().user_id,
                now=services().clock.now(),
                mail_domain=services().config.mail_domain,
            )
    except Refused as error:
        return told(str(error), 422)
    return told(ngettext("1 test is on its way.", "%(n)s tests are on their way.", count, n=number(count)))


def mail_place(session: Session, program_id: int, mail: str, language: str) -> Place:
    """The mail of the address. Raises NotFound for one that the program does not send."""
    program = get_program(session, program_id)
    return place_of(session, program, mail, language, view_program(session, program_id).languages)


def _begun(session: Session, place: Place) -> Draft:
    """What the form begins with."""
    own = newest(session, place)
    if own is not None and "begin" not in request.args:
        return own.draft
    shipped = starter(place.mail, place.language)
    as_mjml = request.args.get("begin") == TemplateKind.MJML.value
    source = mjml_starter(place.mail, place.language) if as_mjml else shipped.html
    return Draft(shipped.subject, shipped.text, source)


def _overtaken(session: Session, place: Place, typed: Typed) -> str:
    """The form once more: the next save goes on from what the other one saved."""
    problem = _(
        "Somebody else saved this mail meanwhile. Nothing of yours is lost, and nothing is saved yet: "
        "compare, then save again."
    )
    now_there = newest_number(session, place)
    still = Typed(typed.draft, now_there, typed.search, typed.shape, typed.addresses)
    return _draw(session, place, still, problem=problem, is_overtaken=True)


def _draw(
    session: Session,
    place: Place,
    typed: Typed,
    *,
    faults: tuple[Fault, ...] = (),
    problem: str = "",
    saved: bool = False,
    is_overtaken: bool = False,
) -> str:
    versions = versions_of(session, place)
    page = MailPage(
        program=view_program(session, place.program_id),
        place=place,
        typed=typed,
        versions=versions,
        faults=faults,
        theirs=versions[0] if is_overtaken and versions else None,
        problem=problem,
        saved=saved,
        seeds="\n".join(typed.addresses or seeds_of(session, place.program_id)),
    )
    return render_template("staff/mail_edit.html", page=page, shapes=SHAPES)
