"""Mails to one of our own people: a few words that lead to a page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from surveyd.distribution.outbox import NewMessage

LANGUAGE = "en"
"""Staff pages are in English, and so are the mails that lead to them."""


class Colleague(Protocol):
    """Whom the mail is to: a user, or what is known of one."""

    @property
    def id(self) -> Any: ...

    @property
    def name(self) -> Any: ...

    @property
    def email(self) -> Any: ...


def staff_mail(
    name: str,
    *,
    to: Colleague,
    key: str,
    context: Mapping[str, Any],
    now: datetime,
    program_id: int | None = None,
) -> NewMessage:
    """The mail `name` to one colleague, due at once; the outbox takes it once for each `key`."""
    return NewMessage(
        dedup_key=f"{name}:{key}",
        name=name,
        step=name,
        language=LANGUAGE,
        recipient=to.email,
        recipient_name=to.name,
        context=dict(context),
        program_id=program_id,
        user_id=to.id,
        due_at=now,
        created_at=now,
    )
