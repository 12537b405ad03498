"""An approved letter of a wave with answers, and the steps that bring it on its way."""

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.services import Services
from surveyd.closed_loop import letters
from surveyd.closed_loop.jobs import send_letter
from surveyd.closed_loop.letter_reach import Progress, Reach, progress_of, reach_of
from surveyd.closed_loop.models import Letter
from surveyd.distribution import papers
from surveyd.distribution.lanes import new_lane
from surveyd.distribution.models import Message, MessageState
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave
from tests.fixtures.cast import Cast

PEOPLE = 5
"""Who answers besides Anna and Aziz; Sofie is silent."""


@dataclass
class Desk:
    """An approved letter of a wave with answers; every step is its own committed transaction."""

    app: Flask
    house: Services
    writer: Transaction
    reader: Transaction
    people: Cast
    wave_id: int
    letter_id: int

    def send(self, *, to_silent: bool = False) -> None:
        """Say that it is to be sent."""
        with self.writer() as session:
            letter = session.get_one(Letter, self.letter_id)
            letters.send(session, letter, to_silent=to_silent, by=self.people.executive.id, now=NOW)

    def job(self) -> None:
        """Do what the worker does."""
        with self.app.app_context():
            send_letter(self.letter_id)

    def make_papers(self) -> None:
        """Make every PDF that is wanted, by another hand than WeasyPrint's."""
        with self.writer() as session:
            while paper := papers.claim(session, "me", system_now=system_now()):
                assert papers.finish(session, paper.id, by="me", content=b"%PDF-1.7", now=NOW)

    def post(self) -> None:
        """Send what may go, over the real relay."""
        lane = new_lane(self.house)
        with self.app.app_context():
            lane.drain()
        lane.relay.close()

    def letter(self) -> Letter:
        with self.reader() as session:
            return session.get_one(Letter, self.letter_id)

    def messages(self) -> list[Message]:
        with self.reader() as session:
            return list(session.scalars(select(Message).where(Message.name == "letter").order_by(Message.id)))

    def reach(self) -> Reach:
        with self.reader() as session:
            return reach_of(session, self.wave_id)

    def progress(self) -> Progress:
        with self.reader() as session:
            return progress_of(session, self.wave_id)


def answered_wave(session: Session) -> Asking:
    """Anna, Aziz and five others have answered; Sofie has not."""
    asking = open_wave(session, NOW)
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
    asking.answer(asking.ask(asking.people.aziz.id), HAPPY)
    for number in range(PEOPLE):
        asking.answer(asking.ask_somebody(number), HAPPY)
    asking.ask(asking.people.sofie.id)
    # Thanks and alerts are no part of this.
    session.execute(update(Message).values(state=MessageState.SENT))
    return asking
