"""Parent accounts and all below them, as far as somebody may see."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.people.families import Family, Parent, families, is_parent, parent_of
from surveyd.people.models import Account
from tests.fixtures.apps import NOW

NORTH = Scope(Reach.REGION, 1, "North")


@pytest.fixture
def tree(session: Session) -> dict[str, int]:
    """Head (North) has Near (South) and Far (North); below Near is Deep (North). Alone stands alone."""
    ids: dict[str, int] = {}
    shape = [("Head", "", "North"), ("Near", "Head", "South"), ("Far", "Head", "North")]
    for name, parent, region in [*shape, ("Deep", "Near", "North"), ("Alone", "", "North")]:
        account = Account(
            external_id=name,
            name=name,
            region=region,
            parent_id=ids.get(parent),
            created_at=NOW,
            updated_at=NOW,
        )
        session.add(account)
        session.flush()
        ids[name] = account.id
    return ids


def test_a_family_is_everything_below(tree: dict[str, int], session: Session) -> None:
    found = families(session, list(tree.values()), scope=SYSTEM)

    assert found == {
        tree["Head"]: Family((tree["Head"], tree["Near"], tree["Far"], tree["Deep"]), has_more=False),
        tree["Near"]: Family((tree["Near"], tree["Deep"]), has_more=False),
    }
    assert families(session, [], scope=SYSTEM) == {}


def test_what_is_out_of_sight_is_told_and_not_counted(tree: dict[str, int], session: Session) -> None:
    found = families(session, [tree["Head"], tree["Alone"]], scope=NORTH)

    # Deep is in sight although Near, above it, is not.
    expected = Family((tree["Head"], tree["Far"], tree["Deep"]), has_more=True)
    assert found == {tree["Head"]: expected}


def test_parents_that_lead_back_to_themselves_end(tree: dict[str, int], session: Session) -> None:
    session.get_one(Account, tree["Head"]).parent_id = tree["Deep"]
    session.get_one(Account, tree["Alone"]).parent_id = tree["Alone"]
    session.flush()

    found = families(session, [tree["Near"], tree["Alone"]], scope=SYSTEM)

    assert set(found[tree["Near"]].account_ids) == {tree[name] for name in ("Head", "Near", "Far", "Deep")}
    assert tree["Alone"] not in found


def test_who_is_a_parent(tree: dict[str, int], session: Session) -> None:
    assert set(session.scalars(select(Account.name).where(is_parent()))) == {"Head", "Near"}


def test_the_account_above(tree: dict[str, int], session: Session) -> None:
    near, deep = (session.get_one(Account, tree[name]) for name in ("Near", "Deep"))

    assert parent_of(session, near, scope=NORTH) == Parent(tree["Head"], "Head")
    assert parent_of(session, deep, scope=NORTH) == Parent(None, "")
    assert parent_of(session, near, scope=NOBODY) == Parent(None, "")
    assert parent_of(session, session.get_one(Account, tree["Head"]), scope=SYSTEM) is None
