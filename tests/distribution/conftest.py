"""A program, a wave, and the steps that bring it on its way, each by the verbs that the house uses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from surveyd.base.clock import SetClock, system_now
from surveyd.base.database import Rows
from surveyd.base.services import Services
from surveyd.distribution import programs, touches, waves
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_models import Call
from surveyd.distribution.invitations import ToCome, answer, take_back, to_come
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.lanes import new_lane
from surveyd.distribution.models import (
    Invitation,
    Message,
    Touch,
    Wave,
)
from surveyd.distribution.sender import Lane
from surveyd.forms.loading import shipped
from tests.distribution.desks import Desk, begin
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

ALWAYS = Window(0, 24, workdays_only=False)


def answered(rows: Rows, invitation_id: int, *, now: datetime) -> bool:
    """Take the answer of an invitation, and take back what it has ahead, as the one door does."""
    is_first = answer(rows, invitation_id, now=now)
    ahead = ToCome(*rows.execute(select(*to_come(literal(invitation_id)))).one())
    take_back(rows, invitation_id, to_come=ahead, now=now)
    return is_first


@dataclass
class Post:
    """One wave under way; every step is its own committed transaction."""

    app: Flask
    services: Services
    clock: SetClock
    writer: Transaction
    reader: Transaction
    wave_id: int

    def prepare(self) -> None:
        """Write the ledger of the launched wave."""
        with self.app.app_context():
            prepare_wave(self.wave_id)

    def release(self) -> touches.Released:
        """Release what is due now."""
        with self.writer() as session:
            return touches.release_due(
                session, now=self.clock.now(), system_now=system_now(), mail_domain="mail.surveyd.test"
            )

    def drain(self) -> Lane:
        """Send what is due now over the real relay."""
        lane = new_lane(self.services)
        with self.app.app_context():
            lane.drain()
        lane.relay.close()
        return lane

    def send(self) -> Lane:
        """Release and send."""
        self.release()
        return self.drain()

    def go_to(self, instant: datetime) -> None:
        """Put the program's clock to `instant`."""
        self.clock.instant = instant

    def messages(self) -> dict[str, Message]:
        """The wave's mails by `contact step`."""
        with self.reader() as session:
            return {
                f"{row.recipient.partition('@')[0]} {row.step}": row
                for row in session.scalars(select(Message))
            }

    def touches(self) -> dict[str, Touch]:
        """The touches by `contact id step`."""
        query = select(Touch, Invitation.contact_id).join(Invitation, Invitation.id == Touch.invitation_id)
        with self.reader() as session:
            return {f"{contact_id} {touch.step}": touch for touch, contact_id in session.execute(query)}

    def invitation(self, contact_id: int) -> Invitation:
        """The invitation of one contact."""
        with self.reader() as session:
            return session.scalars(select(Invitation).where(Invitation.contact_id == contact_id)).one()

    def calls(self) -> list[Call]:
        """The call list's rows."""
        with self.reader() as session:
            return list(session.scalars(select(Call).order_by(Call.id)))


def make_wave(session: Session, slug: str = "w1", *, window: Window = ALWAYS, rest_days: int = 90) -> Wave:
    """A scheduled wave of a program of its own, due now."""
    facts = programs.NewProgram(
        slug=f"program-{slug}",
        company="Northwind",
        sender_name="Nora North",
        sender="survey@northwind.test",
        reply_to="nora@northwind.test",
        window=window,
        rest_days=rest_days,
    )
    program = programs.create_program(session, facts, questionnaire=shipped("relational"), now=NOW)
    return waves.schedule_wave(session, program, slug, at=NOW, now=NOW)


@pytest.fixture
def launched(  # noqa: PLR0917  # fixtures, by name
    app: Flask,
    services: Services,
    clock: SetClock,
    writer: Transaction,
    reader: Transaction,
    cast: Cast,
) -> Callable[..., Post]:
    """`launched()` is a launched wave with its ledger written; keywords go to `make_wave`."""

    def launch(**facts: object) -> Post:
        with writer() as session:
            wave = make_wave(session, **facts)  # type: ignore[arg-type]  # the caller's keywords
            waves.launch(session, wave, now=clock.now(), by=None)
            post = Post(app, services, clock, writer, reader, wave.id)
        post.prepare()
        return post

    return launch


@pytest.fixture
def post(launched: Callable[..., Post]) -> Post:
    """A launched wave to the whole cast, with a window that never shuts."""
    return launched()


@pytest.fixture
def wave_id(writer: Transaction, cast: Cast) -> int:
    """A scheduled wave whose contacts are being confirmed."""
    with writer() as session:
        wave = make_wave(session)
        assert begin(session, wave) == 2
        return wave.id


@pytest.fixture
def mona(writer: Transaction, wave_id: int, cast: Cast) -> Desk:
    return Desk(writer, wave_id, cast.mona.id)


@pytest.fixture
def milo(writer: Transaction, wave_id: int, cast: Cast) -> Desk:
    return Desk(writer, wave_id, cast.milo.id)
