"""What a launch would do, read from the ledger before anything is asked of the network."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from surveyd.base.tokens import Keys
from surveyd.distribution.audience import Comparison, Counts, audience_of, compare_with_last
from surveyd.distribution.cadence import Cadence, Window, cadence_of
from surveyd.distribution.languages import Asked, asked_languages
from surveyd.distribution.launching.confirming import Confirmed, read_confirmation
from surveyd.distribution.launching.probes import Probe, read_probes
from surveyd.distribution.letterheads import letterhead_of
from surveyd.distribution.mail_fields import Template
from surveyd.distribution.mail_templates import missing, template_of
from surveyd.distribution.models import Channel, Invitation, Program, QuestionnaireVersion, Wave
from surveyd.distribution.programs import window_of
from surveyd.distribution.questionnaires import read_version
from surveyd.distribution.return_models import Return
from surveyd.distribution.template_models import MailSeed
from surveyd.people.models import Contact

TEST_DOMAINS = ("example.com", "example.net", "example.org")
TEST_ENDINGS = ("test", "example", "invalid", "localhost")
"""Domains that nobody has (RFC 2606)."""
NAMED = 3
"""So many people are named, by the id that the customer's lists have for them."""


@dataclass(frozen=True, slots=True)
class PlannedMail:
    """One mail in one language, and how many get it so. `template` is the program's own words, if any.

    `is_foreign` says that there are no words in this language at all, so that English is sent; `lacks_own`
    that there are shipped ones only, while the program has its own in another language.
    """

    mail: str
    language: str
    people: int
    template: Template | None
    is_foreign: bool = False
    lacks_own: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go out at a launch: to how many, in which languages and zones, when, with which links.

    `test_people` are the first of those who are no real recipients, `tests` how many there are. `paths` are
    links of ours, one of each kind that a mail has; they open nothing that could be changed by looking.
    `last_return` is when a mail last came back at a genuine return path, in program time.
    """

    wave_id: int
    digest: str
    sender: str
    contacts: int
    left_out: dict[str, int]
    languages: tuple[Asked, ...]
    mails: tuple[PlannedMail, ...]
    questionnaire: str
    zones: tuple[str, ...]
    window: Window
    cadence: Cadence
    day_zero: datetime
    closes_at: datetime
    without_phone: int
    tests: int
    test_people: tuple[str, ...]
    last: Comparison
    paths: tuple[str, ...]
    program_id: int
    company: str
    sender_name: str
    has_postal_address: bool
    last_return: datetime | None
    confirmed: Confirmed | None = None
    probes: tuple[Probe, ...] = ()


def read_plan(session: Session, wave: Wave, program: Program, *, keys: Keys, now: datetime) -> Plan:
    """The plan of a scheduled wave, as a launch at `now` would carry it out."""
    audience = audience_of(session, wave, program, now=now)
    asked = [member for member in audience.members if not member.rule]
    counts = Counts(len(asked), audience.left_out)
    ids = {member.contact_id for member in asked}
    cadence = cadence_of(session, wave)
    day_zero = max(now, wave.scheduled_at)
    version = session.get_one(QuestionnaireVersion, wave.version_id)
    questionnaire = read_version(version.digest, version.definition)
    wishes = Counter(member.language for member in asked)
    tests = _tests(session, ids)
    languages = asked_languages(questionnaire, wishes, fallback=program.language)
    return Plan(
        wave_id=wave.id,
        digest=_digest(wave, program, cadence, len(asked)),
        sender=program.sender,
        contacts=len(asked),
        left_out=counts.left_out,
        languages=languages,
        mails=tuple(_mails(session, program, cadence, languages)),
        questionnaire=questionnaire.slug,
        zones=tuple(sorted({member.time_zone or program.time_zone for member in asked})),
        window=window_of(program),
        cadence=cadence,
        day_zero=day_zero,
        closes_at=day_zero + timedelta(days=cadence.close_day),
        without_phone=len(ids & _ids(session, or_(Contact.phone == "", Contact.do_not_phone))),
        tests=len(tests),
        test_people=tuple(tests[:NAMED]),
        last=compare_with_last(session, wave, program, now=now, counts=counts),
        paths=_paths(session, keys),
        program_id=program.id,
        company=program.company,
        sender_name=program.sender_name,
        last_return=_last_return(session),
        has_postal_address=bool(letterhead_of(session, program.id).postal_address.strip()),
        confirmed=read_confirmation(session, wave, program, now=now),
        probes=read_probes(session, wave, program, now=now),
    )


def plan_digest(session: Session, wave: Wave, program: Program, contacts: int) -> str:
    """What names a plan: another one for other people, other steps, another sender or another day."""
    return _digest(wave, program, cadence_of(session, wave), contacts)


def _digest(wave: Wave, program: Program, cadence: Cadence, contacts: int) -> str:
    facts = (
        *(wave.id, wave.version_id, wave.scheduled_at.isoformat(), contacts, repr(cadence)),
        *(program.sender, program.sender_name, program.reply_to, repr(window_of(program))),
    )
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _mails(
    session: Session, program: Program, cadence: Cadence, languages: Sequence[Asked]
) -> Iterator[PlannedMail]:
    steps = [step for step in cadence.steps if step.channel is Channel.MAIL]
    spoken = [*dict.fromkeys([*(asked.language for asked in languages), *(step.language for step in steps)])]
    gaps = {(one.mail, one.language): one for one in missing(session, program, [*filter(None, spoken)])}
    people = {asked.language: asked.people for asked in languages}
    everybody = sum(people.values())
    for mail, forced in dict.fromkeys((step.mail, step.language) for step in steps):
        for language, count in {forced: everybody}.items() if forced else people.items():
            gap = gaps.get((mail, language))
            yield PlannedMail(
                mail,
                language,
                count,
                template_of(session, program.id, mail, language),
                is_foreign=gap is not None and gap.is_foreign,
                lacks_own=gap is not None and not gap.is_foreign,
            )


def _ids(session: Session, which: ColumnElement[bool]) -> set[int]:
    return set(session.scalars(select(Contact.id).where(which)))


def _tests(session: Session, ids: Collection[int]) -> list[str]:
    address = func.lower(Contact.email)
    seeds = select(func.lower(MailSeed.address))
    endings = [f"%@{name}" for name in TEST_DOMAINS] + [f"%.{name}" for name in TEST_DOMAINS]
    endings += [pattern for name in TEST_ENDINGS for pattern in (f"%.{name}", f"%@{name}")]
    which = or_(address.in_(seeds), *(address.like(ending) for ending in endings))
    rows = session.execute(select(Contact.id, Contact.external_id).where(which).order_by(Contact.id))
    return [external_id for contact_id, external_id in rows if contact_id in ids]


def _last_return(session: Session) -> datetime | None:
    return session.scalar(select(func.max(Return.at)).where(Return.message_id.is_not(None)))


def _paths(session: Session, keys: Keys) -> tuple[str, ...]:
    # Nobody has the number 0: the page is there and knows nobody.
    paths = [f"/u/{keys.opt_out_token(0, 0)}"]
    latest = select(Invitation.id, Invitation.token_digest).order_by(Invitation.id.desc()).limit(1)
    if row := session.execute(latest).first():
        paths.append(f"/s/{keys.survey_token(row.id, row.token_digest)}")
    return tuple(paths)
