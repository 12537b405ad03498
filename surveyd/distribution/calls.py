"""The call list: whom support staff phone, because they did not answer; one call with all that is known.

Support staff see all of it, account managers what was handed to them: see `call_scope`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, select, true
from sqlalchemy.orm import Session, aliased

from surveyd.base.clock import zone_named
from surveyd.base.errors import NotFound
from surveyd.distribution.cadence_models import WaveCadence
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.call_windows import window_for, windows_in
from surveyd.distribution.days_off import Calendars, calendars
from surveyd.distribution.models import Invitation, Program, Touch, Wave
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.people.access import Reach, Scope
from surveyd.people.models import Account, Contact, User

OWNER, CALLER = aliased(User, name="call_owners"), aliased(User, name="callers")


@dataclass(frozen=True, slots=True)
class CallRow:
    """One line of the call list. `local_time` is the contact's wall clock, naive; times are UTC otherwise."""

    id: int
    invitation_id: int
    contact_id: int
    contact: str
    name: str
    account_id: int
    account: str
    role: str
    phone: str
    language: str
    time_zone: str
    local_time: datetime
    callable_now: bool
    wave: str
    flagged_at: datetime
    not_before: datetime
    attempts: int
    started: bool
    claimed_by_id: int | None
    reason: str
    region: str
    back_at: datetime | None
    """When they are to be called back, as was agreed; None for who is not."""
    asked_at: datetime | None
    """When they asked on their page to be called; None for who did not."""
    suits: str
    """What they wrote about when it suits; `phone` is then the number that they named, if they did."""
    claimed_by: str
    owner_id: int | None
    """Who promised to call back, or was handed the call; None for nobody."""
    owner: str
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt to call, as its caller recorded it."""

    at: datetime
    by_id: int
    by: str
    outcome: CallOutcome
    note: str
    call_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallView:
    """One call whole: its line of the list, for whom we call, whether it is over and why, what was tried."""

    row: CallRow
    company: str
    state: CallState
    over_because: str
    log: tuple[AttemptLine, ...]
    facts: tuple[tuple[str, str], ...]
    """What is known about the account, as (name of the fact, value); no amount of money is among them."""
    manager_id: int | None


def call_scope(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Call` rows that somebody may work on: all for support staff and who sees all.

    Account managers have those that were handed to them, whosever the account is by now.
    """
    match scope.reach:
        case Reach.ALL | Reach.CALLS:
            return true()
        case Reach.OWN_ACCOUNTS:
            return Call.owner_id == scope.user_id
        case _:
            return false()


def call_list(session: Session, *, now: datetime, system_now: datetime, limit: int = 500) -> list[CallRow]:
    """Everybody who is to be called, whoever can be called now first, then by how long they wait."""
    open_calls = call_rows().where(Call.state == CallState.OPEN)
    rows = session.execute(open_calls.order_by(Call.not_before, Call.id).limit(limit))
    off = calendars(session, since=now)
    listed = [call_row(row, off, now=now, system_now=system_now) for row in rows]
    return sorted(listed, key=lambda row: (not row.callable_now, row.not_before, row.id))


def find_call(session: Session, call_id: int, *, scope: Scope) -> Call:
    """The call of that id. Raises NotFound, also for one outside the scope."""
    call = session.scalar(select(Call).where(Call.id == call_id, call_scope(scope)))
    if call is None:
        raise NotFound("call", call_id)
    return call


