"""Changing a questionnaire: texts, order, languages, the file; no typed word is lost, nobody overwritten."""

import html
import io

import pytest
from sqlalchemy import update

from surveyd.distribution.models import QuestionnaireVersion
from surveyd.distribution.questionnaire_edits import find_edit, working_state
from surveyd.forms.definition import Questionnaire
from surveyd.forms.editing import with_texts
from tests.fixtures.apps import Transaction
from tests.fixtures.asking import relational
from tests.web.offices import Office, SignIn, Staff

NAME = "relational"
HERE = f"/staff/questionnaires/{NAME}/edit"
WHY, TITLE = "pages.reason.why.text", "pages.reason.title"
GERMAN = f"{HERE}/texts?page=reason&language=de"
HOSTILE = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def state(reader: Transaction) -> "State":
    return State(reader)


class State:
    """What the database says of the edit now."""

    def __init__(self, reader: Transaction) -> None:
        self.reader = reader

    @property
    def now(self) -> Questionnaire:
        with self.reader() as session:
            return working_state(session, NAME)

    @property
    def is_begun(self) -> bool:
        with self.reader() as session:
            return find_edit(session, NAME) is not None

    def text(self, language: str) -> str:
        return self.now.items["why"].text.get(language, "")


def typed(path: str, text: str, seen: str) -> dict[str, str]:
    return {f"text.{path}": text, f"seen.{path}": seen}


