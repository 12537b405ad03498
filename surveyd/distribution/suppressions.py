"""Addresses and people that must not be mailed, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import NotFound
from surveyd.distribution.address_wishes import hold_contacts, keep_wish, with_same_address
from surveyd.distribution.invitations import STOPPABLE, end_asking, hold, run
from surveyd.distribution.locks import hold_mails, in_order
from surveyd.distribution.models import Invitation, InvitationState, Message, MessageState, Suppression
from surveyd.people.merged import goes_on_as
from surveyd.people.models import Contact

CHUNK = 500


def opt_out(session: Session, contact_id: int, *, now: datetime) -> bool:
    """Never mail or call this person again, on their own word; a second time stops what came since.

    It holds for every contact with their address. Returns whether this was the first time. A contact that is
    gone counts as opted out; of one that goes on as another, that one is meant: links in old mails name the
    one that went.
    """
    contact_id = goes_on_as(session, contact_id)
    ids = with_same_address(session, contact_id)
    theirs = Invitation.contact_id.in_(ids)
    hold(session, theirs)
    hold_contacts(session, ids)
    first = run(
        session,
        update(Contact)
        .where(Contact.id == contact_id, Contact.opted_out_at.is_(None))
        .values(opted_out_at=now),
    )
    keep_wish(session, contact_id, now=now)
    # Also a second time: they may have asked for a call in between.
    end_asking(session, theirs, state=InvitationState.OPTED_OUT, reason="opted_out", now=now)
    _stop(session, Message.contact_id.in_(ids), reason="opted_out")
    return bool(first)


def suppress(
    session: Session,
    address: str,
    *,
    reason: str,
    now: datetime,
    message_id: int | None = None,
    detail: str = "",
) -> None:
    """Never mail this address again; what is queued to it is stopped. Case does not matter.

    That is what its contacts wait for, and what was queued to a contact before the address changed. The
    person may still be called: an address that does not work is no answer.
    """
    address = address.lower()
    row = {
        "address": address,
        "reason": reason,
        "detail": detail[:300],
        "message_id": message_id,
        "at": now,
    }
    insert_new(session, Suppression, [row], unique=["address"])
    _stop(session, _to(session, [address]), reason=reason)


def hold_address(session: Session, address: str, *, message_id: int) -> None:
    """Take hold of a mail and of all that `suppress` would change: for one that writes of the mail first."""
    theirs = and_(_to(session, [address.lower()]), Message.state.in_(STOPPABLE))
    hold_mails(session, or_(Message.id == message_id, theirs))


def suppress_all(session: Session, addresses: Mapping[str, str], *, reason: str, now: datetime) -> None:
    """The same for many addresses at once, each with a detail; those that are on the list keep theirs."""
    rows = [
        {
            "address": address.lower(),
            "reason": reason,
            "detail": detail[:300],
            "message_id": None,
            "at": now,
        }
        for address, detail in sorted(addresses.items())
    ]
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        insert_new(session, Suppression, some, unique=["address"])
        _stop(session, _to(session, [str(row["address"]) for row in some]), reason=reason)


def lift(session: Session, address: str) -> None:
    """Take an address off the list. Raises NotFound when it is not on it."""
    found = session.get(Suppression, address.lower())
    if found is None:
        raise NotFound("suppressed address", address)
    session.delete(found)


def _to(session: Session, addresses: Sequence[str]) -> ColumnElement[bool]:
    """Mails to whoever has one of these addresses now, and to contacts who had one when it was queued."""
    theirs = select(Contact.id).where(func.lower(Contact.email).in_(addresses)).order_by(Contact.id)
    # Whoever queues a mail to them at this moment ends first, and what it queued is found, too.
    held = session.scalars(theirs.with_for_update()).all()
    recipient = func.lower(Message.recipient).in_(addresses)
    return or_(Message.contact_id.in_(held), and_(Message.contact_id.is_not(None), recipient))


def _stop(session: Session, *which: ColumnElement[bool], reason: str) -> int:
    mails = (*which, Message.state.in_(STOPPABLE))
    stopped = update(Message).where(in_order(Message, *mails), *mails)
    return run(
        session,
        stopped.values(state=MessageState.SUPPRESSED, reason=reason, lease_by=None, lease_until=None),
    )
