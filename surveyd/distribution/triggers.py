"""Invitations that an event asks for: a renewal date that comes near, a command, another program's call.

They belong to a wave of their own, one a program and month, which is open from its first invitation on, and
whose lists, figures and calls are those of any wave. The same rules leave people out as in any other wave:
what an event asks for is no way around the rest period or an opt-out.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import Conflict, NotFound, Refused
from surveyd.base.tokens import Keys
from surveyd.distribution.cadence import cadence_of_program, freeze_cadence
from surveyd.distribution.large_accounts import large_revenue
from surveyd.distribution.models import Invitation, Program, QuestionnaireVersion, Wave, WaveState
from surveyd.distribution.preparing import invite_one
from surveyd.distribution.trigger_models import TRIGGERED, RenewalTrigger, Trigger, TriggerSource
from surveyd.people.models import Account, AccountStatus, Contact

LONGEST_KEY = 120
LONGEST_NAME = 60
MOST_DAYS = 365
AT_ONCE = 200
"""How many contacts one run of the sweep asks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request came to. An empty `rule` means: invited; `is_first` is False for a repeat."""

    contact_id: int
    wave: str
    rule: str
    invitation_id: int | None
    is_first: bool


def ask(
    session: Session,
    program: Program,
    contact_id: int,
    *,
    source: TriggerSource,
    key: str,
    keys: Keys,
    now: datetime,
    renews: date | None = None,
) -> Asked:
    """Invite one contact now, under the rules of every wave; the same key again changes nothing.

    Raises NotFound for an unknown contact, Refused for a key of no or too many characters, and Conflict for a
    key that asked for somebody or something else before.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        raise Refused(f"A key has 1 to {LONGEST_KEY} characters; this one has {len(key)}.")
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFound("contact", contact_id)
    named = f"{source.value}:{key}"
    wave = month_wave(session, program, now=now)
    row = {
        "key": named,
        "program_id": program.id,
        "contact_id": contact_id,
        "wave_id": wave.id,
        "source": source,
        "rule": "",
        "invitation_id": None,
        "renews": renews,
        "at": now,
    }
    # Of two at once the constraint makes the second wait here, and it finds the first one's outcome.
    before = session.scalar(select(Trigger.id).where(Trigger.key == named))
    if before is None:
        insert_new(session, Trigger, [row], unique=["key"])
    made = session.scalars(select(Trigger).where(Trigger.key == named).with_for_update()).one()
    if (made.program_id, made.contact_id) != (program.id, contact_id):
        raise Conflict("The key was used for another request; take a new key for a new request.")
    if before is not None or made.invitation_id is not None or made.rule:
        return _asked(session, made, is_first=False)
    languages = session.get_one(QuestionnaireVersion, wave.version_id).definition["languages"]
    made.rule = invite_one(session, wave, program, contact_id, keys=keys, languages=tuple(languages), now=now)
    this = (Invitation.wave_id == wave.id, Invitation.contact_id == contact_id)
    made.invitation_id = None if made.rule else session.scalar(select(Invitation.id).where(*this))
    session.flush()
    return _asked(session, made, is_first=True)


def month_wave(session: Session, program: Program, *, now: datetime) -> Wave:
    """The program's wave for what events ask for in the month of `now`, in UTC; made the first time.

    It closes when the steps of whoever is asked last in the month have run.
    """
    slug = f"{program.slug[:LONGEST_NAME]}{TRIGGERED}{now:%Y-%m}"
    found = select(Wave).where(Wave.slug == slug, Wave.program_id == program.id)
    wave = session.scalar(found)
    if wave is not None:
        return wave
    begins = datetime(now.year, now.month, 1, tzinfo=UTC)
    ends = (begins + timedelta(days=32)).replace(day=1)
    row = {
        "program_id": program.id,
        "slug": slug,
        "version_id": program.version_id,
        "state": WaveState.OPEN,
        "scheduled_at": now,
        "launched_at": now,
        "day_zero": now,
        "closes_at": ends + timedelta(days=cadence_of_program(session, program).close_day),
        "pause_reason": "",
        "next_slot": 0.0,
        "prepared_to": 0,
        "large_revenue_cents": large_revenue(session),
    }
    insert_new(session, Wave, [row], unique=["slug"])
    wave = session.scalars(found).one()
    freeze_cadence(session, wave)
    return wave


