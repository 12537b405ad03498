"""Which wave is shown where nobody has chosen one: the last that says something about all customers.

A wave that was launched a minute ago knows nobody yet, and one of lapsed customers or of events says nothing
about the others: neither takes the place of what is known.
"""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, case, select
from sqlalchemy.orm import Session, aliased

from surveyd.distribution.comparable_waves import asks_all, place_in_kind
from surveyd.distribution.models import Invitation, InvitationState, Wave, WaveKind, WaveState
from surveyd.distribution.overview import LAUNCHED
from surveyd.scoring.policy import SHIPPED

ENOUGH = SHIPPED.minimums.shown
"""From so many answers on an open wave takes over: as many as a score needs."""

_wave = aliased(Wave)


@dataclass(frozen=True, slots=True)
class OfferedWaves:
    """Launched waves that a reader can choose from, latest first, and the place of the one shown unasked."""

    every: tuple[Wave, ...] = ()
    place: int = 0
    of_all: frozenset[int] = frozenset()
    """The ids of those that ask active customers by the calendar: they take their predecessor's place."""

    @property
    def shown(self) -> Wave | None:
        """The wave that is shown where none is chosen; None before the first launch."""
        return self.every[self.place] if self.every else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names, latest first."""
        return tuple(wave.slug for wave in self.every)

    def under_way(self, shown: str) -> Wave | None:
        """The latest open wave that will take the place of the one of that name, if that is shown unasked."""
        if self.shown is None or self.shown.slug != shown:
            return None
        newer = self.every[: self.place]
        return next(
            (wave for wave in newer if wave.id in self.of_all and wave.state is not WaveState.CLOSED), None
        )


def offered_waves(session: Session, *, most: int = 24) -> OfferedWaves:
    """The `most` waves of each kind that were launched last: of the calendar, of lapsed customers, of events.

    The one shown unasked is always among them. One statement.
    """
    rows = session.execute(_offered(), {"most": most}).all()
    if not rows:
        return OfferedWaves()
    shown = rows[0][0]
    every = sorted((row[0] for row in rows), key=lambda wave: (wave.day_zero, wave.id), reverse=True)
    return OfferedWaves(tuple(every), every.index(shown), frozenset(row[0].id for row in rows if row[2]))


@cache
def _offered() -> Select[Wave, int, int]:
    """The waves of `offered_waves`; to put the statement together takes longer than to run it."""
    is_shown = case((Wave.id == shown_wave_id(), 1), else_=0)
    place = place_in_kind(is_shown.desc()).label("place")
    of_all = case((asks_all(Wave), 1), else_=0).label("of_all")
    launched = select(Wave.id, is_shown.label("is_shown"), of_all, place).where(
        Wave.kind == WaveKind.PROGRAM, Wave.state.in_(LAUNCHED)
    )
    kept = launched.subquery("kept")
    chosen = select(Wave, kept.c.is_shown, kept.c.of_all).join(kept, kept.c.id == Wave.id)
    return chosen.where(kept.c.place <= bindparam("most")).order_by(kept.c.is_shown.desc())


def shown_wave_id() -> ScalarSelect[int]:
    """The id of the wave that is shown where none is chosen, for use in a statement.

    Of the waves of a program's active customers the last that is closed with an answer or has ENOUGH of them;
    without one the last with any answer; without that the wave launched last.
    """
    rank = case(
        (and_(asks_all(_wave), _has_answers(ENOUGH)), 2),
        (and_(asks_all(_wave), _has_answers(1), _wave.state == WaveState.CLOSED), 2),
        (and_(asks_all(_wave), _has_answers(1)), 1),
        else_=0,
    )
    launched = select(_wave.id).where(_wave.kind == WaveKind.PROGRAM, _wave.state.in_(LAUNCHED))
    return launched.order_by(rank.desc(), _wave.day_zero.desc(), _wave.id.desc()).limit(1).scalar_subquery()


def _has_answers(least: int) -> ColumnElement[bool]:
    """Whether a wave has so many answers: the index is read no further than that."""
    answered = select(Invitation.id).where(
        Invitation.wave_id == _wave.id, Invitation.state == InvitationState.ANSWERED
    )
    return answered.correlate(_wave).limit(1).offset(least - 1).exists()