class TestTexts:
    def test_source_and_translation_stand_beside_each_other(self, admin: Staff, state: State) -> None:
        page = admin.get(GERMAN).text
        assert state.text("en") in page and state.text("de") in page
        assert f'name="text.{WHY}"' in page and f'id="{WHY}"' in page
        assert "is complete in German" in page
        assert not state.is_begun

    def test_only_what_was_changed_is_saved(self, admin: Staff, state: State) -> None:
        old, before = state.text("de"), state.now
        same = admin.post(
            GERMAN, **typed(WHY, old, old), **typed(TITLE, "In Ihren Worten", "In Ihren Worten")
        )
        assert same.status_code == 303 and not state.is_begun

        answer = admin.post(GERMAN, **typed(WHY, "Was fehlt?", old))
        assert answer.location == f"{HERE}/texts?page=reason&language=de&saved=yes"
        assert state.text("de") == "Was fehlt?"
        assert "Saved." in admin.get(answer.location).text
        assert {page.id for page in state.now.pages} == {page.id for page in before.pages}

    def test_what_is_missing_comes_first(self, admin: Staff, state: State) -> None:
        admin.post(GERMAN, **typed(WHY, "", state.text("de")))
        page = admin.get(GERMAN).text
        assert "1 German text of relational is missing" in page
        assert page.index(">Missing<") < page.index(f'name="text.{WHY}"') < page.index(">Translated<")

    def test_a_fault_stands_beside_its_field_and_costs_no_word(self, admin: Staff, state: State) -> None:
        answer = admin.post(
            GERMAN,
            **typed(WHY, "Was, {kontact}?", state.text("de")),
            **typed(TITLE, "Neu", "In Ihren Worten"),
        )
        assert answer.status_code == 422
        assert (
            f'id="wrong.{WHY}">{{kontact}} is no name that a text can carry here; did you mean' in answer.text
        )
        assert "Was, {kontact}?" in answer.text and 'value="Neu"' in answer.text
        assert not state.is_begun

    def test_two_admins_at_once_lose_nothing(self, admin: Staff, state: State) -> None:
        old = state.text("de")
        admin.post(GERMAN, **typed(WHY, "Zuerst", old))

        late = admin.post(GERMAN, **typed(WHY, "Danach", old), **typed(TITLE, "Titel", "In Ihren Worten"))

        assert late.status_code == 409
        assert "Meanwhile it was changed to:" in late.text and "Zuerst" in late.text
        assert "\nDanach</textarea>" in late.text and 'value="Titel"' in late.text
        assert state.text("de") == "Zuerst"
        # The form now knows both: saving it is a decision.
        assert f'name="seen.{WHY}" value="Zuerst"' in late.text
        assert admin.post(GERMAN, **typed(WHY, "Danach", "Zuerst")).status_code == 303
        assert state.text("de") == "Danach"

    @pytest.mark.parametrize("place", ["pages.reason.why", "pages.reason"])
    def test_words_for_a_question_that_was_left_out_stay(
        self, admin: Staff, state: State, place: str
    ) -> None:
        words = typed(WHY, "Lang getippt", state.text("de")) | typed(TITLE, "Neu", "In Ihren Worten")
        admin.post(f"{HERE}/parts", do=f"leave_out:{place}")
        late = admin.post(GERMAN, **words)
        assert late.status_code == 409 and "left out meanwhile" in late.text
        assert "\nLang getippt</textarea>" in late.text and "Neu" in late.text

    def test_a_text_is_never_cut(self, admin: Staff, state: State) -> None:
        long, old = "x" * 4001, state.text("de")
        answer = admin.post(GERMAN, **typed(WHY, long, old))
        assert answer.status_code == 422 and "Shorten it to 4,000 characters; it has 4,001." in answer.text
        assert long in answer.text and 'maxlength="4000"' in answer.text and state.text("de") == old

    def test_hostile_words_are_only_words(self, admin: Staff, state: State) -> None:
        english = f"{HERE}/texts?page=reason&language=en"
        answer = admin.post(english, **typed(WHY, HOSTILE, state.text("en")))
        assert answer.status_code == 303 and state.text("en") == HOSTILE
        preview = f"/staff/questionnaires/{NAME}/preview"
        for path in (
            english,
            GERMAN,
            HERE,
            f"{HERE}/preview?page=reason",
            f"{HERE}/file",
            f"{preview}/page?version=edit&page=reason",
            f"/staff/questionnaires/{NAME}?version=edit",
            f"/staff/questionnaires/{NAME}/compare?new=edit",
            f"/staff/questionnaires/{NAME}/publish",
        ):
            page = admin.get(path).text
            assert "<script>alert" not in page and "<img src=x" not in page, path
            assert "alert(1)" in page, path

    def test_the_preview_shows_what_is_typed_and_saves_nothing(self, admin: Staff, state: State) -> None:
        path = f"{HERE}/preview?page=reason&language=de"
        shown = admin.post(path, **typed(WHY, "Was, {contact}?", "x"))
        assert shown.status_code == 200 and "Was, Anna Example?" in shown.text
        promoter = admin.post(path, **typed("pages.reason.why.text_for.promoter", "Gut?", "x"), score="10")
        assert "Gut?" in promoter.text
        wrong = admin.post(path, **typed(WHY, "{kontact}", "x"))
        assert wrong.status_code == 422 and "This cannot be shown yet" in wrong.text
        assert "frame-ancestors 'self'" in wrong.headers["Content-Security-Policy"]
        assert not state.is_begun


