"""Columns that are kept: a wave's in a mapped file and in this process, accounts and contacts in the process.

Before each use one statement says whether they still hold. A wave whose file is up to an older score is the
file and a tail of what came since, read by its ids; when the tail grows long, the file is written anew. On a
closed wave every change is counted (base/changes.py); on an open one new answers have new ids, and so has the
score of a correction, which takes the place of the response's first one.

What a transaction that writes reads is kept nowhere: nobody else may see it yet.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from time import monotonic
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, String, cast, func, literal, select
from sqlalchemy.orm import Session

from surveyd.base.changes import WAVE
from surveyd.base.database import dialect_of
from surveyd.base.drivers import WRITE
from surveyd.base.models import ChangeCount
from surveyd.distribution.models import Wave, WaveState
from surveyd.results.column_files import Key, open_columns, path_of, write_columns
from surveyd.results.kept import Kept
from surveyd.results.models import Score
from surveyd.results.wave_columns import WaveColumns, columns_from, grown, merged, read_wave, tail_of
from surveyd.results.wave_reading import read_answers

FOLDER = "columns_folder"
KEPT_WAVES = 48
OVERLAP = 1_000
"""So many ids are looked at again: on PostgreSQL the transaction with the lower id may end last."""
SETTLED = 60.0
"""Seconds after which no transaction that has taken an id is still open."""
LONGEST_TAIL = 5_000
TAIL_SHARE = 10


@dataclass(frozen=True, slots=True)
class Stand:
    """How a wave stands: what has to be the same for its columns to hold, and its last score's id."""

    wave_id: int
    policy: str
    rule: str
    is_over: bool
    asked: int
    changes: int
    last: int

    @property
    def key(self) -> Key:
        """What a file has to be of to be of use, up to whichever score."""
        facts = {"wave": self.wave_id, "policy": self.policy, "asked": self.asked, "changes": self.changes}
        return {name: value for name, value in facts.items() if isinstance(value, str | int)}


@dataclass(frozen=True, slots=True, eq=False)
class KeptWave:
    """A wave's columns: the `base`, which may be a file's, the `tail` that has come since, and both as one.

    `seen` is when the last change was seen, on the clock of `monotonic`.
    """

    stand: Stand
    base: WaveColumns
    tail: WaveColumns | None
    whole: WaveColumns
    seen: float