def set_renewal(
    session: Session, program: Program, days_before: int | None, *, now: datetime, by: int | None
) -> None:
    """Ask contacts so many days before their account's renewal date from now on; None asks nobody any more.

    Raises Refused for a number that is not between 0 and 365.
    """
    made = session.get(RenewalTrigger, program.id)
    if days_before is None:
        if made is not None:
            session.delete(made)
    elif not 0 <= days_before <= MOST_DAYS:
        raise Refused(f"{days_before} days do not do; write 0 to {MOST_DAYS}.")
    elif made is None:
        session.add(RenewalTrigger(program_id=program.id, days_before=days_before, set_at=now, set_by_id=by))
    else:
        made.days_before, made.set_at, made.set_by_id = days_before, now, by
    session.flush()


def renewal_of(session: Session, program: Program) -> int | None:
    """How many days before the renewal date the program asks; None where it does not."""
    made = session.get(RenewalTrigger, program.id)
    return None if made is None else made.days_before


def ask_renewals(session: Session, *, keys: Keys, now: datetime) -> int:
    """Ask some of those whose account's renewal date has come near; returns how many, 0 when none is left.

    An account is asked from `days_before` days before its date on, once for each date: one that is entered
    late is asked late, and none after the date itself.
    """
    asked = 0
    for program, days_before in _renewing(session):
        for contact_id, renews in _near(session, program, days_before, now=now)[: AT_ONCE - asked]:
            key = renewal_key(program, contact_id, renews)
            source = TriggerSource.RENEWAL
            ask(session, program, contact_id, source=source, key=key, keys=keys, now=now, renews=renews)
            asked += 1
    return asked


def has_near_renewals(session: Session, *, now: datetime) -> bool:
    """Whether `ask_renewals` would ask anybody at `now`."""
    return any(_near(session, program, days, now=now) for program, days in _renewing(session))


def renewal_key(program: Program, contact_id: int, renews: date) -> str:
    """The key of one contact's request for one renewal date: each is asked once for each date."""
    return f"{program.id}:{contact_id}:{renews.isoformat()}"


@dataclass(frozen=True, slots=True)
class TriggerLine:
    """One request as a list shows it; an empty `rule` means: invited."""

    id: int
    at: datetime
    source: TriggerSource
    program: str
    wave_id: int
    contact: str
    account_id: int
    account: str
    rule: str


def list_triggers(session: Session, *, most: int = 100) -> list[TriggerLine]:
    """The latest requests, latest first."""
    rows = session.execute(
        select(
            Trigger.id,
            Trigger.at,
            Trigger.source,
            Program.slug.label("program"),
            Trigger.wave_id,
            Contact.name.label("contact"),
            Account.id.label("account_id"),
            Account.name.label("account"),
            Trigger.rule,
        )
        .join(Program, Program.id == Trigger.program_id)
        .join(Contact, Contact.id == Trigger.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .order_by(Trigger.id.desc())
        .limit(most)
    )
    return [TriggerLine(**row._mapping) for row in rows]


def renewals_of(session: Session) -> list[tuple[Program, int | None]]:
    """Every program with the days before a renewal date on which it asks, None where it does not; by name."""
    rows = select(Program, RenewalTrigger.days_before).outerjoin(
        RenewalTrigger, RenewalTrigger.program_id == Program.id
    )
    return [(row[0], row[1]) for row in session.execute(rows.order_by(Program.slug))]


def _renewing(session: Session) -> list[tuple[Program, int]]:
    """The programs that ask before renewal dates, each with its days."""
    rows = select(Program, RenewalTrigger.days_before).join(
        RenewalTrigger, RenewalTrigger.program_id == Program.id
    )
    return [(row[0], row[1]) for row in session.execute(rows.order_by(Program.id))]


def _near(session: Session, program: Program, days_before: int, *, now: datetime) -> list[tuple[int, date]]:
    """The contacts whose account renews soon and whom nobody has asked for this date, by id."""
    today = now.date()
    asked = exists().where(
        Trigger.program_id == program.id,
        Trigger.contact_id == Contact.id,
        Trigger.renews == Account.renewal_date,
    )
    rows = session.execute(
        select(Contact.id, Account.renewal_date)
        .join(Account, Account.id == Contact.account_id)
        .where(
            Account.status == AccountStatus.ACTIVE,
            Contact.active,
            Account.renewal_date.between(today, today + timedelta(days=days_before)),
            ~asked,
        )
        .order_by(Account.renewal_date, Contact.id)
        .limit(AT_ONCE)
    )
    return [(row.id, row.renewal_date) for row in rows]


def _asked(session: Session, made: Trigger, *, is_first: bool) -> Asked:
    wave = session.get_one(Wave, made.wave_id)
    return Asked(made.contact_id, wave.slug, made.rule, made.invitation_id, is_first)
