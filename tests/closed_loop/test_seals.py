"""A sealed wave: what it came to is frozen, what changes shows, what comes later is kept beside it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution import waves
from surveyd.distribution.models import (
    Channel,
    Exclusion,
    Invitation,
    InvitationState,
    Message,
    Touch,
    TouchState,
    Wave,
    WaveKind,
)
from surveyd.distribution.outbox import NewMessage, queue
from surveyd.distribution.standing import reconcile
from surveyd.distribution.suppressions import opt_out
from surveyd.people.models import Contact
from surveyd.responses.models import Response
from surveyd.results import seals
from surveyd.results.models import Score
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

CLOSED = NOW + timedelta(days=36)
LATER = NOW + timedelta(days=40)


@pytest.fixture
def closed(asking: Asking) -> Asking:
    """Anna has answered, Aziz opted out, Sofie was silent, one more was left out; the wave is closed."""
    people = asking.people
    anna = asking.ask(people.anna.id)
    asking.answer(anna, UNHAPPY | {"why": "Late <b>again</b>"})
    for one in (people.aziz, people.sofie):
        asking.ask(one.id)
    opt_out(asking.session, people.aziz.id, now=NOW)
    nina = Contact(
        external_id="N-1",
        account_id=people.nordwind,
        name="Nina",
        email="nina@customer.test",
        created_at=NOW,
        updated_at=NOW,
    )
    asking.session.add(nina)
    asking.session.flush()
    asking.session.add(Exclusion(wave_id=asking.wave.id, contact_id=nina.id, rule="opted_out"))
    asking.session.flush()
    assert waves.close_due(asking.session, now=CLOSED) == 1
    asking.session.refresh(asking.wave)
    return asking


def sealed(asking: Asking) -> seals.Verdict:
    """Seal it and check it at once."""
    seals.seal(asking.session, asking.wave, now=CLOSED, by=asking.people.admin.id)
    return seals.verify(asking.session, asking.wave)


def test_a_seal_says_what_the_wave_came_to(closed: Asking) -> None:
    before = reconcile(closed.session, closed.wave)
    verdict = sealed(closed)

    assert verdict.holds and verdict.late == 0
    assert (verdict.seal.contacts, verdict.seal.responses) == (4, 1)
    assert reconcile(closed.session, closed.wave) == before
    assert sum(before.standings.values()) + sum(before.left_out.values()) == before.total == 4


def test_the_value_is_the_same_each_time(closed: Asking) -> None:
    first = sealed(closed)
    assert seals.verify(closed.session, closed.wave).now == first.now
    assert len(first.now.check_value) == 64


def test_a_changed_answer_shows_and_a_changed_word_does_not(closed: Asking) -> None:
    sealed(closed)
    response = closed.session.scalars(select(Response)).one()

    response.answers = response.answers | {"why": "Something else", "contact_name": "Anna"}
    closed.session.flush()
    assert seals.verify(closed.session, closed.wave).holds

    response.answers = response.answers | {"recommend": 9}
    closed.session.flush()
    verdict = seals.verify(closed.session, closed.wave)
    assert (verdict.holds, verdict.places_agree, verdict.answers_agree) == (False, True, False)


def test_a_late_answer_is_kept_beside_it(closed: Asking) -> None:
    before = sealed(closed)
    sofie = closed.asked[closed.people.sofie.id]

    receipt = closed.answer(sofie, HAPPY, now=LATER, given_at=NOW + timedelta(days=20))
    again = closed.answer(sofie, HAPPY, now=LATER, given_at=NOW + timedelta(days=20))

    assert receipt.is_first and receipt.case_id is None and receipt.queued == 0
    assert (again.number, again.is_first) == (receipt.number, False)
    verdict = seals.verify(closed.session, closed.wave)
    assert (verdict.holds, verdict.late, verdict.now) == (True, 1, before.now)
    response = closed.session.get_one(Response, receipt.response_id)
    late = closed.session.get_one(Wave, response.wave_id)
    assert (late.kind, late.slug) == (WaveKind.STANDING, f"2026H1 late {closed.wave.id}")
    scored = closed.session.scalars(select(Score).where(Score.response_id == response.id)).one()
    assert scored.wave_id == late.id
    invitation = closed.session.get_one(Invitation, sofie)
    closed.session.refresh(invitation)
    assert (invitation.state, invitation.answered_at) == (InvitationState.CLOSED, LATER)


def test_a_late_answer_to_an_open_door_counts_in_the_wave(closed: Asking) -> None:
    receipt = closed.answer(closed.asked[closed.people.sofie.id], HAPPY, now=LATER)

    assert closed.session.get_one(Response, receipt.response_id).wave_id == closed.wave.id
    assert sealed(closed).seal.responses == 2


def test_what_bounces_later_moves_nothing(closed: Asking) -> None:
    before = sealed(closed)
    stood = reconcile(closed.session, closed.wave)

    closed.session.execute(
        update(Invitation)
        .where(Invitation.wave_id == closed.wave.id)
        .values(state=InvitationState.DECLINED)
        .execution_options(synchronize_session=False)
    )

    assert reconcile(closed.session, closed.wave) == stood
    assert seals.verify(closed.session, closed.wave).now == before.now


def test_it_is_sealed_once(closed: Asking) -> None:
    sealed(closed)
    with pytest.raises(Refused, match="sealed already"):
        seals.seal(closed.session, closed.wave, now=LATER, by=None)


def test_only_a_closed_wave_is_sealed(asking: Asking) -> None:
    with pytest.raises(Refused, match="only a closed wave"):
        seals.seal(asking.session, asking.wave, now=NOW, by=None)
    with pytest.raises(NotFound):
        seals.verify(asking.session, asking.wave)


def test_a_wave_that_owes_mails_is_not_sealed(closed: Asking) -> None:
    _owe(closed.session, closed)
    with pytest.raises(Refused, match="still owes mails: 1"):
        seals.seal(closed.session, closed.wave, now=CLOSED, by=None)


def _owe(session: Session, closed: Asking) -> None:
    from_touch = _touch(session, closed)
    mail = NewMessage(
        dedup_key="test:owed",
        name="reminder",
        language="en",
        recipient="sofie@customer.test",
        due_at=NOW,
        created_at=NOW,
        wave_id=closed.wave.id,
        touch_id=from_touch,
    )
    queue(session, [mail], mail_domain="mail.surveyd.test")
    assert session.scalars(select(Message.state).where(Message.touch_id == from_touch)).one() == "queued"


def _touch(session: Session, closed: Asking) -> int:
    touch = Touch(
        invitation_id=closed.asked[closed.people.sofie.id],
        wave_id=closed.wave.id,
        step="reminder",
        channel=Channel.MAIL,
        state=TouchState.RELEASED,
        due_at=NOW,
    )
    session.add(touch)
    session.flush()
    return touch.id
