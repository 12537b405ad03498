"""A wave from its launch to its close, on a copy: by the code that really plans and releases, and by chance.

The clock goes from one due touch to the next. Between them people answer, opt out, are called, or their mail
comes back.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.base.database import insert_new
from surveyd.base.tokens import Keys
from surveyd.distribution import touches, waves
from surveyd.distribution.audience import twins_of
from surveyd.distribution.cadence import Window, plain_step
from surveyd.distribution.call_models import Call, CallOutcome, CallState
from surveyd.distribution.invitations import end_asking
from surveyd.distribution.models import (
    Channel,
    Invitation,
    InvitationState,
    Suppression,
    Touch,
    TouchState,
    Wave,
)
from surveyd.distribution.preparing import prepare_chunk
from surveyd.distribution.rehearsing.behaviour import Behaviour, Dice
from surveyd.distribution.rehearsing.results import PlannedTouch, Sums, lines_of, work_of
from surveyd.people.models import Account, Contact

CHUNK = 500
MAIL_DOMAIN = "rehearsal.invalid"
BOUNCES_AFTER = timedelta(minutes=5)
DAY = timedelta(days=1)
ANSWERED, OPTED_OUT, BOUNCED, CALL_OVER = "answered", "opted_out", "bounced", "call_over"
Told = Callable[[int], None]


@dataclass(slots=True)
class Playing:
    """One rehearsal under way. Calls are made in `window`; `told` hears how many percent are done."""

    session: Session
    wave: Wave
    behaviour: Behaviour
    dice: Dice
    window: Window
    minutes: int
    told: Told
    happened: list[PlannedTouch] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _deeds: list[tuple[datetime, str, int]] = field(default_factory=list)

    def play(self, *, keys: Keys, now: datetime) -> tuple[Sums, list[PlannedTouch]]:
        """Launch the wave at `now`, in the copy, and play it to its close. Raises Refused for what a launch
        refuses."""
        waves.launch(self.session, self.wave, now=now, by=None)
        self._prepare(keys)
        total = self._count()
        closes_at = self.wave.closes_at or now
        before: datetime | None = None
        while (moment := touches.next_due(self.session)) is not None and moment < closes_at:
            if moment == before:
                break  # what cannot be moved on is cancelled by the close
            self._let_happen(moment)
            self._release(moment)
            before = moment
            done = total - self._count(TouchState.PLANNED)
            self.told(min(99, 100 * done // max(1, total)))
        self._let_happen(closes_at)
        waves.close_due(self.session, now=closes_at)
        planned = sorted(
            [*self.happened, *self._cancelled()], key=lambda one: (one.at, one.contact, one.step)
        )
        return self._sums(planned), planned

    def _prepare(self, keys: Keys) -> None:
        twins = twins_of(self.session, self.wave)
        program = waves.program_of(self.session, self.wave)
        languages = waves.questionnaire_of(self.session, self.wave).languages
        more = True
        while more:
            more = prepare_chunk(
                self.session, self.wave, program, twins=twins, keys=keys, languages=tuple(languages)
            )

    def _release(self, moment: datetime) -> None:
        more = 1
        while more:
            more = touches.release_due(
                self.session, now=moment, system_now=moment, mail_domain=MAIL_DOMAIN
            ).total
        went = _facts().where(Touch.wave_id == self.wave.id, Touch.released_at == moment)
        for row in self.session.execute(went.order_by(Touch.id)).all():
            self.happened.append(_planned(row, moment))
            self._decide(row, moment)

    def _decide(self, row: Row[*tuple[Any, ...]], at: datetime) -> None:
        """What somebody does after a touch."""
        who, step = row.contact_id, plain_step(row.step)
        is_first = step == "invitation"
        answering = self.behaviour.after(step, row.channel, is_first=is_first)
        answers = self.dice.throw(who, f"{step} answer") < answering.share
        if row.channel is Channel.PHONE:
            self._call(row, at, answers=answers)
            return
        if is_first and self.dice.throw(who, "bounce") < self.behaviour.bounced:
            self._plan(at + BOUNCES_AFTER, BOUNCED, row.invitation_id)
        elif answers:
            delay = self.dice.delay(who, f"{step} delay", answering.delays)
            self._plan(at + delay, ANSWERED, row.invitation_id)
        elif is_first and self.dice.throw(who, "opt out") < self.behaviour.opted_out:
            delay = self.dice.delay(who, "opt out delay", answering.delays)
            self._plan(at + delay, OPTED_OUT, row.invitation_id)

    def _call(self, row: Row[*tuple[Any, ...]], at: datetime, *, answers: bool) -> None:
        zone = zone_named(row.time_zone)
        tried = at
        for number in range(self.dice.attempts(row.contact_id, "attempts", self.behaviour.attempts)):
            tried = self.window.opens(tried + DAY, zone) if number else at
            if self.wave.closes_at is not None and tried >= self.wave.closes_at:
                break
            self.attempts.append(tried.astimezone(zone).date().isoformat())
        self._plan(tried, ANSWERED if answers else CALL_OVER, row.invitation_id)

    def _plan(self, at: datetime, deed: str, invitation_id: int) -> None:
        heapq.heappush(self._deeds, (at, deed, invitation_id))

    def _let_happen(self, until: datetime) -> None:
        """Everything that people do by then, those of a kind together."""
        due: dict[str, list[int]] = {}
        while self._deeds and self._deeds[0][0] < until:
            _, deed, invitation_id = heapq.heappop(self._deeds)
            due.setdefault(deed, []).append(invitation_id)
        for deed, ids in due.items():
            for place in range(0, len(ids), CHUNK):
                self._do(deed, ids[place : place + CHUNK], until)

    def _do(self, deed: str, ids: Sequence[int], at: datetime) -> None:
        which = Invitation.id.in_(ids)
        if deed in (ANSWERED, OPTED_OUT):
            waiting = select(func.count()).where(which, Invitation.state == InvitationState.WAITING)
            self.counts[deed] += self.session.execute(waiting).scalar_one()
            end_asking(self.session, which, state=InvitationState(deed), reason=deed, now=at)
        elif deed == BOUNCED:
            self.counts[deed] += len(ids)
            addresses = select(func.lower(Contact.email)).join(
                Invitation, Invitation.contact_id == Contact.id
            )
            rows = [
                {"address": address, "reason": "bounced", "detail": "", "at": at}
                for address in self.session.scalars(addresses.where(which).distinct())
            ]
            insert_new(self.session, Suppression, rows, unique=["address"])
        else:
            over = {"state": CallState.DONE, "outcome": CallOutcome.NO_ANSWER, "closed_at": at}
            open_calls = (Call.invitation_id.in_(ids), Call.state == CallState.OPEN)
            self.session.execute(update(Call).where(*open_calls).values(over))

    def _cancelled(self) -> list[PlannedTouch]:
        never = _facts().where(Touch.wave_id == self.wave.id, Touch.state == TouchState.CANCELLED)
        return [_planned(row, row.due_at, reason=row.reason) for row in self.session.execute(never)]

    def _count(self, *states: TouchState) -> int:
        counted = select(func.count()).where(Touch.wave_id == self.wave.id)
        return self.session.execute(
            counted.where(Touch.state.in_(states)) if states else counted
        ).scalar_one()

    def _sums(self, planned: Sequence[PlannedTouch]) -> Sums:
        work = work_of(self.attempts, minutes=self.minutes)
        invited = select(func.count()).where(Invitation.wave_id == self.wave.id)
        return Sums(
            contacts=self.session.execute(invited).scalar_one(),
            mails=lines_of(planned, Channel.MAIL),
            calls=lines_of(planned, Channel.PHONE),
            work=work,
            cancelled=dict(Counter(one.reason for one in planned if one.reason)),
            steps=dict(Counter(one.step for one in planned if not one.reason)),
            answered=self.counts[ANSWERED],
            bounced=self.counts[BOUNCED],
            opted_out=self.counts[OPTED_OUT],
            hours=round(len(self.attempts) * self.minutes / 60, 1),
            begins=self.wave.day_zero.isoformat() if self.wave.day_zero else "",
            closes=self.wave.closes_at.isoformat() if self.wave.closes_at else "",
            based_on=self.behaviour.wave,
            behaviour=_shown(self.behaviour),
        )


def _facts() -> Any:
    return (
        select(
            Touch.step,
            Touch.channel,
            Touch.due_at,
            Touch.reason,
            Touch.invitation_id,
            Invitation.contact_id,
            Invitation.language,
            Invitation.time_zone,
            Contact.external_id,
            Contact.name,
            Account.name.label("account"),
        )
        .join(Invitation, Invitation.id == Touch.invitation_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
    )


def _planned(row: Row[*tuple[Any, ...]], at: datetime, *, reason: str = "") -> PlannedTouch:
    return PlannedTouch(
        at=at,
        step=plain_step(row.step),
        channel=row.channel,
        language=row.language,
        time_zone=row.time_zone,
        contact=row.external_id,
        name=row.name,
        account=row.account,
        reason=reason,
    )


def _shown(behaviour: Behaviour) -> dict[str, Any]:
    shares = {name: round(step.share, 3) for name, step in behaviour.steps.items()}
    known = asdict(behaviour) | {"steps": shares}
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in known.items()}