class TestParts:
    @pytest.mark.parametrize("deed", ["down", "leave_out"])
    def test_a_button_does_its_deed(self, admin: Staff, state: State, deed: str) -> None:
        last = state.now.pages[-1]
        first, second, *rest = [block.id for block in last.blocks]
        assert admin.post(f"{HERE}/parts", do=f"{deed}:pages.{last.id}.{first}").status_code == 303
        after = [block.id for block in state.now.pages[-1].blocks]
        assert after == ([second, first, *rest] if deed == "down" else [second, *rest])

    def test_required_and_back(self, admin: Staff, state: State) -> None:
        admin.post(f"{HERE}/parts", do="require:pages.reason.why")
        assert state.now.items["why"].required
        admin.post(f"{HERE}/parts", do="free:pages.reason.why")
        assert not state.now.items["why"].required

    def test_what_logic_forbids_is_said_and_nothing_changes(self, admin: Staff, state: State) -> None:
        answer = admin.post(f"{HERE}/parts", do="leave_out:pages.recommendation")
        assert answer.status_code == 422 and "This cannot be done:" in answer.text
        assert not state.is_begun
        for do in ("", "explode:pages.reason", "up"):
            assert admin.post(f"{HERE}/parts", do=do).status_code in (404, 422)
        assert admin.post(f"{HERE}/parts", do="up:pages.nothing").status_code == 404

    def test_a_newer_text_that_came_with_surveyd_can_be_taken_over(
        self, admin: Staff, state: State, writer: Transaction
    ) -> None:
        button = "Begin from the text that came with surveyd"
        assert button not in admin.get(HERE).text
        with writer() as session:
            # As after an upgrade: no version has the text that is shipped now.
            older = with_texts(state.now, "en", {WHY: "An older one?"})
            session.execute(update(QuestionnaireVersion).values(digest=older.digest, definition=older.data()))
        assert button in admin.get(HERE).text
        # What a colleague wrote since is not written over unseen.
        late = admin.post(f"{HERE}/shipped", seen=relational().digest)
        assert late.status_code == 409 and f'name="seen" value="{older.digest}"' in late.text
        assert admin.post(f"{HERE}/shipped", seen=older.digest).status_code == 303
        assert state.now.digest == relational().digest and state.is_begun
        assert button not in admin.get(HERE).text

    def test_an_edit_is_thrown_away_once(self, admin: Staff, state: State) -> None:
        before = state.now.digest
        admin.post(f"{HERE}/parts", do="require:pages.reason.why")
        seen = "2"
        assert f'name="revision" value="{seen}"' in admin.get(HERE).text
        # What a colleague wrote since is not thrown away unseen.
        admin.post(GERMAN, **typed(WHY, "Was fehlt?", state.text("de")))
        late = admin.post(f"{HERE}/drop", revision=seen)
        assert late.status_code == 409 and 'name="revision" value="3"' in late.text
        assert state.text("de") == "Was fehlt?"
        assert admin.post(f"{HERE}/drop", revision="3").status_code == 303
        assert state.now.digest == before and not state.is_begun
        assert admin.post(f"{HERE}/drop", revision="3").status_code == 409

    def test_the_loyalty_module_is_added_to_a_questionnaire_that_lacks_it(
        self, admin: Staff, reader: Transaction
    ) -> None:
        assert "Add the questions of" not in admin.get(HERE).text
        pulse = "/staff/questionnaires/pulse/edit"
        assert "Add the questions of “loyalty”" in admin.get(pulse).text
        assert admin.post(f"{pulse}/module", module="loyalty").status_code == 303
        with reader() as session:
            assert working_state(session, "pulse").recommendation
        assert admin.post(f"{pulse}/module", module="loyalty").status_code == 422
        assert admin.post(f"{pulse}/module", module="nothing").status_code == 422


class TestLanguages:
    def test_a_translation_is_signed_by_name_until_a_text_of_it_changes(
        self, admin: Staff, state: State
    ) -> None:
        assert "Write the name" in admin.post(f"{HERE}/sign", language="de", name=" ").text
        assert admin.post(f"{HERE}/sign", language="de", name="Dora").status_code == 303
        assert "signed by Dora" in admin.get(HERE).text
        admin.post(GERMAN, **typed(WHY, "Was fehlt?", state.text("de")))
        assert state.now.translations["de"].reviewed_by == ""
        admin.post(f"{HERE}/sign", language="de", name="Dora")
        admin.post(f"{HERE}/sign", language="de", withdraw="yes")
        assert state.now.translations["de"].reviewed_by == ""
        assert admin.post(f"{HERE}/sign", language="en", name="Dora").status_code == 422
        assert admin.post(f"{HERE}/sign", language="xx", name="Dora").status_code == 422

    def test_a_language_is_added_with_how_it_speaks(self, admin: Staff, reader: Transaction) -> None:
        one = "slug: one\ntitle: One\nlanguages: [en]\npages:\n- id: p\n  title: P\n  items:\n"
        one += "  - {id: q, kind: short_text, text: Q}\n"
        pulse = "/staff/questionnaires/pulse/edit"
        assert (
            admin.post(f"{pulse}/file", text=one.replace("slug: one", "slug: pulse"), state="").status_code
            == 409
        )
        with reader() as session:
            seen = working_state(session, "pulse").digest
        admin.post(f"{pulse}/file", text=one.replace("slug: one", "slug: pulse"), state=seen)
        assert "Say how it speaks" in admin.post(f"{pulse}/languages", language="fr", register="").text
        answer = admin.post(f"{pulse}/languages", language="fr", register="vous")
        assert answer.location == f"{pulse}/texts?language=fr"
        assert "3 French texts of pulse are missing" in admin.get(answer.location).text
        assert admin.post(f"{pulse}/languages", language="fr", register="vous").status_code == 422
        assert admin.post(f"{pulse}/languages", language="xx", register="vous").status_code == 422


