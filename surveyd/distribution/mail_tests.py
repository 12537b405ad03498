"""A mail as somebody would get it: shown in a preview, or sent to ourselves as a test that counts nowhere."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution import outbox
from surveyd.distribution.cadence import cadence_of_program
from surveyd.distribution.letterheads import MOST_SEEDS, is_address, letterhead_of
from surveyd.distribution.mail_fields import Stationery, Template
from surveyd.distribution.mail_templates import Place
from surveyd.distribution.mails import Links, Words, render, wave_context
from surveyd.distribution.models import Program, QuestionnaireVersion
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.stationery import FROM_NAME, LETTERHEAD, REPLY_TO, TEST, TESTED, TYPED, WAY_OUT
from surveyd.distribution.template_models import Letterhead
from surveyd.people.access import Scope, visible_contacts
from surveyd.people.audit import record
from surveyd.people.models import Account, Contact, User

RECEIPT = "7F3K-9QXM"


@dataclass(frozen=True, slots=True)
class Addressee:
    """As whom a mail is shown; `manager` and `manager_email` are empty where the account has none."""

    contact: str
    account: str
    manager: str = ""
    manager_email: str = ""


EXAMPLE = Addressee("Anna Berg", "Nordwind GmbH")


def find_addressee(session: Session, search: str, *, scope: Scope) -> Addressee | None:
    """The first visible contact by name whose name or address has these words in it, or whose id they are."""
    wanted = Contact.name.icontains(search, autoescape=True) | Contact.email.icontains(
        search, autoescape=True
    )
    row = session.execute(
        select(Contact.name, Account.name, User.name, User.email)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(User, (User.id == Account.manager_id) & User.active)
        .where(visible_contacts(scope), or_(*wanted, Contact.external_id == search))
        .order_by(Contact.name, Contact.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Addressee(row[0], row[1], row[2] or "", row[3] or "")


def show(
    session: Session, place: Place, template: Template | None, *, to: Addressee, now: datetime, base_url: str
) -> Words:
    """The mail as this person would get it; without a `template` the shipped one. Its links open nothing."""
    program = session.get_one(Program, place.program_id)
    links = Links(survey=f"{base_url}/s/example", opt_out=f"{base_url}/u/example")
    stationery = Stationery(template, letterhead_of(session, program.id).heading)
    context = context_as(session, program, to=to, now=now)
    return render(place.mail, place.language, context, links, stationery)


def send_test(
    session: Session,
    place: Place,
    template: Template | None,
    *,
    addresses: Sequence[str],
    to: Addressee,
    by: int | None,
    now: datetime,
    mail_domain: str,
) -> int:
    """Queue the mail as this person would get it for each of these addresses of ours; returns how many.

    Its link opens the preview of the questionnaire. It belongs to no wave and no contact, so it counts
    nowhere. Raises Refused for no address, for too many and for what is none.
    """
    kept = list(dict.fromkeys(address.strip() for address in addresses if address.strip()))
    if not kept or len(kept) > MOST_SEEDS or not all(map(is_address, kept)):
        raise Refused(f"Name one to {MOST_SEEDS} addresses such as anna@company.example to send the test to.")
    program = session.get_one(Program, place.program_id)
    context = context_as(session, program, to=to, now=now) | {
        TESTED: place.mail,
        "path": preview_path(session, program),
        WAY_OUT: f"/staff/programs/{program.id}/mails/{place.mail}/{place.language}",
    }
    if template is not None:
        context[TYPED] = [template.language, template.subject, template.text, template.html]
    context |= on_letterhead(session, program.id)
    key = secrets.token_hex(8)
    mails = [
        _message(place, context, address, key=f"{TEST}:{key}:{at}", now=now)
        for at, address in enumerate(kept)
    ]
    outbox.queue(session, mails, mail_domain=mail_domain)
    facts: dict[str, str | int] = {"mail": place.mail, "language": place.language, "mails": len(mails)}
    record(session, action="test", thing="mail_template", thing_id=program.id, by=by, now=now, facts=facts)
    return len(mails)


def preview_path(session: Session, program: Program) -> str:
    """Where the link of a mail leads that asks nobody: the preview of the questionnaire."""
    slugs = select(QuestionnaireVersion.slug).where(QuestionnaireVersion.id == program.version_id)
    return f"/staff/questionnaires/{session.scalar(slugs)}/preview"


def on_letterhead(session: Session, program_id: int) -> dict[str, int]:
    """What a context names so that its mail is written on the program's letterhead, if there is one."""
    ids = select(Letterhead.id).where(Letterhead.program_id == program_id)
    newest = session.scalar(ids.order_by(Letterhead.number.desc()).limit(1))
    return {} if newest is None else {LETTERHEAD: newest}


def _message(place: Place, context: dict[str, Any], address: str, *, key: str, now: datetime) -> NewMessage:
    return NewMessage(
        dedup_key=key,
        name=TEST,
        step=TEST,
        language=place.language,
        recipient=address,
        context=context,
        program_id=place.program_id,
        due_at=now,
        created_at=now,
    )


def context_as(session: Session, program: Program, *, to: Addressee, now: datetime) -> dict[str, Any]:
    """What a mail of this program says to this person, if the wave began now."""
    cadence, letterhead = cadence_of_program(session, program), letterhead_of(session, program.id)
    seconds = select(QuestionnaireVersion.seconds).where(QuestionnaireVersion.id == program.version_id)
    by_manager = letterhead.manager_sends and to.manager
    context = wave_context(
        company=program.company,
        sender_name=to.manager if by_manager else program.sender_name,
        contact=to.contact,
        account=to.account,
        closes_at=now + timedelta(days=cadence.close_day),
        time_zone=program.time_zone,
        takes=session.scalar(seconds),
    )
    context |= {"receipt": RECEIPT} | ({FROM_NAME: to.manager} if by_manager else {})
    answers = letterhead.manager_replies and to.manager_email
    return context | ({REPLY_TO: to.manager_email} if answers else {})
