"""Answers from a file: what each column means, what is refused and why, and what is stored."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.closed_loop.answer_imports import Preview, look, record_import, store, units
from surveyd.closed_loop.answer_rows import Answered, Order, open_reader
from surveyd.closed_loop.models import Case
from surveyd.distribution.models import Exclusion, Invitation, InvitationState, Message, Touch, WaveState
from surveyd.forms.definition import Answer
from surveyd.people.models import AuditEntry, Contact, ImportRun
from surveyd.people.rejects import write_rejects
from surveyd.people.tables import Table, read_table
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import find_link_of, save_page
from surveyd.responses.models import Draft, Response
from surveyd.results.models import Score
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, OFFICE, UNHAPPY, Asking, open_wave

NO_TIME = "is no day and no time; write it as 2026-03-31 or 2026-03-31T14:05"
NO_DAY = "is not a day on which this wave could be answered; correct it"
LATER = NOW + timedelta(days=2)


@pytest.fixture
def asking(session: Session) -> Asking:
    """An open wave that has asked Anna and Aziz of Nordwind, and not Sofie."""
    asking = open_wave(session, NOW)
    asking.ask(asking.people.anna.id)
    asking.ask(asking.people.aziz.id)
    return asking


def table(text: str | bytes) -> Table:
    return read_table("answers.csv", text.encode() if isinstance(text, str) else text)


def seen(asking: Asking, text: str | bytes, *, invites: bool = False, now: datetime = LATER) -> Preview:
    return look(asking.session, table(text), Order(asking.wave.id, invites), now=now)


def said(preview: Preview) -> list[str]:
    return [str(fault).removeprefix("answers.csv, ") for fault in preview.faults]


def taken(asking: Asking, text: str, *, invites: bool = False, now: datetime = LATER) -> int:
    """Take a whole file as the edge does; returns how many were stored."""
    reader = open_reader(asking.session, table(text), Order(asking.wave.id, invites), now=now)
    found: list[Answered] = [row for rows in reader.chunks() for row in reader.read(asking.session, rows)]
    assert reader.faults == []
    parts = units(found, now=now)
    return sum(store(asking.session, reader, part, office=OFFICE, now=now) for part in parts)


def response_of(asking: Asking, contact_id: int) -> Response:
    return asking.session.scalars(select(Response).where(Response.contact_id == contact_id)).one()


def test_a_file_becomes_responses_of_the_channel_import(asking: Asking) -> None:
    text = (
        "Contact;Given at;Channel note;recommend;why;renew;easy\n"
        "C-adler;2026-03-11T08:30;paper, trade fair;9;Fast.\u2028Kind.;na;5.0\n"
    )
    preview = seen(asking, text)
    assert (preview.new, preview.answered, preview.incomplete, preview.faults) == (1, 0, 0, ())

    assert taken(asking, text) == 1

    response = response_of(asking, asking.people.anna.id)
    assert response.answers == {"recommend": 9, "why": "Fast.\u2028Kind.", "renew": "na", "easy": 5}
    assert (response.channel, response.source, response.interviewer_id) == (
        "import",
        "paper, trade fair",
        None,
    )
    # 08:30 by the clock of Berlin, where she is.
    assert (response.given_at, response.received_at) == (datetime(2026, 3, 11, 7, 30, tzinfo=UTC), LATER)
    score = asking.session.scalars(select(Score).where(Score.response_id == response.id)).one()
    assert score.recommendation == 9
    invitation = asking.session.get_one(Invitation, response.invitation_id)
    assert invitation.state is InvitationState.ANSWERED


def test_the_same_file_twice_changes_nothing(asking: Asking) -> None:
    text = "email,given_at,recommend\nANNA@nordwind.test,2026-03-11,9\naziz@nordwind.test,2026-03-11,3\n"

    assert [taken(asking, text), taken(asking, text)] == [2, 0]

    again = seen(asking, text)
    assert (again.new, again.answered, again.faults) == (0, 2, ())
    assert asking.session.scalar(select(func.count(Response.id))) == 2
    assert asking.session.scalar(select(func.count(Case.id))) == 1


def test_who_has_answered_on_the_web_keeps_that_answer(asking: Asking) -> None:
    anna = asking.people.anna.id
    asking.answer(asking.ask(anna), HAPPY)

    assert taken(asking, "contact,given_at,recommend\nC-adler,2026-03-11,0\n") == 0

    assert response_of(asking, anna).answers["recommend"] == 10


def test_an_answer_that_comes_between_look_and_write_is_kept(asking: Asking) -> None:
    content = table("contact,given_at,recommend\nC-adler,2026-03-11,0\n")
    reader = open_reader(asking.session, content, Order(asking.wave.id), now=LATER)
    rows = list(reader.read(asking.session, content.rows))
    asking.answer(asking.ask(asking.people.anna.id), HAPPY)

    assert store(asking.session, reader, rows, office=OFFICE, now=LATER) == 0

    assert response_of(asking, asking.people.anna.id).channel == "web"


def test_what_was_begun_on_the_web_stays_where_the_file_says_nothing(asking: Asking) -> None:
    link = find_link_of(asking.session, asking.ask(asking.people.anna.id))
    assert link is not None
    begun: dict[str, Answer | None] = {"recommend": 2, "why": "Typed on the phone."}
    save_page(asking.session, link, answers=begun, page="reason", channel=AnswerChannel.WEB, now=NOW)

    taken(asking, "contact,given_at,recommend,why,easy\nC-adler,2026-03-11,8,,4\n")

    response = response_of(asking, asking.people.anna.id)
    assert response.answers == {"recommend": 8, "why": "Typed on the phone.", "easy": 4}
    assert asking.session.scalar(select(func.count(Draft.invitation_id))) == 0


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("2026-03-11,11,,,", "recommend: 11 is not between 0 and 10"),
        ("2026-03-11,-1,,,", "recommend: -1 is not between 0 and 10"),
        ("2026-03-11,3.5,,,", "recommend: 3.5 is not between 0 and 10"),
        ("2026-03-11,9,7,,", "renew: 7 is not between 1 and 5, nor na"),
        ("2026-03-11,9,,caal,", "contact_me: caal is not one of call, yes, no; did you mean 'call'?"),
        (f"2026-03-11,9,,,{'x' * 4001}", "why: has 4001 characters; use at most 4000"),
        ("2026-03-13,9,,,", "given_at: lies in the future; correct it"),
        ("2026-03-09,9,,,", "given_at: lies before the wave began, on 2026-03-10; correct it"),
        ("1999-12-31,9,,,", f"given_at: {NO_DAY}"),
        (
            "3/4/2026,9,,,",
            "given_at: 3/4/2026 is no day and no time; write it as 2026-03-31 or 2026-03-31T14:05",
        ),
        ("9999-12-31T23:59-23:00,9,,,", f"given_at: 9999-12-31T23:59-23:00 {NO_TIME}"),
        (",9,,,", "given_at: is empty; say when the answers were given"),
        ("2026-03-11,,,,", "answers no question; leave the row out"),
    ],
)
def test_a_wrong_cell_is_named_with_what_is_allowed(asking: Asking, cells: str, reason: str) -> None:
    preview = seen(asking, f"contact,given_at,recommend,renew,contact_me,why\nC-adler,{cells}\n")

    assert said(preview) == [f"line 2, {reason}" if ":" in reason[:12] else f"line 2: {reason}"]
    assert (preview.new, preview.rejected) == (0, 1)


def test_the_first_moment_of_all_time_is_named_where_the_clock_is_behind(asking: Asking) -> None:
    asking.session.execute(update(Invitation).values(time_zone="America/New_York"))
    preview = seen(asking, "contact,given_at,recommend\nC-adler,0001-01-01T00:00Z,9\n")
    assert said(preview) == [f"line 2, given_at: {NO_DAY}"]


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("C-nobody,", "contact: 'C-nobody' is no contact that we know; import the contacts first"),
        (
            ",who@nordwind.test",
            "email: 'who@nordwind.test' is no address that we know; import the contacts first",
        ),
        (
            "C-adler,aziz@nordwind.test",
            "contact: 'C-adler' has another address than 'aziz@nordwind.test'; correct one of them",
        ),
        ("C-sommer,", "contact: 'C-sommer' was not asked in 2026H1"),
        (",", "email: is empty; say who answered"),
        (
            "C-\0x,",
            "contact: 'C-\N{REPLACEMENT CHARACTER}x' is no contact that we know; import the contacts first",
        ),
        ("' OR 1=1 --,", 'contact: "\' OR 1=1 --" is no contact that we know; import the contacts first'),
    ],
)
def test_who_cannot_be_found_is_named(asking: Asking, who: str, reason: str) -> None:
    preview = seen(asking, f"contact,email,given_at,recommend\n{who},2026-03-11,9\n")

    assert said(preview) == [f"line 2, {reason}"]


def test_one_address_of_two_people_needs_an_id(asking: Asking) -> None:
    for person in (asking.people.aziz, asking.people.sofie):
        asking.session.get_one(Contact, person.id).email = "anna@nordwind.test"
    asking.session.flush()
    text = "email,given_at,recommend\nanna@nordwind.test,2026-03-11,9\n"

    reason = (
        "'anna@nordwind.test' is the address of C-adler and C-ahmed; name one of them in the column contact"
    )
    assert said(seen(asking, text)) == [f"line 2, email: {reason}"]
    asking.session.get_one(Contact, asking.people.aziz.id).email = "other@nordwind.test"
    asking.session.flush()
    # Of Anna and Sofie, the wave has asked Anna.
    assert seen(asking, text).new == 1


def test_a_person_stands_in_a_file_once(asking: Asking) -> None:
    text = "contact,email,given_at,recommend\nC-adler,,2026-03-11,9\n,anna@nordwind.test,2026-03-11,8\n"

    assert said(seen(asking, text)) == [
        "line 3, email: 'anna@nordwind.test' is also on line 2; keep one of them"
    ]


@pytest.mark.parametrize(
    ("headings", "reason"),
    [
        ("contact,given_at,recomend", "recomend: is no question of this survey; did you mean 'recommend'?"),
        (
            "contact,given_at,recommend,Recommend",
            "Recommend: is read as recommend, and so is 'recommend'; keep one of the two",
        ),
        ("contact,recommend,easy", "given_at: the column is missing; say when the answers were given"),
        (
            "who,given_at,recommend",
            "contact: the column is missing; say who answered, by contact (our id) or email",
        ),
    ],
)
def test_a_column_that_is_not_understood_stops_the_file(asking: Asking, headings: str, reason: str) -> None:
    row = ",".join(["C-adler", "2026-03-11", "9", "9"][: headings.count(",") + 1])

    preview = seen(asking, f"{headings}\n{row}\n")

    assert said(preview) == [f"line 1, {reason}"]
    assert (preview.new, preview.rejected) == (0, 1)


def test_other_columns_are_left_out_and_named(asking: Asking) -> None:
    preview = seen(asking, "contact,given_at,easy,Browser,\nC-adler,2026-03-11,4,<b>x</b>,\n")

    notes = [f"{note.column}: {note.reason}" for note in preview.notes]
    assert notes == [
        "Browser: is no question of this survey, and is left out",
        "recommend: has no column; on the web it is needed, here it counts as not answered",
    ]
    assert (preview.new, preview.incomplete) == (1, 1)


def test_a_file_of_rejected_rows_is_read_once_they_are_corrected(asking: Asking) -> None:
    text = "contact,given_at,recommend,why\nC-adler,2026-03-11,11,=1+1\n"
    rejects = write_rejects("answers.csv", text.encode(), seen(asking, text).faults).decode()

    again = seen(asking, rejects.replace(",11,", ",9,"))

    assert (again.new, again.faults, again.notes) == (1, (), ())
    taken(asking, rejects.replace(",11,", ",9,"))
    assert response_of(asking, asking.people.anna.id).answers["why"] == "=1+1"


def test_old_answers_and_those_of_a_closed_wave_open_no_case(asking: Asking) -> None:
    late = NOW + timedelta(days=20)
    taken(asking, "contact,given_at,recommend\nC-adler,2026-03-11,0\n", now=late)
    asking.wave.state, asking.wave.closed_at = WaveState.CLOSED, late
    asking.session.flush()
    taken(asking, "contact,given_at,recommend\nC-ahmed,2026-03-29,0\n", now=late)

    assert asking.session.scalar(select(func.count(Score.id))) == 2
    assert asking.session.scalar(select(func.count(Case.id))) == 0
    assert asking.session.scalar(select(func.count(Message.id))) == 0


def test_who_was_not_asked_can_be_let_in(asking: Asking) -> None:
    sofie = asking.people.sofie.id
    asking.session.add(Exclusion(wave_id=asking.wave.id, contact_id=sofie, rule="frequency"))
    text = "contact,given_at,recommend\nC-sommer,2026-03-11,10\n"
    assert seen(asking, text, invites=True).invited == 1

    assert [taken(asking, text, invites=True), taken(asking, text, invites=True)] == [1, 0]

    invitation = asking.session.scalars(select(Invitation).where(Invitation.contact_id == sofie)).one()
    assert (invitation.state, invitation.language) == (InvitationState.ANSWERED, "de")
    assert invitation.invited_at == datetime(2026, 3, 10, 23, tzinfo=UTC)  # midnight in Berlin
    touches = select(func.count(Touch.id)).where(Touch.invitation_id == invitation.id)
    assert asking.session.scalar(touches) == 0
    assert asking.session.scalar(select(func.count()).select_from(Exclusion)) == 0


@pytest.mark.parametrize(
    ("state", "closed", "invites", "reason"),
    [
        (WaveState.SCHEDULED, None, False, "is scheduled; choose one that was launched"),
        (WaveState.CANCELLED, None, False, "is cancelled; choose one that was launched"),
        (WaveState.CLOSED, NOW - timedelta(days=366), True, "it lets nobody in any more"),
    ],
)
def test_a_wave_that_takes_no_answers_says_why(
    asking: Asking, state: WaveState, closed: datetime | None, invites: bool, reason: str
) -> None:
    asking.wave.state, asking.wave.closed_at = state, closed
    asking.session.flush()

    with pytest.raises(Refused, match=reason):
        seen(asking, "contact,given_at,recommend\n", invites=invites)


def test_fresh_answers_are_written_alone_and_old_ones_together(asking: Asking) -> None:
    content = "contact,given_at,recommend\nC-adler,2026-03-11,9\nC-ahmed,2026-03-10,9\n"
    reader = open_reader(asking.session, table(content), Order(asking.wave.id), now=LATER)
    rows = list(reader.read(asking.session, reader.table.rows))

    assert [len(part) for part in units(rows, now=LATER)] == [1, 1]
    assert [len(part) for part in units(rows, now=LATER + timedelta(days=8))] == [2]
    assert [len(part) for part in units(rows * 130, now=LATER + timedelta(days=8))] == [100, 100, 60]


def test_an_import_is_written_down_without_any_answer(asking: Asking) -> None:
    preview = seen(asking, "contact,given_at,why\nC-adler,2026-03-11,Secret words.\n")

    by, order = asking.people.admin.id, Order(asking.wave.id)
    record_import(asking.session, preview, order, stored=1, by=by, now=LATER)

    run = asking.session.scalars(select(ImportRun)).one()
    assert (run.kind, run.file_name, run.added, run.unchanged) == ("responses", "answers.csv", 1, 0)
    entry = asking.session.scalars(select(AuditEntry).where(AuditEntry.action == "import")).one()
    assert entry.facts == {"added": 1, "changed": 0, "unchanged": 0, "wave_id": asking.wave.id}


def test_hostile_words_are_kept_as_they_are(asking: Asking) -> None:
    words = "=cmd|' /C calc'!A0 <script>alert(1)</script> \u202e\u0000 %s {company} \N{PILE OF POO}"
    text = f'contact,given_at,recommend,why\nC-adler,2026-03-11,3,"{words}"\n'

    taken(asking, text)

    kept = response_of(asking, asking.people.anna.id).answers["why"]
    assert kept == words.replace("\0", "\N{REPLACEMENT CHARACTER}")


def test_a_detractor_of_today_opens_a_case(asking: Asking) -> None:
    answers = ",".join(map(str, UNHAPPY.values()))

    taken(asking, f"contact,given_at,{','.join(UNHAPPY)}\nC-adler,2026-03-12T08:00Z,{answers}\n")

    assert asking.session.scalar(select(func.count(Case.id))) == 1
