"""Papers: each PDF is a row before it is a file, and a mail that carries one waits until it is made.

A mail's own column says that it waits; whoever finishes the paper clears it in the same transaction,
and a sweep clears what another transaction queued at that very moment. While a paper is made anew its
last content stays, and mails that may go keep going with it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, false, func, or_, select, true, update
from sqlalchemy.orm import Session

from surveyd.base.database import Rows, insert_new
from surveyd.base.errors import NotFound
from surveyd.base.mailer import Attachment
from surveyd.distribution.invitations import run
from surveyd.distribution.locks import in_order
from surveyd.distribution.models import Message, MessageState
from surveyd.distribution.paper_models import Paper, PaperKind, PaperState
from surveyd.people.access import Reach, Scope, visible_by_account

LEASE = timedelta(minutes=2)
ATTEMPTS_AT_MOST = 3
"""A paper that a worker died of so often is given up until a person asks again."""
KEYS_AT_ONCE = 500
FREE = {"lease_by": None, "lease_until": None}
COULD_NOT = "its PDF could not be made"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPaper:
    """One PDF to make. The key says which it is; `facts` is plain JSON, complete."""

    dedup_key: str
    kind: PaperKind
    file_name: str
    wave_id: int | None = None
    account_id: int | None = None
    response_id: int | None = None
    language: str = "en"
    facts: dict[str, Any] = field(default_factory=dict)
    asked_by_id: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimedPaper:
    """A paper in a worker's hands, with what says what to draw."""

    id: int
    kind: PaperKind
    wave_id: int | None
    account_id: int | None
    response_id: int | None
    language: str
    facts: dict[str, Any]
    asked_by_id: int | None
    attempts: int


@dataclass(frozen=True, slots=True)
class PaperLine:
    """What a page says about a paper. `size` is in bytes, 0 before it is made for the first time."""

    id: int
    kind: PaperKind
    state: PaperState
    reason: str
    file_name: str
    wave_id: int | None
    response_id: int | None
    asked_at: datetime
    made_at: datetime | None
    size: int

    @property
    def is_wanted(self) -> bool:
        """Whether it waits for a worker, or is in one's hands."""
        return self.state is PaperState.WANTED

    @property
    def has_failed(self) -> bool:
        """Whether a person has to ask once more."""
        return self.state is PaperState.FAILED

    @property
    def is_there(self) -> bool:
        """Whether there is a file to open, the last one while a new one is made."""
        return self.size > 0


def want(session: Session, paper: NewPaper, *, now: datetime) -> int:
    """Ask for a paper; returns its id. A key that is there is that paper, in whatever state it is."""
    return want_all(session, [paper], now=now)[paper.dedup_key]


def want_all(session: Session, papers: Sequence[NewPaper], *, now: datetime) -> dict[str, int]:
    """Ask for many; returns their ids by key."""
    fresh = {"state": PaperState.WANTED, "reason": "", "attempts": 0, "asked_at": now}
    insert_new(session, Paper, [{**asdict(paper), **fresh} for paper in papers], unique=["dedup_key"])
    keys = [paper.dedup_key for paper in papers]
    ids: dict[str, int] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        these = select(Paper.dedup_key, Paper.id).where(
            Paper.dedup_key.in_(keys[start : start + KEYS_AT_ONCE])
        )
        ids |= {row.dedup_key: row.id for row in session.execute(these)}
    return ids


def retry(session: Session, paper_id: int, *, now: datetime) -> bool:
    """Have a failed paper made once more, and its mails wait for it; False when it has not failed."""
    return _again(session, now, Paper.id == paper_id, Paper.state == PaperState.FAILED)


def renew(session: Session, paper_id: int, *, now: datetime) -> bool:
    """Have a paper made anew from today's figures; False when somebody asked for that already."""
    return _again(session, now, Paper.id == paper_id, Paper.state != PaperState.WANTED)


