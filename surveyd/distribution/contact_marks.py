"""What account managers say of their contacts before a wave: confirmed, corrected, added, left out and why.

Every verb holds the wave, so that a launch at the same moment finds it said or refuses it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.confirmation_models import ConfirmationAsk, ContactMark, MarkState, WhyExcluded
from surveyd.distribution.confirmation_sums import planned_in, with_marks
from surveyd.distribution.confirmations import get_round, hold
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Program, Wave
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.audit import record
from surveyd.people.contacts import (
    AddressTaken,
    ContactFacts,
    NewContact,
    add_contact,
    correct_contact,
    find_by_address,
    find_contact,
)
from surveyd.people.models import Account, Contact, User

OVER = "The time to confirm contacts is over; what was said holds."
WORDS_LIMIT = 300


def confirm(session: Session, wave: Wave, contact_id: int, *, scope: Scope, by: int, now: datetime) -> None:
    """Say that a contact is right; who was left out is in again. A second time changes nothing.

    Raises NotFound outside the scope, and Refused once the round is over.
    """
    _find(session, wave, contact_id, scope, now)
    _mark(session, wave, contact_id, {"state": MarkState.CONFIRMED, "why": None, "words": ""}, by=by, now=now)
    _trail(session, "confirm_contact", contact_id, wave, by=by, now=now)


def confirm_rest(
    session: Session,
    wave: Wave,
    *,
    manager_id: int,
    seen: int,
    scope: Scope,
    by: int,
    now: datetime,
) -> int:
    """Confirm all contacts of one manager of whom nothing was said; return how many.

    `seen` is how many the reader saw. Raises Refused when they are not as many now, and once it is over.
    """
    _hold_open(session, wave, now)
    ids = _rest(session, wave, manager_id, scope, now)
    if not ids:
        return 0
    if len(ids) != seen:
        raise Refused("The list has changed meanwhile; look at it and confirm the rest again.")
    fresh = {"state": MarkState.CONFIRMED, "why": None, "words": "", "by_id": by, "at": now}
    there = (ContactMark.wave_id == wave.id, ContactMark.contact_id.in_(ids))
    run(session, update(ContactMark).where(*there, ContactMark.state == MarkState.OPEN).values(fresh))
    rows = [{**NEW, **fresh, "wave_id": wave.id, "contact_id": one} for one in ids]
    insert_new(session, ContactMark, rows, unique=["wave_id", "contact_id"])
    _began(session, wave, by, now)
    facts = {"manager": manager_id, "contacts": len(ids)}
    record(session, action="confirm_rest", thing="wave", thing_id=wave.id, by=by, now=now, facts=facts)
    return len(ids)


def exclude(
    session: Session,
    wave: Wave,
    contact_id: int,
    *,
    why: WhyExcluded,
    words: str,
    scope: Scope,
    by: int,
    now: datetime,
) -> None:
    """Leave a contact out of this one wave, with a reason; said again, the later reason counts.

    Raises NotFound outside the scope, and Refused once the round is over, for another reason without words,
    and for words that are too long.
    """
    _find(session, wave, contact_id, scope, now)
    said = words.replace("\0", "").strip()
    if why is WhyExcluded.OTHER and not said:
        raise Refused("Say in a few words why they are left out.")
    if len(said) > WORDS_LIMIT:
        raise Refused(f"The reason has {len(said)} characters; {WORDS_LIMIT} is the most.")
    values = {"state": MarkState.EXCLUDED, "why": why, "words": said}
    _mark(session, wave, contact_id, values, by=by, now=now)
    _trail(session, "exclude_contact", contact_id, wave, by=by, now=now, why=why.value)


def take_back(session: Session, wave: Wave, contact_id: int, *, scope: Scope, by: int, now: datetime) -> None:
    """Take back what was said of a contact; corrections stay. Raises what `confirm` raises."""
    _find(session, wave, contact_id, scope, now)
    _take_back(session, wave, contact_id, by=by, now=now)


def put_back(session: Session, wave: Wave, contact_id: int, *, scope: Scope, by: int, now: datetime) -> None:
    """An admin's word that somebody who was left out is asked all the same, also once the round is over.

    Raises NotFound outside the scope, and Refused once the wave is launched.
    """
    hold(session, wave)
    find_contact(session, contact_id, scope=scope)
    _take_back(session, wave, contact_id, by=by, now=now)


def correct(
    session: Session,
    wave: Wave,
    contact_id: int,
    facts: ContactFacts,
    *,
    seen: datetime,
    scope: Scope,
    by: int,
    now: datetime,
) -> None:
    """Correct a contact, and so confirm them; who was left out stays out.

    Raises what `people.contacts.correct_contact` raises, NotFound outside the scope, and Refused once the
    round is over.
    """
    contact = _find(session, wave, contact_id, scope, now)
    changed = correct_contact(session, contact, facts, seen=seen, now=now)
    there = session.get(ContactMark, (wave.id, contact_id), populate_existing=True)
    state = there.state if there is not None and there.state is MarkState.EXCLUDED else MarkState.CONFIRMED
    values: dict[str, object] = {"state": state}
    _mark(session, wave, contact_id, values | ({"was_corrected": True} if changed else {}), by=by, now=now)
    _trail(session, "correct_contact", contact_id, wave, by=by, now=now, fields=" ".join(changed))


def add(session: Session, wave: Wave, facts: NewContact, *, scope: Scope, by: int, now: datetime) -> Contact:
    """Add a contact to an account, confirmed; the same one sent twice is added once.

    Raises NotFound for an account outside the scope, AddressTaken when another contact of it has the address,
    and Refused once the round is over.
    """
    _hold_open(session, wave, now)
    which = (Account.id == facts.account_id, visible_accounts(scope))
    if session.scalar(select(Account.id).where(*which)) is None:
        raise NotFound("account", facts.account_id)
    taken = find_by_address(session, facts.account_id, facts.email)
    if taken is not None:
        there = session.get(ContactMark, (wave.id, taken.id), populate_existing=True)
        if there is not None and there.was_added:
            return taken
        raise AddressTaken(f"{taken.name} of the same account has this address already.")
    contact = add_contact(session, facts, now=now)
    values = {"state": MarkState.CONFIRMED, "was_added": True}
    _mark(session, wave, contact.id, values, by=by, now=now)
    _trail(session, "add_contact", contact.id, wave, by=by, now=now)
    return contact


def finish(session: Session, wave: Wave, *, manager_id: int, scope: Scope, by: int, now: datetime) -> None:
    """Say that one manager's contacts are looked through; of whom nothing was said, they stay in.

    No reminder comes any more; until the end everything can still be changed. Raises NotFound for a manager
    none of whose accounts is in the scope, and Refused once the round is over.
    """
    _hold_open(session, wave, now)
    managed = select(Account.id).where(Account.manager_id == manager_id, visible_accounts(scope))
    if session.scalar(managed.limit(1)) is None:
        raise NotFound("account manager", manager_id)
    row = {"wave_id": wave.id, "user_id": manager_id, "asked_at": now, "mailed_at": now, "mails": 0}
    insert_new(session, ConfirmationAsk, [row], unique=["wave_id", "user_id"])
    mine = (ConfirmationAsk.wave_id == wave.id, ConfirmationAsk.user_id == manager_id)
    done = update(ConfirmationAsk).where(*mine, ConfirmationAsk.finished_at.is_(None))
    if run(session, done.values(finished_at=now)):
        _began(session, wave, manager_id, now)
        facts = {"manager": manager_id}
        record(
            session, action="finish_confirmation", thing="wave", thing_id=wave.id, by=by, now=now, facts=facts
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody is left out of a wave, who said so, and when."""

    why: WhyExcluded
    words: str
    by: str
    at: datetime


