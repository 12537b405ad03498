"""The contacts that an account manager looks through before a wave: the list, and what is said of many."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution import contact_marks, waves
from surveyd.distribution.confirmation_sums import ManagerSums, sums_of
from surveyd.distribution.confirmations import Phase, Round, get_round
from surveyd.distribution.own_contacts import NamedAccount, OwnContacts, list_own, without_decider
from surveyd.people.access import Reach
from surveyd.web.access import reader
from surveyd.web.filters import day, number
from surveyd.web.staff.confirmation_forms import ManagerForm
from surveyd.web.staff.confirmation_words import REASONS, SHOWN, STATES
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import address_of, wanted
from surveyd.web.staff.wave_words import RULES

FILTERS = ("show", "manager")
LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class OwnPage:
    """Some contacts of one manager, or of all whom the reader may see; `manager_id` is None for all."""

    wave_id: int
    wave: str
    program: str
    round: Round
    manager_id: int | None
    managers: tuple[ManagerSums, ...]
    found: OwnContacts
    lacking: tuple[NamedAccount, ...]
    wish: Wanted
    is_own: bool
    problem: str

    @property
    def planned(self) -> int:
        return sum(one.planned for one in self._meant)

    @property
    def looked_at(self) -> int:
        return sum(one.looked_at for one in self._meant)

    @property
    def left(self) -> int:
        """Of how many contacts nothing was said."""
        return max(0, self.planned - self.looked_at)

    @property
    def excluded(self) -> int:
        return sum(one.excluded for one in self._meant)

    @property
    def manager(self) -> ManagerSums | None:
        """Whose contacts these are; None for those of several."""
        return next((one for one in self.managers if one.user_id == self.manager_id), None)

    @property
    def runs(self) -> bool:
        return self.round.runs

    @property
    def until(self) -> date:
        return self.round.until

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.planned:
            return _("None of these contacts is in %(wave)s", wave=self.wave)
        facts = {"said": number(self.looked_at), "many": number(self.planned)}
        if not self.left:
            return ngettext(
                "The contact is looked at", "All %(many)s contacts are looked at", self.planned, **facts
            )
        return ngettext(
            "%(said)s of 1 contact is looked at",
            "%(said)s of %(many)s contacts are looked at",
            self.planned,
            **facts,
        )

    @property
    def standing(self) -> str:
        """What can be said now, and until when."""
        if self.runs:
            return _(
                "You can say something until the end of %(day)s. Of whom you say nothing, they stay in and"
                " are asked.",
                day=day(self.until),
            )
        if self.round.phase is Phase.LAUNCHED:
            return _("The wave is launched: who is in it is fixed.")
        if self.round.phase is Phase.CANCELLED:
            return _("The wave was cancelled: nobody is asked.")
        return _("The time to say something was over on %(day)s; what was said holds.", day=day(self.until))

    @property
    def filters(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What the list can be narrowed by."""
        shown = [("show", _("Show"), [(name, str(said)) for name, said in SHOWN.items()])]
        if self.is_own:
            return shown
        named = [(str(one.user_id), one.name) for one in self.managers if one.user_id]
        return [*shown, ("manager", _("Account manager"), named)]

    @property
    def _meant(self) -> tuple[ManagerSums, ...]:
        if self.manager_id is None:
            return self.managers
        return tuple(one for one in self.managers if one.user_id == self.manager_id)


@bp.get("/confirmations/<id:wave_id>", endpoint="own_contacts")
def show_own_contacts(wave_id: int) -> str:
    """The contacts of the reader's accounts, page by page."""
    return own_page(wave_id)


@bp.post("/confirmations/<id:wave_id>/rest")
def confirm_rest(wave_id: int) -> Response | tuple[str, int]:
    """Confirm all of one manager of whom nothing was said."""
    form = ManagerForm(request.form)
    if not form.validate():
        return own_page(wave_id, _("Say whose contacts are meant.")), 422
    manager_id, now, by = whose(form.manager.data), services().clock.now(), reader().user_id
    try:
        with writing() as session:
            wave, seen = waves.get_wave(session, wave_id), form.contacts.data or 0
            contact_marks.confirm_rest(
                session, wave, manager_id=manager_id or 0, seen=seen, scope=reader().scope, by=by, now=now
            )
    except Refused as refused:
        return own_page(wave_id, str(refused)), 422
    return back_to_list(wave_id)


@bp.post("/confirmations/<id:wave_id>/finish")
def finish_confirmation(wave_id: int) -> Response | tuple[str, int]:
    """Say that one manager's contacts are looked through."""
    form = ManagerForm(request.form)
    if not form.validate():
        return own_page(wave_id, _("Say whose contacts are meant.")), 422
    manager_id, now, by = whose(form.manager.data), services().clock.now(), reader().user_id
    try:
        with writing() as session:
            wave = waves.get_wave(session, wave_id)
            contact_marks.finish(
                session, wave, manager_id=manager_id or 0, scope=reader().scope, by=by, now=now
            )
    except Refused as refused:
        return own_page(wave_id, str(refused)), 422
    return back_to_list(wave_id)


def own_page(wave_id: int, problem: str = "") -> str:
    """The list as the address asks for it; `problem` is what could not be done."""
    with reading() as session:
        page = _read(session, wave_id, own_wish(), problem)
    words = {"reasons": REASONS, "states": STATES, "rules": RULES}
    return render_template("staff/own_contacts.html", page=page, **words)


def own_wish() -> Wanted:
    """What the address asks for."""
    return wanted(sorts=(), filters=FILTERS, sort="")


def whose(manager: object) -> int | None:
    """Whose contacts are meant: an account manager means their own, whatever stands in the address."""
    if reader().scope.reach is Reach.OWN_ACCOUNTS:
        return reader().user_id
    text = str(manager or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID else None


def back_to_list(wave_id: int, contact_id: int | None = None) -> Response:
    """Back to the list as it was narrowed, at the contact that something was said of."""
    place = {**address_of(own_wish()), "after": request.args.get("after", "")}
    known: dict[str, Any] = {name: said for name, said in place.items() if said}
    anchor = f"contact-{contact_id}" if contact_id else None
    return redirect(url_for("staff.own_contacts", wave_id=wave_id, _anchor=anchor, **known), 303)


def _read(session: Session, wave_id: int, wish: Wanted, problem: str) -> OwnPage:
    now, scope = services().clock.now(), reader().scope
    wave = waves.get_wave(session, wave_id)
    program = waves.program_of(session, wave)
    manager_id, is_own = whose(wish.filters["manager"]), scope.reach is Reach.OWN_ACCOUNTS
    return OwnPage(
        wave_id=wave.id,
        wave=wave.slug,
        program=program.slug,
        round=get_round(session, wave, now=now),
        manager_id=manager_id,
        managers=sums_of(session, wave, program, scope=scope, now=now),
        found=list_own(session, wave, program, wish=wish, scope=scope, now=now, manager_id=manager_id),
        lacking=without_decider(session, wave, program, scope=scope, now=now, manager_id=manager_id),
        wish=wish,
        is_own=is_own,
        problem=problem,
    )
