"""Who is in and who is out, counted by the database: the same as when every contact is looked at."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from surveyd.distribution import waves
from surveyd.distribution.audience import Audience, Counts, audience_of, count_audience, twins_of
from surveyd.distribution.models import Suppression, Wave
from surveyd.distribution.suppressions import opt_out
from surveyd.people.models import Account, AccountStatus, Contact
from tests.distribution.conftest import Post, make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast, make_cast


def both(session: Session, wave: Wave) -> tuple[Audience, Counts]:
    program = waves.program_of(session, wave)
    return (
        audience_of(session, wave, program, now=NOW),
        count_audience(session, wave, program, now=NOW),
    )


def test_counting_says_what_looking_at_everybody_says(session: Session) -> None:
    cast = make_cast(session, NOW)
    wave = make_wave(session)
    session.get_one(Contact, cast.aziz.id).email = cast.anna.email.upper()
    session.get_one(Account, cast.sudwerk).status = AccountStatus.LAPSED
    session.flush()

    everybody, counts = both(session, wave)

    assert counts == Counts(1, {"same_address": 1, "account_lapsed": 1}, {everybody.members[0].language: 1})
    assert (everybody.invited, everybody.left_out) == (counts.invited, counts.left_out)


def test_each_rule_is_counted_under_its_name(session: Session) -> None:
    cast = make_cast(session, NOW)
    wave = make_wave(session)
    opt_out(session, cast.anna.id, now=NOW)
    session.get_one(Contact, cast.aziz.id).email = ""
    session.add(Suppression(address=cast.sofie.email, reason="bounced", at=NOW))
    session.flush()

    assert both(session, wave)[1] == Counts(0, {"opted_out": 1, "no_address": 1, "suppressed": 1})


def test_the_counts_after_the_launch_come_from_the_ledger(
    cast: Cast, writer: Transaction, launched: Callable[..., Post]
) -> None:
    with writer() as session:
        opt_out(session, cast.anna.id, now=NOW)
    post = launched()
    with writer() as session:
        session.get_one(Contact, cast.aziz.id).active = False
    with writer() as session:
        counts = both(session, session.get_one(Wave, post.wave_id))[1]
    assert counts == Counts(2, {"opted_out": 1})


def test_nobody_is_counted_in_within_the_rest_period(post: Post, writer: Transaction) -> None:
    with writer() as session:
        soon = make_wave(session, "w2", rest_days=90)
        program = waves.program_of(session, soon)
        assert count_audience(session, soon, program, now=NOW + timedelta(days=89)).left_out == {"rested": 3}
        assert count_audience(session, soon, program, now=NOW + timedelta(days=91)) == Counts(
            3, {}, {"de": 1, "en": 2}
        )


def test_a_wave_that_is_planned_early_counts_who_will_have_rested_by_then(
    post: Post, writer: Transaction
) -> None:
    with writer() as session:
        later = make_wave(session, "w2", rest_days=90)
        program = waves.program_of(session, later)
        later.scheduled_at = NOW + timedelta(days=89)
        assert count_audience(session, later, program, now=NOW).left_out == {"rested": 3}
        later.scheduled_at = NOW + timedelta(days=91)
        assert count_audience(session, later, program, now=NOW).left_out == {}


def test_an_empty_list_counts_nobody(session: Session) -> None:
    assert both(session, make_wave(session))[1] == Counts(0, {})


def test_of_several_with_one_address_all_but_the_first_are_twins(session: Session) -> None:
    cast = make_cast(session, NOW)
    for one in (cast.aziz, cast.sofie):
        session.get_one(Contact, one.id).email = cast.anna.email
    session.flush()

    assert twins_of(session) == (cast.aziz.id, cast.sofie.id)


def test_who_must_not_be_asked_keeps_no_address_from_others(session: Session) -> None:
    cast = make_cast(session, NOW)
    session.get_one(Contact, cast.aziz.id).email = cast.anna.email
    session.get_one(Contact, cast.anna.id).active = False
    session.flush()

    assert twins_of(session) == ()
