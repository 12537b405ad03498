"""The confirmation of contacts as files: how far each account manager is, and everybody who is left out."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flask import Response
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.confirmation_sums import sums_of
from surveyd.distribution.models import Wave
from surveyd.reports.files import csv_lines
from surveyd.results.skews import skew_of
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp

MANAGERS = (
    *("manager", "email", "asked", "mails", "began", "finished"),
    *("contacts", "confirmed", "corrected", "added", "excluded"),
)
EXCLUDED = (
    *("manager", "account", "contact", "name", "revenue", "currency", "last_wave", "last_segment"),
    *("last_score", "reason", "words", "by", "at"),
)


@bp.get("/waves/<id:wave_id>/confirmation.csv")
def confirmation_csv(wave_id: int) -> Response:
    """One row an account manager."""
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        return _file(f"confirmation-{wave.slug}.csv", MANAGERS, list(_managers(session, wave)))


@bp.get("/waves/<id:wave_id>/excluded.csv")
def excluded_csv(wave_id: int) -> Response:
    """One row a contact who is left out."""
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        return _file(f"excluded-{wave.slug}.csv", EXCLUDED, list(_excluded(session, wave)))


def _managers(session: Session, wave: Wave) -> Iterator[Sequence[object]]:
    program, now = waves.program_of(session, wave), services().clock.now()
    for one in sums_of(session, wave, program, scope=reader().scope, now=now):
        yield (
            *(one.name, one.email, _at(one.asked_at), one.mails, _at(one.began_at), _at(one.finished_at)),
            *(one.planned, one.confirmed, one.corrected, one.added, one.excluded),
        )


def _excluded(session: Session, wave: Wave) -> Iterator[Sequence[object]]:
    program, now = waves.program_of(session, wave), services().clock.now()
    found = skew_of(session, wave, program, scope=reader().scope, now=now)
    names = {one.user_id: one.name for one in found.managers}
    for one in found.excluded:
        revenue = "" if one.cents is None else one.cents / 100
        score = "" if one.recommendation is None else one.recommendation
        yield (
            *(names.get(one.manager_id, ""), one.account, one.external_id, one.name, revenue, one.currency),
            *(one.wave, one.segment, score, one.why.value, one.words, one.by, _at(one.at)),
        )


def _at(instant: datetime | None) -> str:
    return instant.isoformat(timespec="minutes") if instant else ""


def _file(name: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("".join(csv_lines(head, rows)), mimetype="text/csv", headers=disposition)
