"""The accounts of a slice out of arrays: as the database counts them, and narrowed."""

import pytest
from sqlalchemy.orm import Session

from surveyd.people.access import SYSTEM, Reach, Scope
from surveyd.people.models import Account, Contact, RelationshipRole
from surveyd.people.rates import rates_in_force
from surveyd.results.movement import people_moves
from surveyd.results.response import response_of
from surveyd.results.revenue import AccountGroup, account_groups, matrix_points
from surveyd.results.slice_accounts import groups_of, points_of, stands_of
from surveyd.results.slice_people import people_moves_in
from surveyd.results.slices import Slice
from surveyd.results.wholes import Whole, whole_of
from surveyd.scoring.estimates import Estimate
from surveyd.scoring.nonresponse import Representativeness
from surveyd.scoring.unsaid import Unsaid
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking
from tests.results.test_trend import add_wave

LEAVING: dict[str, int | str] = UNHAPPY | {"renew": 1, "alternatives": 5}
EVERYBODY = Slice()


@pytest.fixture
def two_waves(asking: Asking, session: Session) -> tuple[Asking, Asking]:
    """Thirty people: some stay, some move, some fall silent, some come; two speak for one account."""
    later = add_wave(asking, "2026H2", day=180)
    for number in range(30):
        asking.answer(asking.ask_somebody(number), (HAPPY, LEAVING, CONTENT)[number % 3])
    contacts = session.query(Contact).filter(Contact.external_id.like("N-%")).order_by(Contact.id).all()
    for place, contact in enumerate(contacts):
        account = session.get_one(Account, contact.account_id)
        account.region = ("North", "South")[place % 2]
        account.revenue_cents = None if place % 7 == 0 else 1_000_00 * place
        account.currency = ("EUR", "USD")[place % 5 == 0]
        if place % 4 == 0:
            contact.role = RelationshipRole.DECISION_MAKER
        if place < 24:
            invitation = later.ask(contact.id)
            if place % 6:
                later.answer(invitation, (HAPPY, HAPPY, LEAVING)[place % 3])
    colleague = later.ask_somebody(100, account_id=contacts[1].account_id)
    later.answer(colleague, LEAVING)
    session.flush()
    return asking, later


def wholes(session: Session, *, scope: Scope = SYSTEM) -> tuple[Whole, Whole]:
    then, now = (whole_of(session, Slice(waves=(slug,)), scope=scope) for slug in ("2026H1", "2026H2"))
    return then, now


@pytest.mark.parametrize("scope", [SYSTEM, Scope(Reach.REGION, None, "North")])
def test_arrays_and_the_database_count_the_same(
    session: Session, two_waves: tuple[Asking, Asking], scope: Scope
) -> None:
    before_id, wave_id = (one.wave.id for one in two_waves)
    then, now = wholes(session, scope=scope)
    stood, stands = stands_of(then, EVERYBODY), stands_of(now, EVERYBODY)

    def sorted_groups(groups: tuple[AccountGroup, ...]) -> list[AccountGroup]:
        return sorted(groups, key=str)

    expected = account_groups(session, wave_id, scope=scope, before_id=before_id)
    assert sorted_groups(groups_of(stands, stood)) == sorted_groups(expected)
    assert len(expected) > 6
    moves = people_moves(session, before_id, wave_id, scope=scope, everybody=True)
    assert sorted(people_moves_in(then, now, EVERYBODY), key=str) == sorted(moves, key=str)
    points = points_of(session, stands, rates=rates_in_force(session), with_money=True)
    for one, other in zip(points, matrix_points(session, wave_id, scope=scope), strict=True):
        assert (one.account_id, one.name, one.segment, one.revenue_cents, one.sized_in) == (
            other.account_id,
            other.name,
            other.segment,
            other.revenue_cents,
            other.sized_in,
        )
        assert (one.attitude, one.intent, one.size) == pytest.approx(
            (other.attitude, other.intent, other.size)
        )


def test_a_slice_places_an_account_by_its_own_people(
    session: Session, two_waves: tuple[Asking, Asking]
) -> None:
    _, now = wholes(session)
    deciders = stands_of(now, EVERYBODY.narrowed("role", "decision_maker"))

    groups = groups_of(deciders, None)

    assert {group.before for group in groups} == {"not_asked"}
    asked = sum(group.accounts for group in groups if group.state != "not_asked")
    assert asked == 6, "of the 24 people asked again, each fourth decides"
    assert sum(group.accounts for group in groups) == now.size


def test_amounts_are_for_those_who_may_see_them(session: Session, two_waves: tuple[Asking, Asking]) -> None:
    _, now = wholes(session)

    points = points_of(session, stands_of(now, EVERYBODY), rates=rates_in_force(session), with_money=False)

    assert points and {(point.revenue_cents, point.size) for point in points} == {(None, 0.0)}


def test_the_silent_are_known_by_what_they_said_before(
    session: Session, two_waves: tuple[Asking, Asking]
) -> None:
    then, now = wholes(session)

    found = response_of(now, EVERYBODY, before=then)

    assert found.steps == (("invitation", 21), ("reminder", 0), ("call", 0))
    assert isinstance(found.evenness, Representativeness)
    assert (found.evenness.invited, found.evenness.answered) == (25, 21)
    assert 0 <= found.evenness.indicator <= 1
    assert found.silence and isinstance(found.silence.silent, Estimate)
    assert (found.silence.silent.n, found.silence.silent.value) == (4, 1.0), "each sixth said HAPPY before"
    assert isinstance(found.silence.answering, Estimate) and found.silence.answering.n == 20


def test_nobody_can_say_who_was_invited_to_answer_by_phone(
    session: Session, two_waves: tuple[Asking, Asking]
) -> None:
    then, now = wholes(session)

    found = response_of(now, EVERYBODY.narrowed("came_by", "phone"), before=then)

    assert (found.evenness, found.silence, found.steps[0]) == (None, None, ("invitation", 0))


def test_a_wave_that_asked_nobody_says_so(session: Session, asking: Asking) -> None:
    whole = whole_of(session, EVERYBODY, scope=SYSTEM)

    found = response_of(whole, EVERYBODY)

    assert isinstance(found.evenness, Unsaid) and isinstance(found.extrapolated, Unsaid)
    assert {group.state for group in groups_of(stands_of(whole, EVERYBODY), None)} == {"not_asked"}
    assert (
        points_of(session, stands_of(whole, EVERYBODY), rates=rates_in_force(session), with_money=True) == ()
    )
