"""Who cannot answer now: another day, a call or another person, each by one press; answering always wins."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveyd.base.clock import SetClock
from surveyd.base.services import Services
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.models import (
    Invitation,
    InvitationState,
    Message,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.distribution.wish_models import Nomination, WhyNot, Wish, WishKind
from surveyd.people.models import Contact
from surveyd.responses.models import Response
from tests.fixtures.apps import NOW, Transaction
from tests.web.respondents import Letters, send_letters


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


def ask(client: FlaskClient, link: str, way: str, **fields: str) -> TestResponse:
    return client.post(f"{link}/other", data={"way": way, "lang": "en", **fields})


def heading(response: TestResponse) -> str:
    found = re.search(r"<h1>(.*?)</h1>", response.text)
    assert found, response.text[:500]
    return Markup(found[1]).unescape()


def after(client: FlaskClient, answer: TestResponse) -> TestResponse:
    assert answer.status_code == 303, answer.text
    return client.get(answer.location)


class TestThePage:
    def test_every_survey_page_leads_to_it(self, client: FlaskClient, letters: Letters) -> None:
        for query in ("", "?page=closing", "?score=9"):
            assert (
                f'<a href="{letters.anna}/other">I cannot answer now</a>'
                in client.get(letters.anna + query).text
            )
        in_german = client.get(f"{letters.anna}?lang=de").text
        assert f'<a href="{letters.anna}/other?lang=de">Ich kann jetzt nicht antworten</a>' in in_german

    def test_it_offers_three_ways_and_changes_nothing(
        self, client: FlaskClient, letters: Letters, reader: Transaction
    ) -> None:
        page = client.get(f"{letters.anna}/other").text
        assert 'value="2026-03-17" min="2026-03-11" max="2026-04-13"' in page
        assert "From Wednesday, 11 March 2026 to Monday, 13 April 2026." in page
        assert "we call the number that we have" in page
        assert re.findall(r'name="way" value="(\w+)"', page) == ["remind", "call", "excuse"]
        for query in ("", "?said=remind", "?said=excuse&lang=de", "?way=excuse&why=other"):
            assert client.get(f"{letters.anna}/other{query}").status_code == 200
        with reader() as session:
            assert session.scalars(select(Wish)).all() == []
            assert session.scalars(select(Nomination)).all() == []
            assert set(session.scalars(select(Invitation.state))) == {InvitationState.WAITING}

    @pytest.mark.parametrize("language", ["en", "de"])
    def test_it_is_told_in_their_language(self, client: FlaskClient, letters: Letters, language: str) -> None:
        page = client.get(f"{letters.sofie}/other?lang={language}")
        assert (
            heading(page)
            == {"en": "If you cannot answer now", "de": "Wenn Sie jetzt nicht antworten können"}[language]
        )
        assert f'<html lang="{language}"' in page.text

    def test_an_unknown_link_and_an_unknown_way(self, client: FlaskClient, letters: Letters) -> None:
        assert client.get("/s/unknown/other").status_code == 404
        assert ask(client, "/s/unknown", "remind", day="2026-03-17").status_code == 404
        assert ask(client, letters.anna, "nothing").status_code == 422

    def test_after_the_close_it_says_so(
        self, client: FlaskClient, letters: Letters, writer: Transaction
    ) -> None:
        with writer() as session:
            session.get_one(Wave, letters.wave_id).state = WaveState.CLOSED
        for answer in (client.get(f"{letters.anna}/other"), ask(client, letters.anna, "call")):
            assert answer.status_code == 410 and heading(answer) == "This survey is closed"

    def test_between_the_last_moment_and_the_sweep_only_answers_are_taken(
        self, client: FlaskClient, letters: Letters, clock: SetClock, reader: Transaction
    ) -> None:
        clock.instant = NOW + timedelta(days=35)
        late = [ask(client, letters.anna, "call"), ask(client, letters.anna, "excuse", why="other")]
        for answer in (client.get(f"{letters.anna}/other"), *late):
            assert answer.status_code == 410 and heading(answer) == "This survey is closed"
        assert "/other" not in client.get(letters.anna).text
        client.post(letters.anna, data={"page": "recommendation", "recommend": "9"})
        sent = client.post(letters.anna, data={"page": "closing", "go": "send"})
        assert heading(sent) == "Thank you, we have your answers"
        with reader() as session:
            assert session.scalars(select(Wish)).all() == []
            assert session.scalars(select(Nomination)).all() == []
            assert session.scalars(select(Response)).one().answers == {"recommend": 9}

    def test_after_an_answer_there_is_nothing_to_ask_for(
        self, client: FlaskClient, letters: Letters, reader: Transaction
    ) -> None:
        client.post(letters.anna, data={"page": "recommendation", "recommend": "9"})
        client.post(letters.anna, data={"page": "closing", "go": "send"})
        for answer in (client.get(f"{letters.anna}/other"), ask(client, letters.anna, "call")):
            assert heading(answer) == "Thank you, we have your answers"
        with reader() as session:
            assert session.scalars(select(Wish)).all() == []

    def test_one_question_about_one_matter_has_no_other_ways(
        self, client: FlaskClient, letters: Letters, writer: Transaction, reader: Transaction
    ) -> None:
        with writer() as session:
            session.get_one(Wave, letters.wave_id).kind = WaveKind.STANDING
        assert "I cannot answer now" not in client.get(letters.anna).text
        assert heading(client.get(f"{letters.anna}/other")) == "One question first"
        assert heading(ask(client, letters.anna, "call")) == "One question first"
        with reader() as session:
            assert session.scalars(select(Wish)).all() == []
        client.post(letters.anna, data={"page": "recommendation", "recommend": "9"})
        thanks = client.post(letters.anna, data={"page": "closing", "go": "send"})
        assert heading(thanks) == "Thank you, we have heard you"
        assert "opens the matter again" in thanks.text


class TestAnotherDay:
    def test_it_says_when_we_write(self, client: FlaskClient, letters: Letters, reader: Transaction) -> None:
        answer = after(client, ask(client, letters.anna, "remind", day="2026-03-20"))

        assert heading(answer) == "We write to you on Friday, 20 March 2026"
        assert f'href="{letters.anna}?lang=en">Answer now after all' in answer.text
        with reader() as session:
            wish = session.scalars(select(Wish)).one()
            assert (wish.kind, wish.remind_on) == (WishKind.REMIND, date(2026, 3, 20))
        # A second time it moves, and a day without sending hours leads to the next.
        assert "we send no mails" not in answer.text
        answer = after(client, ask(client, letters.anna, "remind", day="2026-03-28"))
        assert heading(answer) == "We write to you on Monday, 30 March 2026"
        assert "On Saturday, 28 March 2026 we send no mails" in answer.text
        for day in ("2026-03-30", "<b>", ""):
            again = client.get(f"{letters.anna}/other?said=remind&day={day}")
            assert again.status_code == 200 and "we send no mails" not in again.text

    @pytest.mark.parametrize("day", ["", "soon", "2026-03-10", "2026-04-14", "9999-12-31"])
    def test_another_day_is_asked_for_beside_the_field(
        self, client: FlaskClient, letters: Letters, reader: Transaction, day: str
    ) -> None:
        answer = ask(client, letters.anna, "remind", day=day)
        assert answer.status_code == 422
        said = "Please choose a day from Wednesday, 11 March 2026 to Monday, 13 April 2026."
        assert f'id="remind-day-problem">{said}' in answer.text
        with reader() as session:
            assert session.scalars(select(Wish)).all() == []

    def test_who_wants_no_mails_is_not_offered_one(
        self, client: FlaskClient, letters: Letters, writer: Transaction
    ) -> None:
        with writer() as session:
            theirs = select(Contact).join(Invitation).where(Invitation.id == letters.ids["anna"])
            session.scalars(theirs).one().opted_out_at = NOW
        assert "Remind me" not in client.get(f"{letters.anna}/other").text
        assert ask(client, letters.anna, "remind", day="2026-03-20").status_code == 422


class TestACall:
    def test_it_puts_them_onto_the_list(
        self, client: FlaskClient, letters: Letters, reader: Transaction
    ) -> None:
        sent = ask(client, letters.anna, "call", phone="030 901820", suits="after <b>four</b>")
        answer = after(client, sent)

        assert heading(answer) == "Somebody from Example Works calls you"
        assert "after &lt;b&gt;four&lt;/b&gt;" in answer.text
        with reader() as session:
            wish = session.scalars(select(Wish)).one()
            assert (wish.kind, wish.phone, wish.suits) == (WishKind.CALL, "+4930901820", "after <b>four</b>")
            assert session.scalars(select(Call.state)).all() == [CallState.OPEN]

    def test_one_press_is_enough_where_a_number_is_known(
        self, client: FlaskClient, letters: Letters, writer: Transaction
    ) -> None:
        assert ask(client, letters.anna, "call").status_code == 303
        with writer() as session:
            theirs = select(Contact).join(Invitation).where(Invitation.id == letters.ids["sofie"])
            session.scalars(theirs).one().phone = ""
        asked = ask(client, letters.sofie, "call", suits="mornings")
        assert asked.status_code == 422
        assert "Please write the number under which we reach you" in asked.text
        assert 'value="mornings"' in asked.text

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"phone": "call me"}, "Please write a telephone number here"),
            ({"phone": "12"}, "Please write a telephone number here"),
            ({"suits": "x" * 201}, "Please shorten this to 200 characters; it has 201."),
        ],
    )
    def test_what_is_wrong_is_said_and_kept(
        self, client: FlaskClient, letters: Letters, *, sent: dict[str, str], said: str
    ) -> None:
        answer = ask(client, letters.anna, "call", **sent)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{next(iter(sent.values()))}"' in answer.text

    def test_more_than_five_times_is_too_often(
        self, client: FlaskClient, letters: Letters, writer: Transaction
    ) -> None:
        for _ in range(5):
            assert ask(client, letters.anna, "call").status_code == 303
            with writer() as session:
                session.scalars(select(Call).where(Call.state == CallState.OPEN)).one().state = CallState.DONE
        answer = ask(client, letters.anna, "call")
        assert answer.status_code == 409
        assert "You have asked for this several times" in answer.text


class TestAnotherPerson:
    def test_one_press_is_enough(self, client: FlaskClient, letters: Letters, reader: Transaction) -> None:
        answer = after(client, ask(client, letters.anna, "excuse"))

        assert heading(answer) == "Thank you for telling us"
        with reader() as session:
            found = session.scalars(select(Nomination)).one()
            assert (found.why, found.email) == (WhyNot.OTHER, "")
            assert session.get_one(Invitation, letters.ids["anna"]).state is InvitationState.DECLINED

    def test_an_unheard_of_reason_is_another_one(
        self, client: FlaskClient, letters: Letters, reader: Transaction
    ) -> None:
        assert ask(client, letters.anna, "excuse", why="<b>").status_code == 303
        with reader() as session:
            assert session.scalars(select(Nomination.why)).all() == [WhyNot.OTHER]

    def test_a_colleague_is_named_and_gets_no_mail(
        self, client: FlaskClient, letters: Letters, reader: Transaction
    ) -> None:
        sent = ask(
            client, letters.anna, "excuse",
            why="not_my_subject", words="I only <i>print</i>.\0",
            name="Bernd\n Lang", email="bernd@nordwind.test",
        )  # fmt: skip
        answer = after(client, sent)

        assert "We have passed on the name of Bernd Lang." in answer.text
        with reader() as session:
            found = session.scalars(select(Nomination)).one()
            assert (found.name, found.email, found.words) == (
                "Bernd Lang",
                "bernd@nordwind.test",
                "I only <i>print</i>.",
            )
            assert {mail.name for mail in session.scalars(select(Message))} == {"not_right_person"}

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"name": "Bernd"}, "Please write their e-mail address as well."),
            ({"email": "bernd@nordwind.test"}, "Please write their name as well."),
            ({"name": "Bernd", "email": "bernd"}, "Please look at this address again"),
            ({"name": "Anna", "email": "ANNA@nordwind.test"}, "This is your own address."),
            ({"name": "B", "email": "b@x.test", "phone": "none"}, "Please write a telephone number here"),
            ({"words": "x" * 501}, "Please shorten this to 500 characters; it has 501."),
        ],
    )
    def test_what_is_wrong_is_said_and_kept(
        self, client: FlaskClient, letters: Letters, reader: Transaction, *, sent: dict[str, str], said: str
    ) -> None:
        answer = ask(client, letters.anna, "excuse", why="left_company", **sent)
        assert answer.status_code == 422
        assert said in answer.text
        assert 'value="left_company" checked' in answer.text
        assert all(value in answer.text for value in sent.values())
        with reader() as session:
            assert session.scalars(select(Nomination)).all() == []
            assert session.get_one(Invitation, letters.ids["anna"]).state is InvitationState.WAITING

    @pytest.mark.parametrize("way", ["remind", "call", "excuse"])
    def test_answering_always_wins(
        self, client: FlaskClient, letters: Letters, reader: Transaction, way: str
    ) -> None:
        ask(client, letters.anna, way, day="2026-03-20")
        client.post(letters.anna, data={"page": "recommendation", "recommend": "9"})
        sent = client.post(letters.anna, data={"page": "closing", "go": "send"})

        assert heading(sent) == "Thank you, we have your answers"
        with reader() as session:
            assert session.scalars(select(Response)).one()
            assert session.get_one(Invitation, letters.ids["anna"]).state is InvitationState.ANSWERED
            assert CallState.OPEN not in session.scalars(select(Call.state)).all()


def test_nothing_can_be_asked_for_between_the_close_and_its_sweep(
    client: FlaskClient, letters: Letters, clock: SetClock
) -> None:
    clock.instant = NOW + timedelta(days=36)
    assert "Remind me" not in client.get(f"{letters.anna}/other").text
