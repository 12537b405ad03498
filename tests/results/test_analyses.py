"""Analyses are kept by their question, worked out once by whoever takes them, and never lost."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.database import writing
from surveyd.base.errors import NotFound
from surveyd.base.services import Services
from surveyd.closed_loop.intake import submit
from surveyd.people.access import SYSTEM, Reach, Scope
from surveyd.responses.answers import AnswerChannel
from surveyd.results import analyses, analysis_jobs, drivers
from surveyd.results.analyses import ATTEMPTS_AT_MOST, KEPT, LEASE, AnalysisLine, Question, question_of
from surveyd.results.analysis_models import Analysis, AnalysisKind, AnalysisState
from surveyd.results.drivers import Outcome
from surveyd.results.slices import Slice, slice_of
from surveyd.results.wholes import whole_of
from surveyd.schedule import sweep_once
from surveyd.scoring.driver_report import DriverReport
from surveyd.scoring.pain_delight import PainDelight
from surveyd.scoring.unsaid import Reason, Unsaid
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, OFFICE, open_wave
from tests.fixtures.ratings import rate

QUESTION = Question(AnalysisKind.DRIVERS, (("wave", "2026H1"), ("outcome", "attitude")), SYSTEM, "1")
LEADER = Scope(Reach.REGION, 7, "North")


@pytest.fixture
def house(writer: Transaction) -> int:
    """A wave with 130 answers from thirty accounts; returns the invitation of somebody who is silent."""
    with writer() as session:
        asking = open_wave(session, NOW)
        rate(asking, 130)
        return asking.ask_somebody(999)


def asked_of(session: Session, cut: Slice, scope: Scope = SYSTEM) -> list[drivers.Asked]:
    whole = whole_of(session, cut, scope=scope)
    return drivers.ask(session, whole, cut, scope=scope, outcome=Outcome.ATTITUDE)


def line(session: Session, question: Question = QUESTION) -> AnalysisLine:
    found = analyses.find(session, question)
    assert found
    return found


def wanted(writer: Transaction, question: Question = QUESTION) -> int:
    with writer() as session:
        return analyses.want(session, question, by=None, now=NOW)


def test_a_question_is_known_by_what_it_asks_and_not_by_who_asks(session: Session) -> None:
    admin = replace(QUESTION, scope=Scope(Reach.ALL, 1))
    assert admin.digest == QUESTION.digest == replace(QUESTION, scope=Scope(Reach.ALL, 2)).digest
    others = [
        replace(QUESTION, scope=LEADER),
        replace(QUESTION, kind=AnalysisKind.PAIN_DELIGHT),
        replace(QUESTION, policy="2"),
        replace(QUESTION, slice=(("wave", "2026H2"), ("outcome", "attitude"))),
        replace(QUESTION, scope=Scope(Reach.OWN_ACCOUNTS, 1)),
        replace(QUESTION, scope=Scope(Reach.OWN_ACCOUNTS, 2)),
    ]
    assert len({one.digest for one in [QUESTION, *others]}) == 7
    assert [question_of(one.as_json()).digest for one in others] == [one.digest for one in others]


def test_asking_twice_is_asking_once(session: Session) -> None:
    first = analyses.want(session, QUESTION, by=None, now=NOW)
    assert analyses.want(session, QUESTION, by=None, now=NOW) == first
    assert line(session).is_wanted and line(session).result is None
    assert analyses.find(session, replace(QUESTION, policy="2")) is None


def test_one_worker_has_it_and_what_it_says_counts(session: Session) -> None:
    mine = analyses.want(session, QUESTION, by=None, now=NOW)
    assert analyses.take(session, mine, by="a", system_now=NOW)
    assert analyses.take(session, mine, by="b", system_now=NOW) is None
    assert analyses.waiting(session, system_now=NOW) == []
    assert analyses.tell(session, mine, by="a", done=50, total=500, system_now=NOW)
    assert not analyses.tell(session, mine, by="b", done=1, total=500, system_now=NOW)
    assert (line(session).done, line(session).total) == (50, 500)
    assert not analyses.finish(session, mine, by="b", result={}, revision="x", now=NOW)
    assert analyses.finish(session, mine, by="a", result={"n": 1}, revision="x", now=NOW)
    assert line(session).state is AnalysisState.DONE
    assert analyses.take(session, mine, by="c", system_now=NOW) is None


def test_a_dead_worker_is_taken_over_and_the_third_gives_up(session: Session) -> None:
    mine = analyses.want(session, QUESTION, by=None, now=NOW)
    at = NOW
    for _ in range(ATTEMPTS_AT_MOST):
        assert analyses.waiting(session, system_now=at) == [mine]
        assert analyses.take(session, mine, by="a", system_now=at)
        at += LEASE + timedelta(seconds=1)
    assert analyses.waiting(session, system_now=at) == []
    assert analyses.take(session, mine, by="b", system_now=at) is None
    assert analyses.has_dying(session, system_now=at)
    assert analyses.give_up(session, system_now=at) == 1
    assert line(session).state is AnalysisState.FAILED
    assert line(session).reason == "the worker stopped 3 times while working it out"
    analyses.want(session, QUESTION, by=None, now=NOW)
    assert analyses.take(session, mine, by="c", system_now=at)


def test_what_nobody_asks_for_is_forgotten(session: Session) -> None:
    analyses.want(session, QUESTION, by=None, now=NOW)
    assert not analyses.has_old(session, now=NOW + KEPT)
    later = NOW + KEPT + timedelta(days=1)
    assert analyses.has_old(session, now=later)
    analyses.forget_old(session, now=later)
    assert analyses.find(session, QUESTION) is None
    assert not analyses.has_old(session, now=later)


@pytest.mark.usefixtures("house")
def test_both_analyses_of_a_wave_are_worked_out_and_kept(app: Flask, writer: Transaction) -> None:
    with writer() as session:
        asked = asked_of(session, Slice())
    assert [one.question.slice for one in asked] == [
        (("wave", "2026H1"), ("outcome", "attitude")),
        (("wave", "2026H1"), ("outcome", "recommendation")),
    ]
    for one in asked:
        with app.app_context():
            assert analysis_jobs.work_out(wanted(writer, one.question))
            assert not analysis_jobs.work_out(wanted_already(writer, one.question))
        with writer() as session:
            kept = line(session, one.question)
            assert kept.result is not None and kept.revision == one.revision
            if one.question.kind is AnalysisKind.DRIVERS:
                report = drivers.driver_report(kept.result)
                assert isinstance(report, DriverReport)
                assert report.drivers[0].driver.id == "delivery" and report.n == 130
                assert {out.driver.id for out in report.left_out} >= {"buying", "renewal"}
            else:
                placed = drivers.pain_delight_report(kept.result)
                assert isinstance(placed, PainDelight) and placed.n == 130


def wanted_already(writer: Transaction, question: Question) -> int:
    with writer() as session:
        return line(session, question).id


@pytest.mark.usefixtures("house")
def test_a_slice_and_a_leader_see_their_own_answers(writer: Transaction) -> None:
    with writer() as session:
        everybody = asked_of(session, Slice())[0].answers
        leader = asked_of(session, Slice(), LEADER)[0].answers
        narrowed = asked_of(session, slice_of([("region", "North")]))[0].answers
        assert len(everybody.outcome) == 130 > len(leader.outcome) > 0
        assert (leader.values == narrowed.values).all()
        weights = asked_of(session, slice_of([("weighting", "account")]))[0].answers.weights
        assert weights is not None
        assert np.bincount(everybody.accounts, weights)[np.unique(everybody.accounts)] == pytest.approx(1)
        money = asked_of(session, slice_of([("weighting", "revenue")]))[0].answers.weights
        assert money is not None and np.ptp(np.bincount(everybody.accounts, money)[everybody.accounts]) == 0
        with pytest.raises(NotFound):
            asked_of(session, Slice(waves=("2031H1",)))


@pytest.mark.usefixtures("house")
def test_few_answers_are_kept_as_the_reason(app: Flask, writer: Transaction) -> None:
    few = replace(QUESTION, slice=(("role", "buyer"), *QUESTION.slice))
    with app.app_context():
        assert analysis_jobs.work_out(wanted(writer, few))
    with writer() as session:
        kept = line(session, few).result
        assert kept is not None
        assert drivers.driver_report(kept) == Unsaid(Reason.NO_ANSWERS, "drivers")


@pytest.mark.usefixtures("house")
def test_what_cannot_be_worked_out_says_why(app: Flask, writer: Transaction) -> None:
    gone = replace(QUESTION, slice=(("wave", "2031H1"), ("outcome", "attitude")))
    older = replace(QUESTION, policy="0")
    with app.app_context():
        assert not analysis_jobs.work_out(wanted(writer, gone))
        assert not analysis_jobs.work_out(wanted(writer, older))
        assert not analysis_jobs.work_out(4711)
    with writer() as session:
        assert line(session, gone).reason == "a wave of this slice is gone"
        assert line(session, older).reason == "the scoring policy has changed meanwhile; ask again"


@pytest.mark.usefixtures("house")
def test_an_overtaken_worker_stops(app: Flask, writer: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis_jobs, "TELL_SECONDS", 0.0)
    mine = wanted(writer)
    told: list[tuple[int, int]] = []
    work = drivers.work_out

    def overtaken(kind: AnalysisKind, answers: object, **facts: object) -> object:
        progress = facts["progress"]
        assert callable(progress)
        progress(50, 500)
        with writing() as session:
            told.append((line(session).done, line(session).total))
            session.execute(update(Analysis).values(lease_by="somebody else"))
        return work(kind, answers, **facts)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(drivers, "work_out", overtaken)
    with app.app_context():
        assert not analysis_jobs.work_out(mine)
    assert told == [(50, 500)]
    with writer() as session:
        assert line(session).is_wanted


def test_the_sweep_has_the_latest_wave_worked_out_and_again_when_answers_came(
    app: Flask, services: Services, house: int, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a queue the sweep does the work itself; the bell is away here."""
    monkeypatch.setattr(analysis_jobs, "ring_for_analysis", lambda house, analysis_id: False)
    with app.app_context():
        assert [sweep_once(services, NOW)["analyses"] for _ in range(4)] == [4, 1, 1, 0]
        assert sweep_once(services, NOW + timedelta(hours=2))["analyses"] == 0
    with writer() as session:
        assert line(session).state is AnalysisState.DONE
        later = NOW + timedelta(minutes=5)
        submit(
            session,
            house,
            answers=CONTENT,
            channel=AnswerChannel.WEB,
            given_at=later,
            now=later,
            office=OFFICE,
        )
    with app.app_context():
        assert sweep_once(services, NOW + timedelta(minutes=30))["analyses"] == 0
        assert sweep_once(services, NOW + timedelta(hours=2))["analyses"] == 4


