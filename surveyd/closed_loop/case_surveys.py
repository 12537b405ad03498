"""The survey after a case: asking whether it is solved, and hearing the answer.

Who was followed up is asked once, by one mail, when their case is closed as solved and their program wants
it so. "No" opens the same case again, with a new due time: the person, the story and the owner are the same,
and a second case would split its log in two.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import Rows
from surveyd.base.errors import NotFound
from surveyd.base.statements import table_of
from surveyd.base.tokens import Keys
from surveyd.closed_loop.background import Background, Person, owner_of
from surveyd.closed_loop.cases import LOG, LONG_TEXT, EntryKind, clean
from surveyd.closed_loop.mails import due_context
from surveyd.closed_loop.models import Case, CaseState, CaseSurvey, Ending
from surveyd.closed_loop.working_hours import TWO_WORKING_DAYS, Deadline, deadline_after
from surveyd.distribution.address_wishes import is_stopped
from surveyd.distribution.languages import language_for
from surveyd.distribution.mails import case_solved_context
from surveyd.distribution.models import Program, Suppression, Wave
from surveyd.distribution.outbox import NewMessage, queue
from surveyd.distribution.questionnaires import current_questionnaire, publish
from surveyd.distribution.staff_mails import staff_mail
from surveyd.distribution.standing_waves import Purpose, invite, standing_wave
from surveyd.forms.conditions import Answers
from surveyd.forms.definition import Questionnaire
from surveyd.forms.texts import missing
from surveyd.people.models import Contact, User
from surveyd.responses.models import Response

CASE_SOLVED = "case_solved"
"""The questionnaire, and the mail that asks for it."""
REOPENED = "case_reopened"
SOLVED, STILL_OPEN = "solved", "still_open"
"""The items of that questionnaire whose answers the case takes."""
REST = timedelta(days=30)
"""Nobody is asked about their cases more often."""
_case, _survey, _user = table_of(Case), table_of(CaseSurvey), table_of(User)


class Said(StrEnum):
    """What somebody answers when asked whether it is solved."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


WORDS = {Said.YES: "solved", Said.PARTLY: "solved in part", Said.NO: "not solved"}


@dataclass(frozen=True, slots=True)
class Heard:
    """What a case made of the answer: whether it is open again, and the mails to queue: one to its owner."""

    reopened: bool = False
    mails: tuple[NewMessage, ...] = ()


