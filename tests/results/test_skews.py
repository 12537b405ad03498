"""Whom account managers leave out of a wave: what the unhappy said last time, and what they are worth."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from surveyd.distribution import confirmations, contact_marks
from surveyd.distribution.confirmation_models import WhyExcluded
from surveyd.distribution.launching.confirming import check_confirmation, read_confirmation
from surveyd.distribution.models import Wave
from surveyd.distribution.waves import schedule_wave
from surveyd.people.access import SYSTEM, scope_of
from surveyd.people.models import Account, Contact, User
from surveyd.results.revenue import Money
from surveyd.results.skews import SkewReport, skew_of
from surveyd.scoring.skew import Verdict
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

Collect = Callable[[], AbstractContextManager[list[str]]]
THEN = NOW - timedelta(days=200)


def next_wave(session: Session, unhappy: int, happy: int) -> tuple[Asking, Wave]:
    """Mona's next wave, after one in which so many of Nordwind answered; the first of them were unhappy."""
    asking = open_wave(session, THEN)
    for number in range(unhappy + happy):
        asked = asking.ask_somebody(number, account_id=asking.people.nordwind)
        asking.answer(asked, UNHAPPY if number < unhappy else HAPPY)
    wave = schedule_wave(session, asking.program, "next", at=NOW, now=NOW)
    confirmations.begin(
        session,
        wave,
        until=NOW.date() + timedelta(days=5),
        remind_days=(),
        by=None,
        now=NOW,
        mail_domain="mail.surveyd.test",
    )
    return asking, wave


def leave_out(session: Session, asking: Asking, wave: Wave, names: list[str]) -> None:
    mona = asking.people.mona.id
    for contact_id in session.scalars(contacts(names)).all():
        contact_marks.exclude(
            session, wave, contact_id, why=WhyExcluded.TALKS, words="", scope=SYSTEM, by=mona, now=NOW
        )


def contacts(names: list[str]) -> Select[int]:
    return select(Contact.id).where(Contact.name.in_(names))


def report(session: Session, asking: Asking, wave: Wave) -> SkewReport:
    return skew_of(session, wave, asking.program, scope=SYSTEM, now=NOW)


def test_a_choice_of_the_unhappy_is_seen_with_its_base(session: Session) -> None:
    asking, wave = next_wave(session, unhappy=7, happy=13)
    leave_out(session, asking, wave, [f"Nina {number}" for number in range(6)])
    (mona,) = report(session, asking, wave).managers
    assert (mona.name, mona.skew.verdict) == ("Mona Manager", Verdict.LEANS)
    assert (mona.skew.people, mona.skew.known, mona.skew.unhappy) == (22, 20, 7)
    assert (mona.skew.excluded, mona.skew.excluded_known, mona.skew.excluded_unhappy) == (6, 6, 6)
    assert (mona.revenue, mona.accounts, mona.emptied) == ((Money("EUR", 9_000_000_00, 1),), 1, 0)
    findings = check_confirmation(read_confirmation(session, wave, asking.program, now=NOW))
    assert (findings[0].code, findings[0].thing) == ("exclusions_lean", "Mona Manager")
    assert {one.level for one in findings} == {"yellow"}


def test_each_line_has_the_last_score_of_the_person(session: Session) -> None:
    asking, wave = next_wave(session, unhappy=1, happy=1)
    leave_out(session, asking, wave, ["Nina 0", "Nina 1", "Anna Adler"])
    lines = {one.name: one for one in report(session, asking, wave).excluded}
    told = {name: (one.recommendation, one.segment, one.is_unhappy) for name, one in lines.items()}
    assert told == {
        "Nina 0": (3, "trapped", True),
        "Nina 1": (10, "truly_loyal", False),
        "Anna Adler": (None, "", False),
    }
    assert (lines["Nina 0"].by, lines["Nina 0"].wave) == ("Mona Manager", asking.wave.slug)


def test_few_are_no_verdict_and_nobody_is_no_report(session: Session) -> None:
    asking, wave = next_wave(session, unhappy=3, happy=9)
    assert report(session, asking, wave).managers == ()
    leave_out(session, asking, wave, ["Nina 0", "Nina 1", "Nina 2"])
    assert report(session, asking, wave).total.verdict is Verdict.TOO_FEW


def test_an_account_of_which_nobody_is_left_is_counted(session: Session) -> None:
    asking, wave = next_wave(session, unhappy=0, happy=0)
    leave_out(session, asking, wave, ["Anna Adler", "Aziz Ahmed", "Sofie Sommer"])
    found = report(session, asking, wave)
    assert {one.name: one.emptied for one in found.managers} == {"Mona Manager": 1, "Milo Manager": 1}
    assert found.revenue == (Money("EUR", 9_400_000_00, 2),)


def test_accounts_without_a_manager_and_without_revenue_are_told_apart(session: Session) -> None:
    asking, wave = next_wave(session, unhappy=0, happy=0)
    leave_out(session, asking, wave, ["Anna Adler", "Sofie Sommer"])
    nordwind = update(Account).where(Account.id == asking.people.nordwind)
    session.execute(nordwind.values(manager_id=None, revenue_cents=None, currency=""))
    found = report(session, asking, wave).managers
    assert [(one.name, one.revenue) for one in found] == [
        ("Milo Manager", (Money("EUR", 400_000_00, 1),)),
        ("", ()),
    ]


def test_only_what_the_reader_may_see_is_told(session: Session) -> None:
    asking, wave = next_wave(session, unhappy=0, happy=0)
    leave_out(session, asking, wave, ["Anna Adler", "Sofie Sommer"])
    for person, names in ((asking.people.milo, ["Sofie Sommer"]), (asking.people.support, [])):
        scope = scope_of(session.get_one(User, person.id))
        found = skew_of(session, wave, asking.program, scope=scope, now=NOW)
        assert [one.name for one in found.excluded] == names


def test_it_takes_as_many_statements_for_many_as_for_one(session: Session, statements: Collect) -> None:
    asking, wave = next_wave(session, unhappy=6, happy=6)
    counts = []
    for many in (1, 6):
        leave_out(session, asking, wave, [f"Nina {number}" for number in range(many)])
        session.flush()
        with statements() as said:
            report(session, asking, wave)
        counts.append(len(said))
    assert counts[0] == counts[1] <= 5
