"""The list of uploaded files: what waits, what was imported, by whom."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.people.access import Scope
from surveyd.people.models import Upload, UploadState, User

SORTS = {"name": func.lower(Upload.name), "at": Upload.at.expression}
FILTERS = ("kind", "state")


@dataclass(frozen=True, slots=True)
class UploadLine:
    """One file: how many rows it adds and changes, None before anybody has looked."""

    id: int
    name: str
    kind: str
    state: UploadState
    lines: int
    added: int | None
    changed: int | None
    rejected: int | None
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class UploadPage:
    """One page of the list; `waiting` counts all that were not applied, `after` is the next page's key."""

    uploads: tuple[UploadLine, ...]
    after: str
    waiting: int


def page_of_uploads(session: Session, wanted: Wanted, *, scope: Scope) -> UploadPage:
    """The files as `wanted` says. Raises NotFound for who may not see all accounts."""
    if not scope.sees_all:
        raise NotFound("list of uploads", "-")
    counts = (Upload.result[name].as_integer().label(name) for name in ("added", "changed", "rejected"))
    by = func.coalesce(func.nullif(User.name, ""), User.email).label("by")
    query = select(Upload.id, Upload.name, Upload.kind, Upload.state, Upload.lines, *counts, Upload.at, by)
    query = query.join(User, User.id == Upload.by_id)
    if wanted.search:
        query = query.where(Upload.name.icontains(wanted.search, autoescape=True))
    if kind := wanted.filters["kind"]:
        query = query.where(Upload.kind == kind)
    if wanted.filters["state"] in set(UploadState):
        query = query.where(Upload.state == wanted.filters["state"])
    page = slice_of(
        session, query, Order(SORTS[wanted.column], Upload.id.expression, wanted.descends), after=wanted.after
    )
    open_files = select(func.count()).where(Upload.state != UploadState.APPLIED)
    waiting = session.execute(open_files).scalar_one()
    return UploadPage(tuple(UploadLine(*tuple(row)[:10]) for row in page.rows), page.after, waiting)
