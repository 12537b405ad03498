"""In which order a transaction takes hold of rows, so that no two wait for each other in a circle.

Everybody takes what they need in this order: waves and sending slots, invitations, contacts, touches, and
mails last; of many rows of one kind the lowest id first. A sender that has one mail in hand waits for no
other: see `claims.begin`. On SQLite a writer is alone anyway.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Message, Touch


def in_order(kind: type[Message] | type[Touch], *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The rows of a kind that the conditions `which` name, for an UPDATE that may change many.

    An UPDATE takes hold of rows as it comes upon them; by way of this condition it does so in order.
    """
    return kind.id.in_(_held(kind, *which))


def hold_mails(session: Session, *which: ColumnElement[bool]) -> None:
    """Let nobody else change these mails until this transaction ends: for one that has several steps."""
    session.execute(select(func.count()).select_from(_held(Message, *which).subquery()))


def _held(kind: type[Message] | type[Touch], *which: ColumnElement[bool]) -> Select[Any]:
    return select(kind.id).where(*which).order_by(kind.id).with_for_update(key_share=True)
