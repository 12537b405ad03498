"""Ten submits of one link at once: one response, one receipt for all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.database import db, writing
from surveyd.closed_loop.intake import Receipt, submit
from surveyd.closed_loop.models import Case, SampleCounter
from surveyd.distribution.models import Message
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response
from surveyd.results.models import Score
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY, OFFICE, UNHAPPY, open_wave

AT_ONCE = 10


def at_once(app: Flask, work: Callable[[Session, int], Receipt]) -> list[Receipt]:
    """What ten threads got that all did `work` in a transaction of their own, started together."""
    start = Barrier(AT_ONCE)

    def one(number: int) -> Receipt:
        with app.app_context():
            start.wait()
            try:
                with writing() as session:
                    return work(session, number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_ten_at_once_get_one_receipt(app: Flask, writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        invitation_id = asking.ask(asking.people.anna.id)

    receipts = at_once(app, lambda session, number: _answer(session, invitation_id, recommend=number % 7))

    assert len({receipt.number for receipt in receipts}) == 1
    assert sum(receipt.is_first for receipt in receipts) == 1
    with reader() as session:
        counted = [
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Response, Score, Case, Message)
        ]
        first = session.scalars(select(Response)).one()
        score = session.scalars(select(Score)).one()
        assert counted == [1, 1, 1, 2]
        assert first.receipt == receipts[0].number
        assert score.recommendation == first.answers["recommend"]


def test_ten_promoters_at_once_fill_their_blocks(
    app: Flask, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        invitations = [asking.ask_somebody(number) for number in range(AT_ONCE)]

    receipts = at_once(app, lambda session, number: _answer(session, invitations[number], **HAPPY))

    assert len({receipt.number for receipt in receipts}) == AT_ONCE
    with reader() as session:
        assert session.scalars(select(SampleCounter.arrived)).all() == [AT_ONCE]
        assert session.execute(select(func.count()).select_from(Case)).scalar_one() in {2, 3}


def test_a_submit_that_fails_leaves_nothing(app: Flask, writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        invitation_id = asking.ask(asking.people.anna.id)
    try:
        with writer() as session:
            _answer(session, invitation_id, **UNHAPPY)
            raise ConnectionResetError
    except ConnectionResetError:
        pass

    with reader() as session:
        tables = (Response, Score, Case, Message)
        assert [session.scalars(select(table)).all() for table in tables] == [[], [], [], []]
    with writer() as session:
        assert _answer(session, invitation_id, **UNHAPPY).is_first


def _answer(session: Session, invitation_id: int, **answers: int | str) -> Receipt:
    return submit(
        session,
        invitation_id,
        answers=answers,
        channel=AnswerChannel.WEB,
        given_at=NOW,
        now=NOW,
        office=OFFICE,
    )
