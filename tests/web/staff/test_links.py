"""Open links, the queue of what came through them, and an anonymous pulse, in the staff's browser."""

import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.people.models import AuditEntry
from surveyd.responses.models import Response
from surveyd.responses.open_models import OpenLink, OpenVisit, VisitState
from surveyd.responses.open_visits import LEAST
from tests.fixtures.apps import Transaction
from tests.web.lobby import Lobby, Passer, open_lobby
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def lobby(writer: Transaction) -> Lobby:
    with writer() as session:
        return open_lobby(session)


@pytest.fixture
def passer(client: FlaskClient, services: Services) -> Passer:
    return Passer(client, services.keys)


@pytest.fixture
def admin(lobby: Lobby, sign_in: SignIn) -> Staff:
    return sign_in(lobby.cast.admin)


class TestLinks:
    def test_before_the_first_the_page_says_what_it_is_for(self, cast_alone: Office, sign_in: SignIn) -> None:
        page = sign_in(cast_alone.cast.admin).get("/staff/links").text
        assert "There is no open link yet" in page
        assert "takes answers from anybody who has it" in page
        assert "Create a program" in page

    def test_one_is_made_and_leads_somewhere(
        self, admin: Staff, client: FlaskClient, reader: Transaction
    ) -> None:
        fields = {"slug": "invoice", "title": SCRIPT, "program": "relationship"}
        made = admin.post("/staff/links", **fields, questionnaire="relational_short")
        assert made.status_code == 303
        page = admin.get(made.location).text
        assert SCRIPT not in page
        assert str(escape(SCRIPT)) in page
        with reader() as session:
            link = session.scalars(select(OpenLink).where(OpenLink.slug == "invoice")).one()
            assert 'readonly value="http://127.0.0.1' in page
            assert f"/o/{link.token}" in page
            trail = select(AuditEntry.action).where(AuditEntry.thing_id == link.id)
            assert session.scalars(trail.where(AuditEntry.thing == "open_link")).all() == ["make"]
        assert client.get(f"/o/{link.token}").status_code == 200

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"slug": "lobby"}, "already"),
            ({"slug": "Two words"}, "small letters"),
            ({"title": " "}, "Say where people find it"),
            ({"program": "other"}, "Not a valid choice"),
            ({"questionnaire": "../../etc/passwd"}, "Not a valid choice"),
        ],
    )
    def test_what_is_wrong_stands_beside_it_and_keeps_the_rest(
        self, admin: Staff, fields: dict[str, str], said: str
    ) -> None:
        usual = {"slug": "desk", "title": "The front desk", "program": "relationship"}
        answer = admin.post("/staff/links", **(usual | {"questionnaire": "relational_short"} | fields))
        assert answer.status_code == 422
        assert said in answer.text
        assert "<details open>" in answer.text

    def test_the_code_says_the_address_as_svg_and_png(self, admin: Staff, lobby: Lobby) -> None:
        svg = admin.get(f"/staff/links/{lobby.link}/qr.svg")
        assert svg.mimetype == "image/svg+xml"
        assert svg.headers["Content-Disposition"] == 'attachment; filename="lobby.svg"'
        assert ET.parse(io.BytesIO(svg.data)).getroot().tag.endswith("svg")  # our own
        png = admin.get(f"/staff/links/{lobby.link}/qr.png")
        assert png.data.startswith(b"\x89PNG")
        assert admin.get("/staff/links/4711/qr.png").status_code == 404

    def test_it_is_switched_off_and_on(self, admin: Staff, client: FlaskClient, lobby: Lobby) -> None:
        path = f"/staff/links/{lobby.link}"
        assert admin.post(f"{path}/switch", to="off").status_code == 303
        assert "is switched off" in admin.get(path).text
        assert client.get(lobby.path).status_code == 410
        admin.post(f"{path}/switch", to="on")
        assert client.get(lobby.path).status_code == 200

    def test_executives_read_and_change_nothing(self, lobby: Lobby, sign_in: SignIn) -> None:
        executive = sign_in(lobby.cast.executive)
        page = executive.get("/staff/links").text
        assert "The code in the lobby" in page
        assert "Make an open link" not in page
        assert "Switch it off" not in executive.get(f"/staff/links/{lobby.link}").text
        assert executive.post(f"/staff/links/{lobby.link}/switch", to="off").status_code == 403

    def test_the_list_costs_the_same_however_long(
        self, admin: Staff, passer: Passer, lobby: Lobby, statements: Collect
    ) -> None:
        with statements() as few:
            admin.get("/staff/links")
        for number in range(3):
            admin.post(
                "/staff/links", slug=f"more-{number}", title="More", program="relationship",
                questionnaire="relational_short",
            )  # fmt: skip
            passer.say(lobby.path)
        with statements() as many:
            assert "3 unmatched" in admin.get("/staff/links").text
        assert len(many) == len(few)

    def test_an_anonymous_questionnaire_makes_no_program(
        self, admin: Staff, lobby: Lobby, reader: Transaction
    ) -> None:
        answer = admin.post(
            "/staff/programs", slug="pulse", questionnaire="how_we_are", company="Example Works",
            sender_name="Eva", sender="a@b.test", reply_to="a@b.test", window="09-17", days="all",
            rest_days="0", language="en", zone="UTC", after_sending="read",
        )  # fmt: skip
        assert answer.status_code == 422
        assert "asks people by name; make an open link for it" in answer.text


