"""One wave's people: who answers after which touch and when, who opts out, who stops half-way."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from numpy.random import Generator
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.database import reading
from surveyd.closed_loop import intake
from surveyd.distribution.cadence import Window
from surveyd.distribution.invitations import start
from surveyd.distribution.models import Invitation, Touch
from surveyd.distribution.suppressions import opt_out
from surveyd.forms.definition import Answer, Questionnaire
from surveyd.operations.company.answers import Reply, generator, reply
from surveyd.operations.company.minds import Minds
from surveyd.operations.company.people import People
from surveyd.operations.replay.case_work import CaseWork, Heard
from surveyd.operations.replay.player import Player
from surveyd.people.models import Contact
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import find_link_of, save_page

AWAKE = Window(7, 21, workdays_only=False)
EARLY = 2.4
"""Most answers come in the first days after a touch: shares of the time until the next, to this power."""
OPT_OUT, HALF_DONE = 0.035, 0.10
"""How many of those who never answer opt out, and how many begin and stop."""
LEAST_DELAY = timedelta(minutes=4)
PACE_MEAN, PACE_SHAPE = timedelta(seconds=110), 6.0
"""How long people take from their first page to the sending: a few are quick, a few are called away."""


class Purpose(IntEnum):
    """What random numbers are drawn for, so that one use does not disturb another."""

    FATE = 0
    REPLY = 1
    CALLS = 2
    CASES = 3
    LINK = 4
    PACE = 5


class Phase(IntEnum):
    """After which touch somebody answers."""

    INVITATION = 0
    REMINDER = 1
    CALL = 2
    NEVER = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """One invitation: whose it is (the contact's place among the people), and when its touches are due."""

    invitation_id: int
    contact: int
    contact_id: int
    language: str
    time_zone: str
    due: dict[str, datetime]
    reachable: bool


@dataclass(slots=True)
class Asking:
    """One wave as it is lived by those who are asked."""

    player: Player
    people: People
    minds: Minds
    questionnaire: Questionnaire
    case_work: CaseWork
    seed: int
    number: int
    closes_at: datetime
    asked: dict[int, Asked] = field(default_factory=dict)
    phases: dict[int, Phase] = field(default_factory=dict)

    def plan(self, wave_id: int) -> None:
        """Plan what everybody does by themselves; calls are planned when somebody comes onto the list."""
        self._read(wave_id)
        for one in self.asked.values():
            rng = self.rng(one, Purpose.FATE)
            phase = self.phases[one.invitation_id] = self._phase(one, rng)
            if phase is Phase.INVITATION:
                self._plan_answer(one, self._within(one, "invitation", "reminder", rng))
            elif phase is Phase.REMINDER:
                self._plan_answer(one, self._within(one, "reminder", "call", rng))
            elif phase is Phase.NEVER and one.reachable:
                self._plan_silence(one, rng)

    def rng(self, one: Asked, purpose: Purpose) -> Generator:
        """The random numbers for one person in this wave."""
        return generator(self.seed, self.number, one.contact, purpose)

    def answer(
        self,
        session: Session,
        at: datetime,
        one: Asked,
        *,
        channel: AnswerChannel = AnswerChannel.WEB,
        by: int | None = None,
    ) -> None:
        """Send somebody's answers through the one door, and leave the case, if one opens, to its owner."""
        given = self.reply(one, by_phone=channel is AnswerChannel.PHONE)
        taken = self.rng(one, Purpose.PACE).gamma(PACE_SHAPE, PACE_MEAN.total_seconds() / PACE_SHAPE)
        start(session, one.invitation_id, now=at - min(timedelta(seconds=round(float(taken))), LEAST_DELAY))
        receipt = intake.submit(
            session,
            one.invitation_id,
            answers=given.answers,
            channel=channel,
            given_at=at,
            now=at,
            office=self.player.office,
            by=by,
        )
        if receipt.queued:
            self.player.ring()
        if receipt.case_id is not None:
            heard = Heard(receipt.case_id, given, one.time_zone)
            self.case_work.plan(session, heard, at=at, rng=self.rng(one, Purpose.CASES))

    def reply(self, one: Asked, *, by_phone: bool = False) -> Reply:
        """What somebody answers in this wave, whenever and however they are asked."""
        return reply(
            self.minds,
            one.contact,
            questionnaire=self.questionnaire,
            language=one.language,
            by_phone=by_phone,
            rng=self.rng(one, Purpose.REPLY),
        )

    def _read(self, wave_id: int) -> None:
        places = {contact.external_id: place for place, contact in enumerate(self.people.contacts)}
        with reading() as session:
            rows = session.execute(
                select(
                    Invitation.id,
                    Contact.external_id,
                    Contact.id,
                    Invitation.language,
                    Invitation.time_zone,
                    Touch.step,
                    Touch.due_at,
                )
                .join(Contact, Contact.id == Invitation.contact_id)
                .join(Touch, Touch.invitation_id == Invitation.id)
                .where(Invitation.wave_id == wave_id)
                .order_by(Invitation.id, Touch.due_at)
            )
            for invitation_id, name, contact_id, language, zone, step, due_at in rows:
                place = places[name]
                gone = self.people.contacts[place].gone
                reachable = gone is None or self.number < gone
                one = Asked(invitation_id, place, contact_id, language, zone, {}, reachable)
                self.asked.setdefault(invitation_id, one).due[step] = due_at

    def _phase(self, one: Asked, rng: Generator) -> Phase:
        for phase, (chance, draw) in enumerate(
            zip(self.minds.chances[:, one.contact], rng.random(3), strict=True)
        ):
            if draw < chance and (one.reachable or phase == Phase.CALL):
                return Phase(phase)
        return Phase.NEVER

    def _within(self, one: Asked, step: str, following: str, rng: Generator) -> datetime:
        begin, end = one.due[step], one.due[following]
        at = begin + LEAST_DELAY + (end - begin - LEAST_DELAY) * float(rng.random() ** EARLY)
        return AWAKE.opens(at.replace(microsecond=0), zone_named(one.time_zone))

    def _plan_answer(self, one: Asked, at: datetime) -> None:
        self.player.timeline.add(at, lambda session, at: self.answer(session, at, one))

    def _plan_silence(self, one: Asked, rng: Generator) -> None:
        draw = rng.random()
        at = self._within(one, "invitation" if rng.random() < 0.6 else "reminder", "call", rng)
        if draw < OPT_OUT:
            self.player.timeline.add(at, lambda session, at: _opt_out(session, one.contact_id, at))
        elif draw < OPT_OUT + HALF_DONE:
            pages = int(rng.integers(1, len(self.questionnaire.pages) - 1))
            self.player.timeline.add(at, lambda session, at: self._begin(session, at, one, pages))

    def _begin(self, session: Session, at: datetime, one: Asked, pages: int) -> None:
        """Answer a few pages, and then be called away."""
        answers = self.reply(one).answers
        for page, following in zip(
            self.questionnaire.pages[:pages], self.questionnaire.pages[1:], strict=False
        ):
            link = find_link_of(session, one.invitation_id)
            assert link is not None, "whoever was asked has a link"
            if not link.takes_answers:
                return
            given: dict[str, Answer | None] = {
                item.id: answers[item.id] for item in page.items if item.id in answers
            }
            save_page(session, link, answers=given, page=following.id, channel=AnswerChannel.WEB, now=at)


def _opt_out(session: Session, contact_id: int, at: datetime) -> None:
    opt_out(session, contact_id, now=at)
