"""The endpoint by which another program, such as a CRM, asks for an invitation.

`POST /api/invitations` with `Authorization: Bearer KEY`, `Idempotency-Key: ...` and the body
`{"program": "...", "contact": "..."}`; the contact by external id. 201 for what was decided now, 200 for the
same request again, 409 for a key that stood for another request, 422 for a body that is not understood.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, request
from sqlalchemy import select
from werkzeug.exceptions import NotFound, TooManyRequests, Unauthorized
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import Conflict, Refused
from surveyd.base.services import services
from surveyd.distribution import triggers
from surveyd.distribution.hook_keys import find_hook_key, note_use
from surveyd.distribution.models import Program
from surveyd.distribution.return_models import KeyUse
from surveyd.distribution.trigger_models import TriggerSource
from surveyd.people.merged import contact_called
from surveyd.web.limits import WRONG_LINKS, client_address, guesses

bp = Blueprint("invitations_api", __name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the body asks for, by the names that the caller knows."""

    program: str
    contact: str


@bp.post("/api/invitations")
def invite() -> Response:
    """Invite one contact, once a key."""
    key_id = _key()
    wish, fault = _wish(request.get_json(silent=True))
    key = request.headers.get("Idempotency-Key", "").strip()
    if wish is None or not key:
        return _said(422, text=fault or "Send the header Idempotency-Key: one value for each request.")
    now = services().clock.now()
    try:
        with writing() as session:
            program = session.scalar(select(Program).where(Program.slug == wish.program))
            contact_id = contact_called(session, wish.contact)
            if program is None or contact_id is None:
                raise NotFound
            asked = triggers.ask(
                session,
                program,
                contact_id,
                source=TriggerSource.API,
                key=f"{key_id}:{key}",
                keys=services().keys,
                now=now,
            )
            note_use(session, key_id, now=now)
    except Conflict as error:
        return _said(409, text=str(error))
    except Refused as error:
        return _said(422, text=str(error))
    status = 201 if asked.is_first else 200
    return _said(status, invited=not asked.rule, rule=asked.rule, wave=asked.wave, contact=wish.contact)


def _wish(body: Any) -> tuple[Wish | None, str]:
    """What the body asks for, or what is wrong with it."""
    if not isinstance(body, dict):
        return None, "The body is no JSON object."
    unknown = sorted(set(body) - {"program", "contact"})
    if unknown:
        return None, f"The body has fields that are not known: {', '.join(map(repr, unknown))[:200]}."
    program, contact = (_text(body.get(name)) for name in ("program", "contact"))
    if not (program and contact):
        return None, "The body needs program and contact, each a text."
    return Wish(program, contact), ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) and "\0" not in value else ""


def _said(status: int, **facts: object) -> Response:
    response = jsonify(facts)
    response.status_code = status
    return response


def _key() -> int:
    """The key that the request carries; wrong ones count as wrong links do."""
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    with reading() as session:
        found = find_hook_key(session, key.strip(), KeyUse.INVITATIONS) if kind.lower() == "bearer" else None
    if found is None:
        raise Unauthorized if guesses().count(WRONG_LINKS, client_address()) else TooManyRequests
    return found
