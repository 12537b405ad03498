"""What a slice is cut from: the waves it is about as arrays, with their accounts and contacts.

whole = whole_of(session, cut, scope=scope)
where = mask(whole, cut)                        # one place a response
whole.columns.answered.attitude[where]
whole.account_codes[where]                      # which account, as scoring's functions take it
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property, reduce

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.distribution.models import Wave, WaveKind, WaveState
from surveyd.distribution.overview import LAUNCHED
from surveyd.people.access import Scope
from surveyd.results.columns import CHANNELS, PHASES, Columns, columns_of
from surveyd.results.people_columns import (
    AccountColumns,
    ContactColumns,
    Dimension,
    accounts_of,
    contacts_of,
    seen_accounts,
)
from surveyd.results.people_shapes import Places
from surveyd.results.slices import OF_CONTACTS, Slice
from surveyd.results.wave_arrays import Ids
from surveyd.scoring.arrays import Mask

MOST_WAVES = 24
ANSWER_DIMENSIONS = {"came_by": CHANNELS, "phase": PHASES}


@dataclass(frozen=True, slots=True)
class WaveName:
    """A wave as pages name it."""

    id: int
    slug: str
    program_id: int
    state: WaveState
    day_zero: datetime | None


@dataclass(frozen=True, eq=False)
class Whole:
    """Some waves, all accounts and all contacts; `seen` has the accounts of the scope, None for all.

    Whatever takes a whole leaves out what is not seen. Every account has a code, its place in `accounts`.
    """

    waves: tuple[WaveName, ...]
    columns: Columns
    accounts: AccountColumns
    contacts: ContactColumns
    seen: Mask | None

    @property
    def size(self) -> int:
        """How many accounts there are: one above the highest code."""
        return len(self.accounts)

    @cached_property
    def account_codes(self) -> Places:
        """The account of each response."""
        return self.accounts.places(self.columns.answered.account_id)

    @cached_property
    def asked_account_codes(self) -> Places:
        """The account of each invitation."""
        return self.accounts.places(self.columns.asked.account_id)

    def dimension(self, name: str) -> Dimension | None:
        """A dimension of accounts or contacts; None for one that there is none of."""
        return self.accounts.dimensions.get(name) or self.contacts.dimensions.get(name)


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
    """The launched waves that a slice is about, oldest first: at most MOST_WAVES of a period, the latest.

    Raises NotFound for a wave's name that there is none of.
    """
    query = select(Wave).where(Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED))
    if cut.waves:
        query = query.where(Wave.slug.in_(cut.waves))
    elif cut.since:
        query = query.where(Wave.day_zero >= datetime.combine(cut.since, time(), UTC))
    if not cut.waves and cut.until:
        query = query.where(Wave.day_zero < datetime.combine(cut.until, time(), UTC) + timedelta(days=1))
    most = MOST_WAVES if cut.waves or cut.has_period else 1
    found = session.scalars(query.order_by(Wave.day_zero.desc(), Wave.id.desc()).limit(most)).all()
    missing = set(cut.waves) - {wave.slug for wave in found}
    if missing:
        raise NotFound("wave", min(missing))
    return tuple(wave_name(wave) for wave in reversed(found))


def wave_name(wave: Wave) -> WaveName:
    """A wave by the facts that figures need."""
    return WaveName(wave.id, wave.slug, wave.program_id, wave.state, wave.day_zero)


def mask(whole: Whole, cut: Slice) -> Mask:
    """Which responses are in the slice and seen: one place a response."""
    answered = whole.columns.answered
    kept = account_mask(whole, cut)
    found = [] if kept is None else [_taken(kept, whole.account_codes)]
    found += _of_contacts(whole, cut, answered.contact_id)
    for name, values in cut.filters:
        if name in ANSWER_DIMENSIONS:
            known = ANSWER_DIMENSIONS[name]
            codes = {"came_by": answered.channel, "phase": answered.phase}[name]
            found.append(
                np.isin(np.arange(len(known)), [known.index(v) for v in values if v in known])[codes]
            )
    return _all(found, len(answered))


def asked_mask(whole: Whole, cut: Slice) -> Mask:
    """Which invitations are in the slice and seen; what only an answer has does not narrow them."""
    kept = account_mask(whole, cut)
    found = [] if kept is None else [_taken(kept, whole.asked_account_codes)]
    found += _of_contacts(whole, cut, whole.columns.asked.contact_id)
    return _all(found, len(whole.columns.asked))


def account_mask(whole: Whole, cut: Slice) -> Mask | None:
    """Which accounts are in the slice and seen: one place an account; None for all of them."""
    found = [] if whole.seen is None else [whole.seen]
    known = whole.accounts.dimensions
    for name, values in cut.filters:
        if name in known:
            found.append(known[name].has(values))
        elif name not in OF_CONTACTS and name not in ANSWER_DIMENSIONS:
            # A dimension that no account has: whoever wants a value of it finds nobody.
            found.append(np.full(whole.size, "" in values))
    return reduce(np.logical_and, found) if found else None


def _of_contacts(whole: Whole, cut: Slice, contact_ids: Ids) -> list[Mask]:
    known: Mapping[str, Dimension] = whole.contacts.dimensions
    wanted = [known[name].has(values) for name, values in cut.filters if name in known]
    if not wanted:
        return []
    return [_taken(reduce(np.logical_and, wanted), whole.contacts.places(contact_ids))]


def _taken(kept: Mask, places: Places) -> Mask:
    """What is kept of rows by their places; a row whose account or contact is gone is not."""
    # UNKNOWN is the last place.
    return np.append(kept, np.False_)[places]


def _all(masks: list[Mask], size: int) -> Mask:
    return reduce(np.logical_and, masks) if masks else np.ones(size, dtype=np.bool_)
