"""Which step of the cadence has brought the answers of a wave."""

from sqlalchemy import ColumnElement, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Touch, TouchState
from surveyd.people.access import Scope, visible_by_account
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response

STEPS = ("invitation", "reminder", "call")


def answers_by_step(session: Session, wave_id: int, *, scope: Scope) -> tuple[tuple[str, int], ...]:
    """How many answers came after which step, as the last one before the answer. One statement."""
    step = case(
        (or_(Response.channel == AnswerChannel.PHONE.value, _came_after("call")), literal("call")),
        (_came_after("reminder"), literal("reminder")),
        else_=literal("invitation"),
    ).label("step")
    rows = session.execute(
        select(step, func.count().label("answers"))
        .where(Response.wave_id == wave_id, visible_by_account(scope, Response.account_id))
        .group_by(step)
    )
    counts = {row.step: row.answers for row in rows}
    return tuple((name, counts.get(name, 0)) for name in STEPS)


def _came_after(step: str) -> ColumnElement[bool]:
    """Whether the answer came after a touch of that step, planned by the cadence or asked for."""
    return exists().where(
        Touch.invitation_id == Response.invitation_id,
        or_(Touch.step == step, Touch.step.startswith(f"wished_{step}", autoescape=True)),
        Touch.state == TouchState.RELEASED,
        Touch.released_at <= Response.given_at,
    )
