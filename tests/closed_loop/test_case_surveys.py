"""The survey after a case: one mail to whom it may concern, and an answer that the case takes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.services import Services
from surveyd.base.tokens import token_digest
from surveyd.closed_loop.case_lists import find_case
from surveyd.closed_loop.case_surveys import ask_if_solved
from surveyd.closed_loop.cases import EntryKind, Kinds, close_case
from surveyd.closed_loop.models import Case, CaseState, CaseSurvey, Ending, RootCause
from surveyd.distribution.models import Invitation, Message, Suppression, Wave, WaveKind
from surveyd.distribution.programs import set_case_survey
from surveyd.distribution.questionnaires import publish
from surveyd.forms.editing import with_texts
from surveyd.forms.loading import shipped
from surveyd.people.access import SYSTEM
from surveyd.people.models import Account, Contact, User
from surveyd.reports.account import account_view
from tests.base.hostile import HOSTILE
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import OFFICE, UNHAPPY, Asking, open_wave
from tests.web.offices import signed_in

CLOSED_AT, ANSWERED_AT = NOW + timedelta(hours=3), NOW + timedelta(hours=5)
Told = dict[str, str]


def close(
    asking: Asking, case_id: int, ending: Ending = Ending.RESOLVED, at: timedelta = timedelta(0)
) -> None:
    close_case(
        asking.session,
        case_id,
        root_cause="A lorry",
        outcome="A new carrier",
        kinds=Kinds(RootCause.DELIVERY, ending),
        by=asking.people.mona.id,
        now=CLOSED_AT + at,
    )


def ask(asking: Asking, case_id: int, at: timedelta = timedelta(0)) -> int | None:
    now = CLOSED_AT + at
    return ask_if_solved(asking.session, case_id, keys=OFFICE.keys, mail_domain=OFFICE.mail_domain, now=now)


def case_of(asking: Asking, contact_id: int) -> int:
    receipt = asking.answer(asking.ask(contact_id), UNHAPPY)
    assert receipt.case_id
    return receipt.case_id


@pytest.fixture
def case(asking: Asking) -> int:
    """Anna's case, in a program that asks whether cases are solved."""
    set_case_survey(asking.session, asking.program, on=True)
    return case_of(asking, asking.people.anna.id)


def mails(session: Session, name: str) -> list[Message]:
    return list(session.scalars(select(Message).where(Message.name == name).order_by(Message.id)))


class TestAsking:
    def test_one_mail_with_a_personal_link(self, asking: Asking, case: int) -> None:
        close(asking, case)
        invitation_id = ask(asking, case)

        assert invitation_id
        [mail] = mails(asking.session, "case_solved")
        assert (mail.recipient, mail.invitation_id, mail.wave_id) == (
            asking.people.anna.email, invitation_id, None,
        )  # fmt: skip
        invitation = asking.session.get_one(Invitation, invitation_id)
        assert invitation.token_digest == token_digest(OFFICE.keys.survey_token(invitation_id))
        wave = asking.session.get_one(Wave, invitation.wave_id)
        assert (wave.kind, wave.slug) == (WaveKind.STANDING, "relationship cases 2026-03")

    @pytest.mark.parametrize(("lacks", "language"), [("", "de"), ("de", "en")])
    def test_in_a_language_that_has_every_text(
        self, asking: Asking, case: int, lacks: str, language: str
    ) -> None:
        asking.session.get_one(Contact, asking.people.anna.id).language = "de-AT"
        asking.session.flush()
        if lacks:
            edited = with_texts(shipped("case_solved"), lacks, {"pages.outcome.title": ""})
            publish(asking.session, edited, now=NOW)
        close(asking, case)
        assert ask(asking, case)
        assert [mail.language for mail in mails(asking.session, "case_solved")] == [language]

    def test_off_by_default(self, asking: Asking) -> None:
        case = case_of(asking, asking.people.anna.id)
        close(asking, case)
        assert ask(asking, case) is None
        assert mails(asking.session, "case_solved") == []

    @pytest.mark.parametrize("ending", [ending for ending in Ending if ending is not Ending.RESOLVED])
    def test_only_a_case_that_is_solved(self, asking: Asking, case: int, ending: Ending) -> None:
        assert ask(asking, case) is None  # still open
        close(asking, case, ending)
        assert ask(asking, case) is None

    @pytest.mark.parametrize(
        "change",
        [
            lambda contact: setattr(contact, "email", ""),
            lambda contact: setattr(contact, "active", False),
            lambda contact: setattr(contact, "opted_out_at", NOW),
        ],
    )
    def test_whom_nobody_may_mail(self, asking: Asking, case: int, change: Callable[[Contact], None]) -> None:
        change(asking.session.get_one(Contact, asking.people.anna.id))
        asking.session.flush()
        close(asking, case)
        assert ask(asking, case) is None

    def test_a_suppressed_address(self, asking: Asking, case: int) -> None:
        address = asking.people.anna.email.lower()
        asking.session.add(Suppression(address=address, reason="bounced", at=NOW))
        asking.session.flush()
        close(asking, case)
        assert ask(asking, case) is None

    def test_once_in_thirty_days_and_not_twice_for_one_closing(self, asking: Asking, case: int) -> None:
        close(asking, case)
        assert ask(asking, case)
        assert ask(asking, case) is None
        assert ask(asking, case, at=timedelta(days=29)) is None
        assert ask(asking, case, at=timedelta(days=31))
        assert len(mails(asking.session, "case_solved")) == 2


