"""A change is a proposal first: nothing changes before somebody accepts it, and the first decision holds."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import writing
from surveyd.base.errors import NotFound, Refused
from surveyd.people.models import Account, AuditEntry
from surveyd.results import proposals
from surveyd.results.comparison import Comparison, read_comparison
from surveyd.results.comparisons import compare_with_current
from surveyd.results.models import Score
from surveyd.results.movement import Move
from surveyd.results.policies import current
from surveyd.results.policy_models import PolicyState, ScoringPolicy
from surveyd.results.policy_reading import PolicyFile
from surveyd.results.revenue import Money
from surveyd.scoring.policy import SHIPPED, AccountRule, Axes, Part, Policy
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking, open_wave

HARDER = PolicyFile("A harder cut", replace(SHIPPED, version="", cut=8_000))


@pytest.fixture
def people(asking: Asking) -> tuple[int, int]:
    """The ids of an admin and of an executive."""
    return asking.people.admin.id, asking.people.executive.id


class TestPropose:
    def test_it_is_the_next_version_and_changes_nothing(
        self, session: Session, people: tuple[int, int]
    ) -> None:
        found = proposals.propose(session, HARDER, now=NOW, by=people[0])
        line = proposals.find_policy(session, found)

        assert (line.version, line.state, line.title) == ("2", PolicyState.PROPOSED, "A harder cut")
        assert line.policy == replace(HARDER.policy, version="2")
        assert line.proposed_by == "Ada Admin" and line.is_open
        assert current(session) == SHIPPED
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.thing == "scoring_policy"))
        assert (entry.action, entry.user_id, entry.thing_id) == ("propose", people[0], found)

    def test_the_same_twice_is_one_and_another_gets_the_next_number(self, session: Session) -> None:
        first = proposals.propose(session, HARDER, now=NOW, by=None)
        again = proposals.propose(session, replace(HARDER, title="Other words"), now=NOW, by=None)
        other = PolicyFile("Softer", replace(SHIPPED, cut=5_000))
        third = proposals.propose(session, other, now=NOW, by=None)

        assert first == again != third
        assert [line.version for line in proposals.list_policies(session)] == ["3", "2", "1"]

    def test_what_is_in_force_is_no_proposal(self, session: Session) -> None:
        with pytest.raises(Refused, match="says the same"):
            proposals.propose(session, PolicyFile("The same", SHIPPED), now=NOW, by=None)

    def test_a_withdrawn_one_can_be_proposed_again_as_a_new_version(self, session: Session) -> None:
        first = proposals.propose(session, HARDER, now=NOW, by=None)
        proposals.withdraw(session, first, now=NOW, by=None)
        again = proposals.propose(session, HARDER, now=NOW, by=None)

        assert proposals.find_policy(session, again).version == "3"


class TestDecide:
    def test_accepting_begins_to_rescore_and_puts_nothing_in_force(
        self, session: Session, asking: Asking, people: tuple[int, int]
    ) -> None:
        asking.answer(asking.ask(asking.people.anna.id), HAPPY)
        found = proposals.propose(session, HARDER, now=NOW, by=people[0])
        proposals.accept(session, found, against="1", now=NOW, by=people[1])

        line = proposals.find_policy(session, found)
        assert (line.state, line.to_rescore, line.rescored) == (PolicyState.RESCORING, 1, 0)
        assert (line.decided_by, line.decided_at) == ("Eva Executive", NOW)
        assert current(session) == SHIPPED
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "accept"))
        assert entry.facts == {"version": "2", "responses": 1, "instead_of": "1"}

    def test_only_one_is_rescored_at_a_time(self, session: Session) -> None:
        first = proposals.propose(session, HARDER, now=NOW, by=None)
        softer = PolicyFile("Softer", replace(SHIPPED, cut=5_000))
        second = proposals.propose(session, softer, now=NOW, by=None)
        proposals.accept(session, first, against="1", now=NOW, by=None)

        with pytest.raises(Refused, match="being rescored"):
            proposals.accept(session, second, against="1", now=NOW, by=None)
        proposals.withdraw(session, first, now=NOW, by=None)
        proposals.accept(session, second, against="1", now=NOW, by=None)

    def test_what_was_compared_with_another_version_is_not_accepted(self, session: Session) -> None:
        found = proposals.propose(session, HARDER, now=NOW, by=None)
        with pytest.raises(Refused, match="compare it again"):
            proposals.accept(session, found, against="0", now=NOW, by=None)

    def test_a_decision_is_made_once(self, session: Session) -> None:
        found = proposals.propose(session, HARDER, now=NOW, by=None)
        proposals.withdraw(session, found, now=NOW, by=None)

        for policy_id in (found, 1):
            with pytest.raises(Refused, match="reload"):
                proposals.withdraw(session, policy_id, now=NOW, by=None)
            with pytest.raises(Refused, match="reload"):
                proposals.accept(session, policy_id, against="1", now=NOW, by=None)
        with pytest.raises(NotFound):
            proposals.withdraw(session, 99, now=NOW, by=None)

    def test_of_many_at_once_one_accepts(self, app: Flask, writer: Transaction, reader: Transaction) -> None:
        with writer() as session:
            ids = [
                proposals.propose(
                    session, PolicyFile(f"No {cut}", replace(SHIPPED, cut=cut)), now=NOW, by=None
                )
                for cut in (7_000, 7_100, 7_200, 7_300)
            ]

        def decide(policy_id: int) -> bool:
            with app.app_context():
                try:
                    with writing() as session:
                        proposals.accept(session, policy_id, against="1", now=NOW, by=None)
                except Refused:
                    return False
                return True

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(decide, ids)) == 1
        with reader() as session:
            rescoring = ScoringPolicy.state == PolicyState.RESCORING
            assert session.scalar(select(func.count()).where(rescoring)) == 1


@pytest.fixture
def answered(writer: Transaction) -> None:
    """Two people of Nordwind disagree, one of Südwerk is content; committed."""
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), UNHAPPY)
        asking.answer(asking.ask(asking.people.aziz.id), HAPPY)
        asking.answer(asking.ask(asking.people.sofie.id), CONTENT)
        session.execute(update(Account).values(revenue_cents=500_00, currency="EUR"))


@pytest.fixture
def compare(app: Flask, answered: None) -> Callable[[Policy], Comparison]:
    """`compare(policy)` compares with what is in force."""

    def run(policy: Policy) -> Comparison:
        with app.app_context():
            return compare_with_current(policy, now=NOW)

    return run


class TestCompare:
    def test_it_says_who_would_move_and_writes_nothing(
        self, compare: Callable[[Policy], Comparison], reader: Transaction
    ) -> None:
        found = compare(replace(SHIPPED, version="2", cut=8_000))

        assert (found.against, found.responses, found.people_moving) == ("1", 3, 1)
        assert Move("truly_loyal", "trapped", 1) in found.people
        assert Move("truly_loyal", "truly_loyal", 1) in found.people
        assert found.before.people["truly_loyal"] == 2 and found.after.people["truly_loyal"] == 1
        assert found.before.means == found.after.means
        assert [(one.before, one.now) for one in found.moved_people] == [("truly_loyal", "trapped")]
        [wave] = found.waves
        assert (wave.wave, wave.responses, wave.detractors, wave.passives, wave.promoters) == (
            "2026H1",
            3,
            1,
            1,
            1,
        )
        with reader() as session:
            assert session.scalar(select(func.count()).select_from(Score)) == 3

    def test_accounts_move_with_their_revenue(self, compare: Callable[[Policy], Comparison]) -> None:
        found = compare(replace(SHIPPED, version="2", cut=8_000))

        stayed = [move for move in found.accounts if move.before == move.now]
        [moved] = [move for move in found.accounts if move.before != move.now]
        assert moved == Move("truly_loyal", "trapped", 1, 0, (Money("EUR", 500_00, 1),))
        assert sum(move.count for move in stayed) == 1
        assert [one.now for one in found.moved_accounts] == ["trapped"]

    def test_role_weights_move_accounts_and_nobody_else(
        self, compare: Callable[[Policy], Comparison]
    ) -> None:
        roles = tuple((role, 100 if role == "decision_maker" else 1) for role, _ in SHIPPED.accounts.roles)
        found = compare(replace(SHIPPED, version="2", accounts=AccountRule(roles=roles)))

        assert found.people_moving == 0

    def test_other_items_move_the_means(self, compare: Callable[[Policy], Comparison]) -> None:
        axes = replace(Axes(), attitude=(Part("attitude"), Part("item:satisfied", 0), Part("recommendation")))
        found = compare(replace(SHIPPED, version="2", axes=axes))

        assert found.before.means["attitude"] != found.after.means["attitude"]
        assert found.before.means["intent"] == found.after.means["intent"]
        assert found.before.means["growth"] is None

    def test_it_is_kept_as_plain_data(self, compare: Callable[[Policy], Comparison]) -> None:
        found = compare(replace(SHIPPED, version="2", cut=8_000))
        assert read_comparison(json.loads(json.dumps(found.as_json(), allow_nan=False))) == found

    def test_the_version_in_force_moves_nobody(self, compare: Callable[[Policy], Comparison]) -> None:
        found = compare(replace(SHIPPED, version="2"))
        assert (found.people_moving, found.accounts_moving) == (0, 0)
        assert found.before == found.after


def test_without_answers_there_is_nothing_to_compare(app: Flask) -> None:
    with app.app_context():
        found = compare_with_current(replace(SHIPPED, version="2", cut=8_000), now=NOW)
    assert (found.responses, found.people, found.accounts, found.waves) == (0, (), (), ())
    assert found.before == found.after and found.before.means["attitude"] is None