def _again(session: Session, now: datetime, *which: ColumnElement[bool]) -> bool:
    values = {"state": PaperState.WANTED, "reason": "", "attempts": 0, "asked_at": now, **FREE}
    paper_id = session.scalar(select(Paper.id).where(*which))
    if not run(session, update(Paper).where(*which).values(**values)):
        return False
    _tell_mails(session, Message.paper_id == paper_id, reason="")
    return True


def claim(session: Session, by: str, *, system_now: datetime) -> ClaimedPaper | None:
    """Take the next wanted paper that nobody is making, those that somebody looks out for first."""
    free = _is_free(system_now)
    first = (
        select(Paper.id)
        .where(*free, Paper.attempts < ATTEMPTS_AT_MOST)
        .order_by(case((Paper.kind == PaperKind.ACCOUNT, 1), else_=0), Paper.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    paper_id = session.scalar(first)
    mine = update(Paper).where(Paper.id == paper_id, *free)
    values = {"lease_by": by, "lease_until": system_now + LEASE, "attempts": Paper.attempts + 1}
    if paper_id is None or not run(session, mine.values(**values)):
        return None
    columns = [getattr(Paper, name) for name in ClaimedPaper.__slots__]
    return ClaimedPaper(*tuple(session.execute(select(*columns).where(Paper.id == paper_id)).one()))


def finish(session: Session, paper_id: int, *, by: str, content: bytes, now: datetime) -> bool:
    """Keep a claimed paper's PDF and let its mails go; False when the claim had run out."""
    values = {"state": PaperState.MADE, "content": content, "made_at": now, "reason": "", **FREE}
    if not run(session, update(Paper).where(*_mine(paper_id, by)).values(**values)):
        return False
    let_mails_go(session, paper_id)
    return True


def fail(session: Session, paper_id: int, *, by: str, reason: str) -> bool:
    """Write why a claimed paper cannot be made; its mails wait and say so. False when the claim ran out."""
    values = {"state": PaperState.FAILED, "reason": reason[:300], **FREE}
    if not run(session, update(Paper).where(*_mine(paper_id, by)).values(**values)):
        return False
    _tell_mails(session, Message.paper_id == paper_id, reason=f"{COULD_NOT}: {reason}"[:300])
    return True


def give_up(session: Session, *, system_now: datetime) -> int:
    """End papers whose workers stopped again and again in the middle; returns how many."""
    reason = f"the worker stopped {ATTEMPTS_AT_MOST} times while making it"
    dying = and_(*_is_free(system_now), Paper.attempts >= ATTEMPTS_AT_MOST)
    ids = list(session.scalars(select(Paper.id).where(dying)))
    given_up = run(
        session,
        update(Paper).where(Paper.id.in_(ids), dying).values(state=PaperState.FAILED, reason=reason, **FREE),
    )
    _tell_mails(session, Message.paper_id.in_(ids), reason=f"{COULD_NOT}: {reason}")
    return given_up


def let_mails_go(rows: Rows, *paper_ids: int) -> int:
    """Let the mails go that wait for papers that are made: for these, or for all; returns how many."""
    made = select(Paper.id).where(Paper.content.is_not(None), Paper.state == PaperState.MADE)
    if paper_ids:
        made = made.where(Paper.id.in_(paper_ids))
    theirs = (Message.awaits_paper == true(), Message.paper_id.in_(made))
    waiting = update(Message).where(in_order(Message, *theirs), *theirs)
    # What stopped or holds a mail for another reason keeps saying so.
    reason = case((Message.state == MessageState.QUEUED, ""), else_=Message.reason)
    return run(rows, waiting.values(awaits_paper=False, reason=reason))


def forget(session: Session, *, asked_before: datetime) -> None:
    """Delete the PDFs of responses that were asked for before then: they hold what a person said."""
    old = (Paper.kind == PaperKind.RESPONSE, Paper.asked_at < asked_before, Paper.state != PaperState.WANTED)
    session.execute(delete(Paper).where(*old), execution_options={"synchronize_session": False})


def waiting(session: Session, *, asked_before: datetime | None = None, system_now: datetime) -> int:
    """How many papers are wanted and nobody is making them; of those asked for before an instant if given."""
    which = [*_is_free(system_now), *([Paper.asked_at < asked_before] if asked_before else [])]
    return session.execute(select(func.count()).select_from(Paper).where(*which)).scalar_one()


def counts(session: Session) -> dict[str, int]:
    """How many papers are in each state."""
    found = dict.fromkeys((state.value for state in PaperState), 0)
    for state, count in session.execute(select(Paper.state, func.count()).group_by(Paper.state)):
        found[state.value] = count
    return found


def failed_ids(session: Session) -> list[int]:
    """The papers that could not be made and wait for a person."""
    return list(session.scalars(select(Paper.id).where(Paper.state == PaperState.FAILED).order_by(Paper.id)))


def newest(session: Session, *, most: int) -> list[PaperLine]:
    """The last papers that were asked for, the failed ones first."""
    first = case((Paper.state == PaperState.FAILED, 0), else_=1)
    rows = session.execute(select(*_line()).order_by(first, Paper.id.desc()).limit(most))
    return [PaperLine(*tuple(row)) for row in rows]


def find(session: Session, scope: Scope, paper_id: int) -> PaperLine:
    """One paper. Raises NotFound when there is none in `scope`."""
    return _one(session, scope, Paper.id == paper_id, paper_id)


def find_by_key(session: Session, scope: Scope, dedup_key: str) -> PaperLine | None:
    """The paper with this key, or None before anybody in `scope` asked for it."""
    try:
        return _one(session, scope, Paper.dedup_key == dedup_key, dedup_key)
    except NotFound:
        return None


def content_of(session: Session, paper_id: int) -> bytes:
    """A made paper's PDF. Raises NotFound before there is one; whose it is was asked before."""
    content = session.scalar(select(Paper.content).where(Paper.id == paper_id))
    if content is None:
        raise NotFound("paper", paper_id)
    return content


def attachment(session: Session, paper_id: int) -> Attachment:
    """A made paper as it goes with a mail. Raises NotFound before there is one."""
    name = session.scalar(select(Paper.file_name).where(Paper.id == paper_id))
    return Attachment(name or "", "application/pdf", content_of(session, paper_id))


def visible_papers(scope: Scope) -> ColumnElement[bool]:
    """The condition on papers: one's own of responses, those of one's accounts, summaries if one sees all."""
    if scope.reach is Reach.NOTHING:
        return false()
    if scope.sees_all and scope.user_id is None:
        return true()
    return or_(
        and_(Paper.kind == PaperKind.RESPONSE, Paper.asked_by_id == scope.user_id),
        and_(Paper.kind == PaperKind.ACCOUNT, visible_by_account(scope, func.coalesce(Paper.account_id, 0))),
        and_(Paper.kind == PaperKind.SUMMARY, true() if scope.sees_all else false()),
    )


def _one(session: Session, scope: Scope, which: ColumnElement[bool], key: object) -> PaperLine:
    row = session.execute(select(*_line()).where(which, visible_papers(scope))).one_or_none()
    if row is None:
        raise NotFound("paper", key)
    return PaperLine(*tuple(row))


def _line() -> list[ColumnElement[Any]]:
    columns = [getattr(Paper, name) for name in PaperLine.__slots__[:-1]]
    return [*columns, func.coalesce(func.length(Paper.content), 0)]


def _is_free(system_now: datetime) -> tuple[ColumnElement[bool], ...]:
    unclaimed = or_(Paper.lease_until.is_(None), Paper.lease_until < system_now)
    return (Paper.state == PaperState.WANTED, unclaimed)


def _mine(paper_id: int, by: str) -> tuple[ColumnElement[bool], ...]:
    return (Paper.id == paper_id, Paper.lease_by == by, Paper.state == PaperState.WANTED)


def _tell_mails(session: Session, which: ColumnElement[bool], *, reason: str) -> None:
    waiting = (which, Message.awaits_paper == true(), Message.state == MessageState.QUEUED)
    run(session, update(Message).where(in_order(Message, *waiting), *waiting).values(reason=reason))
