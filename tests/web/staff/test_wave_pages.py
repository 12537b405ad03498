"""One wave's page and its brakes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from surveyd.base.clock import SetClock
from surveyd.distribution.audience import RULES
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.models import Exclusion, Program, Wave, WaveState
from surveyd.distribution.questionnaires import publish
from surveyd.distribution.standing import STANDINGS
from surveyd.distribution.suppressions import opt_out
from surveyd.people.models import AuditEntry, Contact
from surveyd.web.staff import wave_words
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import half_german
from tests.web.offices import Office, SignIn


def wave_of(office: Office, reader: Transaction) -> Wave:
    with reader() as session:
        return session.get_one(Wave, office.wave)


def test_the_page_says_how_far_the_wave_is(office: Office, sign_in: SignIn, writer: Transaction) -> None:
    with writer() as session:
        session.add(Exclusion(wave_id=office.wave, contact_id=office.cast.aziz.id, rule="opted_out"))

    page = sign_in(office.cast.admin).get(f"/staff/waves/{office.wave}").text

    assert "2 of 3 have answered (67\N{NO-BREAK SPACE}%)" in page
    assert "Pause sending" in page
    assert "the contact asked not to be mailed" in page


def test_a_wave_pauses_and_goes_on(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}"

    assert admin.post(f"{path}/pause").status_code == 303
    assert wave_of(office, reader).paused_at is not None
    assert "Go on sending" in admin.get(path).text
    assert admin.post(f"{path}/pause").status_code == 303
    assert admin.post(f"{path}/resume").status_code == 303

    assert wave_of(office, reader).paused_at is None
    with reader() as session:
        trail = [(entry.action, entry.user_id) for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
        assert trail == [(action, office.cast.admin.id) for action in ("pause", "pause", "resume")]


def test_a_cancelled_wave_leads_to_no_summary(office: Office, sign_in: SignIn) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}"
    assert f"{path}/summary" in admin.get(path).text

    admin.post(f"{path}/cancel")

    assert f"{path}/summary" not in admin.get(path).text


def test_a_cancelled_wave_stays_cancelled(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}"

    assert admin.post(f"{path}/cancel").status_code == 303
    again = admin.post(f"{path}/cancel")

    assert again.status_code == 409
    assert "there is nothing to cancel" in again.text
    assert wave_of(office, reader).state is WaveState.CANCELLED
    assert "Pause sending" not in admin.get(path).text


@pytest.mark.parametrize(("typed", "kept"), [("5", 5), ("0", None)])
def test_the_rate_is_set(
    office: Office, sign_in: SignIn, reader: Transaction, *, typed: str, kept: int | None
) -> None:
    assert sign_in(office.cast.admin).post(f"/staff/waves/{office.wave}/rate", rate=typed).status_code == 303
    assert wave_of(office, reader).rate == kept


@pytest.mark.parametrize("typed", ["", "fast", "-1", "99999999999", "1.5"])
def test_a_rate_that_is_none_is_refused(
    office: Office, sign_in: SignIn, reader: Transaction, typed: str
) -> None:
    response = sign_in(office.cast.admin).post(f"/staff/waves/{office.wave}/rate", rate=typed)

    assert response.status_code == 422
    assert f'value="{typed}"' in response.text
    assert wave_of(office, reader).rate is None


def test_an_executive_looks_and_touches_nothing(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    executive, path = sign_in(office.cast.executive), f"/staff/waves/{office.wave}"

    assert "Pause sending" not in executive.get(path).text
    assert executive.post(f"{path}/pause").status_code == 403
    assert wave_of(office, reader).paused_at is None


@pytest.fixture
def coming(office: Office, writer: Transaction) -> int:
    """A wave that is scheduled for tomorrow, of a program that asks everybody again."""
    with writer() as session:
        first = session.get_one(Wave, office.wave)
        session.get_one(Program, first.program_id).rest_days = 0
        wave = Wave(
            program_id=first.program_id,
            slug="2026H2",
            version_id=first.version_id,
            scheduled_at=NOW + timedelta(days=1),
        )
        session.add(wave)
        session.flush()
        return wave.id


def launches(reader: Transaction) -> int:
    with reader() as session:
        return session.query(AuditEntry).filter_by(action="launch").count()


class TestLaunch:
    def test_before_it_the_page_forecasts(self, office: Office, sign_in: SignIn, coming: int) -> None:
        page = sign_in(office.cast.admin).get(f"/staff/waves/{coming}").text

        assert "2026H2 would invite 3 contacts" in page
        assert "Launch to 3 contacts" in page
        assert "3 contacts get a mail from Eva Executive from 11 March 2026, 10:00 CET on." in page

    def test_nobody_to_invite_says_why(
        self, office: Office, sign_in: SignIn, coming: int, writer: Transaction
    ) -> None:
        with writer() as session:
            session.get_one(Program, 1).rest_days = 90
        admin = sign_in(office.cast.admin)
        page = admin.get(f"/staff/waves/{coming}").text

        assert "It cannot be launched today: nobody would be invited." in page
        assert "the contact was asked within the rest period" in page
        assert admin.post(f"/staff/waves/{coming}/launch", contacts="0").status_code == 422

    def test_it_goes_to_as_many_as_were_agreed_to(
        self, office: Office, sign_in: SignIn, coming: int, reader: Transaction, app: Flask
    ) -> None:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}"

        assert admin.post(f"{path}/launch", contacts="3").status_code == 303
        with reader() as session:
            wave = session.get_one(Wave, coming)
            assert (wave.state, wave.launched_by_id) == (WaveState.PREPARING, office.cast.admin.id)
        with app.app_context():
            prepare_wave(coming)
        assert "0 of 3 invitations are out" in admin.get(path).text

    def test_a_second_press_changes_nothing(
        self, office: Office, sign_in: SignIn, coming: int, reader: Transaction
    ) -> None:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}/launch"

        assert [admin.post(path, contacts="3").status_code for _ in range(2)] == [303, 303]
        assert launches(reader) == 1

    @pytest.mark.parametrize("agreed", ["2", "", "many", "-3"])
    def test_another_number_is_asked_about_again(
        self, office: Office, sign_in: SignIn, coming: int, reader: Transaction, agreed: str
    ) -> None:
        response = sign_in(office.cast.admin).post(f"/staff/waves/{coming}/launch", contacts=agreed)

        assert response.status_code == 422
        assert "The audience has changed: it is 3 contacts now." in response.text
        assert launches(reader) == 0

    def test_half_a_translation_forbids_it(
        self, office: Office, sign_in: SignIn, coming: int, reader: Transaction, writer: Transaction
    ) -> None:
        with writer() as session:
            wave = session.get_one(Wave, coming)
            wave.version_id = publish(session, half_german(), now=NOW)
            session.execute(update(Contact).values(language="de"))
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}"
        page = admin.get(path).text

        assert "3 people would be asked in German, in which the questionnaire is not whole." in page
        assert "Missing texts: 1." in page
        assert "Yes, launch" not in page
        refused = admin.post(f"{path}/launch", contacts="3")
        assert refused.status_code == 409
        assert "3 people would be asked in German, in which 1 text is missing." in refused.text
        assert launches(reader) == 0

    def test_an_unsigned_translation_is_warned_of(
        self, office: Office, sign_in: SignIn, coming: int, writer: Transaction
    ) -> None:
        with writer() as session:
            session.execute(update(Contact).values(language="de"))
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}"

        assert "No native speaker has signed what people would read in German." in admin.get(path).text
        assert admin.post(f"{path}/launch", contacts="3").status_code == 303

    def test_only_an_admin_launches(
        self, office: Office, sign_in: SignIn, coming: int, reader: Transaction
    ) -> None:
        executive, path = sign_in(office.cast.executive), f"/staff/waves/{coming}"

        assert "Launch to" not in executive.get(path).text
        assert executive.post(f"{path}/launch", contacts="3").status_code == 403
        assert launches(reader) == 0

    def test_a_cancelled_wave_is_not_launched(self, office: Office, sign_in: SignIn, coming: int) -> None:
        admin = sign_in(office.cast.admin)
        assert admin.post(f"/staff/waves/{coming}/cancel").status_code == 303
        assert admin.post(f"/staff/waves/{coming}/launch", contacts="0").status_code == 422
        assert admin.post(f"/staff/waves/{coming}/launch", contacts="3").status_code == 422


class TestProgress:
    def test_it_is_told_in_words_and_numbers(self, office: Office, sign_in: SignIn) -> None:
        told = sign_in(office.cast.executive).get(f"/staff/waves/{office.wave}/progress").json

        assert told == {
            "state": "open",
            "paused": False,
            "value": 1,
            "most": 1,
            "again": 30,
            "words": {
                "title": "2 of 3 have answered (67\N{NO-BREAK SPACE}%)",
                "count": "All mails of this wave are out",
                "pace": "Nothing is left to send.",
                "rate": "Now without a limit. 0 takes the limit away.",
                "why": "",
                "invited": "3",
                "reached": "0",
                "started": "2",
                "answered": "2",
                "owed": "0",
                "calls": "1",
            },
        }

    def test_who_may_not_see_the_wave_sees_no_progress(self, office: Office, sign_in: SignIn) -> None:
        assert sign_in(office.cast.mona).get(f"/staff/waves/{office.wave}/progress").status_code == 403

    def test_a_launched_wave_is_looked_at_again_soon(
        self, office: Office, sign_in: SignIn, coming: int, app: Flask, clock: SetClock
    ) -> None:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}"
        admin.post(f"{path}/launch", contacts="3")
        told = admin.get(f"{path}/progress").json
        assert told and told["again"] == 3 and told["words"]["count"] == "0 of 3 contacts are looked at"

        with app.app_context():
            prepare_wave(coming)
        told = admin.get(f"{path}/progress").json
        assert told and told["again"] == 30
        assert told["words"]["pace"] == "3 are due later, the first on 11 March 2026, 10:00 CET."

        clock.instant = NOW + timedelta(days=1)
        told = admin.get(f"{path}/progress").json
        assert told and told["again"] == 3
        assert told["words"]["pace"] == "3 are due; none went out in the last minute."

        admin.post(f"{path}/pause")
        told = admin.get(f"{path}/progress").json
        assert told and (told["paused"], told["again"]) == (True, 30)
        assert told["words"]["pace"] == "Paused: nothing goes out until you go on."


class TestAudience:
    def test_everybody_stands_in_one_place(
        self, office: Office, sign_in: SignIn, writer: Transaction
    ) -> None:
        page = sign_in(office.cast.admin).get(f"/staff/waves/{office.wave}").text

        assert "invited in all" in page
        assert f"/staff/waves/{office.wave}/audience?state=answered" in page
        assert "3 in and 0 out make 3 contacts in all." in page

    def test_a_search_says_why_somebody_gets_no_mail(
        self, office: Office, sign_in: SignIn, coming: int, writer: Transaction
    ) -> None:
        with writer() as session:
            opt_out(session, office.cast.sofie.id, now=NOW)
        page = sign_in(office.cast.admin).get(f"/staff/waves/{coming}/audience?search=sofie").text

        assert "<h1>2 contacts would be in, 1 out</h1>" in page
        assert "the contact asked not to be mailed" in page
        assert "Anna" not in page

    def test_after_the_launch_it_comes_from_the_ledger(self, office: Office, sign_in: SignIn) -> None:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}/audience"

        assert "<h1>3 contacts are in, 0 out</h1>" in admin.get(path).text
        answered = admin.get(f"{path}?state=answered").text
        assert "Anna Adler" in answered and "Sofie" not in answered
        assert "Nobody of this wave is like that." in admin.get(f"{path}?in=0").text

    def test_hostile_words_find_nobody(self, office: Office, sign_in: SignIn) -> None:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}/audience"

        for words in ("%25", "%00", "<script>", "'", "x" * 5000):
            response = admin.get(f"{path}?search={words}&state={words}&in={words}&sort={words}")
            assert response.status_code == 200, words
            assert "<script>" not in response.text
        assert admin.get(f"{path}?after=nonsense").status_code == 409

    def test_words_are_there_for_every_rule_and_state(self) -> None:
        assert set(wave_words.RULES) == set(RULES)
        assert set(wave_words.STANDS) == set(STANDINGS)
        assert set(wave_words.STANDS_ALONE) == {"", *STANDINGS}
        assert set(wave_words.STATES) == {*(state.value for state in WaveState), "paused"}


class TestList:
    def test_it_is_narrowed_and_sorted(self, office: Office, sign_in: SignIn, coming: int) -> None:
        admin = sign_in(office.cast.admin)

        both = admin.get("/staff/waves?sort=name").text
        assert both.index(">2026H1<") < both.index(">2026H2<")
        assert ">2026H1<" not in admin.get("/staff/waves?state=scheduled").text
        assert ">2026H2<" not in admin.get("/staff/waves?state=open&program=relationship").text
        assert "No wave is like that." in admin.get("/staff/waves?program=other").text
        assert "No wave is like that." in admin.get("/staff/waves?state=paused").text
        assert "No wave is like that." in admin.get("/staff/waves?state=nonsense").text

    def test_a_page_costs_the_same_however_many_waves_there_are(
        self,
        office: Office,
        sign_in: SignIn,
        writer: Transaction,
        statements: Callable[[], AbstractContextManager[list[str]]],
    ) -> None:
        admin = sign_in(office.cast.admin)
        with statements() as one:
            admin.get("/staff/waves")
        with writer() as session:
            first = session.get_one(Wave, office.wave)
            facts = {"program_id": first.program_id, "version_id": first.version_id, "scheduled_at": NOW}
            session.add_all(Wave(slug=f"w{number}", **facts) for number in range(60))
        with statements() as many:
            page = admin.get("/staff/waves").text
        assert len(one) == len(many)
        assert "More waves" in page
