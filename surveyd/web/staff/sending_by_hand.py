"""One person and the wave that runs: send again, remind now, invite them or a colleague, or say why not."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution import by_hand
from surveyd.distribution.by_hand import Standing
from surveyd.distribution.models import Wave
from surveyd.people.cells import read_address
from surveyd.people.contacts import NewContact, add_contact, find_contact
from surveyd.people.models import Contact
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.wave_words import RULES

NAME_LIMIT = 200
AGAINST = {
    "answered": lazy_gettext("they have answered"),
    "opted_out": lazy_gettext("they asked not to be mailed"),
    "declined": lazy_gettext("they do not want to answer"),
    "closed": lazy_gettext("the wave is closed"),
    "cancelled": lazy_gettext("the wave was cancelled"),
    by_hand.NOT_OPEN: lazy_gettext("the wave is not open for them any more"),
    by_hand.MAILED_LATELY: lazy_gettext("the last mail went out less than a day ago"),
    by_hand.ON_ITS_WAY: lazy_gettext("a mail is on its way to them, or goes within a day"),
    by_hand.OFTEN: lazy_gettext("they were mailed by hand five times"),
    by_hand.NOT_INVITED: lazy_gettext("they are not invited"),
    "asked_already": lazy_gettext("they are invited already"),
}
DONE = {
    "send_again": lazy_gettext("The invitation goes to them once more, inside their sending hours."),
    "remind": lazy_gettext("The reminder goes now, inside their sending hours."),
    "invite": lazy_gettext("They are invited; the mail goes inside their sending hours."),
}


class ColleagueForm(Form):
    """Somebody else at the same account."""

    name = StringField(
        filters=[lambda text: " ".join((text or "").replace("\0", "").split())],
        validators=[
            DataRequired(lazy_gettext("Write the name of the colleague.")),
            Length(max=NAME_LIMIT, message=lazy_gettext("Shorten the name a little.")),
        ],
    )
    email = StringField(
        filters=[lambda text: (text or "").strip()],
        validators=[DataRequired(lazy_gettext("Write the e-mail address of the colleague."))],
    )

    def validate_email(self, field: StringField) -> None:
        """It can be an address."""
        try:
            read_address(field.data or "")
        except ValueError as error:
            raise ValidationError(_("Write an e-mail address such as name@company.example.")) from error


@dataclass(frozen=True, slots=True)
class ByHandPage:
    """One contact, how they stand, and what was done or declined."""

    contact_id: int
    name: str
    account_id: int
    standing: Standing | None
    form: ColleagueForm
    done: str = ""
    declined: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.standing is None:
            return _("No wave runs that could ask %(name)s", name=self.name)
        if self.standing.invitation_id is None:
            return _("%(name)s is not asked in %(wave)s", name=self.name, wave=self.standing.wave)
        if not self.standing.mail_rule:
            return _("%(name)s can be mailed now", name=self.name)
        return _("%(name)s gets no other mail now", name=self.name)

    @property
    def why_not(self) -> str:
        """Why no mail may go now, in words; empty when one may."""
        return against(self.standing.mail_rule) if self.standing else ""


def against(rule: str) -> str:
    """A rule in words, empty for none."""
    return str(AGAINST.get(rule) or RULES.get(rule, rule)) if rule else ""


@bp.get("/contacts/<id:contact_id>/sending", endpoint="by_hand")
def show_by_hand(contact_id: int) -> str:
    """What may be done for this person."""
    done = request.args.get("done", "")
    return _page(contact_id, done=str(DONE.get(done, "")))


@bp.post("/contacts/<id:contact_id>/send-again", endpoint="send_again")
def send_again(contact_id: int) -> Response | tuple[str, int]:
    """Send the invitation once more."""
    return _mail(contact_id, "send_again", by_hand.send_again)


@bp.post("/contacts/<id:contact_id>/remind", endpoint="remind_now")
def remind_now(contact_id: int) -> Response | tuple[str, int]:
    """Remind now."""
    return _mail(contact_id, "remind", by_hand.remind_now)


@bp.post("/contacts/<id:contact_id>/invite", endpoint="invite_now")
def invite_now(contact_id: int) -> Response | tuple[str, int]:
    """Invite a person of the account into the wave that runs."""
    with writing() as session:
        contact = find_contact(session, contact_id, scope=reader().scope)
        rule = _invite(session, contact)
    return _answer(contact_id, "invite", rule)


@bp.post("/contacts/<id:contact_id>/colleague", endpoint="invite_colleague")
def invite_colleague(contact_id: int) -> Response | tuple[str, int]:
    """Add a colleague to the account, and invite them."""
    form = ColleagueForm(request.form)
    if not form.validate():
        return _page(contact_id, form=form), 422
    with writing() as session:
        asked = find_contact(session, contact_id, scope=reader().scope)
        facts = NewContact(
            account_id=asked.account_id,
            name=form.name.data or "",
            email=read_address(form.email.data or ""),
            language=asked.language,
            time_zone=asked.time_zone,
        )
        colleague = add_contact(session, facts, now=services().clock.now())
        rule = _invite(session, colleague)
        colleague_id = colleague.id
    return _answer(colleague_id, "invite", rule)


def _invite(session: Session, contact: Contact) -> str:
    wave, house = by_hand.open_wave_of(session, contact.id), services()
    if wave is None:
        return by_hand.NOT_OPEN
    by, now = reader().user_id, house.clock.now()
    return by_hand.invite_now(session, wave, contact.id, keys=house.keys, by=by, now=now)


Mail = Callable[..., str]


def _mail(contact_id: int, what: str, mail: Mail) -> Response | tuple[str, int]:
    now, scope = services().clock.now(), reader().scope
    with writing() as session:
        wave = by_hand.open_wave_of(session, find_contact(session, contact_id, scope=scope).id)
        rule = by_hand.NOT_OPEN
        if wave is not None:
            stands = by_hand.standing_in(session, wave, contact_id, scope=scope, now=now)
            rule = by_hand.NOT_INVITED
            if stands.invitation_id is not None:
                rule = mail(session, stands.invitation_id, by=reader().user_id, now=now)
    return _answer(contact_id, what, rule)


def _answer(contact_id: int, what: str, rule: str) -> Response | tuple[str, int]:
    if rule:
        return _page(contact_id, declined=against(rule)), 409
    return redirect(url_for("staff.by_hand", contact_id=contact_id, done=what), 303)


def _page(contact_id: int, *, form: ColleagueForm | None = None, done: str = "", declined: str = "") -> str:
    now, scope = services().clock.now(), reader().scope
    with reading() as session:
        contact = find_contact(session, contact_id, scope=scope)
        wave: Wave | None = by_hand.open_wave_of(session, contact.id)
        page = ByHandPage(
            contact_id=contact.id,
            name=contact.name,
            account_id=contact.account_id,
            standing=by_hand.standing_in(session, wave, contact.id, scope=scope, now=now) if wave else None,
            form=form or ColleagueForm(),
            done=done,
            declined=declined,
        )
    return render_template("staff/sending_by_hand.html", page=page)
