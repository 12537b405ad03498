"""The row that a score becomes, and which version it is scored by."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.questionnaires import publish
from surveyd.forms.loading import shipped
from surveyd.responses.models import Draft, Response
from surveyd.results.models import Score
from surveyd.results.scores import key_of_version
from surveyd.scoring.policy import SHIPPED
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, Asking


def test_a_row_holds_all_that_was_measured(asking: Asking, session: Session) -> None:
    answers = HAPPY | {"grow": 4, "easy": 2, "support": 1, "billing": 5, "delivery": "na", "why": "Words."}
    receipt = asking.answer(asking.ask(asking.people.anna.id), answers)

    row = session.scalars(select(Score)).one()
    assert (row.response_id, row.wave_id) == (receipt.response_id, asking.wave.id)
    assert (row.account_id, row.rule_version, row.scored_at) == (asking.people.nordwind, "1", NOW)
    assert (row.recommendation, row.category, row.segment) == (10, "promoter", "truly_loyal")
    assert (row.attitude, row.intent, row.growth, row.ease, row.severity) == (100, 100, 75, 25, 0)
    assert row.stages == {"support": 0, "billing": 100}
    assert row.inputs == HAPPY | {"grow": 4, "easy": 2, "support": 1, "billing": 5}
    assert row.explanation[0] == "promoter: recommendation 10 of 10"


def test_a_score_that_cannot_be_said_is_null(asking: Asking, session: Session) -> None:
    asking.answer(asking.ask(asking.people.anna.id), {"recommend": 8})

    row = session.scalars(select(Score)).one()
    assert (row.category, row.segment) == ("passive", "unclassified")
    assert (row.attitude, row.intent, row.growth, row.ease, row.severity) == (None,) * 5
    assert row.stages == {}


def test_a_response_is_scored_by_the_version_it_was_given_on(asking: Asking, session: Session) -> None:
    # The person began on the short form; the wave has moved on to the long one since.
    short = publish(session, shipped("relational_short"), now=NOW)
    invitation_id = asking.ask(asking.people.anna.id)
    session.add(
        Draft(
            invitation_id=invitation_id,
            version_id=short,
            answers={},
            page="reason",
            channel="web",
            updated_at=NOW,
        )
    )
    session.flush()
    receipt = asking.answer(invitation_id, HAPPY)

    row = session.scalars(select(Score)).one()
    assert session.get_one(Response, receipt.response_id).version_id == short
    assert (row.category, row.segment, row.attitude) == ("promoter", "unclassified", None)


def test_a_version_is_scored_by_the_policy_that_is_asked_for(session: Session) -> None:
    # As while history is rescored: two policies in turn, each read anew from its row or as it was kept.
    questionnaire = shipped("relational")
    version_id = publish(session, questionnaire, now=NOW)
    harder = replace(SHIPPED, version="2", cut=9_000)

    for policy in (SHIPPED, harder, replace(harder), SHIPPED):
        key = key_of_version(session, version_id=version_id, digest=questionnaire.digest, policy=policy)
        assert key.battery.policy == policy
