"""The edit of a questionnaire: what the next version will be. One is under way at a time, for all admins.

A change says which state of the edit it was made on; if that is no longer the newest, it is refused and
nothing is overwritten. Nothing of an edit reaches anybody before it is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, aliased

from surveyd.base.database import insert_new
from surveyd.base.errors import Refused
from surveyd.distribution.invitations import run
from surveyd.distribution.questionnaire_models import QuestionnaireEdit
from surveyd.distribution.questionnaires import current_questionnaire, publish
from surveyd.forms.definition import Questionnaire
from surveyd.forms.editing import Change, text_places, with_texts
from surveyd.forms.loading import from_data
from surveyd.people.audit import record
from surveyd.people.models import User


class Overtaken(Refused):
    """Somebody else changed the edit meanwhile."""


class Meanwhile(Overtaken):
    """Somebody else wrote the same texts meanwhile; `theirs` are those, by path."""

    def __init__(self, theirs: Mapping[str, str]) -> None:
        super().__init__("Somebody else changed the same texts meanwhile; yours are not saved yet.")
        self.theirs = dict(theirs)


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit as it stood when it was read; `revision` counts its changes."""

    id: int
    slug: str
    base_digest: str
    questionnaire: Questionnaire
    revision: int
    begun_at: datetime
    begun_by: str
    changed_at: datetime
    changed_by: str


def working_state(session: Session, slug: str) -> Questionnaire:
    """What an editor goes on from: the edit under way, else the current version. Raises NotFound."""
    edit = find_edit(session, slug)
    return edit.questionnaire if edit else current_questionnaire(session, slug)


def change_questionnaire(session: Session, slug: str, change: Change, *, by: int, now: datetime) -> None:
    """Do `change` to the working state; the first one begins the edit, unless it changes nothing.

    Raises what `change` does, and Overtaken when somebody else saved in the same moment.
    """
    # One reading for both: who saves between the two would be overwritten unseen.
    edit = find_edit(session, slug)
    before = edit.questionnaire if edit else current_questionnaire(session, slug)
    changed = change(before)
    if changed.digest == before.digest:
        return
    edit = edit or begin_edit(session, slug, by=by, now=now)
    if edit.questionnaire.digest != before.digest:
        raise Overtaken("Somebody else changed this questionnaire in the same moment; do it once more.")
    change_edit(session, edit, changed, by=by, now=now)


def write_texts(
    session: Session,
    slug: str,
    typed: Mapping[str, str],
    *,
    language: str,
    seen: Mapping[str, str],
    by: int,
    now: datetime,
) -> None:
    """Write those texts of `language`, by path, that were `typed` otherwise than they were `seen`.

    Raises Meanwhile when somebody else changed one of them since to something else, BadFile for a text that
    cannot stand, and NotFound for a path without a text.
    """
    changed = {path: text for path, text in typed.items() if text != seen.get(path, "")}

    def write(state: Questionnaire) -> Questionnaire:
        now_there = {place.path: place.texts.get(language, "") for place in text_places(state)}
        theirs = {
            path: now_there[path]
            for path, text in changed.items()
            if path in now_there and now_there[path] not in (seen.get(path, ""), text)
        }
        if theirs:
            raise Meanwhile(theirs)
        return with_texts(state, language, changed)

    change_questionnaire(session, slug, write, by=by, now=now)


def begin_edit(session: Session, slug: str, *, by: int, now: datetime) -> Edit:
    """The edit of this questionnaire, begun from its current version unless there is one. Raises NotFound."""
    base = current_questionnaire(session, slug)
    row = {
        "slug": slug,
        "base_digest": base.digest,
        "definition": base.data(),
        "revision": 1,
        "begun_at": now,
        "begun_by_id": by,
        "changed_at": now,
        "changed_by_id": by,
    }
    there = find_edit(session, slug)
    if there is None:
        insert_new(session, QuestionnaireEdit, [row], unique=["slug"])
        there = get_edit(session, slug)
        _trail(session, "begin_edit", there, by=by, now=now)
    return there


