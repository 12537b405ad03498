"""Programs, their waves and the calendar in the browser."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from surveyd.base.clock import SetClock
from surveyd.distribution import waves
from surveyd.distribution.models import AfterSending, Program, Wave, WaveState
from surveyd.people.models import AuditEntry
from tests.distribution.conftest import make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
FACTS = {
    "slug": "onboarding",
    "questionnaire": "relational_short",
    "company": "Example Works",
    "sender_name": "Eva Executive",
    "sender": "survey@company.test",
    "reply_to": "reply@company.test",
    "window": "09-17",
    "days": "all",
    "rest_days": "30",
    "language": "de",
    "zone": "Europe/Berlin",
}


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


def programs(reader: Transaction) -> dict[str, Program]:
    with reader() as session:
        return {program.slug: program for program in session.scalars(select(Program))}


class TestPrograms:
    def test_all_are_listed(self, admin: Staff) -> None:
        page = admin.get("/staff/programs").text
        assert "<h1>1 program</h1>" in page
        assert 'href="/staff/programs/1">relationship</a>' in page

    def test_before_the_first_the_form_is_open(self, cast_alone: Office, sign_in: SignIn) -> None:
        page = sign_in(cast_alone.cast.admin).get("/staff/programs").text
        assert "<h1>There is no program yet</h1>" in page
        assert "<details open>" in page
        assert 'value="Europe/Berlin"' in page

    def test_one_has_all_its_facts(self, admin: Staff) -> None:
        page = admin.get("/staff/programs/1").text
        for fact in (
            "relational", "Eva Executive", "survey@company.test", "reply@company.test",
            "08:00–18:00 on working days", "90 days", "English, German", "2026H1",
            "invitation on day 0, reminder on day 14, call on day 21, close on day 35",
            "Time in Europe/Berlin",
        ):  # fmt: skip
            assert fact in page, fact

    @pytest.mark.parametrize("key", ["999999", "0", "x"])
    def test_an_unknown_one_is_not_there(self, admin: Staff, key: str) -> None:
        assert admin.get(f"/staff/programs/{key}").status_code == 404
        assert admin.post(f"/staff/programs/{key}/waves", slug="w").status_code == 404

    def test_it_is_narrowed_and_hostile_words_find_nothing(self, admin: Staff) -> None:
        assert "No program is like that" in admin.get("/staff/programs?search=%25").text
        assert admin.get("/staff/programs?after=x").status_code == 409
        assert "<script>" not in admin.get("/staff/programs?search=<script>").text

    def test_only_an_admin_opens_them(self, office: Office, sign_in: SignIn) -> None:
        for role in ("executive", "leader", "mona", "support"):
            staff = sign_in(getattr(office.cast, role))
            assert staff.get("/staff/programs").status_code == 403
            assert staff.post("/staff/programs", **FACTS).status_code == 403

    def test_a_page_costs_the_same_however_many_there_are(
        self, admin: Staff, writer: Transaction, statements: Collect
    ) -> None:
        with statements() as few:
            admin.get("/staff/programs")
        with writer() as session:
            for number in range(3):
                make_wave(session, f"w{number}")
        with statements() as many:
            admin.get("/staff/programs")
        assert len(few) == len(many) <= 4


class TestCreate:
    def test_it_is_made_as_the_command_line_makes_it(
        self, admin: Staff, office: Office, reader: Transaction
    ) -> None:
        answer = admin.post("/staff/programs", **FACTS)

        made = programs(reader)["onboarding"]
        assert (answer.status_code, answer.location) == (303, f"/staff/programs/{made.id}")
        assert (made.window_start, made.window_end, made.workdays_only) == (9, 17, False)
        assert (made.rest_days, made.language, made.time_zone) == (30, "de", "Europe/Berlin")
        with reader() as session:
            trail = session.scalars(select(AuditEntry).where(AuditEntry.thing == "program")).one()
            assert (trail.action, trail.thing_id, trail.user_id) == ("create", made.id, office.cast.admin.id)

    @pytest.mark.parametrize(
        ("field", "typed", "said"),
        [
            ("slug", "", "Give it a short name"),
            ("slug", "A b", "does not do"),
            ("slug", "relationship", "There is a program"),
            ("questionnaire", "none", "Not a valid choice"),
            ("company", "  ", "Write the company"),
            ("sender_name", "x" * 201, "Shorten the name"),
            ("sender", "nobody", "is no e-mail address"),
            ("sender", "a b@x.test", "is no e-mail address"),
            ("reply_to", "@x.test", "is no e-mail address"),
            ("window", "18-08", "is not understood"),
            ("window", "", "is not understood"),
            ("days", "never", "Not a valid choice"),
            ("rest_days", "-1", "Write a number of days"),
            ("rest_days", "many", "Not a valid integer"),
            ("zone", "Mars/Olympus", "is no time zone"),
            ("zone", "../../etc/passwd", "is no time zone"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_stands_beside_its_field(
        self, admin: Staff, reader: Transaction, *, field: str, typed: str, said: str
    ) -> None:
        answer = admin.post("/staff/programs", **{**FACTS, field: typed})

        assert answer.status_code == 422
        assert said in answer.text
        assert f'id="{field}-wrong"' in answer.text or field in ("days", "questionnaire")
        assert 'value="reply@company.test"' in answer.text or field == "reply_to"
        assert list(programs(reader)) == ["relationship"]

    def test_twice_is_once(self, admin: Staff, reader: Transaction) -> None:
        assert admin.post("/staff/programs", **FACTS).status_code == 303
        assert admin.post("/staff/programs", **FACTS).status_code == 422
        assert len(programs(reader)) == 2

    def test_hostile_words_are_kept_as_text(self, admin: Staff) -> None:
        answer = admin.post(
            "/staff/programs", **{**FACTS, "company": "<script>alert(1)</script>", "slug": ""}
        )
        assert "<script>alert" not in answer.text


class TestAfterSending:
    def test_a_new_program_lets_answers_be_read_unless_it_says_otherwise(
        self, admin: Staff, reader: Transaction
    ) -> None:
        admin.post("/staff/programs", **FACTS)
        admin.post("/staff/programs", **{**FACTS, "slug": "other", "after_sending": "correct"})

        made = programs(reader)
        assert made["onboarding"].after_sending is AfterSending.READ
        assert made["other"].after_sending is AfterSending.CORRECT

    def test_it_is_changed_on_the_programs_page(
        self, admin: Staff, office: Office, reader: Transaction
    ) -> None:
        answer = admin.post("/staff/programs/1/after-sending", after_sending="correct")

        assert (answer.status_code, answer.location) == (303, "/staff/programs/1")
        assert "<dd>read and correct them until the wave closes</dd>" in admin.get("/staff/programs/1").text
        with reader() as session:
            trail = session.scalars(select(AuditEntry).where(AuditEntry.thing == "program")).one()
            assert (trail.action, trail.user_id) == ("after_sending_correct", office.cast.admin.id)

    @pytest.mark.parametrize("sent", [{}, {"after_sending": "everything"}])
    def test_what_is_no_choice_changes_nothing(
        self, admin: Staff, reader: Transaction, sent: dict[str, str]
    ) -> None:
        assert admin.post("/staff/programs/1/after-sending", **sent).status_code == 422
        assert programs(reader)["relationship"].after_sending is AfterSending.READ


class TestSchedule:
    def scheduled(self, reader: Transaction, slug: str) -> Wave:
        with reader() as session:
            return waves.find_wave(session, slug)

    def test_its_time_is_in_the_admins_zone(self, admin: Staff, reader: Transaction) -> None:
        answer = admin.post("/staff/programs/1/waves", slug="2026h2", date="2026-09-07", time="09:30")

        wave = self.scheduled(reader, "2026h2")
        assert (answer.status_code, answer.location) == (303, f"/staff/waves/{wave.id}")
        assert wave.scheduled_at == datetime(2026, 9, 7, 7, 30, tzinfo=UTC)
        assert wave.state is WaveState.SCHEDULED

    def test_without_a_time_it_is_as_soon_as_it_is_launched(self, admin: Staff, reader: Transaction) -> None:
        assert admin.post("/staff/programs/1/waves", slug="now", date="", time="").status_code == 303
        assert self.scheduled(reader, "now").scheduled_at == NOW

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"slug": ""}, "Give it a short name"),
            ({"slug": "Ü"}, "does not do"),
            ({"slug": "2026H1"}, "does not do"),
            ({"date": "2026-09-07", "time": ""}, "Write the time, too"),
            ({"date": "", "time": "09:00"}, "Write the date, too"),
            ({"date": "soon", "time": "09:00"}, "Not a valid date"),
            ({"date": "2026-09-07", "time": "late"}, "Not a valid time"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, admin: Staff, reader: Transaction, facts: dict[str, str], said: str
    ) -> None:
        sent = {"slug": "next", "date": "2026-09-07", "time": "09:00"} | facts
        answer = admin.post("/staff/programs/1/waves", **sent)
        assert answer.status_code == 422
        assert said in answer.text
        with reader() as session:
            assert session.scalars(select(Wave.slug)).all() == ["2026H1"]

    def test_a_taken_name_is_refused(self, admin: Staff) -> None:
        assert admin.post("/staff/programs/1/waves", slug="next").status_code == 303
        again = admin.post("/staff/programs/1/waves", slug="next")
        assert again.status_code == 422
        assert "There is a wave" in again.text

    def test_an_hour_that_the_clocks_skip_is_moved_behind_it(self, admin: Staff, reader: Transaction) -> None:
        admin.post("/staff/programs/1/waves", slug="spring", date="2026-03-29", time="02:30")
        assert self.scheduled(reader, "spring").scheduled_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


class TestCalendar:
    def test_a_year_has_its_waves_and_their_days(self, admin: Staff) -> None:
        page = admin.get("/staff/calendar").text

        assert "<h1>1 wave in 2026, 0 still to come</h1>" in page
        for words in ("17 February 2026", "3 March 2026", "10 March 2026", "24 March 2026"):
            assert words in page
        assert 'href="/staff/waves/1"' in page
        assert "February 2026" in page

    def test_what_is_scheduled_stands_where_it_will_be(self, admin: Staff) -> None:
        admin.post("/staff/programs/1/waves", slug="next", date="2027-01-11", time="09:00")

        assert "<h1>1 wave in 2027, 1 still to come</h1>" in admin.get("/staff/calendar?year=2027").text
        assert 'href="/staff/calendar?year=2027"' in admin.get("/staff/calendar").text

    def test_a_wave_across_the_year_stands_in_both(self, admin: Staff) -> None:
        admin.post("/staff/programs/1/waves", slug="winter", date="2026-12-14", time="09:00")

        assert "14 December 2026" in admin.get("/staff/calendar?year=2026").text
        page = admin.get("/staff/calendar?year=2027").text
        assert "18 January 2027" in page and "14 December 2026" not in page

    def test_a_cancelled_wave_is_left_out(self, admin: Staff, office: Office) -> None:
        admin.post(f"/staff/waves/{office.wave}/cancel")
        assert "<h1>No wave runs in 2026</h1>" in admin.get("/staff/calendar").text

    @pytest.mark.parametrize("year", ["", "x", "-1", "99999", "2101"])
    def test_what_is_no_year_is_this_year(self, admin: Staff, year: str) -> None:
        assert "in 2026" in admin.get(f"/staff/calendar?year={year}").text

    def test_an_empty_year_says_what_stands_there(
        self, cast_alone: Office, sign_in: SignIn, clock: SetClock
    ) -> None:
        clock.instant = NOW + timedelta(days=400)
        page = sign_in(cast_alone.cast.executive).get("/staff/calendar").text
        assert "<h1>No wave runs in 2027</h1>" in page
        assert "Open a program and schedule one, or let its waves propose themselves." in page

    def test_it_costs_the_same_however_many_waves_there_are(
        self, admin: Staff, writer: Transaction, statements: Collect
    ) -> None:
        with writer() as session:
            make_wave(session, "w")
        with statements() as few:
            admin.get("/staff/calendar")
        with writer() as session:
            for number in range(4):
                make_wave(session, f"w{number}")
        with statements() as many:
            admin.get("/staff/calendar")
        assert len(few) == len(many) <= 9

    def test_who_may_not_see_waves_sees_no_calendar(self, office: Office, sign_in: SignIn) -> None:
        for role in ("mona", "leader", "support"):
            assert sign_in(getattr(office.cast, role)).get("/staff/calendar").status_code == 403
