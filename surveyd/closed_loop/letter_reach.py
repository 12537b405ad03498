"""Whom a letter reaches: who answered, who did not, who must not be mailed, and how far the letters are.

Who must not be mailed is counted by the same rule that sending goes by, before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.address_wishes import RULE as ADDRESS_STOPPED
from surveyd.distribution.address_wishes import stopped_address
from surveyd.distribution.claims import LETTER
from surveyd.distribution.models import (
    OWED,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Program,
    Suppression,
    Wave,
)
from surveyd.distribution.opt_outs import RULE as OPTED_OUT_OF_PROGRAM
from surveyd.distribution.opt_outs import has_opted_out_of
from surveyd.distribution.paper_models import Paper, PaperState
from surveyd.people.models import Account, Contact
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE

LEFT_OUT = {
    "contact_inactive": "the contact has left or was switched off",
    "opted_out": "the contact asked not to be mailed",
    "opted_out_program": "the contact wants no more of this program",
    ADDRESS_STOPPED: "somebody with this address asked for no more mail",
    "no_address": "the contact has no e-mail address",
    "suppressed": "mail to this address came back or was complained about",
}
SILENT = (InvitationState.WAITING, InvitationState.CLOSED)
"""Who was asked, did not answer, and did not say that they do not want to."""


def recipients(wave_id: int) -> Select[*tuple[Any, ...]]:
    """Everybody whom the wave asked, with their segment and the rule that leaves them out, if any."""
    return (
        select(
            Invitation.id.label("invitation_id"),
            Invitation.wave_id,
            Invitation.account_id,
            Invitation.time_zone,
            func.coalesce(func.nullif(Contact.language, ""), Invitation.language).label("language"),
            Wave.slug.label("wave"),
            Program.id.label("program_id"),
            Program.language.label("program_language"),
            Program.company,
            Program.sender_name,
            Program.window_start,
            Program.window_end,
            Program.workdays_only,
            Contact.id.label("contact_id"),
            Contact.name.label("contact"),
            Contact.email,
            Account.name.label("account"),
            Account.region,
            Account.country,
            Response.id.label("response_id"),
            Score.segment,
            _rule().label("rule"),
        )
        .select_from(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .outerjoin(Suppression, Suppression.address == func.lower(Contact.email))
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .outerjoin(Score, and_(Score.response_id == Response.id, Score.rule_version == CURRENT_RULE))
        .where(Invitation.wave_id == wave_id)
    )


def _rule() -> ColumnElement[str]:
    return case(
        (Contact.active.is_(False), literal("contact_inactive")),
        (Contact.opted_out_at.is_not(None), literal("opted_out")),
        (has_opted_out_of(Program.id, Contact.id), literal(OPTED_OUT_OF_PROGRAM)),
        (stopped_address(Program.id, Contact.email.expression), literal(ADDRESS_STOPPED)),
        (Contact.email == "", literal("no_address")),
        (Suppression.reason.is_not(None), literal("suppressed")),
        else_=literal(""),
    )


def answered() -> ColumnElement[bool]:
    """The condition on `recipients` that they have answered."""
    return Response.id.is_not(None)


def silent() -> ColumnElement[bool]:
    """The condition on `recipients` that they did not answer, and did not say that they do not want to."""
    return and_(Response.id.is_(None), Invitation.state.in_(SILENT))


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a letter reaches: who answered and who did not, and by which rule people are left out.

    `answered` and `silent` may be mailed; `to_come` of them have no letter yet.
    """

    answered: int
    silent: int
    answered_to_come: int
    silent_to_come: int
    left_out: dict[str, int]
    silent_left_out: dict[str, int]


def reach_of(session: Session, wave_id: int) -> Reach:
    """Count whom a letter of the wave would reach, by the rule that sending goes by."""
    people = recipients(wave_id).where(or_(answered(), silent())).subquery()
    there = (
        select(Message.contact_id).where(Message.wave_id == wave_id, Message.name == LETTER).subquery("there")
    )
    has_answered, has_letter = people.c.response_id.is_not(None), there.c.contact_id.is_not(None)
    rows = session.execute(
        select(
            has_answered.label("answered"),
            has_letter.label("has_letter"),
            people.c.rule,
            func.count().label("n"),
        )
        .outerjoin(there, there.c.contact_id == people.c.contact_id)
        .group_by(has_answered, has_letter, people.c.rule)
    ).all()

    return Reach(
        answered=_sum(rows, answered=True),
        silent=_sum(rows, answered=False),
        answered_to_come=_sum(rows, answered=True, to_come=True),
        silent_to_come=_sum(rows, answered=False, to_come=True),
        left_out={row.rule: row.n for row in rows if row.rule and row.answered and not row.has_letter},
        silent_left_out={
            row.rule: row.n for row in rows if row.rule and not row.answered and not row.has_letter
        },
    )


def _sum(rows: Sequence[Row[*tuple[Any, ...]]], *, answered: bool, to_come: bool = False) -> int:
    fit = (row for row in rows if bool(row.answered) is answered and not row.rule)
    return sum(row.n for row in fit if not (to_come and row.has_letter))


@dataclass(frozen=True, slots=True)
class FailedPaper:
    """A PDF that could not be made, and how many letters wait for it."""

    id: int
    account_id: int
    account: str
    reason: str
    letters: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How many letters there are by state; of those queued, `awaiting` wait for their PDF."""

    states: dict[str, int]
    awaiting: int
    next_due: datetime | None
    failed_papers: tuple[FailedPaper, ...]

    @property
    def total(self) -> int:
        return sum(self.states.values())


def progress_of(session: Session, wave_id: int) -> Progress:
    """How far the letters of a wave are."""
    which = (Message.wave_id == wave_id, Message.name == LETTER)
    states = select(Message.state, func.count().label("letters")).where(*which).group_by(Message.state)
    queued = select(
        func.sum(case((Message.awaits_paper.is_(True), 1), else_=0)).label("awaiting"),
        func.min(Message.due_at).label("due"),
    ).where(*which, Message.state == MessageState.QUEUED)
    failed = (
        select(
            Paper.id, Paper.account_id, Account.name, Paper.reason, func.count(Message.id).label("letters")
        )
        .join(Message, Message.paper_id == Paper.id)
        .join(Account, Account.id == Paper.account_id)
        .where(
            *which, Paper.state == PaperState.FAILED, Message.awaits_paper.is_(True), Message.state.in_(OWED)
        )
        .group_by(Paper.id, Paper.account_id, Account.name, Paper.reason)
        .order_by(Account.name, Paper.id)
    )
    waiting = session.execute(queued).one()
    return Progress(
        {row.state.value: row.letters for row in session.execute(states)},
        int(waiting.awaiting or 0),
        waiting.due,
        tuple(
            FailedPaper(row.id, row.account_id or 0, row.name, row.reason, row.letters)
            for row in session.execute(failed)
        ),
    )
