"""Two at the same two at once: they are merged once, and whoever answers meanwhile is heard."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import func, select

from surveyd.base.errors import Refused
from surveyd.distribution.models import Invitation, InvitationState
from surveyd.operations.merge import merge
from surveyd.people.duplicate_models import Merge, SameKind
from surveyd.people.models import AuditEntry, Contact
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import open_wave
from tests.fixtures.cast import Cast

A_MOMENT = 0.5


@pytest.fixture
def people(writer: Transaction) -> Cast:
    """Anna was asked."""
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.ask(asking.people.anna.id)
        return asking.people


def joining(writer: Transaction, kept: int, gone: int) -> Callable[[], int]:
    def run() -> int:
        with writer() as session:
            return merge(session, SameKind.CONTACT, kept_id=kept, gone_id=gone, by=None, now=NOW).id

    return run


def test_two_people_merge_the_same_two_once(people: Cast, writer: Transaction, reader: Transaction) -> None:
    aziz, anna = people.aziz.id, people.anna.id
    with ThreadPoolExecutor(1) as pool:
        with writer() as session:
            first = merge(session, SameKind.CONTACT, kept_id=aziz, gone_id=anna, by=None, now=NOW).id
            other = pool.submit(joining(writer, aziz, anna))
            wait([other], timeout=A_MOMENT)
        assert other.result() == first
    with reader() as session:
        assert session.execute(select(func.count()).select_from(Merge)).scalar_one() == 1
        merges = select(func.count()).where(AuditEntry.action == "merge")
        assert session.execute(merges).scalar_one() == 1


def test_nobody_goes_on_as_each_other(people: Cast, writer: Transaction, reader: Transaction) -> None:
    aziz, anna = people.aziz.id, people.anna.id
    with ThreadPoolExecutor(1) as pool:
        with writer() as session:
            merge(session, SameKind.CONTACT, kept_id=aziz, gone_id=anna, by=None, now=NOW)
            other = pool.submit(joining(writer, anna, aziz))
            wait([other], timeout=A_MOMENT)
        with pytest.raises(Refused):
            other.result()
    with reader() as session:
        went = select(Contact.id).where(Contact.merged_into_id.is_not(None))
        assert list(session.scalars(went)) == [anna]
        invitation = session.scalars(select(Invitation)).one()
        assert (invitation.contact_id, invitation.state) == (aziz, InvitationState.WAITING)
