"""What the rules say of every contact at once: counts, narrowed lists and accounts read it instead of asking.

One statement judges a whole audience; of a large one what it says is kept for some seconds. What a launch
goes by is always asked anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, Text, case, cast, func, literal, select, union_all
from sqlalchemy.orm import QueryableAttribute, Session

from surveyd.base.changes import ACCOUNTS, CONTACTS
from surveyd.base.models import ChangeCount
from surveyd.base.plain_rows import plain_rows
from surveyd.base.statements import among
from surveyd.distribution.address_wishes import stopped_addresses
from surveyd.distribution.audience import Counts
from surveyd.distribution.audience_models import AudiencePlan
from surveyd.distribution.audience_plans import asked_of
from surveyd.distribution.audience_rules import rule_of, suppressed_addresses, who_has
from surveyd.distribution.confirmation_models import ContactMark
from surveyd.distribution.kept import Latest
from surveyd.distribution.models import Invitation, Program, Suppression, Wave, WaveState
from surveyd.distribution.return_models import AddressOptOut, ProgramOptOut
from surveyd.distribution.wish_models import Nomination, NominationState
from surveyd.people.access import Scope
from surveyd.people.models import Account, Contact, RelationshipRole
from surveyd.scoring.arrays import Mask

BREAK, COMMA = "\n", ","
ELSEWHERE = "elsewhere"
"""In place of a rule for who is not in a launched wave: by which rule stands in the ledger."""
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a contact: an empty `rule` means in. Few verdicts differ, and many share each."""

    rule: str
    language: str
    is_active: bool
    decides: bool


