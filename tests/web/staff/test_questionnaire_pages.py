"""The questionnaires to read and to preview: all of it in words, and nothing that is tried there is kept."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.database import Base
from surveyd.distribution.questionnaire_edits import change_questionnaire
from surveyd.distribution.questionnaires import publish
from surveyd.forms.editing import with_texts
from surveyd.forms.loading import load, shipped
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

Collect = Callable[[], AbstractContextManager[list[str]]]
HERE = "/staff/questionnaires/relational"
LOGIC = """\
slug: logic
title: {en: Logic}
languages: [en]
pages:
  - id: one
    title: {en: One}
    items:
      - id: recommend
        kind: recommendation
        measures: recommendation
        scale: {low: 0, high: 10, low_end: {en: No}, high_end: {en: Yes}}
        text: {en: "Would you recommend {company}?"}
  - id: two
    title: {en: Two}
    items:
      - {id: why, kind: long_text, text: {en: "Why?"}, show_if: {item: recommend, category: [detractor]}}
      - id: price
        kind: short_text
        text: {en: "<b>The price, {contact|you}?</b>"}
        roles: [buyer]
        show_if: {fact: region, in: [EMEA]}
"""


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def logic(office: Office, writer: Transaction) -> str:
    """A questionnaire with conditions, published by the admin."""
    with writer() as session:
        publish(session, load(LOGIC, "logic.yaml"), now=NOW, by=office.cast.admin.id)
    return "/staff/questionnaires/logic"


def counts(session: Session) -> dict[str, Any]:
    """How many rows each table has."""
    return {
        table.name: session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }


class TestRead:
    def test_all_are_listed_with_their_state(self, admin: Staff, office: Office, writer: Transaction) -> None:
        page = admin.get("/staff/questionnaires").text
        assert "1 of 5 questionnaires are in use" in page
        for fact in ("relational_short", "anonymous", "version 1 of", "never published", "no program"):
            assert fact in page, fact
        assert "being edited" not in page

        with writer() as session:
            change_questionnaire(
                session,
                "relational",
                lambda state: with_texts(state, "de", {"title": ""}),
                by=office.cast.admin.id,
                now=NOW,
            )
        page = admin.get("/staff/questionnaires").text
        assert "being edited" in page and "German incomplete" not in page

    def test_one_says_in_words_what_it_asks_of_whom(self, admin: Staff, logic: str) -> None:
        page = admin.get(logic).text
        for said in (
            "asked only of detractors",
            "asked only if the role is buyer and the region is EMEA",
            "measures likelihood to recommend",
            "ways through it",
            "Ada Admin",
            "No program uses it yet",
        ):
            assert said in page, said
        assert "&lt;b&gt;The price" in page and "<b>The price" not in page

    def test_a_missing_text_leads_to_where_it_is_written(
        self, admin: Staff, office: Office, writer: Transaction
    ) -> None:
        path = "pages.reason.why.text"
        with writer() as session:
            change_questionnaire(
                session,
                "relational",
                lambda state: with_texts(state, "de", {path: ""}),
                by=office.cast.admin.id,
                now=NOW,
            )
        assert "1 text missing" not in admin.get(HERE).text
        page = admin.get(f"{HERE}?version=edit").text
        assert "1 text missing" in page
        assert f'href="{HERE}/edit/texts?page=reason&amp;language=de#{path}"' in page

    def test_what_is_not_there_is_not_found(self, admin: Staff, logic: str) -> None:
        logic_digest = load(LOGIC, "logic.yaml").digest
        for path in (
            "/staff/questionnaires/nothing",
            "/staff/questionnaires/nothing/edit",
            "/staff/questionnaires/nothing/preview",
            "/staff/questionnaires/nothing/file.yaml",
            f"{HERE}?version=edit",
            f"{HERE}?version=00000000",
            f"{HERE}?version={logic_digest}",
            f"{HERE}/preview?contact=99999",
            f"{HERE}/edit/texts?page=nothing",
            f"{HERE}/edit/texts?language=xx",
        ):
            assert admin.get(path).status_code == 404, path
        assert admin.get(f"{logic}?version={logic_digest[:12]}").status_code == 200

    def test_only_an_admin_opens_them(self, office: Office, sign_in: SignIn) -> None:
        for role in ("executive", "leader", "mona", "support"):
            staff = sign_in(getattr(office.cast, role))
            for path in ("/staff/questionnaires", HERE, f"{HERE}/preview/page", f"{HERE}/edit"):
                assert staff.get(path).status_code == 403, (role, path)

    def test_the_pages_cost_the_same_however_many_versions_there_are(
        self, admin: Staff, writer: Transaction, statements: Collect
    ) -> None:
        def cost() -> list[int]:
            found = []
            for path in ("/staff/questionnaires", HERE, f"{HERE}/preview", f"{HERE}/edit"):
                with statements() as said:
                    admin.get(path)
                found.append(len(said))
            return found

        few = cost()
        with writer() as session:
            for number in range(3):
                publish(session, with_texts(shipped("relational"), "en", {"title": f"T{number}"}), now=NOW)
                publish(session, load(LOGIC.replace("logic", f"l{number}"), "l.yaml"), now=NOW)
        assert cost() == few
        assert max(few) <= 10


class TestPreview:
    def turn(self, admin: Staff, page: str, path: str, **fields: str) -> str:
        """Press a button of the frame's form, with what it carries."""
        found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
        sent = {name: unescape(value) for name, value in found}
        sent.pop("csrf_token")
        return admin.post(path, **{**sent, **fields}).text

    def test_one_turns_the_pages_forwards_and_back_and_nothing_is_kept(
        self, admin: Staff, reader: Transaction
    ) -> None:
        with reader() as session:
            before = counts(session)
        path = f"{HERE}/preview/page"
        page = admin.get(path).text
        page = self.turn(admin, page, path, go="next")
        assert 'class="problem' in page
        page = self.turn(admin, page, path, go="next", recommend="10")
        assert "What did we do particularly well?" in page
        page = self.turn(admin, page, path, go="next", why="<script>alert(1)</script>")
        page = self.turn(admin, page, path, go="back")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script" not in page
        page = self.turn(admin, page, path, go="lang:ar")
        assert 'dir="rtl"' in page
        for _step in range(3):
            page = self.turn(admin, page, path, go="next")
        page = self.turn(admin, page, path, go="next")
        page = self.turn(admin, page, path, go="send")
        assert "Begin the preview again" in page
        with reader() as session:
            assert counts(session) == before

    def test_it_is_shown_as_a_contact_or_as_somebody_chosen_by_hand(
        self, admin: Staff, office: Office, logic: str
    ) -> None:
        frame = f"{logic}/preview/page"
        assert "The price" not in admin.get(f"{frame}?page=two").text
        shown = admin.get(f"{frame}?page=two&role=buyer&region=EMEA").text
        assert "&lt;b&gt;The price, Anna Example?&lt;/b&gt;" in shown
        assert "Why?" in admin.get(f"{frame}?page=two&score=3").text
        assert "Why?" not in admin.get(f"{frame}?page=two&score=9&role=buyer&region=EMEA").text
        anna = admin.get(f"{frame}?page=two&role=buyer&region=EMEA&contact={office.cast.anna.id}").text
        assert "The price, Anna Adler?" in anna
        outer = admin.get(f"{logic}/preview?search=Anna&score=3").text
        assert "Anna Adler" in outer and "score=3" in outer

    def test_only_our_own_pages_may_frame_it_and_no_script_runs(self, admin: Staff) -> None:
        answer = admin.get(f"{HERE}/preview/page")
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy and "script-src" not in policy
        assert "default-src 'none'" in policy and "<script" not in answer.text
        outer = admin.get(f"{HERE}/preview")
        assert "frame-ancestors 'none'" in outer.headers["Content-Security-Policy"]
        assert outer.text.count("<iframe") == outer.text.count('sandbox="allow-forms allow-same-origin"') == 2

    @pytest.mark.parametrize(
        "state", ["", "[]", "nonsense", "{", json.dumps({"recommend": [1], "why": None, "other": 1}), "1e999"]
    )
    def test_a_state_that_no_form_of_ours_carried_is_left_out(self, admin: Staff, state: str) -> None:
        answer = admin.post(f"{HERE}/preview/page", **{"so-far": state, "page": "recommendation"})
        assert answer.status_code == 200
        huge = json.dumps({"recommend": 10**30, "why": 3})
        assert admin.post(f"{HERE}/preview/page", **{"so-far": huge}).status_code == 200
