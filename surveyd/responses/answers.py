"""A response, stored once: whoever sends the same invitation's answers again gets the first receipt."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, delete, select

from surveyd.base.database import Rows
from surveyd.base.prepared import Prepared
from surveyd.base.statements import insert_once, table_of
from surveyd.forms.conditions import Answers
from surveyd.responses.models import Draft, Response

RECEIPT_LENGTH = 10
RECEIPT_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals that nobody mixes up when reading them over the phone."""

_response = table_of(Response)
_draft = table_of(Draft)
STORE = insert_once(Response, "invitation_id")
FIRST = Prepared(
    select(_response.c.id, _response.c.receipt).where(_response.c.invitation_id == bindparam("invitation_id"))
)
DROP_DRAFT = Prepared(delete(_draft).where(_draft.c.invitation_id == bindparam("of_invitation")))


class AnswerChannel(StrEnum):
    """The way the answers came."""

    WEB = "web"
    PHONE = "phone"
    API = "api"
    IMPORT = "import"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Asked:
    """The invitation that is answered, with the version that was answered."""

    invitation_id: int
    wave_id: int
    contact_id: int
    account_id: int
    version_id: int


@dataclass(frozen=True, slots=True)
class Given:
    """The answers by item id, how and when they came, and the user who asked on the phone, if any."""

    answers: Answers
    channel: AnswerChannel
    given_at: datetime
    interviewer_id: int | None = None
    receipt: str = ""
    """The receipt number, where the person has one already."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The response's id and receipt number, and whether this call stored it."""

    id: int
    receipt: str
    is_first: bool


def store(rows: Rows, asked: Asked, *, given: Given, has_draft: bool, now: datetime) -> Stored:
    """Store the response of an invitation and drop its draft, or return the one that is there.

    The constraint decides: of any number of calls at once exactly one is first.
    """
    row = {
        "invitation_id": asked.invitation_id,
        "wave_id": asked.wave_id,
        "contact_id": asked.contact_id,
        "account_id": asked.account_id,
        "version_id": asked.version_id,
        "receipt": given.receipt or new_receipt(),
        "answers": dict(given.answers),
        "channel": given.channel.value,
        "interviewer_id": given.interviewer_id,
        "given_at": given.given_at,
        "received_at": now,
    }
    stored = STORE.first(rows, row)
    if stored is None:
        first = FIRST.first(rows, {"invitation_id": asked.invitation_id})
        return Stored(first.id, first.receipt, is_first=False)
    if has_draft:
        DROP_DRAFT.change(rows, {"of_invitation": asked.invitation_id})
    return Stored(stored.id, str(row["receipt"]), is_first=True)


def new_receipt() -> str:
    """Return a receipt number: ten letters and digits, 49 bits that nobody can guess."""
    letters = len(RECEIPT_LETTERS)
    number = secrets.randbelow(letters**RECEIPT_LENGTH)
    return "".join(RECEIPT_LETTERS[number // letters**place % letters] for place in range(RECEIPT_LENGTH))
