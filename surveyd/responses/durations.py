"""How long people took for a questionnaire on the web, from their first save to the sending.

It is measured once an hour, from the latest responses, and kept with the version; a page then tells it
without asking.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, QuestionnaireVersion
from surveyd.forms.loading import from_data
from surveyd.forms.pace import told
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response

EVERY = timedelta(hours=1)
AT_LEAST = 20
"""So many responses before a time is told; until then it is estimated."""
LOOKED_AT = 20_000


def measure_versions(session: Session, *, now: datetime) -> int:
    """Measure what was not measured for an hour; returns how many versions that were.

    A version with too few responses of its own goes by all versions of its questionnaire; where those are too
    few as well, it is estimated.
    """
    due = session.scalars(select(QuestionnaireVersion).where(_stale(now))).all()
    by_version, by_slug = _taken(session)
    for version in due:
        own = by_version.get(version.id, ())
        taken = own if len(own) >= AT_LEAST else by_slug.get(version.slug, ())
        measured = round(median(taken)) if len(taken) >= AT_LEAST else None
        version.seconds = told(from_data(version.definition), measured)
        version.measured_at = now
    return len(due)


def are_due(session: Session, *, now: datetime) -> bool:
    """Whether any version was not measured for an hour."""
    return session.scalar(select(QuestionnaireVersion.id).where(_stale(now)).limit(1)) is not None


def _stale(now: datetime) -> ColumnElement[bool]:
    measured_at = QuestionnaireVersion.measured_at
    return or_(measured_at.is_(None), measured_at <= now - EVERY)


def _taken(session: Session) -> tuple[Mapping[int, Sequence[float]], Mapping[str, Sequence[float]]]:
    """The seconds that the latest responses took, by version and by questionnaire."""
    latest = (
        select(Response.version_id, QuestionnaireVersion.slug, Invitation.started_at, Response.given_at)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Response.version_id)
        .where(Response.channel == AnswerChannel.WEB.value)
        .order_by(Response.id.desc())
        .limit(LOOKED_AT)
    )
    by_version: dict[int, list[float]] = defaultdict(list)
    by_slug: dict[str, list[float]] = defaultdict(list)
    for version_id, slug, started_at, given_at in session.execute(latest):
        # Who sent all in one go was not seen beginning. Who came back the next day is one of many.
        if started_at is not None and given_at > started_at:
            seconds = (given_at - started_at).total_seconds()
            by_version[version_id].append(seconds)
            by_slug[slug].append(seconds)
    return by_version, by_slug
