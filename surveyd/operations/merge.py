"""Merging: one contact goes on as another one, or one account as another one, with all of its history.

The row of the one that goes stays, seen by nobody: the company's lists may name it for years, and what they
say of it reaches the one who stays. Whatever holds for either (an opt-out, "do not phone", a complaint)
holds for the one who stays.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.changes import ACCOUNTS as ACCOUNT_ROWS
from surveyd.base.changes import CONTACTS as CONTACT_ROWS
from surveyd.base.changes import count_change
from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.barred_numbers import stop_calls_to
from surveyd.distribution.invitations import hold
from surveyd.distribution.models import Invitation, Suppression
from surveyd.distribution.opt_outs import opt_out_of
from surveyd.distribution.return_models import ProgramOptOut
from surveyd.distribution.stop_lists import OF_THE_PERSON
from surveyd.distribution.suppressions import opt_out, suppress
from surveyd.operations.merge_history import (
    ACCOUNTS,
    CONTACTS,
    Pair,
    adopt_children,
    changed,
    count_waves,
    move_history,
)
from surveyd.operations.merge_waves import move_waves
from surveyd.operations.side_by_side import (
    MODELS,
    Thing,
    both,
    fields_of,
    give,
    plain,
    typed,
    value_of,
)
from surveyd.people import batches
from surveyd.people.access import SYSTEM
from surveyd.people.audit import record
from surveyd.people.duplicate_lists import follow_pairs
from surveyd.people.duplicate_models import Merge, SameKind
from surveyd.people.models import Account, Contact

WAIT = "A list is being imported at this moment; merge them once it is done."


def merge(
    session: Session,
    kind: SameKind,
    *,
    kept_id: int,
    gone_id: int,
    take: Sequence[str] | None = None,
    by: int | None,
    now: datetime,
) -> Merge:
    """Have `gone_id` go on as `kept_id`; a second time, or by two people at once, it is done once.

    `take` names the fields that the one who stays takes from the one who goes; None leaves it to
    `side_by_side`. Raises NotFound, and Refused while a list is imported and where either of them went on as
    somebody else.
    """
    if kept_id == gone_id:
        raise Refused("That is one and the same; choose two.")
    if batches.is_writing(session):
        raise Refused(WAIT)
    pair = Pair(kept_id, gone_id)
    done = _take_hold(session, kind, pair)
    if done is not None:
        return done
    chosen = _choose(session, kind, pair, take)
    own, taken = _exchange(session, kind, pair, chosen, now=now)
    moved = _move(session, kind, pair, now=now)
    follow_pairs(session, kind, gone_id=gone_id, kept_id=kept_id)
    row = Merge(
        kind=kind, gone_id=gone_id, kept_id=kept_id, own=own, taken=taken, moved=moved, by_id=by, at=now
    )
    session.add(row)
    session.flush()
    facts = {"into": kept_id, "rows": sum(moved.values()), "fields": len(taken)}
    record(session, action="merge", thing=kind.value, thing_id=gone_id, by=by, now=now, facts=facts)
    _count(session, kind, pair)
    return row


def find_merge(session: Session, kind: SameKind, ids: tuple[int, int]) -> Merge | None:
    """The merge of these two, whichever of them went; None while they are two."""
    which = (Merge.kind == kind, Merge.gone_id.in_(ids), Merge.kept_id.in_(ids))
    return session.scalars(select(Merge).where(*which)).one_or_none()


def _take_hold(session: Session, kind: SameKind, pair: Pair) -> Merge | None:
    """Lock both rows and mark the one that goes; an earlier merge of the same two is returned."""
    ids = (pair.kept, pair.gone)
    if kind is SameKind.CONTACT:
        hold(session, Invitation.contact_id.in_(ids))
    model = MODELS[kind]
    locked = select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update()
    there = {row.id for row in session.execute(locked.with_only_columns(model.id))}
    for key in ids:
        if key not in there:
            raise NotFound(kind.value, key)
    session.expire_all()
    kept, gone = (_row(session, kind, key) for key in ids)
    if gone.merged_into_id == pair.kept:
        which = (Merge.kind == kind, Merge.gone_id == pair.gone)
        return session.scalars(select(Merge).where(*which)).one()
    if kept.merged_into_id is not None or gone.merged_into_id is not None:
        raise Refused("One of them was merged already; look at the list again.")
    return None


def _choose(session: Session, kind: SameKind, pair: Pair, take: Sequence[str] | None) -> list[str]:
    """The fields to take over that differ at all. Raises Refused for one that is none."""
    fields = fields_of(*both(session, kind, (pair.kept, pair.gone), scope=SYSTEM))
    if take is None:
        return [field.name for field in fields if field.differs and field.prefers]
    unknown = set(take) - {field.name for field in fields}
    if unknown:
        names = ", ".join(field.name for field in fields)
        raise Refused(f"There is no field {sorted(unknown)[0]!r}; take some of {names}.")
    return [field.name for field in fields if field.differs and field.name in take]


def _exchange(
    session: Session, kind: SameKind, pair: Pair, chosen: Sequence[str], *, now: datetime
) -> tuple[dict[str, object], dict[str, object]]:
    """Write the chosen fields and let the one go; what stood there before, and what stands there since."""
    model = MODELS[kind]
    kept, gone = (_row(session, kind, key) for key in (pair.kept, pair.gone))
    own = {name: plain(value_of(kept, name)) for name in chosen}
    for name in chosen:
        give(kept, name, value_of(gone, name))
    taken = {name: plain(value_of(kept, name)) for name in chosen}
    _give_back(session, kind, gone, pair)
    kept.updated_at = now
    gone.merged_into_id = kept.id
    if isinstance(gone, Contact):
        gone.active = False
    session.flush()
    changed(session, update(model).where(model.merged_into_id == gone.id).values(merged_into_id=kept.id))
    return own, taken


def _row(session: Session, kind: SameKind, key: int) -> Thing:
    return session.get_one(Contact, key) if kind is SameKind.CONTACT else session.get_one(Account, key)


def _give_back(session: Session, kind: SameKind, gone: Thing, pair: Pair) -> None:
    """Have the row that goes say what the lists say of it, where it took something in a merge itself."""
    earlier = select(Merge).where(Merge.kind == kind, Merge.kept_id == gone.id).order_by(Merge.id.desc())
    for one in session.scalars(earlier).all():
        for name, value in one.own.items():
            if plain(value_of(gone, name)) == one.taken.get(name):
                give(gone, name, typed(name, value))
        one.kept_id, one.own = pair.kept, {}


def _move(session: Session, kind: SameKind, pair: Pair, *, now: datetime) -> dict[str, int]:
    if kind is SameKind.ACCOUNT:
        children = adopt_children(session, pair)
        moved = move_history(session, ACCOUNTS, pair)
        session.expire_all()
        return moved | ({"accounts": children} if children else {})
    moved = move_waves(session, pair, now=now) | move_history(session, CONTACTS, pair)
    session.expire_all()
    _keep_wishes(session, pair, now=now)
    return moved


def _keep_wishes(session: Session, pair: Pair, *, now: datetime) -> None:
    """What either of them asked of us holds for the one who stays, and stops what is queued."""
    kept, gone = session.get_one(Contact, pair.kept), session.get_one(Contact, pair.gone)
    stopped = [at for at in (kept.opted_out_at, gone.opted_out_at) if at is not None]
    if stopped:
        opt_out(session, pair.kept, now=now)
        changed(session, update(Contact).where(Contact.id == pair.kept).values(opted_out_at=min(stopped)))
    programs = select(ProgramOptOut.program_id).where(ProgramOptOut.contact_id == pair.kept)
    for program_id in session.scalars(programs.order_by(ProgramOptOut.program_id)).all():
        opt_out_of(session, pair.kept, program_id, now=now)
    if kept.do_not_phone or gone.do_not_phone:
        stop_calls_to(session, pair.kept, now=now)
    addresses = {kept.email.lower(), gone.email.lower()} - {""}
    complained = select(Suppression).where(
        Suppression.address.in_(addresses), Suppression.reason.in_(OF_THE_PERSON)
    )
    for one in session.scalars(complained.order_by(Suppression.address)).all():
        for address in sorted(addresses - {one.address}):
            suppress(session, address, reason=one.reason, now=now, detail=one.detail)
    session.expire_all()


def _count(session: Session, kind: SameKind, pair: Pair) -> None:
    """Say last that what is kept of all this is stale."""
    if kind is SameKind.ACCOUNT:
        count_waves(session, "account_id", (pair.kept,))
        count_change(session, ACCOUNT_ROWS)
    else:
        count_waves(session, "contact_id", (pair.kept, pair.gone))
    count_change(session, CONTACT_ROWS)
