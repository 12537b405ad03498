"""What an `Account` row is joined to: whom a wave has asked there, what they said, and what is made of it."""

from collections.abc import Sequence
from functools import cached_property

from sqlalchemy import ColumnElement, Integer, Subquery, case, func

from surveyd.distribution.models import Invitation
from surveyd.reports.account_groups import Standpoint
from surveyd.results.asked import asked, invited
from surveyd.results.models import Score
from surveyd.results.revenue import NOT_ASKED, SILENT
from surveyd.results.standings import standings
from surveyd.scoring.loyalty import Segment

WORST_FIRST = (
    Segment.HIGH_RISK.value,
    Segment.TRAPPED.value,
    Segment.ACCESSIBLE.value,
    Segment.TRULY_LOYAL.value,
    Segment.UNCLASSIFIED.value,
    SILENT,
    NOT_ASKED,
)
"""Where an account can stand; silence is a state of its own, and so is not having been asked."""


class Joined:
    """Accounts in one wave; with `ids`, of these accounts alone.

    Who was asked is counted, and looked at person by person only `by_person`: that takes many times longer.
    """

    def __init__(self, at: Standpoint, ids: Sequence[int] | None = None, *, by_person: bool = True) -> None:
        self.at = at
        self.ids = ids
        self.by_person = by_person

    @cached_property
    def said(self) -> Subquery:
        """Where accounts stand that have answered: ``results.standings``."""
        narrowed = [Score.wave_id == self.at.wave.id]
        if self.ids is not None:
            narrowed.append(Score.account_id.in_(self.ids))
        return standings(self.at.scope, *narrowed, policy=self.at.policy)

    @cached_property
    def asked(self) -> Subquery:
        """Whom the wave has asked: ``results.asked``, by person or in one number."""
        narrowed = [Invitation.wave_id == self.at.wave.id]
        if self.ids is not None:
            narrowed.append(Invitation.account_id.in_(self.ids))
        return (asked if self.by_person else invited)(self.at.scope, *narrowed)

    @property
    def invited(self) -> ColumnElement[int]:
        """How many were asked."""
        return func.coalesce(self.asked.c.invited, 0, type_=Integer)

    @property
    def answered(self) -> ColumnElement[int]:
        """How many have answered."""
        return func.coalesce(self.said.c.voices, 0, type_=Integer)

    @property
    def segment(self) -> ColumnElement[str]:
        """One of WORST_FIRST."""
        heard = self.said.c.segment
        return case((heard.is_not(None), heard), (self.invited > 0, SILENT), else_=NOT_ASKED)
