"""What people ask of us in place of answering now: to be reminded on another day, or to be called.

The latest wish of an invitation holds, and what was planned makes room for it in the same transaction.
Answering is possible all the same, and ends every wish.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import from_local, zone_named
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.address_wishes import stopped_address
from surveyd.distribution.cadence import (
    WISHED_CALL,
    WISHED_REMINDER,
    DaysOff,
    Window,
    numbered_step,
    plain_step,
)
from surveyd.distribution.call_entries import ASKED, put_on_list
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.days_off import days_off_of
from surveyd.distribution.invitations import check_asking, hold, run, withdraw
from surveyd.distribution.models import (
    Channel,
    Invitation,
    InvitationState,
    Program,
    Suppression,
    Touch,
    TouchState,
    Wave,
)
from surveyd.distribution.programs import window_of
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.people.audit import record
from surveyd.people.models import Account, Contact

USUALLY_IN = timedelta(days=7)
LATEST = timedelta(days=60)
"""How far ahead a reminder can be asked for where no wave closes."""
CALL_AFTER = timedelta(days=3)
"""Nobody calls before the reminder has had so much time."""
MOST = 5
"""How many reminders, and how many calls, one invitation can ask for."""
SUITS_LIMIT = 200
OTHER_DAY = "asked for another day"
ASKED_FOR_CALL = "asked to be called"


@dataclass(frozen=True, slots=True)
class Offer:
    """What one person can ask for. The days are theirs: from `first` to `last`, None for no reminder.

    `phone` is the number that we know, empty for none; `country` reads a number without one. `email` is
    their own address.
    """

    first: date | None
    last: date | None
    phone: str
    country: str
    email: str

    @property
    def usual(self) -> date | None:
        """The day that is offered: in a week, or the last one there is."""
        if self.first is None or self.last is None:
            return None
        return min(self.first + USUALLY_IN - timedelta(days=1), self.last)

    def allows(self, day: date) -> bool:
        """Whether a reminder can go on that day."""
        return self.first is not None and self.last is not None and self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Wished:
    """What somebody has wished, for the `times`-th time; see `Wish`."""

    kind: WishKind
    remind_on: date | None
    phone: str
    suits: str
    times: int


def offer_to(session: Session, invitation_id: int, *, now: datetime) -> Offer:
    """What the person of an invitation can ask for. Raises NotFound, and Refused once the asking is over."""
    return _Asked(session, invitation_id, now=now).offer(now)


def remind_on(session: Session, invitation_id: int, *, day: date, now: datetime) -> datetime:
    """Move what is planned by mail to one reminder on `day`, the person's own, and return when it is due.

    It goes within their sending hours, on the next day that has some and is not off; nobody calls before
    three days later. A second wish moves it again. Raises NotFound, and Refused for a day that is not on
    offer, after five reminders, and once the asking is over or answered.
    """
    hold(session, Invitation.id == invitation_id)
    asked = _Asked(session, invitation_id, now=now)
    if not asked.offer(now).allows(day):
        raise Refused("Choose a day from tomorrow until the day before the survey closes.")
    due = asked.due_on(day)
    planned = _touches(session, asked, WISHED_REMINDER, among=TouchState.PLANNED)
    if planned:
        reminder_id = planned[-1].id
        run(session, update(Touch).where(Touch.id == reminder_id).values(due_at=due))
    else:
        reminder_id = _add_touch(session, asked, WISHED_REMINDER, due_at=due).id
    by_mail = and_(Touch.invitation_id == invitation_id, Touch.channel == Channel.MAIL)
    withdraw(session, and_(by_mail, Touch.id != reminder_id), reason=OTHER_DAY)
    _call_not_before(session, asked, due + CALL_AFTER)
    goes_on = due.astimezone(asked.zone).date()
    _keep(session, asked, Wish(kind=WishKind.REMIND, remind_on=goes_on, phone="", suits="", at=now))
    return due


def call_instead(session: Session, invitation_id: int, *, phone: str, suits: str, now: datetime) -> int:
    """Put the person onto the call list at once, and stop what is planned; return the call's id.

    `phone` is E.164, empty for the number that we know; `suits` says in a few words when. A second wish
    updates the first. Raises NotFound, and Refused without any number, after five calls, and once the asking
    is over or answered.
    """
    hold(session, Invitation.id == invitation_id)
    asked = _Asked(session, invitation_id, now=now)
    if not (phone or asked.contact.phone):
        raise Refused("Say the number under which you can be called.")
    withdraw(session, Touch.invitation_id == invitation_id, reason=ASKED_FOR_CALL)
    call_id = _open_call(session, invitation_id, now=now)
    if call_id is None:
        touch = _add_touch(session, asked, WISHED_CALL, due_at=now, released_at=now)
        put_on_list(session, {touch.id: invitation_id}, now=now)
        call_id = session.scalars(select(Call.id).where(Call.touch_id == touch.id)).one()
    first = and_(Call.id == call_id, Call.weight > -ASKED)
    run(session, update(Call).where(first).values(weight=Call.weight - ASKED))
    wish = Wish(kind=WishKind.CALL, remind_on=None, phone=phone, suits=suits[:SUITS_LIMIT], at=now)
    _keep(session, asked, wish)
    return call_id


def wish_of(session: Session, invitation_id: int) -> Wished | None:
    """The latest wish of an invitation, None without one."""
    found = session.get(Wish, invitation_id)
    if found is None:
        return None
    return Wished(found.kind, found.remind_on, found.phone, found.suits, found.times)


class _Asked:
    """One invitation whose person may ask for something at `now`."""

    def __init__(self, session: Session, invitation_id: int, *, now: datetime) -> None:
        row = _read(session, invitation_id)
        check_asking(row.Invitation, row.Wave, now)
        self.invitation: Invitation = row.Invitation
        self.wave: Wave = row.Wave
        self.contact: Contact = row.Contact
        self.country: str = row.country
        self.suppressed: str | None = row.suppressed
        self.stopped: bool = row.stopped
        self.window: Window = window_of(row.Program)
        self.zone: ZoneInfo = zone_named(self.invitation.time_zone)
        self.off: DaysOff = days_off_of(session, row.Program.id, self.country, since=now)

    def offer(self, now: datetime) -> Offer:
        """What can be asked for; no reminder to whom we may not write, nor when the wave closes at once."""
        first = now.astimezone(self.zone).date() + timedelta(days=1)
        ends = self.wave.closes_at or now + LATEST
        last = ends.astimezone(self.zone).date() - timedelta(days=1)
        # A day off or without sending hours leads to a later one, which has to be before the end as well.
        while last >= first and self.due_on(last) >= ends:
            last -= timedelta(days=1)
        phone = "" if self.contact.do_not_phone else self.contact.phone
        if last < first or not self._may_be_mailed():
            return Offer(None, None, phone, self.country, self.contact.email)
        return Offer(first, last, phone, self.country, self.contact.email)

    def due_on(self, day: date) -> datetime:
        """When a mail of that day goes: as soon as the sending hours begin where the person is."""
        return self.opens(from_local(datetime.combine(day, time()), self.zone))

    def opens(self, instant: datetime) -> datetime:
        """When we may write or call from then on, where the person is."""
        return self.window.opens(instant, self.zone, self.off)

    def _may_be_mailed(self) -> bool:
        contact = self.contact
        may = contact.active and not self.stopped and self.suppressed is None
        return may and bool(contact.email)


def _read(session: Session, invitation_id: int) -> Row[*tuple[object, ...]]:
    query = (
        select(
            Invitation,
            Wave,
            Program,
            Contact,
            Account.country.label("country"),
            Suppression.reason.label("suppressed"),
            stopped_address(Program.id, Contact.email.expression).label("stopped"),
        )
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
        .where(Invitation.id == invitation_id)
        .execution_options(populate_existing=True)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("invitation", invitation_id)
    return row


def _touches(session: Session, asked: _Asked, step: str, *, among: TouchState | None = None) -> list[Touch]:
    """The touches of a wished step, by id; the sweep that releases what is due passes them over meanwhile."""
    theirs = select(Touch).where(Touch.invitation_id == asked.invitation.id).order_by(Touch.id)
    found = session.scalars(theirs.with_for_update().execution_options(populate_existing=True))
    return [one for one in found if plain_step(one.step) == step and among in (None, one.state)]


def _add_touch(
    session: Session, asked: _Asked, step: str, *, due_at: datetime, released_at: datetime | None = None
) -> Touch:
    number = len(_touches(session, asked, step)) + 1
    if number > MOST:
        raise Refused("You have asked for this five times; reply to the mail instead, a person reads it.")
    touch = Touch(
        invitation_id=asked.invitation.id,
        wave_id=asked.wave.id,
        step=numbered_step(step, number),
        channel=Channel.PHONE if released_at else Channel.MAIL,
        state=TouchState.RELEASED if released_at else TouchState.PLANNED,
        due_at=due_at,
        released_at=released_at,
    )
    session.add(touch)
    session.flush()
    return touch


def _call_not_before(session: Session, asked: _Asked, instant: datetime) -> None:
    """Let a planned call, and one that is on the list, wait until then."""
    earliest = asked.opens(instant)
    planned = and_(
        Touch.invitation_id == asked.invitation.id,
        Touch.channel == Channel.PHONE,
        Touch.state == TouchState.PLANNED,
        Touch.due_at < earliest,
    )
    run(session, update(Touch).where(planned).values(due_at=earliest))
    listed = and_(
        Call.invitation_id == asked.invitation.id, Call.state == CallState.OPEN, Call.not_before < earliest
    )
    run(session, update(Call).where(listed).values(not_before=earliest))
    asked_before = and_(Call.invitation_id == asked.invitation.id, Call.weight <= -ASKED)
    run(session, update(Call).where(asked_before).values(weight=Call.weight + ASKED))


def _open_call(session: Session, invitation_id: int, *, now: datetime) -> int | None:
    """The call that is on the list already, from now on; what was agreed on before gives way to the wish."""
    there = and_(Call.invitation_id == invitation_id, Call.state == CallState.OPEN)
    if not run(session, update(Call).where(there).values(not_before=now, outcome=None)):
        return None
    return session.scalars(select(Call.id).where(there)).first()


def _keep(session: Session, asked: _Asked, wish: Wish) -> None:
    """Write the wish down in the place of an earlier one. Who had declined is asked again: they said so."""
    earlier = session.get(Wish, asked.invitation.id)
    wish.invitation_id, wish.times = asked.invitation.id, earlier.times + 1 if earlier else 1
    session.merge(wish)
    declined = and_(Invitation.id == asked.invitation.id, Invitation.state == InvitationState.DECLINED)
    run(session, update(Invitation).where(declined).values(state=InvitationState.WAITING))
    facts = {"kind": wish.kind.value, "times": wish.times}
    record(
        session,
        action="wish",
        thing="invitation",
        thing_id=asked.invitation.id,
        by=None,
        now=wish.at,
        facts=facts,
    )
