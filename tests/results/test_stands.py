"""How a wave stands, by the rule that is asked about."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveyd.results import rescoring
from surveyd.results.columns import columns_of
from surveyd.results.models import Score
from surveyd.results.policies import current
from surveyd.results.shelf import OVERLAP
from surveyd.results.stands import stands_of
from surveyd.scoring.policy import SHIPPED
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, open_wave

NEXT = replace(SHIPPED, version="2", cut=8_000)


def test_scores_by_another_rule_move_nothing(session: Session) -> None:
    asking = open_wave(session, NOW)
    ids = [asking.answer(asking.ask_somebody(number), HAPPY).response_id for number in range(3)]

    def last(rule: str) -> int:
        [stand] = stands_of(session, [asking.wave.id], policy="digest", rule=rule)
        return stand.last

    before = last("1")
    assert before == session.scalar(select(Score.id).order_by(Score.id.desc()).limit(1))
    assert last("2") == 0
    rescoring.score_these(session, ids, NEXT, now=NOW)
    assert last("1") == before < last("2")


def test_an_answer_with_a_lower_id_is_seen_however_much_is_rescored_meanwhile(
    writer: Transaction, reader: Transaction
) -> None:
    """A submit had taken its id, history was rescored, and only then it was committed, as on PostgreSQL."""
    with writer() as session:
        asking = open_wave(session, NOW)
        wave, happy = asking.wave.id, asking.answer(asking.ask_somebody(1), HAPPY).response_id
        late = asking.ask_somebody(2)
    with writer() as session:
        rescoring.score_these(session, [happy], NEXT, now=NOW)
        far = select(Score).where(Score.rule_version == "2")
        session.scalars(far).one().id += 10 * OVERLAP

    def ratings() -> list[int]:
        with reader() as session:
            return sorted(columns_of(session, [wave]).answered.recommendation.tolist())

    assert ratings() == [10]
    with writer() as session:
        asking = replace(asking, session=session, now=NOW + timedelta(minutes=1))
        asking.answer(late, CONTENT)
        score = session.scalars(select(Score).where(Score.recommendation == 8)).one()
        first = session.scalars(select(Score.id).order_by(Score.id)).first() or 0
        score.id = first + 1 if score.id > 10 * OVERLAP else score.id
    assert ratings() == [8, 10]


def test_the_last_score_of_a_rule_comes_from_an_index(session: Session) -> None:
    assert current(session).version == "1"
    if session.get_bind().dialect.name != "sqlite":
        return  # a planner of an empty table reads it whole
    query = "SELECT id FROM scores WHERE wave_id = 1 AND rule_version = '1' ORDER BY id DESC LIMIT 1"
    [plan] = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).scalars(3)
    assert "ix_scores_wave_id_rule_version_id" in plan and "TEMP B-TREE" not in plan
