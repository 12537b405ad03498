"""Publishing an edit: what changes, what is missing, which programs take it, and who gets it at once."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import services
from surveyd.distribution.program_lists import get_program
from surveyd.distribution.questionnaire_edits import (
    Edit,
    Overtaken,
    find_edit,
    get_edit,
    publish_edit,
)
from surveyd.distribution.questionnaire_moves import use_in_program
from surveyd.distribution.questionnaire_uses import Use, uses_of
from surveyd.distribution.questionnaires import current_questionnaire, versions_of
from surveyd.forms.logic import Logic, check_logic
from surveyd.forms.translations import Spoken, spoken
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.questionnaire_comparison import Changes, changes_of

LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """The edit before it is published. `chosen` programs take it, and those `at_once` in open waves too.

    `is_known` says that a version has this text already, under the same `number`.
    """

    slug: str
    edit: Edit
    number: int
    changes: Changes
    logic: Logic
    languages: tuple[Spoken, ...]
    uses: list[Use]
    chosen: frozenset[int]
    at_once: frozenset[int]
    is_known: bool = False
    problem: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        count = self.changes.count
        if not count:
            return _("The edit of %(name)s changes nothing yet", name=self.slug)
        return ngettext(
            "Version %(version)s of %(name)s changes one thing",
            "Version %(version)s of %(name)s changes %(n)s things",
            count,
            version=number(self.number),
            name=self.slug,
            n=number(count),
        )

    @property
    def why_not(self) -> str:
        """Why it cannot be published; empty when it can."""
        if not self.changes.count:
            return _("There is nothing to publish: change something first.")
        return _("Mend the logic first.") if self.logic.faults else ""

    @property
    def lacking(self) -> list[Spoken]:
        """The languages in which texts are missing."""
        return [each for each in self.languages if each.missing]

    @property
    def unsigned(self) -> list[Spoken]:
        """The complete languages that no native speaker has signed."""
        return [each for each in self.languages if not each.missing and not each.is_ready]


@bp.get("/questionnaires/<slug>/publish")
def review_questionnaire(slug: str) -> Response | str:
    """What publishing would do."""
    with reading() as session:
        edit = find_edit(session, slug)
        if edit is None:
            return redirect(url_for("staff.questionnaire", slug=slug), 303)
        chosen = frozenset(use.program_id for use in uses_of(session, slug))
        return _draw(session, edit, chosen=chosen)


@bp.post("/questionnaires/<slug>/publish")
def publish_questionnaire(slug: str) -> Response | tuple[str, int]:
    """Publish what was looked at, and hand it to the chosen programs: all of it, or nothing."""
    chosen, at_once = _ids("program"), _ids("at_once")
    try:
        with writing() as session:
            _publish(session, slug, chosen=chosen, at_once=at_once)
    except Refused as refused:
        with reading() as session:
            page = _draw(
                session, get_edit(session, slug), chosen=chosen, at_once=at_once, problem=str(refused)
            )
        return page, 409 if isinstance(refused, Overtaken) else 422
    return redirect(url_for("staff.questionnaire", slug=slug, _anchor="versions"), 303)


def _publish(session: Session, slug: str, *, chosen: frozenset[int], at_once: frozenset[int]) -> None:
    by, now, edit = reader().user_id, services().clock.now(), get_edit(session, slug)
    if request.form.get("revision") != str(edit.revision):
        raise Overtaken("The edit was changed since you looked; this is what it says now.")
    users = {use.program_id for use in uses_of(session, slug)}
    if not chosen <= users:
        raise NotFound("program of this questionnaire", sorted(chosen - users))
    version_id = publish_edit(session, edit, by=by, now=now)
    for program_id in sorted(chosen):
        program = get_program(session, program_id)
        use_in_program(session, program, version_id, open_waves=program_id in at_once, now=now, by=by)


def _draw(
    session: Session,
    edit: Edit,
    *,
    chosen: frozenset[int],
    at_once: frozenset[int] = frozenset(),
    problem: str = "",
) -> str:
    slug = edit.slug
    current, versions = current_questionnaire(session, slug), versions_of(session, slug)
    known = next((line for line in versions if line.digest == edit.questionnaire.digest), None)
    page = ReviewPage(
        slug=slug,
        edit=edit,
        number=known.number if known else len(versions) + 1,
        changes=changes_of(current, edit.questionnaire),
        logic=check_logic(edit.questionnaire),
        languages=spoken(edit.questionnaire),
        uses=uses_of(session, slug),
        chosen=chosen,
        at_once=at_once,
        is_known=known is not None,
        problem=problem,
    )
    return render_template("staff/questionnaire_review.html", page=page)


def _ids(name: str) -> frozenset[int]:
    """The ids that were ticked. Raises NotFound for a number that no id can be."""
    sent = [one for one in request.form.getlist(name) if one.isascii() and one.isdigit()]
    if any(len(one) > LONGEST_ID for one in sent):
        raise NotFound("program", name)
    return frozenset(int(one) for one in sent)
