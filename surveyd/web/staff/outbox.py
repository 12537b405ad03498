"""The outbox: every mail as a row, counted, narrowed and searched; what is held waits here for a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution.cadence import WISHED_REMINDER, mail_step_names
from surveyd.distribution.gaps import release_touches
from surveyd.distribution.mail_examples import list_mails
from surveyd.distribution.models import MessageState
from surveyd.distribution.outbox import release_held
from surveyd.distribution.outbox_lists import (
    FILTERS,
    SORTS,
    OutboxCounts,
    OutboxPage,
    count_outbox,
    ids_of,
    list_outbox,
    touches_too,
)
from surveyd.distribution.overview import wave_names
from surveyd.people.audit import record
from surveyd.web.access import reader
from surveyd.web.filters import number, until
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import LONGEST_SEARCH, address_of, wanted
from surveyd.web.staff.mail_words import mail, mail_state
from surveyd.web.staff.wave_words import step

bp.add_app_template_filter(mail)
bp.add_app_template_filter(mail_state)


@dataclass(frozen=True, slots=True)
class MailsPage:
    """Some rows of the outbox, and how many there are in each state."""

    found: OutboxPage
    counts: OutboxCounts
    waves: list[str]
    steps: tuple[str, ...]
    wish: Wanted
    now: datetime

    @property
    def title(self) -> str:
        """The page's answer."""
        owed, held = self.counts.owed, self.counts.held
        if not self.counts.states:
            return _("No mail is like that") if self.wish.is_narrowed else _("The outbox is empty")
        if not owed:
            return _("No mail is owed")
        facts = {"owed": number(owed), "held": number(held)}
        if held:
            return ngettext(
                "1 mail is owed, %(held)s held", "%(owed)s mails are owed, %(held)s held", owed, **facts
            )
        return ngettext("1 mail is owed", "%(owed)s mails are owed", owed, **facts)

    @property
    def oldest(self) -> str:
        """How long the oldest owed mail has waited, in words."""
        if self.counts.oldest is None:
            return ""
        if self.counts.oldest > self.now:
            return _("The next is due %(when)s.", when=until(self.counts.oldest, self.now))
        return _("The oldest is %(late)s.", late=until(self.counts.oldest, self.now))

    @property
    def states(self) -> list[tuple[str, str, int]]:
        """Each state that a mail of the filter is in, in words, with its count."""
        counts = self.counts.states
        return [
            (state.value, mail_state(state.value), counts[state]) for state in MessageState if state in counts
        ]

    @property
    def releasable(self) -> int:
        """How many mails and planned touches of the filter wait for a person's word."""
        return self.counts.held + self.counts.held_touches

    @property
    def filters(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What the list can be narrowed by."""
        return [
            ("state", _("State"), [(state.value, mail_state(state.value)) for state in MessageState]),
            ("wave", _("Wave"), [(slug, slug) for slug in self.waves]),
            ("step", _("Step"), [(name, step(name)) for name in self.steps]),
            ("name", _("Mail"), [(kind.name, mail(kind.name)) for kind in list_mails()]),
        ]


@bp.get("/outbox", endpoint="outbox")
def show_outbox() -> str:
    """The mails, newest first."""
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="-made")
    with reading() as session:
        page = MailsPage(
            list_outbox(session, wish),
            count_outbox(session, wish),
            wave_names(session),
            (*mail_step_names(session), WISHED_REMINDER),
            wish,
            services().clock.now(),
        )
    return render_template("staff/outbox.html", page=page)


@bp.post("/outbox/release")
def release_outbox() -> Response:
    """Let all held mails of the filter go, and the held touches that it fits; a second press finds none."""
    wish, now = _sent_filter(request.form), services().clock.now()
    with writing() as session:
        mails = release_held(session, now=now, among=ids_of(wish))
        touches = 0
        if touches_too(wish):
            touches = release_touches(session, now=now, wave=wish.filters["wave"], step=wish.filters["step"])
        record(
            session,
            action="release",
            thing="outbox",
            thing_id=None,
            by=reader().user_id,
            now=now,
            facts={"mails": mails, "touches": touches},
        )
    address: dict[str, Any] = {**address_of(wish)}
    return redirect(url_for("staff.outbox", **address), 303)


def _sent_filter(sent: MultiDict[str, str]) -> Wanted:
    """The filter that the button stood under."""
    words = {name: sent.get(name, "").replace("\0", "").strip() for name in ("search", *FILTERS)}
    return Wanted(search=words.pop("search")[:LONGEST_SEARCH], filters={**words, "state": ""})
