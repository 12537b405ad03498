"""Visits: what somebody answers through an open link, saved page by page, and sent once.

Like drafts, by columns and by conditional UPDATEs; but a visit belongs to nobody until staff match it. What
an anonymous link takes is moved, when it is sent, to where nothing leads back: the visit is deleted.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, bindparam, delete, func, insert, select, update

from surveyd.base.database import Rows
from surveyd.base.errors import Unavailable
from surveyd.base.statements import table_of
from surveyd.base.tokens import LINK_BYTES, Keys, token_digest
from surveyd.distribution.models import Program, QuestionnaireVersion
from surveyd.forms.conditions import Answer, Answers
from surveyd.forms.open_wording import Who
from surveyd.responses.answers import new_receipt
from surveyd.responses.open_models import AnonymousAnswers, OpenLink, OpenVisit, VisitState

TRIES = 10
KEPT = timedelta(days=30)
"""How long answers that were begun and not sent are kept after the last save."""
LEAST = 5
"""How many anonymous answers are shown at once, at least: the first ones, and whenever more are added."""
VISIT = "visit"

_link, _visit, _told = table_of(OpenLink), table_of(OpenVisit), table_of(AnonymousAnswers)
_program, _version = table_of(Program), table_of(QuestionnaireVersion)


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """An open link as whoever has it meets it, with the version that it asks now."""

    id: int
    version_id: int
    digest: str
    company: str
    language: str
    is_anonymous: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's answers so far; `id` and `saves` are 0 before the first save, `receipt` empty until sent.

    `version_id` and `digest` are of the version that the visit was begun on.
    """

    id: int
    version_id: int
    digest: str
    language: str
    answers: Answers
    page: str
    saves: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A new visit, and the token that leads to it: the table keeps its digest only."""

    visit: Visit
    token: str


BY_TOKEN = (
    select(_link.c.id, _version.c.id, _version.c.digest, _program.c.company, _program.c.language)
    .add_columns(_link.c.is_anonymous, _link.c.active)
    .join(_program, _program.c.id == _link.c.program_id)
    .join(_version, _version.c.id == _link.c.version_id)
    .where(_link.c.token == bindparam("token"))
)


def _selecting() -> Select[Any]:
    return select(
        _visit.c.id,
        _version.c.id,
        _version.c.digest,
        _visit.c.language,
        _visit.c.answers,
        _visit.c.page,
        _visit.c.saves,
        _visit.c.receipt,
    ).join(_version, _version.c.id == _visit.c.version_id)


VISIT_BY_TOKEN = _selecting().where(
    _visit.c.link_id == bindparam("of_link"), _visit.c.token_digest == bindparam("digest")
)
VISIT_BY_ID = _selecting().where(_visit.c.id == bindparam("of_visit"))
SAVE = (
    update(_visit)
    .where(
        _visit.c.id == bindparam("of_visit"),
        _visit.c.saves == bindparam("seen"),
        _visit.c.state == VisitState.BEGUN,
    )
    .values(
        answers=bindparam("new_answers"),
        page=bindparam("new_page"),
        language=bindparam("new_language"),
        saves=_visit.c.saves + 1,
        updated_at=bindparam("now"),
    )
)
SEND = update(_visit).where(_visit.c.id == bindparam("of_visit"), _visit.c.state == VisitState.BEGUN)
TAKE_AWAY = (
    delete(_visit)
    .where(_visit.c.id == bindparam("of_visit"), _visit.c.state == VisitState.BEGUN)
    .returning(_visit.c.suspicion)
)


_of_link = _told.c.link_id == bindparam("of_link")
_held = (_of_link, _told.c.batch.is_(None), _told.c.is_suspect.is_(False))
# Whoever counts waits for who counts already; "no key" lets visits go on being begun meanwhile.
ONE_AT_A_TIME = select(_link.c.id).where(_link.c.id == bindparam("of_link")).with_for_update(key_share=True)
HELD_BACK = select(func.count()).select_from(_told).where(*_held)
LAST_BATCH = select(func.coalesce(func.max(_told.c.batch), 0)).where(_of_link)
LET_SHOW = update(_told).where(*_held).values(batch=bindparam("new_batch"))


def find_door(rows: Rows, token: str) -> OpenDoor | None:
    """The open link with this token, switched off or not, in one indexed read, else None."""
    row = rows.execute(BY_TOKEN, {"token": token}).first()
    return None if row is None else OpenDoor(*row)


def find_visit(rows: Rows, link_id: int, token: str) -> Visit | None:
    """The visit of that link with this token, in one indexed read, else None."""
    facts = {"of_link": link_id, "digest": token_digest(token)}
    return _one(rows.execute(VISIT_BY_TOKEN, facts).first())


def fresh_visit(door: OpenDoor, *, language: str) -> Visit:
    """A visit that is not begun yet: nothing of it is kept."""
    return Visit(0, door.version_id, door.digest, language, {}, "", 0, "")


def begin(
    rows: Rows,
    door: OpenDoor,
    *,
    answers: Mapping[str, Answer | None],
    page: str,
    language: str,
    suspicion: str,
    keys: Keys,
    now: datetime,
    mark: str = "",
) -> Begun:
    """Keep the first page of somebody who came through the link; `suspicion` says what looks like spam.

    With a `mark` that was spent today, `visit_token` finds the visit's token again.
    """
    token = visit_token(keys, door.id, mark or secrets.token_urlsafe(LINK_BYTES), day=now.date())
    given = _merged({}, answers)
    row = {
        "link_id": door.id,
        "version_id": door.version_id,
        "token_digest": token_digest(token),
        "language": language,
        "answers": given,
        "page": page,
        "saves": 1,
        "state": VisitState.BEGUN,
        "suspicion": suspicion,
        "name": "",
        "email": "",
        "company": "",
        "begun_at": now,
        "updated_at": now,
        "reason": "",
    }
    visit_id = rows.execute(insert(_visit).returning(_visit.c.id), row).scalar_one()
    return Begun(Visit(visit_id, door.version_id, door.digest, language, given, page, 1, ""), token)


def visit_token(keys: Keys, link_id: int, mark: str, *, day: date) -> str:
    """The token of the visit that was begun through the link on that day with that mark."""
    return keys.signed(VISIT, f"{day.toordinal()}.{link_id}.{mark}")


def save_page(
    rows: Rows,
    visit: Visit,
    *,
    answers: Mapping[str, Answer | None],
    page: str,
    language: str,
    now: datetime,
) -> Visit | None:
    """Save one page over what is there, as `drafts.save_page` does; one that was sent comes back unchanged.

    `language` is what the person reads now: the visit goes on in it, and is kept in it.
    None when the visit is there no longer: its answers were sent to where nothing leads back.
    """
    for _ in range(TRIES):
        if visit.receipt:
            return visit
        merged = _merged(visit.answers, answers)
        values = {"new_answers": merged, "new_page": page, "new_language": language, "now": now}
        done = rows.execute(SAVE, {"of_visit": visit.id, "seen": visit.saves, **values})
        if cast(CursorResult[object], done).rowcount == 1:
            return replace(visit, answers=merged, page=page, language=language, saves=visit.saves + 1)
        again = _one(rows.execute(VISIT_BY_ID, {"of_visit": visit.id}).first())
        if again is None:
            return None
        visit = again
    raise Unavailable("visit", "it is being saved from too many places at once; send the page again")


def send(rows: Rows, visit: Visit, *, answers: Answers, who: Who, now: datetime) -> str:
    """Put the `answers` that count into the queue, and return the receipt: the first one's for a repeat."""
    values = {
        "state": VisitState.WAITING,
        "answers": dict(answers),
        "name": who.name[:200],
        "email": who.email[:254],
        "company": who.company[:300],
        "receipt": new_receipt(),
        "sent_at": now,
        "updated_at": now,
    }
    done = rows.execute(SEND.values(values), {"of_visit": visit.id})
    if cast(CursorResult[object], done).rowcount == 1:
        return str(values["receipt"])
    sent = _one(rows.execute(VISIT_BY_ID, {"of_visit": visit.id}).first())
    return sent.receipt if sent else ""


