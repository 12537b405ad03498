"""What a slice is cut from: the waves it is about as arrays, with their accounts and contacts.

whole = whole_of(session, cut, scope=scope)
where = mask(whole, cut)                        # one place a response
whole.columns.answered.attitude[where]
whole.account_codes[where]                      # which account, as scoring's functions take it
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, NotYet, Refused
from surveyd.distribution.comparable_waves import place_in_kind
from surveyd.distribution.models import Wave, WaveKind, WaveState
from surveyd.distribution.overview import LAUNCHED
from surveyd.distribution.shown_waves import shown_wave_id
from surveyd.people.access import Scope
from surveyd.results.columns import columns_of
from surveyd.results.masks import account_mask as account_mask
from surveyd.results.masks import asked_mask as asked_mask
from surveyd.results.masks import mask as mask
from surveyd.results.people_columns import accounts_of, contacts_of, seen_accounts
from surveyd.results.slices import Slice
from surveyd.results.whole_shapes import WaveName as WaveName
from surveyd.results.whole_shapes import Whole as Whole

MOST_WAVES = 24


def whole_of(session: Session, cut: Slice, *, scope: Scope) -> Whole:
    """What a slice is cut from, as far as the scope may see it. Raises NotFound for an unknown wave."""
    return whole_of_waves(session, waves_of(session, cut), scope=scope)


def whole_of_waves(session: Session, waves: Iterable[WaveName], *, scope: Scope) -> Whole:
    """The same for waves that are known already."""
    chosen = tuple(waves)
    columns = columns_of(session, [wave.id for wave in chosen])
    accounts, contacts = accounts_of(session), contacts_of(session)
    return Whole(chosen, columns, accounts, contacts, seen_accounts(session, accounts, scope))


def waves_of(session: Session, cut: Slice) -> tuple[WaveName, ...]:
    """The launched waves that a slice is about, oldest first; without waves and period the one shown unasked.

    Of a period they are the latest MOST_WAVES of each kind, so that those of events push out no others.

    Raises NotFound for a wave's name that there is none of, NotYet for one that has not begun, Refused for
    more names than MOST_WAVES.
    """
    if len(cut.waves) > MOST_WAVES:
        raise Refused(f"One page shows at most {MOST_WAVES} waves: choose fewer, or a period.")
    query = select(Wave).where(Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED))
    if cut.waves:
        query = query.where(Wave.slug.in_(cut.waves))
    elif cut.since:
        query = query.where(Wave.day_zero >= datetime.combine(cut.since, time(), UTC))
    if not cut.waves and cut.until:
        query = query.where(Wave.day_zero <= datetime.combine(cut.until, time.max, UTC))
    if not cut.waves and not cut.has_period:
        query = query.where(Wave.id == shown_wave_id())
    placed = query.with_only_columns(Wave.id, place_in_kind().label("place")).subquery("placed")
    latest = select(Wave).join(placed, placed.c.id == Wave.id).where(placed.c.place <= MOST_WAVES)
    found = session.scalars(latest.order_by(Wave.day_zero.desc(), Wave.id.desc())).all()
    missing = set(cut.waves) - {wave.slug for wave in found}
    if missing:
        raise _missing(session, min(missing))
    return tuple(wave_name(wave) for wave in reversed(found))


def _missing(session: Session, name: str) -> NotFound:
    """Why a wave has no figures: it has not begun, or there is none of this name."""
    wanted = select(Wave.scheduled_at).where(Wave.slug == name, Wave.state == WaveState.SCHEDULED)
    planned = session.scalar(wanted.where(Wave.kind == WaveKind.PROGRAM))
    if planned is None:
        return NotFound("wave", name)
    day = f"{planned.day} {planned:%B %Y}"
    said = f"Wave {name} has not begun: it is planned for {day}. Its figures stand here from then on."
    return NotYet("wave", name, said)


def wave_name(wave: Wave) -> WaveName:
    """A wave by the facts that figures need."""
    return WaveName(wave.id, wave.slug, wave.program_id, wave.state, wave.day_zero)
