"""Publishing: what was looked at becomes a version, for the programs that were chosen; begun answers stay."""

import pytest
from sqlalchemy import func, select, update

from surveyd.distribution.models import Invitation, InvitationState, Program, QuestionnaireVersion, Wave
from surveyd.distribution.questionnaire_edits import find_edit, get_edit
from surveyd.distribution.questionnaires import current_questionnaire, publish, versions_of
from surveyd.forms.editing import with_texts
from surveyd.forms.loading import load
from surveyd.people.models import AuditEntry
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import relational
from tests.web.offices import Office, SignIn, Staff
from tests.web.staff.test_questionnaire_pages import LOGIC

NAME = "relational"
HERE = f"/staff/questionnaires/{NAME}"
WHY = "pages.reason.why.text"


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def edited(admin: Staff, reader: Transaction) -> str:
    """An edit with one new text; its revision."""
    old = relational().items["why"].text["en"]
    admin.post(f"{HERE}/edit/texts?page=reason", **{f"text.{WHY}": "What is missing?", f"seen.{WHY}": old})
    with reader() as session:
        return str(get_edit(session, NAME).revision)


def in_use(reader: Transaction) -> tuple[str, list[str]]:
    """The texts that the program asks, and those of the invitations, by their versions."""
    with reader() as session:
        version = session.get_one(QuestionnaireVersion, session.scalars(select(Program.version_id)).one())
        asked = session.scalars(
            select(QuestionnaireVersion.digest)
            .join(Invitation, Invitation.version_id == QuestionnaireVersion.id)
            .where(Invitation.state == InvitationState.WAITING)
        ).all()
        return version.digest, list(asked)


def test_the_review_says_what_changes_and_whether_figures_compare(admin: Staff, edited: str) -> None:
    page = admin.get(f"{HERE}/publish").text
    assert "Version 2 of relational changes one thing" in page
    assert "figures" in page.casefold() and "<ins>" in page and "<del>" in page
    assert "translations are not signed yet" in page
    assert "also 1 person in an open wave who has not begun" in page
    assert "Publish version 2 with 1 change" in page


def test_without_an_edit_there_is_nothing_to_review(admin: Staff) -> None:
    assert admin.get(f"{HERE}/publish").location == HERE
    assert admin.post(f"{HERE}/publish", revision="1").status_code == 409


def test_what_was_looked_at_is_published_once(
    admin: Staff, office: Office, edited: str, reader: Transaction
) -> None:
    answer = admin.post(f"{HERE}/publish", revision=edited, program="1")

    assert (answer.status_code, answer.location) == (303, f"{HERE}#versions")
    with reader() as session:
        newest, first = versions_of(session, NAME)
        assert (newest.number, newest.programs, first.programs) == (2, ("relationship",), ())
        assert find_edit(session, NAME) is None
        trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "publish")).all()
        assert [(entry.thing_id, entry.user_id) for entry in trail][-1] == (newest.id, office.cast.admin.id)
    # The open wave goes on as it was.
    assert in_use(reader) == (newest.digest, [first.digest])
    assert admin.post(f"{HERE}/publish", revision=edited, program="1").status_code == 409
    with reader() as session:
        assert session.scalar(select(func.count()).select_from(QuestionnaireVersion)) == 2


@pytest.mark.parametrize("has_begun", [False, True])
def test_who_has_not_begun_gets_it_at_once_and_who_has_stays(
    admin: Staff, office: Office, edited: str, reader: Transaction, writer: Transaction, *, has_begun: bool
) -> None:
    if has_begun:
        mine = Invitation.id == office.sofie_invitation
        with writer() as session:
            session.execute(update(Invitation).where(mine).values(started_at=NOW))
    admin.post(f"{HERE}/publish", revision=edited, program="1", at_once="1")
    digest, asked = in_use(reader)
    assert (asked == [digest]) is not has_begun


def test_nobody_takes_it_who_was_not_chosen(admin: Staff, edited: str, reader: Transaction) -> None:
    before, _asked = in_use(reader)
    assert admin.post(f"{HERE}/publish", revision=edited, at_once="1").status_code == 303
    assert in_use(reader) == (before, [before])


def test_going_back_to_an_earlier_text_publishes_that_version_again(
    admin: Staff, edited: str, reader: Transaction
) -> None:
    admin.post(f"{HERE}/publish", revision=edited)
    old = relational().items["why"].text["en"]
    admin.post(f"{HERE}/edit/texts?page=reason", **{f"text.{WHY}": old, f"seen.{WHY}": "What is missing?"})
    page = admin.get(f"{HERE}/publish").text
    assert "Publishing makes that version current again" in page and "Publish version 1 with 1 change" in page
    with reader() as session:
        revision = str(get_edit(session, NAME).revision)
    assert admin.post(f"{HERE}/publish", revision=revision).status_code == 303
    with reader() as session:
        assert [version.number for version in versions_of(session, NAME)] == [1, 2]
        assert current_questionnaire(session, NAME).digest == relational().digest


