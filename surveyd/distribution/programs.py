"""Programs: a recurring survey with its questionnaire, its sender and its policies."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.cadence import Window
from surveyd.distribution.models import AfterSending, Program
from surveyd.distribution.questionnaires import publish
from surveyd.forms.definition import Questionnaire

DEFAULT_WINDOW = Window()
SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,78}")


@dataclass(frozen=True, slots=True)
class NewProgram:
    """The facts of a new program; `language` and `time_zone` serve contacts who have none of their own."""

    slug: str
    company: str
    sender_name: str
    sender: str
    reply_to: str
    window: Window = DEFAULT_WINDOW
    rest_days: int = 90
    language: str = "en"
    time_zone: str = "UTC"
    after_sending: AfterSending = AfterSending.READ


def create_program(
    session: Session, facts: NewProgram, *, questionnaire: Questionnaire, now: datetime
) -> Program:
    """A new program on the current version of `questionnaire`. Raises Refused when a fact does not do."""
    check_slug(facts.slug)
    if questionnaire.anonymous:
        raise Refused(
            f"{questionnaire.slug} is anonymous, and a program asks people by name; make an open link for it."
        )
    if session.scalar(select(Program.id).where(Program.slug == facts.slug)):
        raise Refused(f"There is a program {facts.slug!r} already; choose another name.")
    for address in (facts.sender, facts.reply_to):
        check_address(address)
    check_zone(facts.time_zone)
    program = Program(
        slug=facts.slug,
        version_id=publish(session, questionnaire, now=now),
        company=facts.company,
        sender_name=facts.sender_name,
        sender=facts.sender,
        reply_to=facts.reply_to,
        language=questionnaire.language(facts.language),
        time_zone=facts.time_zone,
        window_start=facts.window.start,
        window_end=facts.window.end,
        workdays_only=facts.window.workdays_only,
        rest_days=facts.rest_days,
        after_sending=facts.after_sending,
        created_at=now,
    )
    session.add(program)
    session.flush()
    return program


def set_after_sending(session: Session, program: Program, choice: AfterSending) -> None:
    """Say what respondents may do with sent answers from now on, also with those that are sent already."""
    program.after_sending = choice
    session.flush()


def set_case_survey(session: Session, program: Program, *, on: bool) -> None:
    """Say whether people are asked if it is solved, when their case is closed as solved from now on."""
    program.asks_after_cases = on
    session.flush()


def find_program(session: Session, slug: str) -> Program:
    """The program of that name. Raises NotFound."""
    program = session.scalar(select(Program).where(Program.slug == slug))
    if program is None:
        raise NotFound("program", slug)
    return program


def list_programs(session: Session) -> list[Program]:
    """All programs by name."""
    return list(session.scalars(select(Program).order_by(Program.slug)))


def window_of(program: Program) -> Window:
    """The program's send window."""
    return Window(program.window_start, program.window_end, program.workdays_only)


def check_slug(slug: str) -> None:
    """Raise Refused unless `slug` can be a name on the command line and in an address."""
    if not SLUG.fullmatch(slug):
        raise Refused(
            f"The name {slug!r} does not do; use small letters, digits, dots and dashes, such as 2026-h1."
        )


def check_address(address: str) -> None:
    """Raise Refused unless `address` can be one that mails come from."""
    local, _, domain = address.partition("@")
    if not (local and domain) or "@" in domain or any(character.isspace() for character in address):
        raise Refused(f"{address!r} is no e-mail address; write one such as survey@company.example.")


def check_zone(name: str) -> None:
    """Raise Refused unless there is a time zone of that name."""
    try:
        zone_named(name)
    except ValueError as error:
        raise Refused(f"{error}.") from error
