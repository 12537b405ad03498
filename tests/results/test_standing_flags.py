"""The flags that lists are narrowed by, against those of scoring."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, Suppression
from surveyd.people.access import SYSTEM
from surveyd.people.models import Account, Contact, RelationshipRole
from surveyd.results.account_figures import account_voices
from surveyd.results.asked import WaveAsked, asked
from surveyd.results.models import Score
from surveyd.results.standing_flags import flag_conditions
from surveyd.results.standings import standings
from surveyd.scoring.flags import Flag
from surveyd.scoring.policy import SHIPPED
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking

AT_RISK: dict[str, int | str] = {"recommend": 0, "satisfied": 1, "better": 1, "renew": 1}


def flagged(session: Session, wave: WaveAsked, flag: Flag, *, after: timedelta) -> set[int]:
    """The accounts that a list narrowed to the flag holds."""
    said = standings(SYSTEM, Score.wave_id == wave.id)
    of = asked(SYSTEM, Invitation.wave_id == wave.id)
    conditions = flag_conditions(said, of, wave, policy=SHIPPED, now=NOW + after)
    found = (
        select(Account.id)
        .outerjoin(said, said.c.account_id == Account.id)
        .outerjoin(of, of.c.account_id == Account.id)
        .where(conditions[flag])
    )
    return set(session.scalars(found))


def two_waves(asking: Asking) -> WaveAsked:
    """Anna (decides) at risk, Aziz happy; Sofie silent, her mail bounces; six others, one of each kind."""
    people, session = asking.people, asking.session
    asking.answer(asking.ask(people.anna.id), AT_RISK)
    asking.answer(asking.ask(people.aziz.id), HAPPY, now=NOW + timedelta(hours=1))
    asking.ask(people.sofie.id)
    session.add(Suppression(address="sofie@suedwerk.test", reason="bounced", at=NOW))
    for number, answers in enumerate((HAPPY, UNHAPPY, None, {"easy": 3})):
        invitation = asking.ask_somebody(number)
        contact = session.scalars(select(Contact).where(Contact.external_id == f"N-{number}")).one()
        contact.role = RelationshipRole.DECISION_MAKER if number % 2 == 0 else RelationshipRole.USER
        session.flush()
        if answers is not None:
            asking.answer(invitation, answers)
    return WaveAsked(asking.wave.id, asking.wave.id, reminded=True)


def test_each_flag_finds_the_accounts_that_have_it(asking: Asking, session: Session) -> None:
    wave = two_waves(asking)

    flags: dict[int, tuple[Flag, ...]] = {}
    for after in (timedelta(days=20), timedelta(days=366)):
        each = account_voices(session, wave, scope=SYSTEM, now=NOW + after)
        flags = {account_id: of.standing(SHIPPED).flags for account_id, of in each.items()}
        for flag in Flag:
            expected = {account_id for account_id, raised in flags.items() if flag in raised}
            assert flagged(session, wave, flag, after=after) == expected, flag
    found = {flag for raised in flags.values() for flag in raised}
    # Nobody went quiet: who answered the wave before is not silent in the same one.
    assert found == set(Flag) - {Flag.WENT_QUIET}


def test_before_the_last_reminder_nobody_is_silent(asking: Asking, session: Session) -> None:
    wave = two_waves(asking)
    early = WaveAsked(wave.id, wave.before_id, reminded=False)

    for flag in (Flag.SILENT, Flag.DM_SILENT, Flag.WENT_QUIET):
        assert flagged(session, early, flag, after=timedelta()) == set()
