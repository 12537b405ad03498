"""One mail: its whole story in order, what it says, and what a person decides about a held one."""

from dataclasses import dataclass
from datetime import datetime

from flask import make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import services
from surveyd.distribution.mails import Words
from surveyd.distribution.models import MessageState
from surveyd.distribution.outbox import cancel_held, release_held
from surveyd.distribution.stories import Story, preview, tell_story
from surveyd.people.audit import record
from surveyd.web.access import reader
from surveyd.web.filters import number, words
from surveyd.web.staff.frame import bp
from surveyd.web.staff.mail_words import EXPLAINED, mail, mail_state

FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""Nothing in a preview does anything: no script, no form, no link."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a mail, or is to happen; `at` is None where no time belongs to it."""

    what: str
    at: datetime | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One mail. `words` is None when it cannot be written."""

    story: Story
    words: Words | None

    @property
    def title(self) -> str:
        """The page's answer."""
        facts = {"mail": mail(self.story.name), "to": self.story.to, "state": mail_state(self.story.state)}
        return _("The %(mail)s to %(to)s is %(state)s", **facts)

    @property
    def is_held(self) -> bool:
        return self.story.state is MessageState.HELD

    @property
    def explained(self) -> str:
        """What the state means."""
        if self.story.awaits_paper and self.story.state is MessageState.QUEUED:
            return _("It waits for the PDF that goes with it.")
        return EXPLAINED[self.story.state]

    @property
    def events(self) -> list[Event]:
        """What happened, in order."""
        return [*_before(self.story), *_sending(self.story), *_after(self.story)]


def _before(story: Story) -> list[Event]:
    """Until it may go."""
    events = []
    if story.planned_at is not None:
        events.append(Event(_("Planned by the cadence for"), story.planned_at))
    events += [Event(_("Written into the outbox"), story.created_at), Event(_("Due"), story.due_at)]
    if story.stale_at is not None and story.state is MessageState.QUEUED:
        events.append(Event(_("Sent until then, or in the next sending hours"), story.stale_at))
    return events


def _sending(story: Story) -> list[Event]:
    """What senders did with it."""
    events = []
    if story.lease_by:
        events.append(Event(_("Claimed by a sender until"), story.lease_until, story.lease_by))
    if story.begun_at is not None:
        events.append(Event(_("Last begun, by the machine's own clock"), story.begun_at, _tries(story)))
    if story.sent_at is not None:
        events.append(Event(_("Taken by the relay"), story.sent_at))
    return events


def _tries(story: Story) -> str:
    """How often it was tried, and how many copies there may be where that is not plain."""
    tries = ngettext("1 attempt", "%(many)s attempts", story.attempts, many=number(story.attempts))
    if not story.copies or (story.copies == 1 and story.state is MessageState.SENT):
        return tries
    copies = ngettext(
        "1 copy may have gone out",
        "%(many)s copies may have gone out",
        story.copies,
        many=number(story.copies),
    )
    return f"{tries}, {copies}"


def _after(story: Story) -> list[Event]:
    """How it ended."""
    events = []
    if story.state is not MessageState.SENT or story.reason:
        events.append(Event(_("Now %(state)s", state=mail_state(story.state)), None, words(story.reason)))
    if story.stop is not None:
        what = _("This mail put the address on the list of those not to be mailed")
        if not story.stop.ours:
            what = _("The address is on the list of those not to be mailed")
        note = (
            f"{words(story.stop.reason)}: {story.stop.detail}"
            if story.stop.detail
            else words(story.stop.reason)
        )
        events.append(Event(what, story.stop.at, note))
    return events


@bp.get("/outbox/<id:message_id>", endpoint="message")
def show_message(message_id: int) -> str:
    """One mail's story."""
    with reading() as session:
        story = tell_story(session, message_id)
        said = preview(session, message_id, base_url=services().config.base_url)
    return render_template("staff/message.html", page=MessagePage(story, said))


@bp.get("/outbox/<id:message_id>/html")
def message_html(message_id: int) -> Response:
    """What the mail looks like, for the frame; its personal links are dead."""
    with reading() as session:
        said = preview(session, message_id, base_url=services().config.base_url)
    if said is None:
        raise NotFound("mail", message_id)
    response = make_response(said.html)
    response.headers["Content-Security-Policy"] = FRAME
    return response


@bp.post("/outbox/<id:message_id>/release")
def release_message(message_id: int) -> Response:
    """Let one held mail go; a second press finds it released."""
    now = services().clock.now()
    with writing() as session:
        tell_story(session, message_id)
        released = release_held(session, now=now, message_id=message_id)
        if released:
            record(
                session, action="release", thing="message", thing_id=message_id, by=reader().user_id, now=now
            )
    return redirect(url_for("staff.message", message_id=message_id), 303)


@bp.post("/outbox/<id:message_id>/cancel")
def cancel_message(message_id: int) -> Response:
    """Never send one held mail; a second press finds it cancelled. One that has gone its way is refused."""
    now = services().clock.now()
    with writing() as session:
        story = tell_story(session, message_id)
        if cancel_held(session, message_id):
            record(
                session, action="cancel", thing="message", thing_id=message_id, by=reader().user_id, now=now
            )
        elif story.state is not MessageState.CANCELLED:
            raise Refused(_("This mail is not held any more; look at it again."))
    return redirect(url_for("staff.message", message_id=message_id), 303)