class TestFile:
    def test_it_comes_back_as_it_went(self, admin: Staff, state: State) -> None:
        text = admin.get(f"/staff/questionnaires/{NAME}/file.yaml")
        assert 'filename="relational.yaml"' in text.headers["Content-Disposition"]
        seen = state.now.digest
        assert admin.post(f"{HERE}/file", text=text.text, state=seen).status_code == 303
        assert not state.is_begun
        changed = text.text.replace("in your own words", "x").replace(state.text("en"), "What else?")
        file = (io.BytesIO(changed.encode()), "relational.yaml")
        answer = admin.post(f"{HERE}/file", text="ignored", state=seen, file=file)  # type: ignore[arg-type]
        assert answer.status_code == 303 and state.text("en") == "What else?"

    def test_every_fault_has_its_line_and_the_text_stays(self, admin: Staff, state: State) -> None:
        bad = f"slug: relational\ntitle: {HOSTILE!r}\nlanguages: [en]\npages:\n- id: p\n  titel: P\n"
        answer = admin.post(f"{HERE}/file", text=bad, state=state.now.digest)
        assert answer.status_code == 422
        assert "Line 6" in answer.text and "did you mean &#39;title&#39;?" in answer.text
        assert "  titel: P" in answer.text and "<script>alert" not in answer.text
        other = admin.get(f"/staff/questionnaires/{NAME}/file.yaml").text.replace(
            "slug: relational", "slug: x"
        )
        assert "keep slug: relational" in admin.post(f"{HERE}/file", text=other, state=state.now.digest).text
        assert not state.is_begun

    @pytest.mark.parametrize("bad", ['a: "\\ud800"', "a: " + "[" * 2000, "a: &a [*a]", 'a: "\\UFFFFFFFF"'])
    def test_a_strange_file_is_a_fault_and_stays(self, admin: Staff, state: State, bad: str) -> None:
        answer = admin.post(f"{HERE}/file", text=bad, state=state.now.digest)
        assert answer.status_code == 422 and bad in html.unescape(answer.text)

    def test_numbers_and_lists_beyond_all_measure_are_no_errors_of_ours(self, admin: Staff) -> None:
        here = f"/staff/questionnaires/{NAME}"
        admin.post(f"{HERE}/parts", do="require:pages.reason.why")
        assert admin.post(f"{here}/publish", revision="2", program="9" * 5000).status_code == 404
        for digits in (19, 5000):
            answer = admin.post("/staff/programs/1/questionnaire", version="9" * digits)
            assert answer.status_code in {404, 422}
        assert admin.get(f"{here}/preview?contact={'9' * 30}").status_code == 404
        for so_far in ("[" * 100_000, '{"why": "\\ud800"}'):
            answer = admin.post(f"{here}/preview/page", **{"so-far": so_far, "go": "next"})
            assert answer.status_code == 200

    def test_a_file_from_an_older_state_replaces_nothing_unseen(self, admin: Staff, state: State) -> None:
        seen = state.now.digest
        text = admin.get(f"/staff/questionnaires/{NAME}/file.yaml").text.replace(state.text("en"), "Mine?")
        admin.post(GERMAN, **typed(WHY, "Was fehlt?", state.text("de")))
        late = admin.post(f"{HERE}/file", text=text, state=seen)
        assert late.status_code == 409 and "Mine?" in late.text
        assert state.text("de") == "Was fehlt?"
        assert admin.post(f"{HERE}/file", text=text, state=state.now.digest).status_code == 303
        assert state.text("en") == "Mine?"
