"""Who has a call in hand: a lease on the call, on its person and on their number.

Two people never call the same contact, in whatever wave, nor two contacts at one number: the holds of a
person and of a number are rows of their own, taken by a conditional INSERT.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.statements import insert_into
from surveyd.distribution.call_models import Call, CallHold, CallState
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Invitation
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.people.models import Contact

CLAIM = timedelta(minutes=20)
CONTACT, PHONE = "contact:", "phone:"
IN_HAND = "A colleague is calling this contact; take the next one."


class Overtaken(Refused):
    """Somebody else was faster: there are attempts that the caller has not seen."""


def claim_call(
    session: Session, call: Call, *, by: int, system_now: datetime, seen: int | None = None
) -> None:
    """Take a call for twenty minutes. Raises Refused when a colleague has the person, or it is over.

    `seen` is how many attempts the caller has seen; raises Overtaken when there are others by now. What is
    the caller's already is theirs for twenty minutes more.
    """
    which = and_(Call.id == call.id, Call.state == CallState.OPEN, _free_for(by, system_now))
    if seen is not None:
        which &= Call.attempts == seen
    until = system_now + CLAIM
    if not run(session, update(Call).where(which).values(claimed_by_id=by, claimed_until=until)):
        session.refresh(call)
        if seen is not None and call.attempts != seen:
            raise Overtaken("This call went on meanwhile; read what came of it and try again.")
        over = call.state is not CallState.OPEN
        raise Refused("This call is over; the list shows the next one." if over else IN_HAND)
    session.refresh(call)
    if not all(_take(session, key, by=by, until=until, now=system_now) for key in _keys(session, call)):
        raise Refused(IN_HAND)


def try_claim(session: Session, call: Call, *, by: int, system_now: datetime) -> bool:
    """Take a call if it is free; False leaves nothing behind."""
    try:
        with session.begin_nested():
            claim_call(session, call, by=by, system_now=system_now)
    except Refused:
        return False
    return True


def release_call(session: Session, call: Call, *, by: int) -> None:
    """Put one's own claim back onto the list; without one nothing happens."""
    mine = (Call.id == call.id, Call.claimed_by_id == by)
    if run(session, update(Call).where(*mine).values(claimed_by_id=None, claimed_until=None)):
        let_go(session, call, by=by)
    session.refresh(call)


def let_go(session: Session, call: Call, *, by: int) -> None:
    """Give back the person and the number of a call, if they are in the hands of `by`."""
    keys = _keys(session, call)
    session.execute(delete(CallHold).where(CallHold.key.in_(keys), CallHold.user_id == by))


def take_away(session: Session, call: Call) -> None:
    """End whoever's claim on a call, and their holds."""
    run(session, update(Call).where(Call.id == call.id).values(claimed_by_id=None, claimed_until=None))
    session.execute(delete(CallHold).where(CallHold.key.in_(_keys(session, call))))
    session.refresh(call)


def in_other_hands(session: Session, *, by: int, system_now: datetime) -> list[int]:
    """The ids of the contacts whom others are calling, at whatever call, and of those at the same numbers."""
    others = select(CallHold.key).where(CallHold.user_id != by, CallHold.until >= system_now)
    keys = list(session.scalars(others))
    ids = {int(key.removeprefix(CONTACT)) for key in keys if key.startswith(CONTACT)}
    numbers = [key.removeprefix(PHONE) for key in keys if key.startswith(PHONE)]
    if numbers:
        ids.update(session.scalars(select(Contact.id).where(Contact.phone.in_(numbers))))
    return sorted(ids)


def dialled(session: Session, call: Call) -> tuple[int, str]:
    """Whom a call is with, and their number: the one that they named, else the one that we know."""
    wished = and_(Wish.invitation_id == Invitation.id, Wish.kind == WishKind.CALL)
    contact_id, known, named = session.execute(
        select(Contact.id, Contact.phone, Wish.phone)
        .join(Invitation, Invitation.contact_id == Contact.id)
        .outerjoin(Wish, wished)
        .where(Invitation.id == call.invitation_id)
    ).one()
    return contact_id, named or known


def _take(session: Session, key: str, *, by: int, until: datetime, now: datetime) -> bool:
    fresh = insert_into(session, CallHold).values(key=key, user_id=by, until=until)
    free = or_(CallHold.user_id == by, CallHold.until < now)
    taken = fresh.on_conflict_do_update(
        index_elements=["key"], set_={"user_id": by, "until": until}, where=free
    ).returning(CallHold.key)
    return session.execute(taken).first() is not None


def _keys(session: Session, call: Call) -> list[str]:
    """What is held while a call is made, in the order in which everybody takes it."""
    contact_id, phone = dialled(session, call)
    return [f"{CONTACT}{contact_id}", *([f"{PHONE}{phone}"] if phone else [])]


def _free_for(by: int, system_now: datetime) -> ColumnElement[bool]:
    return or_(Call.claimed_until.is_(None), Call.claimed_until < system_now, Call.claimed_by_id == by)
