"""Two of one kind that are made one, and what one of them has ahead."""

from datetime import timedelta

from surveyd.distribution.models import Channel, Touch
from surveyd.operations.merge import merge
from surveyd.people.duplicate_models import Merge, SameKind
from tests.fixtures.asking import Asking

CONTACT, ACCOUNT = SameKind.CONTACT, SameKind.ACCOUNT


def join(asking: Asking, kept: int, gone: int, kind: SameKind = CONTACT, **facts: object) -> Merge:
    return merge(
        asking.session,
        kind,
        kept_id=kept,
        gone_id=gone,
        by=None,
        now=asking.now,
        **facts,  # type: ignore[arg-type]  # take alone
    )


def planned(asking: Asking, invitation_id: int, step: str = "reminder") -> Touch:
    touch = Touch(
        invitation_id=invitation_id,
        wave_id=asking.wave.id,
        step=step,
        channel=Channel.MAIL,
        due_at=asking.now + timedelta(days=14),
    )
    asking.session.add(touch)
    asking.session.flush()
    return touch
