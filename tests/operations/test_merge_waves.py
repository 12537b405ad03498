"""Whom one wave asked twice, and merged: one invitation goes on, and nobody is asked twice or forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.distribution import audience
from surveyd.distribution.merge_models import MergedInvitation
from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.operations.merge_waves import MERGED, has_late, settle_late
from surveyd.responses.models import Draft, Response
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave
from tests.operations.merging import join, planned


@pytest.fixture
def asking(session: Session, now: datetime) -> Asking:
    return open_wave(session, now)


@dataclass
class Twice:
    """Anna and Aziz are one person whom one wave asked twice."""

    asking: Asking
    kept: int
    gone: int

    def join(self) -> None:
        join(self.asking, self.asking.people.aziz.id, self.asking.people.anna.id)
        self.asking.session.expire_all()

    def state(self, invitation_id: int) -> InvitationState:
        return self.asking.session.get_one(Invitation, invitation_id).state

    def goes_on(self) -> dict[int, int]:
        rows = self.asking.session.execute(
            select(MergedInvitation.invitation_id, MergedInvitation.goes_on_id)
        )
        return {row.invitation_id: row.goes_on_id for row in rows}


@pytest.fixture
def twice(asking: Asking) -> Twice:
    return Twice(asking, asking.ask(asking.people.aziz.id), asking.ask(asking.people.anna.id))


class TestAskedTwice:
    def test_one_goes_on_and_what_was_planned_for_the_other_is_cancelled(self, twice: Twice) -> None:
        session = twice.asking.session
        stays, goes = planned(twice.asking, twice.kept).id, planned(twice.asking, twice.gone).id
        twice.join()
        assert session.get_one(Touch, stays).state is TouchState.PLANNED
        ended = session.get_one(Touch, goes)
        assert (ended.state, ended.reason) == (TouchState.CANCELLED, MERGED)
        assert (twice.state(twice.kept), twice.state(twice.gone)) == ("waiting", "cancelled")
        assert twice.goes_on() == {twice.gone: twice.kept}

    def test_what_was_begun_goes_along(self, twice: Twice) -> None:
        session, now = twice.asking.session, twice.asking.now
        facts = {"version_id": twice.asking.wave.version_id, "page": "first", "channel": "web"}
        session.add(Draft(invitation_id=twice.gone, answers={"recommend": 3}, updated_at=now, **facts))
        session.execute(update(Invitation).where(Invitation.id == twice.gone).values(started_at=now))
        twice.join()
        assert session.get_one(Draft, twice.kept).answers == {"recommend": 3}
        assert session.get_one(Invitation, twice.kept).started_at == now

    def test_who_has_answered_at_either_is_not_asked_again(self, twice: Twice) -> None:
        twice.asking.answer(twice.gone, UNHAPPY)
        planned(twice.asking, twice.kept)
        twice.join()
        assert (twice.state(twice.kept), twice.state(twice.gone)) == ("cancelled", "answered")
        assert twice.goes_on() == {twice.kept: twice.gone}
        waiting = select(func.count()).where(Touch.state == TouchState.PLANNED)
        assert twice.asking.session.execute(waiting).scalar_one() == 0

    def test_two_answers_both_stay(self, twice: Twice) -> None:
        twice.asking.answer(twice.gone, UNHAPPY)
        twice.asking.answer(twice.kept, HAPPY)
        twice.join()
        assert twice.goes_on() == {}
        assert twice.asking.session.execute(select(func.count()).select_from(Response)).scalar_one() == 2

    def test_an_answer_beside_the_merge_ends_the_other(self, twice: Twice) -> None:
        planned(twice.asking, twice.kept)
        twice.join()
        session = twice.asking.session
        assert not has_late(session)
        answered = update(Invitation).where(Invitation.id == twice.gone)
        session.execute(answered.values(state=InvitationState.ANSWERED, answered_at=twice.asking.now))
        assert has_late(session)
        assert settle_late(session, now=twice.asking.now) == 1
        session.expire_all()
        assert (twice.state(twice.kept), twice.goes_on()) == ("cancelled", {twice.kept: twice.gone})
        assert settle_late(session, now=twice.asking.now) == 0

    def test_they_rest_from_the_invitation_that_ended(self, twice: Twice) -> None:
        twice.asking.answer(twice.gone, UNHAPPY)
        twice.join()
        session, now = twice.asking.session, twice.asking.now
        later = Wave(
            program_id=twice.asking.program.id,
            slug="2026H2",
            version_id=twice.asking.wave.version_id,
            scheduled_at=now,
        )
        session.add(later)
        session.flush()
        people = twice.asking.people
        found = audience.audience_of(session, later, twice.asking.program, now=now + timedelta(days=10))
        rules = {member.contact_id: member.rule for member in found.members}
        assert rules == {people.anna.id: "merged", people.aziz.id: "rested", people.sofie.id: ""}

    def test_a_wave_that_is_over_keeps_both(self, twice: Twice) -> None:
        session = twice.asking.session
        session.execute(update(Wave).values(state=WaveState.CLOSED))
        session.execute(update(Invitation).values(state=InvitationState.CLOSED))
        session.expire_all()
        twice.join()
        assert twice.goes_on() == {}
        both = select(Invitation.contact_id).order_by(Invitation.contact_id)
        assert len(set(session.scalars(both))) == 2

    def test_who_was_left_out_as_the_other_is_asked_as_the_one_who_stays(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        invitation = asking.ask(people.anna.id)
        session.add(Exclusion(wave_id=asking.wave.id, contact_id=people.aziz.id, rule="same_address"))
        session.flush()
        join(asking, people.aziz.id, people.anna.id)
        session.expire_all()
        assert session.get_one(Invitation, invitation).contact_id == people.aziz.id
        assert session.scalars(select(Exclusion)).one().contact_id == people.anna.id
