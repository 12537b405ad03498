"""The accounts that a flag or a state leaves in the list, against scoring and against the database."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Wanted
from surveyd.distribution.models import Suppression
from surveyd.people.access import SYSTEM
from surveyd.people.models import Account, Contact, RelationshipRole
from surveyd.reports.accounts import account_list
from surveyd.reports.accounts_states import Sight
from surveyd.results.account_figures import account_voices
from surveyd.results.asked import WaveAsked
from surveyd.scoring.arrays import Mask
from surveyd.scoring.flags import Flag
from surveyd.scoring.policy import SHIPPED
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

AT_RISK: dict[str, int | str] = {"recommend": 0, "satisfied": 1, "better": 1, "renew": 1}


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


def sight_of(asking: Asking, wave: WaveAsked, now: datetime) -> Sight:
    """Everybody's; the wave is the one before it as well."""
    return Sight(asking.session, SYSTEM, (asking.wave, asking.wave), wave, now)


def ids_of(sight: Sight, which: Mask) -> set[int]:
    return set(sight.accounts.ids[which].tolist())


def test_each_flag_finds_the_accounts_that_have_it(session: Session) -> None:
    asking = open_wave(session, NOW)
    wave = two_waves(asking)

    flags: dict[int, tuple[Flag, ...]] = {}
    for after in (timedelta(days=20), timedelta(days=366)):
        each = account_voices(session, wave, scope=SYSTEM, now=NOW + after)
        flags = {account_id: of.standing(SHIPPED).flags for account_id, of in each.items()}
        sight = sight_of(asking, wave, NOW + after)
        for flag in Flag:
            expected = {account_id for account_id, raised in flags.items() if flag in raised}
            assert ids_of(sight, sight.flagged(flag)) == expected, flag
    found = {flag for raised in flags.values() for flag in raised}
    # Nobody went quiet: who answered the wave before is not silent in the same one.
    assert found == set(Flag) - {Flag.WENT_QUIET}


def test_before_the_last_reminder_nobody_is_silent(session: Session) -> None:
    asking = open_wave(session, NOW)
    wave = two_waves(asking)
    early = WaveAsked(wave.id, wave.before_id, reminded=False)

    sight = sight_of(asking, early, NOW)

    for flag in (Flag.SILENT, Flag.DM_SILENT, Flag.WENT_QUIET):
        assert ids_of(sight, sight.flagged(flag)) == set()
    assert ids_of(sight, sight.stands_at("silent")) == {asking.people.sudwerk, *_silent(asking)}


def _silent(asking: Asking) -> set[int]:
    return set(asking.session.scalars(select(Contact.account_id).where(Contact.external_id == "N-2")))


def test_any_dimension_of_accounts_narrows_the_list(session: Session) -> None:
    asking = open_wave(session, NOW)
    name, value = """100% "own" 'name' [0].$x""", """'; DROP TABLE scores; -- %s "x" 5%"""
    south = session.get_one(Account, asking.people.sudwerk)
    south.dimensions, south.country = {name: value}, "AT"
    session.flush()

    def named(**filters: str) -> list[str]:
        found = account_list(session, scope=SYSTEM, now=NOW, wanted=Wanted(sort="name", filters=filters))
        assert found.total == len(found.lines)
        return [line.name for line in found.lines]

    assert named(**{f"dimension:{name}": value}) == ["Südwerk"]
    assert named(**{f"dimension:{name}": "other"}) == named(**{"dimension:none": "x"}) == []
    assert named(country="AT", currency="EUR") == ["Südwerk"]
    assert named(**{f"dimension:{name}": value, "region": "North"}) == []