class TestQueue:
    def test_who_comes_first_is_read_first(self, admin: Staff, passer: Passer, lobby: Lobby) -> None:
        assert "Nothing waits to be matched" in admin.get("/staff/unmatched").text
        passer.say(lobby.path, why="The first word.", email="anna@nordwind.test")
        passer.say(lobby.path, why=SCRIPT, name=SCRIPT)
        page = admin.get("/staff/unmatched").text
        assert "<h1>2 answers wait to be matched</h1>" in page
        assert page.index("The first word.") < page.index(str(escape(SCRIPT)))
        assert SCRIPT not in page

    def test_a_response_is_matched_and_stands_at_the_account(
        self, admin: Staff, passer: Passer, lobby: Lobby, reader: Transaction
    ) -> None:
        passer.say(lobby.path, email=lobby.cast.anna.email)
        page = admin.get("/staff/unmatched/1").text
        assert "same e-mail address" in page
        assert "Too late." in page
        matched = admin.post("/staff/unmatched/1/match", contact=str(lobby.cast.anna.id))
        assert (matched.status_code, matched.location) == (303, "/staff/unmatched")
        with reader() as session:
            response = session.scalars(select(Response)).one()
        assert "Too late." in admin.get(f"/staff/responses/{response.id}").text
        assert "lobby 2026-03" in admin.get(f"/staff/accounts/{lobby.cast.nordwind}").text

        again = admin.post("/staff/unmatched/1/match", contact=str(lobby.cast.aziz.id))
        assert again.status_code == 409
        assert "settled this response meanwhile" in again.text
        assert "by Ada Admin" in again.text

    def test_a_second_one_is_kept_as_a_note(self, admin: Staff, passer: Passer, lobby: Lobby) -> None:
        passer.say(lobby.path)
        passer.say(lobby.path, why="And once more.")
        anna = str(lobby.cast.anna.id)
        admin.post("/staff/unmatched/1/match", contact=anna)
        offered = admin.post("/staff/unmatched/2/match", contact=anna)
        assert offered.status_code == 409
        assert "Keep it as a note" in offered.text
        assert admin.post("/staff/unmatched/2/note", contact=anna, response="1").status_code == 303
        assert "And once more." in admin.get("/staff/responses/1").text

    def test_support_sorts_it_and_sees_no_more_than_names(
        self, passer: Passer, lobby: Lobby, sign_in: SignIn, reader: Transaction
    ) -> None:
        passer.say(lobby.path, company="Nordwind")
        support = sign_in(lobby.cast.support)
        assert "Unmatched" in support.get("/staff/calls").text
        page = support.get("/staff/unmatched/1?who=adler").text
        assert "Anna Adler" in page
        assert "EUR" not in page
        assert support.post("/staff/unmatched/1/match", contact=str(lobby.cast.anna.id)).status_code == 303
        for name in ("mona", "leader", "executive"):
            assert sign_in(getattr(lobby.cast, name)).get("/staff/unmatched").status_code == 403

    def test_somebody_new_is_added_at_an_account(
        self, admin: Staff, passer: Passer, lobby: Lobby, reader: Transaction
    ) -> None:
        passer.say(lobby.path, name="Zoë Zweig", email="zoe@example.org", company="Südwerk")
        page = admin.get("/staff/unmatched/1").text
        assert f'<option value="{lobby.cast.sudwerk}">Südwerk' in page
        assert 'value="Zoë Zweig"' in page
        wrong = admin.post("/staff/unmatched/1/new", name="", email="zoe at example", account="")
        assert wrong.status_code == 422
        assert "Write the person's name." in wrong.text
        added = admin.post(
            "/staff/unmatched/1/new",
            name="Zoë Zweig",
            email="zoe@example.org",
            account=str(lobby.cast.sudwerk),
            at="Süd",
        )
        assert added.status_code == 303
        with reader() as session:
            assert session.scalars(select(Response)).one().account_id == lobby.cast.sudwerk

    def test_what_is_nobody_s_is_dismissed_with_a_reason_and_can_come_back(
        self, admin: Staff, passer: Passer, lobby: Lobby, reader: Transaction
    ) -> None:
        passer.say(lobby.path)
        assert admin.post("/staff/unmatched/1/dismiss", reason=" ").status_code == 422
        assert admin.post("/staff/unmatched/1/dismiss", reason="A test of ours").status_code == 303
        assert "A test of ours" in admin.get("/staff/unmatched/1").text
        assert "/staff/unmatched/1" in admin.get("/staff/unmatched?state=dismissed").text
        assert admin.post("/staff/unmatched/1/back").status_code == 303
        assert admin.post("/staff/unmatched/1/spam").status_code == 303
        with reader() as session:
            assert session.scalars(select(OpenVisit.state)).one() is VisitState.SPAM
            actions = select(AuditEntry.action).where(AuditEntry.thing == "open_visit")
            assert sorted(session.scalars(actions)) == ["dismissed", "put_back", "spam"]

    @pytest.mark.parametrize("field", ["", "x", "0", "-1", "9" * 30, "1 OR 1=1", "\0"])
    def test_a_hostile_choice_matches_nobody(
        self, admin: Staff, passer: Passer, lobby: Lobby, field: str
    ) -> None:
        passer.say(lobby.path)
        assert admin.post("/staff/unmatched/1/match", contact=field).status_code in (404, 422)
        assert admin.post("/staff/unmatched/1/new", name="Z", account=field).status_code == 422
        assert admin.post("/staff/unmatched/1/note", contact=field, response="1").status_code in (404, 422)

    def test_the_queue_costs_the_same_however_long(
        self, admin: Staff, passer: Passer, lobby: Lobby, statements: Collect
    ) -> None:
        passer.say(lobby.path)
        with statements() as few:
            admin.get("/staff/unmatched")
        for _ in range(3):
            passer.say(lobby.path)
        with statements() as many:
            admin.get("/staff/unmatched")
        assert len(many) == len(few)