@pytest.mark.usefixtures("house")
def test_what_fails_stops_nothing_else_and_pauses_an_hour(
    app: Flask, services: Services, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis_jobs, "ring_for_analysis", lambda house, analysis_id: False)
    at = [system_now()]
    monkeypatch.setattr(analysis_jobs, "system_now", lambda: at[0])
    work, tried = drivers.work_out, []

    def fail(kind: AnalysisKind, answers: object, **facts: object) -> object:
        tried.append(kind)
        if kind is AnalysisKind.DRIVERS:
            raise ZeroDivisionError
        return work(kind, answers, **facts)  # type: ignore[arg-type]  # passed on

    with app.app_context():
        assert [sweep_once(services, NOW)["analyses"] for _ in range(3)] == [4, 1, 1]
        # Two hours later somebody has answered, and the drivers fail from now on.
        later = NOW + timedelta(hours=2)
        with writing() as session:
            session.execute(update(Analysis).values(scored_to=0))
        monkeypatch.setattr(drivers, "work_out", fail)
        for minutes in range(50):
            at[0] += timedelta(minutes=1)
            sweep_once(services, later + timedelta(minutes=minutes))
        assert tried.count(AnalysisKind.DRIVERS) == ATTEMPTS_AT_MOST
        assert tried.count(AnalysisKind.PAIN_DELIGHT) == 1
    with writer() as session:
        kept = line(session)
        assert kept.state is AnalysisState.FAILED and kept.result is not None
        assert kept.worked_out_at == NOW and kept.asked_at == later


def test_the_sweep_asks_nothing_before_the_first_answer(
    app: Flask, services: Services, writer: Transaction
) -> None:
    with app.app_context():
        assert sweep_once(services, NOW)["analyses"] == 0
    with writer() as session:
        open_wave(session, NOW)
    with app.app_context():
        assert sweep_once(services, NOW)["analyses"] == 0


def test_the_sweep_clears_away_what_died(
    app: Flask, services: Services, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = wanted(writer)
    with writer() as session:
        long_ago = system_now() - LEASE - timedelta(seconds=1)
        session.execute(
            update(Analysis).values(attempts=ATTEMPTS_AT_MOST, lease_until=long_ago, lease_by="x")
        )
    with app.app_context():
        assert sweep_once(services, NOW)["analyses"] == 0
    with writer() as session:
        assert session.get_one(Analysis, mine).state is AnalysisState.FAILED
