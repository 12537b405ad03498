"""Conditions on accounts by where their revenue stands and where they stood: how a figure finds its rows."""

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from surveyd.distribution.models import Invitation
from surveyd.people.models import Account
from surveyd.reports.account_groups import Standpoint
from surveyd.results.asked import answered_in
from surveyd.results.models import Score
from surveyd.results.revenue import NOT_ASKED, SILENT
from surveyd.results.standings import standings
from surveyd.scoring.exposure import OF_SEGMENT, State
from surveyd.scoring.loyalty import Segment

WENT_QUIET = "went_quiet"
EXPOSURES = (*(state.value for state in State), WENT_QUIET)
"""What `state` can narrow a list to: the states that revenue is added up by, and who went quiet."""
PLACES = (*(segment.value for segment in Segment), SILENT, NOT_ASKED)
"""What `before` can narrow a list to."""
SEGMENT_OF = {state: segment for segment, state in OF_SEGMENT.items()}


def stands(state: str, *, at: Standpoint) -> ColumnElement[bool]:
    """The condition on accounts that are in one of EXPOSURES in the wave of `at`."""
    wave_id = at.wave.id
    if state == WENT_QUIET:
        heard = Account.id.in_(answered_in(at.wave.before_id))
        return and_(stood(SILENT, at=at, wave_id=wave_id), heard)
    if state in (SILENT, NOT_ASKED):
        return stood(state, at=at, wave_id=wave_id)
    at_risk = _placed(at, wave_id, Segment.HIGH_RISK.value, deciders=True)
    if state == State.AT_RISK:
        return at_risk
    segment = SEGMENT_OF.get(State(state)) if state in EXPOSURES else None
    return false() if segment is None else and_(_placed(at, wave_id, segment.value), not_(at_risk))


def stood(place: str, *, at: Standpoint, wave_id: int) -> ColumnElement[bool]:
    """The condition on accounts that stood in one of PLACES in that wave."""
    if place in (SILENT, NOT_ASKED):
        asked = Account.id.in_(select(Invitation.account_id).where(Invitation.wave_id == wave_id))
        heard = Account.id.in_(answered_in(wave_id))
        return and_(asked, not_(heard)) if place == SILENT else not_(or_(asked, heard))
    return _placed(at, wave_id, place)


def _placed(at: Standpoint, wave_id: int, segment: str, *, deciders: bool = False) -> ColumnElement[bool]:
    said = standings(at.scope, Score.wave_id == wave_id, policy=at.policy)
    fits = said.c.segment == segment
    if deciders:
        fits = or_(fits, func.coalesce(said.c.deciders_at_risk, 0) > 0)
    return Account.id.in_(select(said.c.account_id).where(fits))
