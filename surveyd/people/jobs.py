"""Jobs of people: ids only, may run twice; each says "look now" about one uploaded file."""

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Refused
from surveyd.base.services import services
from surveyd.people.columns import ImportKind
from surveyd.people.imports import Preview, apply, preview, unreadable
from surveyd.people.outlines import Outline, outline_of
from surveyd.people.rejects import write_rejects
from surveyd.people.tables import read_table
from surveyd.people.uploads import CHANGED, Taken, fail_upload, finish_upload, show_upload, take_upload

WORK_ON_UPLOAD = "surveyd.people.jobs.work_on_upload"


def work_on_upload(upload_id: int) -> None:
    """Do what is next for one upload: look at it, or write it when it still does what was shown."""
    with writing() as session:
        taken = take_upload(session, upload_id, system_now=system_now())
    if taken is None:
        return
    try:
        _work(taken)
    except Refused as error:
        with writing() as session:
            fail_upload(session, upload_id, reason=str(error))


def _work(taken: Taken) -> None:
    seen, outline, rejects = _look(taken)
    as_shown = outline.digest == taken.seen.digest and outline.may_be_applied
    if taken.is_applied and as_shown:
        with writing() as session:
            if finish_upload(session, taken.id, now=services().clock.now()):
                apply(session, seen, now=services().clock.now(), by=taken.by)
        return
    with writing() as session:
        note = CHANGED if taken.is_applied else ""
        show_upload(session, taken.id, outline, rejects=rejects, note=note)


def _look(taken: Taken) -> tuple[Preview, Outline, bytes | None]:
    kind = ImportKind(taken.kind)
    try:
        table = read_table(taken.name, taken.content)
    except BadFile as error:
        seen = unreadable(kind, taken.name, error)
        with reading() as session:
            return seen, outline_of(session, seen, None), None
    with reading() as session:
        seen = preview(session, kind, table, taken.mapping, scope=taken.scope)
        outline = outline_of(session, seen, table)
    has_rejects = bool(seen.faults) and outline.columns_fit
    return seen, outline, write_rejects(taken.name, taken.content, seen.faults) if has_rejects else None
