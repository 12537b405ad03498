"""Work on the call list: pages of call backs, figures, paper and numbers; handing over; who may what."""

import io
from collections.abc import Callable

import pytest
from sqlalchemy import literal, select

from surveyd.base.clock import SetClock
from surveyd.distribution.call_models import BarredNumber, Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.call_rules import Rules, rules_of
from surveyd.distribution.invitations import ToCome, answer, take_back, to_come
from surveyd.distribution.models import Invitation, Message
from surveyd.distribution.wish_models import Nomination, WhyNot
from surveyd.people.models import Contact
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

HOSTILE = "<script>alert('x')</script>"


def upload(staff: Staff, path: str, content: bytes) -> object:
    """Send a file as the page's form does."""
    return staff.post(path, file=(io.BytesIO(content), "sheet.csv"))  # type: ignore[arg-type]  # a file


def test_a_call_back_stands_in_the_calendar_at_both_clocks(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        session.get_one(Invitation, office.sofie_invitation).time_zone = "America/New_York"
    support, admin = sign_in(office.cast.support), sign_in(office.cast.admin)
    support.post(f"/staff/calls/{office.call}/outcome", at_once="call_back", call_back_at="2026-03-11T14:30")

    week = support.get("/staff/calls/backs").text
    assert "<h1>1 call back this week</h1>" in week
    assert "Wed 19:30" in week
    assert "Wed 14:30" in week
    assert "No call back is promised for this week" in admin.get("/staff/calls/backs").text
    assert "Sofie Sommer" in admin.get("/staff/calls/backs?whose=team&span=day&from=2026-03-11").text
    for odd in ("from=nonsense", "from=0001-01-01", "from=9999-12-31", "span=x&whose=x"):
        assert support.get(f"/staff/calls/backs?{odd}").status_code == 200


def test_a_late_call_back_is_said(office: Office, sign_in: SignIn, clock: SetClock) -> None:
    support = sign_in(office.cast.support)
    support.post(f"/staff/calls/{office.call}/outcome", at_once="call_back", call_back_at="2026-03-10T14:30")
    clock.instant = NOW.replace(day=12)

    assert "1 call back is late." in support.get("/staff/calls/backs").text


def test_a_call_back_at_a_time_when_nobody_calls_is_moved_and_said(office: Office, sign_in: SignIn) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}/outcome"
    answer = support.post(path, at_once="call_back", call_back_at="2026-03-14T14:30")  # a Saturday

    following = support.get(answer.headers["Location"]).text
    assert "nobody is called there. Sofie Sommer comes back onto the list on 16 March 2026" in following
    assert "there Mon 08:00" in following
    for odd in ("0", "9" * 30, "x", str(office.call + 1)):
        page = support.get(f"/staff/calls?moved={odd}")
        assert page.status_code == 200 and "nobody is called there" not in page.text


def test_figures_are_one_s_own_or_the_team_s(office: Office, sign_in: SignIn) -> None:
    support = sign_in(office.cast.support)
    support.post(f"/staff/calls/{office.call}/outcome", at_once="no_answer")

    own, team = (
        support.get("/staff/calls/figures").text,
        sign_in(office.cast.admin).get("/staff/calls/figures").text,
    )
    assert "<h1>1 attempt, 0 reached, 0 completed</h1>" in own
    assert "Sam Support" in team
    assert "By person" not in own
    assert (
        "Nobody was called" in sign_in(office.cast.leader).get("/staff/calls/figures").text
    )  # it was in the South
    assert "Nobody was called" in support.get("/staff/calls/figures?from=2026-03-09&to=2026-03-09").text
    assert support.get("/staff/calls/figures?from=9999-12-31&to=0001-01-01").status_code == 200


