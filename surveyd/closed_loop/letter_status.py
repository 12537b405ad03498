"""Where a letter stands: its state, what it says, whom it reaches, how far it is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.closed_loop.letter_reach import Progress, Reach, progress_of, reach_of
from surveyd.closed_loop.letter_texts import Content
from surveyd.closed_loop.letters import content_now
from surveyd.closed_loop.models import Letter, LetterState
from surveyd.distribution.models import OWED, Wave
from surveyd.people.models import User

WORDS = {
    LetterState.DRAFT: "a draft",
    LetterState.APPROVED: "approved",
    LetterState.SENDING: "on its way",
    LetterState.SENT: "sent",
}


@dataclass(frozen=True, slots=True)
class WaitingLetter:
    """A draft that an executive has still to approve."""

    wave_id: int
    wave: str


def letters_to_approve(session: Session) -> list[WaitingLetter]:
    """The drafts of all waves, the oldest wave first."""
    drafts = select(Letter.wave_id, Wave.slug).join(Wave, Wave.id == Letter.wave_id)
    found = session.execute(drafts.where(Letter.state == LetterState.DRAFT).order_by(Wave.id))
    return [WaitingLetter(wave_id, slug) for wave_id, slug in found]


@dataclass(frozen=True, slots=True)
class LetterStatus:
    """A letter as it stands. `digest` names what it says now; `approved_by` is empty before an approval."""

    letter_id: int
    wave_id: int
    state: LetterState
    content: Content
    digest: str
    approved_at: datetime | None
    approved_by: str
    begun_at: datetime | None
    sent_at: datetime | None
    to_silent: bool
    reach: Reach
    progress: Progress

    @property
    def is_draft(self) -> bool:
        return self.state is LetterState.DRAFT

    @property
    def is_on_its_way(self) -> bool:
        """Whether letters are still to go out: they are written, or wait for their window or their PDF."""
        waiting = sum(self.progress.states.get(state.value, 0) for state in OWED)
        return self.state is LetterState.SENDING or (self.state is LetterState.SENT and waiting > 0)

    @property
    def may_change(self) -> bool:
        """Whether its words may still be changed."""
        return self.state in (LetterState.DRAFT, LetterState.APPROVED)

    @property
    def action_ids(self) -> list[int]:
        """The actions that it tells of, in their order."""
        return [point.action_id for point in self.content.points]


def status_of(session: Session, letter: Letter) -> LetterStatus:
    """The letter as it stands."""
    content = content_now(session, letter)
    by = session.execute(select(User.name, User.email).where(User.id == letter.approved_by_id)).one_or_none()
    approved = letter.state is not LetterState.DRAFT and by is not None
    return LetterStatus(
        letter_id=letter.id,
        wave_id=letter.wave_id,
        state=letter.state,
        content=content,
        digest=content.digest,
        approved_at=letter.approved_at if approved else None,
        approved_by=(by.name or by.email) if approved and by is not None else "",
        begun_at=letter.begun_at,
        sent_at=letter.sent_at,
        to_silent=letter.to_silent,
        reach=reach_of(session, letter.wave_id),
        progress=progress_of(session, letter.wave_id),
    )
