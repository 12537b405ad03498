"""Versions are made once and never changed; programs move to a new one, half-done answers do not."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.models import Invitation, InvitationState, QuestionnaireVersion
from surveyd.distribution.questionnaires import (
    find_version,
    list_questionnaires,
    publish,
    use_in_program,
    versions_of,
)
from surveyd.distribution.waves import schedule_wave
from surveyd.forms.definition import Questionnaire
from surveyd.people.models import AuditEntry
from tests.fixtures.apps import NOW
from tests.fixtures.asking import open_wave, relational


def newer() -> Questionnaire:
    return replace(relational(), title={"en": "A newer one", "de": "Eine neuere"})


def test_the_same_content_is_one_version(session: Session) -> None:
    first = publish(session, relational(), now=NOW)
    assert publish(session, replace(relational()), now=NOW) == first
    other = publish(session, newer(), now=NOW)
    assert other != first
    assert session.scalar(select(func.count()).select_from(QuestionnaireVersion)) == 2
    trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "publish")).all()
    assert [entry.thing_id for entry in trail] == [first, other]


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
