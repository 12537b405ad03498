"""The improvement actions: the list, one action, and the form in which it is kept."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response
from wtforms import DateField, Form, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from surveyd.base.database import reading, writing
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.closed_loop import action_lists, actions
from surveyd.closed_loop.action_lists import ActionLine, ActionList
from surveyd.closed_loop.actions import LONGEST_TEXT, ActionFacts
from surveyd.closed_loop.models import ActionStatus
from surveyd.people.access import Reach
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

STATUS_NAMES = {
    ActionStatus.PLANNED: lazy_gettext("Planned"),
    ActionStatus.UNDER_WAY: lazy_gettext("Under way"),
    ActionStatus.DONE: lazy_gettext("Done"),
}
TOO_LONG = Length(max=LONGEST_TEXT, message=lazy_gettext("Shorten this to 500 characters."))


class ActionForm(Form):
    """What a person says of an action. Its owners and regions are given by the page."""

    heard = TextAreaField(
        validators=[InputRequired(lazy_gettext("Say what was heard, in one sentence.")), TOO_LONG]
    )
    changed = TextAreaField(validators=[TOO_LONG])
    will_change = TextAreaField(validators=[TOO_LONG])
    status = RadioField(
        choices=[SelectChoice(status.value, name) for status, name in STATUS_NAMES.items()],
        default=ActionStatus.PLANNED.value,
        validators=[InputRequired(lazy_gettext("Choose how far it is."))],
    )
    owner = SelectField(coerce=str)
    region = SelectField(coerce=str)
    due_on = DateField(validators=[Optional()])

    def validate_changed(self, field: TextAreaField) -> None:
        """What is done has changed something."""
        if self.status.data == ActionStatus.DONE and not (field.data or "").strip():
            raise ValidationError(_("Say what has changed; then it is done."))

    def facts(self) -> ActionFacts:
        """What was typed, as the verbs take it."""
        return ActionFacts(
            heard=self.heard.data or "",
            changed=self.changed.data or "",
            will_change=self.will_change.data or "",
            owner_id=int(self.owner.data) if self.owner.data else None,
            region=self.region.data or "",
            status=ActionStatus(self.status.data),
            due_on=self.due_on.data,
        )


@dataclass(frozen=True, slots=True)
class ActionsPage:
    """A page of the list."""

    actions: ActionList
    wanted: Wanted
    owners: Sequence[tuple[int, str]]
    today: date
    may_add: bool

    @property
    def title(self) -> str:
        """The page's answer."""
        counts = self.actions.counts
        if not counts:
            return _("No improvement action yet")
        open_ones = counts.get(ActionStatus.PLANNED, 0) + counts.get(ActionStatus.UNDER_WAY, 0)
        said = ngettext("%(num)s action is open", "%(num)s actions are open", open_ones)
        return _("%(open)s, %(done)s done", open=said, done=counts.get(ActionStatus.DONE, 0))

    @property
    def filters(self) -> list[tuple[str, str, list[tuple[object, object]]]]:
        """What the list can be narrowed by."""
        return [
            ("status", _("Status"), [(status.value, name) for status, name in STATUS_NAMES.items()]),
            ("owner", _("Owner"), [(user_id, name) for user_id, name in self.owners]),
        ]


@dataclass(frozen=True, slots=True)
class ActionPage:
    """One action, or a new one, and its form; errors stand in the form."""

    action: ActionLine | None
    form: ActionForm
    today: date

    @property
    def title(self) -> str:
        """The page's answer."""
        return self.action.heard if self.action else _("A new improvement action")

    @property
    def may_change(self) -> bool:
        return self.action is None or self.action.may_change


@bp.get("/actions", endpoint="actions")
def show_actions() -> str:
    """The actions that the reader may read."""
    wish = wanted(sorts=action_lists.SORTS, filters=action_lists.FILTERS, sort="status")
    with reading() as session:
        found = action_lists.list_actions(session, wish, scope=reader().scope)
        owners = action_lists.owners(session)
    page = ActionsPage(found, wish, owners, _today(), reader().may_open("staff.add_action"))
    return render_template("staff/actions.html", page=page, status_names=STATUS_NAMES)


@bp.get("/actions/new")
def new_action() -> str:
    """The form for a new action."""
    with reading() as session:
        form = _form(session, None)
    return _draw(None, form)


@bp.post("/actions/new")
def add_action() -> Response | tuple[str, int]:
    """Keep a new action."""
    with reading() as session:
        form = _form(session, None)
    if not form.validate():
        return _draw(None, form), 422
    with writing() as session:
        made = actions.add_action(
            session, form.facts(), scope=reader().scope, by=reader().user_id, now=services().clock.now()
        )
        action_id = made.id
    return redirect(url_for("staff.action", action_id=action_id), 303)


@bp.get("/actions/<id:action_id>", endpoint="action")
def show_action(action_id: int) -> str:
    """One action: the form for who keeps it, its words for everybody else."""
    with reading() as session:
        action = action_lists.find_action(session, action_id, scope=reader().scope)
        form = _form(session, action)
    return _draw(action, form)


@bp.post("/actions/<id:action_id>")
def change_action(action_id: int) -> Response | tuple[str, int]:
    """Say something else of an action."""
    with reading() as session:
        action = action_lists.find_action(session, action_id, scope=reader().scope)
        form = _form(session, action)
    if not action.may_change:
        raise Forbidden
    if not form.validate():
        return _draw(action, form), 422
    with writing() as session:
        actions.change_action(
            session,
            action_id,
            form.facts(),
            scope=reader().scope,
            by=reader().user_id,
            now=services().clock.now(),
        )
    return redirect(url_for("staff.action", action_id=action_id), 303)


def _form(session: Session, action: ActionLine | None) -> ActionForm:
    """The form as it was sent, or as the action stands; with the choices of this reader."""
    kept: dict[str, object] = {}
    if action:
        kept = asdict(action) | {"owner": str(action.owner_id or ""), "status": action.status.value}
    form = ActionForm(request.form, data=kept)
    owners = [(str(user_id), name) for user_id, name in action_lists.owners(session)]
    form.owner.choices = [SelectChoice(*one) for one in [("", _("Nobody yet")), *owners]]
    form.region.choices = [SelectChoice(*one) for one in _regions(session, action)]
    return form


def _regions(session: Session, action: ActionLine | None) -> list[tuple[str, str]]:
    scope = reader().scope
    if scope.reach is Reach.REGION:
        return [(scope.region, scope.region)]
    known = {*action_lists.regions(session), *([action.region] if action and action.region else [])}
    return [("", _("Everywhere")), *((name, name) for name in sorted(known))]


def _draw(action: ActionLine | None, form: ActionForm) -> str:
    page = ActionPage(action, form, _today())
    return render_template("staff/action.html", page=page, status_names=STATUS_NAMES)


def _today() -> date:
    return services().clock.now().astimezone(reader().zone).date()
