"""How many rows the ledger has, without counting them: the same time for a thousand and for a million.

Triggers keep the tallies in the transaction that changes the rows, so what is read here is what a count of
the rows would say at this moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import cast as cast_type

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Row,
    Select,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from surveyd.base.database import dialect_of
from surveyd.base.statements import insert_into, table_of
from surveyd.distribution.call_models import Call
from surveyd.distribution.models import Exclusion, Invitation, Message, MessageState, Touch
from surveyd.distribution.tally_models import KEY, STARTED, TALLY_CHANGES, Tally, TallyKind

TALLIES = table_of(Tally)
_BOTH = union_all(select(TALLIES), select(TALLY_CHANGES)).subquery("tallied")
T = _BOTH.c
"""The columns of what is tallied, to narrow and group by."""
# PostgreSQL's sums of large numbers are decimals.
NUMBER = cast(func.sum(T.number), BigInteger).label("number")
MAILS = (TallyKind.MAIL, TallyKind.STEP_MAIL)
FOLDED_FROM = 200
"""So many changes are worth a fold: reading that many costs nothing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a tally lacks (or has too many of, when negative) by the rows themselves."""

    kind: str
    wave_id: int
    state: str
    step: str
    name: str
    time_zone: str
    country: str
    language: str
    number: int


def tallied(*columns: ColumnElement[Any], kinds: Sequence[TallyKind] = ()) -> Select[*tuple[Any, ...]]:
    """A select of `columns` of T and their `number`, which is never 0; conditions are the caller's to add.

    Without `kinds` it is of all of them.
    """
    those = select(*columns, NUMBER).group_by(*columns).having(func.sum(T.number) != 0)
    return those.where(_of(kinds)) if kinds else those


def mails_by_state(session: Session, *which: ColumnElement[bool]) -> dict[MessageState, int]:
    """The mails in each state that any is in; `which` narrows by columns of T."""
    rows = session.execute(tallied(T.state, kinds=MAILS).where(*which))
    return {MessageState(row.state): int(row.number) for row in rows}


def count_tallied(session: Session, *kinds: TallyKind, which: Sequence[ColumnElement[bool]]) -> int:
    """How many rows of some kinds fit the conditions on T."""
    return int(session.execute(select(func.coalesce(NUMBER, 0)).where(_of(kinds), *which)).scalar_one())


def tallies_of_wave(session: Session, wave_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """All of a wave, as rows of `kind`, `state`, `step`, `name` and `number`; in one statement."""
    return session.execute(tallied(T.kind, T.state, T.step, T.name).where(T.wave_id == wave_id)).all()


def has_many_changes(session: Session) -> bool:
    """Whether so much was appended that a fold is worth its while; never on SQLite."""
    much = select(TALLY_CHANGES.c.number).offset(FOLDED_FROM - 1).limit(1)
    return session.execute(much).first() is not None


def fold(session: Session) -> int:
    """Add to the tallies what was appended; returns how many of them changed.

    Of two at the same moment one finds nothing.
    """
    lone = dialect_of(session) == "sqlite"
    # What is appended meanwhile stays: only what is deleted here is added.
    gone = TALLY_CHANGES if lone else delete(TALLY_CHANGES).returning(*TALLY_CHANGES.c).cte("gone")
    keys, number = [gone.c[name] for name in KEY], func.sum(gone.c.number)
    # In order, as everybody takes hold of them.
    summed = select(*keys, number).group_by(*keys).having(number != 0).order_by(*keys)
    added = insert_into(session, Tally).from_select([*KEY, "number"], summed)
    more = {"number": TALLIES.c.number + added.excluded.number}
    done = session.execute(added.on_conflict_do_update(index_elements=KEY, set_=more))
    changed = cast_type(CursorResult[Any], done).rowcount
    if lone:
        session.execute(delete(TALLY_CHANGES))
    return changed


def differences(session: Session) -> list[Difference]:
    """Where the tallies are not what the rows say; empty when all is well. Counts every row, by one look."""
    less = select(*(T[name] for name in KEY), (-T.number).label("number"))
    both = union_all(*_counted(), less).subquery()
    wrong = func.sum(both.c.number)
    columns = [both.c[name] for name in KEY]
    rows = session.execute(
        select(*columns, wrong.label("number")).group_by(*columns).having(wrong != 0).order_by(*columns)
    )
    return [Difference(**{**row._asdict(), "number": int(row.number)}) for row in rows]


def recount(session: Session) -> list[Difference]:
    """Mend the tallies where they are wrong, and return where they were.

    What is missing is added rather than set: whoever changes the ledger meanwhile is not waited for.
    """
    found = differences(session)
    if found:
        session.execute(
            insert(TALLY_CHANGES), [{name: getattr(one, name) for name in (*KEY, "number")} for one in found]
        )
    return found


def _of(kinds: Sequence[TallyKind]) -> ColumnElement[bool]:
    return T.kind.in_([kind.value for kind in kinds])


def _counted() -> list[Select[*tuple[Any, ...]]]:
    """What the triggers keep, counted from the rows."""
    mail = case((Message.touch_id.is_(None), TallyKind.MAIL.value), else_=TallyKind.STEP_MAIL.value)
    begun = case((Invitation.started_at.is_(None), ""), else_=STARTED)
    its_step = select(Touch.step).where(Touch.id == Call.touch_id).scalar_subquery()
    reached = func.count(func.distinct(Message.invitation_id))
    return [
        _rows(
            kind=mail,
            wave_id=func.coalesce(Message.wave_id, 0),
            state=Message.state,
            step=Message.step,
            name=Message.name,
        ),
        _rows(
            kind=literal(TallyKind.INVITATION.value),
            wave_id=Invitation.wave_id,
            state=Invitation.state,
            step=begun,
        ),
        _rows(kind=literal(TallyKind.TOUCH.value), wave_id=Touch.wave_id, state=Touch.state, step=Touch.step),
        _rows(
            kind=literal(TallyKind.CALL.value),
            wave_id=Call.wave_id,
            state=Call.state,
            step=func.coalesce(its_step, ""),
            time_zone=Call.time_zone,
            country=Call.country,
            language=Call.language,
        ),
        _rows(kind=literal(TallyKind.EXCLUSION.value), wave_id=Exclusion.wave_id, name=Exclusion.rule),
        _rows(reached, kind=literal(TallyKind.REACHED.value), wave_id=Message.wave_id).where(
            Message.state == MessageState.SENT,
            *(column.is_not(None) for column in (Message.touch_id, Message.invitation_id, Message.wave_id)),
        ),
    ]


def _rows(number: ColumnElement[Any] | None = None, **key: Any) -> Select[*tuple[Any, ...]]:
    """Rows counted by their key; what it does not name is empty."""
    cells = [cast(key[name], TALLIES.c[name].type) if name in key else literal("") for name in KEY]
    named = [cell.label(name) for name, cell in zip(KEY, cells, strict=True)]
    counted = func.count() if number is None else number
    grouped = [cell for name, cell in zip(KEY, cells, strict=True) if name in key]
    return select(*named, counted.label("number")).group_by(*grouped)
