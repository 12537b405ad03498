"""What is held and how quickly mails go, by page and command: counted, confirmed, decided, audited."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from surveyd.base.clock import system_now
from surveyd.distribution.gaps import beat
from surveyd.distribution.limits import list_limits
from surveyd.distribution.models import Message, MessageState, Touch, TouchState
from surveyd.distribution.outbox import NewMessage, queue
from surveyd.people.models import AuditEntry
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.houses import House
from tests.reliability.stage import import_company, launch_wave
from tests.web.offices import Office, SignIn, Staff
from tests.web.staff.test_outbox_pages import Collect

GAP = "fell due while nothing was running"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def held(office: Office, writer: Transaction) -> int:
    """Everything that the office owes is held; gives how many."""
    add_held(writer, 3)
    with writer() as session:
        session.execute(update(Message).values(state=MessageState.HELD, reason=GAP))
        session.execute(update(Touch).values(state=TouchState.HELD, reason=GAP))
        mails = session.execute(select(func.count(Message.id))).scalar_one()
        return mails + session.execute(select(func.count(Touch.id))).scalar_one()


def add_held(writer: Transaction, count: int, *, since: int = 0) -> None:
    mails = [
        NewMessage(
            dedup_key=f"held{since + n}",
            name="thank_you",
            language="en",
            recipient=f"r{n}@x.test",
            recipient_name=HOSTILE,
            due_at=NOW,
            created_at=NOW,
        )
        for n in range(count)
    ]
    with writer() as session:
        queue(session, mails, mail_domain="mail.surveyd.test")
        session.execute(
            update(Message).where(Message.dedup_key.startswith("held")).values(state=MessageState.HELD)
        )


def still_held(reader: Transaction) -> int:
    with reader() as session:
        mails = session.query(Message).filter_by(state=MessageState.HELD).count()
        return mails + session.query(Touch).filter_by(state=TouchState.HELD).count()


class TestHeld:
    def test_it_is_shown_in_groups_and_one_by_one(self, admin: Staff, held: int) -> None:
        page = admin.get("/staff/outbox/held").text
        assert f"<h1>{held} mails are held and wait for your word</h1>" in page
        assert f"Send {held}" in page and "one=m" in page and "one=t" in page
        assert HOSTILE not in page and "planned, not written yet" in page
        assert "Decide about what is held" in admin.get("/staff/outbox").text

    def test_nothing_held_is_said(self, admin: Staff) -> None:
        assert "<h1>Nothing is held</h1>" in admin.get("/staff/outbox/held").text

    @pytest.mark.parametrize(
        ("do", "state"), [("release", "queued"), ("skip", "cancelled"), ("shift", "queued")]
    )
    def test_all_is_decided_with_the_count_that_was_seen(
        self, admin: Staff, held: int, reader: Transaction, do: str, state: str
    ) -> None:
        facts = {"do": do, "day": (NOW + timedelta(days=1)).date().isoformat()}
        for count in (held - 1, held + 1, 0):
            answer = admin.post("/staff/outbox/held", count=str(count), **facts)
            assert answer.status_code == 422 and f"It is {held} now" in answer.text
        assert still_held(reader) == held
        assert admin.post("/staff/outbox/held", count=str(held), **facts).status_code == 303
        assert still_held(reader) == 0
        with reader() as session:
            assert session.scalars(select(Message.state).distinct()).one() == state
            entry = session.query(AuditEntry).filter_by(action=f"held_{do}").one()
            assert entry.facts["count"] == held
        assert admin.post("/staff/outbox/held", count=str(held), **facts).status_code == 422

    def test_a_group_and_one_alone_are_decided(self, admin: Staff, held: int, reader: Transaction) -> None:
        with reader() as session:
            one = session.scalars(select(Message.id).where(Message.name == "thank_you")).first()
        assert "Skip 1 for good" in admin.get(f"/staff/outbox/held?one=m{one}").text
        assert admin.post("/staff/outbox/held", do="skip", count="1", one=f"m{one}").status_code == 303
        assert still_held(reader) == held - 1
        with reader() as session:
            touches = session.query(Touch).filter_by(state=TouchState.HELD, step="call").count()
        sent = admin.post("/staff/outbox/held", do="release", count=str(touches), step="call", reason=GAP)
        assert sent.status_code == 303
        assert still_held(reader) == held - 1 - touches

    @pytest.mark.parametrize(
        ("fields", "word"),
        [
            ({"do": "shift"}, "Choose the day"),
            ({"do": "shift", "day": "2020-01-01"}, "is past"),
            ({"do": "burn"}, ""),
            ({}, ""),
        ],
    )
    def test_what_cannot_be_done_is_said_and_changes_nothing(
        self, admin: Staff, held: int, reader: Transaction, fields: dict[str, str], word: str
    ) -> None:
        answer = admin.post("/staff/outbox/held", count=str(held), **fields)
        assert answer.status_code == 422 and word in answer.text
        assert still_held(reader) == held

    def test_hostile_filters_mean_nothing(self, admin: Staff, held: int, reader: Transaction) -> None:
        for words in ("%00", "<script>", "'", "x" * 3000):
            page = admin.get(f"/staff/outbox/held?wave={words}&step={words}&reason={words}&one={words}")
            assert page.status_code == 200 and "<script>alert" not in page.text
        assert admin.get("/staff/outbox/held?after=x").status_code == 409
        assert admin.post("/staff/outbox/held", do="skip", count="0", one="x").status_code == 303
        assert still_held(reader) == held

    def test_it_costs_the_same_however_much_is_held(
        self, admin: Staff, held: int, writer: Transaction, statements: Collect
    ) -> None:
        with statements() as few:
            admin.get("/staff/outbox/held")
        add_held(writer, 60, since=1000)
        with statements() as many:
            page = admin.get("/staff/outbox/held").text
        assert len(few) == len(many)
        assert "after=" in page

    def test_nobody_else_decides(
        self, office: Office, sign_in: SignIn, held: int, reader: Transaction
    ) -> None:
        for person in (office.cast.executive, office.cast.mona, office.cast.support):
            assert sign_in(person).post("/staff/outbox/held", do="skip", count=str(held)).status_code == 403
        assert still_held(reader) == held


class TestSending:
    def test_a_limit_is_set_listed_and_taken_away(self, admin: Staff, reader: Transaction) -> None:
        for second, rows in (("5", [("gmail.com", 5)]), ("7", [("gmail.com", 7)]), ("0", [])):
            answer = admin.post(
                "/staff/sending", program="0", domain=" Gmail.com ", per_second=second, per_minute=""
            )
            assert answer.status_code == 303
            with reader() as session:
                assert [(row.domain, row.per_second) for row in list_limits(session)] == rows
        with reader() as session:
            assert session.query(AuditEntry).filter_by(action="set_limit").count() == 3

    @pytest.mark.parametrize(
        "fields",
        [
            {"domain": "a@b.test", "per_second": "1"},
            {"domain": HOSTILE, "per_second": "1"},
            {"per_second": "-1"},
            {"per_second": "x"},
            {"per_minute": "9" * 20},
            {"per_second": "1", "program": "999"},
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(
        self, admin: Staff, reader: Transaction, fields: dict[str, str]
    ) -> None:
        answer = admin.post("/staff/sending", **{"program": "0", **fields})
        assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text
        assert HOSTILE not in answer.text
        with reader() as session:
            assert list_limits(session) == []

    def test_the_page_says_what_is_stuck(self, admin: Staff, writer: Transaction) -> None:
        with writer() as session:
            beat(session, "schedule", now=NOW, system_now=system_now())
            session.execute(update(Message).values(state=MessageState.SENT, sent_at=NOW - timedelta(days=1)))
        assert "<h1>No mail is owed</h1>" in admin.get("/staff/sending").text
        with writer() as session:
            session.execute(
                update(Message).values(state=MessageState.QUEUED, due_at=NOW - timedelta(minutes=9))
            )
        page = admin.get("/staff/sending").text
        assert "Mails are stuck" in page and "the oldest for 9 min" in page and "H04" in page


@pytest.mark.processes
def test_the_commands_do_the_same(house: House, writer: Transaction) -> None:
    import_company(house, [f"c{n}@customer.test" for n in range(4)])
    launch_wave(house, "w1")
    house.run("tick")
    with writer() as session:
        session.execute(update(Message).values(state=MessageState.HELD, reason=GAP))
        session.execute(
            update(Touch).where(Touch.step == "reminder").values(state=TouchState.HELD, reason=GAP)
        )
    groups = house.json("outbox", "held")["groups"]
    assert {(one["step"], one["count"]) for one in groups} == {("invitation", 4), ("reminder", 4)}
    key = house.json("outbox", "held", "--each", "--step", "reminder")["rows"][0]["key"]
    assert house.run("outbox", "skip", key) == "1 skipped.\n"
    refused = house.command("outbox", "release", "--step", "invitation")
    assert refused.returncode == 2 and "This would release 4" in refused.stderr
    assert house.run("outbox", "release", "--step", "invitation", "--yes") == "4 released.\n"
    day = (NOW + timedelta(days=3)).date().isoformat()
    assert house.run("outbox", "shift", "--all", "--yes", "--to", day) == "3 shifted.\n"
    assert house.run("outbox", "held") == "Nothing is held.\n"
    assert house.command("outbox", "release").returncode == 2
    house.run("sending", "limit", "--domain", "customer.test", "--second", "5")
    assert house.json("sending")["limits"][0]["per_second"] == 5
    assert house.command("sending", "limit", "--domain", "no domain", "--second", "5").returncode == 1
