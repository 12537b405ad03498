"""Analyses: a question is a row before it is worked out, and its result stays until it is worked out anew.

Whoever has one in hand holds a lease in system time and renews it as it tells how far it is; a lease that ran
out means that its worker is gone, and the next begins anew. The numbers are the same whoever works them out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps
from typing import Any

from sqlalchemy import ColumnElement, Update, delete, func, or_, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.people.access import Reach, Scope
from surveyd.people.audit import record
from surveyd.results.analysis_models import Analysis, AnalysisKind, AnalysisState
from surveyd.results.proposals import changed

LEASE = timedelta(minutes=2)
KEPT = timedelta(days=90)
"""How long a result is kept after somebody asked for it last."""
ATTEMPTS_AT_MOST = 3
FREE = {"lease_by": None, "lease_until": None}
GAVE_UP = f"the worker stopped {ATTEMPTS_AT_MOST} times while working it out"
RULES = "2"
"""Counted up when the same answers give other numbers than before, so that old results are not shown."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which analysis, of which slice (as in the address), seen by whom, under which policy."""

    kind: AnalysisKind
    slice: tuple[tuple[str, str], ...]
    scope: Scope
    policy: str

    @property
    def digest(self) -> str:
        """What the question is known by."""
        return sha256(dumps([RULES, self.as_json()], sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The question as plain JSON; only what narrows is kept of who asks."""
        own = self.scope.user_id if self.scope.reach is Reach.OWN_ACCOUNTS else None
        seen = asdict(self.scope) | {"user_id": own}
        return {"kind": self.kind.value, "slice": [*self.slice], "scope": seen, "policy": self.policy}


def question_of(data: Mapping[str, Any]) -> Question:
    """Read a question back from its JSON."""
    seen = data["scope"]
    return Question(
        AnalysisKind(data["kind"]),
        tuple((str(name), str(value)) for name, value in data["slice"]),
        Scope(Reach(seen["reach"]), seen["user_id"], seen["region"]),
        str(data["policy"]),
    )


@dataclass(frozen=True, slots=True)
class AnalysisLine:
    """What a page says about an analysis; `result` is None until it was worked out for the first time."""

    id: int
    state: AnalysisState
    revision: str
    result: dict[str, Any] | None
    done: int
    total: int
    reason: str
    asked_at: datetime
    worked_out_at: datetime | None
    scored_to: int

    @property
    def is_wanted(self) -> bool:
        """Whether it waits for a worker, or is in one's hands."""
        return self.state is AnalysisState.WANTED


@dataclass(frozen=True, slots=True)
class Taken:
    """An analysis in a worker's hands."""

    id: int
    question: Question


def find(session: Session, question: Question) -> AnalysisLine | None:
    """The analysis of a question, None when nobody has asked it yet."""
    columns = [getattr(Analysis, name) for name in AnalysisLine.__slots__]
    row = session.execute(select(*columns).where(Analysis.digest == question.digest)).one_or_none()
    return None if row is None else AnalysisLine(*row)


def want(session: Session, question: Question, *, by: int | None, now: datetime) -> int:
    """Ask a question, again when it was answered or failed; returns its id. Asking twice is asking once."""
    digest = question.digest
    fresh = {"state": AnalysisState.WANTED, "reason": "", "attempts": 0, "done": 0, "total": 0}
    asked = fresh | {"asked_at": now, "asked_by_id": by}
    row = {"digest": digest, "kind": question.kind, "question": question.as_json(), "revision": ""}
    insert_new(session, Analysis, [row | asked], unique=["digest"])
    again = update(Analysis).where(Analysis.digest == digest, Analysis.state != AnalysisState.WANTED)
    changed(session, again.values(**asked, **FREE))
    found = session.scalars(select(Analysis.id).where(Analysis.digest == digest)).one()
    if by is not None:
        facts = {"kind": question.kind.value}
        record(session, action="ask", thing="analysis", thing_id=found, by=by, now=now, facts=facts)
    return found


def take(session: Session, analysis_id: int, *, by: str, system_now: datetime) -> Taken | None:
    """Take one in hand; None when somebody else has it, nobody wants it, or it was begun too often."""
    mine = update(Analysis).where(
        Analysis.id == analysis_id, *_free(system_now), Analysis.attempts < ATTEMPTS_AT_MOST
    )
    values = {"lease_by": by, "lease_until": system_now + LEASE, "attempts": Analysis.attempts + 1}
    if not changed(session, mine.values(**values, done=0, total=0)):
        return None
    question = session.scalars(select(Analysis.question).where(Analysis.id == analysis_id)).one()
    return Taken(analysis_id, question_of(question))


def tell(session: Session, analysis_id: int, *, by: str, done: int, total: int, system_now: datetime) -> bool:
    """Note how far it is and keep it in hand; False when it is somebody else's by now."""
    values = {"done": done, "total": total, "lease_until": system_now + LEASE}
    return bool(changed(session, _mine(analysis_id, by).values(**values)))


def finish(
    session: Session,
    analysis_id: int,
    *,
    by: str,
    result: dict[str, Any],
    revision: str,
    scored_to: int = 0,
    now: datetime,
) -> bool:
    """Keep a result; False when it is somebody else's by now, whose result will be the same.

    `scored_to` was the highest id of all scores when its answers were read: newer ones have higher ids.
    """
    values = {
        "state": AnalysisState.DONE,
        "result": result,
        "revision": revision,
        "scored_to": scored_to,
        "worked_out_at": now,
        **FREE,
    }
    return bool(changed(session, _mine(analysis_id, by).values(**values, reason="")))


def fail(session: Session, analysis_id: int, *, by: str, reason: str) -> bool:
    """Write why it could not be worked out; the last result stays."""
    values = {"state": AnalysisState.FAILED, "reason": reason[:300], **FREE}
    return bool(changed(session, _mine(analysis_id, by).values(**values)))


def give_up(session: Session, *, system_now: datetime) -> int:
    """End those whose workers stopped again and again in the middle; returns how many."""
    dying = update(Analysis).where(*_free(system_now), Analysis.attempts >= ATTEMPTS_AT_MOST)
    return changed(session, dying.values(state=AnalysisState.FAILED, reason=GAVE_UP, **FREE))


def has_dying(session: Session, *, system_now: datetime) -> bool:
    """Whether there is one to give up."""
    dying = select(Analysis.id).where(*_free(system_now), Analysis.attempts >= ATTEMPTS_AT_MOST)
    return session.scalar(dying.limit(1)) is not None


def waiting(session: Session, *, system_now: datetime) -> list[int]:
    """Those that are wanted and in nobody's hands, the first asked first."""
    free = select(Analysis.id).where(*_free(system_now), Analysis.attempts < ATTEMPTS_AT_MOST)
    return list(session.scalars(free.order_by(Analysis.id)))


def has_old(session: Session, *, now: datetime) -> bool:
    """Whether there is one that nobody has asked for in a long time."""
    return session.scalar(select(func.min(Analysis.asked_at) < now - KEPT)) or False


def forget_old(session: Session, *, now: datetime) -> None:
    """Forget what nobody has asked for in a long time."""
    old = delete(Analysis).where(Analysis.asked_at < now - KEPT)
    session.execute(old, execution_options={"synchronize_session": False})


def _free(system_now: datetime) -> tuple[ColumnElement[bool], ...]:
    nobody = or_(Analysis.lease_until.is_(None), Analysis.lease_until < system_now)
    return Analysis.state == AnalysisState.WANTED, nobody


def _mine(analysis_id: int, by: str) -> Update:
    return update(Analysis).where(Analysis.id == analysis_id, Analysis.lease_by == by)
