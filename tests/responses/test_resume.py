"""Saved in the database and resumed at any point, answers end as they would have ended in one go."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from surveyd.distribution.models import Invitation
from surveyd.distribution.questionnaires import publish
from surveyd.forms.conditions import Facts
from surveyd.forms.definition import Answer, Questionnaire
from surveyd.forms.loading import from_data
from surveyd.forms.logic import faults_of
from surveyd.forms.paths import read_page, route_of
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import definition_of, find_link_of, save_page
from tests.fixtures.apps import NOW
from tests.fixtures.asking import Asking, open_wave
from tests.forms.questionnaires import questionnaires
from tests.forms.test_properties import drawn

FACTS = Facts(channel="web")


@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(built=questionnaires(), data=st.data())
def test_what_is_resumed_ends_the_same(session: Session, built: Questionnaire, data: st.DataObject) -> None:
    assume(not faults_of(built))
    invitation_id = _asked(session, built)
    answers: dict[str, Answer] = {}
    page = ""
    for _ in range(2 * len(built.pages)):
        link = find_link_of(session, invitation_id)
        assert link is not None and (link.answers, link.page) == (answers, page)
        # Nothing is remembered but what the database holds.
        stored = from_data(definition_of(session, link.version_id))
        assert stored.digest == link.digest == built.digest
        shown = route_of(stored, link.answers, FACTS).named(link.page)
        fields = drawn(shown.items, data)
        reading = read_page(shown, link.answers, MultiDict(fields))
        answers = read_page(shown, answers, MultiDict(fields)).onto(answers)
        step = data.draw(st.sampled_from([1, 1, -1]))
        page = route_of(built, answers, FACTS).beside(shown.page, steps=step).page.id
        channel = AnswerChannel.WEB
        save_page(session, link, answers=reading.answers, page=page, channel=channel, now=NOW)
    link = find_link_of(session, invitation_id)
    assert link is not None
    assert route_of(built, link.answers, FACTS) == route_of(built, answers, FACTS)


def _asked(session: Session, built: Questionnaire) -> int:
    """Ask one more person, on this version."""
    asking: Asking = session.info.get("asking") or open_wave(session, NOW)
    session.info["asking"] = asking
    invitation_id = asking.ask_somebody(len(asking.asked))
    session.get_one(Invitation, invitation_id).version_id = publish(session, built, now=NOW)
    session.flush()
    return invitation_id
