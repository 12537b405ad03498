"""The call list on paper: as a file and read back, all or nothing, and each line once."""

import csv
import io
from datetime import timedelta

import pytest

from surveyd.base.clock import system_now
from surveyd.base.errors import BadFile, Refused
from surveyd.base.keyset import Wanted
from surveyd.distribution.call_attempts import record
from surveyd.distribution.call_hours import Caller
from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.call_sheet_rows import Fate, SheetPlan, apply_sheet, plan_sheet
from surveyd.distribution.call_sheets import HEADINGS, sheet_csv, sheet_of
from surveyd.distribution.calls import find_call
from surveyd.people.access import SYSTEM
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, answered
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

DAY_21 = NOW + timedelta(days=21)
Filled = dict[str, tuple[str, str, str]]


@pytest.fixture
def flagged(post: Post, cast: Cast, writer: Transaction) -> Post:
    """Anna, Aziz and Sofie are on the call list; Aziz has a hostile name."""
    with writer() as session:
        session.get_one(Contact, cast.aziz.id).name = "=cmd|' /C calc'!A0"
    post.go_to(DAY_21)
    post.release()
    return post


def caller(post: Post, cast: Cast) -> Caller:
    return Caller(cast.support.id, post.clock.now(), system_now(), SYSTEM)


def sheet(post: Post, cast: Cast) -> str:
    with post.reader() as session:
        return sheet_csv(sheet_of(session, wanted=Wanted(sort="best"), caller=caller(post, cast)))


def filled(text: str, outcomes: Filled) -> bytes:
    """The sheet with outcome, time and note written into the lines of these people."""
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        row["outcome"], row["call_back_at"], row["note"] = outcomes.get(
            row["person"].split()[0], ("", "", "")
        )
    out = io.StringIO(newline="")
    lines = csv.DictWriter(out, HEADINGS)
    lines.writeheader()
    lines.writerows(rows)
    return out.getvalue().encode()


def plan(post: Post, cast: Cast, content: bytes) -> SheetPlan:
    with post.reader() as session:
        return plan_sheet(session, "sheet.csv", content, caller=caller(post, cast))


def apply(post: Post, cast: Cast, content: bytes, *, seen: str) -> SheetPlan:
    with post.writer() as session:
        return apply_sheet(
            session,
            "sheet.csv",
            content,
            seen=seen,
            by="Sam Support",
            caller=caller(post, cast),
            mail_domain="mail.surveyd.test",
        )


def attempts(post: Post) -> list[tuple[CallOutcome, str]]:
    with post.reader() as session:
        return [(one.outcome, one.note) for one in session.query(CallAttempt).order_by(CallAttempt.id)]


def test_no_cell_of_the_file_is_run(flagged: Post, cast: Cast) -> None:
    rows = {row["call"]: row for row in csv.DictReader(io.StringIO(sheet(flagged, cast)))}
    hostile = next(row for row in rows.values() if "calc" in row["person"])
    assert hostile["person"].startswith("'=")
    assert {row["phone"][:2] for row in rows.values()} == {"'+"}
    assert {(row["outcome"], row["note"]) for row in rows.values()} == {("", "")}


def test_what_was_written_is_recorded_once_however_often_it_comes(flagged: Post, cast: Cast) -> None:
    written = {
        "Anna": ("Voicemail", "", "'=HYPERLINK"),
        "Sofie": ("call back", "2026-04-01 14:30", "<b>later</b>"),
    }
    content = filled(sheet(flagged, cast), written)

    shown = plan(flagged, cast, content)
    assert (shown.count(Fate.NEW), shown.empty, shown.faults, shown.may_be_applied) == (2, 1, (), True)
    assert attempts(flagged) == []
    apply(flagged, cast, content, seen=shown.digest)
    assert sorted(attempts(flagged)) == sorted(
        [(CallOutcome.LEFT_MESSAGE, "=HYPERLINK"), (CallOutcome.CALL_BACK, "<b>later</b>")]
    )
    # Half past two in Berlin, which has summer time by then.
    assert NOW.replace(month=4, day=1, hour=12, minute=30) in [call.not_before for call in flagged.calls()]

    again = plan(flagged, cast, content)
    assert (again.count(Fate.KNOWN), again.may_be_applied) == (2, False)
    apply(flagged, cast, content, seen=again.digest)
    assert len(attempts(flagged)) == 2


