"""The improvement actions: who sees which, who keeps which, and what a form says when it cannot be."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from sqlalchemy import select

from surveyd.closed_loop.actions import ActionFacts, add_action
from surveyd.closed_loop.models import ActionStatus, ImprovementAction
from surveyd.people.access import SYSTEM
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn

LATE = ActionFacts(heard="Deliveries come <b>late</b>", will_change="We tell you {{7*7}} the day before")
FIELDS = {"heard": "Invoices are hard to read", "status": "planned", "owner": "", "region": "", "due_on": ""}
Statements = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def add(writer: Transaction) -> Callable[..., int]:
    """`add(region="North")` keeps an action; returns its id."""

    def keep(**changed: object) -> int:
        facts = replace(LATE, **changed)  # type: ignore[arg-type]  # the caller's keywords
        with writer() as session:
            return add_action(session, facts, scope=SYSTEM, by=None, now=NOW).id

    return keep


def stored(reader: Transaction) -> list[ImprovementAction]:
    with reader() as session:
        return list(session.scalars(select(ImprovementAction).order_by(ImprovementAction.id)))


def test_an_empty_list_says_what_comes_next(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.executive).get("/staff/actions").text
    assert "No improvement action yet" in page
    assert "Begin with what keeps coming up" in page and "Add an action" in page
    page = sign_in(office.cast.mona).get("/staff/actions").text
    assert "regional leaders add them" in page and "Add an action" not in page


def test_the_title_is_the_answer_and_texts_are_texts(
    office: Office, sign_in: SignIn, add: Callable[..., int]
) -> None:
    action_id = add()
    add(status=ActionStatus.DONE, changed="New layout")
    ada = sign_in(office.cast.admin)

    assert "1 action is open, 1 done" in ada.get("/staff/actions").text
    for path in ("/staff/actions", f"/staff/actions/{action_id}"):
        page = ada.get(path).text
        assert "Deliveries come &lt;b&gt;late&lt;/b&gt;" in page and "<b>late" not in page
        assert "{{7*7}}" in page


def test_an_action_is_added_and_changed(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    ada = sign_in(office.cast.admin)
    mona = str(office.cast.mona.id)

    answer = ada.post("/staff/actions/new", **FIELDS | {"owner": mona, "due_on": "2026-04-01"})

    [action] = stored(reader)
    assert (answer.status_code, answer.location) == (303, f"/staff/actions/{action.id}")
    assert (action.heard, action.owner_id) == (FIELDS["heard"], office.cast.mona.id)
    page = ada.get(f"/staff/actions/{action.id}").text
    assert 'value="2026-04-01"' in page and f'value="{mona}" selected' in page
    done = FIELDS | {"status": "done", "changed": "A new layout", "region": "South"}
    assert ada.post(f"/staff/actions/{action.id}", **done).status_code == 303
    [action] = stored(reader)
    assert (action.status, action.done_on, action.region) == (ActionStatus.DONE, NOW.date(), "South")
    assert (action.owner_id, action.due_on) == (None, None)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"heard": ""}, "Say what was heard"),
        ({"heard": "x" * 501}, "Shorten this to 500"),
        ({"status": "done"}, "Say what has changed"),
        ({"status": "lost"}, "Not a valid choice"),
        ({"owner": "999999"}, "Not a valid choice"),
        ({"region": "Atlantis"}, "Not a valid choice"),
        ({"due_on": "tomorrow"}, "Not a valid date"),
    ],
)
def test_what_cannot_be_keeps_what_was_typed(
    office: Office, sign_in: SignIn, reader: Transaction, *, changed: dict[str, str], says: str
) -> None:
    fields = FIELDS | {"will_change": "typed in vain"} | changed
    answer = sign_in(office.cast.admin).post("/staff/actions/new", **fields)
    assert answer.status_code == 422
    assert says in answer.text and "typed in vain" in answer.text
    assert stored(reader) == []


def test_a_leader_keeps_the_own_region_and_reads_the_rest(
    office: Office, sign_in: SignIn, add: Callable[..., int], reader: Transaction
) -> None:
    everywhere, north, south = add(), add(region="North"), add(region="South")
    lea = sign_in(office.cast.leader)

    assert lea.get(f"/staff/actions/{south}").status_code == 404
    assert lea.post(f"/staff/actions/{south}", **FIELDS).status_code == 404
    assert "<textarea" not in lea.get(f"/staff/actions/{everywhere}").text
    assert lea.post(f"/staff/actions/{everywhere}", **FIELDS).status_code == 403
    assert lea.post(f"/staff/actions/{north}", **FIELDS).status_code == 422
    assert lea.post(f"/staff/actions/{north}", **FIELDS | {"region": "North"}).status_code == 303
    assert [action.heard for action in stored(reader)] == [LATE.heard, FIELDS["heard"], LATE.heard]


@pytest.mark.parametrize("who", ["mona", "support"])
def test_others_read(
    office: Office, sign_in: SignIn, add: Callable[..., int], reader: Transaction, who: str
) -> None:
    action_id, staff = add(), sign_in(getattr(office.cast, who))
    assert "late" in staff.get("/staff/actions").text
    assert "<textarea" not in staff.get(f"/staff/actions/{action_id}").text
    assert staff.get("/staff/actions/new").status_code == 403
    assert staff.post(f"/staff/actions/{action_id}", **FIELDS).status_code == 403
    assert stored(reader)[0].heard == LATE.heard


def test_a_manager_sees_no_foreign_regions_action(
    office: Office, sign_in: SignIn, add: Callable[..., int]
) -> None:
    south = add(region="South")
    assert sign_in(office.cast.mona).get(f"/staff/actions/{south}").status_code == 404
    assert "late" not in sign_in(office.cast.mona).get("/staff/actions").text
    assert sign_in(office.cast.milo).get(f"/staff/actions/{south}").status_code == 200


def test_the_list_is_searched_sorted_and_narrowed(
    office: Office, sign_in: SignIn, add: Callable[..., int]
) -> None:
    add(heard="Alpha")
    add(heard="Beta", status=ActionStatus.DONE, changed="x", owner_id=office.cast.mona.id)
    ada = sign_in(office.cast.admin)

    page = ada.get("/staff/actions?sort=-heard").text
    assert page.index("Beta") < page.index("Alpha") and 'aria-sort="descending"' in page
    for query in ("search=alph", "status=planned"):
        page = ada.get(f"/staff/actions?{query}").text
        assert "Alpha" in page and "Beta" not in page
    page = ada.get(f"/staff/actions?owner={office.cast.mona.id}").text
    assert "Beta" in page and "Alpha" not in page
    assert "No action fits." in ada.get("/staff/actions?search=gamma").text
    assert ada.get("/staff/actions?after=broken").status_code == 409


def test_the_list_asks_the_database_the_same_few_times(
    office: Office, sign_in: SignIn, add: Callable[..., int], statements: Statements
) -> None:
    ada = sign_in(office.cast.admin)
    counts = []
    for _ in range(2):
        add(heard="One", owner_id=office.cast.mona.id)
        add(heard="Two", region="North")
        with statements() as said:
            assert ada.get("/staff/actions").status_code == 200
        counts.append(len(said))
    assert counts[0] == counts[1] <= 5
