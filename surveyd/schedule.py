"""The schedule: which sweep runs, how often, and why in this order.

Every sweep looks at tables, does what it finds there, and may run in any number of processes at
once. Each takes the program's time; none remembers anything.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from flask import Flask
from sqlalchemy import false, func, or_, select

from surveyd.base.clock import Clock, SetClock, system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Unavailable
from surveyd.base.services import EXTENSION, Services
from surveyd.closed_loop import case_alerts
from surveyd.closed_loop.jobs import send_letter, work_on_any
from surveyd.closed_loop.models import Letter, LetterState
from surveyd.distribution import claims, gaps, stale, touches, triggers, waves
from surveyd.distribution.alarm_jobs import look_for_alarms
from surveyd.distribution.calendar_jobs import keep_calendar
from surveyd.distribution.call_jobs import end_calls
from surveyd.distribution.confirmation_jobs import remind_managers
from surveyd.distribution.confirmation_reminders import next_reminder
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.lanes import kept, new_lane
from surveyd.distribution.models import Heartbeat, Message, MessageState, Wave, WaveState
from surveyd.distribution.rehearsing.jobs import work_on_rehearsals
from surveyd.distribution.return_jobs import forget_returned
from surveyd.distribution.sender import Lane
from surveyd.distribution.tally_jobs import fold_tallies
from surveyd.operations.merge_jobs import look_for_duplicates
from surveyd.people import batches, uploads
from surveyd.people.jobs import finish_lost_batch
from surveyd.reports.jobs import look_for_papers
from surveyd.responses.jobs import forget_visits, measure_durations
from surveyd.results.analysis_jobs import work_on_analyses
from surveyd.results.jobs import work_on_policies

log = logging.getLogger("surveyd.schedule")

PASS_SECONDS = 1.0
OTHERS_SECONDS = 90.0
OTHERS_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Sweep:
    """One look at the tables; `run` takes the services and program time, and returns how much it did."""

    name: str
    why: str
    run: Callable[[Services, datetime], int]


def hold_gap(house: Services, now: datetime) -> int:
    """Hold what fell due while nothing ran."""
    with writing() as session:
        held = gaps.hold_after_gap(session, now=now, system_now=system_now())
        gaps.beat(session, "schedule", now=now, system_now=system_now())
    return held


def expire_leases(house: Services, now: datetime) -> int:
    """Take over from senders that are gone."""
    with writing() as session:
        return claims.expire(session, system_now=system_now())


def prepare_waves(house: Services, now: datetime) -> int:
    """Write the ledgers of launched waves."""
    with reading() as session:
        launched = list(session.scalars(select(Wave.id).where(Wave.state == WaveState.PREPARING)))
    return _each("prepare", launched, prepare_wave)


def ask_renewals(house: Services, now: datetime) -> int:
    """Invite those whose account's renewal date has come near."""
    with reading() as session:
        if not triggers.has_near_renewals(session, now=now):
            return 0
    total = 0
    while True:
        with writing() as session:
            asked = triggers.ask_renewals(session, keys=house.keys, now=now)
        total += asked
        if not asked:
            return total


def release_touches(house: Services, now: datetime) -> int:
    """Turn due touches into mails and calls."""
    total = 0
    while True:
        with writing() as session:
            done = touches.release_due(
                session, now=now, system_now=system_now(), mail_domain=house.config.mail_domain
            ).total
        total += done
        if not done:
            return total


def send_letters(house: Services, now: datetime) -> int:
    """Queue what is left of the letters that are being sent."""
    with reading() as session:
        on_their_way = list(session.scalars(select(Letter.id).where(Letter.state == LetterState.SENDING)))
    return _each("letters", on_their_way, send_letter)


