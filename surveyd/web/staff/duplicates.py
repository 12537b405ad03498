"""Probable duplicates: the list, two side by side, and what somebody decides about them."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.fields.core import UnboundField
from wtforms.form import BaseForm

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.operations import merge as merging
from surveyd.operations.side_by_side import Field, History, Side, both, fields_of, history_of
from surveyd.people.duplicate_lists import (
    LIKELY_ONLY,
    POSSIBLE_ONLY,
    SORTS,
    PairPage,
    find_pair,
    list_pairs,
    say_apart,
)
from surveyd.people.duplicate_models import SameKind
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff import duplicate_words as say
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

FIRST, SECOND = "first", "second"
SIDE = "side-"
TOLD = {
    "merged": lazy_gettext("They are one now; all of their history went along."),
    "apart": lazy_gettext("They stay two, and are not shown again."),
}


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some pairs; `told` says what was done just now."""

    found: PairPage
    wish: Wanted
    told: str

    @property
    def title(self) -> str:
        """The page's answer."""
        n = self.found.total
        if not n:
            return _("No pair is like that") if self.wish.is_narrowed else _("Nobody is here twice")
        return ngettext("1 pair may be one", "%(n)s pairs may be one", n, n=number(n))

    @property
    def narrowing(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        kinds = [(kind.value, str(name)) for kind, name in say.KINDS.items()]
        sureties = [(LIKELY_ONLY, _("likely")), (POSSIBLE_ONLY, _("possible"))]
        return [("kind", _("Of"), kinds), ("surety", _("How surely"), sureties)]


@dataclass(frozen=True, slots=True)
class PairView:
    """Two side by side, and the form that makes them one."""

    kind: SameKind
    sides: tuple[Side, Side]
    fields: tuple[Field, ...]
    histories: tuple[History, History]
    reasons: tuple[str, ...]
    form: BaseForm
    problem: str = ""

    @property
    def title(self) -> str:
        """The page's question."""
        names = {"one": self.sides[0].thing.name, "other": self.sides[1].thing.name}
        if names["one"] == names["other"]:
            return _("Is %(one)s here twice?", **names)
        return _("Are %(one)s and %(other)s one?", **names)

    @property
    def differing(self) -> list[Field]:
        return [field for field in self.fields if field.differs]

    @property
    def same(self) -> list[Field]:
        """The fields in which both say the same, and say something."""
        return [field for field in self.fields if not field.differs and field.values[0]]

    def chosen(self, field: Field) -> str:
        """Whose value the form has chosen for a field."""
        data: str = self.form[SIDE + field.name].data or ""
        return data


@bp.get("/duplicates")
def duplicates() -> str:
    """The pairs, the surest first."""
    wish = wanted(sorts=SORTS, filters=("kind", "surety"), sort="-score")
    with reading() as session:
        found = list_pairs(session, wish, scope=reader().scope)
    told = str(TOLD.get(request.args.get("told", ""), ""))
    return render_template("staff/duplicates.html", page=ListPage(found, wish, told), say=say)


@bp.get("/duplicates/<kind>/<id:low_id>/<id:high_id>")
def duplicate_pair(kind: str, low_id: int, high_id: int) -> str:
    """Two side by side."""
    with reading() as session:
        return _show(_view(session, kind, (low_id, high_id), {}))


@bp.post("/duplicates/<kind>/<id:low_id>/<id:high_id>")
def merge_pair(kind: str, low_id: int, high_id: int) -> Response | tuple[str, int]:
    """Make them one, with the fields that were chosen."""
    with reading() as session:
        if _is_done(session, kind, (low_id, high_id)):
            return redirect(url_for("staff.duplicates", told="merged"), 303)
        view = _view(session, kind, (low_id, high_id), request.form)
        if not view.form.validate():
            return _show(view), 422
    kept, gone = (low_id, high_id) if view.form["kept"].data == FIRST else (high_id, low_id)
    theirs = SECOND if kept == low_id else FIRST
    take = [field.name for field in view.differing if view.chosen(field) == theirs]
    now, by = services().clock.now(), reader().user_id
    try:
        with writing() as session:
            merging.merge(session, view.kind, kept_id=kept, gone_id=gone, take=take, by=by, now=now)
    except Refused as refused:
        with reading() as session:
            return _show(_view(session, kind, (low_id, high_id), request.form, problem=str(refused))), 422
    return redirect(url_for("staff.duplicates", told="merged"), 303)


@bp.post("/duplicates/<kind>/<id:low_id>/<id:high_id>/apart")
def keep_apart(kind: str, low_id: int, high_id: int) -> Response:
    """Say that they are two."""
    same_kind, now = _kind(kind), services().clock.now()
    if low_id == high_id:
        raise NotFound("pair", low_id)
    with writing() as session:
        both(session, same_kind, (low_id, high_id), scope=reader().scope)
        say_apart(session, same_kind, (low_id, high_id), by=reader().user_id, now=now)
    return redirect(url_for("staff.duplicates", told="apart"), 303)


def _kind(kind: str) -> SameKind:
    if kind not in list(SameKind):
        raise NotFound("pair", kind)
    return SameKind(kind)


def _is_done(session: Session, kind: str, ids: tuple[int, int]) -> bool:
    """Whether somebody has merged these two meanwhile: a second press is no mistake."""
    return reader().scope.sees_all and merging.find_merge(session, _kind(kind), ids) is not None


def _view(
    session: Session, kind: str, ids: tuple[int, int], sent: Mapping[str, str], *, problem: str = ""
) -> PairView:
    same_kind, scope = _kind(kind), reader().scope
    if ids[0] == ids[1]:
        raise NotFound("pair", ids)
    sides = both(session, same_kind, ids, scope=scope)
    fields = fields_of(*sides)
    pair = find_pair(session, same_kind, ids, scope=scope)
    reasons = tuple(pair.reasons) if pair is not None else ()
    histories = history_of(session, same_kind, ids)
    return PairView(same_kind, sides, fields, histories, reasons, _form(fields, sent), problem)


def _form(fields: tuple[Field, ...], sent: Mapping[str, str]) -> BaseForm:
    """Who stays, which is never guessed of what is sent, and whose value in each field that differs."""
    best = {SIDE + field.name: (FIRST, SECOND)[field.prefers] for field in fields if field.differs}
    best = {"kept": "" if sent else FIRST} | best
    sides = [SelectChoice(FIRST), SelectChoice(SECOND)]
    form = BaseForm({name: UnboundField(RadioField, choices=sides) for name in best})
    form.process(None, data={name: sent.get(name, side) for name, side in best.items()})
    return form


def _show(view: PairView) -> str:
    return render_template("staff/duplicate_pair.html", page=view, say=say, first=FIRST, second=SECOND)
