"""Improvement actions: who keeps which, what they must say, and how a list of them is read."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.base.keyset import Wanted
from surveyd.closed_loop.action_lists import ActionLine, every_action, find_action, list_actions
from surveyd.closed_loop.actions import ActionFacts, add_action, change_action, finish_action
from surveyd.closed_loop.models import ActionStatus
from surveyd.people.access import NOBODY, SYSTEM, Scope, scope_of
from surveyd.people.models import AuditEntry, User
from tests.base.hostile import HOSTILE
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast, make_cast

LATE = ActionFacts(heard="Deliveries come late", will_change="We tell you the day before")


@pytest.fixture
def people(session: Session) -> Cast:
    """The cast, inside the test's one transaction."""
    return make_cast(session, NOW)


def scope(session: Session, user_id: int) -> Scope:
    return scope_of(session.get_one(User, user_id))


def added(session: Session, **changed: object) -> int:
    """Add an action as the operator; returns its id."""
    facts = replace(LATE, **changed)  # type: ignore[arg-type]  # the caller's keywords
    return add_action(session, facts, scope=SYSTEM, by=None, now=NOW).id


def read(session: Session, action_id: int) -> ActionLine:
    return find_action(session, action_id, scope=SYSTEM)


def test_an_action_is_added_changed_and_finished(session: Session, people: Cast) -> None:
    action_id = added(session, owner_id=people.mona.id, due_on=date(2026, 4, 1))

    started = replace(LATE, owner_id=people.mona.id, status=ActionStatus.UNDER_WAY)
    change_action(session, action_id, started, scope=SYSTEM, by=people.admin.id, now=NOW)
    finish_action(session, action_id, changed="A second carrier", scope=SYSTEM, by=None, now=NOW)

    line = read(session, action_id)
    assert (line.heard, line.changed, line.owner) == (LATE.heard, "A second carrier", "Mona Manager")
    assert (line.status, line.done_on) == (ActionStatus.DONE, NOW.date())
    trail = select(AuditEntry.action).where(AuditEntry.thing == "action").order_by(AuditEntry.id)
    assert session.scalars(trail).all() == ["add", "change", "change"]


def test_the_same_facts_again_change_nothing(session: Session, people: Cast) -> None:
    action_id = added(session)

    change_action(session, action_id, LATE, scope=SYSTEM, by=None, now=NOW.replace(year=2027))

    assert read(session, action_id).updated_at == NOW
    counted = select(func.count()).select_from(AuditEntry).where(AuditEntry.thing == "action")
    assert session.scalar(counted) == 1


def test_an_action_is_finished_once_and_may_be_taken_up_again(session: Session, people: Cast) -> None:
    action_id = added(session)
    finish_action(session, action_id, changed="A second carrier", scope=SYSTEM, by=None, now=NOW)
    with pytest.raises(Refused, match="done already"):
        finish_action(session, action_id, changed="A third one", scope=SYSTEM, by=None, now=NOW)

    again = replace(LATE, changed="A second carrier", status=ActionStatus.UNDER_WAY)
    change_action(session, action_id, again, scope=SYSTEM, by=None, now=NOW)

    assert read(session, action_id).done_on is None


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"heard": " \n "}, "Say what was heard"),
        ({"heard": "x" * 501}, "room for 500"),
        ({"status": ActionStatus.DONE}, "says what has changed"),
        ({"owner_id": 999_999}, "nobody who is active"),
        ({"region": "x" * 81}, "room for 80"),
    ],
)
def test_what_an_action_must_say(session: Session, changed: dict[str, object], says: str) -> None:
    with pytest.raises(Refused, match=says):
        added(session, **changed)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_one_line_of_text(session: Session, text: str) -> None:
    try:
        line = read(
            session, added(session, heard=f"We heard {text}"[:400].encode("utf-8", "replace").decode())
        )
    except Refused as error:
        pytest.fail(str(error))
    assert "\n" not in line.heard and "\r" not in line.heard and "\0" not in line.heard
    assert line.heard.startswith("We heard")


