"""A wave that is open, people who were asked by it, and the door through which they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.tokens import Keys
from surveyd.closed_loop.intake import Office, Receipt, submit
from surveyd.distribution.models import Invitation, Program, Wave, WaveState
from surveyd.distribution.programs import NewProgram, create_program
from surveyd.forms.loading import shipped
from surveyd.people.models import Account, Contact
from surveyd.responses.answers import AnswerChannel
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast, make_cast

OFFICE = Office(Keys((b"a secret key that only the tests know",)), "mail.surveyd.test")
UNHAPPY = {"recommend": 3, "satisfied": 2, "better": 2, "trust": 1, "enjoy": 3, "renew": 5, "alternatives": 1}
CONTENT = {"recommend": 8, "satisfied": 4, "better": 4, "trust": 4, "enjoy": 4, "renew": 5, "alternatives": 1}
HAPPY = {"recommend": 10, "satisfied": 5, "better": 5, "trust": 5, "enjoy": 5, "renew": 5, "alternatives": 1}


@dataclass
class Asking:
    """One open wave in one database, and whom it has asked so far."""

    session: Session
    now: datetime
    program: Program
    wave: Wave
    people: Cast
    asked: dict[int, int] = field(default_factory=dict)

    def ask(self, contact_id: int) -> int:
        """Invite a contact of the database; returns the invitation's id, the same one a second time."""
        if contact_id not in self.asked:
            account_id = self.session.execute(
                select(Contact.account_id).where(Contact.id == contact_id)
            ).scalar_one()
            self.asked[contact_id] = _invite(self.session, self.wave, contact_id, account_id, self.now)
        return self.asked[contact_id]

    def ask_somebody(self, number: int, *, account_id: int | None = None) -> int:
        """Invite a new contact, at an account of their own unless one is named."""
        if account_id is None:
            account_id = _new_account(self.session, number, self.now)
        contact = Contact(
            external_id=f"N-{number}",
            account_id=account_id,
            name=f"Nina {number}",
            email=f"n{number}@customer.test",
            created_at=self.now,
            updated_at=self.now,
        )
        self.session.add(contact)
        self.session.flush()
        return self.ask(contact.id)

    def answer(
        self,
        invitation_id: int,
        answers: Mapping[str, int | str],
        *,
        channel: AnswerChannel = AnswerChannel.WEB,
        given_at: datetime | None = None,
        now: datetime | None = None,
        by: int | None = None,
    ) -> Receipt:
        """Answer through the one door, now unless another instant is given."""
        at = now or self.now
        return submit(
            self.session,
            invitation_id,
            answers=answers,
            channel=channel,
            given_at=given_at or at,
            now=at,
            office=OFFICE,
            by=by,
        )


def open_wave(session: Session, now: datetime) -> Asking:
    """The cast and a wave that was launched an hour before `now`; flushed, not committed."""
    people = make_cast(session, now)
    facts = NewProgram(
        slug="relationship",
        company="Example Works",
        sender_name="Eva Executive",
        sender="survey@company.test",
        reply_to="reply@company.test",
    )
    program = create_program(session, facts, questionnaire=shipped("relational"), now=now)
    wave = Wave(
        program_id=program.id,
        slug="2026H1",
        version_id=program.version_id,
        state=WaveState.OPEN,
        scheduled_at=now - timedelta(hours=1),
        launched_at=now - timedelta(hours=1),
        day_zero=now - timedelta(hours=1),
        closes_at=now + timedelta(days=35),
        large_revenue_cents=5_000_000_00,
    )
    session.add(wave)
    session.flush()
    return Asking(session, now, program, wave, people)


@pytest.fixture
def asking(session: Session) -> Asking:
    """An open wave inside the test's one transaction."""
    return open_wave(session, NOW)


def _invite(session: Session, wave: Wave, contact_id: int, account_id: int, now: datetime) -> int:
    invitation = Invitation(
        wave_id=wave.id,
        contact_id=contact_id,
        account_id=account_id,
        version_id=wave.version_id,
        token_digest=f"{wave.id:032d}{contact_id:032d}",
        language="en",
        time_zone="Europe/Berlin",
        invited_at=now,
    )
    session.add(invitation)
    session.flush()
    return invitation.id


def _new_account(session: Session, number: int, now: datetime) -> int:
    account = Account(
        external_id=f"ACC-{number}",
        name=f"Customer {number}",
        tier="C",
        revenue_cents=1_000_00,
        currency="EUR",
        created_at=now,
        updated_at=now,
    )
    session.add(account)
    session.flush()
    return account.id
