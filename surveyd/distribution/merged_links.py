"""The link by which somebody goes on who was asked twice by one wave, and merged."""

from dataclasses import dataclass

from sqlalchemy import select

from surveyd.base.database import Rows
from surveyd.base.statements import table_of
from surveyd.distribution.merge_models import MergedInvitation
from surveyd.distribution.models import Invitation

_merged, _invitation = table_of(MergedInvitation), table_of(Invitation)


@dataclass(frozen=True, slots=True)
class Other:
    """The invitation that goes on, and the digest of its link."""

    id: int
    digest: str


def goes_on_by(rows: Rows, invitation_id: int) -> Other | None:
    """The invitation by which the person of an ended one goes on; None where it ended by itself."""
    row = rows.execute(
        select(_invitation.c.id, _invitation.c.token_digest)
        .join(_merged, _merged.c.goes_on_id == _invitation.c.id)
        .where(_merged.c.invitation_id == invitation_id)
    ).one_or_none()
    return None if row is None else Other(row.id, row.token_digest)