def test_who_has_answered_or_was_called_meanwhile_is_said_and_left(
    flagged: Post, cast: Cast, writer: Transaction
) -> None:
    written = {"Anna": ("no answer", "", ""), "Sofie": ("no answer", "", ""), "'=cmd|'": ("reached", "", "")}
    content = filled(sheet(flagged, cast), written)
    first = plan(flagged, cast, content)
    with writer() as session:
        answered(session, flagged.invitation(cast.anna.id).id, now=DAY_21)
    sofie = flagged.invitation(cast.sofie.id).id
    with writer() as session:
        call_id = session.query(Call.id).filter_by(invitation_id=sofie).scalar()
        call = find_call(session, call_id, scope=SYSTEM)
        record(session, call, CallOutcome.NO_ANSWER, now=DAY_21, system_now=system_now(), by=cast.admin.id)

    with pytest.raises(Refused, match="went on meanwhile"):
        apply(flagged, cast, content, seen=first.digest)
    shown = plan(flagged, cast, content)
    left = {line.person: line.why for line in shown.lines if line.fate is Fate.LEFT}
    assert left == {"Anna Adler": "answered", "Sofie Sommer": "called_meanwhile"}
    apply(flagged, cast, content, seen=shown.digest)
    assert attempts(flagged) == [(CallOutcome.NO_ANSWER, ""), (CallOutcome.REACHED, "")]


@pytest.mark.parametrize(
    ("outcome", "back", "says"),
    [
        ("maybe", "", "write one of"),
        ("completed", "", "a file of answers"),
        ("call back", "", "says no time"),
        ("call back", "tomorrow", "says no time"),
        ("call back", "2026-03-01 10:00", "still to come"),
        ("call back", "9999-12-31 23:59", "within 60 days"),
    ],
)
def test_one_wrong_line_lets_nothing_in(
    flagged: Post, cast: Cast, outcome: str, back: str, says: str
) -> None:
    written = {"Anna": ("no answer", "", ""), "Sofie": (outcome, back, "")}
    content = filled(sheet(flagged, cast), written)

    shown = plan(flagged, cast, content)

    assert [says in fault.reason for fault in shown.faults] == [True]
    with pytest.raises(Refused):
        apply(flagged, cast, content, seen=shown.digest)
    assert attempts(flagged) == []


def test_a_line_twice_and_a_call_of_nobody_are_faults(flagged: Post, cast: Cast) -> None:
    one = flagged.calls()[0].id
    lines = [f"{one},0,reached", f"{one},0,no answer", "4711,0,reached", "x,0,reached", f"{10**30},0,reached"]
    shown = plan(flagged, cast, "\n".join(["call,tried,outcome", *lines]).encode())
    assert len(shown.faults) == 4
    with pytest.raises(BadFile, match="lacks the columns outcome"):
        plan(flagged, cast, b"call,tried\n1,0\n")


def test_gone_and_wrong_number_on_paper_do_what_they_do_elsewhere(flagged: Post, cast: Cast) -> None:
    written = {"Anna": ("gone", "", "Left in May."), "Sofie": ("wrong number", "", "")}
    content = filled(sheet(flagged, cast), written)

    apply(flagged, cast, content, seen=plan(flagged, cast, content).digest)

    assert {call.reason for call in flagged.calls() if call.state is CallState.DONE} == {
        "gone",
        "wrong_number",
    }
    told = {
        key.split()[1] for key in flagged.messages() if "manager" in key or key.startswith(("mona", "milo"))
    }
    assert {"not_right_person", "wrong_number"} <= told
