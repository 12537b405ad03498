"""Which step of the cadence has brought an answer: the last one before it."""

from sqlalchemy import ColumnElement, case, exists, or_

from surveyd.distribution.models import Touch, TouchState
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response

PHASES = ("invitation", "reminder", "call")


def phase_of_response() -> ColumnElement[int]:
    """A `Response` row's phase, as its place in PHASES."""
    by_phone = Response.channel == AnswerChannel.PHONE.value
    return case((or_(by_phone, _came_after("call")), 2), (_came_after("reminder"), 1), else_=0)


def _came_after(step: str) -> ColumnElement[bool]:
    """Whether the answer came after a touch of that step, planned by the cadence or asked for."""
    return exists().where(
        Touch.invitation_id == Response.invitation_id,
        or_(Touch.step == step, Touch.step.startswith(f"wished_{step}", autoescape=True)),
        Touch.state == TouchState.RELEASED,
        Touch.released_at <= Response.given_at,
    )
