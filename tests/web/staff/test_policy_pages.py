"""Scoring policies on their pages: read, proposed as a form or a file, compared, accepted, withdrawn."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyd.base.services import Services
from surveyd.people.models import AuditEntry
from surveyd.results import jobs
from surveyd.results.models import Score
from surveyd.results.policy_models import PolicyState, ScoringPolicy
from surveyd.results.policy_reading import PolicyFile
from surveyd.results.policy_reference import ACCOUNTS, METHODS, METHODS_SAYS, MINIMUM, TOP
from surveyd.results.policy_writing import as_yaml
from surveyd.results.proposals import propose
from surveyd.schedule import sweep_once
from surveyd.scoring.policy import SHIPPED
from surveyd.web.staff.policy_words import LABELS, METHOD_WORDS, SAYS, UNITS
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
HERE = "/staff/policies"
HARDER = PolicyFile("A harder cut", replace(SHIPPED, cut=8_000, gate=8_000))


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def executive(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.executive)


@pytest.fixture
def proposal(office: Office, app: Flask, writer: Transaction) -> str:
    """The address of a harder cut that was proposed and compared."""
    with writer() as session:
        made = propose(session, HARDER, now=NOW, by=office.cast.admin.id)
    with app.app_context():
        assert jobs.compare(made) and not jobs.compare(made)
    return f"{HERE}/{made}"


def fields(page: str) -> dict[str, str]:
    """What the form of the change would send as it stands."""
    form = page[page.index(f'action="{HERE}"') : page.index("as-file")]
    found = {
        unescape(name): unescape(value)
        for name, value in re.findall(r' name="([^"]+)" value="([^"]*)"', form)
    }
    found.pop("csrf_token")
    return found | {"accounts.method": "weighted_mean"}


def states(writer: Transaction) -> dict[str, str]:
    with writer() as session:
        return {row.version: row.state.value for row in session.scalars(select(ScoringPolicy))}


class TestRead:
    def test_the_policy_in_force_is_there_in_words(self, admin: Staff) -> None:
        page = admin.get(HERE).text
        assert "Answers are scored by version 1: The first rule" in page
        for said in (
            "62.5 points",
            "decision maker (weight 3)",
            "the mean of its people",
            "120"[:2],
            "30 answers",
        ):
            assert said in page, said
        assert admin.get(f"{HERE}/1/file.yaml").text == as_yaml(SHIPPED, "The first rule")

    def test_every_number_has_its_words_and_they_are_those_of_the_reference(self) -> None:
        numbers = [*TOP.numbers.values(), *ACCOUNTS.numbers.values(), *MINIMUM.numbers.values()]
        assert {number.name: number.says for number in numbers} == {
            name: str(said) for name, said in SAYS.items()
        }
        assert {number.name for number in numbers} == set(LABELS)
        assert {number.unit for number in numbers} <= set(UNITS)
        assert {method: str(METHOD_WORDS[method]) for method in METHODS} == dict(METHODS_SAYS)

    def test_what_is_not_there_is_not_found(self, admin: Staff) -> None:
        for path in (f"{HERE}/99", f"{HERE}/99/progress", f"{HERE}/99/file.yaml", f"{HERE}/new?from=99"):
            assert admin.get(path).status_code == 404, path
        for verb in ("accept", "withdraw", "compare"):
            assert admin.post(f"{HERE}/99/{verb}").status_code == 404, verb

    def test_only_admins_and_executives_open_them(
        self, office: Office, sign_in: SignIn, proposal: str
    ) -> None:
        for role in ("leader", "mona", "support"):
            staff = sign_in(getattr(office.cast, role))
            assert staff.get(HERE).status_code == staff.get(proposal).status_code == 403
            assert staff.post(f"{proposal}/accept", against="1").status_code == 403

    def test_the_pages_cost_the_same_however_many_versions_there_are(
        self, admin: Staff, proposal: str, writer: Transaction, statements: Collect
    ) -> None:
        def cost() -> list[int]:
            found = []
            for path in (HERE, proposal, f"{HERE}/new"):
                with statements() as said:
                    admin.get(path)
                found.append(len(said))
            return found

        few = cost()
        with writer() as session:
            for cut in range(7_001, 7_006):
                propose(session, PolicyFile("Other", replace(SHIPPED, cut=cut)), now=NOW, by=None)
        assert cost() == few
        assert max(few) <= 8


class TestPropose:
    def test_the_form_as_it_stands_says_what_is_in_force(self, admin: Staff, writer: Transaction) -> None:
        sent = fields(admin.get(f"{HERE}/new").text) | {"title": "Nothing new"}
        told = admin.post(HERE, **sent)
        assert told.status_code == 422 and "says the same" in told.text
        assert "Nothing new" in told.text
        assert states(writer) == {"1": "current"}

    def test_a_changed_form_becomes_a_proposal(self, admin: Staff, writer: Transaction) -> None:
        sent = fields(admin.get(f"{HERE}/new").text)
        sent |= {"title": "Harder", "cut": "70.25", "axes.attitude.items": "wroth 2, trust 0"}
        answer = admin.post(HERE, **sent)
        assert answer.status_code == 422 and "no questionnaire asks an item &#39;wroth&#39;" in answer.text
        sent["axes.attitude.items"] = "enjoy 2, trust 0"
        answer = admin.post(HERE, **sent)
        assert answer.status_code == 303
        page = admin.get(answer.location).text
        assert "Version 2: Harder" in page and "62.5 points" in page and "70.25 points" in page
        assert "the item enjoy (weight 2)" in page and "responses are compared" in page
        again = fields(admin.get(f"{HERE}/new?from=2").text)
        assert (again["cut"], again["axes.attitude.items"]) == ("70.25", "enjoy 2, trust 0")
        assert states(writer) == {"1": "current", "2": "proposed"}

    def test_every_fault_stands_beside_its_field_and_what_was_typed_stays(self, admin: Staff) -> None:
        sent = fields(admin.get(f"{HERE}/new").text)
        sent |= {"title": "", "cut": "<b>", "accounts.roles.buyer": "-1", "axes.intent.intent": "0"}
        answer = admin.post(HERE, **sent)
        assert answer.status_code == 422
        for name in ("title", "cut", "accounts.roles.buyer"):
            assert f'id="{name}-wrong"' in answer.text, name
        assert "counts nothing" in answer.text
        assert 'value="&lt;b&gt;"' in answer.text and 'value="-1"' in answer.text
        assert admin.post(HERE).status_code == 422

    def test_a_file_is_checked_with_its_lines(self, admin: Staff) -> None:
        good = as_yaml(HARDER.policy, "From a file")
        bad = admin.post(f"{HERE}/file", text=good.replace("cut: 80", "cut: 800"))
        assert bad.status_code == 422
        assert "The file has 1 fault" in bad.text and "Line 3" in bad.text and "cut: 800" in bad.text
        upload = (io.BytesIO(good.encode()), "policy.yaml")
        answer = admin.post(f"{HERE}/file", file=upload)  # type: ignore[arg-type]
        assert answer.status_code == 303
        assert "From a file" in admin.get(answer.location).text
        assert admin.post(f"{HERE}/file", text="\x00{").status_code == 422


class TestDecide:
    def test_the_comparison_says_who_moves_with_what(self, executive: Staff, proposal: str) -> None:
        page = executive.get(proposal).text
        assert "Version 2 would move 0 people and 0 accounts" in page
        assert "Accept version 2: rescore 2 responses, move 0 people and 0 accounts" in page
        for said in ("People by their latest answers", "NPS, stays", "Revenue at risk", "Compared on"):
            assert said in page, said

    def test_accepting_puts_it_in_force_when_history_is_rescored(
        self, executive: Staff, proposal: str, services: Services, app: Flask, writer: Transaction
    ) -> None:
        assert executive.post(f"{proposal}/accept", against="1").status_code == 303
        page = executive.get(proposal).text
        assert "0 of 2 responses are rescored" in page and "<progress" in page
        told = executive.get(f"{proposal}/progress").json
        assert told and (told["value"], told["most"], told["again"]) == (0, 2, 2)
        with app.app_context():
            sweep_once(services, NOW)
        told = executive.get(f"{proposal}/progress").json
        assert told and (told["state"], told["again"]) == ("current compared", 0)
        assert "Answers are scored by version 2: A harder cut" in executive.get(HERE).text
        with writer() as session:
            assert session.scalar(select(func.count()).where(Score.rule_version == "2")) == 2
            actions = session.scalars(
                select(AuditEntry.action).where(AuditEntry.thing == "scoring_policy").order_by(AuditEntry.id)
            )
            assert list(actions) == ["propose", "accept", "put_in_force"]

    def test_a_second_press_and_a_late_decision_change_nothing(
        self, admin: Staff, executive: Staff, proposal: str, writer: Transaction
    ) -> None:
        assert admin.post(f"{proposal}/withdraw").status_code == 303
        for verb in ("accept", "withdraw"):
            answer = executive.post(f"{proposal}/{verb}", against="1")
            assert answer.status_code == 409 and "reload the page" in answer.text
        assert states(writer)["2"] == "withdrawn"
        assert admin.post(f"{HERE}/1/withdraw").status_code == 409

    def test_what_was_compared_with_another_version_is_compared_again_first(
        self, admin: Staff, proposal: str, writer: Transaction, app: Flask
    ) -> None:
        assert admin.post(f"{proposal}/accept", against="7").status_code == 409
        assert states(writer)["2"] == "proposed"
        assert admin.post(f"{proposal}/compare").status_code == 303
        assert "responses are compared" in admin.get(proposal).text
        with app.app_context():
            jobs.compare(2)
        assert "Compared on" in admin.get(proposal).text

    def test_nothing_is_decided_without_the_token(
        self, admin: Staff, proposal: str, writer: Transaction
    ) -> None:
        for verb in ("accept", "withdraw", "compare"):
            assert admin.client.post(f"{proposal}/{verb}", data={"against": "1"}).status_code == 400
        assert states(writer)["2"] == PolicyState.PROPOSED

    def test_hostile_titles_are_only_words(self, admin: Staff, office: Office, writer: Transaction) -> None:
        with writer() as session:
            evil = PolicyFile("<script>alert(1)</script> {{ 7*7 }} %s", replace(SHIPPED, cut=7_000))
            made = propose(session, evil, now=NOW, by=office.cast.admin.id)
        for path in (HERE, f"{HERE}/{made}"):
            page = admin.get(path).text
            assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and "{{ 7*7 }}" in page


def test_without_answers_a_proposal_moves_nobody(
    cast_alone: Office, sign_in: SignIn, app: Flask, writer: Transaction
) -> None:
    with writer() as session:
        made = propose(session, HARDER, now=NOW, by=None)
    with app.app_context():
        jobs.compare(made)
    page = sign_in(cast_alone.cast.admin).get(f"{HERE}/{made}").text
    assert "Nobody has answered yet" in page and "Accept version 2" in page
