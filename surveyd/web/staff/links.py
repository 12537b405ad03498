"""The open links: all of them, a new one, and one with its address, its QR code and its switch."""

import io
from dataclasses import dataclass

import segno
from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import DataRequired, Length

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution.program_lists import questionnaire_names
from surveyd.distribution.programs import find_program, list_programs
from surveyd.distribution.questionnaires import current_questionnaire
from surveyd.responses import open_links
from surveyd.responses.open_links import SORTS, LinkLine, LinkList, NewLink
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

SVG_SCALE, PNG_SCALE = 8, 16
"""How many points a module of the code has: large enough for a poster."""


def _trimmed(typed: str | None) -> str:
    return (typed or "").replace("\0", "").strip()


class LinkForm(Form):
    """A new open link."""

    slug = StringField(
        filters=[_trimmed],
        validators=[DataRequired(lazy_gettext("Give it a short name, such as lobby."))],
    )
    title = StringField(
        filters=[_trimmed],
        validators=[
            DataRequired(lazy_gettext("Say where people find it, such as the code in the lobby.")),
            Length(max=200, message=lazy_gettext("Shorten this to 200 characters.")),
        ],
    )
    program = SelectField()
    questionnaire = SelectField()


@dataclass(frozen=True, slots=True)
class LinksPage:
    """The links, and the form for a new one where the reader may make one."""

    found: LinkList
    wish: Wanted
    form: LinkForm
    may_make: bool

    @property
    def title(self) -> str:
        """The page's answer."""
        lines = self.found.lines
        if not lines:
            return _("No open link is like that") if self.wish.is_narrowed else _("There is no open link yet")
        active = sum(line.active for line in lines)
        return ngettext(
            "1 open link takes answers", "%(many)s open links take answers", active, many=number(active)
        )

    @property
    def narrowing(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What the list can be narrowed by."""
        return [("state", _("State"), [("active", _("takes answers")), ("off", _("switched off"))])]


@dataclass(frozen=True, slots=True)
class LinkPage:
    """One link, and the address that leads to it."""

    link: LinkLine
    address: str

    @property
    def title(self) -> str:
        """The page's answer."""
        link = self.link
        if not link.active:
            return _("%(title)s is switched off", title=link.title)
        if not link.sent:
            return _("%(title)s waits for its first answer", title=link.title)
        return ngettext(
            "%(title)s has brought 1 answer",
            "%(title)s has brought %(many)s answers",
            link.sent,
            title=link.title,
            many=number(link.sent),
        )


@bp.get("/links", endpoint="links")
def show_links() -> str:
    """All open links."""
    return _list(LinkForm())


@bp.post("/links")
def make_link() -> AnyResponse | tuple[str, int]:
    """Make a link that anybody may open."""
    form = LinkForm(request.form)
    with reading() as session:
        _offer(session, form)
    if not form.validate():
        return _list(form), 422
    facts = NewLink(form.slug.data or "", form.title.data or "")
    try:
        with writing() as session:
            made = open_links.make_link(
                session,
                find_program(session, form.program.data),
                facts,
                questionnaire=current_questionnaire(session, form.questionnaire.data),
                now=services().clock.now(),
                by=reader().user_id,
            )
            link_id = made.id
    except Refused as refused:
        form.slug.errors = [str(refused)]
        return _list(form), 422
    return redirect(url_for("staff.link", link_id=link_id), 303)


@bp.get("/links/<id:link_id>", endpoint="link")
def show_link(link_id: int) -> str:
    """One link."""
    with reading() as session:
        link = open_links.view_link(session, link_id)
    return render_template("staff/link.html", page=LinkPage(link, address_of_link(link)))


@bp.post("/links/<id:link_id>/switch")
def switch_link(link_id: int) -> AnyResponse:
    """Switch a link off, or on again."""
    on = request.form.get("to") == "on"
    with writing() as session:
        open_links.switch(session, link_id, on=on, now=services().clock.now(), by=reader().user_id)
    return redirect(url_for("staff.link", link_id=link_id), 303)


@bp.get("/links/<id:link_id>/qr.svg", endpoint="link_svg")
def draw_svg(link_id: int) -> Response:
    """The link as a QR code that can be printed at any size."""
    return _code(link_id, "svg", "image/svg+xml", SVG_SCALE)


@bp.get("/links/<id:link_id>/qr.png", endpoint="link_png")
def draw_png(link_id: int) -> Response:
    """The link as a QR code for programs that take pictures only."""
    return _code(link_id, "png", "image/png", PNG_SCALE)


def address_of_link(link: LinkLine) -> str:
    """The whole address of an open link."""
    return f"{services().config.base_url}/o/{link.token}"


def _code(link_id: int, kind: str, mimetype: str, scale: int) -> Response:
    with reading() as session:
        link = open_links.view_link(session, link_id)
    out = io.BytesIO()
    # M: a scratched poster still works, and the code stays coarse enough for a camera at some distance.
    segno.make_qr(address_of_link(link), error="m").save(out, kind=kind, scale=scale, light="#fff")
    named = {"Content-Disposition": f'attachment; filename="{link.slug}.{kind}"'}
    return Response(out.getvalue(), mimetype=mimetype, headers=named)


def _list(form: LinkForm) -> str:
    wish = wanted(sorts=SORTS, filters=("state",), sort="name")
    with reading() as session:
        _offer(session, form)
        page = LinksPage(
            open_links.list_links(session, wish), wish, form, reader().may_open("staff.make_link")
        )
    return render_template("staff/links.html", page=page)


def _offer(session: Session, form: LinkForm) -> None:
    """The programs in whose name can be asked, and the questionnaires: shipped, and published."""
    form.program.choices = [SelectChoice(one.slug, one.slug) for one in list_programs(session)]
    form.questionnaire.choices = [SelectChoice(name, name) for name in questionnaire_names(session)]