def test_the_account_manager_gets_a_call_with_a_mail_and_no_other(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support, milo, path = (
        sign_in(office.cast.support),
        sign_in(office.cast.milo),
        f"/staff/calls/{office.call}",
    )
    assert milo.get(path).status_code == 404
    assert "Nobody is to be called" in milo.get("/staff/calls").text
    support.post(f"{path}/claim")
    assert "Milo Manager, manages the account" in support.get(path).text

    assert (
        support.post(f"{path}/hand", to=str(office.cast.milo.id), word=HOSTILE, seen="0").status_code == 303
    )

    assert "Sofie Sommer" in milo.get("/staff/calls").text
    assert milo.post("/staff/calls/next").location == path
    assert "This call is yours" in milo.get(path).text
    assert sign_in(office.cast.mona).get(path).status_code == 404
    with reader() as session:
        mail = session.scalars(select(Message).where(Message.name == "call_handed_over")).one()
        assert (mail.user_id, mail.context["word"]) == (office.cast.milo.id, HOSTILE)
    assert milo.get("/staff/calls/sheet").status_code == 403


def test_a_promise_is_taken_over(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support, admin, path = (
        sign_in(office.cast.support),
        sign_in(office.cast.admin),
        f"/staff/calls/{office.call}",
    )
    support.post(f"{path}/outcome", at_once="call_back", call_back_at="2026-03-11T14:30")
    assert "Sam Support is to make this call." in admin.get(path).text

    assert admin.post(f"{path}/take-over").status_code == 303

    with reader() as session:
        call = session.get_one(Call, office.call)
        assert (call.owner_id, call.claimed_by_id) == (office.cast.admin.id, office.cast.admin.id)


def test_a_page_that_is_open_learns_that_they_have_answered(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}"
    support.post(f"{path}/claim")
    before = support.get(f"{path}/state").json
    assert before == {"key": f"open-0-{office.cast.support.id}-0", "words": "This call is yours.", "again": 5}
    assert f'data-key="{before["key"]}"' in support.get(path).text

    with writer() as session:
        answer(session, office.sofie_invitation, now=NOW)
        ahead = ToCome(*session.execute(select(*to_come(literal(office.sofie_invitation)))).one())
        take_back(session, office.sofie_invitation, to_come=ahead, now=NOW)

    after = support.get(f"{path}/state").json
    assert after and (after["again"], after["words"]) == (
        0,
        "They have just answered: nobody needs to call any more.",
    )
    assert sign_in(office.cast.mona).get(f"{path}/state").status_code == 404


def test_a_page_learns_who_has_taken_the_call(office: Office, sign_in: SignIn) -> None:
    support, admin, path = (
        sign_in(office.cast.support),
        sign_in(office.cast.admin),
        f"/staff/calls/{office.call}",
    )
    support.post(f"{path}/claim")
    admin.post(f"{path}/take-over")

    told = support.get(f"{path}/state").json
    assert told and told["words"] == "Ada Admin is calling now."


def test_the_page_tells_what_was_said_before_to_whoever_calls(office: Office, sign_in: SignIn) -> None:
    support, path = sign_in(office.cast.support), f"/staff/calls/{office.call}"
    support.post(f"{path}/claim")

    page = support.get(path).text

    assert "dialled as +4930901820" in page
    assert "The survey closes" in page
    assert "Revenue" not in page
    assert "EUR" not in page


def test_numbers_are_barred_and_phoned_again(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    support = sign_in(office.cast.support)
    wrong = support.post("/staff/calls/numbers", phone="030 901820", note=HOSTILE)
    assert wrong.status_code == 422
    assert "Write the number with its country in front" in wrong.text
    assert "&lt;script&gt;" in wrong.text

    assert support.post("/staff/calls/numbers", phone="+49 30 901820", note=HOSTILE).status_code == 303

    page = support.get("/staff/calls/numbers?search=901820").text
    assert "+49 30 901820" in page
    assert HOSTILE not in page
    assert "This call is over: do not phone" in support.get(f"/staff/calls/{office.call}").text
    with reader() as session:
        number_id = session.scalars(select(BarredNumber.id)).one()
    assert support.post("/staff/calls/numbers/allow", number=str(number_id)).status_code == 303
    assert "No number is barred" in support.get("/staff/calls/numbers").text
    assert support.post("/staff/calls/numbers/allow", number=str(number_id)).status_code == 404
    assert support.post("/staff/calls/numbers/allow", number="x").status_code == 422


@pytest.mark.parametrize(
    ("outcome", "checks"),
    [
        (
            "gone",
            lambda session, office: session.scalars(select(Nomination.why)).all() == [WhyNot.LEFT_COMPANY],
        ),
        ("no_calls", lambda session, office: session.get_one(Contact, office.cast.sofie.id).do_not_phone),
        (
            "wrong_number",
            lambda session, office: (
                session.scalars(select(Message.user_id).where(Message.name == "wrong_number")).all()
                == [office.cast.milo.id]
            ),
        ),
    ],
)
def test_each_outcome_does_the_obvious(
    office: Office, sign_in: SignIn, reader: Transaction, *, outcome: str, checks: Callable[..., bool]
) -> None:
    sign_in(office.cast.support).post(f"/staff/calls/{office.call}/outcome", outcome=outcome)

    with reader() as session:
        assert session.get_one(Call, office.call).state is not CallState.OPEN
        assert checks(session, office)


def test_a_sheet_goes_out_and_its_outcomes_come_back_once(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support = sign_in(office.cast.support)
    assert "1 person to call, on paper" in support.get("/staff/calls/sheet").text
    file = support.get("/staff/calls/sheet.csv")
    assert (file.mimetype, file.text[0]) == ("text/csv", "\ufeff")
    written = file.text.replace(",,,\r\n", f',voicemail,,"{HOSTILE}\nand more"\r\n').encode()

    shown = upload(support, "/staff/calls/sheet", written).text  # type: ignore[attr-defined]
    assert "To record: 1 outcome" in shown
    assert HOSTILE not in shown
    seen = shown.partition('name="seen" value="')[2][:64]
    content = written.decode("utf-8-sig")
    for _ in range(2):
        response = support.post(
            "/staff/calls/sheet/record", seen=seen, content="\r\n".join(content.splitlines())
        )
        assert response.status_code in (303, 409)
    with reader() as session:
        assert session.scalars(select(CallAttempt.outcome)).all() == [CallOutcome.LEFT_MESSAGE]
    again = upload(support, "/staff/calls/sheet", written).text  # type: ignore[attr-defined]
    assert "Nothing to record" in again


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\0", b"a,b\n1,2\n", b'"open', "call,tried,outcome\n1,0,\xff\n".encode("latin-1")]
)
def test_a_file_that_is_none_is_told(office: Office, sign_in: SignIn, content: bytes) -> None:
    assert upload(sign_in(office.cast.support), "/staff/calls/sheet", content).status_code == 422  # type: ignore[attr-defined]


def test_a_program_s_rules_are_set(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    admin, path = sign_in(office.cast.admin), "/staff/programs/1/calls"
    assert "calls 5 times at most" in admin.get(path).text
    wrong = admin.post(path, attempts="0", after_no_answer="x", after_message="24")
    assert wrong.status_code == 422
    assert "from 1 to 20" in wrong.text
    assert admin.post(path, attempts="3", after_no_answer="2", after_message="48").status_code == 303
    with reader() as session:
        assert rules_of(session, 1) == Rules(3, 2, 48)
    assert admin.get("/staff/programs/4711/calls").status_code == 404
    assert sign_in(office.cast.support).get(path).status_code == 403
