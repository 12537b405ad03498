"""The items that a policy can count one by one: what the published questionnaires ask on a scale."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.models import QuestionnaireVersion
from surveyd.forms.loading import from_data


def items_asked(session: Session) -> frozenset[str]:
    """The ids of all items on a scale, over all versions that were ever published."""
    digests = session.scalars(select(QuestionnaireVersion.digest))
    return frozenset(name for digest in digests for name in _items_of(session, digest))


_known: dict[str, frozenset[str]] = {}
"""What this process has read, by digest: a version never changes."""


def _items_of(session: Session, digest: str) -> frozenset[str]:
    if digest not in _known:
        chosen = select(QuestionnaireVersion.definition).where(QuestionnaireVersion.digest == digest)
        found = from_data(session.execute(chosen).scalar_one())
        _known[digest] = frozenset(item.id for item in found.items.values() if item.scale)
    return _known[digest]
