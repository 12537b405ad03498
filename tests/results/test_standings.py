"""The database's account standings against those of scoring."""

import random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.access import NOBODY, SYSTEM, scope_of
from surveyd.people.models import Contact, RelationshipRole, User
from surveyd.results.account_figures import account_voices
from surveyd.results.asked import WaveAsked
from surveyd.results.models import Score
from surveyd.results.standings import signs_of, standings
from surveyd.scoring.flags import Flag, confidence, raised
from surveyd.scoring.policy import AccountRule, Policy, RollUp
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

ITEMS = ("satisfied", "better", "trust", "enjoy", "renew", "alternatives")


def asked_at_random(asking: Asking, draw: random.Random) -> None:
    """Accounts of up to six people of any role, some silent, some leaving items out."""
    number = 0
    for _ in range(40):
        account_id = None
        for _ in range(draw.randint(1, 6)):
            number += 1
            invitation = asking.ask_somebody(number, account_id=account_id)
            contact = asking.session.scalars(
                select(Contact).where(Contact.external_id == f"N-{number}")
            ).one()
            contact.role = draw.choice(list(RelationshipRole))
            account_id = contact.account_id
            asking.session.flush()
            if draw.random() < 0.8:
                kept = [item for item in ITEMS if draw.random() < 0.8]
                answers: dict[str, int | str] = {item: draw.randint(1, 5) for item in kept}
                asking.answer(invitation, answers | {"recommend": draw.randint(0, 10)})


@pytest.mark.parametrize("method", RollUp)
def test_the_database_places_each_account_where_scoring_does(
    asking: Asking, session: Session, method: RollUp
) -> None:
    asked_at_random(asking, random.Random(7))
    # No two roles of ours weigh alike, and one weighs nothing.
    roles = (("decision_maker", 3), ("influencer", 2), ("buyer", 2), ("gatekeeper", 0), ("unknown", 1))
    policy = Policy(accounts=AccountRule(method=method, roles=roles))

    found = {row.account_id: row for row in session.execute(select(standings(SYSTEM, policy=policy)))}

    everybody = account_voices(session, WaveAsked(asking.wave.id), scope=SYSTEM, now=NOW)
    heard = {account_id: of for account_id, of in everybody.items() if of.voices}
    assert found.keys() == heard.keys()
    for account_id, of in heard.items():
        row, standing = found[account_id], of.standing(policy)
        assert (row.segment, row.voices, row.valid) == (standing.segment, standing.voices, standing.valid)
        counts = of.nps.counts
        assert (row.promoters, row.passives, row.detractors) == (
            counts.promoters,
            counts.passives,
            counts.detractors,
        )
        assert row.attitude == near(standing.attitude)
        assert row.intent == near(standing.intent)
        signs = signs_of(row, NOW)
        assert raised(signs, of.asked, policy.accounts) == standing.flags
        assert confidence(signs, of.asked, policy.accounts) is standing.confidence
    assert len({row.segment for row in found.values()}) == 5
    assert 0 < sum(Flag.SPLIT in of.standing(policy).flags for of in heard.values()) < len(found)


def near(value: float | None) -> object:
    return None if value is None else pytest.approx(value)


def test_a_mean_on_the_cut_is_above_it(asking: Asking, session: Session) -> None:
    people = asking.people
    # Nordwind: Aziz alone at (4 + 4 + 3 + 3): 62.5 of 100.
    on_the_cut: dict[str, int | str] = {"satisfied": 4, "better": 4, "trust": 3, "enjoy": 3}
    asking.answer(asking.ask(people.aziz.id), HAPPY | on_the_cut)

    row = session.execute(select(standings(SYSTEM))).one()

    assert (row.attitude, row.segment) == (62.5, "truly_loyal")


@pytest.mark.parametrize(("who", "accounts"), [("mona", 1), ("milo", 1), ("executive", 2), ("outsider", 0)])
def test_everybody_sees_their_own(asking: Asking, session: Session, who: str, accounts: int) -> None:
    people = asking.people
    asking.answer(asking.ask(people.anna.id), UNHAPPY)
    asking.answer(asking.ask(people.sofie.id), HAPPY)
    scope = scope_of(session.get_one(User, getattr(people, who).id))

    assert len(session.execute(select(standings(scope))).all()) == accounts
    assert session.execute(select(standings(NOBODY))).all() == []
    assert session.execute(select(standings(scope, Score.wave_id == 4711))).all() == []
