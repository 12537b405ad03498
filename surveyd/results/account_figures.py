"""Each account in one wave by its people, one by one: for the page of an account and of its group.

Lists are worked out by the database, in ``standings``; both follow the rule of ``scoring/rollup.py``.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation
from surveyd.people.access import Scope, visible_by_account
from surveyd.people.models import Contact
from surveyd.responses.models import Response
from surveyd.results.asked import WaveAsked, answered_in, asked
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.results.standings import SECONDS_A_DAY
from surveyd.scoring import nps
from surveyd.scoring.flags import Asked
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category, Counts, Summary
from surveyd.scoring.policy import Policy
from surveyd.scoring.rollup import Standing, Voice, stand

Among = Collection[int] | Select[int]
"""Some accounts: their ids, or a query of them."""


@dataclass(frozen=True, slots=True)
class AccountVoices:
    """Who was asked by a wave and who answered it, at one account or at several taken together."""

    asked: Asked
    voices: tuple[Voice, ...]

    def standing(self, policy: Policy) -> Standing:
        """Where they stand by a policy."""
        return stand(self.voices, asked=self.asked, policy=policy)

    @property
    def nps(self) -> Summary:
        """The score of those who gave a rating, as of a census."""
        found = Counter(voice.category for voice in self.voices)
        counts = Counts(found[Category.DETRACTOR], found[Category.PASSIVE], found[Category.PROMOTER])
        return nps.summary(counts, invited=max(self.asked.invited, len(self.voices)))


def account_voices(
    session: Session, wave: WaveAsked, *, scope: Scope, now: datetime, among: Among | None = None
) -> dict[int, AccountVoices]:
    """The voices of each account with somebody asked by the wave, by id, silent ones included.

    `among` narrows them to some accounts. Two statements, however many accounts there are.
    """
    facts = _asked(session, wave, scope, among)
    voices: dict[int, list[Voice]] = defaultdict(list)
    for row in session.execute(_answers(wave, scope, among)):
        age = (now - row.given_at).total_seconds() / SECONDS_A_DAY
        category = None if row.category is None else Category(row.category)
        voice = Voice(row.role.value, Segment(row.segment), row.attitude, row.intent, category, age)
        voices[row.account_id].append(voice)
    return {
        account_id: AccountVoices(
            facts.get(account_id, Asked(0, reminded=wave.reminded)), tuple(voices[account_id])
        )
        for account_id in facts.keys() | voices.keys()
    }


def together(of: Iterable[AccountVoices]) -> AccountVoices:
    """Several accounts as one: all who were asked, and all who answered."""
    each = list(of)
    facts = [one.asked for one in each]
    return AccountVoices(
        Asked(
            invited=sum(one.invited for one in facts),
            deciders=sum(one.deciders for one in facts),
            bounced=sum(one.bounced for one in facts),
            reminded=any(one.reminded for one in facts),
            answered_before=any(one.answered_before for one in facts),
        ),
        tuple(voice for one in each for voice in one.voices),
    )


def _asked(session: Session, wave: WaveAsked, scope: Scope, among: Among | None) -> dict[int, Asked]:
    narrowed = [Invitation.wave_id == wave.id]
    if among is not None:
        narrowed.append(Invitation.account_id.in_(among))
    of = asked(scope, *narrowed)
    before = case((of.c.account_id.in_(answered_in(wave.before_id)), 1), else_=0)
    return {
        row.account_id: Asked(
            row.invited, row.asked_deciders, row.bounced, wave.reminded, bool(row.answered_before)
        )
        for row in session.execute(select(of, before.label("answered_before")))
    }


def _answers(wave: WaveAsked, scope: Scope, among: Among | None) -> Select[*tuple[Any, ...]]:
    said = (Score.account_id, Score.segment, Score.attitude, Score.intent, Score.category)
    seen = visible_by_account(scope, Score.account_id)
    answers = (
        select(*said, Contact.role, Response.given_at)
        .join(Response, Response.id == Score.response_id)
        .join(Contact, Contact.id == Response.contact_id)
        .where(Score.wave_id == wave.id, Score.rule_version == CURRENT_RULE, seen)
    )
    return answers if among is None else answers.where(Score.account_id.in_(among))
