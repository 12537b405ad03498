"""One edit at a time, for all admins: what somebody wrote meanwhile is never overwritten unseen."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import BadFile, NotFound, Refused
from surveyd.distribution.models import Invitation, Program
from surveyd.distribution.questionnaire_edits import (
    Meanwhile,
    Overtaken,
    change_edit,
    change_questionnaire,
    drop_edit,
    edited_slugs,
    find_edit,
    get_edit,
    publish_edit,
    working_state,
    write_texts,
)
from surveyd.distribution.questionnaire_uses import company_asking, publishers_of, uses_of
from surveyd.distribution.questionnaires import (
    current_questionnaire,
    find_version,
    list_questionnaires,
    newest_to_ask,
    versions_of,
)
from surveyd.forms.definition import Questionnaire
from surveyd.forms.editing import with_texts
from surveyd.people.models import AuditEntry
from tests.fixtures.apps import NOW
from tests.fixtures.asking import Asking, open_wave

WHY, TITLE = "pages.reason.why.text", "pages.reason.title"
NAME = "relational"


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


def write(
    session: Session, asking: Asking, typed: dict[str, str], seen: dict[str, str] | None = None
) -> None:
    there = texts(working_state(session, NAME))
    by = asking.people.admin.id
    write_texts(session, NAME, typed, language="en", seen=there if seen is None else seen, by=by, now=NOW)


def texts(state: Questionnaire) -> dict[str, str]:
    page = next(page for page in state.pages if page.id == "reason")
    return {WHY: state.items["why"].text["en"], TITLE: page.title["en"]}


def test_the_first_change_begins_the_edit_and_the_current_version_stays(
    session: Session, asking: Asking
) -> None:
    before = current_questionnaire(session, NAME)
    write(session, asking, texts(before))
    assert find_edit(session, NAME) is None and edited_slugs(session) == {}

    write(session, asking, {WHY: "What is missing?"})

    edit = get_edit(session, NAME)
    assert texts(edit.questionnaire)[WHY] == "What is missing?"
    assert (edit.base_digest, edit.revision, edit.begun_by) == (before.digest, 2, "Ada Admin")
    assert current_questionnaire(session, NAME).digest == before.digest
    assert list(edited_slugs(session)) == [NAME]
    trail = session.scalars(select(AuditEntry.action).where(AuditEntry.thing == "questionnaire_edit")).all()
    assert trail == ["begin_edit", "edit"]


def test_two_editors_of_different_texts_both_get_theirs(session: Session, asking: Asking) -> None:
    seen = texts(working_state(session, NAME))
    write(session, asking, {WHY: "One", TITLE: seen[TITLE]}, seen)
    write(session, asking, {WHY: seen[WHY], TITLE: "Two"}, seen)
    assert texts(working_state(session, NAME)) == {WHY: "One", TITLE: "Two"}


def test_the_later_of_two_texts_is_told_and_can_be_saved_then(session: Session, asking: Asking) -> None:
    seen = texts(working_state(session, NAME))
    write(session, asking, {WHY: "One"}, seen)
    with pytest.raises(Meanwhile) as caught:
        write(session, asking, {WHY: "Two", TITLE: "Also"}, seen)
    assert caught.value.theirs == {WHY: "One"}
    assert texts(working_state(session, NAME)) == {WHY: "One", TITLE: seen[TITLE]}
    write(session, asking, {WHY: "One"}, seen)  # the same words are no conflict
    write(session, asking, {WHY: "Two"}, {WHY: "One"})
    assert texts(working_state(session, NAME))[WHY] == "Two"


def test_a_change_to_an_edit_that_moved_on_is_refused(session: Session, asking: Asking) -> None:
    write(session, asking, {WHY: "One"})
    old, by = get_edit(session, NAME), asking.people.admin.id
    write(session, asking, {WHY: "Two"})
    changed = with_texts(old.questionnaire, "en", {TITLE: "Three"})
    with pytest.raises(Overtaken):
        change_edit(session, old, changed, by=by, now=NOW)
    with pytest.raises(Overtaken):
        publish_edit(session, old, by=by, now=NOW)
    with pytest.raises(Overtaken):
        drop_edit(session, old, by=by, now=NOW)
    assert texts(working_state(session, NAME))[WHY] == "Two"
    with pytest.raises(Refused, match="keep slug: relational"):
        change_edit(session, get_edit(session, NAME), replace(changed, slug="other"), by=by, now=NOW)


@pytest.mark.parametrize("is_begun", [True, False])
def test_who_saves_while_somebody_else_does_overwrites_nothing(
    session: Session, asking: Asking, *, is_begun: bool
) -> None:
    if is_begun:
        write(session, asking, {WHY: "One"})

    def change(state: Questionnaire) -> Questionnaire:
        # What another transaction commits after this one has read.
        write(session, asking, {TITLE: "Theirs"})
        return with_texts(state, "en", {WHY: "Mine"})

    with pytest.raises(Overtaken):
        change_questionnaire(session, NAME, change, by=asking.people.admin.id, now=NOW)
    assert texts(working_state(session, NAME))[TITLE] == "Theirs"


def test_a_text_that_cannot_stand_changes_nothing(session: Session, asking: Asking) -> None:
    with pytest.raises(BadFile):
        write(session, asking, {WHY: "{nobody}"})
    with pytest.raises(NotFound):
        write(session, asking, {"pages.reason.nothing.text": "x"})
    with pytest.raises(NotFound):
        change_questionnaire(session, "nothing", lambda state: state, by=asking.people.admin.id, now=NOW)


def test_an_edit_is_published_once_and_then_over(session: Session, asking: Asking) -> None:
    by, later = asking.people.admin.id, NOW + timedelta(hours=1)
    write(session, asking, {WHY: "What is missing?"})
    edit = get_edit(session, NAME)
    version_id = publish_edit(session, edit, by=by, now=later)

    assert find_edit(session, NAME) is None
    newest = versions_of(session, NAME)[0]
    assert (newest.id, newest.number, newest.digest) == (version_id, 2, edit.questionnaire.digest)
    assert publishers_of(session, [version_id]) == {version_id: "Ada Admin"}
    assert texts(current_questionnaire(session, NAME))[WHY] == "What is missing?"
    # The program goes on with its version until somebody hands it the new one.
    assert asking.program.version_id != version_id
    with pytest.raises(Overtaken):
        publish_edit(session, replace(edit, questionnaire=worded_else(edit.questionnaire)), by=by, now=later)
    with pytest.raises(Refused, match="any more"):
        get_edit(session, NAME)


def test_an_earlier_text_that_is_published_again_is_current_again(session: Session, asking: Asking) -> None:
    by, seen = asking.people.admin.id, texts(working_state(session, NAME))
    first = versions_of(session, NAME)[0]
    ids = []
    # The clock stands still: what was done last counts.
    for words in ("Else?", seen[WHY], "Else?"):
        write(session, asking, {WHY: words})
        ids.append(publish_edit(session, get_edit(session, NAME), by=by, now=NOW))
        assert texts(current_questionnaire(session, NAME))[WHY] == words
        current = versions_of(session, NAME)[0]
        assert (current.id, find_version(session, NAME).id) == (ids[-1], ids[-1])
        assert {line.slug: line for line in newest_to_ask(session)}[NAME] == current
        assert {line.slug: line for line in list_questionnaires(session)}[NAME].latest == current
    second, again, last = ids
    assert (again, last) == (first.id, second)
    assert [(line.number, line.digest) for line in versions_of(session, NAME)][1] == (1, first.digest)
    trail = session.scalars(select(AuditEntry.thing_id).where(AuditEntry.action == "publish")).all()
    assert list(trail)[-3:] == ids
    assert publishers_of(session, ids) == dict.fromkeys(ids, "Ada Admin")


def worded_else(state: Questionnaire) -> Questionnaire:
    return with_texts(state, "en", {TITLE: "Else"})


def test_an_edit_that_was_taken_back_has_nothing_to_publish(session: Session, asking: Asking) -> None:
    seen = texts(working_state(session, NAME))
    write(session, asking, {WHY: "Else"})
    write(session, asking, {WHY: seen[WHY]})
    with pytest.raises(Refused, match="changes nothing"):
        publish_edit(session, get_edit(session, NAME), by=asking.people.admin.id, now=NOW)


def test_a_dropped_edit_leaves_the_version_alone(session: Session, asking: Asking) -> None:
    before = working_state(session, NAME).digest
    write(session, asking, {WHY: "Else"})
    drop_edit(session, get_edit(session, NAME), by=asking.people.admin.id, now=NOW)
    assert find_edit(session, NAME) is None
    assert working_state(session, NAME).digest == before


def test_uses_count_by_language_who_has_begun_and_who_has_not(session: Session, asking: Asking) -> None:
    assert [(use.program, use.waiting, use.begun) for use in uses_of(session, NAME)] == [
        ("relationship", {}, 0)
    ]
    asking.ask(asking.people.anna.id)
    asking.ask(asking.people.aziz.id)
    begun = asking.ask(asking.people.sofie.id)
    session.execute(update(Invitation).where(Invitation.id == begun).values(started_at=NOW))
    (use,) = uses_of(session, NAME)
    assert (use.waiting, use.to_move, use.begun) == ({"en": 2}, 2, 1)
    assert uses_of(session, "pulse") == []
    assert company_asking(session, "pulse") == session.get_one(Program, use.program_id).company
