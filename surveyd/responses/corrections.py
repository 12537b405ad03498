"""What was sent, to be read or corrected: a correction is a draft beside the response until it is sent.

A draft that was left behind, by a page saved while another one was sent, is none: it never counts.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.sql.dml import Insert

from surveyd.base.clock import zone_named
from surveyd.base.database import Rows
from surveyd.base.errors import NotFound
from surveyd.base.prepared import Prepared
from surveyd.base.statements import insert_for, table_of
from surveyd.distribution.models import Invitation, QuestionnaireVersion
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import Link, find_link_of
from surveyd.responses.models import Draft, Response

_draft, _response = table_of(Draft), table_of(Response)
_version, _invitation = table_of(QuestionnaireVersion), table_of(Invitation)
SENT = Prepared(
    select(
        _response.c.answers,
        _response.c.version_id,
        _version.c.digest,
        _response.c.channel,
        _response.c.given_at,
        _invitation.c.time_zone,
    )
    .join(_version, _version.c.id == _response.c.version_id)
    .join(_invitation, _invitation.c.id == _response.c.invitation_id)
    .where(_response.c.invitation_id == bindparam("invitation"))
)


def _begin(dialect: str) -> Insert:
    insert = insert_for(dialect, Draft)
    fresh = {name: insert.excluded[name] for name in ("version_id", "answers", "page", "channel", "saves")}
    fresh |= {"updated_at": insert.excluded.updated_at, "corrects": insert.excluded.corrects}
    return insert.on_conflict_do_update(
        index_elements=["invitation_id"], set_=fresh, where=_draft.c.corrects.is_(False)
    )


BEGIN = Prepared(_begin)


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: the link with the answers as they count now, on the version that they were given on.

    `day` is the day on which they were given, where the person is; `channel` is the way they came.
    """

    link: Link
    channel: AnswerChannel
    day: date


def find_sent(rows: Rows, link: Link) -> Sent:
    """What was sent through this link. Raises NotFound where nothing was."""
    sent = SENT.first(rows, {"invitation": link.invitation_id})
    if sent is None:
        raise NotFound("response to invitation", link.invitation_id)
    given = replace(link, answers=sent.answers, version_id=sent.version_id, digest=sent.digest)
    day = sent.given_at.astimezone(zone_named(sent.time_zone)).date()
    return Sent(given, AnswerChannel(sent.channel), day)


def correction_of(link: Link) -> Link | None:
    """The begun correction as a link that takes answers; None where none is begun."""
    return replace(link, receipt="") if link.is_sent and link.corrects else None


def begin_correction(rows: Rows, link: Link, *, channel: AnswerChannel, now: datetime) -> Link:
    """Begin to correct what was sent, or go on where it is begun: the answers as they count, all to change.

    Nothing counts before it is sent: see `closed_loop.corrections`. Raises NotFound where nothing was sent.
    """
    begun = correction_of(link)
    if begun is not None:
        return begun
    sent = find_sent(rows, link).link
    row = {
        "invitation_id": link.invitation_id,
        "version_id": sent.version_id,
        "answers": sent.answers,
        "page": "",
        "channel": channel.value,
        "saves": 1,
        "updated_at": now,
        "corrects": True,
    }
    BEGIN.change(rows, row)
    again = find_link_of(rows, link.invitation_id)
    begun = correction_of(again) if again else None
    assert begun, "it was begun by the statement above"
    return begun
