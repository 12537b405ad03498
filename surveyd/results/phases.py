"""Which step of the cadence has brought an answer: the last one before it."""

from sqlalchemy import ColumnElement, and_, case, exists, or_

from surveyd.distribution.cadence import INVITATION
from surveyd.distribution.models import Channel, Touch, TouchState
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response

PHASES = ("invitation", "reminder", "call")


def phase_of_response() -> ColumnElement[int]:
    """A `Response` row's phase, as its place in PHASES."""
    by_phone = Response.channel == AnswerChannel.PHONE.value
    called = Touch.channel == Channel.PHONE
    reminded = and_(Touch.channel == Channel.MAIL, Touch.step != INVITATION)
    return case((or_(by_phone, _came_after(called)), 2), (_came_after(reminded), 1), else_=0)


def _came_after(touched: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the answer came after such a touch, planned by the cadence or asked for."""
    return exists().where(
        Touch.invitation_id == Response.invitation_id,
        touched,
        Touch.state == TouchState.RELEASED,
        Touch.released_at <= Response.given_at,
    )
