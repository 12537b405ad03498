"""Each account by its people: who was asked, who answered, and where that puts the account."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, Suppression, Wave, WaveState
from surveyd.people.access import NOBODY, SYSTEM, scope_of
from surveyd.people.models import Account, User
from surveyd.results.account_figures import AccountVoices, account_voices, together
from surveyd.results.asked import WaveAsked, wave_asked
from surveyd.scoring.flags import Asked, Confidence, Flag
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Counts
from surveyd.scoring.policy import SHIPPED
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

Collect = Callable[[], AbstractContextManager[list[str]]]
LATE = NOW + timedelta(days=14)


@pytest.fixture
def answered(asking: Asking) -> Asking:
    """Anna (decision maker) is unhappy, Aziz is happy, Sofie was asked and is silent."""
    people = asking.people
    asking.answer(asking.ask(people.anna.id), UNHAPPY | {"easy": 2})
    asking.answer(asking.ask(people.aziz.id), HAPPY | {"easy": 5})
    asking.ask(people.sofie.id)
    return asking


def figures(asking: Asking, session: Session, **facts: bool | int) -> dict[int, AccountVoices]:
    wave = WaveAsked(asking.wave.id, **facts)  # type: ignore[arg-type]  # facts of it
    return account_voices(session, wave, scope=SYSTEM, now=NOW)


def test_an_account_stands_where_its_people_put_it(answered: Asking, session: Session) -> None:
    found = figures(answered, session)
    nordwind, sudwerk = found[answered.people.nordwind], found[answered.people.sudwerk]

    standing = nordwind.standing(SHIPPED)
    # Anna decides and weighs three: (3 * 25 + 100) / 4.
    assert (standing.attitude, standing.segment) == (43.75, Segment.TRAPPED)
    assert standing.confidence is Confidence.MEDIUM
    assert standing.flags == (Flag.DM_DETRACTOR, Flag.SPLIT)
    assert nordwind.nps.counts == Counts(detractors=1, promoters=1)
    assert nordwind.asked == Asked(2, deciders=1, reminded=False)
    silent = sudwerk.standing(SHIPPED)
    assert (silent.segment, silent.voices, silent.invited, silent.flags) == (None, 0, 1, ())
    assert sudwerk.nps.value is None


def test_silence_is_one_when_the_last_reminder_is_out(answered: Asking, session: Session) -> None:
    quiet = figures(answered, session, reminded=True)[answered.people.sudwerk]

    assert quiet.standing(SHIPPED).flags == (Flag.SILENT,)


def test_who_answered_the_wave_before_went_quiet(answered: Asking, session: Session) -> None:
    later = earlier_or_later(answered, session)
    for contact, account in ((answered.people.anna, "nordwind"), (answered.people.sofie, "sudwerk")):
        session.add(
            Invitation(
                wave_id=later.id,
                contact_id=contact.id,
                account_id=getattr(answered.people, account),
                version_id=later.version_id,
                token_digest=f"later {contact.id}",
                language="en",
                time_zone="UTC",
                invited_at=NOW,
            )
        )
    session.flush()

    wave = WaveAsked(later.id, answered.wave.id, reminded=True)
    found = account_voices(session, wave, scope=SYSTEM, now=NOW)

    flags = {account_id: one.standing(SHIPPED).flags for account_id, one in found.items()}
    assert flags[answered.people.nordwind] == (Flag.WENT_QUIET, Flag.SILENT, Flag.DM_SILENT)
    assert flags[answered.people.sudwerk] == (Flag.SILENT,)


def earlier_or_later(asking: Asking, session: Session) -> Wave:
    wave = Wave(
        program_id=asking.program.id,
        slug="2026H2",
        version_id=asking.wave.version_id,
        state=WaveState.OPEN,
        scheduled_at=NOW,
        day_zero=NOW,
    )
    session.add(wave)
    session.flush()
    return wave


def test_a_mail_that_comes_back_counts_until_the_person_answers(answered: Asking, session: Session) -> None:
    for address in ("sofie@suedwerk.test", "anna@nordwind.test"):
        session.add(Suppression(address=address, reason="bounced", at=NOW))
    session.add(Suppression(address="aziz@nordwind.test", reason="complaint", at=NOW))
    session.flush()
    found = figures(answered, session)

    assert found[answered.people.sudwerk].asked.bounced == 1
    assert Flag.BOUNCED in found[answered.people.sudwerk].standing(SHIPPED).flags
    # Anna has answered by another way.
    assert found[answered.people.nordwind].asked.bounced == 0


def test_an_old_answer_is_stale(answered: Asking, session: Session) -> None:
    wave = WaveAsked(answered.wave.id)
    after_a_year = NOW + timedelta(days=366)
    found = account_voices(session, wave, scope=SYSTEM, now=after_a_year)

    assert Flag.STALE in found[answered.people.nordwind].standing(SHIPPED).flags
    assert Flag.STALE not in figures(answered, session)[answered.people.nordwind].standing(SHIPPED).flags


def test_several_accounts_stand_together(answered: Asking, session: Session) -> None:
    whole = together(figures(answered, session).values())

    standing = whole.standing(SHIPPED)
    assert (standing.voices, standing.invited, standing.attitude) == (2, 3, 43.75)
    assert whole.nps.counts == Counts(detractors=1, promoters=1)
    assert together([]).standing(SHIPPED).confidence is Confidence.NONE


def test_some_accounts_can_be_asked_for(answered: Asking, session: Session) -> None:
    wave, wanted = WaveAsked(answered.wave.id), answered.people.sudwerk
    facts = {"scope": SYSTEM, "now": NOW}

    assert list(account_voices(session, wave, **facts, among=[wanted])) == [wanted]  # type: ignore[arg-type]
    by_query = select(Account.id).where(Account.id == wanted)
    assert list(account_voices(session, wave, scope=SYSTEM, now=NOW, among=by_query)) == [wanted]
    assert account_voices(session, wave, scope=SYSTEM, now=NOW, among=[]) == {}
    assert account_voices(session, wave, scope=NOBODY, now=NOW, among=[wanted]) == {}


@pytest.mark.parametrize(("who", "invited"), [("mona", 2), ("milo", 1), ("leader", 2), ("outsider", 0)])
def test_everybody_sees_their_own(answered: Asking, session: Session, who: str, invited: int) -> None:
    scope = scope_of(session.get_one(User, getattr(answered.people, who).id))
    found = account_voices(session, WaveAsked(answered.wave.id), scope=scope, now=NOW)

    assert together(found.values()).asked.invited == invited


def test_more_accounts_take_no_more_statements(asking: Asking, session: Session, statements: Collect) -> None:
    for number in range(30):
        asking.answer(asking.ask_somebody(number), HAPPY)

    with statements() as said:
        assert len(figures(asking, session)) == 30
    assert len(said) == 2


def test_a_wave_knows_the_one_before_and_whether_its_reminders_are_out(
    asking: Asking, session: Session
) -> None:
    later = earlier_or_later(asking, session)
    waves = [later, asking.wave]

    assert wave_asked(session, [], NOW) == WaveAsked(0, 0, False)
    assert wave_asked(session, waves, NOW) == WaveAsked(later.id, asking.wave.id, False)
    assert wave_asked(session, waves, LATE) == WaveAsked(later.id, asking.wave.id, True)
    later.state = WaveState.CLOSED
    assert wave_asked(session, [later], NOW) == WaveAsked(later.id, 0, True)
    later.state, later.day_zero = WaveState.PREPARING, None
    assert not wave_asked(session, [later], LATE).reminded
