"""How long a questionnaire takes is measured from enough responses on the web, once an hour."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, QuestionnaireVersion
from surveyd.forms.loading import shipped
from surveyd.forms.pace import estimated, unseen
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.durations import AT_LEAST, are_due, measure_versions
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, Asking, open_wave

ASKED = shipped("relational")


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


def answer(asking: Asking, number: int, seconds: int, channel: AnswerChannel = AnswerChannel.WEB) -> None:
    invitation_id = asking.ask_somebody(number)
    begun = NOW - timedelta(seconds=seconds)
    this = update(Invitation).where(Invitation.id == invitation_id)
    asking.session.execute(this.values(started_at=begun))
    asking.answer(invitation_id, HAPPY, channel=channel)


def measured(asking: Asking) -> int | None:
    asking.session.flush()
    asking.session.expire_all()
    version = asking.session.get_one(QuestionnaireVersion, asking.wave.version_id)
    return version.seconds


def test_the_median_of_enough_people_is_kept(asking: Asking) -> None:
    for number in range(AT_LEAST - 1):
        answer(asking, number, 100 + number)
    measure_versions(asking.session, now=NOW)
    assert measured(asking) == estimated(ASKED)
    # Back after a week, and one who typed while somebody held the phone.
    answer(asking, AT_LEAST, 7 * 86_400)
    answer(asking, AT_LEAST + 1, 3_000, AnswerChannel.PHONE)
    later = NOW + timedelta(hours=1)
    assert measure_versions(asking.session, now=later) == 1
    assert measured(asking) == 110 + unseen(ASKED)


def test_who_sends_all_at_once_was_not_seen_beginning(asking: Asking) -> None:
    for number in range(AT_LEAST):
        answer(asking, number, 0)
    measure_versions(asking.session, now=NOW)
    assert measured(asking) == estimated(ASKED)


def test_a_new_version_goes_by_the_questionnaire_until_it_has_its_own(asking: Asking) -> None:
    for number in range(AT_LEAST):
        answer(asking, number, 90)
    kept = asking.session.get_one(QuestionnaireVersion, asking.wave.version_id)
    asking.session.add_all(
        QuestionnaireVersion(slug=slug, digest=slug, definition=kept.definition, published_at=NOW)
        for slug in (kept.slug, "another")
    )
    assert measure_versions(asking.session, now=NOW) == 3
    found = select(QuestionnaireVersion.digest, QuestionnaireVersion.seconds)
    seconds = {row.digest: row.seconds for row in asking.session.execute(found)}
    assert (seconds[kept.slug], seconds["another"]) == (90 + unseen(ASKED), estimated(ASKED))


def test_it_is_done_once_an_hour(asking: Asking) -> None:
    assert are_due(asking.session, now=NOW)
    measure_versions(asking.session, now=NOW)
    soon = NOW + timedelta(minutes=59)
    assert not are_due(asking.session, now=soon) and measure_versions(asking.session, now=soon) == 0
    assert are_due(asking.session, now=NOW + timedelta(hours=1))