class Shelf:
    """What one process keeps of one database."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.lock = RLock()
        self.waves: OrderedDict[int, KeptWave] = OrderedDict()
        self.kept = Kept()

    def wave(self, session: Session, stand: Stand) -> WaveColumns:
        """The columns of a wave as it stands now."""
        with self.lock:
            kept = self.waves.pop(stand.wave_id, None)
            if kept is None or kept.stand.key != stand.key or kept.stand.last > stand.last:
                kept = self._opened(session, stand)
            kept = self._grown(session, kept, stand)
            self.waves[stand.wave_id] = kept
            while len(self.waves) > KEPT_WAVES:
                self.waves.popitem(last=False)
            return kept.whole

    def _opened(self, session: Session, stand: Stand) -> KeptWave:
        """The wave from its file, as far as that goes, or all of it from the database."""
        found = open_columns(path_of(self.folder, stand.wave_id), key=stand.key) if self.folder else None
        if found is not None:
            columns, key = found
            upto = int(key.get("upto", 0))
            if upto <= stand.last and key.get("upto_at") == scored_at(session, upto):
                return KeptWave(replace(stand, last=upto), columns, None, columns, monotonic())
        return self._written(session, stand, read_wave(session, stand.wave_id, rule=stand.rule))

    def _written(self, session: Session, stand: Stand, columns: WaveColumns) -> KeptWave:
        upto = max(stand.last, int(columns.answers["score_id"].max(initial=0)))
        stand = replace(stand, last=upto)
        if self.folder is not None and (stand.is_over or columns.size > LONGEST_TAIL):
            path = path_of(self.folder, stand.wave_id)
            key = {**stand.key, "upto": upto, "upto_at": scored_at(session, upto)}
            if write_columns(path, columns, key=key):
                # Mapped pages are shared with other processes, and the system may take them back.
                found = open_columns(path, key=key)
                columns = found[0] if found else columns
        return KeptWave(stand, columns, None, columns, monotonic())

    def _grown(self, session: Session, kept: KeptWave, stand: Stand) -> KeptWave:
        """The wave with the answers that have come since."""
        after = max(0, kept.stand.last - OVERLAP)
        if kept.stand.last == stand.last:
            is_settled = dialect_of(session) == "sqlite" or monotonic() - kept.seen > SETTLED
            if stand.is_over or is_settled or _same_ids(session, kept, after=after):
                return kept
        rows = read_answers(session, stand.wave_id, rule=stand.rule, after=after)
        tail, holds = tail_of(kept.base, kept.tail, rows, after=after)
        length = len(tail["score_id"])
        is_long = length > LONGEST_TAIL + kept.base.size // TAIL_SHARE
        if holds is not None or is_long or (stand.is_over and length):
            return self._written(session, stand, merged(session, kept.base, tail, holds=holds))
        if not length:
            return replace(kept, stand=stand, tail=None, whole=kept.base, seen=monotonic())
        nobody = {name: of[:0] for name, of in kept.base.invitations.items()}
        part = columns_from(session, stand.wave_id, tail, nobody)
        return KeptWave(stand, kept.base, part, grown(kept.base, part), monotonic())


def _same_ids(session: Session, kept: KeptWave, *, after: int) -> bool:
    """Whether the scores above `after` are those that are kept: one statement over an index."""
    stand = kept.stand
    query = select(Score.id).where(Score.wave_id == stand.wave_id, Score.id > after)
    found = session.scalars(query.where(Score.rule_version == stand.rule)).all()
    known = kept.whole.answers["score_id"]
    return set(found) == set(known[known > after].tolist())


_shelves: WeakKeyDictionary[Engine, Shelf] = WeakKeyDictionary()


def keep_in(engine: Engine, folder: Path) -> None:
    """Let columns of this database be kept in files of `folder`, which is made when it is needed."""
    engine.update_execution_options(**{FOLDER: folder})


def forget() -> None:
    """Throw away all that this process keeps; the files stay."""
    _shelves.clear()


def shelf_of(session: Session) -> Shelf | None:
    """The shelf of this session's database; None inside a transaction that writes."""
    if session.connection().get_execution_options().get(WRITE):
        return None
    bind = session.get_bind()
    engine = bind.engine if isinstance(bind, Connection) else bind
    folder = engine.get_execution_options().get(FOLDER)
    # Another thread may be as far: both get the same one.
    return _shelves.setdefault(engine, Shelf(folder))


def stands_of(session: Session, wave_ids: Sequence[int], *, policy: str, rule: str) -> list[Stand]:
    """How these waves stand by a policy's digest and version, in this order. One statement."""
    of_wave = Score.wave_id == Wave.id
    last = select(Score.id).where(of_wave).order_by(Score.wave_id.desc(), Score.id.desc()).limit(1)
    rows = session.execute(
        select(
            Wave.id,
            Wave.state,
            Wave.prepared_to,
            func.coalesce(ChangeCount.number, 0),
            func.coalesce(last.correlate(Wave).scalar_subquery(), 0),
        )
        .outerjoin(ChangeCount, ChangeCount.topic == literal(WAVE).concat(cast(Wave.id, String)))
        .where(Wave.id.in_(wave_ids))
    )
    found = {
        wave_id: Stand(wave_id, policy, rule, state is WaveState.CLOSED, prepared_to, changes, score_id)
        for wave_id, state, prepared_to, changes, score_id in rows
    }
    nothing = Stand(0, policy, rule, True, 0, 0, 0)
    return [found.get(wave_id, replace(nothing, wave_id=wave_id)) for wave_id in wave_ids]


def scored_at(session: Session, score_id: int) -> str:
    """When a score was made: after a restore the same id may be another answer's. Empty for no score."""
    at = session.scalar(select(Score.scored_at).where(Score.id == score_id))
    return at.isoformat() if at else ""