@dataclass(frozen=True, slots=True, eq=False)
class AccountSums:
    """Accounts by id, and of each its active contacts, those who decide, can be mailed, and are in."""

    ids: Ids
    contacts: Ids
    deciders: Ids
    reachable: Ids
    invited: Ids


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Every contact with their account and verdict, as it was at `at`, the program's time.

    `verdict` is a place in `said`; `mailable` are those whose address works and is not stopped. `sums` holds
    what was added up of their accounts for a scope.
    """

    at: datetime
    ids: Ids
    accounts: Ids
    verdict: NDArray[np.int32]
    said: tuple[Verdict, ...]
    mailable: Mask
    sums: dict[Scope, AccountSums] = field(default_factory=dict)

    def which(self, fits: Callable[[Verdict], bool]) -> Mask:
        """The contacts whose verdict is like that."""
        found: Mask = np.array([fits(each) for each in self.said], dtype=np.bool_)[self.verdict]
        return found

    @property
    def counts(self) -> Counts:
        """The audience in numbers."""
        left_out: dict[str, int] = {}
        wishes: dict[str, int] = {}
        many = np.bincount(self.verdict, minlength=len(self.said)).tolist()
        for each, people in zip(self.said, many, strict=True):
            sums, key = (left_out, each.rule) if each.rule else (wishes, each.language)
            sums[key] = sums.get(key, 0) + people
        return Counts(sum(wishes.values()), left_out, wishes)

    def condition(self, session: Session, which: Mask) -> ColumnElement[bool]:
        """That a `Contact` is one of these: the shorter list goes along, of them or of all others."""
        if 2 * int(which.sum()) <= len(which):
            return among(session, Contact.id.expression, self.ids[which].tolist())
        return ~among(session, Contact.id.expression, self.ids[~which].tolist())


LATEST = Latest[Verdicts](lambda found: len(found.ids))


def verdicts_of(session: Session, wave: Wave, program: Program, *, now: datetime) -> Verdicts:
    """What the rules say of everybody, at most half a minute old where there are many contacts.

    Of a launched wave it says who is in.
    """
    place = str(session.get_bind().engine.url)
    key = (place, wave.id, wave.state, program.rest_days, _stand(session, wave))
    return LATEST.of(key, lambda: _judged(session, wave, program, now=now))


def _stand(session: Session, wave: Wave) -> tuple[Any, ...]:
    """What is seen at once: an import, another plan or draw, whom a manager leaves out, and who says no."""
    plan = (AudiencePlan.wave_id == wave.id,)
    signs = [
        select(func.sum(ChangeCount.number)).where(ChangeCount.topic.in_([ACCOUNTS, CONTACTS])),
        select(func.max(ContactMark.at)).where(ContactMark.wave_id == wave.id),
        select(AudiencePlan.changed_at).where(*plan),
        select(AudiencePlan.drawn_at).where(*plan),
        select(func.count(Nomination.id)).where(Nomination.state == NominationState.WAITING),
        select(func.max(Nomination.id)),
        *_lately(Contact.opted_out_at),
        *_lately(ProgramOptOut.at),
        *_lately(AddressOptOut.at),
        *_lately(Suppression.at),
    ]
    return tuple(session.execute(select(*(sign.scalar_subquery() for sign in signs))).one())


def _lately(at: QueryableAttribute[Any]) -> tuple[Select[Any], Select[Any]]:
    """How many there are, and the latest."""
    return select(func.count(at)).where(at.is_not(None)), select(func.max(at)).where(at.is_not(None))


def _judged(session: Session, wave: Wave, program: Program, *, now: datetime) -> Verdicts:
    found = plain_rows(session, _everybody(session, wave, program, now=now))
    parts = [np.array([_numbers(ids), _numbers(accounts)]) for _, ids, accounts in found]
    ids, accounts = np.concatenate([np.empty((2, 0), np.int64), *parts], axis=1)
    verdict = np.repeat(np.arange(len(parts), dtype=np.int32), [part.shape[1] for part in parts])
    mailable = ~np.isin(ids, np.array(session.scalars(_unmailable(program)).all(), dtype=np.int64))
    said = tuple(_verdict(text) for text, *_ in found)
    return Verdicts(now, ids, accounts, verdict, said, mailable)


def _numbers(text: str) -> Ids:
    return np.fromstring(text, dtype=np.int64, sep=COMMA)


def _everybody(session: Session, wave: Wave, program: Program, *, now: datetime) -> Select[*tuple[Any, ...]]:
    """What is said of contacts as one text, of which few differ; with all of whom it is said, and accounts.

    They come as one text each: a row for each contact would take longer to hand over than to judge.
    """
    if wave.state is WaveState.SCHEDULED:
        rule = rule_of(wave, program, asked_of(session, wave), now=now, of_many=True)
    else:
        asked = select(Invitation.contact_id).where(Invitation.wave_id == wave.id)
        rule = case((Contact.id.in_(asked), ""), else_=ELSEWHERE)
    decides = Contact.role == RelationshipRole.DECISION_MAKER
    text: ColumnElement[str] = literal("")
    for part in (rule, case((Contact.active, "1"), else_=""), case((decides, "1"), else_="")):
        text = text + part + literal(BREAK)
    told = (text + Contact.language).label("told")
    own, theirs = cast(Contact.id, Text).label("own"), cast(Contact.account_id, Text).label("theirs")
    # A step of its own: else SQLite judges everybody a second time to group them.
    judged = select(told, own, theirs).select_from(Contact).join(Account, Account.id == Contact.account_id)
    each = judged.cte("judged").prefix_with("MATERIALIZED")
    together = (func.aggregate_strings(each.c.own, COMMA), func.aggregate_strings(each.c.theirs, COMMA))
    return select(each.c.told, *together).group_by(each.c.told)


def _verdict(text: str) -> Verdict:
    rule, active, decides, language = text.split(BREAK, 3)
    return Verdict(rule, language, bool(active), bool(decides))


def _unmailable(program: Program) -> Any:
    """The ids of contacts without an address, or with one that is stopped or came back."""
    none = select(Contact.id).where(Contact.email == "")
    return union_all(none, who_has(stopped_addresses(program.id)), who_has(suppressed_addresses()))
