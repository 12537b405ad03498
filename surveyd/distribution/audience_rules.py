"""The rules of an audience, each one SQL condition: lists, counts and the launch ask the same ones.

The first that fits counts; `rules_of` says all that fit somebody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    SelectBase,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from surveyd.distribution.address_wishes import RULE as ADDRESS_STOPPED
from surveyd.distribution.address_wishes import stopped_address, stopped_addresses
from surveyd.distribution.audience_models import Customers
from surveyd.distribution.audience_plans import Asked, asked_of
from surveyd.distribution.merge_models import MergedInvitation
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Program,
    Suppression,
    Wave,
    WaveKind,
)
from surveyd.distribution.opt_outs import RULE as OPTED_OUT_OF_PROGRAM
from surveyd.distribution.opt_outs import has_opted_out_of
from surveyd.distribution.return_models import Absence, ProgramOptOut
from surveyd.distribution.wish_models import Nomination, NominationState
from surveyd.people.models import Account, AccountStatus, Contact

DAY_SECONDS = 86_400
OPTED_OUT = "opted_out"
EXCLUDED = "excluded"
"""The rule of whom an account manager left out when contacts were confirmed."""
RULES = {
    "merged": "the contact goes on as another one, who is judged in their place",
    "account_lapsed": "the account is lapsed",
    "account_active": "the account is active, and this wave asks lapsed customers",
    "not_in_filter": "account or contact are not among those whom this wave asks",
    "contact_inactive": "the contact has left or was switched off",
    OPTED_OUT: "the contact asked not to be mailed",
    OPTED_OUT_OF_PROGRAM: "the contact wants no more of this program",
    ADDRESS_STOPPED: "somebody with this address asked for no more mail",
    "no_address": "the contact has no e-mail address",
    "suppressed": "mail to this address came back or was complained about",
    "not_right_person": "the contact said that they are not the right person; nobody has looked yet",
    "same_address": "another contact with this address is asked",
    "rested": "the contact was asked within the rest period",
    "excluded": "the account manager left the contact out of this wave, with a reason",
    "no_day_left": "no day was left before the close on which they could be asked",
    "not_in_sample": "the random sample did not draw the contact",
}
Clause = tuple[ColumnElement[bool], str]


def rule_of(
    wave: Wave,
    program: Program,
    asked: Asked,
    *,
    twins: Sequence[int] | None = None,
    of: Sequence[int] | None = None,
    now: datetime,
    of_many: bool = False,
) -> ColumnElement[str]:
    """The rule that leaves a contact out of a wave launched at `now`, empty for who is in.

    An expression for a select made by `with_facts`. `twins` spares it looking for shared addresses again, and
    `of` has it look for those of these contacts alone, by id. `of_many` looks up all who were asked or said
    no at once, which pays for a whole audience.
    """
    shares = Contact.id.in_(twins_among(asked, of=of) if twins is None else twins)
    return case(*_clauses(wave, program, asked, shares, now=now, of_many=of_many), else_="")


def rules_of(
    session: Session, wave: Wave, program: Program, contact_ids: Sequence[int], *, now: datetime
) -> dict[int, tuple[str, ...]]:
    """All rules that leave each of a few contacts out of a launch at `now`, in their order."""
    asked = asked_of(session, wave)
    shares = Contact.id.in_(twins_among(asked, of=contact_ids))
    clauses = _clauses(wave, program, asked, shares, now=now, of_many=False)
    columns = [case((condition, 1), else_=0).label(rule) for condition, rule in clauses]
    rows = session.execute(with_facts(select(Contact.id, *columns)).where(Contact.id.in_(contact_ids)))
    names = [rule for _, rule in clauses]
    return {
        row[0]: _told([name for name, fits in zip(names, row[1:], strict=True) if fits]) for row in rows.all()
    }


def _told(fitting: Sequence[str]) -> tuple[str, ...]:
    """The rules to tell: what they said themselves is not told a second time of their address."""
    own = OPTED_OUT in fitting or OPTED_OUT_OF_PROGRAM in fitting
    return tuple(name for name in fitting if not (own and name == ADDRESS_STOPPED))


def with_facts(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join to a select on contacts what the rules ask for."""
    return (
        query.select_from(Contact)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
    )


def waits_for_a_look() -> ColumnElement[bool]:
    """Whether a `Contact` said that they are not the right person, and nobody of ours has looked at it.

    Who is only away, and named a stand-in, is asked as before.
    """
    return exists().where(Nomination.contact_id == Contact.id, *_waiting())


def _waiting() -> tuple[ColumnElement[bool], ...]:
    away = exists().where(Absence.nomination_id == Nomination.id)
    return Nomination.state == NominationState.WAITING, not_(away)