def test_who_reads_which(session: Session, people: Cast) -> None:
    everywhere, north, south = (added(session, region=region) for region in ("", "North", "South"))

    def seen(person_id: int) -> set[int]:
        return {line.id for line in every_action(session, scope=scope(session, person_id))}

    for sees_all in (people.admin, people.executive, people.support):
        assert seen(sees_all.id) == {everywhere, north, south}
    assert seen(people.leader.id) == seen(people.mona.id) == {everywhere, north}
    assert seen(people.milo.id) == {everywhere, south}
    assert seen(people.outsider.id) == {everywhere}
    assert every_action(session, scope=NOBODY) == []


def test_a_leader_keeps_the_actions_of_the_own_region(session: Session, people: Cast) -> None:
    leader = scope(session, people.leader.id)
    everywhere, north, south = (added(session, region=region) for region in ("", "North", "South"))
    facts = replace(LATE, region="North", heard="Invoices are hard to read")

    change_action(session, north, facts, scope=leader, by=people.leader.id, now=NOW)
    add_action(session, facts, scope=leader, by=people.leader.id, now=NOW)

    assert read(session, north).heard == facts.heard
    with pytest.raises(NotFound):
        change_action(session, south, facts, scope=leader, by=people.leader.id, now=NOW)
    with pytest.raises(Refused, match="kept by somebody else"):
        change_action(session, everywhere, facts, scope=leader, by=people.leader.id, now=NOW)
    for region in ("", "South"):
        with pytest.raises(Refused, match="your own region"):
            add_action(session, replace(facts, region=region), scope=leader, by=None, now=NOW)
        with pytest.raises(Refused, match="your own region"):
            change_action(session, north, replace(facts, region=region), scope=leader, by=None, now=NOW)


@pytest.mark.parametrize("who", ["mona", "support", "outsider"])
def test_others_change_nothing(session: Session, people: Cast, who: str) -> None:
    reader = scope(session, getattr(people, who).id)
    action_id = added(session)

    with pytest.raises(Refused):
        change_action(session, action_id, replace(LATE, heard="x"), scope=reader, by=None, now=NOW)
    with pytest.raises(Refused):
        add_action(session, LATE, scope=reader, by=None, now=NOW)
    assert not find_action(session, action_id, scope=reader).may_change


@pytest.mark.parametrize("sort", ["heard", "-owner", "due", "-due", "status", "updated"])
def test_a_list_pages_through_everything_once(session: Session, people: Cast, sort: str) -> None:
    days = [None, date(2026, 4, 1), date(2026, 3, 1), None, date(2026, 5, 1)]
    ids = {added(session, heard=f"Wish {len(str(day))}", due_on=day) for day in days}

    found: list[int] = []
    after = ""
    while True:
        page = list_actions(session, Wanted(sort=sort, after=after), scope=SYSTEM, limit=2)
        found += [line.id for line in page.lines]
        if not (after := page.after):
            break

    assert sorted(found) == sorted(ids)
    if sort == "due":
        shown = [read(session, action_id).due_on for action_id in found]
        assert shown == [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1), None, None]


def test_a_list_is_narrowed(session: Session, people: Cast) -> None:
    mine = added(session, owner_id=people.mona.id)
    done = added(session, heard="100% wrong invoices", changed="New layout", status=ActionStatus.DONE)

    def ids(**wish: object) -> list[int]:
        wanted = Wanted(sort="heard", **wish)  # type: ignore[arg-type]  # the caller's keywords
        return [line.id for line in list_actions(session, wanted, scope=SYSTEM).lines]

    assert ids(search="100%") == ids(search="LAYOUT") == ids(filters={"status": "done"}) == [done]
    assert ids(filters={"owner": str(people.mona.id)}) == [mine]
    assert ids(filters={"owner": "x"}) == ids(filters={"status": "lost"}) == ids(search="%%") == []
    counts = list_actions(session, Wanted(sort="heard", search="layout"), scope=SYSTEM).counts
    assert counts == {ActionStatus.PLANNED: 1, ActionStatus.DONE: 1}