def change_edit(session: Session, edit: Edit, changed: Questionnaire, *, by: int, now: datetime) -> None:
    """Put `changed` in the place of the edit as it was read. Raises Overtaken when it is not that any more,
    and Refused for another questionnaire's name."""
    if changed.slug != edit.slug:
        raise Refused(f"This is the edit of {edit.slug}; keep slug: {edit.slug} in the file.")
    if changed.digest == edit.questionnaire.digest:
        return
    seen = (QuestionnaireEdit.id == edit.id, QuestionnaireEdit.revision == edit.revision)
    values = {"definition": changed.data(), "changed_at": now, "changed_by_id": by}
    statement = update(QuestionnaireEdit).where(*seen).values(revision=edit.revision + 1, **values)
    if not run(session, statement):
        raise Overtaken("Somebody else changed this questionnaire meanwhile.")
    _trail(session, "edit", edit, by=by, now=now)


def drop_edit(session: Session, edit: Edit, *, by: int, now: datetime) -> None:
    """Throw the edit away as it was read. Raises Overtaken when it is not that any more."""
    _remove(session, edit)
    _trail(session, "drop_edit", edit, by=by, now=now)


def publish_edit(session: Session, edit: Edit, *, by: int, now: datetime) -> int:
    """Publish the edit as it was read, and end it: the version's id. It may be an earlier one, current again.

    Raises Overtaken when it is not that any more, and Refused when it changes nothing or its logic is faulty.
    """
    if edit.questionnaire.digest == current_questionnaire(session, edit.slug).digest:
        raise Refused("This edit changes nothing, so there is nothing to publish.")
    _remove(session, edit)
    return publish(session, edit.questionnaire, now=now, by=by, is_act=True)


def find_edit(session: Session, slug: str) -> Edit | None:
    """The edit of this questionnaire that is under way, in one statement."""
    begun, changed = aliased(User), aliased(User)
    found = session.execute(
        select(QuestionnaireEdit, begun.name, changed.name)
        .join(begun, begun.id == QuestionnaireEdit.begun_by_id)
        .join(changed, changed.id == QuestionnaireEdit.changed_by_id)
        .where(QuestionnaireEdit.slug == slug)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return None
    row, begun_by, changed_by = found
    return Edit(
        id=row.id,
        slug=row.slug,
        base_digest=row.base_digest,
        questionnaire=from_data(row.definition),
        revision=row.revision,
        begun_at=row.begun_at,
        begun_by=begun_by,
        changed_at=row.changed_at,
        changed_by=changed_by,
    )


def get_edit(session: Session, slug: str) -> Edit:
    """The edit under way. Raises Refused when there is none, and NotFound for no questionnaire."""
    edit = find_edit(session, slug)
    if edit is None:
        current_questionnaire(session, slug)
        raise Refused(f"Nobody is editing {slug} any more: it was published, or the edit was thrown away.")
    return edit


def edited_slugs(session: Session) -> dict[str, datetime]:
    """The questionnaires that are being edited, each with when it was changed last."""
    rows = session.execute(select(QuestionnaireEdit.slug, QuestionnaireEdit.changed_at))
    return {row.slug: row.changed_at for row in rows}


def _remove(session: Session, edit: Edit) -> None:
    seen = (QuestionnaireEdit.id == edit.id, QuestionnaireEdit.revision == edit.revision)
    removed = session.execute(delete(QuestionnaireEdit).where(*seen).returning(QuestionnaireEdit.id))
    if removed.first() is None:
        raise Overtaken("Somebody else changed this questionnaire meanwhile; look at it again.")


def _trail(session: Session, action: str, edit: Edit, *, by: int, now: datetime) -> None:
    facts: dict[str, str | int] = {"questionnaire": edit.slug, "revision": edit.revision}
    record(session, action=action, thing="questionnaire_edit", thing_id=edit.id, by=by, now=now, facts=facts)
