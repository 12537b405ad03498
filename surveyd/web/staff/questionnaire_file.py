"""A questionnaire as its file: to download, to change as a whole, and to put back, with every fault named."""

from dataclasses import dataclass

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault, Refused
from surveyd.base.services import services
from surveyd.distribution.questionnaire_edits import (
    Overtaken,
    change_questionnaire,
    working_state,
)
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import load
from surveyd.forms.writing import as_yaml
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.questionnaires import as_wished


@dataclass(frozen=True, slots=True)
class FilePage:
    """The file in its text area. `state` names the version or edit that it was written from."""

    slug: str
    text: str
    state: str
    faults: tuple[Fault, ...] = ()
    problem: str = ""


@bp.get("/questionnaires/<slug>/edit/file")
def edit_file(slug: str) -> str:
    """The working state as YAML."""
    with reading() as session:
        state = working_state(session, slug)
    return _draw(FilePage(slug, as_yaml(state), state.digest))


@bp.get("/questionnaires/<slug>/file.yaml")
def questionnaire_file(slug: str) -> Response:
    """The current version, the one that `version` names, or the edit, to keep."""
    with reading() as session:
        found = as_wished(session, slug, request.args.get("version", ""))
    response = Response(as_yaml(found), mimetype="application/yaml")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.slug}.yaml"'
    return response


@bp.post("/questionnaires/<slug>/edit/file")
def take_file(slug: str) -> Answer | tuple[str, int]:
    """Put a whole file in the place of the edit; with a fault nothing changes, and the text stays."""
    text, seen = _sent(), request.form.get("state", "")
    try:
        found = load(text, f"{slug}.yaml")
        with writing() as session:
            _put(session, slug, found, seen=seen)
    except BadFile as bad:
        return _draw(FilePage(slug, text, seen, faults=bad.faults)), 422
    except Overtaken:
        with reading() as session:
            state = working_state(session, slug).digest
        said = _("Somebody else changed this questionnaire meanwhile. Save once more to replace it.")
        return _draw(FilePage(slug, text, state, problem=said)), 409
    except Refused as refused:
        return _draw(FilePage(slug, text, seen, problem=str(refused))), 422
    return redirect(url_for("staff.edit_questionnaire", slug=slug), 303)


def _put(session: Session, slug: str, found: Questionnaire, *, seen: str) -> None:
    def put(state: Questionnaire) -> Questionnaire:
        if found.digest != state.digest != seen:
            raise Overtaken("Somebody else changed this questionnaire meanwhile.")
        return found

    change_questionnaire(session, slug, put, by=reader().user_id, now=services().clock.now())


def _sent() -> str:
    """The file that was chosen, else the text as it was typed."""
    file = request.files.get("file")
    content = file.read() if file else b""
    if content:
        return content.decode("utf-8-sig", errors="replace")
    return request.form.get("text", "").replace("\r\n", "\n")


def _draw(page: FilePage) -> str:
    return render_template("staff/questionnaire_file.html", page=page)
