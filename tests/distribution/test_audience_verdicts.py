"""What is said of everybody at once: the same as of each alone, and as an account's contacts come to."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.keyset import Wanted
from surveyd.distribution import kept, waves
from surveyd.distribution.audience import audience_of, count_audience, judge_one
from surveyd.distribution.audience_accounts import LACKS, NO_DECIDER, SINGLE, list_lacking
from surveyd.distribution.audience_kept import figures_of
from surveyd.distribution.audience_lists import audience_rows, list_audience
from surveyd.distribution.audience_verdicts import LATEST, verdicts_of
from surveyd.distribution.models import Suppression, Wave
from surveyd.distribution.opt_outs import opt_out_of
from surveyd.distribution.suppressions import opt_out
from surveyd.people.access import SYSTEM
from surveyd.people.models import Account, AccountStatus, Contact
from tests.distribution.audiences import crowd
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast


@pytest.fixture
def people(writer: Transaction, cast: Cast) -> int:
    """A wave with somebody for each of many rules; returns its id."""
    with writer() as session:
        wave = make_wave(session)
        crowd(session, cast, 12)
        for number, address in ((0, ""), (1, "SOMEBODY.2@crowd.test"), (3, "gone@crowd.test")):
            _somebody(session, number).email = address
        _somebody(session, 4).active = False
        _somebody(session, 8).email = "somebody.7@CROWD.test"
        session.add(Suppression(address="gone@crowd.test", reason="bounced", at=NOW))
        session.flush()
        opt_out(session, _somebody(session, 5).id, now=NOW)
        opt_out_of(session, _somebody(session, 7).id, wave.program_id, now=NOW)
        lapsed = Account(external_id="L", name="Lapsed", status=AccountStatus.LAPSED)
        lapsed.created_at = lapsed.updated_at = NOW
        session.add(lapsed)
        session.flush()
        _somebody(session, 9).account_id = lapsed.id
        return wave.id


def _somebody(session: Session, number: int) -> Contact:
    return session.scalars(select(Contact).where(Contact.external_id == f"M-{number}")).one()


def _wish(**filters: str) -> Wanted:
    return Wanted(sort="name", filters={"in": "", "rule": "", "state": "", **filters})


def test_everybody_is_judged_as_each_alone(people: int, reader: Transaction) -> None:
    with reader() as session:
        wave = session.get_one(Wave, people)
        program = waves.program_of(session, wave)
        found = verdicts_of(session, wave, program, now=NOW)
        rules = {
            contact_id: found.said[at].rule
            for contact_id, at in zip(found.ids.tolist(), found.verdict.tolist(), strict=True)
        }
        alone = {one: judge_one(session, wave, program, one, now=NOW).rule for one in rules}
        whole = {
            member.contact_id: member.rule for member in audience_of(session, wave, program, now=NOW).members
        }

        assert rules == alone == whole
        assert set(rules.values()) == {
            *("", "no_address", "same_address", "suppressed", "contact_inactive", "opted_out"),
            *("opted_out_program", "opted_out_address", "account_lapsed"),
        }
        assert found.counts == count_audience(session, wave, program, now=NOW)


def test_lists_are_narrowed_by_it_as_files_are_by_each(people: int, reader: Transaction) -> None:
    with reader() as session:
        wave = session.get_one(Wave, people)
        program = waves.program_of(session, wave)
        facts = {"scope": SYSTEM, "now": NOW}
        narrowed = ({"in": "1"}, {"in": "0"}, {"rule": "suppressed"}, {"in": "1", "rule": "suppressed"})
        for filters in (*narrowed, {"rule": "nonsense"}, {"in": "1", "state": "answered"}):
            wish = _wish(**filters)
            page = list_audience(session, wave, program, wish=wish, **facts)  # type: ignore[arg-type]
            file = audience_rows(session, wave, program, wish=wish, **facts)  # type: ignore[arg-type]
            assert page.lines == tuple(file), filters


def test_accounts_lack_what_their_contacts_come_to(people: int, cast: Cast, reader: Transaction) -> None:
    with reader() as session:
        wave = session.get_one(Wave, people)
        program = waves.program_of(session, wave)
        figures = figures_of(session, wave, program, scope=SYSTEM, now=NOW)
        facts = {"scope": SYSTEM, "now": NOW}
        lines = {
            lack: list_lacking(session, wave, program, lack=lack, wish=_wish(), **facts).lines  # type: ignore[arg-type]
            for lack in LACKS
        }

    assert figures.lacking.accounts == 2
    assert figures.lacking.lacks == {lack: len(lines[lack]) for lack in LACKS}
    [south] = lines[NO_DECIDER]
    assert (south.id, south.contacts, south.reachable, south.invited) == (cast.sudwerk, 7, 7, 7)
    assert lines[SINGLE] == ()


def test_of_a_large_audience_it_is_kept_until_something_it_goes_by_changes(
    people: int,
    reader: Transaction,
    writer: Transaction,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "LARGE", 1)
    LATEST.kept.clear()

    def look(days: int = 0) -> object:
        with reader() as session:
            wave = session.get_one(Wave, people)
            now = NOW + timedelta(days=days)
            return verdicts_of(session, wave, waves.program_of(session, wave), now=now)

    def changed(change: Callable[[Session], object]) -> bool:
        before = look()
        with writer() as session:
            change(session)
        return look() is not before

    assert look() is look(days=1)
    assert changed(lambda session: opt_out(session, _somebody(session, 10).id, now=NOW))
    assert changed(lambda session: session.delete(session.get_one(Suppression, "gone@crowd.test")))
    assert changed(lambda session: opt_out_of(session, _somebody(session, 11).id, 1, now=NOW))
    LATEST.kept.clear()
