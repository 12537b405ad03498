"""History is scored anew beside the old scores: in small steps, through kills and races, to one switch."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import SetClock, system_now
from surveyd.base.database import writing
from surveyd.base.services import Services
from surveyd.closed_loop.corrections import correct
from surveyd.closed_loop.intake import submit
from surveyd.closed_loop.models import Case
from surveyd.distribution.models import AfterSending
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response
from surveyd.results import jobs, proposals, rescoring
from surveyd.results.models import Score
from surveyd.results.policies import current
from surveyd.results.policy_models import PolicyState, ScoringPolicy
from surveyd.results.policy_reading import PolicyFile
from surveyd.schedule import sweep_once
from surveyd.scoring.policy import SHIPPED
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, OFFICE, UNHAPPY, Asking, open_wave

HARDER = PolicyFile("A harder cut", replace(SHIPPED, version="", cut=8_000))
Collect = Callable[[], AbstractContextManager[list[str]]]


def ask(asking: Asking, count: int) -> list[int]:
    return [asking.ask_somebody(number) for number in range(count)]


def answer(app: Flask, invitation: int, answers: dict[str, int | str]) -> None:
    with app.app_context(), writing() as session:
        submit(
            session,
            invitation,
            answers=answers,
            channel=AnswerChannel.WEB,
            given_at=NOW,
            now=NOW,
            office=OFFICE,
        )


@pytest.fixture
def invitations(writer: Transaction) -> list[int]:
    """Twelve people who were asked, of whom seven have answered."""
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.program.after_sending = AfterSending.CORRECT
        asked = ask(asking, 12)
        for number, invitation in enumerate(asked[:7]):
            asking.answer(invitation, (HAPPY, CONTENT, UNHAPPY)[number % 3])
        return asked


@pytest.fixture
def accepted(invitations: list[int], writer: Transaction) -> int:
    """A harder cut, accepted: history is to be rescored."""
    with writer() as session:
        found = proposals.propose(session, HARDER, now=NOW, by=None)
        proposals.accept(session, found, against="1", now=NOW, by=None)
        return found


def scored(session: Session) -> dict[str, int]:
    """How many scores each version has."""
    rows = session.execute(select(Score.rule_version, func.count()).group_by(Score.rule_version))
    return {row[0]: row[1] for row in rows}


def step(app: Flask, policy_id: int, *, most: int = 3) -> int:
    """One batch of a worker's, committed."""
    with app.app_context(), writing() as session:
        work = rescoring.work_on(session, policy_id)
        assert work
        return rescoring.rescore_next(session, work, now=NOW, system_now=system_now(), most=most)


def finish(app: Flask, policy_id: int) -> int:
    """Let a worker go on from here to the end."""
    with app.app_context():
        with writing() as session:
            session.execute(update(ScoringPolicy).values(leased_until=None))
        return jobs.rescore(policy_id)


def state_of(session: Session, policy_id: int) -> ScoringPolicy:
    return session.get_one(ScoringPolicy, policy_id)


def test_history_is_scored_beside_and_then_the_new_version_is_in_force(
    app: Flask, accepted: int, reader: Transaction
) -> None:
    with reader() as session:
        cases = session.scalar(select(func.count()).select_from(Case))
    with app.app_context():
        assert jobs.rescore(accepted) == 7
    with reader() as session:
        assert scored(session) == {"1": 7, "2": 7}
        row = state_of(session, accepted)
        assert (row.state, row.in_force_at, row.leased_until) == (PolicyState.CURRENT, NOW, None)
        assert (row.rescored, row.to_rescore) == (7, 7)
        assert state_of(session, 1).state is PolicyState.RETIRED
        assert current(session) == replace(HARDER.policy, version="2")
        moved = select(Score.segment).where(Score.rule_version == "2").order_by(Score.response_id)
        assert set(session.scalars(moved)) == {"truly_loyal", "trapped"}
        told = select(Score.explanation).where(Score.rule_version == "2")
        assert all("80" in explanation[1] for explanation in session.scalars(told))
        assert session.scalar(select(func.count()).select_from(Case)) == cases
    with app.app_context():
        assert jobs.rescore(accepted) == 0


def test_a_kill_in_the_middle_costs_nothing_but_time(
    app: Flask, accepted: int, reader: Transaction, writer: Transaction
) -> None:
    with app.app_context(), writing() as session:
        assert rescoring.take(session, accepted, system_now=system_now())
    assert step(app, accepted) == 3
    with pytest.raises(ZeroDivisionError), app.app_context(), writing() as session:
        work = rescoring.work_on(session, accepted)
        assert work
        rescoring.rescore_next(session, work, now=NOW, system_now=system_now(), most=3)
        raise ZeroDivisionError
    with reader() as session:
        assert scored(session) == {"1": 7, "2": 3}
        row = state_of(session, accepted)
        assert (row.rescored, row.state) == (3, PolicyState.RESCORING)
    with app.app_context():
        # The lease of the dead one keeps others away until it runs out.
        assert jobs.rescore(accepted) == 0
        with writing() as session:
            gone = update(ScoringPolicy).where(ScoringPolicy.id == accepted)
            session.execute(gone.values(leased_until=system_now() - timedelta(seconds=1)))
        assert jobs.rescore(accepted) == 4
    with reader() as session:
        assert scored(session) == {"1": 7, "2": 7}


