"""Sources whose columns are known: how their headings are read, renamed and forgotten."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length

from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.people.mappings import NAME_LIMIT, Saved, all_mappings, delete_mapping, rename_mapping
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.upload_work import FILE_KINDS

TOO_LONG = lazy_gettext("Use at most 80 characters.")


class NameForm(Form):
    """What a source is to be called."""

    name = StringField(
        validators=[
            DataRequired(lazy_gettext("Give the source a name.")),
            Length(max=NAME_LIMIT, message=TOO_LONG),
        ]
    )


@dataclass(frozen=True, slots=True)
class MappingsPage:
    """All sources; `wrong` is what is wrong with the name that was sent for one of them."""

    sources: list[Saved]
    renamed: int = 0
    given: str = ""
    wrong: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        count = len(self.sources)
        if not count:
            return _("No source is known yet")
        return ngettext("1 source maps by itself", "%(n)s sources map by themselves", count, n=number(count))


@bp.get("/imports/sources")
def import_mappings() -> str:
    """The sources that are known."""
    return _draw()


@bp.post("/imports/sources/<id:mapping_id>")
def rename_source(mapping_id: int) -> Response | tuple[str, int]:
    """Call a source otherwise."""
    form, now = NameForm(request.form), services().clock.now()
    given = form.name.data or ""
    if not form.validate():
        return _draw(mapping_id, given, str(form.name.errors[0])), 422
    try:
        with writing() as session:
            who = reader()
            rename_mapping(session, mapping_id, given, scope=who.scope, by=who.user_id, now=now)
    except Refused as refused:
        return _draw(mapping_id, given, str(refused)), 422
    return redirect(url_for("staff.import_mappings"), 303)


@bp.post("/imports/sources/<id:mapping_id>/delete")
def delete_source(mapping_id: int) -> Response:
    """Forget how a source's headings are read."""
    with writing() as session:
        who = reader()
        delete_mapping(session, mapping_id, scope=who.scope, by=who.user_id, now=services().clock.now())
    return redirect(url_for("staff.import_mappings"), 303)


def _draw(renamed: int = 0, given: str = "", wrong: str = "") -> str:
    with reading() as session:
        sources = all_mappings(session, scope=reader().scope)
    page = MappingsPage(sources, renamed, given, wrong)
    return render_template("staff/import_mappings.html", page=page, kinds=FILE_KINDS)
