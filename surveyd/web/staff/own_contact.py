"""One contact before a wave, or one who is missing: confirmed, corrected, left out with a reason, added."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution import contact_marks, waves
from surveyd.distribution.confirmation_models import WhyExcluded
from surveyd.distribution.confirmations import Round, get_round
from surveyd.distribution.models import Wave
from surveyd.distribution.own_contacts import OwnContact, find_own, own_accounts
from surveyd.people.contacts import AddressTaken
from surveyd.web.access import reader
from surveyd.web.staff.confirmation_forms import CorrectForm, ExcludeForm, NewContactForm
from surveyd.web.staff.confirmation_words import REASONS, STATES
from surveyd.web.staff.frame import bp
from surveyd.web.staff.own_contacts import back_to_list, own_page, own_wish, whose
from surveyd.web.staff.wave_words import RULES

Say = Callable[[Session, Wave, datetime], object]


@dataclass(frozen=True, slots=True)
class ContactView:
    """One contact with the two forms about them."""

    wave_id: int
    wave: str
    round: Round
    line: OwnContact
    form: CorrectForm
    why: ExcludeForm
    problem: str


@bp.get("/confirmations/<id:wave_id>/contacts/<id:contact_id>", endpoint="own_contact")
def show_own_contact(wave_id: int, contact_id: int) -> str:
    """One contact."""
    return _page(wave_id, contact_id)


@bp.post("/confirmations/<id:wave_id>/contacts/<id:contact_id>/confirm")
def confirm_contact(wave_id: int, contact_id: int) -> Response | tuple[str, int]:
    """Say that a contact is right."""
    return _say(wave_id, contact_id, contact_marks.confirm)


@bp.post("/confirmations/<id:wave_id>/contacts/<id:contact_id>/take-back")
def take_back_mark(wave_id: int, contact_id: int) -> Response | tuple[str, int]:
    """Take back what was said of a contact."""
    return _say(wave_id, contact_id, contact_marks.take_back)


@bp.post("/confirmations/<id:wave_id>/contacts/<id:contact_id>/exclude")
def exclude_contact(wave_id: int, contact_id: int) -> Response | tuple[str, int]:
    """Leave a contact out of this wave."""
    form, now, by = ExcludeForm(request.form), services().clock.now(), reader().user_id
    if not form.validate():
        return _page(wave_id, contact_id, why=form), 422
    try:
        with writing() as session:
            contact_marks.exclude(
                session,
                waves.get_wave(session, wave_id),
                contact_id,
                why=WhyExcluded(form.why.data),
                words=form.words.data or "",
                scope=reader().scope,
                by=by,
                now=now,
            )
    except Refused as refused:
        return _page(wave_id, contact_id, why=form, problem=str(refused)), 422
    return back_to_list(wave_id, contact_id)


@bp.post("/confirmations/<id:wave_id>/contacts/<id:contact_id>/correct")
def correct_contact(wave_id: int, contact_id: int) -> Response | tuple[str, int]:
    """Correct a contact; what was typed on an older state is shown beside what stands now."""
    form, now, by = CorrectForm(request.form), services().clock.now(), reader().user_id
    with reading() as session:
        _prepare(session, wave_id, form, _find(session, wave_id, contact_id))
    if not form.validate():
        return _page(wave_id, contact_id, form=form), 422
    try:
        with writing() as session:
            contact_marks.correct(
                session,
                waves.get_wave(session, wave_id),
                contact_id,
                form.facts,
                seen=form.seen_at,
                scope=reader().scope,
                by=by,
                now=now,
            )
    except AddressTaken as taken:
        form.email.errors = [str(taken)]
        return _page(wave_id, contact_id, form=form), 422
    except Refused as refused:
        return _page(wave_id, contact_id, form=form, problem=str(refused)), 422
    return back_to_list(wave_id, contact_id)


@bp.get("/confirmations/<id:wave_id>/new")
def new_contact(wave_id: int) -> str:
    """The form for somebody who is missing."""
    return _new_page(wave_id)


@bp.post("/confirmations/<id:wave_id>/new")
def add_own_contact(wave_id: int) -> Response | tuple[str, int]:
    """Add somebody who is missing."""
    form, now, by = NewContactForm(request.form), services().clock.now(), reader().user_id
    with reading() as session:
        _offer(session, wave_id, form)
    if not form.validate():
        return _new_page(wave_id, form), 422
    try:
        with writing() as session:
            wave = waves.get_wave(session, wave_id)
            added = contact_marks.add(session, wave, form.new, scope=reader().scope, by=by, now=now).id
    except AddressTaken as taken:
        form.email.errors = [str(taken)]
        return _new_page(wave_id, form), 422
    except Refused as refused:
        return _new_page(wave_id, form, str(refused)), 422
    return back_to_list(wave_id, added)


def _say(wave_id: int, contact_id: int, verb: Callable[..., None]) -> Response | tuple[str, int]:
    now, scope, by = services().clock.now(), reader().scope, reader().user_id
    try:
        with writing() as session:
            verb(session, waves.get_wave(session, wave_id), contact_id, scope=scope, by=by, now=now)
    except Refused as refused:
        return own_page(wave_id, str(refused)), 422
    return back_to_list(wave_id, contact_id)


def _find(session: Session, wave_id: int, contact_id: int) -> OwnContact:
    wave, now = waves.get_wave(session, wave_id), services().clock.now()
    program = waves.program_of(session, wave)
    return find_own(session, wave, program, contact_id, scope=reader().scope, now=now)


def _prepare(session: Session, wave_id: int, form: CorrectForm, line: OwnContact) -> None:
    wave = waves.get_wave(session, wave_id)
    spoken = waves.questionnaire_of(session, wave).languages
    # What the company's own lists say stays on offer.
    known = [*spoken, *([line.language] if line.language and line.language not in spoken else [])]
    form.speak(known, waves.program_of(session, wave).language)
    form.country, form.needs_address = line.country, bool(line.email)


def _page(
    wave_id: int,
    contact_id: int,
    *,
    form: CorrectForm | None = None,
    why: ExcludeForm | None = None,
    problem: str = "",
) -> str:
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        found = get_round(session, wave, now=services().clock.now())
        line = _find(session, wave_id, contact_id)
        typed = form or CorrectForm(obj=line)
        _prepare(session, wave_id, typed, line)
    if form is None or problem:
        # The next press is about what stands now, which is shown.
        typed.seen.data = line.updated_at.isoformat()
    chosen = why or ExcludeForm(data={"why": line.why.value if line.why else None, "words": line.words})
    page = ContactView(wave_id, wave.slug, found, line, typed, chosen, problem)
    words = {"reasons": REASONS, "states": STATES, "rules": RULES, "wish": own_wish()}
    return render_template("staff/own_contact.html", page=page, **words)


def _offer(session: Session, wave_id: int, form: NewContactForm) -> Round:
    wave, now = waves.get_wave(session, wave_id), services().clock.now()
    found = get_round(session, wave, now=now)
    manager_id = whose(request.args.get("manager"))
    accounts = own_accounts(session, wave, scope=reader().scope, manager_id=manager_id)
    form.offer((one.id, one.name) for one in accounts)
    form.speak(waves.questionnaire_of(session, wave).languages, waves.program_of(session, wave).language)
    form.country = next((one.country for one in accounts if str(one.id) == form.account.data), "")
    return found


def _new_page(wave_id: int, form: NewContactForm | None = None, problem: str = "") -> str:
    typed = form or NewContactForm(account=request.args.get("account", ""))
    with reading() as session:
        found = _offer(session, wave_id, typed)
        wave = waves.get_wave(session, wave_id).slug
    page = {"wave_id": wave_id, "wave": wave, "round": found, "form": typed, "problem": problem}
    return render_template("staff/own_contact_new.html", page=page, wish=own_wish())
