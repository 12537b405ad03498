"""Working on a case: the log, and the close."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from html import unescape

import pytest

from surveyd.base.clock import SetClock
from surveyd.closed_loop.models import Case, CaseEntry, CaseState
from surveyd.distribution.models import Message, Wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import UNHAPPY, open_wave
from tests.web.offices import Office, SignIn

Collect = Callable[[], AbstractContextManager[list[str]]]
ENDED = {
    "cause": "delivery",
    "root_cause": "late deliveries",
    "ending": "resolved",
    "outcome": "new carrier",
}


def case_of(office: Office, reader: Transaction) -> Case:
    with reader() as session:
        return session.get_one(Case, office.case)


def test_an_attempt_that_reached_the_person_is_logged(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    mona = sign_in(office.cast.mona)

    response = mona.post(f"/staff/cases/{office.case}/log", kind="reached", text="We <i>talked</i>.")

    assert response.status_code == 303
    assert case_of(office, reader).state is CaseState.CONTACTED
    page = mona.get(f"/staff/cases/{office.case}").text
    assert "reached: We &lt;i&gt;talked&lt;/i&gt;." in page
    assert "contact, Mona Manager" in page


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("", "hello", "Choose what happened."),
        ("note", "  ", "Write what is to be noted."),
        ("won the lottery", "", "Not a valid choice"),
        ("note", "x" * 4000, "Shorten the note a little."),
    ],
)
def test_a_log_line_that_cannot_be_keeps_what_was_typed(
    office: Office, sign_in: SignIn, reader: Transaction, *, kind: str, text: str, says: str
) -> None:
    response = sign_in(office.cast.mona).post(f"/staff/cases/{office.case}/log", kind=kind, text=text)

    assert response.status_code == 422
    assert says in response.text
    assert text.strip() in response.text
    with reader() as session:
        assert session.query(CaseEntry).count() == 0


def test_a_case_is_closed_once(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    mona, path = sign_in(office.cast.mona), f"/staff/cases/{office.case}/close"

    assert mona.post(path, **ENDED).status_code == 303
    again = mona.post(path, **ENDED | {"outcome": "other words"})

    assert again.status_code == 409
    assert "is closed" in again.text
    assert "other words" in again.text
    case = case_of(office, reader)
    assert (case.root_cause, case.cause_kind, case.ending) == ("late deliveries", "delivery", "resolved")
    page = mona.get(f"/staff/cases/{office.case}").text
    assert "Anna Adler: new carrier" in page
    assert "Close the case" not in page
    assert "No case is open" in mona.get("/staff/cases").text


def test_a_close_without_a_cause_says_what_is_missing(office: Office, sign_in: SignIn) -> None:
    response = sign_in(office.cast.mona).post(
        f"/staff/cases/{office.case}/close", root_cause="", outcome="new carrier", cause="price"
    )

    assert response.status_code == 422
    assert "Say what was behind it" in response.text
    assert "Choose how it ended." in response.text
    assert '<option value="price" selected>' in response.text
    assert 'value="new carrier"' in response.text


def test_no_field_of_a_form_sets_what_is_not_in_it(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    sign_in(office.cast.mona).post(
        f"/staff/cases/{office.case}/log",
        kind="no_answer",
        owner_id=str(office.cast.outsider.id),
        state="closed",
        priority="0",
    )

    case = case_of(office, reader)
    assert (case.owner_id, case.state) == (office.cast.mona.id, CaseState.OPEN)
    assert case.priority > 0


@pytest.mark.parametrize("deed", ["log", "close", "hand-over"])
def test_a_foreign_case_cannot_be_worked_on(
    office: Office, sign_in: SignIn, reader: Transaction, deed: str
) -> None:
    fields = {"kind": "reached", "to": str(office.cast.milo.id)} | ENDED

    for other in (office.cast.milo, office.cast.outsider, office.cast.support):
        assert sign_in(other).post(f"/staff/cases/{office.case}/{deed}", **fields).status_code == 404
    assert case_of(office, reader).state is CaseState.OPEN


def test_a_case_is_not_changed_by_get(office: Office, sign_in: SignIn) -> None:
    mona = sign_in(office.cast.mona)

    assert mona.get(f"/staff/cases/{office.case}/close").status_code == 405
    assert mona.get(f"/staff/cases/{office.case}/log").status_code == 405


def test_mine_are_mine(office: Office, sign_in: SignIn) -> None:
    assert "Anna Adler" in sign_in(office.cast.mona).get("/staff/cases?owner=me").text
    assert "Anna Adler" not in sign_in(office.cast.admin).get("/staff/cases?owner=me").text


def test_the_due_time_shows_as_it_is_counted(office: Office, sign_in: SignIn, clock: SetClock) -> None:
    mona, path = sign_in(office.cast.mona), f"/staff/cases/{office.case}"
    counted = "16 working hours, until Wednesday 11 March 2026, 14:00 CET"

    assert f"{counted}; 12 left" in mona.get(path).text
    listed = mona.get("/staff/cases").text
    assert "12 working hours left" in listed
    assert counted in listed

    clock.instant = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
    for page in (mona.get(path).text, mona.get("/staff/cases").text):
        assert "4 working hours late" in page
        assert counted in page
    assert "<h1>1 case is overdue</h1>" in mona.get("/staff/cases").text


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (datetime(2026, 3, 11, 12, 0, tzinfo=UTC), "1 working hour left"),
        (datetime(2026, 3, 11, 12, 30, tzinfo=UTC), "less than one working hour left"),
        (datetime(2026, 3, 11, 13, 30, tzinfo=UTC), "less than one working hour late"),
        (datetime(2026, 3, 11, 14, 0, tzinfo=UTC), "1 working hour late"),
        (datetime(2026, 3, 18, 12, 59, tzinfo=UTC), "39 working hours late"),
        (datetime(2026, 3, 25, 9, 30, tzinfo=UTC), "9 working days late"),
    ],
)
def test_what_is_left_is_said_in_words(
    office: Office, sign_in: SignIn, clock: SetClock, *, at: datetime, says: str
) -> None:
    clock.instant = at

    assert says in sign_in(office.cast.mona).get("/staff/cases").text


def test_a_step_that_is_sent_twice_is_taken_once(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    mona, path = sign_in(office.cast.mona), f"/staff/cases/{office.case}"
    for _ in range(2):
        assert mona.post(f"{path}/log", kind="no_answer", text="Rang.", seen="0").status_code == 303
    for _ in range(2):
        assert mona.post(f"{path}/close", seen="1", **ENDED).status_code == 303

    with reader() as session:
        assert session.query(CaseEntry).count() == 2


def test_who_comes_second_is_told_and_keeps_the_words(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    mona, lea, path = sign_in(office.cast.mona), sign_in(office.cast.leader), f"/staff/cases/{office.case}"
    mona.post(f"{path}/log", kind="reached", text="She wants a new carrier.", seen="0")

    late = lea.post(f"{path}/log", kind="no_answer", text="Nobody <i>there</i>.", seen="0")

    assert late.status_code == 409
    assert "Not saved: this case went on meanwhile" in late.text
    assert "reached: She wants a new carrier." in late.text
    assert "Nobody &lt;i&gt;there&lt;/i&gt;.</textarea>" in late.text
    assert 'name="seen" value="1"' in late.text
    assert case_of(office, reader).steps == 1
    assert lea.post(f"{path}/log", kind="note", text="Seen.", seen="1").status_code == 303


def test_a_nul_in_what_is_typed_is_left_out(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    mona, path = sign_in(office.cast.mona), f"/staff/cases/{office.case}"
    ended = ENDED | {"root_cause": "late\0 carrier", "outcome": "\0new one"}
    for _ in range(2):
        assert mona.post(f"{path}/log", kind="note", text="Ra\0ng.", seen="0").status_code == 303
        assert mona.post(f"{path}/log", kind="no_answer", text="\0", seen="1").status_code == 303
        assert mona.post(f"{path}/close", seen="2", **ended).status_code == 303

    with reader() as session:
        texts = [entry.text for entry in session.query(CaseEntry).order_by(CaseEntry.id)]
    assert texts == ["Rang.", "no answer", "late carrier; new one"]


def test_a_case_is_handed_over_with_a_mail(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    mona, cast, path = sign_in(office.cast.mona), office.cast, f"/staff/cases/{office.case}/hand-over"
    assert f'<option value="{cast.milo.id}">Milo Manager, account manager' in mona.get(path[:-10]).text

    response = mona.post(path, to=str(cast.milo.id), word="Yours?", seen="0")

    assert (response.status_code, response.location) == (303, f"/staff/cases/{office.case}")
    assert mona.post(path, to=str(cast.milo.id), word="Yours?", seen="0").status_code == 303
    assert case_of(office, reader).owner_id == cast.milo.id
    assert sign_in(cast.milo).get(f"/staff/cases/{office.case}").status_code == 200
    assert "to Milo Manager: Yours?" in mona.get(f"/staff/cases/{office.case}").text
    with reader() as session:
        mail = session.query(Message).filter_by(name="case_handed_over").one()
        assert (mail.recipient, mail.user_id) == (cast.milo.email, cast.milo.id)


def test_who_sees_a_case_only_as_its_owner_goes_on_at_the_list(
    office: Office, sign_in: SignIn, hand_case_to: Callable[[int], None]
) -> None:
    hand_case_to(office.cast.support.id)
    support = sign_in(office.cast.support)

    response = support.post(f"/staff/cases/{office.case}/hand-over", to=str(office.cast.mona.id))

    assert (response.status_code, response.location) == (303, "/staff/cases")
    assert support.get(f"/staff/cases/{office.case}").status_code == 404


@pytest.mark.parametrize("to", ["", "0", "999999", "abc"])
def test_a_case_goes_to_nobody_who_is_not_there(
    office: Office, sign_in: SignIn, reader: Transaction, to: str
) -> None:
    response = sign_in(office.cast.mona).post(f"/staff/cases/{office.case}/hand-over", to=to, word="Take it")

    assert response.status_code == 422
    assert "Take it</textarea>" in response.text
    assert case_of(office, reader).owner_id == office.cast.mona.id


def test_the_page_shows_what_was_said_and_what_to_say(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.mona).get(f"/staff/cases/{office.case}").text

    assert "Deliveries are late. &lt;b&gt;Why?&lt;/b&gt;" in page
    assert "3 of 10" in page
    assert "They stay because changing is hard" in page
    assert "9.0\N{NO-BREAK SPACE}M\N{NO-BREAK SPACE}EUR" in page


def test_support_sees_no_revenue_on_a_case(
    office: Office, sign_in: SignIn, hand_case_to: Callable[[int], None]
) -> None:
    hand_case_to(office.cast.support.id)
    page = sign_in(office.cast.support).get(f"/staff/cases/{office.case}")

    assert page.status_code == 200
    assert "Revenue" not in page.text
    assert "9.0" not in page.text


@pytest.mark.parametrize(
    ("asked", "is_there"),
    [
        ("search=adler", True),
        ("search=NORD", True),
        ("search={case}", True),
        ("search=%25", False),
        ("search=999999", False),
        ("state=open", True),
        ("state=all", True),
        ("state=overdue", False),
        ("state=contacted", False),
        ("state=closed", False),
        ("state=nonsense", True),
        ("owner=nobody", False),
        ("owner={mona}", True),
        ("owner={milo}", False),
        ("reason=detractor", True),
        ("reason=drawn_promoter", False),
        ("region=North", True),
        ("region=South", False),
        ("age=fresh", True),
        ("age=week", False),
        ("age=old", False),
        ("sort=-priority", True),
        ("sort=account&state=open&owner={mona}&age=fresh", True),
    ],
)
def test_the_list_is_narrowed_on_the_server(
    office: Office, sign_in: SignIn, asked: str, *, is_there: bool
) -> None:
    ids = {"case": office.case, "mona": office.cast.mona.id, "milo": office.cast.milo.id}
    page = sign_in(office.cast.admin).get(f"/staff/cases?{asked.format(**ids)}")

    assert page.status_code == 200
    assert ("Anna Adler" in page.text) is is_there
    assert ("No case is like this." in page.text) is not is_there


def test_a_broken_key_is_refused(office: Office, sign_in: SignIn) -> None:
    assert sign_in(office.cast.mona).get("/staff/cases?after=nonsense").status_code == 409


def test_leaders_see_cases_by_state_and_age(office: Office, sign_in: SignIn, clock: SetClock) -> None:
    clock.instant = datetime(2026, 3, 13, 9, 30, tzinfo=UTC)

    page = sign_in(office.cast.leader).get("/staff/cases").text
    assert '<a href="/staff/cases?state=overdue&amp;age=week">1</a>' in page
    assert '<a href="/staff/cases?state=open">1</a>' in page
    assert "Anna Adler" in sign_in(office.cast.leader).get("/staff/cases?state=overdue&age=week").text
    for other in (office.cast.mona, office.cast.support):
        assert "What is open, by age" not in sign_in(other).get("/staff/cases").text


def test_many_cases_cost_no_more_and_page_by_key(
    writer: Transaction, sign_in: SignIn, statements: Collect
) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask_somebody(0), UNHAPPY)
        wave = asking.wave.id
    admin = sign_in(asking.people.admin)
    with statements() as few:
        admin.get("/staff/cases")
    with writer() as session:
        asking.session, asking.wave = session, session.get_one(Wave, wave)
        for number in range(1, 60):
            asking.answer(asking.ask_somebody(number), UNHAPPY)

    with statements() as many:
        first = admin.get("/staff/cases?sort=account").text
    assert len(many) == len(few) <= 6
    [address] = re.findall(r'href="([^"]+after=[^"]+)"', first)
    second = admin.get(unescape(address)).text
    shown = [set(re.findall(r'class="whole" href="/staff/cases/(\d+)"', page)) for page in (first, second)]
    assert [len(page) for page in (*shown, shown[0] | shown[1])] == [50, 10, 60]
    assert "after=" not in second
