"""The questions on the telephone: the script beside them, outcomes that take the answers along, claims."""

import pytest
from werkzeug.test import TestResponse

from surveyd.distribution.call_models import Call, CallAttempt, CallOutcome, CallState
from surveyd.distribution.models import Invitation, InvitationState
from surveyd.distribution.wish_models import Nomination
from surveyd.distribution.wishes import call_instead
from surveyd.forms.definition import Answer
from surveyd.people.models import AuditEntry, Contact
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import find_link_of, save_page
from surveyd.responses.models import Draft, Response
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import HAPPY
from tests.web.offices import Office, SignIn, Staff

TYPED = {"page": "recommendation", "lang": "en", "recommend": "3"}


def form_of(office: Office) -> str:
    return f"/staff/calls/{office.call}/form"


def claimed(office: Office, sign_in: SignIn) -> Staff:
    support = sign_in(office.cast.support)
    support.post(f"/staff/calls/{office.call}/claim")
    return support


def answers_of(office: Office, reader: Transaction) -> dict[str, object]:
    with reader() as session:
        draft = session.get(Draft, office.sofie_invitation)
        return dict(draft.answers) if draft else {}


def call_of(office: Office, reader: Transaction) -> Call:
    with reader() as session:
        return session.get_one(Call, office.call)


def sent_in(support: Staff, path: str) -> TestResponse:
    """Go through all pages to the receipt."""
    response = support.post(path, **TYPED, go="next")
    for _ in range(20):
        if response.status_code != 303:
            break
        page = response.location.partition("page=")[2].partition("&")[0]
        answers = {item: str(value) for item, value in HAPPY.items()}
        response = support.post(path, page=page, go="send", **answers)
    return response


