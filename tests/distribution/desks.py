"""Somebody of the staff who says something of their contacts before a wave."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution import confirmations, contact_marks, waves
from surveyd.distribution.audience import audience_of
from surveyd.distribution.confirmation_models import WhyExcluded
from surveyd.distribution.confirmation_sums import ManagerSums, sums_of
from surveyd.distribution.models import Message, Wave
from surveyd.people.access import SYSTEM, Scope, scope_of
from surveyd.people.contacts import ContactFacts, NewContact
from surveyd.people.models import Contact, RelationshipRole, User
from tests.fixtures.apps import NOW, Transaction

DOMAIN = "mail.surveyd.test"
UNTIL = (NOW + timedelta(days=10)).date()


def begin(session: Session, wave: Wave, *, until: date = UNTIL, remind: tuple[int, ...] = (3, 1)) -> int:
    return confirmations.begin(
        session, wave, until=until, remind_days=remind, by=None, now=NOW, mail_domain=DOMAIN
    )


class Desk:
    """Somebody's view of one wave's contacts; each deed is its own transaction."""

    def __init__(self, writer: Transaction, wave_id: int, user_id: int) -> None:
        self.writer, self.wave_id, self.user_id = writer, wave_id, user_id

    def facts(self, session: Session) -> tuple[Wave, Scope]:
        return session.get_one(Wave, self.wave_id), scope_of(session.get_one(User, self.user_id))

    def confirm(self, contact_id: int) -> None:
        with self.writer() as session:
            wave, scope = self.facts(session)
            contact_marks.confirm(session, wave, contact_id, scope=scope, by=self.user_id, now=NOW)

    def exclude(self, contact_id: int, words: str = "", why: WhyExcluded = WhyExcluded.TALKS) -> None:
        with self.writer() as session:
            wave, scope = self.facts(session)
            contact_marks.exclude(
                session, wave, contact_id, why=why, words=words, scope=scope, by=self.user_id, now=NOW
            )

    def take_back(self, contact_id: int) -> None:
        with self.writer() as session:
            wave, scope = self.facts(session)
            contact_marks.take_back(session, wave, contact_id, scope=scope, by=self.user_id, now=NOW)

    def correct(self, contact_id: int, *, seen: datetime | None = None, **changes: Any) -> None:
        with self.writer() as session:
            wave, scope = self.facts(session)
            contact = session.get_one(Contact, contact_id)
            seen = seen or contact.updated_at
            facts = {name: getattr(contact, name) for name in ContactFacts.__slots__} | changes
            contact_marks.correct(
                session,
                wave,
                contact_id,
                ContactFacts(**facts),
                seen=seen,
                scope=scope,
                by=self.user_id,
                now=NOW,
            )

    def add(self, account_id: int, name: str, email: str) -> int:
        with self.writer() as session:
            wave, scope = self.facts(session)
            facts = NewContact(account_id, name, email, role=RelationshipRole.BUYER)
            return contact_marks.add(session, wave, facts, scope=scope, by=self.user_id, now=NOW).id

    def rest(self, seen: int) -> int:
        with self.writer() as session:
            wave, scope = self.facts(session)
            return contact_marks.confirm_rest(
                session, wave, manager_id=self.user_id, seen=seen, scope=scope, by=self.user_id, now=NOW
            )

    def finish(self, manager_id: int = 0) -> None:
        with self.writer() as session:
            wave, scope = self.facts(session)
            contact_marks.finish(
                session, wave, manager_id=manager_id or self.user_id, scope=scope, by=self.user_id, now=NOW
            )


def rule_of_contact(session: Session, wave_id: int, contact_id: int) -> str:
    wave = session.get_one(Wave, wave_id)
    found = audience_of(session, wave, waves.program_of(session, wave), now=NOW).members
    return next(one.rule for one in found if one.contact_id == contact_id)


def sums(session: Session, wave_id: int) -> dict[str, ManagerSums]:
    wave = session.get_one(Wave, wave_id)
    found = sums_of(session, wave, waves.program_of(session, wave), scope=SYSTEM, now=NOW)
    return {one.name: one for one in found}


def mails(session: Session) -> list[tuple[str, int | None]]:
    return [(mail.name, mail.user_id) for mail in session.scalars(select(Message).order_by(Message.id))]
