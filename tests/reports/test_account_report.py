"""One account: its people with how far the wave has come, what they said, the cases, and the waves before."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.distribution.models import (
    Channel,
    Exclusion,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Suppression,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.people.access import SYSTEM, scope_of
from surveyd.people.models import Account, Contact, User
from surveyd.reports.account import AccountView, account_view
from surveyd.reports.account_people import ContactLine
from surveyd.reports.verbatims import first_words
from surveyd.responses.answers import AnswerChannel
from tests.fixtures.apps import NOW
from tests.fixtures.asking import HAPPY, UNHAPPY, Asking, open_wave

Collect = Callable[[], AbstractContextManager[list[str]]]
AT_RISK: dict[str, int | str] = {"recommend": 0, "satisfied": 1, "better": 1, "renew": 1}


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


def mail(
    asking: Asking,
    invitation_id: int,
    step: str = "invitation",
    *,
    state: MessageState = MessageState.SENT,
    at: datetime = NOW,
    of_wave: bool = True,
) -> None:
    """A mail to the person of an invitation: one of the wave's touches, or another, such as thanks."""
    touch = None
    if of_wave:
        touch = Touch(
            invitation_id=invitation_id,
            wave_id=asking.wave.id,
            step=step,
            channel=Channel.MAIL,
            state=TouchState.RELEASED,
            due_at=at,
            released_at=at,
        )
        asking.session.add(touch)
        asking.session.flush()
    asking.session.add(
        Message(
            dedup_key=f"{step}:{invitation_id}",
            message_id=f"{step}-{invitation_id}@mail.surveyd.test",
            name=step,
            language="en",
            invitation_id=invitation_id,
            touch_id=touch.id if touch else None,
            recipient="somebody@nordwind.test",
            state=state,
            due_at=at,
            sent_at=at,
            created_at=at,
        )
    )
    asking.session.flush()


def view_of(asking: Asking, account_id: int | None = None) -> AccountView:
    return account_view(asking.session, account_id or asking.people.nordwind, scope=SYSTEM, now=NOW)


def line_of(asking: Asking, name: str) -> ContactLine:
    return next(line for line in view_of(asking).people.lines if line.name == name)


def earlier_wave(asking: Asking) -> Wave:
    """A wave half a year before, closed."""
    then = asking.wave.scheduled_at - timedelta(days=180)
    wave = Wave(
        program_id=asking.program.id,
        slug="2025H2",
        version_id=asking.wave.version_id,
        state=WaveState.CLOSED,
        scheduled_at=then,
        day_zero=then,
    )
    asking.session.add(wave)
    asking.session.flush()
    return wave


def test_an_account_says_where_each_person_stands(asking: Asking) -> None:
    people = asking.people
    asking.answer(asking.ask(people.anna.id), AT_RISK)
    asking.ask(people.aziz.id)

    view = view_of(asking)

    assert view.title == "Nordwind: Anna Adler at high risk"
    assert [(line.name, line.state) for line in view.people.lines] == [
        ("Anna Adler", "answered"),
        ("Aziz Ahmed", "not reached yet"),
    ]
    assert [case.contact for case in view.cases] == ["Anna Adler"]


SEES = {
    "admin": True,
    "executive": True,
    "leader": True,
    "mona": True,
    "milo": False,
    "outsider": False,
    "support": False,
}


@pytest.mark.parametrize("who", SEES)
def test_a_foreign_account_is_not_there(asking: Asking, who: str) -> None:
    scope = scope_of(asking.session.get_one(User, getattr(asking.people, who).id))

    if SEES[who]:
        assert account_view(asking.session, asking.people.nordwind, scope=scope, now=NOW).revenue_cents
    else:
        with pytest.raises(NotFound):
            account_view(asking.session, asking.people.nordwind, scope=scope, now=NOW)


