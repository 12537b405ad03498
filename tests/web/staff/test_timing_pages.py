"""When a program asks, on its page and on the calendar, by those who may and no others."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.distribution.blackouts import NewBlackout, add_blackout
from surveyd.distribution.cadence import USUAL, Cadence, cadence_of_program
from surveyd.distribution.calendar_models import Blackout, DailyLimit, Proposal, ProposalState, Recurrence
from surveyd.distribution.models import Program, Wave
from surveyd.distribution.recurring import Rhythm, set_rhythm
from surveyd.people.models import AuditEntry
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
STEPS = {
    "steps-0-name": "invitation", "steps-0-kind": "invitation", "steps-0-day": "0",
    "steps-1-name": "soon", "steps-1-kind": "call", "steps-1-day": "4",
    "steps-1-hours": "09-12", "steps-1-days": "mon-fri",
    "steps-2-name": "last", "steps-2-kind": "reminder", "steps-2-day": "10", "steps-2-language": "fr",
    "steps-3-name": "", "steps-3-kind": "reminder", "steps-3-day": "",
    "close_day": "20",
}  # fmt: skip
BLACKOUT = {"name": "audit <b>", "first_day": "2026-10-05", "last_day": "2026-10-09", "reason": "all busy"}


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def proposal(office: Office, writer: Transaction) -> int:
    """The program asks twice a year; returns the first wave that proposes itself."""
    with writer() as session:
        program = session.get_one(Program, 1)
        set_rhythm(session, program, Rhythm(date(2026, 10, 1), 2), by=None, now=NOW)
        return session.scalars(select(Proposal.id).order_by(Proposal.day)).first() or 0


def cadence(reader: Transaction) -> Cadence:
    with reader() as session:
        return cadence_of_program(session, session.get_one(Program, 1))


class TestTiming:
    def test_it_shows_the_usual_steps_until_they_are_changed(self, admin: Staff, reader: Transaction) -> None:
        page = admin.get("/staff/programs/1/timing").text
        assert "<h1>relationship asks in 3 steps over 35 days</h1>" in page
        assert 'value="reminder"' in page and 'value="14"' in page
        assert admin.post("/staff/programs/1/cadence", **STEPS).status_code == 303
        kept = cadence(reader)
        assert (kept.names(), kept.close_day) == (("invitation", "soon", "last"), 20)
        assert [step.day for step in kept.steps] == [0, 4, 10]
        assert kept.steps[1].window and kept.steps[2].language == "fr"
        page = admin.get("/staff/programs/1/timing").text
        assert "<h1>relationship asks in 3 steps over 20 days</h1>" in page and 'value="09-12"' in page
        assert "soon on day 4, last on day 10, close on day 20" in admin.get("/staff/programs/1").text
        with reader() as session:
            actions = session.scalars(select(AuditEntry.action).where(AuditEntry.thing == "program")).all()
        assert "cadence" in actions

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"steps-2-day": "3"}, "days go up from step to step"),
            ({"steps-2-day": ""}, "Write the day of the step last."),
            ({"steps-2-name": "soon"}, "Two steps have the same name"),
            ({"steps-1-hours": "12-9"}, "write hours such as 08-18"),
            ({"steps-0-name": "hello"}, "begins with the invitation"),
            ({"close_day": "10"}, "Close after the last step"),
            ({"steps-2-name": "<script>alert(1)"}, "&lt;script&gt;"),
        ],
    )
    def test_what_cannot_be_is_told_and_what_was_typed_stays(
        self, admin: Staff, reader: Transaction, change: dict[str, str], told: str
    ) -> None:
        answer = admin.post("/staff/programs/1/cadence", **{**STEPS, **change})
        assert answer.status_code == 422 and told in answer.text
        assert 'value="soon"' in answer.text and "<script>alert" not in answer.text
        assert cadence(reader) == USUAL

    def test_a_rhythm_is_kept_and_taken_back(self, admin: Staff, reader: Transaction) -> None:
        rhythm = {"per_year": "2", "first_day": "2026-10-01", "hour": "10"}
        assert admin.post("/staff/programs/1/rhythm", **rhythm).status_code == 303
        page = admin.get("/staff/programs/1/timing").text
        assert "<h1>relationship asks 2 times a year, in 3 steps over 35 days</h1>" in page
        missing = admin.post("/staff/programs/1/rhythm", per_year="2", first_day="", hour="9")
        assert missing.status_code == 422 and "Write the day of the first wave." in missing.text
        far = admin.post("/staff/programs/1/rhythm", **(rhythm | {"first_day": "2046-10-01"}))
        assert far.status_code == 422 and "within two years" in far.text
        assert admin.post("/staff/programs/1/rhythm", **(rhythm | {"per_year": "5"})).status_code == 422
        admin.post("/staff/programs/1/rhythm", **(rhythm | {"per_year": "0"}))
        with reader() as session:
            assert session.scalars(select(Recurrence)).all() == []
            assert session.scalars(select(Proposal)).all() == []

    def test_a_limit_is_kept_and_taken_back(self, admin: Staff, reader: Transaction) -> None:
        assert admin.post("/staff/programs/1/daily-limit", people="2").status_code == 303
        assert 'value="2"' in admin.get("/staff/programs/1/timing").text
        for people in ("0", "-1", "x", "1001"):
            assert admin.post("/staff/programs/1/daily-limit", people=people).status_code == 422
        admin.post("/staff/programs/1/daily-limit", people="")
        with reader() as session:
            assert session.scalars(select(DailyLimit)).all() == []

    def test_a_foreign_key_finds_nothing_and_nobody_else_may(
        self, admin: Staff, office: Office, sign_in: SignIn
    ) -> None:
        for path in ("cadence", "rhythm", "daily-limit"):
            assert admin.post(f"/staff/programs/99/{path}", **STEPS, hour="9").status_code == 404
            for role in ("executive", "leader", "mona", "support"):
                staff = sign_in(getattr(office.cast, role))
                assert staff.post(f"/staff/programs/1/{path}", **STEPS).status_code == 403


class TestCalendar:
    def test_a_proposal_is_drawn_and_becomes_a_wave(
        self, admin: Staff, proposal: int, reader: Transaction
    ) -> None:
        page = admin.get("/staff/calendar?year=2026").text
        assert "Waves that propose themselves" in page and f'id="proposal-{proposal}"' in page
        assert 'class="span draft"' in page and 'value="relationship-2026-10"' in page
        made = admin.post(f"/staff/proposals/{proposal}/accept", slug="2026-h2")
        assert made.status_code == 303
        with reader() as session:
            wave = session.scalars(select(Wave).where(Wave.slug == "2026-h2")).one()
            assert made.location.endswith(f"/waves/{wave.id}")
        again = admin.post(f"/staff/proposals/{proposal}/accept", slug="2026-h3")
        assert again.status_code == 422 and "decided about this proposal already" in again.text

    def test_a_name_that_does_not_do_makes_nothing(
        self, admin: Staff, proposal: int, reader: Transaction
    ) -> None:
        for slug in ("", "2026H1", "A b"):
            assert admin.post(f"/staff/proposals/{proposal}/accept", slug=slug).status_code == 422
        with reader() as session:
            assert session.get_one(Proposal, proposal).state is ProposalState.PROPOSED

    def test_it_is_moved_and_dropped(self, admin: Staff, proposal: int, reader: Transaction) -> None:
        weekend = admin.post(f"/staff/proposals/{proposal}/move", day="2026-10-03")
        assert weekend.status_code == 422 and "on a weekend" in weekend.text
        assert admin.post(f"/staff/proposals/{proposal}/move", day="x").status_code == 422
        assert admin.post(f"/staff/proposals/{proposal}/move", day="2026-11-02").status_code == 303
        assert "moved by hand from" in admin.get("/staff/calendar?year=2026").text
        assert admin.post(f"/staff/proposals/{proposal}/drop", reason="<i>").status_code == 303
        assert f'id="proposal-{proposal}"' not in admin.get("/staff/calendar?year=2026").text
        assert admin.post("/staff/proposals/999/drop").status_code == 404

    def test_a_blackout_is_shown_moves_proposals_and_is_lifted(
        self, admin: Staff, proposal: int, reader: Transaction
    ) -> None:
        period = BLACKOUT | {"first_day": "2026-10-01"}
        assert admin.post("/staff/calendar/blackouts", **period, program="").status_code == 303
        page = admin.get("/staff/calendar?year=2026").text
        assert "audit &lt;b&gt;" in page and 'class="blackout"' in page and "all programs" in page
        with reader() as session:
            assert session.get_one(Proposal, proposal).day == date(2026, 10, 12)
            blackout = session.scalars(select(Blackout.id)).one()
        assert admin.post(f"/staff/calendar/blackouts/{blackout}/lift").status_code == 303
        assert admin.post(f"/staff/calendar/blackouts/{blackout}/lift").status_code == 404
        with reader() as session:
            assert session.get_one(Proposal, proposal).day == date(2026, 10, 1)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"name": " "}, "Give it a name"),
            ({"first_day": ""}, "Write a day."),
            ({"last_day": "2026-10-01"}, "ends before it begins"),
            ({"last_day": "2027-10-01"}, "at most three months"),
            ({"program": "99"}, "Not a valid choice"),
        ],
    )
    def test_a_period_that_cannot_be_is_told(
        self, admin: Staff, reader: Transaction, change: dict[str, str], told: str
    ) -> None:
        answer = admin.post("/staff/calendar/blackouts", **(BLACKOUT | {"program": "1"} | change))
        assert answer.status_code == 422 and told in answer.text
        with reader() as session:
            assert session.scalars(select(Blackout)).all() == []

    def test_others_see_it_and_change_nothing(self, office: Office, sign_in: SignIn, proposal: int) -> None:
        executive = sign_in(office.cast.executive)
        page = executive.get("/staff/calendar?year=2026").text
        assert f'id="proposal-{proposal}"' in page and "Accept" not in page and "Ask nobody then" not in page
        assert executive.post(f"/staff/proposals/{proposal}/accept", slug="w").status_code == 403
        assert executive.post("/staff/calendar/blackouts", **BLACKOUT).status_code == 403

    def test_it_costs_the_same_however_much_stands_in_it(
        self, admin: Staff, writer: Transaction, statements: Collect, proposal: int
    ) -> None:
        with statements() as few:
            admin.get("/staff/calendar?year=2026")
        with writer() as session:
            program = session.get_one(Program, 1)
            set_rhythm(session, program, Rhythm(date(2026, 4, 1), 12), by=None, now=NOW)
            for month in (4, 5, 6):
                facts = NewBlackout(date(2026, month, 3), date(2026, month, 4), "short")
                add_blackout(session, program, facts, by=None, now=NOW, system_now=system_now())
        with statements() as many:
            admin.get("/staff/calendar?year=2026")
        assert len(few) == len(many) <= 9
