"""What all mails of a program have in common: postal address, legal text, sender; and who gets its tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from surveyd.base.errors import BadFile, Fault
from surveyd.base.mailer import BadAddress, wire_address
from surveyd.base.statements import insert_into
from surveyd.distribution.mail_fields import Letterheading
from surveyd.distribution.mail_templates import Overtaken
from surveyd.distribution.template_models import Letterhead, MailSeed
from surveyd.people.audit import record

MOST_SEEDS = 20
LONGEST_ADDRESS = 500
LONGEST_LEGAL = 2000
LONGEST_SEED = 254


@dataclass(frozen=True, slots=True)
class Letterheads:
    """A program's letterhead as it stands; `number` 0 is that of a program that has none."""

    number: int = 0
    postal_address: str = ""
    legal: Mapping[str, str] = field(default_factory=dict)
    manager_sends: bool = False
    manager_replies: bool = False

    @property
    def heading(self) -> Letterheading:
        """What stands under the mails."""
        return Letterheading(self.postal_address, tuple(sorted(self.legal.items())))


def letterhead_of(session: Session, program_id: int) -> Letterheads:
    """The program's letterhead, an empty one for a program that has none yet."""
    newest = select(Letterhead).where(Letterhead.program_id == program_id)
    row = session.scalars(newest.order_by(Letterhead.number.desc()).limit(1)).one_or_none()
    if row is None:
        return Letterheads()
    return Letterheads(row.number, row.postal_address, row.legal, row.manager_sends, row.manager_replies)


def save_letterhead(
    session: Session, program_id: int, facts: Letterheads, *, by: int | None, now: datetime
) -> int:
    """Make this the program's letterhead; return its number. `facts.number` is the one that the writer saw.

    Raises BadFile for what is too long, and Overtaken when somebody saved meanwhile.
    """
    _check(facts)
    row = {
        "program_id": program_id,
        "number": facts.number + 1,
        "postal_address": facts.postal_address.strip(),
        "legal": {language: text.strip() for language, text in facts.legal.items() if text.strip()},
        "manager_sends": facts.manager_sends,
        "manager_replies": facts.manager_replies,
        "saved_at": now,
        "saved_by_id": by,
    }
    statement = insert_into(session, Letterhead).values(row)
    once = statement.on_conflict_do_nothing(index_elements=["program_id", "number"])
    made = session.execute(once.returning(Letterhead.id)).scalar_one_or_none()
    newest = select(func.max(Letterhead.number)).where(Letterhead.program_id == program_id)
    if made is None or session.scalar(newest) != facts.number + 1:
        raise Overtaken("Somebody else saved the letterhead meanwhile.")
    told: dict[str, str | int] = {"number": facts.number + 1}
    record(session, action="save", thing="mail_letterhead", thing_id=made, by=by, now=now, facts=told)
    return facts.number + 1


def seeds_of(session: Session, program_id: int) -> list[str]:
    """The addresses that tests go to, in their order."""
    query = select(MailSeed.address).where(MailSeed.program_id == program_id).order_by(MailSeed.place)
    return list(session.scalars(query))


def save_seeds(
    session: Session, program_id: int, addresses: Sequence[str], *, by: int | None, now: datetime
) -> None:
    """Make these the program's seed list. Raises BadFile for too many and for what is no address."""
    kept = list(dict.fromkeys(address.strip() for address in addresses if address.strip()))
    faults = [
        Fault("seeds", line, "", "Write one address such as anna@company.example here.")
        for line, address in enumerate(kept, 1)
        if not is_address(address)
    ]
    if len(kept) > MOST_SEEDS:
        said = f"Keep {MOST_SEEDS} addresses at most; there are {len(kept)}."
        faults.append(Fault("seeds", MOST_SEEDS + 1, "", said))
    if faults:
        raise BadFile(faults)
    session.execute(delete(MailSeed).where(MailSeed.program_id == program_id))
    rows = [
        {"program_id": program_id, "address": address, "place": place} for place, address in enumerate(kept)
    ]
    if rows:
        session.execute(insert(MailSeed), rows)
    told: dict[str, str | int] = {"addresses": len(rows)}
    record(session, action="save", thing="mail_seeds", thing_id=program_id, by=by, now=now, facts=told)


def is_address(text: str) -> bool:
    """Whether a mail can go there."""
    try:
        wire_address(text)
    except BadAddress:
        return False
    return len(text) <= LONGEST_SEED


def _check(facts: Letterheads) -> None:
    faults = []
    if len(facts.postal_address) > LONGEST_ADDRESS:
        faults.append(Fault("postal_address", 1, "", f"Shorten it to {LONGEST_ADDRESS} characters."))
    for language, text in facts.legal.items():
        if len(text) > LONGEST_LEGAL:
            faults.append(Fault("legal", 1, language, f"Shorten it to {LONGEST_LEGAL} characters."))
    if faults:
        raise BadFile(faults)
