"""Improvement actions: what was heard, what has changed for all, what will change, and who sees to it.

Actions tell no customer's secrets: account managers and support staff read them, leaders keep those of their
region, admins and executives all. An approved letter is a draft again when one of its actions changes.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, false, or_, select, true, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.closed_loop.models import ActionStatus, ImprovementAction, Letter, LetterAction, LetterState
from surveyd.people.access import Reach, Scope
from surveyd.people.audit import record
from surveyd.people.models import Account, User

LONGEST_TEXT = 500
LONGEST_REGION = 80
THING = "action"
TOLD = ("heard", "changed", "will_change", "region")
"""What a letter says of an action."""


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """What a person says of an action; an empty region is everywhere, days are calendar days."""

    heard: str
    changed: str = ""
    will_change: str = ""
    owner_id: int | None = None
    region: str = ""
    status: ActionStatus = ActionStatus.PLANNED
    due_on: date | None = None


def may_change(scope: Scope, region: str) -> bool:
    """Say whether actions of that region are the scope's to change."""
    return scope.sees_all or (scope.reach is Reach.REGION and bool(region) and region == scope.region)


def visible_actions(scope: Scope) -> ColumnElement[bool]:
    """The condition on actions that the scope may read: those for everywhere, and those of its regions."""
    everywhere = ImprovementAction.region == ""
    match scope.reach:
        case Reach.ALL | Reach.CALLS:
            return true()
        case Reach.REGION:
            return or_(everywhere, ImprovementAction.region == scope.region)
        case Reach.OWN_ACCOUNTS:
            own = select(Account.region).where(Account.manager_id == scope.user_id)
            return or_(everywhere, ImprovementAction.region.in_(own))
        case _:
            return false()


def add_action(
    session: Session, facts: ActionFacts, *, scope: Scope, by: int | None, now: datetime
) -> ImprovementAction:
    """Add an action, flushed. Raises Refused for a text that is missing or too long, or a foreign region."""
    clean = _checked(session, facts, scope)
    done_on = now.date() if clean.status is ActionStatus.DONE else None
    action = ImprovementAction(**asdict(clean), done_on=done_on, created_at=now, updated_at=now)
    session.add(action)
    session.flush()
    record(session, action="add", thing=THING, thing_id=action.id, by=by, now=now)
    return action


def change_action(
    session: Session, action_id: int, facts: ActionFacts, *, scope: Scope, by: int | None, now: datetime
) -> None:
    """Say something else of an action; the same facts a second time change nothing.

    Raises NotFound, also outside the scope, and Refused as `add_action` does.
    """
    action = _find(session, action_id, scope)
    if not may_change(scope, action.region):
        raise Refused("This action is kept by somebody else; ask an admin or the leader of its region.")
    clean = _checked(session, facts, scope)
    changed = {name for name, value in asdict(clean).items() if getattr(action, name) != value}
    if not changed:
        return
    for name, value in asdict(clean).items():
        setattr(action, name, value)
    if clean.status is not ActionStatus.DONE:
        action.done_on = None
    elif action.done_on is None:
        action.done_on = now.date()
    action.updated_at = now
    session.flush()
    if changed & set(TOLD):
        _reopen_letters(session, action_id, now)
    record(session, action="change", thing=THING, thing_id=action_id, by=by, now=now)


def finish_action(
    session: Session, action_id: int, *, changed: str, scope: Scope, by: int | None, now: datetime
) -> None:
    """Mark an action done, with what has changed. Raises NotFound, and Refused without words or when done."""
    action = _find(session, action_id, scope)
    if action.status is ActionStatus.DONE:
        raise Refused("This action is done already.")
    facts = replace(facts_of(action), changed=changed, status=ActionStatus.DONE)
    change_action(session, action_id, facts, scope=scope, by=by, now=now)


def facts_of(action: ImprovementAction) -> ActionFacts:
    """What stands in the row, as facts."""
    return ActionFacts(**{name: getattr(action, name) for name in ActionFacts.__slots__})


def _checked(session: Session, facts: ActionFacts, scope: Scope) -> ActionFacts:
    clean = replace(
        facts,
        heard=_text("what was heard", facts.heard),
        changed=_text("what has changed", facts.changed),
        will_change=_text("what will change", facts.will_change),
        region=_text("the region", facts.region, most=LONGEST_REGION),
    )
    if not clean.heard:
        raise Refused("Say what was heard, in one sentence.")
    if clean.status is ActionStatus.DONE and not clean.changed:
        raise Refused("An action that is done says what has changed; write that, too.")
    if not may_change(scope, clean.region):
        raise Refused("You keep the actions of your own region; choose it as the action's region.")
    if clean.owner_id is not None:
        owner = session.get(User, clean.owner_id)
        if owner is None or not owner.active:
            raise Refused("The owner is nobody who is active here; choose somebody else.")
    return clean


def _text(what: str, text: str, *, most: int = LONGEST_TEXT) -> str:
    said = " ".join(text.replace("\0", "").split())
    if len(said) > most:
        raise Refused(f"For {what} there is room for {most} characters; these are {len(said)}.")
    return said


def _reopen_letters(session: Session, action_id: int, now: datetime) -> None:
    telling = select(LetterAction.letter_id).where(LetterAction.action_id == action_id)
    session.execute(
        update(Letter)
        .where(Letter.id.in_(telling), Letter.state == LetterState.APPROVED)
        .values(state=LetterState.DRAFT, updated_at=now)
    )


def _find(session: Session, action_id: int, scope: Scope) -> ImprovementAction:
    found = session.scalar(
        select(ImprovementAction).where(ImprovementAction.id == action_id, visible_actions(scope))
    )
    if found is None:
        raise NotFound(THING, action_id)
    return found