def reasons_for(session: Session, wave: Wave, contact_ids: Collection[int]) -> dict[int, Reason]:
    """The reasons for those of a few contacts who are left out by hand."""
    by = func.coalesce(func.nullif(User.name, ""), User.email, "").label("by")
    query = (
        select(ContactMark.contact_id, ContactMark.why, ContactMark.words, by, ContactMark.at)
        .outerjoin(User, User.id == ContactMark.by_id)
        .where(ContactMark.wave_id == wave.id, ContactMark.state == MarkState.EXCLUDED)
        .where(ContactMark.contact_id.in_(contact_ids))
    )
    return {
        row.contact_id: Reason(row.why, row.words, row.by, row.at)
        for row in session.execute(query)
        if row.why
    }


NEW: dict[str, object] = {"was_corrected": False, "was_added": False, "why": None, "words": ""}


def _hold_open(session: Session, wave: Wave, now: datetime) -> None:
    found = get_round(session, wave, now=now)
    hold(session, wave)
    if not found.runs:
        raise Refused(OVER)


def _find(session: Session, wave: Wave, contact_id: int, scope: Scope, now: datetime) -> Contact:
    contact = find_contact(session, contact_id, scope=scope)
    _hold_open(session, wave, now)
    # Whoever had the wave before may have changed them.
    session.refresh(contact)
    return contact


def _mark(
    session: Session, wave: Wave, contact_id: int, values: Mapping[str, object], *, by: int, now: datetime
) -> None:
    said = {**values, "by_id": by, "at": now}
    mine = (ContactMark.wave_id == wave.id, ContactMark.contact_id == contact_id)
    if not run(session, update(ContactMark).where(*mine).values(said)):
        row = {**NEW, **said, "wave_id": wave.id, "contact_id": contact_id}
        insert_new(session, ContactMark, [row], unique=["wave_id", "contact_id"])
    _began(session, wave, by, now)


def _take_back(session: Session, wave: Wave, contact_id: int, *, by: int, now: datetime) -> None:
    mine = (ContactMark.wave_id == wave.id, ContactMark.contact_id == contact_id)
    said = update(ContactMark).where(*mine, ContactMark.state != MarkState.OPEN)
    open_again = {"state": MarkState.OPEN, "why": None, "words": "", "by_id": by, "at": now}
    if run(session, said.values(open_again)):
        _trail(session, "take_back_mark", contact_id, wave, by=by, now=now)


def _began(session: Session, wave: Wave, user_id: int, now: datetime) -> None:
    mine = (ConfirmationAsk.wave_id == wave.id, ConfirmationAsk.user_id == user_id)
    run(
        session, update(ConfirmationAsk).where(*mine, ConfirmationAsk.began_at.is_(None)).values(began_at=now)
    )


def _rest(session: Session, wave: Wave, manager_id: int, scope: Scope, now: datetime) -> list[int]:
    program = session.get_one(Program, wave.program_id)
    unsaid = ContactMark.state.is_(None) | (ContactMark.state == MarkState.OPEN)
    planned = planned_in(session, wave, program, now=now)
    query = with_marks(wave, select(Contact.id)).where(
        Account.manager_id == manager_id, visible_accounts(scope), planned, unsaid
    )
    return list(session.scalars(query.order_by(Contact.id)))


def _trail(
    session: Session, action: str, contact_id: int, wave: Wave, *, by: int, now: datetime, **facts: str
) -> None:
    said: dict[str, str | int] = {"wave": wave.id, **facts}
    record(session, action=action, thing="contact", thing_id=contact_id, by=by, now=now, facts=said)