class TestPulse:
    def tell(self, passer: Passer, lobby: Lobby, times: int, *, said: str = "", **answers: str) -> None:
        for number in range(times):
            visit = passer.begin(lobby.pulse_path, "week", **answers).location.partition("?")[0]
            words = said and f"{said} {number}"
            assert passer.go_on(visit, "words", "send", said=words).status_code == 200

    def test_nothing_is_shown_before_the_fifth(self, passer: Passer, lobby: Lobby, sign_in: SignIn) -> None:
        executive = sign_in(lobby.cast.executive)
        path = f"/staff/links/{lobby.pulse}/results"
        assert "5 more answers are needed before anything is shown" in executive.get(path).text
        self.tell(passer, lobby, LEAST - 1, mood="1", said=SCRIPT)
        page = executive.get(path).text
        assert "1 more answer is needed before anything is shown" in page
        assert "mean" not in page
        assert "alert(1)" not in page

    def test_figures_from_five_on_and_words_as_text(
        self, passer: Passer, lobby: Lobby, sign_in: SignIn
    ) -> None:
        self.tell(passer, lobby, LEAST, mood="4", employer="9", said=SCRIPT)
        page = sign_in(lobby.cast.admin).get(f"/staff/links/{lobby.pulse}/results").text
        assert "How we are: 5 answers" in page
        assert "mean 4" in page
        assert "NPS +100" in page
        assert SCRIPT not in page
        assert page.count(str(escape(SCRIPT))) == LEAST
        # Nobody has said what they wish: an item with fewer than five answers is not there.
        assert "You wish for" not in page

    def test_newer_answers_join_five_at_once(self, passer: Passer, lobby: Lobby, sign_in: SignIn) -> None:
        admin, path = sign_in(lobby.cast.admin), f"/staff/links/{lobby.pulse}/results"
        self.tell(passer, lobby, LEAST, mood="5")
        self.tell(passer, lobby, LEAST - 1, mood="1")
        page = admin.get(path).text
        assert "mean 5" in page
        assert "4 newer answers are shown together with the next ones" in page
        self.tell(passer, lobby, 1, mood="1")
        assert "mean 3" in admin.get(path).text

    def test_what_looks_like_spam_counts_nowhere(self, passer: Passer, lobby: Lobby, sign_in: SignIn) -> None:
        self.tell(passer, lobby, 2, mood="1", website="https://spam.test")
        self.tell(passer, lobby, LEAST, mood="5")
        page = sign_in(lobby.cast.admin).get(f"/staff/links/{lobby.pulse}/results").text
        assert "mean 5" in page
        assert "2 answers look like spam and are left out." in page

    def test_a_link_that_is_not_anonymous_has_no_such_page(self, lobby: Lobby, sign_in: SignIn) -> None:
        admin = sign_in(lobby.cast.admin)
        assert admin.get(f"/staff/links/{lobby.link}/results").status_code == 404
        assert sign_in(lobby.cast.mona).get(f"/staff/links/{lobby.pulse}/results").status_code == 403

    def test_what_looks_like_spam_is_left_out_until_an_admin_counts_it(
        self, passer: Passer, lobby: Lobby, sign_in: SignIn
    ) -> None:
        path = f"/staff/links/{lobby.pulse}/results"
        self.tell(passer, lobby, LEAST - 1, mood="4")
        self.tell(passer, lobby, 1, mood="4", website="https://spam.test")
        executive = sign_in(lobby.cast.executive)
        assert "1 answer looks like spam and is left out." in (page := executive.get(path).text)
        assert "Count them as well" not in page
        admin = sign_in(lobby.cast.admin)
        assert "Count them as well" in admin.get(path).text
        assert admin.post(f"{path}/count").status_code == 303
        assert "How we are: 5 answers" in (page := admin.get(path).text)
        assert "spam" not in page
