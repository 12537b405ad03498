"""The job that works analyses out: what is wanted stands in their table; the bell only says "look now"."""

import logging
import secrets
import time
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.services import Services, services
from surveyd.results import analyses, drivers, tones
from surveyd.results.analyses import LEASE, AnalysisLine, Question, Taken
from surveyd.results.analysis_models import AnalysisKind
from surveyd.results.models import Score
from surveyd.results.policies import current
from surveyd.results.slices import Slice
from surveyd.results.wholes import WaveName, waves_of
from surveyd.scoring.bootstrap import Progress

log = logging.getLogger("surveyd.results")

WORK_OUT = "surveyd.results.analysis_jobs.work_out"
TELL_SECONDS = 1.0
EVERY = 30 * LEASE
"""How old the analysis of the latest wave may be before newer answers have it worked out anew: an hour."""
POLICY_CHANGED = "the scoring policy has changed meanwhile; ask again"
WAVE_GONE = "a wave of this slice is gone"


class Overtaken(Exception):
    """Somebody else has the analysis in hand by now."""


def ring_for_analysis(house: Services, analysis_id: int) -> bool:
    """Ask a worker to work one out; returns whether the queue took it.

    The minute stands in the job's name: the bell of a worker that died in the middle is dumb for no longer.
    """
    return house.bell.ring(WORK_OUT, analysis_id, int(system_now().timestamp() // 60))


def work_out(analysis_id: int, rung_at: int = 0) -> bool:
    """Work one analysis out and keep it; returns whether it was done here. May run twice and be killed."""
    by = f"analyst-{secrets.token_hex(8)}"
    with writing() as session:
        taken = analyses.take(session, analysis_id, by=by, system_now=system_now())
    if taken is None:
        return False
    return _work(taken, by)


def _work(taken: Taken, by: str) -> bool:
    with reading() as session:
        scored_to = session.scalar(select(func.max(Score.id))) or 0
        try:
            asked = _ask_again(session, taken.question)
        except NotFound:
            asked = None
        line = analyses.find(session, taken.question)
    if asked is None or asked.question.policy != taken.question.policy:
        return _fail(taken.id, by, WAVE_GONE if asked is None else POLICY_CHANGED)
    try:
        result = _same(asked, line) or _result(asked, _teller(taken.id, by))
    except Overtaken:
        return False
    with writing() as session:
        return analyses.finish(
            session,
            taken.id,
            by=by,
            result=result,
            revision=asked.revision,
            scored_to=scored_to,
            now=services().clock.now(),
        )


def _ask_again(session: Session, question: Question) -> drivers.Asked | tones.AskedTone:
    """What a question asks, by its kind. Raises NotFound for a wave that went."""
    if question.kind is AnalysisKind.TONE:
        return tones.ask_again(session, question)
    return drivers.ask_again(session, question)


def _same(asked: drivers.Asked | tones.AskedTone, line: AnalysisLine | None) -> dict[str, object] | None:
    """What stands already, where the same comments would only teach the same."""
    is_same = isinstance(asked, tones.AskedTone) and line is not None and line.revision == asked.revision
    return line.result if line is not None and is_same else None


def _result(asked: drivers.Asked | tones.AskedTone, progress: Progress) -> dict[str, object]:
    """The answer to what is asked, as it is kept."""
    if isinstance(asked, tones.AskedTone):
        return tones.kept(tones.learn_all(asked.parts, progress=progress))
    kind = asked.question.kind
    return drivers.kept(drivers.work_out(kind, asked.answers, policy=asked.policy, progress=progress))


def _fail(analysis_id: int, by: str, reason: str) -> bool:
    with writing() as session:
        analyses.fail(session, analysis_id, by=by, reason=reason)
    return False


def _teller(analysis_id: int, by: str) -> Progress:
    """What writes down how far it is, about once a second, and stops who was overtaken."""
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < TELL_SECONDS:
            return
        last = time.monotonic()
        with writing() as session:
            mine = analyses.tell(session, analysis_id, by=by, done=done, total=total, system_now=system_now())
        if not mine:
            raise Overtaken

    return tell


def work_on_analyses(house: Services, now: datetime) -> int:
    """Have a worker see to what is wanted, and forget what is old.

    Without a queue it is worked out here, one a pass: the sweeps behind this one shall have their turn.
    """
    with reading() as session:
        dying = analyses.has_dying(session, system_now=system_now())
        old = analyses.has_old(session, now=now)
    if dying or old:
        with writing() as session:
            analyses.give_up(session, system_now=system_now())
            analyses.forget_old(session, now=now)
    done = want_latest(now)
    with reading() as session:
        waiting = analyses.waiting(session, system_now=system_now())
    unheard = [one for one in waiting if not ring_for_analysis(house, one)]
    return done + sum(_tried(one) for one in unheard[:1])


def _tried(analysis_id: int) -> bool:
    """Whether one was worked out here; what fails is logged, and its lease keeps it from the next pass."""
    try:
        return work_out(analysis_id)
    except Exception:
        log.exception("an analysis failed", extra={"facts": {"id": analysis_id}})
        return False


def want_latest(now: datetime) -> int:
    """Have the latest wave's analyses worked out, anew when answers came and the last time is an hour ago.

    So the page is there for whoever sees everybody; other slices are worked out when somebody asks.
    """
    with reading() as session:
        stale = _stale(session, now)
    if not stale:
        return 0
    with writing() as session:
        for question in stale:
            analyses.want(session, question, by=None, now=now)
    return len(stale)


def _stale(session: Session, now: datetime) -> list[Question]:
    waves = waves_of(session, Slice())
    if not waves:
        return []
    policy = current(session).version
    questions = drivers.plain_questions([wave.slug for wave in waves], policy=policy)
    return [
        question
        for question in (*questions, tones.question_of_wave(session, waves[-1]))
        if _is_stale(session, question, waves, now)
    ]


def _is_stale(session: Session, question: Question, waves: Sequence[WaveName], now: datetime) -> bool:
    line = analyses.find(session, question)
    scored_to = 0
    if line is not None:
        # What failed pauses as long as what stands.
        last = max(line.asked_at, line.worked_out_at or line.asked_at)
        if line.is_wanted or last > now - EVERY:
            return False
        scored_to = line.scored_to if line.worked_out_at else 0
    return any(last_score(session, wave.id, rule=question.policy) > scored_to for wave in waves)


def last_score(session: Session, wave_id: int, *, rule: str) -> int:
    """The highest score's id of a wave by a rule, from an index; 0 without one."""
    of_wave = select(Score.id).where(Score.wave_id == wave_id, Score.rule_version == rule)
    order = (Score.wave_id.desc(), Score.rule_version.desc(), Score.id.desc())
    return session.scalar(of_wave.order_by(*order).limit(1)) or 0
