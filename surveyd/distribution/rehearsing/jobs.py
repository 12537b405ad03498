"""The job that plays a rehearsal: it reads the live tables, plays on a copy, and writes its own row alone."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime

from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import Services, services
from surveyd.distribution.models import Wave
from surveyd.distribution.programs import window_of
from surveyd.distribution.rehearsing.behaviour import Dice, behaviour_of
from surveyd.distribution.rehearsing.copying import copied
from surveyd.distribution.rehearsing.playing import Playing
from surveyd.distribution.rehearsing.rehearsals import (
    Task,
    fail_rehearsal,
    finish_rehearsal,
    take_rehearsal,
    tell_percent,
    waiting_rehearsals,
)
from surveyd.distribution.rehearsing.results import PlannedTouch, Sums, packed
from surveyd.distribution.waves import get_wave, program_of

REHEARSE_WAVE = "surveyd.distribution.rehearsing.jobs.rehearse_wave"
TELL_SECONDS = 1.0


def rehearse_wave(rehearsal_id: int) -> None:
    """Play one rehearsal that waits, and keep what it came to."""
    with writing() as session:
        task = take_rehearsal(session, rehearsal_id, system_now=system_now())
    if task is None:
        return
    try:
        sums, touches = play(task, _teller(task.id))
    except Refused as error:
        with writing() as session:
            fail_rehearsal(session, rehearsal_id, reason=str(error))
        return
    content = packed(touches)
    with writing() as session:
        finish_rehearsal(session, rehearsal_id, sums, content)


def play(task: Task, told: Callable[[int], None]) -> tuple[Sums, list[PlannedTouch]]:
    """Play a rehearsal on a copy in the data folder, which is gone afterwards. Raises Refused."""
    house = services()
    now = house.clock.now()
    with ExitStack() as gone:
        with reading() as live:
            wave = get_wave(live, task.wave_id)
            behaviour = behaviour_of(live, wave, now=now)
            # The copy outlives the transaction in which it is made.
            engine = gone.enter_context(copied(live, wave, house.config.data / "run", now=now))
        copy = gone.enter_context(Session(engine))
        played = copy.get_one(Wave, task.wave_id)
        playing = Playing(
            session=copy,
            wave=played,
            window=window_of(program_of(copy, played)),
            behaviour=behaviour,
            dice=Dice(task.seed),
            minutes=task.minutes,
            told=told,
        )
        return playing.play(keys=house.keys, now=now)


def work_on_rehearsals(house: Services, now: datetime) -> int:
    """Ring for rehearsals that nobody plays; returns how many wait."""
    with reading() as session:
        waiting = waiting_rehearsals(session, system_now=system_now())
    for rehearsal_id in waiting:
        house.bell.ring(REHEARSE_WAVE, rehearsal_id)
    return len(waiting)


def _teller(rehearsal_id: int) -> Callable[[int], None]:
    last = time.monotonic()

    def tell(percent: int) -> None:
        nonlocal last
        if time.monotonic() - last > TELL_SECONDS:
            with writing() as session:
                tell_percent(session, rehearsal_id, percent)
            last = time.monotonic()

    return tell
