"""Random samples of an audience: the same plan gives the same people again."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution import waves
from surveyd.distribution.audience import (
    Counts,
)
from surveyd.distribution.audience_models import AudienceDraw, SampleKind
from surveyd.distribution.audience_plans import Plan, Sampling
from surveyd.distribution.audience_samples import draw_again, drawn_of, take_over
from surveyd.distribution.models import Wave
from surveyd.distribution.suppressions import opt_out
from surveyd.people.models import Account, Contact
from surveyd.scoring.allocation import Allocation
from tests.distribution.audiences import counts, crowd, save, who_is_in
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast, make_cast


@pytest.fixture
def people(session: Session) -> Cast:
    return make_cast(session, NOW)


@pytest.fixture
def wave(session: Session, people: Cast) -> Wave:
    return make_wave(session)


class TestSamples:
    def test_the_same_plan_gives_the_same_people_again(
        self, session: Session, people: Cast, wave: Wave
    ) -> None:
        crowd(session, people, 40)
        plan = Plan(sampling=Sampling(SampleKind.NUMBER, 20, seed=7))
        save(session, wave, plan)
        once = who_is_in(session, wave)
        assert len(once) == 20 and counts(session, wave).left_out == {"not_in_sample": 43}

        save(session, wave, Plan())
        assert counts(session, wave).invited == 63
        other = make_wave(session, "w2")
        take_over(session, other, waves.program_of(session, other), of=wave, by=None, now=NOW)
        assert counts(session, other).invited == 63
        save(session, other, plan)

        assert who_is_in(session, other) == once
        save(session, other, replace(plan, sampling=replace(plan.sampling, seed=8)))
        assert who_is_in(session, other) != once

    @pytest.mark.parametrize(
        ("allocation", "least", "expected"),
        [
            (Allocation.PROPORTIONAL, 0, {("North",): 20, ("South",): 10}),
            (Allocation.EQUAL, 0, {("North",): 15, ("South",): 15}),
            (Allocation.MINIMUM, 12, {("North",): 17, ("South",): 13}),
        ],
    )
    def test_strata_get_their_share(
        self,
        session: Session,
        people: Cast,
        wave: Wave,
        *,
        allocation: Allocation,
        least: int,
        expected: dict[tuple[str, ...], int],
    ) -> None:
        crowd(session, people, 40)
        sampling = Sampling(SampleKind.NUMBER, 30, ("region",), allocation, least, seed=1)

        save(session, wave, Plan(sampling=sampling))

        drawn = drawn_of(session, wave)
        assert drawn and (drawn.people, drawn.of) == (30, 63)
        assert {share.values: share.drawn for share in drawn.shares} == expected
        theirs = (
            select(Account.region, AudienceDraw.contact_id)
            .join(Contact, Contact.account_id == Account.id)
            .join(AudienceDraw, AudienceDraw.contact_id == Contact.id)
        )
        regions = [row.region for row in session.execute(theirs)]
        assert {(region,): regions.count(region) for region in set(regions)} == expected

    def test_two_dimensions_and_percent(self, session: Session, people: Cast, wave: Wave) -> None:
        crowd(session, people, 40)

        save(session, wave, Plan(sampling=Sampling(SampleKind.SHARE, 50, ("region", "role"), seed=1)))

        drawn = drawn_of(session, wave)
        assert drawn and drawn.people == 32
        assert {share.values for share in drawn.shares} >= {("North", "buyer"), ("South", "user")}

    def test_who_drops_out_is_missing_until_it_is_drawn_again(
        self, session: Session, people: Cast, wave: Wave
    ) -> None:
        crowd(session, people, 40)
        save(session, wave, Plan(sampling=Sampling(SampleKind.NUMBER, 20, seed=7)))
        once = who_is_in(session, wave)
        gone = session.execute(select(Contact).where(Contact.external_id == min(once))).scalar_one()
        opt_out(session, gone.id, now=NOW)
        session.expire_all()
        assert who_is_in(session, wave) == once - {gone.external_id}

        draw_again(session, wave, waves.program_of(session, wave), now=NOW)

        again = who_is_in(session, wave)
        assert len(again) == 20 and len(again - once) == 1

    @pytest.mark.parametrize(
        "sampling",
        [
            Sampling(SampleKind.NUMBER, 0),
            Sampling(SampleKind.SHARE, 101),
            Sampling(SampleKind.NUMBER, 5, ("region", "region")),
            Sampling(SampleKind.NUMBER, 5, ("region", "tier", "country")),
            Sampling(SampleKind.NUMBER, 5, ("segment",)),
            Sampling(SampleKind.NUMBER, 5, ("password",)),
            Sampling(SampleKind.NUMBER, 5, ("region",), Allocation.MINIMUM, 0),
            Sampling(SampleKind.NUMBER, 1, ("region",), Allocation.MINIMUM, 2),
            Sampling(SampleKind.NUMBER, 5, seed=-1),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(self, session: Session, wave: Wave, sampling: Sampling) -> None:
        with pytest.raises(Refused):
            save(session, wave, Plan(sampling=sampling))

    def test_of_nobody_nobody_is_drawn(self, session: Session) -> None:
        empty = make_wave(session)
        save(session, empty, Plan(sampling=Sampling(SampleKind.SHARE, 10, ("region",), seed=1)))
        assert counts(session, empty) == Counts(0, {})
