"""The pages of drivers: asked once, kept, told to whom it concerns, and open down to the people."""

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from surveyd.people.models import AuditEntry
from surveyd.results.analysis_models import Analysis, AnalysisState
from surveyd.web.staff import drivers
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, Asking, open_wave
from tests.fixtures.ratings import rate
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CONSTANT = 15
"""Statements of the page, the reader's own row included."""


@pytest.fixture
def rated(writer: Transaction) -> Asking:
    """A wave of 130 answers that follow the delivery, and somebody who is silent."""
    with writer() as session:
        asking = open_wave(session, NOW)
        rate(asking, 130)
        asking.ask(asking.people.anna.id)
    return asking


def title_of(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return html.unescape(found[1])


def worked_out(who: Staff, path: str = "/staff/drivers") -> str:
    """Press the button, and the page to which it leads."""
    answer = who.post(path)
    assert answer.status_code == 303
    return who.get(answer.headers["Location"]).text


def test_before_the_first_wave_the_page_says_what_it_will_show(cast_alone: Office, sign_in: SignIn) -> None:
    page = sign_in(cast_alone.cast.executive).get("/staff/drivers")

    assert page.status_code == 200
    assert "It begins with the answers to the first wave." in page.text


def test_few_answers_have_no_drivers_and_say_how_many_it_takes(office: Office, sign_in: SignIn) -> None:
    page = worked_out(sign_in(office.cast.executive))

    assert title_of(page) == "There are no drivers to tell yet"
    assert "Too few answers: 2, and 50 are needed." in page


def test_asked_once_it_is_kept_for_whoever_sees_the_same(
    rated: Asking, sign_in: SignIn, writer: Transaction
) -> None:
    executive = sign_in(rated.people.executive)
    assert "is not worked out yet" in title_of(executive.get("/staff/drivers").text)

    page = worked_out(executive)

    assert title_of(page) == "Goes along most with how customers feel: delivery"
    assert "Quick wins" in page and "make or break" in page.lower()
    assert "because" not in page.lower()
    assert "onboarding: Nobody has answered yet." in html.unescape(page)
    assert title_of(sign_in(rated.people.admin).get("/staff/drivers").text) == title_of(page)
    with writer() as session:
        kept = session.scalars(select(Analysis)).all()
        assert [one.state for one in kept] == [AnalysisState.DONE] * 2
        assert session.scalar(select(func.count()).where(AuditEntry.thing == "analysis")) == 2


def test_the_other_outcome_is_another_question(rated: Asking, sign_in: SignIn) -> None:
    executive = sign_in(rated.people.executive)
    worked_out(executive)
    path = "/staff/drivers?outcome=recommendation"
    assert "is not worked out yet" in title_of(executive.get(path).text)
    assert title_of(worked_out(executive, path)) == "Goes along most with recommending us: delivery"
    assert executive.get("/staff/drivers?outcome=weather").status_code == 200


def test_a_leader_sees_the_region_and_the_filter_shows_the_same(rated: Asking, sign_in: SignIn) -> None:
    leader = sign_in(rated.people.leader)
    page = worked_out(leader)
    assert "There are no drivers to tell yet" in page and "Too few" in html.unescape(page)
    assert "130 answers" not in page


def test_new_answers_are_told_and_the_last_result_stays(
    rated: Asking, sign_in: SignIn, writer: Transaction
) -> None:
    executive = sign_in(rated.people.executive)
    worked_out(executive)
    assert "Work it out" not in executive.get("/staff/drivers").text
    with writer() as session:
        replace(rated, session=session).answer(rated.asked[rated.people.anna.id], CONTENT)
    page = executive.get("/staff/drivers").text
    assert "Answers have come or changed since" in page
    assert title_of(page) == "Goes along most with how customers feel: delivery"
    assert "Answers have come or changed since" not in worked_out(executive)


def test_many_answers_are_left_to_a_worker_and_shown_while_it_works(
    rated: Asking, sign_in: SignIn, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "AT_ONCE", 100)
    executive = sign_in(rated.people.executive)
    page = worked_out(executive)
    assert "Being worked out." in page and "data-waiting" in page
    with writer() as session:
        session.execute(update(Analysis).values(done=50, total=500))
    assert "50 of 500 draws of the accounts." in executive.get("/staff/drivers").text
    with writer() as session:
        session.execute(update(Analysis).values(state=AnalysisState.FAILED, reason="the worker stopped"))
    page = executive.get("/staff/drivers").text
    assert "It could not be worked out: the worker stopped." in page and "Work it out" in page


def test_each_figure_opens_the_people_behind_it(rated: Asking, sign_in: SignIn) -> None:
    executive = sign_in(rated.people.executive)
    page = worked_out(executive)
    (low,) = {
        html.unescape(found)
        for found in re.findall(r'href="(/staff/drivers/rows\?[^"]*)"', page)
        if "driver=delivery" in found and "end=low" in found
    }
    people = executive.get(low).text
    assert re.match(r"\d+ people rated low: delivery", title_of(people))
    assert "1 of 5" in people and "5 of 5" not in people
    assert re.search(r'href="/staff/responses/\d+"', people)
    everybody = executive.get("/staff/drivers/rows?driver=delivery").text
    assert re.match(r"delivery: \d+ of 100, by 130 people", title_of(everybody))
    more = re.search(r'href="([^"]*first=50[^"]*)"', everybody)
    assert more and executive.get(html.unescape(more[1])).status_code == 200
    highest = executive.get("/staff/drivers/rows?driver=delivery&end=high").text
    assert "people rated highest: delivery" in title_of(highest)
    nobody = executive.get("/staff/drivers/rows?driver=delivery&region=Nowhere").text
    assert title_of(nobody) == "Nobody rated it like that: delivery"


def test_a_leader_opens_nobody_of_another_region(rated: Asking, sign_in: SignIn) -> None:
    page = sign_in(rated.people.leader).get("/staff/drivers/rows?driver=delivery").text
    accounts = {int(one) for one in re.findall(r"/staff/accounts/(\d+)", page)}
    assert accounts and all(one % 2 == 0 for one in accounts), "the even ones are the leader's"


@pytest.mark.parametrize("path", ["/staff/drivers/rows?driver=weather", "/staff/drivers?wave=2031H1"])
def test_what_there_is_none_of_is_not_found(rated: Asking, sign_in: SignIn, path: str) -> None:
    assert sign_in(rated.people.executive).get(path).status_code == 404


def test_the_page_asks_as_much_however_many_answered(
    rated: Asking, sign_in: SignIn, statements: Collect, app: Flask
) -> None:
    executive = sign_in(rated.people.executive)
    worked_out(executive)
    executive.get("/staff/drivers")
    with statements() as said:
        executive.get("/staff/drivers")
    assert len(said) <= CONSTANT, said