def tell_overdue(house: Services, now: datetime) -> int:
    """Tell owners and leaders of the cases that have just become overdue."""
    mails = 0
    while True:
        with reading() as session:
            overdue = case_alerts.newly_overdue(session, now=now)
        for case_id in overdue:
            with writing() as session:
                mails += case_alerts.tell_overdue(
                    session, case_id, now=now, mail_domain=house.config.mail_domain
                )
        if not overdue:
            return mails


def replan_stale(house: Services, now: datetime) -> int:
    """Move mails that missed their window into the next."""
    with writing() as session:
        return stale.replan_stale(session, now=now, system_now=system_now())


def close_waves(house: Services, now: datetime) -> int:
    """Close waves whose last day has come."""
    with writing() as session:
        return waves.close_due(session, now=now)


def work_on_uploads(house: Services, now: datetime) -> int:
    """Look at and write the files that no worker has taken, and forget those that nobody applied."""
    with reading() as session:
        lost = uploads.lost_uploads(session, system_now=system_now())
        left = batches.lost_batches(session, before=system_now() - uploads.LEASE)
        kept_from = system_now() - uploads.KEPT
        has_old = uploads.has_old(session, now=now) or batches.has_stale(session, before=kept_from)
    if has_old:
        with writing() as session:
            uploads.forget_old(session, now=now)
            batches.forget_stale(session, before=kept_from)
    return _each("uploads", left, finish_lost_batch) + _each("uploads", lost, work_on_any)


def _each(sweep: str, ids: Sequence[int], work: Callable[[int], None]) -> int:
    """Work on each; one that fails is logged, tried again by the next pass, and stops no other one.

    Returns how many did not fail.
    """
    done = 0
    for one in ids:
        try:
            work(one)
            done += 1
        except Exception:
            log.exception("one of a sweep failed", extra={"facts": {"sweep": sweep, "id": one}})
    return done


SWEEPS = (
    Sweep("gap", "first of all: nothing may be sent before a gap was noticed", hold_gap),
    Sweep("leases", "what a dead sender held is free before new work is looked for", expire_leases),
    Sweep("calendar", "holidays are known before a wave is planned around them", keep_calendar),
    Sweep("prepare", "a wave's ledger stands before its touches can fall due", prepare_waves),
    Sweep("renewals", "whoever is asked by an event is asked like everybody: by a touch", ask_renewals),
    Sweep("touches", "what is due goes out before its wave may close", release_touches),
    Sweep("calls", "after the touches: who took over a stopped address leaves the call list", end_calls),
    Sweep("letters", "a letter that was stopped in the middle goes on where it was", send_letters),
    Sweep("overdue", "before the window is judged: it only writes mails", tell_overdue),
    Sweep("confirmations", "before the window is judged: it only writes mails", remind_managers),
    Sweep("papers", "after the letters, which ask for them", look_for_papers),
    Sweep("stale", "after the touches, so that a window is judged once a pass", replan_stale),
    Sweep("alarms", "after all that moves mails, so that only what stays stuck is told", look_for_alarms),
    Sweep("close", "late: an answer or a touch of the last minute still counts", close_waves),
    Sweep("durations", "late: nothing but a line of text hangs on it", measure_durations),
    Sweep("visits", "late: what is a month old is in no hurry", forget_visits),
    Sweep("returns", "late: what came back months ago is in no hurry", forget_returned),
    Sweep("tallies", "late: pages read what is folded and what is not alike", fold_tallies),
    Sweep("policies", "late: nobody waits for it but whoever looks at its bar", work_on_policies),
    Sweep("analyses", "late: the last result is shown until the next one stands", work_on_analyses),
    Sweep("rehearsals", "late: nothing waits for them but whoever looks", work_on_rehearsals),
    Sweep("duplicates", "late: a worker does it, and nobody waits for it", look_for_duplicates),
    Sweep("uploads", "last: a long import shall keep no mail and no wave waiting", work_on_uploads),
)


