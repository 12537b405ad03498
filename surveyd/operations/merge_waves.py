"""A person whom one wave knows as two contacts: one of them goes on, and nobody is asked twice.

Who was asked once is asked as the one who stays. Who was asked twice keeps both invitations; one ends, and
its link leads to the other.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from surveyd.base.database import insert_new
from surveyd.distribution.invitations import PENDING_TOUCH, end_asking
from surveyd.distribution.merge_models import MergedInvitation
from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    Touch,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.distribution.wish_models import Wish
from surveyd.operations.merge_history import Pair, changed
from surveyd.responses.models import Draft, Response

MERGED = "merged"
"""Why what was planned for the invitation that ended is cancelled."""
RUNNING = (WaveState.PREPARING, WaveState.OPEN)
RANK: Mapping[InvitationState, int] = {
    InvitationState.ANSWERED: 3,
    InvitationState.OPTED_OUT: 2,
    InvitationState.DECLINED: 2,
    InvitationState.WAITING: 1,
}
"""What the person themselves has said counts for more than what is still to come."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a wave has the two: the invitation of each, and whether it left them out."""

    kept: Invitation | None = None
    gone: Invitation | None = None
    kept_is_out: bool = False
    gone_is_out: bool = False

    @property
    def only_gone_is_out(self) -> bool:
        """Whether the wave left out the one who goes and has no place for the other."""
        return self.gone_is_out and not (self.gone or self.kept or self.kept_is_out)


def move_waves(session: Session, pair: Pair, *, now: datetime) -> dict[str, int]:
    """Have the one who stays stand where either stood, in each wave; how many rows went along, by table."""
    places = _places(session, pair)
    alone = {wave: one.gone for wave, one in places.items() if one.gone and not one.kept}
    swapped = [wave for wave in alone if places[wave].kept_is_out]
    out = [wave for wave, one in places.items() if one.only_gone_is_out]
    _hand_over(session, swapped, of=pair.kept, to=pair.gone)
    ids = [invitation.id for invitation in alone.values()]
    invitations = update(Invitation).where(Invitation.id.in_(ids)).values(contact_id=pair.kept)
    responses = update(Response).where(Response.invitation_id.in_(ids)).values(contact_id=pair.kept)
    moved = {
        "exclusions": _hand_over(session, out, of=pair.gone, to=pair.kept),
        "invitations": changed(session, invitations),
        "responses": changed(session, responses),
    }
    for wave_id in _running(session, [wave for wave, one in places.items() if one.kept and one.gone]):
        go_on_with_one(session, places[wave_id].kept, places[wave_id].gone, now=now)
    return {table: count for table, count in moved.items() if count}


def go_on_with_one(
    session: Session, kept: Invitation | None, gone: Invitation | None, *, now: datetime
) -> None:
    """Of two invitations of one person in one running wave, end one and have its link lead to the other.

    Where one of them has answered, or wants no more, that one is the other; else `kept` goes on with what
    was begun and wished at either.
    """
    if kept is None or gone is None:
        return
    first, second = (kept, gone) if _rank(kept) >= _rank(gone) else (gone, kept)
    if second.state is InvitationState.ANSWERED:
        return
    if first.state is InvitationState.WAITING:
        _bring_along(session, second.id, first.id)
    only = Invitation.id == second.id
    end_asking(session, only, state=InvitationState.CANCELLED, reason=MERGED, now=now)
    row = {"invitation_id": second.id, "goes_on_id": first.id, "at": now}
    insert_new(session, MergedInvitation, [row], unique=["invitation_id"])


def has_late(session: Session) -> bool:
    """Whether `settle_late` has anything to do."""
    return session.execute(_late().limit(1)).one_or_none() is not None


def settle_late(session: Session, *, now: datetime) -> int:
    """End what still waits although its person answered at the invitation that a merge had ended.

    Who had sent the last page at the moment of the merge was heard all the same. Returns how many.
    """
    late = session.execute(_late()).all()
    for answered_id, waiting_id in late:
        only = Invitation.id == waiting_id
        session.execute(delete(MergedInvitation).where(MergedInvitation.invitation_id == answered_id))
        end_asking(session, only, state=InvitationState.CANCELLED, reason=MERGED, now=now)
        row = {"invitation_id": waiting_id, "goes_on_id": answered_id, "at": now}
        insert_new(session, MergedInvitation, [row], unique=["invitation_id"])
    return len(late)


def _late() -> Select[int, int]:
    ended, other = aliased(Invitation), aliased(Invitation)
    return (
        select(ended.id, other.id)
        .select_from(MergedInvitation)
        .join(ended, ended.id == MergedInvitation.invitation_id)
        .join(other, other.id == MergedInvitation.goes_on_id)
        .where(ended.state == InvitationState.ANSWERED, other.state == InvitationState.WAITING)
    )


def _rank(invitation: Invitation) -> int:
    return RANK.get(invitation.state, 0)


def _places(session: Session, pair: Pair) -> dict[int, _Places]:
    """Where each wave has the two, by the wave's id."""
    both = (pair.kept, pair.gone)
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    asked = (
        select(Invitation).where(Invitation.contact_id.in_(both)).execution_options(populate_existing=True)
    )
    for invitation in session.scalars(asked):
        found[invitation.wave_id]["kept" if invitation.contact_id == pair.kept else "gone"] = invitation
    for exclusion in session.scalars(select(Exclusion).where(Exclusion.contact_id.in_(both))):
        found[exclusion.wave_id]["kept_is_out" if exclusion.contact_id == pair.kept else "gone_is_out"] = True
    return {wave_id: _Places(**facts) for wave_id, facts in found.items()}


def _hand_over(session: Session, waves: list[int], *, of: int, to: int) -> int:
    theirs = (Exclusion.wave_id.in_(waves), Exclusion.contact_id == of)
    return changed(session, update(Exclusion).where(*theirs).values(contact_id=to))


def _running(session: Session, waves: list[int]) -> list[int]:
    which = (Wave.id.in_(waves), Wave.state.in_(RUNNING), Wave.kind == WaveKind.PROGRAM)
    return list(session.scalars(select(Wave.id).where(*which).order_by(Wave.id)))


def _bring_along(session: Session, ended: int, goes_on: int) -> None:
    """Give the invitation that goes on what was begun and wished at the other, unless it has its own."""
    if session.get(Draft, goes_on) is None:
        drafts = update(Draft).where(Draft.invitation_id == ended).values(invitation_id=goes_on)
        if changed(session, drafts):
            _started(session, ended, goes_on)
    if session.get(Wish, goes_on) is None:
        changed(session, update(Wish).where(Wish.invitation_id == ended).values(invitation_id=goes_on))
    other = aliased(Touch)
    has_step = exists(select(other.id).where(other.invitation_id == goes_on, other.step == Touch.step))
    wished = (Touch.step.startswith("wished"), Touch.state.in_(PENDING_TOUCH), ~has_step)
    of_ended = update(Touch).where(Touch.invitation_id == ended, *wished)
    changed(session, of_ended.values(invitation_id=goes_on))


def _started(session: Session, ended: int, goes_on: int) -> None:
    at = select(Invitation.started_at).where(Invitation.id == ended).scalar_subquery()
    begun = update(Invitation).where(Invitation.id == goes_on, Invitation.started_at.is_(None))
    changed(session, begun.values(started_at=at))