def twins_among(asked: Asked, *, of: Sequence[int] | None = None) -> Select[*tuple[Any, ...]]:
    """The ids of contacts who share an address with another one of the audience, who is asked instead.

    Whoever must not be asked keeps no address from others. With `of` only who has an address of one of these
    contacts, by id: a few addresses are looked up, not all.
    """
    contact, twin = aliased(Contact), aliased(Contact)
    address = func.lower(contact.email)
    # First what the index knows alone: few addresses are there twice.
    twice = select(func.lower(twin.email)).where(twin.email != "")
    if of is None:
        twice = twice.group_by(func.lower(twin.email)).having(func.count() > 1)
    else:
        twice = twice.where(twin.id.in_(of))
    mine = (Contact.email != "", Contact.active, Contact.opted_out_at.is_(None), *_belongs(asked))
    shared = (
        select(func.lower(Contact.email).label("address"), func.min(Contact.id).label("first"))
        .join(Account, Account.id == Contact.account_id)
        .where(*mine, func.lower(Contact.email).in_(twice))
        .group_by(func.lower(Contact.email))
        .having(func.count() > 1)
        .correlate(None)
        .subquery()
    )
    return select(contact.id).join(shared, and_(shared.c.address == address, shared.c.first != contact.id))


def _belongs(asked: Asked) -> list[ColumnElement[bool]]:
    kept = [] if asked.excluded is None else [not_(asked.excluded)]
    status: ColumnElement[bool] = Account.status == asked.status
    return [status, *kept] if asked.among is None else [status, asked.among, *kept]


def _clauses(
    wave: Wave,
    program: Program,
    asked: Asked,
    shares: ColumnElement[bool],
    *,
    now: datetime,
    of_many: bool,
) -> list[Clause]:
    no_more, stopped, came_back, waits = _said_of_all(program) if of_many else _said_of_each(program)
    found: list[Clause] = [(Contact.merged_into_id.is_not(None), "merged"), _other_customers(asked)]
    if asked.among is not None:
        found.append((not_(func.coalesce(asked.among, False)), "not_in_filter"))
    found += [
        (Contact.active.is_(False), "contact_inactive"),
        (Contact.opted_out_at.is_not(None), OPTED_OUT),
        (no_more, OPTED_OUT_OF_PROGRAM),
        (stopped, ADDRESS_STOPPED),
        (Contact.email == "", "no_address"),
        (came_back, "suppressed"),
        (waits, "not_right_person"),
        (shares, "same_address"),
    ]
    found.append((_rested(wave, program, now, of_many), "rested"))
    if asked.excluded is not None:
        found.append((asked.excluded, EXCLUDED))
    if asked.drawn is not None:
        found.append((not_(asked.drawn), "not_in_sample"))
    return found


Said = tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[bool], ColumnElement[bool]]


def _said_of_each(program: Program) -> Said:
    """Whether a contact wants no more of the program, is stopped by address, suppressed, or waits."""
    return (
        has_opted_out_of(program.id, Contact.id),
        stopped_address(program.id, Contact.email.expression),
        Suppression.reason.is_not(None),
        waits_for_a_look(),
    )


def _said_of_all(program: Program) -> Said:
    """The same by the ids of all of whom it holds: looked up once a statement, and few are."""
    no_more = select(ProgramOptOut.contact_id).where(ProgramOptOut.program_id == program.id)
    waiting = select(Nomination.contact_id).where(*_waiting())
    return (
        Contact.id.in_(no_more),
        Contact.id.in_(who_has(stopped_addresses(program.id))),
        Contact.id.in_(who_has(suppressed_addresses())),
        Contact.id.in_(waiting),
    )


def suppressed_addresses() -> Select[str]:
    """All addresses that must not be mailed, in lower case."""
    # As an expression: of the column itself SQLite would ask for each contact whether its index has them.
    return select(func.lower(Suppression.address)).correlate(None)


def who_has(addresses: SelectBase) -> Select[int]:
    """The ids of all contacts who have one of these addresses, which are in lower case."""
    one = aliased(Contact)
    return select(one.id).where(func.lower(one.email).in_(addresses))


def _other_customers(asked: Asked) -> Clause:
    other = AccountStatus.LAPSED if asked.customers is Customers.ACTIVE else AccountStatus.ACTIVE
    return Account.status == other, f"account_{other.value}"


def _rested(wave: Wave, program: Program, now: datetime, of_many: bool) -> ColumnElement[bool]:
    # On the day on which they would be asked, that is, however early the wave is planned.
    day = max(now, wave.day_zero or wave.scheduled_at)
    rested = day - timedelta(days=program.rest_days)
    # Who came by themselves, or was asked about their own case, was not asked by a wave.
    asked = (
        or_(_rests_longer(program, day), *([Invitation.invited_at > rested] if program.rest_days else [])),
        Invitation.wave_id != wave.id,
        Invitation.wave_id.not_in(select(Wave.id).where(Wave.kind == WaveKind.STANDING)),
        # One that ended in a merge was sent all the same.
        or_(
            Invitation.state != InvitationState.CANCELLED,
            Invitation.id.in_(select(MergedInvitation.invitation_id)),
        ),
    )
    if of_many:
        return Contact.id.in_(select(Invitation.contact_id).where(*asked))
    return exists().where(Invitation.contact_id == Contact.id, *asked)


def _rests_longer(program: Program, day: datetime) -> ColumnElement[bool]:
    """Whether an `Invitation` was sent by a program that lets people rest longer, and they still do then."""
    other, theirs = aliased(Program), aliased(Wave)
    until = cast(extract("epoch", Invitation.invited_at), Float) + other.rest_days * DAY_SECONDS
    return exists().where(
        theirs.id == Invitation.wave_id,
        other.id == theirs.program_id,
        other.rest_days > program.rest_days,
        until > day.timestamp(),
    )