def sweep_once(house: Services, now: datetime) -> dict[str, int]:
    """Run every sweep once, in order; a sweep that fails is logged and does not stop the others."""
    counts = {}
    for sweep in SWEEPS:
        try:
            counts[sweep.name] = sweep.run(house, now)
        except Exception:
            log.exception("a sweep failed", extra={"facts": {"sweep": sweep.name}})
            counts[sweep.name] = 0
    return counts


def play(house: Services, settle: Callable[[Clock], bool]) -> dict[str, int]:
    """Bring the program up to now; where the clock may jump, what fell due is played in order.

    `settle` is asked before each instant whether all mails due by then are out; if not, the rest waits.
    """
    total = Counter(leases=expire_leases(house, house.clock.now()))
    before: datetime | None = None
    while house.clock.replays and (instant := _next_instant()) and instant < house.clock.now():
        if not settle(SetClock(instant)):
            return total
        if instant == before:
            break  # something cannot be moved on; the last sweep below gives it its chance
        total.update(sweep_once(house, instant))
        before = instant
    settle(house.clock)
    total.update(sweep_once(house, house.clock.now()))
    settle(house.clock)
    return total


def tick(app: Flask) -> tuple[dict[str, int], Unavailable | None]:
    """One pass by hand: every sweep once, and sending until nothing is due. Safe beside running processes.

    Returns the counts, and the relay's trouble if it does not answer.
    """
    house: Services = app.extensions[EXTENSION]
    lane = new_lane(house)
    trouble: list[Unavailable] = []
    with app.app_context(), kept(app, [lane]):
        counts = play(house, lambda clock: not trouble and _drain(house, lane, clock, trouble))
    lane.relay.close()
    return counts | {field.name: getattr(lane.counts, field.name) for field in fields(lane.counts)}, next(
        iter(trouble), None
    )


def run_schedule(house: Services, stop: threading.Event) -> None:
    """The schedule process: a pass a second until `stop` is set."""
    while not stop.is_set():
        try:
            play(house, lambda clock: not _mail_is_due(clock.now()))
        except Exception:
            log.exception("a pass failed")
        stop.wait(PASS_SECONDS)


def _drain(house: Services, lane: Lane, clock: Clock, trouble: list[Unavailable]) -> bool:
    lane.clock = clock
    until = time.monotonic() + OTHERS_SECONDS
    try:
        while True:
            lane.drain()
            # What is left is in the hands of another sender: it finishes, or its lease runs out.
            if not _mail_is_due(clock.now()) or time.monotonic() > until:
                return True
            time.sleep(OTHERS_PAUSE)
            expire_leases(house, clock.now())
    except Unavailable as error:
        trouble.append(error)
        return False


def _next_instant() -> datetime | None:
    with reading() as session:
        preparing = session.scalar(select(Wave.id).where(Wave.state == WaveState.PREPARING).limit(1))
        closing = session.scalar(select(func.min(Wave.closes_at)).where(Wave.state == WaveState.OPEN))
        if preparing is not None:
            return session.scalar(select(func.min(Wave.day_zero)).where(Wave.state == WaveState.PREPARING))
        # What fell due before the last pass is no news; without one, nothing is.
        last = session.scalar(select(Heartbeat.program_at).where(Heartbeat.name == "schedule"))
        overdue = case_alerts.next_overdue(session, since=last) if last else None
        found = (touches.next_due(session), closing, overdue, next_reminder(session))
    return min((instant for instant in found if instant is not None), default=None)


def _mail_is_due(now: datetime) -> bool:
    soon = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN)
    with reading() as session:
        due = select(Message.id).outerjoin(Wave, Wave.id == Message.wave_id)
        fresh = or_(Message.stale_at.is_(None), Message.stale_at > system_now())
        waiting = due.where(Message.state.in_(soon), Message.due_at <= now, Wave.paused_at.is_(None), fresh)
        waiting = waiting.where(Message.awaits_paper == false())
        return session.scalar(waiting.limit(1)) is not None