def send_anonymously(rows: Rows, door: OpenDoor, visit: Visit, *, answers: Answers, today: date) -> None:
    """Keep the `answers` with the day, under a random key, and delete the visit. A repeat changes nothing."""
    taken = rows.execute(TAKE_AWAY, {"of_visit": visit.id}).first()
    if taken is None:
        return
    row = {
        "id": secrets.token_hex(16),
        "link_id": door.id,
        "version_id": visit.version_id,
        "given_on": today,
        "is_suspect": bool(taken.suspicion),
        "batch": None,
        "answers": dict(answers),
    }
    rows.execute(insert(_told), row)
    let_show(rows, door.id)


def let_show(rows: Rows, link_id: int) -> None:
    """Make what is held back a new batch if five and more are; of two at once, one sees the other's."""
    of_link = {"of_link": link_id}
    rows.execute(ONE_AT_A_TIME, of_link)
    if rows.execute(HELD_BACK, of_link).scalar_one() >= LEAST:
        batch = rows.execute(LAST_BATCH, of_link).scalar_one() + 1
        rows.execute(LET_SHOW, {**of_link, "new_batch": batch})


def was_begun(keys: Keys, door: OpenDoor, token: str, *, today: date) -> bool:
    """Whether we made this visit's token within the time that unfinished answers are kept."""
    day, _, rest = (keys.read_signed(VISIT, token) or "").partition(".")
    if not rest.startswith(f"{door.id}."):
        return False
    return int(day) > (today - KEPT).toordinal()


def has_unfinished(rows: Rows, *, now: datetime) -> bool:
    """Whether anything was begun and not sent for 30 days."""
    return rows.execute(select(_visit.c.id).where(*_old(now)).limit(1)).first() is not None


def forget_unfinished(rows: Rows, *, now: datetime) -> int:
    """Delete what was begun and not sent for 30 days; returns how many."""
    return cast(CursorResult[object], rows.execute(delete(_visit).where(*_old(now)))).rowcount


def _old(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _visit.c.state == VisitState.BEGUN, _visit.c.updated_at < now - KEPT


def _merged(before: Answers, page: Mapping[str, Answer | None]) -> dict[str, Answer]:
    return {item: answer for item, answer in {**before, **page}.items() if answer is not None}


def _one(row: Any) -> Visit | None:
    if row is None:
        return None
    *known, receipt = row
    columns: list[Any] = [*known, receipt or ""]
    return Visit(*columns)
