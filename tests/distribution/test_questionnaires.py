"""Versions are made once and never changed; programs move to a new one, half-done answers do not."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Program,
    QuestionnaireVersion,
    Wave,
    WaveState,
)
from surveyd.distribution.questionnaire_moves import use_in_program
from surveyd.distribution.questionnaires import (
    find_version,
    list_questionnaires,
    publish,
    versions_of,
)
from surveyd.distribution.waves import launch, schedule_wave
from surveyd.forms.definition import Questionnaire
from surveyd.people.models import AuditEntry, Contact
from tests.fixtures.apps import NOW
from tests.fixtures.asking import half_german, open_wave, relational
from tests.fixtures.cast import make_cast


def newer() -> Questionnaire:
    return replace(relational(), title={"en": "A newer one", "de": "Eine neuere"})


def test_the_same_content_is_one_version(session: Session) -> None:
    by = make_cast(session, NOW).admin.id
    first = publish(session, relational(), now=NOW, by=by)
    assert publish(session, replace(relational()), now=NOW, by=by) == first
    other = publish(session, newer(), now=NOW, by=by)
    assert other != first
    assert session.scalar(select(func.count()).select_from(QuestionnaireVersion)) == 2
    trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "publish")).all()
    assert [entry.thing_id for entry in trail] == [first, other]


def test_a_version_that_is_only_needed_does_not_become_current(session: Session) -> None:
    old = publish(session, relational(), now=NOW)
    new = publish(session, newer(), now=NOW)
    assert publish(session, relational(), now=NOW) == old
    assert find_version(session, "relational").id == new


def test_versions_are_numbered_and_know_their_programs(session: Session) -> None:
    asking = open_wave(session, NOW)
    new = publish(session, newer(), now=NOW)
    latest, first = versions_of(session, "relational")
    assert (latest.id, latest.number, latest.programs) == (new, 2, ())
    assert (first.id, first.number, first.programs) == (asking.program.version_id, 1, ("relationship",))
    assert versions_of(session, "nothing") == []


def test_the_list_has_what_was_published_and_what_is_shipped(session: Session) -> None:
    publish(session, relational(), now=NOW)
    publish(session, newer(), now=NOW)
    publish(session, replace(newer(), slug="house_made"), now=NOW)
    lines = {line.slug: line for line in list_questionnaires(session)}
    assert (lines["relational"].title, lines["relational"].versions) == ("A newer one", 2)
    assert lines["house_made"].latest is not None and not lines["house_made"].shipped
    assert lines["relational_short"].latest is None and lines["relational_short"].shipped


def test_a_version_is_found_by_name_and_by_the_beginning_of_its_digest(session: Session) -> None:
    first = publish(session, relational(), now=NOW)
    latest = publish(session, newer(), now=NOW)
    assert find_version(session, "relational").id == latest
    assert find_version(session, relational().digest[:8]).id == first
    for unknown in ("nothing", relational().digest[:7], "%%%%%%%%", "0" * 64):
        with pytest.raises(NotFound):
            find_version(session, unknown)


def test_the_next_waves_ask_the_new_version_and_an_open_one_stays(session: Session) -> None:
    asking = open_wave(session, NOW)
    waiting = asking.ask_somebody(1)
    planned = schedule_wave(session, asking.program, "2026h2", at=NOW, now=NOW)
    old, new = asking.program.version_id, publish(session, newer(), now=NOW)
    assert use_in_program(session, asking.program, new, open_waves=False, now=NOW, by=None) == 0
    assert (asking.program.version_id, planned.version_id, asking.wave.version_id) == (new, new, old)
    assert session.get_one(Invitation, waiting).version_id == old


def test_who_has_not_begun_moves_and_who_has_does_not(session: Session) -> None:
    asking = open_wave(session, NOW)
    fresh, begun, done = (asking.ask_somebody(number) for number in (1, 2, 3))
    session.get_one(Invitation, begun).started_at = NOW
    session.get_one(Invitation, done).state = InvitationState.ANSWERED
    session.flush()
    old, new = asking.program.version_id, publish(session, newer(), now=NOW)
    assert use_in_program(session, asking.program, new, open_waves=True, now=NOW, by=None) == 1
    session.expire_all()
    versions = [session.get_one(Invitation, each).version_id for each in (fresh, begun, done)]
    assert versions == [new, old, old]
    assert asking.wave.version_id == new
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "use_version"))
    assert entry.facts["moved"] == 1
    assert use_in_program(session, asking.program, new, open_waves=True, now=NOW, by=None) == 0


def test_a_program_asks_nobody_anonymously(session: Session) -> None:
    asking = open_wave(session, NOW)
    pulse = publish(session, replace(relational(), anonymous=True), now=NOW)
    with pytest.raises(Refused, match="anonymous"):
        use_in_program(session, asking.program, pulse, open_waves=False, now=NOW, by=None)


def german_wave(session: Session) -> tuple[Program, Wave, Contact]:
    """A wave of a program on the half-German questionnaire, and a contact of its audience, who speaks it."""
    asking = open_wave(session, NOW)
    asking.program.rest_days = 0
    use_in_program(
        session, asking.program, publish(session, half_german(), now=NOW), open_waves=False, now=NOW, by=None
    )
    wave = schedule_wave(session, asking.program, "2026h2", at=NOW, now=NOW)
    session.execute(update(Contact).values(language="fr"))
    anna = session.get_one(Contact, asking.people.anna.id)
    anna.language = "de-AT"
    session.flush()
    return asking.program, wave, anna


def test_a_launch_is_refused_while_somebody_would_read_half_a_translation(session: Session) -> None:
    _, wave, anna = german_wave(session)
    with pytest.raises(Refused, match="1 person would be asked in German, in which 1 text is missing"):
        launch(session, wave, now=NOW, by=None)
    assert wave.launched_at is None
    anna.language = "en"
    session.flush()
    launch(session, wave, now=NOW, by=None)
    assert wave.state is WaveState.PREPARING


def test_who_has_no_language_is_asked_in_the_programs(session: Session) -> None:
    program, wave, anna = german_wave(session)
    anna.language = ""
    program.language = "de"
    session.flush()
    with pytest.raises(Refused, match="in German"):
        launch(session, wave, now=NOW, by=None)
    # Who is left out is asked in no language.
    anna.opted_out_at = NOW
    session.flush()
    launch(session, wave, now=NOW, by=None)


def test_nobody_is_moved_to_half_a_translation(session: Session) -> None:
    asking = open_wave(session, NOW)
    one = asking.ask_somebody(1)
    session.get_one(Invitation, one).language = "de"
    session.flush()
    version = publish(session, half_german(), now=NOW)
    with pytest.raises(Refused, match="1 person would be asked in German"):
        use_in_program(session, asking.program, version, open_waves=True, now=NOW, by=None)
    assert session.get_one(Invitation, one).version_id == asking.program.version_id != version