def ask_if_solved(
    session: Session, case_id: int, *, keys: Keys, mail_domain: str, now: datetime
) -> int | None:
    """Ask the person of a closed case whether it is solved; return the invitation, None for nobody asked.

    Nobody is asked whose program does not want it, whose case did not end as solved, who must not or cannot
    be mailed, or who was asked about a case within the last 30 days.
    """
    found = session.execute(
        select(Case, Program, Contact)
        .join(Response, Response.id == Case.response_id)
        .join(Wave, Wave.id == Response.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .join(Contact, Contact.id == Case.contact_id)
        .where(Case.id == case_id, Case.state == CaseState.CLOSED, Case.ending == Ending.RESOLVED.value)
        .where(Program.asks_after_cases)
    ).one_or_none()
    if found is None:
        return None
    case, program, contact = found
    if not _may_be_asked(session, program, contact, now=now):
        return None
    try:
        questionnaire = current_questionnaire(session, CASE_SOLVED)
    except NotFound:
        return None
    language = _language(questionnaire, contact.language, program.language)
    invitation_id = _invite(
        session, program, contact, questionnaire=questionnaire, language=language, keys=keys, now=now
    )
    if invitation_id is None:
        return None
    session.add(CaseSurvey(invitation_id=invitation_id, case_id=case.id, contact_id=contact.id, asked_at=now))
    mail = _mail(program, contact, invitation_id=invitation_id, language=language, now=now)
    queue(session, [mail], mail_domain=mail_domain)
    return invitation_id


def hear(rows: Rows, background: Background, *, answers: Answers, now: datetime) -> Heard | None:
    """Write the answer to the survey into its case, and open the case again if it is not solved.

    None when the invitation asked about no case. The second call for an invitation changes nothing.
    """
    invitation_id = background.asked.invitation_id
    first = (_survey.c.invitation_id == invitation_id) & _survey.c.heard_at.is_(None)
    taken = update(_survey).where(first).values(heard_at=now).returning(_survey.c.case_id)
    case_id = rows.execute(taken).scalar_one_or_none()
    if case_id is None:
        return None
    said = answers.get(SOLVED)
    if said not in set(Said):
        return Heard()
    verdict = Said(str(said))
    deadline, owner = None, None
    if verdict is not Said.YES:
        owner = _owner(rows, case_id) or owner_of(rows, background)
        zones = [owner.time_zone] if owner else []
        deadline = deadline_after(now, TWO_WORKING_DAYS, zones=[*zones, background.contact.time_zone])
    reopened = deadline is not None and _reopen(rows, case_id, deadline, owner=owner)
    if not reopened:
        one_more = update(_case).where(_case.c.id == case_id).values(steps=_case.c.steps + 1)
        rows.execute(one_more)
    _log(rows, case_id, verdict, words=str(answers.get(STILL_OPEN) or ""), now=now)
    if not (reopened and owner and deadline):
        return Heard(reopened)
    return Heard(reopened, (_alert(background, case_id, owner, deadline, now=now),))


def _may_be_asked(session: Session, program: Program, contact: Contact, *, now: datetime) -> bool:
    if not contact.email or not contact.active or is_stopped(session, contact.id, program.id):
        return False
    if session.get(Suppression, contact.email.lower()) is not None:
        return False
    lately = select(CaseSurvey.invitation_id).where(
        CaseSurvey.contact_id == contact.id, CaseSurvey.asked_at > now - REST
    )
    return session.execute(lately.limit(1)).first() is None


def _language(questionnaire: Questionnaire, wanted: str, fallback: str) -> str:
    """The language to ask in: one in which nothing is missing, else the questionnaire's first one."""
    first, *others = questionnaire.languages
    whole = [language for language in others if not missing(questionnaire, language)]
    return language_for(wanted, fallback, [first, *whole])


def _invite(
    session: Session,
    program: Program,
    contact: Contact,
    *,
    questionnaire: Questionnaire,
    language: str,
    keys: Keys,
    now: datetime,
) -> int | None:
    version_id = publish(session, questionnaire, now=now)
    # The id keeps two programs apart whose long names begin alike.
    name = program.slug if len(program.slug) < 50 else f"{program.slug[:40]}-{program.id}"
    wave = standing_wave(session, program, Purpose(f"{name} cases", version_id), now=now)
    return invite(session, wave, contact, version_id=version_id, language=language, keys=keys, now=now)


def _mail(
    program: Program, contact: Contact, *, invitation_id: int, language: str, now: datetime
) -> NewMessage:
    return NewMessage(
        dedup_key=f"{CASE_SOLVED}:{invitation_id}",
        name=CASE_SOLVED,
        step=CASE_SOLVED,
        language=language,
        recipient=contact.email,
        recipient_name=contact.name,
        context=case_solved_context(
            company=program.company, sender_name=program.sender_name, contact=contact.name
        ),
        program_id=program.id,
        invitation_id=invitation_id,
        contact_id=contact.id,
        due_at=now,
        created_at=now,
    )


def _owner(rows: Rows, case_id: int) -> Person | None:
    """The owner of the case, unless they are switched off."""
    query = select(_user.c.id, _user.c.name, _user.c.email, _user.c.time_zone)
    mine = query.join(_case, _case.c.owner_id == _user.c.id).where(_case.c.id == case_id, _user.c.active)
    row: Row[*tuple[Any, ...]] | None = rows.execute(mine).one_or_none()
    return None if row is None else Person(*row)


def _reopen(rows: Rows, case_id: int, deadline: Deadline, *, owner: Person | None) -> bool:
    """Open a closed case again with a new due time, for `owner`; False for one that is open as it is."""
    values = {
        "owner_id": owner.id if owner else None,
        "state": CaseState.OPEN,
        "closed_at": None,
        "contacted_at": None,
        "late_told_at": None,
        "due_at": deadline.due_at,
        "allowed_hours": deadline.hours,
        "time_zone": deadline.time_zone,
        "steps": _case.c.steps + 1,
    }
    closed = (_case.c.id == case_id) & (_case.c.state == CaseState.CLOSED)
    opened = update(_case).where(closed).values(values).returning(_case.c.id)
    return rows.execute(opened).scalar_one_or_none() is not None


def _log(rows: Rows, case_id: int, verdict: Said, *, words: str, now: datetime) -> None:
    said = clean(words)
    text = f"{WORDS[verdict]}: {said}" if said else WORDS[verdict]
    kind = EntryKind.SOLVED if verdict is Said.YES else EntryKind.NOT_SOLVED
    line = {"case_id": case_id, "user_id": None, "at": now, "kind": kind.value, "text": text[:LONG_TEXT]}
    rows.execute(LOG, line)


def _alert(
    background: Background, case_id: int, owner: Person, deadline: Deadline, *, now: datetime
) -> NewMessage:
    return staff_mail(
        REOPENED,
        to=owner,
        key=str(background.asked.invitation_id),
        context={
            "company": background.company,
            "contact": background.contact.name,
            "account": background.account_name,
            "owner": owner.name,
            "path": f"/staff/cases/{case_id}",
            **due_context(deadline),
        },
        program_id=background.program_id,
        now=now,
    )
