"""Which role may open which page: one table, closed for whatever does not stand in it.

This decides about pages; which rows a page shows is decided by the reader's Scope.
"""

from dataclasses import dataclass
from typing import cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, g, redirect, request
from flask_security import current_user
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from surveyd.base.clock import zone_named
from surveyd.people.access import Scope, scope_of
from surveyd.people.models import StaffRole, User
from surveyd.web import rights
from surveyd.web.wave_rights import WAVE_RIGHTS

EVERYBODY = rights.EVERYBODY
RIGHTS: rights.Rights = rights.RIGHTS | WAVE_RIGHTS
"""The whole table; its rows stand in rights.py and wave_rights.py."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page: loaded once a request, before its view."""

    user_id: int
    name: str
    email: str
    role: StaffRole
    scope: Scope
    zone: ZoneInfo

    def may_open(self, endpoint: str) -> bool:
        """Whether the table opens `endpoint` to this reader, for showing a link or a button at all."""
        roles = RIGHTS.get(endpoint, frozenset())
        return roles is EVERYBODY or self.role in roles


def open_access(app: Flask) -> None:
    """Guard every route of `app` by the table."""
    app.before_request(_guard)


def reader() -> Reader:
    """The signed-in reader of this request. Only for views that the table does not open to everybody."""
    return cast(Reader, g.reader)


def _guard() -> Response | None:
    if request.routing_exception is not None or request.endpoint is None:
        return None  # Flask answers 404, 405 or a redirect to the right spelling.
    if request.endpoint not in RIGHTS:
        raise NotFound
    roles = RIGHTS[request.endpoint]
    if roles is EVERYBODY:
        return None
    found = _load_reader()
    if found is None:
        return _ask_to_sign_in()
    g.reader = found
    if found.role not in roles:
        raise Forbidden
    return None


def _load_reader() -> Reader | None:
    user = current_user
    if not user.is_authenticated:
        return None
    row = cast(User, user)
    return Reader(row.id, row.name or row.email, row.email, row.role, scope_of(row), _zone(row.time_zone))


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name or "UTC")
    except ValueError:
        return ZoneInfo("UTC")


def _ask_to_sign_in() -> Response:
    if request.method not in ("GET", "HEAD"):
        raise Unauthorized
    return redirect(f"/staff/login?next={quote(request.full_path.rstrip('?'))}", 303)
