"""The users: who signs in, in which role; a new one gets a mail with a link to choose a password."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import BooleanField, EmailField, Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length, ValidationError

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution.sign_in_mails import queue_sign_in_mail
from surveyd.people import users as people
from surveyd.people.audit import record
from surveyd.people.cells import read_address
from surveyd.people.models import LinkPurpose, StaffRole, User
from surveyd.people.places import read_zone
from surveyd.people.sign_in_links import make_link
from surveyd.people.user_list import ACTIVE, FILTERS, OFF, SORTS, UserPage, page_of_users
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

ROLES = {
    StaffRole.ADMIN: lazy_gettext("admin"),
    StaffRole.EXECUTIVE: lazy_gettext("executive"),
    StaffRole.REGIONAL_LEADER: lazy_gettext("regional leader"),
    StaffRole.ACCOUNT_MANAGER: lazy_gettext("account manager"),
    StaffRole.SUPPORT: lazy_gettext("support staff"),
}


class PersonForm(Form):
    """What stands of a user and may be changed."""

    name = StringField(validators=[Length(max=200, message=lazy_gettext("Shorten the name a little."))])
    role = SelectField(choices=[SelectChoice(role.value, words) for role, words in ROLES.items()])
    region = StringField(validators=[Length(max=80, message=lazy_gettext("Shorten the region a little."))])
    time_zone = StringField()

    def validate_region(self, field: StringField) -> None:
        """A leader leads a region."""
        if self.role.data == StaffRole.REGIONAL_LEADER and not (field.data or "").strip():
            raise ValidationError(_("Name the region that is led, as the accounts do."))

    def validate_time_zone(self, field: StringField) -> None:
        """A zone is named as the zone database does; empty is UTC."""
        check_zone(field)


class NewUserForm(PersonForm):
    """A user to be added."""

    email = EmailField(validators=[InputRequired(lazy_gettext("Type the address to sign in with."))])

    def validate_email(self, field: EmailField) -> None:
        """An address that mail can go to."""
        try:
            read_address(field.data or "")
        except ValueError as error:
            raise ValidationError(_("Type an e-mail address, such as name@company.example.")) from error


class UserForm(PersonForm):
    """A user who is there."""

    active = BooleanField()


@dataclass(frozen=True, slots=True)
class UsersPage:
    """All users, and the form for a new one."""

    users: UserPage
    wanted: Wanted
    form: NewUserForm

    @property
    def title(self) -> str:
        """The page's answer."""
        count = self.users.active
        return ngettext("1 person can sign in", "%(n)s people can sign in", count, n=number(count))

    @property
    def narrowing(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """The filters of the list."""
        roles = [(role.value, str(words)) for role, words in ROLES.items()]
        states = [(ACTIVE, _("active")), (OFF, _("switched off"))]
        return [("role", _("Role"), roles), ("active", _("State"), states)]


@dataclass(frozen=True, slots=True)
class UserDetail:
    """One user, and the form to change them; `told` is what was done just now."""

    user: User
    form: UserForm
    told: str

    @property
    def title(self) -> str:
        """The page's answer."""
        name = self.user.name or self.user.email
        if not self.user.active:
            return _("%(name)s is switched off", name=name)
        if self.user.password is None:
            return _("%(name)s has not chosen a password yet", name=name)
        return _("%(name)s can sign in", name=name)


@bp.get("/users")
def users() -> str:
    """The users by name, and the form for a new one."""
    return _list(NewUserForm(role=StaffRole.ACCOUNT_MANAGER.value))


@bp.post("/users")
def add_user() -> Response | tuple[str, int]:
    """Add a user and mail them a link to choose a password."""
    form = NewUserForm(request.form)
    if not form.validate():
        return _list(form), 422
    try:
        with writing() as session:
            user = people.add_user(
                session,
                form.email.data or "",
                role=StaffRole(form.role.data),
                name=form.name.data or "",
                region=form.region.data or "",
                time_zone=form.time_zone.data or "",
                now=services().clock.now(),
                by=reader().user_id,
            )
            _welcome(session, user)
            user_id = user.id
    except Refused as error:
        form.email.errors = [str(error)]
        return _list(form), 422
    return redirect(url_for("staff.user", user_id=user_id, told="added"), 303)


@bp.get("/users/<id:user_id>")
def user(user_id: int) -> str:
    """One user."""
    return _page(user_id)


@bp.post("/users/<id:user_id>")
def change_user(user_id: int) -> Response | tuple[str, int]:
    """Change a user's facts."""
    form = UserForm(request.form)
    if not form.validate():
        return _page(user_id, form), 422
    try:
        with writing() as session:
            people.change_user(
                session,
                people.find_user_by_id(session, user_id, scope=reader().scope),
                name=form.name.data or "",
                role=StaffRole(form.role.data),
                region=form.region.data or "",
                time_zone=form.time_zone.data or "",
                active=bool(form.active.data),
                now=services().clock.now(),
                system_now=system_now(),
                by=reader().user_id,
            )
    except Refused as error:
        form.role.errors = [str(error)]
        return _page(user_id, form), 422
    return redirect(url_for("staff.user", user_id=user_id, told="changed"), 303)


@bp.post("/users/<id:user_id>/link")
def send_welcome(user_id: int) -> Response:
    """Mail a new link to choose a password; older ones open nothing any more."""
    with writing() as session:
        _welcome(session, people.find_user_by_id(session, user_id, scope=reader().scope))
    return redirect(url_for("staff.user", user_id=user_id, told="mailed"), 303)


@bp.post("/users/<id:user_id>/sessions")
def end_sessions_of(user_id: int) -> Response:
    """Sign a user out everywhere."""
    now, by = services().clock.now(), reader().user_id
    with writing() as session:
        people.find_user_by_id(session, user_id, scope=reader().scope)
        people.end_sessions(session, user_id)
        record(session, action="end_sessions", thing="user", thing_id=user_id, by=by, now=now)
    return redirect(url_for("staff.user", user_id=user_id, told="ended"), 303)


def check_zone(field: StringField) -> None:
    """Raise ValidationError for what is no time zone."""
    try:
        read_zone(field.data or "")
    except ValueError as error:
        raise ValidationError(_("Name a time zone, such as Europe/Berlin, or leave it empty.")) from error


def _welcome(session: Session, user: User) -> None:
    if not user.active:
        raise Refused("This user is switched off; switch them on first.")
    link = make_link(session, user, purpose=LinkPurpose.WELCOME, system_now=system_now())
    now, domain = services().clock.now(), services().config.mail_domain
    queue_sign_in_mail(session, user, link, now=now, mail_domain=domain)
    by = reader().user_id
    record(session, action="send_link", thing="user", thing_id=user.id, by=by, now=now)


def _list(form: NewUserForm) -> str:
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="name")
    with reading() as session:
        found = page_of_users(session, wish, scope=reader().scope)
    return render_template("staff/users.html", page=UsersPage(found, wish, form), roles=ROLES)


def _page(user_id: int, form: UserForm | None = None) -> str:
    with reading() as session:
        found = people.find_user_by_id(session, user_id, scope=reader().scope)
    told = {
        "added": _("The user is added. A mail with a link to choose a password is on its way."),
        "changed": _("The changes are kept."),
        "mailed": _("A mail with a link to choose a password is on its way. It works for a week."),
        "ended": _("All sessions of this user are over."),
    }.get(request.args.get("told", ""), "")
    return render_template("staff/user.html", page=UserDetail(found, form or UserForm(obj=found), told))