def view_call(
    session: Session, call_id: int, *, scope: Scope, now: datetime, system_now: datetime
) -> CallView:
    """One call with what was tried so far, also when it is over. Raises NotFound."""
    found = session.execute(call_rows().where(Call.id == call_id, call_scope(scope))).one_or_none()
    if found is None:
        raise NotFound("call", call_id)
    call, program = found.Call, found.Program
    attempts = session.execute(
        select(CallAttempt, User.name, User.email)
        .join(User, User.id == CallAttempt.user_id)
        .where(CallAttempt.call_id == call_id)
        .order_by(CallAttempt.id)
    )
    return CallView(
        row=call_row(found, calendars(session, since=now), now=now, system_now=system_now),
        company=program.company,
        state=call.state,
        over_because=call.reason if call.state is not CallState.OPEN else "",
        log=tuple(
            AttemptLine(tried.at, tried.user_id, name or email, tried.outcome, tried.note, tried.call_back_at)
            for tried, name, email in attempts
        ),
        facts=_facts(found.Account),
        manager_id=found.Account.manager_id,
    )


def _facts(account: Account) -> tuple[tuple[str, str], ...]:
    """What helps on the telephone; revenue and tier, which tells of it, are not read out to anybody."""
    named = {
        "country": account.country,
        "region": account.region,
        "business_unit": account.business_unit,
        "branch": account.branch,
        "product_line": account.product_line,
    }
    return tuple((name, value) for name, value in named.items() if value)


def call_rows() -> Select[*tuple[Any, ...]]:
    """Calls with all that a line shows; conditions and an order are the caller's to add."""
    return (
        select(
            Call,
            Invitation,
            Contact,
            Account,
            Wave,
            Program,
            Wish,
            Touch.step,
            WaveCadence.steps.label("wave_steps"),
            OWNER.name.label("owner_name"),
            OWNER.email.label("owner_email"),
            CALLER.name.label("caller_name"),
            CALLER.email.label("caller_email"),
        )
        .join(Touch, Touch.id == Call.touch_id)
        .join(Invitation, Invitation.id == Call.invitation_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .outerjoin(WaveCadence, WaveCadence.wave_id == Wave.id)
        .outerjoin(Wish, and_(Wish.invitation_id == Call.invitation_id, Wish.kind == WishKind.CALL))
        .outerjoin(OWNER, OWNER.id == Call.owner_id)
        .outerjoin(CALLER, CALLER.id == Call.claimed_by_id)
    )


def call_row(line: Row[*tuple[Any, ...]], off: Calendars, *, now: datetime, system_now: datetime) -> CallRow:
    """One row of `call_rows` as a line of the list; `off` are the days on which nobody is called."""
    call, invitation, contact = line.Call, line.Invitation, line.Contact
    account, wave, program, wish = line.Account, line.Wave, line.Program, line.Wish
    zone = zone_named(invitation.time_zone)
    window = window_for(program, windows_in(line.wave_steps), line.step)
    opens = window.opens(now, zone, off.of(program.id, account.country))
    claimed = call.claimed_until is not None and call.claimed_until > system_now
    return CallRow(
        id=call.id,
        invitation_id=invitation.id,
        contact_id=contact.id,
        contact=contact.external_id,
        name=contact.name,
        account_id=account.id,
        account=account.name,
        role=contact.role.value,
        phone=(wish.phone if wish else "") or contact.phone,
        language=invitation.language,
        time_zone=invitation.time_zone,
        local_time=now.astimezone(zone).replace(tzinfo=None),
        callable_now=opens == now and call.not_before <= now and not claimed,
        wave=wave.slug,
        flagged_at=call.flagged_at,
        not_before=call.not_before,
        attempts=call.attempts,
        started=invitation.started_at is not None,
        claimed_by_id=call.claimed_by_id if claimed else None,
        reason=_reason(invitation, wish),
        region=account.region,
        back_at=call.not_before if call.outcome is CallOutcome.CALL_BACK else None,
        asked_at=wish.at if wish else None,
        suits=wish.suits if wish else "",
        claimed_by=(line.caller_name or line.caller_email or "") if claimed else "",
        owner_id=call.owner_id,
        owner=line.owner_name or line.owner_email or "",
        closes_at=wave.closes_at,
    )


def _reason(invitation: Invitation, wish: Wish | None) -> str:
    if wish is not None:
        return "asked to be called"
    return "half answered" if invitation.started_at else "no answer to the mails"
