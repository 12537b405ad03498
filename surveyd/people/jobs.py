"""Jobs of people: ids only, may run twice; each says "look now" about one uploaded file."""

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Refused
from surveyd.base.services import services
from surveyd.people import batches, looks
from surveyd.people.columns import ImportKind
from surveyd.people.import_models import ImportBatch
from surveyd.people.outlines import SHOWN, Outline, Place
from surveyd.people.sources import open_source
from surveyd.people.uploads import (
    CHANGED,
    Taken,
    fail_upload,
    finish_upload,
    renew_lease,
    show_upload,
    take_upload,
)

WORK_ON_UPLOAD = "surveyd.people.jobs.work_on_upload"


def work_on_upload(upload_id: int) -> None:
    """Do what is next for one upload: look at it, or write it when it still does what was shown."""
    with writing() as session:
        taken = take_upload(session, upload_id, system_now=system_now())
    if taken is None:
        return
    try:
        if not (taken.is_applied and _write(taken)):
            outline = _look(taken)
            with writing() as session:
                show_upload(session, taken.id, outline, note=CHANGED if taken.is_applied else "")
    except Refused as error:
        with writing() as session:
            fail_upload(session, upload_id, reason=str(error))


def finish_lost_batch(batch_id: int) -> None:
    """Write what a command decided and did not finish."""
    looks.write_batch(batch_id, now=services().clock.now())


def _look(taken: Taken) -> Outline:
    asking = looks.Asking(taken.scope, taken.by, services().clock.now(), taken.id)
    kind = ImportKind(taken.kind)
    try:
        with open_source(taken.name, taken.content, taken.wish) as source:
            told = _teller(taken)
            return looks.look_at(source, kind, taken.mapping, asking=asking, tell=told).outline
    except BadFile as error:
        with writing() as session:
            batches.forget_batches(session, ImportBatch.upload_id == taken.id)
        return unreadable(error)


def unreadable(error: BadFile) -> Outline:
    """The outline of a file that is no table: every fault, and nothing else."""
    faults = tuple(Place(fault.line, fault.column, fault.reason) for fault in error.faults[:SHOWN])
    rejected = len({fault.line for fault in error.faults})
    return Outline(rejected=rejected, faults=faults, fault_count=len(error.faults))


def _teller(taken: Taken) -> looks.Tell:
    def tell(outline: Outline) -> None:
        with writing() as session:
            renew_lease(
                session, taken.id, system_now=system_now(), so_far=None if taken.is_applied else outline
            )

    return tell


def _write(taken: Taken) -> bool:
    """Write it when it may be, all of it; false when it does something else by now."""
    if not taken.scope.sees_all:
        raise Refused("An import may touch every account; ask someone who may see them all.")
    with reading() as session:
        batch = batches.batch_of(session, taken.id)
        batch_id, is_decided = (batch.id, batch.decided_at is not None) if batch else (0, False)
    if not is_decided and not (batch_id and looks.still_stands(batch_id)):
        return False
    now = services().clock.now()
    with writing() as session:
        batches.decide(session, batch_id, by=taken.by, now=now)
    looks.write_parcels(batch_id, now=now, after_part=lambda done, of: _renew(taken.id, done))
    with writing() as session:
        if batches.finish_batch(session, batch_id, now=now):
            finish_upload(session, taken.id, now=now)
    return True


def _renew(upload_id: int, done: int) -> None:
    if done % RENEWED_EVERY == 0:
        with writing() as session:
            renew_lease(session, upload_id, system_now=system_now())


RENEWED_EVERY = 50
"""Parcels: each takes far less than a second, the lease lasts for minutes."""
