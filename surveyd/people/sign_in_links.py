"""Links to set a password: mailed to one user, good for one use, until they expire.

A row stands for the link; its token is made from the row's id by the secret key when the mail is written,
so that neither the table nor the outbox holds anything that opens a door.
"""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.people.models import LinkPurpose, SignInLink, User
from surveyd.people.users import set_password, spend_links

LIVES = {LinkPurpose.WELCOME: timedelta(days=7), LinkPurpose.RESET: timedelta(hours=1)}
SPENT = "This link was used before, or is too old. Ask for a new one."


def make_link(session: Session, user: User, *, purpose: LinkPurpose, system_now: datetime) -> SignInLink:
    """Make a link for `user`, flushed; older ones of the same person open nothing any more."""
    spend_links(session, user.id, system_now=system_now)
    link = SignInLink(
        user_id=user.id, purpose=purpose, expires_at=system_now + LIVES[purpose], made_at=system_now
    )
    session.add(link)
    session.flush()
    return link


def find_owner(session: Session, link_id: int, *, system_now: datetime) -> User | None:
    """The active user whose link this is, None when it was used, is too old, or its user is switched off."""
    query = select(User).join(SignInLink, SignInLink.user_id == User.id)
    fresh = (SignInLink.spent_at.is_(None), SignInLink.expires_at > system_now, User.active)
    return session.scalar(query.where(SignInLink.id == link_id, *fresh))


def use_link(session: Session, link_id: int, password: str, *, now: datetime, system_now: datetime) -> User:
    """Set the password of the link's user, end their sessions, and spend the link with all others they have.

    Raises Refused for a link that opens nothing and for a password that is short or common.
    """
    user = find_owner(session, link_id, system_now=system_now)
    if user is None:
        raise Refused(SPENT)
    set_password(session, user, password, now=now, by=user.id)
    mine = update(SignInLink).where(SignInLink.id == link_id, SignInLink.spent_at.is_(None))
    result = session.execute(mine.values(spent_at=system_now))
    if isinstance(result, CursorResult) and result.rowcount != 1:
        raise Refused(SPENT)
    spend_links(session, user.id, system_now=system_now)
    return user
