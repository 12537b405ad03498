"""The story of the demo company: its staff, its customers, and four waves with what came of them."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from itertools import pairwise

from sqlalchemy.orm import Session

from surveyd.base.database import writing
from surveyd.base.services import Services
from surveyd.distribution import waves
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.programs import NewProgram, create_program, find_program
from surveyd.forms.definition import Questionnaire
from surveyd.forms.loading import shipped
from surveyd.operations.company import staff
from surveyd.operations.company.minds import Minds, build_minds
from surveyd.operations.company.people import People, build_people
from surveyd.operations.replay.asking import Asking
from surveyd.operations.replay.case_work import CaseWork
from surveyd.operations.replay.letter_work import plan_letter
from surveyd.operations.replay.lists import import_people
from surveyd.operations.replay.phoning import Phoning
from surveyd.operations.replay.player import PAST_STEP, PRESENT_STEP, Player
from surveyd.people.models import StaffRole
from surveyd.people.users import add_user

WAVES = 4
LAST_FINISHED = WAVES - 2
HALF_YEAR = timedelta(weeks=26)
BEFORE_NOW = timedelta(days=22, hours=12)
"""How long before now the last wave began at the least: its calls are due, at whatever hour of the week."""
MORNING = time(9)
SATURDAY = 5
LIST_DAYS_BEFORE, LAUNCH_DAYS_BEFORE = timedelta(days=10), timedelta(days=1)
PROGRAM = "relationship"
ZONE = "Europe/Berlin"

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it goes."""


def day_zeros(now: datetime) -> list[datetime]:
    """When the waves began: half a year apart, on a working morning, the last some 23 days before `now`."""
    last = datetime.combine((now - BEFORE_NOW).date(), MORNING, now.tzinfo)
    while last > now - BEFORE_NOW or last.weekday() >= SATURDAY:
        last -= timedelta(days=1)
    return [last - HALF_YEAR * (WAVES - 1 - number) for number in range(WAVES)]


def tell(house: Services, *, accounts: int, seed: int, now: datetime, progress: Progress) -> None:
    """Play everything into an empty database, from the first list to `now`. Runs inside an app context."""
    progress("the people", 0, 1)
    questionnaire = shipped("relational")
    people = build_people(seed, accounts)
    minds = build_minds(people, questionnaire, seed=seed, waves=WAVES)
    story = _Story(house, people, minds, questionnaire, seed=seed, now=now)
    begins = day_zeros(now)
    story.hire(begins[0] - 2 * LIST_DAYS_BEFORE)
    for number, (begin, end) in enumerate(pairwise([*begins, now])):
        last = number == WAVES - 1
        story.player.progress = _counted(progress, f"wave {begin:%Y-%m}", begin, end)
        story.open_wave(number, begin, is_present=last)
        story.player.play(now if last else end - LIST_DAYS_BEFORE)


class _Story:
    def __init__(
        self,
        house: Services,
        people: People,
        minds: list[Minds],
        questionnaire: Questionnaire,
        *,
        seed: int,
        now: datetime,
    ) -> None:
        self.people, self.minds, self.questionnaire = people, minds, questionnaire
        self.seed, self.now = seed, now
        self.player = Player(house)
        self.case_work = CaseWork(self.player.timeline)
        self.admin = 0
        self.support: list[int] = []

    def hire(self, at: datetime) -> None:
        """Add the staff, and the program that they run."""
        with writing() as session:
            for one in staff.STAFF:
                user = add_user(
                    session,
                    one.email,
                    role=one.role,
                    now=at,
                    by=self.admin or None,
                    name=one.name,
                    region=one.region,
                    time_zone=one.time_zone,
                    password=one.password,
                )
                self.admin = self.admin or user.id
                if one.role is StaffRole.SUPPORT:
                    self.support.append(user.id)
            facts = NewProgram(
                slug=PROGRAM,
                company=staff.COMPANY,
                sender_name=staff.SENDER_NAME,
                sender=staff.SENDER,
                reply_to=staff.REPLY_TO,
                time_zone=ZONE,
            )
            create_program(session, facts, questionnaire=self.questionnaire, now=at)

    def open_wave(self, number: int, day_zero: datetime, *, is_present: bool) -> None:
        """Bring the lists up to date, launch the wave, and plan what its people do."""
        minds = self.minds[number]
        listed_at, launched_at = day_zero - LIST_DAYS_BEFORE, day_zero - LAUNCH_DAYS_BEFORE
        today = self.now.date()
        with writing() as session:
            import_people(
                session, self.people, wave=number, minds=minds, today=today, now=listed_at, by=self.admin
            )
            program = find_program(session, PROGRAM)
            waves.schedule_wave(session, program, f"{day_zero:%Y-%m}", at=day_zero, now=listed_at)
        self.player.play(launched_at)
        with writing() as session:
            wave = waves.find_wave(session, f"{day_zero:%Y-%m}")
            waves.launch(session, wave, now=launched_at, by=self.admin)
            wave_id, closes_at = wave.id, wave.closes_at
        prepare_wave(wave_id)
        assert closes_at is not None, "a launched wave has its last day"
        self.player.timeline.add(closes_at, _close)
        if number == LAST_FINISHED:
            plan_letter(
                self.player.timeline,
                wave=f"{day_zero:%Y-%m}",
                closed_at=closes_at,
                now=self.now,
                by=self.admin,
            )
        contacts = self.people.contacts
        gone = {one.email.lower() for one in contacts if one.gone is not None and one.gone <= number}
        self.player.relay.gone, self.player.relay.keeps = frozenset(gone), is_present
        self.player.step_hours = PRESENT_STEP if is_present else PAST_STEP
        asking = Asking(
            self.player, self.people, minds, self.questionnaire, self.case_work, self.seed, number, closes_at
        )
        asking.plan(wave_id)
        self.player.plan_calls = Phoning(asking, self.support).plan


def _close(session: Session, at: datetime) -> None:
    waves.close_due(session, now=at)


def _counted(progress: Progress, what: str, begin: datetime, end: datetime) -> Callable[[datetime], None]:
    days = max(1, (end - begin).days)
    return lambda at: progress(what, min(max((at - begin).days, 0), days), days)
