"""What came of a wave for all customers: the actions that it led to, and the draft of its letter."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from surveyd.closed_loop import actions, letters
from surveyd.closed_loop.action_lists import every_action
from surveyd.closed_loop.actions import ActionFacts
from surveyd.closed_loop.models import ActionStatus
from surveyd.distribution.waves import find_wave
from surveyd.operations.company.staff import DOMAIN
from surveyd.operations.replay.timeline import Act, Timeline
from surveyd.people.access import SYSTEM
from surveyd.people.users import find_user

DRAFTED_BEFORE_NOW = timedelta(days=2)
ADDED_AFTER_CLOSE = timedelta(days=9)


@dataclass(frozen=True, slots=True)
class Fix:
    """One improvement: begun some days after the wave closed; `done_after` is 0 for what goes on."""

    heard: str
    changed: str
    will_change: str
    owner: str
    done_after: int = 0
    due_after: int = 0
    region: str = ""


FIXES = (
    Fix(
        heard="Urgent support tickets waited days for an engineer.",
        changed="Urgent tickets reach a senior engineer within two hours, also at night.",
        will_change="The portal is going to show who works on your ticket.",
        owner="sam.okafor",
        done_after=70,
    ),
    Fix(
        heard="Deliveries came late, and nobody told you.",
        changed="A second carrier serves you now; eight of ten deliveries come on the day.",
        will_change="",
        owner="lena.brandt",
        done_after=95,
        region="DACH",
    ),
    Fix(
        heard="Invoices did not say which order they belong to.",
        changed="Every invoice names the order, the site and the person who ordered.",
        will_change="",
        owner="ada.keller",
        done_after=110,
    ),
    Fix(
        heard="You had to explain your installation again in every call.",
        changed="",
        will_change="Each of you gets one technical contact who knows the installation.",
        owner="clara.whitfield",
        due_after=190,
    ),
    Fix(
        heard="The portal asks for the same data again and again.",
        changed="",
        will_change="A portal that remembers your sites and orders, first for a few of you, then for all.",
        owner="ada.keller",
        due_after=260,
    ),
)


def plan_letter(timeline: Timeline, *, wave: str, closed_at: datetime, now: datetime, by: int) -> None:
    """Plan the actions that a wave led to, and the draft of its letter, two days before `now`."""
    for number, fix in enumerate(FIXES):
        timeline.add(
            closed_at + ADDED_AFTER_CLOSE + timedelta(days=number), _add(timeline, fix, closed_at, by)
        )
    timeline.add(now - DRAFTED_BEFORE_NOW, lambda session, at: _draft(session, wave, by, at))


def _add(timeline: Timeline, fix: Fix, closed_at: datetime, by: int) -> Act:
    def act(session: Session, at: datetime) -> None:
        owner = find_user(session, f"{fix.owner}@{DOMAIN}")
        facts = ActionFacts(
            heard=fix.heard,
            will_change=fix.will_change,
            owner_id=owner.id if owner else None,
            region=fix.region,
            status=ActionStatus.UNDER_WAY,
            due_on=(closed_at + timedelta(days=fix.due_after or fix.done_after)).date(),
        )
        action_id = actions.add_action(session, facts, scope=SYSTEM, by=by, now=at).id
        if fix.done_after:
            timeline.add(closed_at + timedelta(days=fix.done_after), _finish(action_id, fix, by))

    return act


def _finish(action_id: int, fix: Fix, by: int) -> Act:
    return lambda session, at: actions.finish_action(
        session, action_id, changed=fix.changed, scope=SYSTEM, by=by, now=at
    )


def _draft(session: Session, wave: str, by: int, at: datetime) -> None:
    """Begin the letter with what is done, and tell of what is under way as well."""
    letter = letters.begin_letter(session, find_wave(session, wave), by=by, now=at)
    everything = [line.id for line in every_action(session, scope=SYSTEM)]
    letters.choose_actions(session, letter, everything, by=by, now=at)
