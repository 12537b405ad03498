"""The database's account standings against those of scoring."""

import random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.access import NOBODY, SYSTEM, scope_of
from surveyd.people.models import Contact, RelationshipRole, User
from surveyd.results.models import Score
from surveyd.results.rollups import account_figures
from surveyd.results.standings import standings
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


def test_the_database_places_each_account_where_scoring_does(asking: Asking, session: Session) -> None:
    asked_at_random(asking, random.Random(7))

    found = {row.account_id: row for row in session.execute(select(standings(SYSTEM)))}

    expected = account_figures(session, asking.wave.id, scope=SYSTEM)
    heard = {account_id: figures for account_id, figures in expected.items() if figures.standing.voices}
    assert found.keys() == heard.keys()
    for account_id, figures in heard.items():
        row, standing, counts = found[account_id], figures.standing, figures.nps.counts
        assert (row.segment, row.voices) == (standing.segment, standing.voices)
        assert (row.promoters, row.passives, row.detractors) == (
            counts.promoters,
            counts.passives,
            counts.detractors,
        )
        assert bool(row.deciders_at_risk) == standing.decision_maker_at_risk
        assert row.attitude == (None if standing.attitude is None else pytest.approx(standing.attitude))
    assert len({row.segment for row in found.values()}) == 5


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