def test_an_edit_that_changed_since_is_shown_again_and_not_published(
    admin: Staff, edited: str, reader: Transaction
) -> None:
    admin.post(f"{HERE}/edit/parts", do="require:pages.reason.why")
    answer = admin.post(f"{HERE}/publish", revision=edited, program="1")
    assert answer.status_code == 409
    assert "changed since you looked" in answer.text and "changes 2 things" in answer.text
    with reader() as session:
        assert len(versions_of(session, NAME)) == 1


def test_a_language_that_lacks_a_text_keeps_its_people_where_they_are(
    admin: Staff, office: Office, edited: str, reader: Transaction, writer: Transaction
) -> None:
    with writer() as session:
        mine = Invitation.id == office.sofie_invitation
        session.execute(update(Invitation).where(mine).values(language="de"))
    german = relational().items["why"].text["de"]
    admin.post(f"{HERE}/edit/texts?page=reason&language=de", **{f"text.{WHY}": "", f"seen.{WHY}": german})
    with reader() as session:
        revision = str(get_edit(session, NAME).revision)
    answer = admin.post(f"{HERE}/publish", revision=revision, program="1", at_once="1")
    assert answer.status_code == 422 and "1 text missing" in answer.text
    with reader() as session:
        assert len(versions_of(session, NAME)) == 1 and find_edit(session, NAME)


def test_a_program_of_another_questionnaire_does_not_take_it(
    admin: Staff, edited: str, reader: Transaction
) -> None:
    assert admin.post(f"{HERE}/publish", revision=edited, program="999").status_code == 404
    with reader() as session:
        assert len(versions_of(session, NAME)) == 1


class TestProgram:
    @pytest.fixture
    def newer(self, office: Office, writer: Transaction) -> int:
        with writer() as session:
            return publish(session, with_texts(relational(), "en", {WHY: "Else?"}), now=NOW)

    def test_it_chooses_its_version_and_goes_back(
        self, admin: Staff, newer: int, reader: Transaction
    ) -> None:
        page = admin.get("/staff/programs/1/questionnaire").text
        assert "relationship asks version 1 of relational" in page
        assert f'value="{newer}" checked' in page
        old, _asked = in_use(reader)
        here = "/staff/programs/1/questionnaire"
        assert admin.post(here, version=str(newer), at_once="yes").location == "/staff/programs/1"
        digest, asked = in_use(reader)
        assert asked == [digest] and digest != old
        with reader() as session:
            first = session.scalars(select(QuestionnaireVersion.id).order_by(QuestionnaireVersion.id)).first()
            assert session.scalars(select(Wave.version_id)).all() == [newer]
        admin.post(here, version=str(first))
        assert in_use(reader) == (old, [digest])

    def test_it_takes_no_version_that_there_is_not_and_no_anonymous_one(
        self, admin: Staff, reader: Transaction, writer: Transaction
    ) -> None:
        before = in_use(reader)
        here = "/staff/programs/1/questionnaire"
        nameless = LOGIC.replace(", {contact|you}", "")
        anonymous = load(nameless.replace("languages:", "anonymous: true\nlanguages:"), "a.yaml")
        with writer() as session:
            hidden = publish(session, anonymous, now=NOW)
            publish(session, load(LOGIC.replace("slug: logic", "slug: other"), "o.yaml"), now=NOW)
        page = admin.get(here).text
        assert "other, version 1" in page and "logic, version" not in page
        assert "Choose a version." in admin.post(here).text
        assert admin.post(here, version="999").status_code == 404
        answer = admin.post(here, version=str(hidden))
        assert answer.status_code == 422 and "anonymous" in answer.text
        assert in_use(reader) == before
        assert admin.get("/staff/programs/9/questionnaire").status_code == 404


class TestComparison:
    def test_two_versions_word_by_word(self, admin: Staff, writer: Transaction, office: Office) -> None:
        changed = relational()
        for path, text in (("pages.recommendation.recommend.text", "Do you like {company}?"),):
            changed = with_texts(changed, "en", {path: text})
        with writer() as session:
            publish(session, changed, now=NOW)
        old = relational().digest
        page = admin.get(f"{HERE}/compare?old={old}").text
        assert "1 change in relational" in page
        assert "comparable with care" in page and "Do you like" in page
        assert "are the same" in admin.get(f"{HERE}/compare").text
        assert admin.get(f"{HERE}/compare?old=00000000").status_code == 404
        assert admin.get(f"{HERE}/compare?new=edit").status_code == 404
