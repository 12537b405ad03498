"""Mails that came back: those that nobody understood wait here for a person, and the webhook's keys."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import InputRequired, Length

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution.bounces import BounceKind
from surveyd.distribution.hook_keys import NAME_LIMIT, KeyLine, end_hook_key, hook_keys, make_hook_key
from surveyd.distribution.return_lists import (
    FILTERS,
    SORTS,
    ReturnLine,
    ReturnPage,
    Words,
    list_returns,
    one_return,
)
from surveyd.distribution.return_models import ReturnState
from surveyd.distribution.returns import find_return, settle_return
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

KINDS = {
    "hard": lazy_gettext("nobody has the address"),
    "soft": lazy_gettext("did not arrive this time"),
    "refused": lazy_gettext("the mail was not welcome"),
    "complaint": lazy_gettext("complaint"),
    "optout": lazy_gettext("asked to stop"),
    "autoreply": lazy_gettext("answered by a machine"),
    "unknown": lazy_gettext("not understood"),
}
STATES = {
    ReturnState.WAITING: lazy_gettext("waits for you"),
    ReturnState.APPLIED: lazy_gettext("had its effect"),
    ReturnState.NOTED: lazy_gettext("nothing to do"),
    ReturnState.SETTLED: lazy_gettext("looked at"),
}
REASONS = {
    "not_understood": lazy_gettext("No rule of ours understands it. It may have been written by a person."),
    "no_signature": lazy_gettext("It carries no return path of ours, so anybody may have written it."),
    "mail_gone": lazy_gettext("The mail that it names is not there any more."),
}
EFFECTS = (BounceKind.HARD, BounceKind.SOFT, BounceKind.COMPLAINT, BounceKind.OPT_OUT)


class SettleForm(Form):
    """What it says, as a person reads it; nothing means that it changes nothing."""

    believe = SelectField(
        choices=[
            SelectChoice("", lazy_gettext("It changes nothing")),
            *(SelectChoice(kind.value, KINDS[kind.value]) for kind in EFFECTS),
        ]
    )


class KeyForm(Form):
    """What a new key is called."""

    name = StringField(
        validators=[
            InputRequired(lazy_gettext("Name who uses the key.")),
            Length(max=NAME_LIMIT, message=lazy_gettext("Shorten the name a little.")),
        ]
    )


@dataclass(frozen=True, slots=True)
class ReturnsPage:
    """Some mails that came back, and the keys of the webhook; `key` is a new one, shown once."""

    found: ReturnPage
    wish: Wanted
    keys: tuple[KeyLine, ...]
    form: KeyForm
    key: str
    address: str

    @property
    def title(self) -> str:
        """The page's answer."""
        n = self.found.waiting
        if not n:
            return _("No mail that came back waits for you")
        return ngettext(
            "1 mail that came back waits for you", "%(n)s mails that came back wait for you", n, n=number(n)
        )

    @property
    def kinds(self) -> list[tuple[str, str, int]]:
        """What came back, by kind."""
        return [
            (kind, kind_words(kind), self.found.kinds[kind]) for kind in KINDS if kind in self.found.kinds
        ]

    @property
    def filters(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What the list can be narrowed by."""
        states = [(state.value, str(words)) for state, words in STATES.items()]
        return [("state", _("State"), states), ("kind", _("Kind"), [(k, kind_words(k)) for k in KINDS])]


@dataclass(frozen=True, slots=True)
class ReturnedPage:
    """One mail that came back, its words as far as they are kept, and what a person can make of it."""

    line: ReturnLine
    words: Words | None
    form: SettleForm
    problem: str

    @property
    def title(self) -> str:
        """The page's answer."""
        return self.line.subject or kind_words(self.line.kind)

    @property
    def why(self) -> str:
        """Why it waits for a person."""
        return str(REASONS.get(self.line.why, ""))


@bp.app_template_filter()
def kind_words(kind: str) -> str:
    """What a returned mail says, in words."""
    return str(KINDS.get(kind, kind))


@bp.app_template_filter()
def return_state(state: str) -> str:
    """What became of a returned mail, in words."""
    return str(STATES[ReturnState(state)])


@bp.get("/returns")
def returns() -> str:
    """The mails, the latest first."""
    return _page()


@bp.get("/returns/<id:return_id>")
def returned(return_id: int) -> str:
    """One mail, with its words."""
    return _one(return_id)


@bp.post("/returns/<id:return_id>", endpoint="settle_return")
def settle_return_mail(return_id: int) -> Response | tuple[str, int]:
    """Set it aside, or let it have an effect on the mail that it is about."""
    form = SettleForm(request.form)
    if not form.validate():
        return _one(return_id, form, str(form.believe.errors[0])), 422
    believe = BounceKind(form.believe.data) if form.believe.data else None
    house, by = services(), reader().user_id
    try:
        with writing() as session:
            found = find_return(session, return_id)
            settle_return(session, found, believe=believe, keys=house.keys, by=by, now=house.clock.now())
    except Refused as refused:
        return _one(return_id, form, str(refused)), 422
    return redirect(url_for("staff.returns", state="waiting"), 303)


@bp.post("/returns/keys", endpoint="make_hook_key")
def make_key() -> str | tuple[str, int]:
    """Make a key for the webhook and show it, once: so no redirect."""
    form = KeyForm(request.form)
    if not form.validate():
        return _page(form=form), 422
    with writing() as session:
        key = make_hook_key(session, form.name.data or "", by=reader().user_id, now=services().clock.now())
    return _page(key=key)


@bp.post("/returns/keys/<id:key_id>/end", endpoint="end_hook_key")
def end_key(key_id: int) -> Response:
    """Let a key work no more."""
    with writing() as session:
        end_hook_key(session, key_id, by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.returns"), 303)


def _page(*, form: KeyForm | None = None, key: str = "") -> str:
    wish = wanted(sorts=SORTS, filters=FILTERS, sort="-at")
    with reading() as session:
        found, keys = list_returns(session, wish), hook_keys(session)
    address = f"{services().config.base_url}/hooks/returns"
    page = ReturnsPage(found, wish, keys, form or KeyForm(), key, address)
    return render_template("staff/returns.html", page=page)


def _one(return_id: int, form: SettleForm | None = None, problem: str = "") -> str:
    with reading() as session:
        line, words = one_return(session, return_id)
    page = ReturnedPage(line, words, form or SettleForm(), problem)
    return render_template("staff/returned.html", page=page)
