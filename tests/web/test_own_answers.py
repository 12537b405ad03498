"""What was sent, read and corrected by the person themselves: nothing counts before it is sent again."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyd.base.clock import SetClock
from surveyd.base.services import Services
from surveyd.closed_loop.models import Case
from surveyd.distribution.models import AfterSending, Message, Program
from surveyd.distribution.questionnaires import publish
from surveyd.distribution.waves import close_due
from surveyd.forms.conditions import OnFact
from surveyd.forms.definition import Questionnaire
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Draft, Response, Revision
from surveyd.results.models import Score
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import relational
from tests.web.respondents import Letters, send_letters

HOSTILE = "<b>Late</b> {{7*7}} %(x)s"


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


@pytest.fixture
def allow(writer: Transaction) -> Callable[[AfterSending], None]:
    """Say what the program lets people do with sent answers."""

    def choose(after: AfterSending) -> None:
        with writer() as session:
            session.scalars(select(Program)).one().after_sending = after

    return choose


@pytest.fixture
def sent(client: FlaskClient, letters: Letters, allow: Callable[[AfterSending], None]) -> str:
    """Anna's link after she has sent a few answers, in a program that lets them be corrected."""
    allow(AfterSending.CORRECT)
    post(client, letters.anna, "recommendation", recommend="9")
    post(client, letters.anna, "reason", why=HOSTILE)
    post(client, letters.anna, "relationship", satisfied="5", better="na")
    post(client, letters.anna, "closing", "send", contact_me="no")
    return letters.anna


def post(client: FlaskClient, link: str, page: str, go: str = "next", **fields: str) -> TestResponse:
    return client.post(link, data={"page": page, "lang": "en", "go": go, **fields})


def heading(response: TestResponse) -> str:
    found = re.search(r"<h1>(.*?)</h1>", response.text)
    assert found, response.text[:500]
    return Markup(found[1]).unescape()


def counted(session: Session) -> dict[str, object]:
    return dict(session.scalars(select(Response.answers)).one())


def _why_by_phone() -> Questionnaire:
    """The relational survey, in which only an interviewer asks for the reason."""
    by_phone = OnFact("channel", ("phone",))
    pages = (replace(page, show_if=by_phone if page.id == "reason" else None) for page in relational().pages)
    return replace(relational(), pages=tuple(pages))


class TestReading:
    def test_all_answers_stand_there_in_words(self, client: FlaskClient, sent: str) -> None:
        assert f'href="{sent}/answers?lang=en"' in client.get(sent).text
        page = client.get(f"{sent}/answers").text

        assert "Sent on 10 March 2026" in page
        assert "9 of 10" in page
        assert "5 of 5, " in page
        assert "Not applicable" in page
        assert "&lt;b&gt;Late&lt;/b&gt; {{7*7}} %(x)s" in page
        assert "no answer" in page
        assert "particularly well" in page and "better score" not in page

    def test_they_are_read_in_another_language(self, client: FlaskClient, sent: str) -> None:
        page = client.get(f"{sent}/answers?lang=de").text
        assert "<h1>Ihre Antworten</h1>" in page
        assert "9 von 10" in page and "Gesendet am 10. März 2026" in page

    def test_a_program_may_show_nothing(
        self, client: FlaskClient, sent: str, allow: Callable[[AfterSending], None]
    ) -> None:
        allow(AfterSending.NOTHING)
        assert "/answers" not in client.get(sent).text
        for path in ("answers", "correct"):
            answer = client.get(f"{sent}/{path}")
            assert (answer.status_code, answer.location) == (303, sent)
        assert client.post(f"{sent}/correct").location == sent

    def test_they_are_read_when_the_survey_is_closed(
        self, client: FlaskClient, sent: str, writer: Transaction, clock: SetClock
    ) -> None:
        clock.instant = NOW + timedelta(days=36)
        with writer() as session:
            close_due(session, now=clock.instant)
        page = client.get(f"{sent}/answers")
        assert page.status_code == 200 and "9 of 10" in page.text
        assert "Correct my answers" not in page.text
        assert "Correct my answers" not in client.get(sent).text

    def test_before_anything_is_sent_there_is_nothing_to_read(
        self, client: FlaskClient, letters: Letters
    ) -> None:
        for path in ("answers", "correct"):
            assert client.get(f"{letters.sofie}/{path}").location == letters.sofie
        assert client.get("/s/unknown/answers").status_code == 404
        assert client.post("/s/unknown/correct").status_code == 404


