"""Where accounts stand and stood in the waves that a list is about, as arrays of what the reader sees."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, InvitationState, Suppression, Wave
from surveyd.people.access import Scope
from surveyd.people.models import Account, Contact
from surveyd.results.asked import BOUNCED, WaveAsked
from surveyd.results.people_columns import AccountColumns, accounts_which, listed_accounts
from surveyd.results.revenue import NOT_ASKED, SILENT
from surveyd.results.wave_stands import WaveStands, wave_stands
from surveyd.results.wholes import Whole, wave_name, whole_of_waves
from surveyd.scoring.arrays import Mask
from surveyd.scoring.exposure import OF_SEGMENT, State
from surveyd.scoring.flags import Flag
from surveyd.scoring.loyalty import Segment

WENT_QUIET = "went_quiet"
EXPOSURES = (*(state.value for state in State), WENT_QUIET)
"""What `state` can narrow a list to: the states that revenue is added up by, and who went quiet."""
PLACES = (*(segment.value for segment in Segment), SILENT, NOT_ASKED)
"""What `before` can narrow a list to."""
SEGMENT_OF = {state: segment for segment, state in OF_SEGMENT.items()}


@dataclass(frozen=True, eq=False)
class Sight:
    """All accounts as one reader sees them at an instant: in a wave, and in the wave before it."""

    session: Session
    scope: Scope
    waves: tuple[Wave, ...]
    asked: WaveAsked
    now: datetime

    @cached_property
    def whole(self) -> Whole:
        """The wave with its people; without one, the accounts alone."""
        return self._whole(self.waves[:1])

    @property
    def accounts(self) -> AccountColumns:
        """All accounts, seen or not: whoever takes from them heeds `seen`."""
        return self.whole.accounts

    @cached_property
    def seen(self) -> Mask:
        """Which accounts the reader sees."""
        return listed_accounts(self.session, self.accounts, self.scope)

    @cached_property
    def stands(self) -> WaveStands:
        """Where they stand."""
        return wave_stands(self.whole)

    @cached_property
    def before(self) -> WaveStands:
        """Where they stood in the wave before."""
        return wave_stands(self._whole(self.waves[1:2]))

    def flagged(self, flag: Flag) -> Mask:
        """The accounts with a flag."""
        if flag is Flag.BOUNCED:
            return self.which(_bounced(self.asked.id))
        before = self.before if flag is Flag.WENT_QUIET else self.stands
        return self.stands.flagged(flag, before=before, reminded=self.asked.reminded, now=self.now)

    def stands_at(self, state: str) -> Mask:
        """The accounts in one of EXPOSURES."""
        if state == WENT_QUIET:
            return self.stands.stood(SILENT) & (self.before.answered > 0)
        if state in (SILENT, NOT_ASKED):
            return self.stands.stood(state)
        if state == State.AT_RISK:
            return self.stands.at_risk
        return self.stands.stood(SEGMENT_OF[State(state)].value) & ~self.stands.at_risk

    def which(self, condition: ColumnElement[bool]) -> Mask:
        """The accounts that meet a condition on `Account` rows. One statement."""
        return accounts_which(self.session, self.accounts, condition)

    def _whole(self, waves: tuple[Wave, ...]) -> Whole:
        return whole_of_waves(self.session, [wave_name(wave) for wave in waves], scope=self.scope)


def _bounced(wave_id: int) -> ColumnElement[bool]:
    """The condition on accounts that somebody's mail of a wave came back, who has not answered."""
    came_back = (
        select(Invitation.account_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Suppression, Suppression.address == func.lower(Contact.email))
        .where(
            Suppression.reason == BOUNCED,
            Invitation.wave_id == wave_id,
            Invitation.state != InvitationState.ANSWERED,
        )
    )
    return Account.id.in_(came_back)