def test_each_step_has_its_date(asking: Asking) -> None:
    anna = asking.ask(asking.people.anna.id)
    mail(asking, anna, at=NOW + timedelta(hours=1))
    mail(asking, anna, "reminder", at=NOW + timedelta(days=14))
    asking.session.get_one(Invitation, anna).started_at = NOW + timedelta(days=15)
    asking.answer(anna, HAPPY, now=NOW + timedelta(days=16), channel=AnswerChannel.PHONE)

    line = line_of(asking, "Anna Adler")

    assert line.invited_at == NOW
    assert line.reached_at == NOW + timedelta(hours=1)
    assert line.started_at == NOW + timedelta(days=15)
    assert (line.answered_at, line.channel) == (NOW + timedelta(days=16), "phone")
    assert (line.said_in, line.recommendation, line.segment) == ("2026H1", 10, "truly_loyal")


def test_a_mail_that_came_back_reached_nobody_and_thanks_reach_nobody_either(asking: Asking) -> None:
    anna, aziz = asking.ask(asking.people.anna.id), asking.ask(asking.people.aziz.id)
    mail(asking, anna, state=MessageState.FAILED)
    mail(asking, aziz, "thank_you", of_wave=False)
    asking.session.add(Suppression(address="anna@nordwind.test", reason="bounced", at=NOW))
    asking.session.get_one(Contact, asking.people.anna.id).email = "Anna@Nordwind.test"
    asking.session.flush()

    line = line_of(asking, "Anna Adler")

    assert (line.state, line.reached_at, line.address) == ("not reached yet", None, "bounced")
    assert line_of(asking, "Aziz Ahmed").reached_at is None
    assert view_of(asking).waves[0].reached == 0


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (InvitationState.OPTED_OUT, "wants no mail"),
        (InvitationState.DECLINED, "does not want to answer"),
        (InvitationState.CANCELLED, "cancelled"),
    ],
)
def test_why_somebody_is_not_asked_any_more(asking: Asking, state: InvitationState, says: str) -> None:
    anna = asking.ask(asking.people.anna.id)
    mail(asking, anna)
    asking.session.get_one(Invitation, anna).state = state
    contact = asking.session.get_one(Contact, asking.people.anna.id)
    contact.opted_out_at, contact.do_not_phone, contact.active = NOW, True, False
    asking.session.flush()

    line = line_of(asking, "Anna Adler")

    assert line.state == says
    assert (line.opted_out_at, line.do_not_phone, line.has_left) == (NOW, True, True)
    assert view_of(asking).title == "Nordwind: nobody has answered yet"


def test_who_was_begun_reached_or_left_out(asking: Asking) -> None:
    anna, aziz = asking.ask(asking.people.anna.id), asking.people.aziz.id
    mail(asking, anna)
    asking.session.add(Exclusion(wave_id=asking.wave.id, contact_id=aziz, rule="rested"))
    asking.session.flush()

    assert line_of(asking, "Anna Adler").state == "reached by mail"
    asking.session.get_one(Invitation, anna).started_at = NOW
    asking.session.flush()
    assert line_of(asking, "Anna Adler").state == "started"
    assert line_of(asking, "Aziz Ahmed").state == "not asked: the contact was asked within the rest period"
    assert view_of(asking, asking.people.sudwerk).title == "Südwerk: nobody has been asked yet"
    assert view_of(asking, asking.people.sudwerk).people.lines[0].state == "not asked"


def test_their_words_are_cut_short(asking: Asking) -> None:
    long = "Nothing works. " * 40
    asking.answer(asking.ask(asking.people.anna.id), UNHAPPY | {"why": f"<b>=1+1</b>\n{long}"})

    words = line_of(asking, "Anna Adler").words

    assert words.startswith("<b>=1+1</b> Nothing works.")
    assert len(words) <= 140 and words.endswith("…")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, ""),
        ({"why": "  \n "}, ""),
        ({"why": "", "comment": "Well."}, "Well."),
        ({"why": "a\n\tb  c"}, "a b c"),
        ({"why": "x" * 12}, "xxxxxxxxx…"),
        ({"why": "one two three"}, "one two…"),
        ({"why": "0123456789"}, "0123456789"),
    ],
)
def test_first_words(answers: dict[str, str], words: str) -> None:
    assert first_words(answers, ["why", "comment"], most=10) == words