class TestCorrecting:
    def test_the_whole_way(self, client: FlaskClient, sent: str, reader: Transaction) -> None:
        assert "Correct my answers" in client.get(sent).text
        begun = client.post(f"{sent}/correct", data={"lang": "en"})
        assert (begun.status_code, begun.location) == (303, f"{sent}/correct?lang=en")
        first = client.get(begun.location).text
        assert "You are correcting answers" in first and 'value="9" checked' in first
        assert "I cannot answer now" not in first
        moved = post(client, f"{sent}/correct", "recommendation", recommend="3")
        assert moved.location == f"{sent}/correct?page=reason"
        with reader() as session:
            assert counted(session)["recommend"] == 9
        done = post(client, f"{sent}/correct", "closing", "send", contact_me="no")

        assert heading(done) == "Thank you, we have your corrected answers"
        with reader() as session:
            assert counted(session) == {
                "recommend": 3, "why": HOSTILE, "satisfied": 5, "better": "na", "contact_me": "no",
            }  # fmt: skip
            revision = session.scalars(select(Revision)).one()
            assert (revision.before["recommend"], revision.after["recommend"]) == (9, 3)
            assert session.scalars(select(Score.category)).all() == ["detractor"]
            assert session.scalars(select(Case.id)).all() != []
            thanks = select(func.count()).where(Message.name == "thank_you")
            assert session.execute(thanks).scalar_one() == 1
            assert session.scalars(select(Draft)).all() == []
        receipt = re.search(r'id="receipt">(\w+)<', done.text)
        assert receipt and receipt[1] in client.get(sent).text

    def test_opening_begins_nothing(self, client: FlaskClient, sent: str, reader: Transaction) -> None:
        for path in ("", "/answers", "/correct", "/correct?page=reason", "/correct?lang=de"):
            client.get(f"{sent}{path}")
            client.head(f"{sent}{path}")
        assert client.get(f"{sent}/correct").location == f"{sent}/answers"
        with reader() as session:
            assert session.scalars(select(Draft)).all() == []
            assert session.scalars(select(Revision)).all() == []

    def test_it_is_gone_on_with_later(self, client: FlaskClient, sent: str) -> None:
        client.post(f"{sent}/correct")
        post(client, f"{sent}/correct", "recommendation", recommend="7")
        page = client.get(sent).text
        assert "Go on with my correction" in page and "Correct my answers" not in page
        assert heading(client.get(f"{sent}/correct")) == "In your own words"
        # Begun once more it is the same one.
        client.post(f"{sent}/correct")
        assert 'value="7" checked' in client.get(f"{sent}/correct?page=recommendation").text

    def test_one_that_is_never_sent_changes_nothing(
        self, client: FlaskClient, sent: str, reader: Transaction
    ) -> None:
        client.post(f"{sent}/correct")
        post(client, f"{sent}/correct", "recommendation", recommend="0")
        with reader() as session:
            assert counted(session)["recommend"] == 9
            assert session.scalars(select(Score.recommendation)).all() == [9]
        assert "9 of 10" in client.get(f"{sent}/answers").text
        assert heading(client.get(sent)) == "Thank you, we have your answers"

    def test_the_same_answers_again_are_no_correction(
        self, client: FlaskClient, sent: str, reader: Transaction
    ) -> None:
        client.post(f"{sent}/correct")
        done = post(client, f"{sent}/correct", "closing", "send", contact_me="no")
        assert done.status_code == 200
        with reader() as session:
            assert session.scalars(select(Revision)).all() == []
            assert session.scalars(select(Draft)).all() == []

    def test_a_page_that_is_sent_late_begins_anew_and_loses_nothing(
        self, client: FlaskClient, sent: str, reader: Transaction
    ) -> None:
        client.post(f"{sent}/correct")
        post(client, f"{sent}/correct", "closing", "send", contact_me="yes")
        # The other tab still shows a page of the correction that is over.
        late = post(client, f"{sent}/correct", "reason", why="One more word")
        assert late.status_code == 303
        with reader() as session:
            draft = session.scalars(select(Draft)).one()
            assert draft.answers["why"] == "One more word" and draft.answers["recommend"] == 9
            assert draft.corrects

    def test_a_draft_that_was_left_behind_is_no_correction(
        self, client: FlaskClient, sent: str, writer: Transaction, reader: Transaction
    ) -> None:
        with writer() as session:
            response = session.scalars(select(Response)).one()
            left = Draft(
                invitation_id=response.invitation_id,
                version_id=response.version_id,
                answers={"recommend": 0},
                page="reason",
                channel="web",
                updated_at=NOW,
            )
            session.add(left)
        assert "Go on with my correction" not in client.get(sent).text
        client.post(f"{sent}/correct")
        assert 'value="9" checked' in client.get(f"{sent}/correct").text
        with reader() as session:
            assert counted(session)["recommend"] == 9

    def test_once_the_survey_is_closed_it_says_so(
        self, client: FlaskClient, sent: str, writer: Transaction, reader: Transaction, clock: SetClock
    ) -> None:
        client.post(f"{sent}/correct")
        clock.instant = NOW + timedelta(days=36)
        # Before the sweep has closed the wave, and after it: at once, not only when it is sent.
        early, link = post(client, f"{sent}/correct", "reason", why="A last word"), client.get(sent)
        late = post(client, f"{sent}/correct", "closing", "send", contact_me="yes")
        for answer in (early, late, client.get(f"{sent}/correct")):
            assert answer.status_code == 410 and heading(answer) == "This survey is closed"
        assert "my correction" not in link.text and f"{sent}/answers" in link.text
        with writer() as session:
            close_due(session, now=clock.instant)
        for answer in (client.get(f"{sent}/correct"), client.post(f"{sent}/correct")):
            assert answer.status_code == 410 and heading(answer) == "This survey is closed"
        with reader() as session:
            assert session.scalars(select(Revision)).all() == []
            assert counted(session)["contact_me"] == "no"

    def test_what_was_asked_on_the_phone_only_is_read_corrected_and_counts(
        self, client: FlaskClient, sent: str, writer: Transaction, reader: Transaction
    ) -> None:
        with writer() as session:
            response = session.scalars(select(Response)).one()
            response.version_id = publish(session, _why_by_phone(), now=NOW)
            response.channel = AnswerChannel.PHONE
        assert "Late" in client.get(f"{sent}/answers").text
        client.post(f"{sent}/correct")
        moved = post(client, f"{sent}/correct", "recommendation", recommend="3")
        assert moved.location == f"{sent}/correct?page=reason"
        post(client, f"{sent}/correct", "closing", "send", contact_me="no")
        with reader() as session:
            assert (counted(session)["recommend"], counted(session)["why"]) == (3, HOSTILE)
            assert session.scalars(select(Revision.channel)).one() == AnswerChannel.WEB

    def test_a_program_that_lets_them_be_read_only(
        self, client: FlaskClient, sent: str, allow: Callable[[AfterSending], None], reader: Transaction
    ) -> None:
        allow(AfterSending.READ)
        assert "Correct my answers" not in client.get(sent).text
        assert "Correct my answers" not in client.get(f"{sent}/answers").text
        answer = post(client, f"{sent}/correct", "recommendation", "send", recommend="0")
        assert (answer.status_code, answer.location) == (303, sent)
        with reader() as session:
            assert counted(session)["recommend"] == 9
            assert session.scalars(select(Draft)).all() == []