class TestHearing:
    def answer(self, asking: Asking, case: int, **answers: str) -> None:
        close(asking, case)
        invitation_id = ask(asking, case)
        assert invitation_id
        first = asking.answer(invitation_id, answers, now=ANSWERED_AT)
        again = asking.answer(invitation_id, {"solved": "no"}, now=ANSWERED_AT)
        assert (first.number, again.is_first) == (again.number, False)

    def test_yes_stands_on_the_case(self, asking: Asking, case: int) -> None:
        self.answer(asking, case, solved="yes")
        view = find_case(asking.session, case, scope=SYSTEM)
        assert view.line.state is CaseState.CLOSED
        assert (view.log[-1].kind, view.log[-1].text, view.log[-1].by) == (EntryKind.SOLVED, "solved", "")
        assert mails(asking.session, "case_reopened") == []
        assert len(mails(asking.session, "thank_you")) == 1  # for the wave's answer, not for this one

    @pytest.mark.parametrize(("said", "words"), [("no", "not solved"), ("partly", "solved in part")])
    def test_no_opens_it_again_and_tells_the_owner(
        self, asking: Asking, case: int, said: str, words: str
    ) -> None:
        self.answer(asking, case, solved=said, still_open="The lorry is late again.")
        view = find_case(asking.session, case, scope=SYSTEM)
        assert (view.line.state, view.closed_at, view.contacted_at) == (CaseState.OPEN, None, None)
        assert view.line.due_at > ANSWERED_AT
        assert [entry.kind for entry in view.log] == [EntryKind.CLOSING, EntryKind.NOT_SOLVED]
        assert view.log[-1].text == f"{words}: The lorry is late again."
        assert asking.session.get_one(Case, case).steps == 2
        [mail] = mails(asking.session, "case_reopened")
        assert (mail.recipient, mail.context["path"]) == (asking.people.mona.email, f"/staff/cases/{case}")
        assert "lorry" not in str(mail.context)
        # It can be worked on and closed like any other.
        close(asking, case, at=timedelta(hours=9))

    @pytest.mark.parametrize("has_manager", [True, False])
    def test_somebody_else_sees_to_it_when_the_owner_is_gone(
        self, asking: Asking, case: int, has_manager: bool
    ) -> None:
        people = asking.people
        manager, expected = (people.milo, people.milo) if has_manager else (people.mona, people.admin)
        asking.session.get_one(Account, people.nordwind).manager_id = manager.id
        asking.session.get_one(User, people.mona.id).active = False
        asking.session.flush()
        self.answer(asking, case, solved="no")
        assert asking.session.get_one(Case, case).owner_id == expected.id
        [mail] = mails(asking.session, "case_reopened")
        assert mail.recipient == expected.email

    def test_it_is_no_opinion_of_the_relationship(self, asking: Asking, case: int) -> None:
        before = account_view(asking.session, asking.people.nordwind, scope=SYSTEM, now=NOW)
        self.answer(asking, case, solved="no")
        after = account_view(asking.session, asking.people.nordwind, scope=SYSTEM, now=NOW)
        assert [line.response_id for line in after.people.lines] == [
            line.response_id for line in before.people.lines
        ]
        assert len(asking.session.scalars(select(Case)).all()) == 1

    @pytest.mark.parametrize("text", [HOSTILE["script"], HOSTILE["right to left"], "x" * 4000])
    def test_hostile_words_are_logged_as_text(self, asking: Asking, case: int, text: str) -> None:
        self.answer(asking, case, solved="no", still_open=text)
        said = find_case(asking.session, case, scope=SYSTEM).log[-1].text
        assert said.startswith("not solved: ")
        assert len(said) <= 4000

    def test_an_answer_that_nobody_expects_changes_nothing(self, asking: Asking, case: int) -> None:
        self.answer(asking, case, solved="perhaps")
        view = find_case(asking.session, case, scope=SYSTEM)
        assert (view.line.state, len(view.log)) == (CaseState.CLOSED, 1)
        assert asking.session.scalars(select(CaseSurvey.heard_at)).one() == ANSWERED_AT


def test_from_the_page_that_closes_to_the_page_that_is_open_again(
    app: Flask, services: Services, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        admin, mona = (signed_in(app, who) for who in (asking.people.admin, asking.people.mona))
        case = case_of(asking, asking.people.anna.id)
    assert admin.post("/staff/programs/1/case-survey", to="on").status_code == 303
    assert "Stop asking" in admin.get("/staff/programs/1").text
    closed = {"cause": "delivery", "root_cause": "A lorry", "ending": "resolved", "outcome": "A new one"}
    assert mona.post(f"/staff/cases/{case}/close", seen="0", **closed).status_code == 303

    with reader() as session:
        [mail] = mails(session, "case_solved")
    link = f"/s/{services.keys.survey_token(mail.invitation_id or 0)}"
    somebody = app.test_client()
    assert "Did that solve" in somebody.get(link).text
    somebody.post(link, data={"page": "outcome", "go": "next", "lang": "en", "solved": "no"})
    words = {"page": "rest", "go": "send", "lang": "en", "still_open": "Late <b>again</b>"}
    assert somebody.post(link, data=words).status_code == 200

    page = mona.get(f"/staff/cases/{case}").text
    assert "The customer says: not solved: Late &lt;b&gt;again&lt;/b&gt;" in page
    assert "the case is open again" in page
