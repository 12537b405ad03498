"""What a switch of the scoring policy leaves behind is found, and what fails on the way stops nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.database import writing
from surveyd.base.services import Services
from surveyd.responses.models import Response
from surveyd.results import comparisons, jobs, proposals, rescoring
from surveyd.results.models import Score
from surveyd.results.policies import current
from surveyd.results.policy_models import ScoringPolicy
from surveyd.results.policy_reading import PolicyFile
from surveyd.scoring.policy import SHIPPED, Policy
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, open_wave

HARDER = PolicyFile("A harder cut", replace(SHIPPED, version="", cut=8_000))
SOFTER = PolicyFile("A softer cut", replace(SHIPPED, version="", cut=5_000))


@pytest.fixture
def accepted(writer: Transaction) -> int:
    """Seven answers, and a harder cut, accepted: history is to be rescored."""
    with writer() as session:
        asking = open_wave(session, NOW)
        for number in range(7):
            asking.answer(asking.ask_somebody(number), (HAPPY, CONTENT, UNHAPPY)[number % 3])
        found = proposals.propose(session, HARDER, now=NOW, by=None)
        proposals.accept(session, found, against="1", now=NOW, by=None)
        return found


def scored(session: Session) -> dict[str, int]:
    """How many scores each version has."""
    rows = session.execute(select(Score.rule_version, func.count()).group_by(Score.rule_version))
    return {row[0]: row[1] for row in rows}


def look_at(at: datetime, monkeypatch: pytest.MonkeyPatch) -> int:
    """What the job fills in when the system's clock says so."""
    monkeypatch.setattr(jobs, "system_now", lambda: at)
    return jobs.fill_stragglers(NOW + timedelta(days=2))


def drop_one(writer: Transaction) -> None:
    """As a process that had read the old version leaves it behind: no score by the version in force."""
    with writer() as session:
        session.delete(session.scalars(select(Score).where(Score.rule_version == "2").limit(1)).one())


def test_stragglers_are_found_however_late_somebody_looks_and_until_it_was_quiet(
    app: Flask, accepted: int, reader: Transaction, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        jobs.rescore(accepted)
    drop_one(writer)
    # Nothing ran for two days.
    begin, wait = system_now() + timedelta(days=2), rescoring.QUIET + timedelta(seconds=1)
    with app.app_context():
        assert look_at(begin, monkeypatch) == 1
        assert look_at(begin + wait, monkeypatch) == 0
        # The last look is at all history, also where the others do not look.
        monkeypatch.setattr(rescoring, "OPEN_IDS", 0)
        with writer() as session:
            session.execute(update(ScoringPolicy).values(looked_from=10**6))
        drop_one(writer)
        assert look_at(begin + wait + timedelta(minutes=1), monkeypatch) == 0
        assert look_at(begin + 2 * wait + timedelta(minutes=1), monkeypatch) == 1
        # What was found begins the quiet time anew.
        third = begin + 3 * wait
        assert look_at(third, monkeypatch) == 0
        with reader() as session:
            assert rescoring.is_look_due(session, system_now=third + wait)
        assert look_at(third + wait, monkeypatch) == 0
        with reader() as session:
            assert not rescoring.is_look_due(session, system_now=third + 2 * wait)
    with reader() as session:
        assert scored(session) == {"1": 7, "2": 7}


def test_a_look_reads_what_came_around_the_switch_and_a_correction_of_an_old_answer(
    app: Flask, accepted: int, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoring, "OPEN_IDS", 0)
    with app.app_context():
        jobs.rescore(accepted)
    with writer() as session:
        look = rescoring.take_look(session, system_now=system_now())
        assert look and not look.is_last
        first = session.scalars(select(Response.id).order_by(Response.id)).first()
        session.execute(delete(Score).where(Score.response_id == first))
        assert rescoring.stragglers(session, look) == []
        assert rescoring.stragglers(session, replace(look, is_last=True)) == [first]
        # The correction had read the old version before the switch: its score's id is above all.
        rescoring.score_these(session, [first or 0], SHIPPED, now=NOW)
        assert rescoring.stragglers(session, look) == [first]


def test_only_ones_own_lease_is_let_go(accepted: int, writer: Transaction) -> None:
    mine = system_now()
    other = mine + rescoring.LEASE + timedelta(seconds=1)
    with writer() as session:
        assert rescoring.take(session, accepted, system_now=mine)
        assert rescoring.take(session, accepted, system_now=other)
        assert not rescoring.let_go(session, accepted, taken_at=mine)
        assert not rescoring.take(session, accepted, system_now=other)
        assert rescoring.let_go(session, accepted, taken_at=other)
        assert rescoring.take(session, accepted, system_now=other)


def test_what_fails_stops_nothing_else_and_pauses(
    app: Flask, accepted: int, services: Services, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writer() as session:
        proposals.propose(session, SOFTER, now=NOW, by=None)
    tried = []

    def fail(policy: Policy, **facts: object) -> None:
        tried.append(policy.version)
        raise ZeroDivisionError

    monkeypatch.setattr(comparisons, "compare_with_current", fail)
    monkeypatch.setattr(jobs, "ring_for_policy", lambda house, job, policy_id: False)
    with app.app_context():
        assert jobs.work_on_policies(services, NOW) == 7
        assert jobs.work_on_policies(services, NOW) == 0
        at = system_now()
        for _ in range(5):
            at += comparisons.LEASE + timedelta(minutes=1)
            monkeypatch.setattr(jobs, "system_now", lambda now=at: now)
            jobs.work_on_policies(services, NOW)
    # Twice for the version before: the switch has it compared anew.
    assert tried == ["3"] * comparisons.ATTEMPTS_AT_MOST + ["3"]


def test_a_failing_batch_is_tried_again_when_its_lease_has_run_out(
    app: Flask, accepted: int, services: Services, reader: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*rest: object, **facts: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken, app.app_context():
        broken.setattr(rescoring, "score_these", fail)
        assert jobs.work_on_policies(services, NOW) == 0
    with app.app_context():
        assert jobs.work_on_policies(services, NOW) == 0
        monkeypatch.setattr(jobs, "system_now", lambda: system_now() + rescoring.LEASE)
        assert jobs.work_on_policies(services, NOW) == 7
    with reader() as session:
        assert current(session).version == "2"


def test_a_comparison_with_what_is_in_force_no_more_is_not_kept(
    app: Flask, accepted: int, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        proposal = proposals.propose(session, SOFTER, now=NOW, by=None)
        assert comparisons.take(session, proposal, system_now=system_now())
    with app.app_context():
        policy = replace(SOFTER.policy, version="3")
        before = comparisons.compare_with_current(policy, now=NOW)
        jobs.rescore(accepted)
        with writing() as session:
            assert comparisons.take(session, proposal, system_now=system_now())
            assert not comparisons.keep(session, proposal, before)
        with reader() as session:
            row = session.get_one(ScoringPolicy, proposal)
            assert row.comparison is None and row.leased_until is not None
        after = comparisons.compare_with_current(policy, now=NOW)
        with writing() as session:
            assert comparisons.keep(session, proposal, after)
    with reader() as session:
        assert (session.get_one(ScoringPolicy, proposal).comparison or {})["against"] == "2"