def test_what_is_answered_meanwhile_counts_by_the_version_in_force_and_is_filled_in(
    app: Flask, invitations: list[int], accepted: int, reader: Transaction
) -> None:
    assert step(app, accepted, most=7) == 7
    answer(app, invitations[7], HAPPY)
    with reader() as session:
        assert scored(session) == {"1": 8, "2": 7}
    with app.app_context(), writing() as session:
        work = rescoring.work_on(session, accepted)
        assert work and not rescoring.put_in_force(session, work, now=NOW)
    assert finish(app, accepted) == 1
    answer(app, invitations[8], HAPPY)
    with reader() as session:
        assert scored(session) == {"1": 8, "2": 9}


def test_a_correction_meanwhile_is_scored_anew_by_both(
    app: Flask, invitations: list[int], accepted: int, reader: Transaction
) -> None:
    assert step(app, accepted, most=7) == 7
    with app.app_context(), writing() as session:
        correct(session, invitations[0], answers=UNHAPPY, channel=AnswerChannel.WEB, now=NOW, office=OFFICE)
    with reader() as session:
        assert scored(session) == {"1": 7, "2": 6}
    assert finish(app, accepted) == 1
    with reader() as session:
        first = select(func.min(Response.id)).scalar_subquery()
        ratings = session.scalars(select(Score.recommendation).where(Score.response_id == first)).all()
        assert list(ratings) == [3, 3]


def test_stragglers_of_the_switch_are_found(
    app: Flask, accepted: int, reader: Transaction, services: Services, clock: SetClock
) -> None:
    with app.app_context():
        jobs.rescore(accepted)
    # A process that had read the old version commits behind the switch.
    with app.app_context(), writing() as session:
        session.execute(update(Score).where(Score.rule_version == "1").values(scored_at=NOW))
        last = session.scalars(select(Score).where(Score.rule_version == "2").limit(1)).one()
        session.delete(last)
    with app.app_context():
        clock.instant = NOW + timedelta(minutes=50)
        assert sweep_once(services, clock.now())["policies"] == 1
        assert sweep_once(services, clock.now())["policies"] == 0
    with reader() as session:
        assert scored(session) == {"1": 7, "2": 7}
    with reader() as session:
        assert not rescoring.is_look_due(session, system_now=system_now())
        assert rescoring.is_look_due(session, system_now=system_now() + timedelta(minutes=1))


def test_the_sweep_rescores_where_no_worker_comes(
    app: Flask, accepted: int, reader: Transaction, services: Services
) -> None:
    with app.app_context():
        assert sweep_once(services, NOW)["policies"] == 7
    with reader() as session:
        assert state_of(session, accepted).state is PolicyState.CURRENT


def test_a_withdrawn_one_is_rescored_no_further(
    app: Flask, accepted: int, reader: Transaction, writer: Transaction
) -> None:
    assert step(app, accepted) == 3
    with writer() as session:
        work = rescoring.work_on(session, accepted)
        assert work
        proposals.withdraw(session, accepted, now=NOW, by=None)
        assert rescoring.rescore_next(session, work, now=NOW, system_now=system_now()) == 0
        assert not rescoring.put_in_force(session, replace(work, cursor=10**9), now=NOW)
    with app.app_context():
        assert jobs.rescore(accepted) == 0
    with reader() as session:
        assert current(session) == SHIPPED
        assert scored(session) == {"1": 7, "2": 3}


def test_two_workers_score_everything_once_and_switch_once(
    app: Flask, invitations: list[int], accepted: int, reader: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both hold it: as if the first one's lease had run out while it went on.
    monkeypatch.setattr(rescoring, "BATCH", 2)
    monkeypatch.setattr(rescoring, "take", lambda *rest, **facts: True)
    start = threading.Barrier(3)

    def work(number: int) -> int:
        start.wait()
        with app.app_context():
            return jobs.rescore(accepted)

    def answer_meanwhile(number: int) -> int:
        start.wait()
        for invitation in invitations[7:]:
            answer(app, invitation, HAPPY)
        return 0

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(task, 0) for task in (work, work, answer_meanwhile)]
        done: list[Any] = [one.result(timeout=60) for one in running]
    assert sum(done) >= 7
    with app.app_context():
        jobs.fill_stragglers(NOW)
    with reader() as session:
        assert current(session).version == "2"
        assert scored(session)["2"] == 12
        in_force = ScoringPolicy.state == PolicyState.CURRENT
        assert session.scalar(select(func.count()).where(in_force)) == 1


def test_a_batch_is_a_handful_of_statements_however_many_it_scores(
    app: Flask, accepted: int, statements: Collect
) -> None:
    with statements() as said:
        step(app, accepted, most=1)
    one = len(said)
    with statements() as said:
        step(app, accepted, most=6)
    assert len(said) <= one <= 8
