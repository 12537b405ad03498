"""The outbox in the browser: counted, narrowed, told, previewed, released and cancelled."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from surveyd.base.clock import SetClock
from surveyd.base.services import Services
from surveyd.distribution import waves
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.mail_examples import list_mails
from surveyd.distribution.models import Message, MessageState, Program, Touch, TouchState, Wave
from surveyd.distribution.stories import HIDDEN
from surveyd.distribution.suppressions import suppress
from surveyd.distribution.touches import release_due
from surveyd.people.models import AuditEntry
from surveyd.web.staff.mail_words import EXPLAINED, MAIL_STATES
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def queued(app: Flask, office: Office, writer: Transaction) -> int:
    """A second wave with an invitation to everybody in the outbox; gives its id."""
    with writer() as session:
        # Of two programs the longer rest counts: nobody rests.
        session.execute(update(Program).values(rest_days=0))
        wave = make_wave(session, "autumn", rest_days=0)
        waves.launch(session, wave, now=NOW, by=None)
        wave_id = wave.id
    with app.app_context():
        prepare_wave(wave_id)
    with writer() as session:
        release_due(session, now=NOW, system_now=NOW, mail_domain="mail.surveyd.test")
    return wave_id


def mail_to(office: Office, reader: Transaction, person: str, wave_id: int | None) -> int:
    with reader() as session:
        contact = getattr(office.cast, person).id
        found = select(Message.id).where(Message.contact_id == contact, Message.wave_id == wave_id)
        return session.scalars(found).one()


def states(reader: Transaction, wave_id: int) -> set[str]:
    with reader() as session:
        return {
            state.value for state in session.scalars(select(Message.state).where(Message.wave_id == wave_id))
        }


def hold(writer: Transaction, wave_id: int) -> None:
    with writer() as session:
        held = update(Message).where(Message.wave_id == wave_id)
        session.execute(held.values(state=MessageState.HELD, reason="fell due while nothing was running"))


class TestList:
    def test_it_says_what_is_owed(self, admin: Staff, queued: int, clock: SetClock) -> None:
        clock.instant = NOW + timedelta(hours=2)
        page = admin.get("/staff/outbox?wave=autumn").text

        assert "<h1>3 mails are owed</h1>" in page
        assert "The oldest is 2 h late." in page
        assert "Anna Adler" in page and "anna@nordwind.test" in page

    def test_an_empty_outbox_says_what_it_will_show(self, cast_alone: Office, sign_in: SignIn) -> None:
        page = sign_in(cast_alone.cast.admin).get("/staff/outbox").text
        assert "<h1>The outbox is empty</h1>" in page
        assert "They appear when a wave is launched." in page

    @pytest.mark.parametrize("search", ["anna", "ADLER", "C-adler", "anna@nord"])
    def test_somebody_is_found(self, admin: Staff, queued: int, search: str) -> None:
        page = admin.get(f"/staff/outbox?wave=autumn&search={search}").text
        assert "Anna Adler" in page and "Sofie Sommer" not in page

    def test_it_is_narrowed(self, admin: Staff, queued: int) -> None:
        assert "Sofie Sommer" in admin.get("/staff/outbox?name=invitation&step=invitation&state=queued").text
        for nothing in ("state=sent", "wave=other", "step=reminder", "name=letter", "state=nonsense"):
            page = admin.get(
                f"/staff/outbox?wave=autumn&{nothing}"
                if "wave" not in nothing
                else "/staff/outbox?wave=other"
            )
            assert "No mail is like that." in page.text, nothing

    @pytest.mark.parametrize("sort", ["made", "-made", "due", "-due", "to", "-to", "tries", "-tries", "x"])
    def test_it_is_sorted(self, admin: Staff, queued: int, sort: str) -> None:
        page = admin.get(f"/staff/outbox?wave=autumn&sort={sort}").text
        anna, sofie = page.index("Anna Adler"), page.index("Sofie Sommer")
        assert anna < sofie or sort in ("-made", "-to", "-due", "-tries", "x")

    def test_hostile_words_find_nothing(self, admin: Staff, queued: int) -> None:
        for words in ("%25", "%00", "<script>", "'", "x" * 5000):
            response = admin.get(f"/staff/outbox?search={words}&wave={words}&state={words}")
            assert response.status_code == 200
            assert "<script>" not in response.text
        assert admin.get("/staff/outbox?after=nonsense").status_code == 409

    def test_a_page_costs_the_same_however_many_mails_there_are(
        self, admin: Staff, queued: int, writer: Transaction, statements: Collect
    ) -> None:
        with statements() as few:
            admin.get("/staff/outbox")
        with writer() as session:
            session.add_all(
                Message(
                    dedup_key=f"k{n}", message_id=f"m{n}@x", name="invitation", language="en",
                    recipient=f"r{n}@x.test", due_at=NOW, created_at=NOW,
                )
                for n in range(60)
            )  # fmt: skip
        with statements() as many:
            page = admin.get("/staff/outbox").text
        assert len(few) == len(many) <= 8
        assert "More mails" in page

    def test_only_an_admin_looks(self, office: Office, sign_in: SignIn, queued: int) -> None:
        for role in ("executive", "leader", "mona", "support"):
            assert sign_in(getattr(office.cast, role)).get("/staff/outbox").status_code == 403


class TestStory:
    def test_it_tells_everything_in_order(
        self, admin: Staff, office: Office, queued: int, reader: Transaction, writer: Transaction
    ) -> None:
        message = mail_to(office, reader, "anna", queued)
        with writer() as session:
            row = session.get_one(Message, message)
            row.state, row.attempts, row.copies = MessageState.SENT, 3, 2
            row.begun_at, row.sent_at = NOW, NOW + timedelta(seconds=1)
        with writer() as session:
            suppress(
                session,
                office.cast.anna.email,
                reason="bounced",
                now=NOW,
                message_id=message,
                detail="5.1.1 gone",
            )
        page = admin.get(f"/staff/outbox/{message}").text

        assert "The invitation to Anna Adler is sent" in page
        told = [
            "Planned by the cadence for",
            "Written into the outbox",
            "Due",
            "own clock: 3 attempts, 2 copies may have gone out",
            "Taken by the relay",
            "This mail put the address on the list of those not to be mailed: bounced: 5.1.1 gone",
        ]
        places = [page.index(words) for words in told]
        assert places == sorted(places)
        assert f"/staff/waves/{queued}" in page
        assert "10 March 2026, 10:00 CET" in page

    def test_the_preview_opens_nothing(
        self, admin: Staff, office: Office, queued: int, reader: Transaction, services: Services
    ) -> None:
        message = mail_to(office, reader, "anna", queued)
        with reader() as session:
            invitation = session.get_one(Message, message).invitation_id
        assert invitation is not None
        page, frame = admin.get(f"/staff/outbox/{message}"), admin.get(f"/staff/outbox/{message}/html")

        for shown in (page.text, frame.text):
            assert services.keys.survey_token(invitation) not in shown
            assert services.keys.opt_out_token(office.cast.anna.id, invitation) not in shown
        assert f"/s/{HIDDEN}?score=10" in frame.text
        assert admin.get(f"/s/{HIDDEN}").status_code == 404
        assert "sandbox" in frame.headers["Content-Security-Policy"].split("; ")
        assert 'title="The mail as HTML" sandbox>' in page.text

    def test_a_mail_that_cannot_be_written_says_so(
        self, admin: Staff, office: Office, queued: int, reader: Transaction, writer: Transaction
    ) -> None:
        message = mail_to(office, reader, "anna", queued)
        with writer() as session:
            session.get_one(Message, message).name = "gone"
            session.get_one(Message, message).context = {}
        assert "It cannot be written" in admin.get(f"/staff/outbox/{message}").text
        assert admin.get(f"/staff/outbox/{message}/html").status_code == 404

    def test_a_name_is_shown_as_text(
        self, admin: Staff, office: Office, queued: int, reader: Transaction, writer: Transaction
    ) -> None:
        message = mail_to(office, reader, "anna", queued)
        with writer() as session:
            row = session.get_one(Message, message)
            row.context = {**row.context, "contact": "<script>alert(1)</script>"}
        for path in ("", "/html"):
            assert "<script>" not in admin.get(f"/staff/outbox/{message}{path}").text

    def test_every_mail_and_state_has_its_story(
        self, admin: Staff, queued: int, office: Office, reader: Transaction, writer: Transaction
    ) -> None:
        message = mail_to(office, reader, "anna", queued)
        for state in MessageState:
            with writer() as session:
                session.get_one(Message, message).state = state
            page = admin.get(f"/staff/outbox/{message}").text
            assert f"is {MAIL_STATES[state]}</h1>" in page
            assert str(EXPLAINED[state]) in page

    def test_a_thank_you_and_an_alert_have_a_story(
        self, admin: Staff, office: Office, reader: Transaction
    ) -> None:
        with reader() as session:
            rows = {row.name: row.id for row in session.scalars(select(Message))}
        assert {"thank_you", "case_alert"} <= set(rows)
        alert = admin.get(f"/staff/outbox/{rows['case_alert']}").text
        assert "The case alert to Mona Manager is queued" in alert
        assert f'href="/staff/responses/{office.anna}"' in alert
        assert "It cannot be written" not in alert + admin.get(f"/staff/outbox/{rows['thank_you']}").text

    @pytest.mark.parametrize("key", ["999999", "0", "x"])
    def test_an_unknown_mail_is_not_there(self, admin: Staff, key: str) -> None:
        for path in ("", "/html"):
            assert admin.get(f"/staff/outbox/{key}{path}").status_code == 404
        for path in ("release", "cancel"):
            assert admin.post(f"/staff/outbox/{key}/{path}").status_code == 404


class TestHeld:
    def test_one_is_released_and_twice_is_once(
        self, admin: Staff, office: Office, queued: int, reader: Transaction, writer: Transaction
    ) -> None:
        hold(writer, queued)
        message = mail_to(office, reader, "anna", queued)
        assert "Release this mail" in admin.get(f"/staff/outbox/{message}").text

        for _ in range(2):
            assert admin.post(f"/staff/outbox/{message}/release").status_code == 303
        assert states(reader, queued) == {"queued", "held"}
        with reader() as session:
            assert session.query(AuditEntry).filter_by(action="release", thing_id=message).count() == 1

    def test_one_is_cancelled_for_good(
        self, admin: Staff, office: Office, queued: int, reader: Transaction, writer: Transaction
    ) -> None:
        hold(writer, queued)
        message = mail_to(office, reader, "anna", queued)
        for _ in range(2):
            assert admin.post(f"/staff/outbox/{message}/cancel").status_code == 303
        page = admin.get(f"/staff/outbox/{message}").text
        assert "The invitation to Anna Adler is cancelled" in page and "cancelled by hand" in page

    def test_what_is_not_held_is_not_cancelled(
        self, admin: Staff, office: Office, queued: int, reader: Transaction
    ) -> None:
        message = mail_to(office, reader, "anna", queued)
        assert admin.post(f"/staff/outbox/{message}/cancel").status_code == 409
        assert states(reader, queued) == {"queued"}

    def test_all_of_a_filter_are_released_and_no_other(
        self, admin: Staff, office: Office, queued: int, reader: Transaction, writer: Transaction
    ) -> None:
        hold(writer, queued)
        assert "3 are held and wait for your word" in admin.get("/staff/outbox").text

        assert admin.post("/staff/outbox/release", wave="autumn", search="anna").status_code == 303
        assert states(reader, queued) == {"queued", "held"}
        assert admin.post("/staff/outbox/release", wave="other").status_code == 303
        assert states(reader, queued) == {"queued", "held"}
        answer = admin.post("/staff/outbox/release", wave="autumn")
        assert answer.location == "/staff/outbox?wave=autumn"
        assert states(reader, queued) == {"queued"}

    def test_held_touches_go_with_them(
        self, admin: Staff, queued: int, reader: Transaction, writer: Transaction
    ) -> None:
        with writer() as session:
            session.execute(update(Touch).where(Touch.step == "reminder").values(state=TouchState.HELD))
        assert "3 of them are planned and not written yet." in admin.get("/staff/outbox?wave=autumn").text

        admin.post("/staff/outbox/release", wave="autumn", step="invitation")
        assert "3 of them are planned" in admin.get("/staff/outbox").text
        admin.post("/staff/outbox/release", wave="autumn", step="reminder")
        with reader() as session:
            assert session.query(Touch).filter_by(state=TouchState.HELD).count() == 0

    def test_nobody_else_releases(
        self, office: Office, sign_in: SignIn, queued: int, reader: Transaction, writer: Transaction
    ) -> None:
        hold(writer, queued)
        assert sign_in(office.cast.executive).post("/staff/outbox/release").status_code == 403
        assert states(reader, queued) == {"held"}


def test_the_words_are_there_for_every_state_and_known_mail() -> None:
    assert set(MAIL_STATES) == set(EXPLAINED) == {state.value for state in MessageState}
    assert {"invitation", "reminder"} <= {kind.name for kind in list_mails()}


def test_the_wave_is_where_its_mails_are_found(admin: Staff, queued: int, reader: Transaction) -> None:
    with reader() as session:
        slug = session.get_one(Wave, queued).slug
    assert f'href="/staff/outbox?wave={slug}"' in admin.get(f"/staff/waves/{queued}").text
