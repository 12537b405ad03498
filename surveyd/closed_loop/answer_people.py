"""Who answered: the contacts that a file names by our id or by e-mail address, and where a wave has them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, Program
from surveyd.forms.conditions import Answer, Facts
from surveyd.people.models import Account, Contact
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Draft, Response

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """The wave that takes the answers, the version that it asks, and its first day."""

    wave_id: int
    slug: str
    program_id: int
    version_id: int
    began: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One contact as a wave has them; `invitation_id` is None for who was not asked by it.

    `version_id` is what they would answer, `begun` what they have answered on the web without sending it.
    """

    contact_id: int
    external_id: str
    email: str
    invitation_id: int | None
    version_id: int
    time_zone: str
    facts: Facts
    has_answered: bool
    begun: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class People:
    """The people whom some rows may name."""

    by_id: Mapping[str, Person]
    by_email: Mapping[str, tuple[Person, ...]]

    def named(self, external_id: str, email: str) -> Person:
        """The one person of a row. Raises ValueError with the reason as the end of a sentence.

        Of several with one address the one whom the wave asked is meant.
        """
        if not (external_id or email):
            raise ValueError("is empty; say who answered")
        if external_id and external_id not in self.by_id:
            raise ValueError(f"{external_id!r} is no contact that we know; import the contacts first")
        same = self.by_email.get(email.lower(), ()) if email else ()
        if external_id:
            found = self.by_id[external_id]
            if email and found not in same:
                raise ValueError(f"{external_id!r} has another address than {email!r}; correct one of them")
            return found
        if not same:
            raise ValueError(f"{email!r} is no address that we know; import the contacts first")
        asked = [person for person in same if person.invitation_id is not None] or same
        if len(asked) > 1:
            ids = " and ".join(sorted(person.external_id for person in asked)[:3])
            raise ValueError(f"{email!r} is the address of {ids}; name one of them in the column contact")
        return asked[0]


def find_people(
    session: Session, target: Target, *, external_ids: Iterable[str], emails: Iterable[str]
) -> People:
    """The people with these ids or addresses, in a few statements however many they are."""
    names, addresses = sorted(set(external_ids)), sorted({email.lower() for email in emails})
    by_name = _called(session, Contact.external_id.expression, names)
    by_address = _called(session, func.lower(Contact.email), addresses)
    ids = sorted({contact_id for _, contact_id in (*by_name, *by_address)})
    found: dict[int, Person] = {}
    for start in range(0, len(ids), CHUNK):
        found |= _people(session, target, Contact.id.in_(ids[start : start + CHUNK]))
    by_email: dict[str, dict[int, Person]] = {}
    for address, contact_id in (*by_address, *((one.email.lower(), key) for key, one in found.items())):
        by_email.setdefault(address, {})[contact_id] = found[contact_id]
    return People(
        {name: found[contact_id] for name, contact_id in by_name},
        {email: tuple(people.values()) for email, people in by_email.items()},
    )


def _called(session: Session, key: ColumnElement[str], values: Sequence[str]) -> list[tuple[str, int]]:
    """Who has one of these ids or addresses; who goes on as another contact is that one."""
    goes_on = func.coalesce(Contact.merged_into_id, Contact.id)
    found: list[tuple[str, int]] = []
    for start in range(0, len(values), CHUNK):
        which = key.in_(values[start : start + CHUNK])
        found += [
            (name, contact_id) for name, contact_id in session.execute(select(key, goes_on).where(which))
        ]
    return found


def people_again(session: Session, target: Target, contact_ids: Iterable[int]) -> Mapping[int, Person]:
    """The same people as they are now, by contact id.

    In a write transaction: until it ends, no page that they have begun on the web is saved.
    """
    ids = sorted(set(contact_ids))
    invited = and_(Draft.invitation_id == Invitation.id, Invitation.wave_id == target.wave_id)
    drafts = select(Draft.invitation_id).join(Invitation, invited).where(Invitation.contact_id.in_(ids))
    session.execute(drafts.order_by(Draft.invitation_id).with_for_update(of=Draft))
    return _people(session, target, Contact.id.in_(ids))


def _people(session: Session, target: Target, which: ColumnElement[bool]) -> dict[int, Person]:
    invited = and_(Invitation.contact_id == Contact.id, Invitation.wave_id == target.wave_id)
    at = Account.id == func.coalesce(Invitation.account_id, Contact.account_id)
    zone = func.coalesce(Invitation.time_zone, func.nullif(Contact.time_zone, ""), Program.time_zone)
    query = (
        select(
            Contact.id,
            Contact.external_id,
            Contact.email,
            Contact.role,
            Account.region,
            Account.tier,
            Invitation.id.label("invitation_id"),
            func.coalesce(Draft.version_id, Invitation.version_id, target.version_id).label("version_id"),
            zone.label("time_zone"),
            Response.id.label("response_id"),
            Draft.answers,
        )
        .select_from(Contact)
        .join(Program, Program.id == target.program_id)
        .outerjoin(Invitation, invited)
        .join(Account, at)
        .outerjoin(Draft, Draft.invitation_id == Invitation.id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(which)
    )
    return {
        row.id: Person(
            contact_id=row.id,
            external_id=row.external_id,
            email=row.email,
            invitation_id=row.invitation_id,
            version_id=row.version_id,
            time_zone=row.time_zone,
            facts=Facts(row.role.value, row.region, row.tier, AnswerChannel.IMPORT.value),
            has_answered=row.response_id is not None,
            begun=row.answers or {},
        )
        for row in session.execute(query)
    }
