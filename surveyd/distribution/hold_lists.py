"""What is held, as pages and commands show it: by group, and one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from surveyd.base.keyset import Order, Wanted, slice_of
from surveyd.distribution.holds import (
    FILTERS,
    IS_HELD,
    MAIL,
    TOUCH,
    TOUCH_IS_HELD,
    held_mails,
    held_touches,
    read_key,
    step_of_mail,
)
from surveyd.distribution.models import Invitation, Message, Touch, Wave
from surveyd.people.models import Contact


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One mail or planned touch. `message_id` leads to a mail's story; a touch is no mail yet."""

    key: str
    to: str
    wave: str
    step: str
    reason: str
    due_at: datetime
    message_id: int | None


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """What is held of one wave and step for one reason, and when the first of it was due."""

    wave: str
    step: str
    reason: str
    mails: int
    touches: int
    oldest: datetime

    @property
    def count(self) -> int:
        return self.mails + self.touches


@dataclass(frozen=True, slots=True)
class HeldPage:
    """Some lines; `after` is the key of the next page, empty on the last."""

    lines: tuple[HeldLine, ...]
    after: str


def held_groups(session: Session) -> list[HeldGroup]:
    """Everything that is held, by wave, step and reason, the largest first; in one statement."""
    held = _everything().subquery()
    counted = (
        select(
            held.c.wave,
            held.c.step,
            held.c.reason,
            func.count(case((held.c.kind == MAIL, 1))),
            func.count(case((held.c.kind == TOUCH, 1))),
            func.min(held.c.due_at),
        )
        .group_by(held.c.wave, held.c.step, held.c.reason)
        .order_by(func.count().desc(), held.c.wave, held.c.step, held.c.reason)
    )
    return [HeldGroup(*tuple(row)) for row in session.execute(counted)]


def list_held(session: Session, wish: Wanted) -> HeldPage:
    """A page of what `wish` asks for, the oldest first. Raises Refused for a broken key."""
    held = _everything(named=True).subquery()
    which = [held.c[name] == wish.filters[name] for name in FILTERS[:-1] if wish.filters.get(name)]
    if one := read_key(wish.filters.get("one", "")):
        which += [held.c.kind == one[0], held.c.id == one[1]]
    # A mail and a touch may have the same id.
    key = held.c.id * 2 + case((held.c.kind == MAIL, 0), else_=1)
    found = slice_of(session, select(held).where(*which), Order(held.c.due_at, key), after=wish.after)
    lines = [
        HeldLine(
            f"{row.kind}{row.id}", row.to, row.wave, row.step, row.reason, row.due_at,
            row.id if row.kind == MAIL else None,
        )
        for row in found.rows
    ]  # fmt: skip
    return HeldPage(tuple(lines), found.after)


def count_held(session: Session, filters: Mapping[str, str]) -> int:
    """How many mails and touches these filters mean."""
    mails = select(func.count(Message.id)).where(*held_mails(filters))
    touches = select(func.count(Touch.id)).where(*held_touches(filters))
    return session.execute(mails).scalar_one() + session.execute(touches).scalar_one()


def _everything(*, named: bool = False) -> Select[Any]:
    """Mails and touches in one list; with `named` each has the person's name."""
    nobody = literal("", String)
    mails = (
        select(
            literal(MAIL, String).label("kind"),
            Message.id.label("id"),
            (func.coalesce(Contact.name, Message.recipient_name) if named else nobody).label("to"),
            func.coalesce(Wave.slug, "").label("wave"),
            step_of_mail.label("step"),
            Message.reason.label("reason"),
            Message.due_at.label("due_at"),
        )
        .outerjoin(Wave, Wave.id == Message.wave_id)
        .where(IS_HELD)
    )
    touches = select(
        literal(TOUCH, String), Touch.id, Contact.name if named else nobody, Wave.slug, Touch.step,
        Touch.reason, Touch.due_at,
    ).join(Wave, Wave.id == Touch.wave_id).where(TOUCH_IS_HELD)  # fmt: skip
    if named:
        mails = mails.outerjoin(Contact, Contact.id == Message.contact_id)
        touches = touches.join(Invitation, Invitation.id == Touch.invitation_id)
        touches = touches.join(Contact, Contact.id == Invitation.contact_id)
    return select(union_all(mails, touches).subquery())