def test_every_wave_has_its_line(asking: Asking) -> None:
    people, session = asking.people, asking.session
    before = earlier_wave(asking)
    latest, asking.wave = asking.wave, before
    mail(asking, asking.ask(people.anna.id))
    asking.answer(asking.ask(people.anna.id), AT_RISK)
    asking.ask(people.aziz.id)
    asking.wave = latest
    asking.asked.clear()
    asking.answer(asking.ask(people.aziz.id), HAPPY, now=NOW + timedelta(hours=1))
    # Open, it would not be shown yet with a single answer.
    latest.state = WaveState.CLOSED
    session.flush()

    view = view_of(asking)

    assert [
        (line.wave, line.invited, line.reached, line.answered, line.segment, line.recommend)
        for line in view.waves
    ] == [
        ("2026H1", 1, 0, 1, "truly_loyal", (("1 promoter", "promoter"),)),
        ("2025H2", 2, 1, 1, "high_risk", (("1 detractor", "detractor"),)),
    ]
    assert (line_of(asking, "Anna Adler").said_in, line_of(asking, "Anna Adler").state) == (
        "2025H2",
        "not asked",
    )
    assert view_of(asking, people.sudwerk).waves == ()


def test_several_at_high_risk_are_counted(asking: Asking) -> None:
    for person in (asking.people.anna, asking.people.aziz):
        asking.answer(asking.ask(person.id), AT_RISK)

    assert view_of(asking).title == "Nordwind: 2 people at high risk"


def test_facts_that_the_company_keeps_are_shown(asking: Asking) -> None:
    account = asking.session.get_one(Account, asking.people.nordwind)
    account.branch, account.dimensions = "<i>Wind</i>", {"Plant": "North 4", "Empty": ""}
    asking.session.flush()

    assert view_of(asking).facts == (("Branch", "<i>Wind</i>"), ("Plant", "North 4"))


def test_many_people_come_page_by_page(asking: Asking) -> None:
    for number in range(5):
        asking.ask_somebody(number, account_id=asking.people.nordwind)
    found, after = [], ""
    while True:
        view = account_view(
            asking.session, asking.people.nordwind, scope=SYSTEM, now=NOW, after=after, limit=3
        )
        found += [line.name for line in view.people.lines]
        after = view.people.after
        if not after:
            break

    assert found == ["Anna Adler", "Aziz Ahmed", *(f"Nina {number}" for number in range(5))]
    assert view.title == "Nordwind: nobody has answered yet"
    with pytest.raises(Refused):
        account_view(asking.session, asking.people.nordwind, scope=SYSTEM, now=NOW, after="x")


def test_the_number_of_statements_does_not_grow(asking: Asking, statements: Collect) -> None:
    for number in range(20):
        invitation = asking.ask_somebody(number, account_id=asking.people.nordwind)
        asking.answer(invitation, UNHAPPY | {"why": "Late."})
    earlier_wave(asking)
    asking.session.expunge_all()

    with statements() as said:
        view_of(asking)

    assert len(said) <= 17, "\n".join(said)


def test_who_moved_to_another_account_is_not_quoted_to_its_manager(asking: Asking) -> None:
    people = asking.people
    anna = asking.ask(people.anna.id)
    mail(asking, anna)
    asking.answer(anna, AT_RISK | {"why": "A word about Nordwind."})
    asking.session.get_one(Contact, people.anna.id).account_id = people.sudwerk
    asking.session.flush()

    view = view_of(asking, people.sudwerk)
    line = next(line for line in view.people.lines if line.name == "Anna Adler")

    assert (line.response_id, line.recommendation, line.segment, line.words) == (None, None, "", "")
    assert (line.state, line.reached_at) == ("not asked", None)
    assert view.at_risk == ()
    assert view.title == "Südwerk: nobody has been asked yet"