def test_the_script_is_in_the_contact_s_language_and_the_rest_in_ours(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        session.get_one(Invitation, office.sofie_invitation).language = "ar"
        session.get_one(Contact, office.cast.sofie.id).name = "Sofie <i>{company}</i>"

    page = claimed(office, sign_in).get(form_of(office)).text

    assert '<div class="say" lang="ar" dir="rtl">' in page
    assert "هل أتحدث مع Sofie &lt;i&gt;{company}&lt;/i&gt;؟" in page
    assert '<aside class="interview" lang="en" dir="ltr"' in page
    assert "What to say at the end" in page
    assert "<i>{company}" not in page


def test_it_says_why_we_call_and_which_number_they_named(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        suits = "after <b>four</b>"
        call_instead(session, office.sofie_invitation, phone="+498912345", suits=suits, now=NOW)

    page = claimed(office, sign_in).get(form_of(office)).text

    assert "They asked on 10 March 2026, 10:00 CET to be called." in page
    assert "What suits them: after &lt;b&gt;four&lt;/b&gt;" in page
    assert 'href="tel:+498912345"' in page
    assert "You asked us to call you" in page


def test_an_outcome_takes_the_answers_of_the_page_along(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support = claimed(office, sign_in)

    response = support.post(
        form_of(office),
        **TYPED,
        **{
            "call-at_once": "call_back",
            "call-call_back_at": "2026-03-11T14:30",
            "call-note": "In a meeting.",
        },
    )

    assert (response.status_code, response.location) == (303, "/staff/calls")
    assert answers_of(office, reader) == {"recommend": 3}
    call = call_of(office, reader)
    assert (call.outcome, call.attempts, call.claimed_by_id) == (CallOutcome.CALL_BACK, 1, None)
    page = claimed(office, sign_in).get(form_of(office)).text
    assert "We agreed that I would call you again" in page
    assert "In a meeting." in page
    assert "Answered so far: 1 of" in page


def test_an_outcome_that_lacks_its_time_saves_the_page_and_keeps_the_note(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support = claimed(office, sign_in)

    response = support.post(
        form_of(office), **TYPED, **{"call-at_once": "call_back", "call-note": "Busy <i>now</i>."}
    )

    assert response.status_code == 422
    assert "Say when to call back." in response.text
    assert "Busy &lt;i&gt;now&lt;/i&gt;.</textarea>" in response.text
    assert 'value="3" checked' in response.text
    assert answers_of(office, reader) == {"recommend": 3}
    assert call_of(office, reader).attempts == 0


@pytest.mark.parametrize("times", [1, 2])
def test_who_wants_no_more_calls_is_never_asked_again(
    office: Office, sign_in: SignIn, reader: Transaction, times: int
) -> None:
    support = claimed(office, sign_in)
    for _ in range(times):
        sent = {"call-record": "yes", "call-outcome": "no_more", "call-note": "Never.", "call-seen": "0"}
        response = support.post(form_of(office), **TYPED, **sent)
        assert (response.status_code, response.location) == (303, "/staff/calls")

    with reader() as session:
        assert session.get_one(Contact, office.cast.sofie.id).opted_out_at == NOW
        assert session.query(AuditEntry).filter_by(action="opt_out").count() == 1
        assert session.query(CallAttempt).one().outcome is CallOutcome.DECLINED
    call = call_of(office, reader)
    assert (call.state, call.reason) == (CallState.DONE, "declined")


def test_who_is_not_the_right_person_can_say_who_is(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support = claimed(office, sign_in)
    sent = {"call-record": "yes", "call-outcome": "not_me", "call-note": "In <b>purchasing</b>."}

    half = support.post(form_of(office), **TYPED, **sent, **{"call-colleague": "Ben <i>Brandt</i>"})
    wrong = support.post(form_of(office), **TYPED, **sent, **{"call-colleague_email": "ben@"})
    named = {"call-colleague": "Ben Brandt", "call-colleague_email": "ben@suedwerk.test"}
    done = support.post(form_of(office), **TYPED, **sent, **named)

    assert (half.status_code, wrong.status_code, done.status_code) == (422, 422, 303)
    assert "Ask for the address as well" in half.text
    assert 'value="Ben &lt;i&gt;Brandt&lt;/i&gt;"' in half.text
    assert "This is no e-mail address; read it back to them." in wrong.text
    with reader() as session:
        told = session.query(Nomination).one()
        assert (told.name, told.email, told.words) == (
            "Ben Brandt",
            "ben@suedwerk.test",
            "In <b>purchasing</b>.",
        )
        assert session.get_one(Invitation, office.sofie_invitation).state is InvitationState.DECLINED
    assert call_of(office, reader).reason == "declined"


def test_a_note_goes_along_from_page_to_page_and_stays_with_the_call(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support, note = claimed(office, sign_in), {"call-note": "Sounds tired.\0"}

    assert support.post(form_of(office), **TYPED, **note, go="keep").status_code == 204
    onward = support.post(form_of(office), **TYPED, **note, go="next")
    wrong = support.post(form_of(office), page="recommendation", recommend="77", go="next", **note)

    assert onward.status_code == 200
    assert 'name="why"' in onward.text
    assert wrong.status_code == 422
    for response in (onward, wrong):
        assert "Sounds tired." in response.text.partition('name="call-note"')[2].partition("</textarea>")[0]
    assert answers_of(office, reader) == {"recommend": 3}
    assert 'id="receipt"' in support.post(form_of(office), **TYPED, **note, go="send").text
    with reader() as session:
        assert session.query(CallAttempt).one().note == "Sounds tired."


def test_a_colleague_s_call_is_shown_and_refused_and_no_word_is_lost(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    claimed(office, sign_in)
    admin = sign_in(office.cast.admin)

    opened = admin.get(form_of(office))
    late = admin.post(form_of(office), **TYPED, go="next", **{"call-note": "Rang."})

    assert (opened.status_code, opened.location) == (303, f"/staff/calls/{office.call}")
    assert "Sam Support is calling Sofie Sommer" in admin.get(opened.location).text
    assert late.status_code == 409
    assert "A colleague is calling this contact; take the next one." in late.text
    assert "What you typed still stands on this page; it is not saved." in late.text
    assert 'value="3" checked' in late.text
    assert "Rang.</textarea>" in late.text
    assert answers_of(office, reader) == {}


def test_what_was_begun_on_the_web_is_continued(
    office: Office, sign_in: SignIn, reader: Transaction, writer: Transaction
) -> None:
    with writer() as session:
        link = find_link_of(session, office.sofie_invitation)
        assert link is not None
        answers: dict[str, Answer | None] = {"recommend": 9, "why": "Fast."}
        save_page(session, link, answers=answers, page="reason", channel=AnswerChannel.WEB, now=NOW)
    support = claimed(office, sign_in)

    page = support.get(form_of(office)).text
    assert "Fast.</textarea>" in page
    assert "They have begun to answer on the web." in page
    assert "You go on where they stopped; nothing is asked twice." in page
    response = support.post(form_of(office), page="reason", why="Fast and kind.", go="next")
    while response.status_code == 303:
        at = response.location.partition("page=")[2].partition("&")[0]
        values = {item: str(value) for item, value in HAPPY.items() if item != "recommend"}
        response = support.post(form_of(office), page=at, go="send", **values)

    assert 'id="receipt"' in response.text
    assert "The answers are in. The call is done." in response.text
    assert "Somebody at Example Works reads every answer." in response.text
    with reader() as session:
        stored = session.query(Response).filter_by(invitation_id=office.sofie_invitation).one()
        assert (stored.channel, stored.interviewer_id) == ("phone", office.cast.support.id)
        assert (stored.answers["recommend"], stored.answers["why"]) == (9, "Fast and kind.")
        assert session.query(Draft).count() == 0
    admin = sign_in(office.cast.admin)
    assert "Sam Support" in admin.get(f"/staff/responses/{stored.id}").text


def test_an_answer_from_the_web_meanwhile_ends_the_call_without_an_attempt(
    office: Office, sign_in: SignIn, reader: Transaction
) -> None:
    support = claimed(office, sign_in)
    sent_in(support, form_of(office))

    response = support.post(form_of(office), **TYPED, **{"call-at_once": "no_answer"})

    assert response.status_code == 200
    assert "The answers are in. The call is done." in response.text
    with reader() as session:
        assert [tried.outcome for tried in session.query(CallAttempt)] == [CallOutcome.COMPLETED]


def test_support_sees_earlier_answers_of_a_claimed_call_only_and_no_revenue(
    office: Office, sign_in: SignIn
) -> None:
    support = sign_in(office.cast.support)

    assert "It is shown once the call is yours." in support.get(form_of(office)).text
    page = claimed(office, sign_in).get(form_of(office)).text
    assert "Nothing yet: this is their first answer for Südwerk." in page
    assert "EUR" not in page


def test_what_the_list_was_narrowed_to_goes_along(office: Office, sign_in: SignIn) -> None:
    support = claimed(office, sign_in)
    address = f"{form_of(office)}?language=en"
    assert f'action="{form_of(office)}?language=en"' in support.get(address).text

    after = support.post(address, **TYPED, go="next")
    done = support.post(address, **TYPED, **{"call-at_once": "no_answer"})

    assert after.location == f"{form_of(office)}?language=en&page=reason"
    assert done.location == "/staff/calls?language=en"
