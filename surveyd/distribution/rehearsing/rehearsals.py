"""Rehearsals in the ledger: asked for, played by a worker, kept with the seed that they were played by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import randbelow

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.invitations import run
from surveyd.distribution.launch_models import Rehearsal, RehearsalState
from surveyd.distribution.models import Wave, WaveState
from surveyd.distribution.rehearsing.results import Sums, as_json
from surveyd.people.audit import record

MINUTES_A_CALL, LONGEST_CALL = 8, 120
LARGEST_SEED = 1 << 31
LEASE = timedelta(minutes=10)
TRIES = 2
KEPT = 5
"""So many rehearsals of a wave are kept."""
TO_DO = (RehearsalState.WAITING, RehearsalState.RUNNING)


@dataclass(frozen=True, slots=True)
class Task:
    """One rehearsal in a worker's hands."""

    id: int
    wave_id: int
    seed: int
    minutes: int


def ask_rehearsal(
    session: Session,
    wave: Wave,
    *,
    minutes: int = MINUTES_A_CALL,
    seed: int | None = None,
    by: int | None,
    now: datetime,
    system_now: datetime,
) -> Rehearsal:
    """Have a scheduled wave rehearsed; flushed. Without a `seed` one is drawn. One that waits is that one.

    `minutes` is how long an attempt to call takes. Raises Refused for a launched wave and numbers that do
    not do.
    """
    if wave.state is not WaveState.SCHEDULED:
        raise Refused(f"The wave {wave.slug} is {wave.state.value}; only a scheduled wave can be rehearsed.")
    if not 0 < minutes <= LONGEST_CALL:
        raise Refused(f"{minutes} minutes a call do not do; write 1 to {LONGEST_CALL}.")
    if seed is not None and not 0 <= seed < LARGEST_SEED:
        raise Refused(f"The seed {seed} does not do; write a whole number below {LARGEST_SEED}.")
    waiting = select(Rehearsal).where(Rehearsal.wave_id == wave.id, Rehearsal.state == RehearsalState.WAITING)
    rehearsal = session.scalars(waiting.limit(1)).first()
    if rehearsal is None:
        rehearsal = Rehearsal(wave_id=wave.id, by_id=by, at=now, asked_at=system_now)
        session.add(rehearsal)
    rehearsal.seed = randbelow(LARGEST_SEED) if seed is None else seed
    rehearsal.minutes_a_call = minutes
    session.flush()
    _forget(session, wave.id)
    facts: dict[str, str | int] = {"rehearsal": rehearsal.id}
    record(session, action="rehearse", thing="wave", thing_id=wave.id, by=by, now=now, facts=facts)
    return rehearsal


def take_rehearsal(session: Session, rehearsal_id: int, *, system_now: datetime) -> Task | None:
    """Take a rehearsal to play it; None when it is done or in other hands."""
    free = or_(Rehearsal.leased_until.is_(None), Rehearsal.leased_until < system_now)
    mine = update(Rehearsal).where(Rehearsal.id == rehearsal_id, Rehearsal.state.in_(TO_DO), free)
    begun = {"state": RehearsalState.RUNNING, "leased_until": system_now + LEASE, "percent": 0}
    if not run(session, mine.values(**begun, attempts=Rehearsal.attempts + 1)):
        return None
    session.expire_all()
    found = session.get_one(Rehearsal, rehearsal_id)
    if found.attempts > TRIES:
        fail_rehearsal(session, rehearsal_id, reason="It was begun twice and never finished.")
        return None
    return Task(found.id, found.wave_id, found.seed, found.minutes_a_call)


def tell_percent(session: Session, rehearsal_id: int, percent: int) -> None:
    """Note how far it is."""
    running = (Rehearsal.id == rehearsal_id, Rehearsal.state == RehearsalState.RUNNING)
    run(session, update(Rehearsal).where(*running).values(percent=percent))


def finish_rehearsal(session: Session, rehearsal_id: int, sums: Sums, touches: bytes) -> None:
    """Keep what it came to; `touches` is the list as `results.packed` writes it."""
    done = {"state": RehearsalState.DONE, "percent": 100, "leased_until": None, "note": ""}
    this = (Rehearsal.id == rehearsal_id, Rehearsal.state == RehearsalState.RUNNING)
    run(session, update(Rehearsal).where(*this).values(**done, result=as_json(sums), touches=touches))


def fail_rehearsal(session: Session, rehearsal_id: int, *, reason: str) -> None:
    """Note that it cannot be played, and why."""
    failed = {"state": RehearsalState.FAILED, "leased_until": None, "note": reason[:300]}
    this = (Rehearsal.id == rehearsal_id, Rehearsal.state.in_(TO_DO))
    run(session, update(Rehearsal).where(*this).values(failed))


def latest_rehearsal(session: Session, wave_id: int) -> Rehearsal | None:
    """The last one of a wave."""
    of_wave = select(Rehearsal).where(Rehearsal.wave_id == wave_id)
    return session.scalars(of_wave.order_by(Rehearsal.id.desc()).limit(1)).first()


def find_rehearsal(session: Session, wave_id: int, rehearsal_id: int) -> Rehearsal:
    """One rehearsal of a wave. Raises NotFound."""
    found = session.get(Rehearsal, rehearsal_id)
    if found is None or found.wave_id != wave_id:
        raise NotFound("rehearsal", rehearsal_id)
    return found


def waiting_rehearsals(session: Session, *, system_now: datetime) -> list[int]:
    """Those that a worker should have begun by now, the oldest first."""
    free = or_(Rehearsal.leased_until.is_(None), Rehearsal.leased_until < system_now)
    late = (Rehearsal.state.in_(TO_DO), free, Rehearsal.asked_at < system_now - timedelta(seconds=5))
    return list(session.scalars(select(Rehearsal.id).where(*late).order_by(Rehearsal.id)))


def _forget(session: Session, wave_id: int) -> None:
    kept = select(Rehearsal.id).where(Rehearsal.wave_id == wave_id).order_by(Rehearsal.id.desc()).limit(KEPT)
    oldest = min(session.scalars(kept), default=0)
    session.execute(delete(Rehearsal).where(Rehearsal.wave_id == wave_id, Rehearsal.id < oldest))
