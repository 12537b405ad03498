"""Columns that are kept: a wave's in a mapped file and in this process, accounts and contacts in the process.

Before each use one statement says whether they still hold. A wave whose file is up to an older score is the
file and a tail of what came since, read by its ids; when the tail grows long, the file is written anew. On a
closed wave every change is counted (base/changes.py); on an open one new answers have new ids, and so has the
score of a correction, which takes the place of the response's first one.

What a transaction that writes reads is kept nowhere: nobody else may see it yet.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from time import monotonic
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from surveyd.base.database import dialect_of
from surveyd.base.drivers import WRITE
from surveyd.results.column_files import open_columns, path_of, write_columns
from surveyd.results.kept import Kept
from surveyd.results.models import Score
from surveyd.results.stands import Stand, scored_at
from surveyd.results.wave_columns import WaveColumns, columns_from, grown, merged, read_wave, tail_of
from surveyd.results.wave_reading import read_answers, read_asked

FOLDER = "columns_folder"
KEPT_WAVES = 48
OVERLAP = 1_000
"""So many scores of the wave by the same rule are looked at again, and at least so many ids: on PostgreSQL
the transaction with the lower id may end last. Other waves and other rules, such as history that is scored
anew, take ids in between and do not count."""
SETTLED = 60.0
"""Seconds after which no transaction that has taken an id is still open."""
LONGEST_TAIL = 5_000
TAIL_SHARE = 10


@dataclass(frozen=True, slots=True, eq=False)
class KeptWave:
    """A wave's columns: the `base`, which may be a file's, the `tail` that has come since, and both as one.

    `seen` is when the last change was seen, on the clock of `monotonic`; it is settled once somebody has
    looked so much later that no transaction can bring a lower id any more.
    """

    stand: Stand
    base: WaveColumns
    tail: WaveColumns | None
    whole: WaveColumns
    seen: float
    is_settled: bool = False


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
            kept = self._asked(session, self._grown(session, kept, stand), stand)
            self.waves[stand.wave_id] = kept
            while len(self.waves) > KEPT_WAVES:
                self.waves.popitem(last=False)
            return kept.whole

    def _opened(self, session: Session, stand: Stand) -> KeptWave:
        """The wave from its file, as far as that goes, or all of it from the database."""
        found = open_columns(path_of(self.folder, stand.wave_id), key=stand.key) if self.folder else None
        if found is not None:
            columns, key = found
            upto, asked = int(key.get("upto", 0)), str(key.get("asked", ""))
            upto_at = scored_at(session, upto)
            if upto <= stand.last and key.get("upto_at") == upto_at:
                found_at = replace(stand, last=upto, last_at=upto_at, asked=asked)
                return KeptWave(found_at, columns, None, columns, monotonic())
        return self._written(session, stand, read_wave(session, stand.wave_id, rule=stand.rule))

    def _written(self, session: Session, stand: Stand, columns: WaveColumns) -> KeptWave:
        upto = max(stand.last, int(columns.answers["score_id"].max(initial=0)))
        stand = replace(stand, last=upto, last_at=scored_at(session, upto))
        if self.folder is not None and (stand.is_over or columns.size > LONGEST_TAIL):
            path = path_of(self.folder, stand.wave_id)
            key = {**stand.key, "asked": stand.asked, "upto": upto, "upto_at": stand.last_at}
            if write_columns(path, columns, key=key):
                # Mapped pages are shared with other processes, and the system may take them back.
                found = open_columns(path, key=key)
                columns = found[0] if found else columns
        return KeptWave(stand, columns, None, columns, monotonic())

    def _grown(self, session: Session, kept: KeptWave, stand: Stand) -> KeptWave:
        """The wave with the answers that have come since."""
        after = _behind(kept)
        if (kept.stand.last, kept.stand.last_at) == (stand.last, stand.last_at):
            # On SQLite transactions end in the order of their ids.
            if kept.is_settled or dialect_of(session) == "sqlite":
                return kept
            if _same_ids(session, kept, after=after):
                return replace(kept, is_settled=monotonic() - kept.seen > SETTLED)
        rows = read_answers(session, stand.wave_id, rule=stand.rule, after=after)
        tail, holds = tail_of(kept.base, kept.tail, rows, after=after)
        length, now = len(tail["score_id"]), replace(stand, asked=kept.stand.asked)
        is_long = length > LONGEST_TAIL + kept.base.size // TAIL_SHARE
        if holds is not None or is_long or (stand.is_over and length):
            return self._written(session, now, merged(session, kept.base, tail, holds=holds))
        if not length:
            return KeptWave(now, kept.base, None, kept.base, monotonic())
        nobody = {name: of[:0] for name, of in kept.base.invitations.items()}
        part = columns_from(session, stand.wave_id, tail, nobody)
        return KeptWave(now, kept.base, part, grown(kept.base, part), monotonic())

    def _asked(self, session: Session, kept: KeptWave, stand: Stand) -> KeptWave:
        """The wave with its invitations as they are now."""
        if kept.stand.asked == stand.asked:
            return kept
        base = replace(kept.base, invitations=read_asked(session, stand.wave_id))
        now = replace(kept.stand, asked=stand.asked)
        if kept.tail is None:
            return replace(self._written(session, now, base), seen=kept.seen)
        return replace(kept, stand=now, base=base, whole=grown(base, kept.tail))


def _behind(kept: KeptWave) -> int:
    """The id above which scores are looked at again: OVERLAP of this wave and rule, if it has them."""
    found = [part.answers["score_id"] for part in kept.whole.parts]
    highest = np.concatenate(
        [np.partition(ids, -OVERLAP)[-OVERLAP:] if len(ids) > OVERLAP else ids for ids in found]
    )
    if len(highest) <= OVERLAP:
        return 0
    lowest = int(np.partition(highest, -OVERLAP)[-OVERLAP])
    return max(0, min(lowest - 1, kept.stand.last - OVERLAP))


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
