"""Drafts: what a person has answered so far, saved page by page, and the link that leads to it.

A page costs one indexed read (`find_link`), a save one transaction. Both go by columns, not by
objects. Two saves at once are decided by the row count of a conditional UPDATE: the later one
reads again and lays its own page over what the first one saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, bindparam, func, select, update

from surveyd.base.database import Rows
from surveyd.base.errors import Unavailable
from surveyd.base.prepared import Prepared
from surveyd.base.statements import insert_once, table_of
from surveyd.distribution.invitations import start
from surveyd.distribution.models import (
    AfterSending,
    Invitation,
    InvitationState,
    Program,
    QuestionnaireVersion,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.forms.definition import Answer, Answers
from surveyd.people.models import Account, Contact
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Draft, Response

TRIES = 10
OPEN_WAVES = frozenset({WaveState.PREPARING, WaveState.OPEN})
SHUT = frozenset({InvitationState.CLOSED, InvitationState.CANCELLED})

_invitation, _wave, _program = table_of(Invitation), table_of(Wave), table_of(Program)
_contact, _account, _version = table_of(Contact), table_of(Account), table_of(QuestionnaireVersion)
_draft, _response = table_of(Draft), table_of(Response)


@dataclass(frozen=True, slots=True)
class Link:
    """One invitation as its respondent meets it: whose it is, where they left off, what is sent.

    `version_id` is the version that the draft was begun on, else the invitation's. `saves` is 0
    before the first save; `receipt` is empty until the answers are sent. Role, region and tier are
    what the questionnaire's conditions may ask about the person. `seconds` is what others took.
    """

    invitation_id: int
    wave_id: int
    contact_id: int
    account_id: int
    version_id: int
    digest: str
    language: str
    company: str
    contact: str
    account: str
    role: str
    region: str
    tier: str
    state: InvitationState
    wave_state: WaveState
    seconds: int | None
    answers: Answers
    page: str
    saves: int
    receipt: str
    after_sending: AfterSending
    corrects: bool
    """Whether a correction of what was sent is begun; see `responses.corrections`."""
    wave_kind: WaveKind
    closes_at: datetime | None
    channel: AnswerChannel | None
    """The way in which the answers were sent; None until they are."""

    @property
    def is_sent(self) -> bool:
        """Whether the answers have been sent."""
        return bool(self.receipt)

    @property
    def is_of_a_wave(self) -> bool:
        """Whether a wave asks, with reminders, calls and a close; else one question follows up one matter."""
        return self.wave_kind is WaveKind.PROGRAM

    @property
    def takes_answers(self) -> bool:
        """Whether answers can still be given. Somebody who wants no more mail may still answer."""
        return self.wave_state in OPEN_WAVES and self.state not in SHUT

    def takes_changes(self, now: datetime) -> bool:
        """Whether a wish or a correction can still be handed in; the last moment is the wave's own.

        A first answer is taken until the sweep has closed the wave, and counts as late.
        """
        return self.takes_answers and (self.closes_at is None or now < self.closes_at)


def _selecting(condition: ColumnElement[bool]) -> Select[Any]:
    version_id = func.coalesce(_draft.c.version_id, _invitation.c.version_id)
    return (
        select(
            _invitation.c.id,
            _invitation.c.wave_id,
            _invitation.c.contact_id,
            _invitation.c.account_id,
            _version.c.id,
            _version.c.digest,
            _invitation.c.language,
            _program.c.company,
            _contact.c.name,
            _account.c.name,
            _contact.c.role,
            _account.c.region,
            _account.c.tier,
            _invitation.c.state,
            _wave.c.state,
            _version.c.seconds,
            _draft.c.answers,
            _draft.c.page,
            _draft.c.saves,
            _response.c.receipt,
            _program.c.after_sending,
            _draft.c.corrects,
            _wave.c.kind,
            _wave.c.closes_at,
            _response.c.channel,
        )
        .select_from(_invitation)
        .join(_wave, _wave.c.id == _invitation.c.wave_id)
        .join(_program, _program.c.id == _wave.c.program_id)
        .join(_contact, _contact.c.id == _invitation.c.contact_id)
        .join(_account, _account.c.id == _invitation.c.account_id)
        .outerjoin(_draft, _draft.c.invitation_id == _invitation.c.id)
        .join(_version, _version.c.id == version_id)
        .outerjoin(_response, _response.c.invitation_id == _invitation.c.id)
        .where(condition)
    )


BY_TOKEN = Prepared(_selecting(_invitation.c.token_digest == bindparam("key")))
BY_ID = Prepared(_selecting(_invitation.c.id == bindparam("key")))
DEFINITION = select(_version.c.definition).where(_version.c.id == bindparam("version"))
AGAIN = Prepared(
    update(_draft)
    .where(_draft.c.invitation_id == bindparam("invitation"), _draft.c.saves == bindparam("seen"))
    .values(
        answers=bindparam("new_answers"),
        page=bindparam("new_page"),
        channel=bindparam("new_channel"),
        saves=_draft.c.saves + 1,
        updated_at=bindparam("now"),
    )
)


BEGIN = insert_once(Draft, "invitation_id")


def find_link(rows: Rows, token_digest: str) -> Link | None:
    """The invitation whose personal link has this token digest, in one indexed read, else None."""
    return _one(rows, BY_TOKEN, token_digest)


def find_link_of(rows: Rows, invitation_id: int) -> Link | None:
    """The same for staff who fill in the form on the phone: by the invitation's id."""
    return _one(rows, BY_ID, invitation_id)


def definition_of(rows: Rows, version_id: int) -> Mapping[str, object]:
    """The stored definition of a questionnaire version."""
    return cast(Mapping[str, object], rows.execute(DEFINITION, {"version": version_id}).scalar_one())


def save_page(
    rows: Rows,
    link: Link,
    *,
    answers: Mapping[str, Answer | None],
    page: str,
    channel: AnswerChannel,
    now: datetime,
) -> Link:
    """Save the `answers` of one page (None takes one away) and `page` as the place to go on at.

    Answers of other pages are not touched, whoever saved them and when. The first save marks the
    invitation as started. Returns the link as it is now; one that was sent meanwhile comes back
    unchanged, with its receipt.
    """
    for _ in range(TRIES):
        if link.is_sent:
            return link
        merged = _merged(link.answers, answers)
        if _write(rows, link, answers=merged, page=page, channel=channel, now=now):
            return _saved(link, merged, page)
        again = find_link_of(rows, link.invitation_id)
        if again is None:
            break
        # A correction that was sent meanwhile is over; one that is under way goes on.
        link = replace(again, receipt="") if link.corrects and again.corrects else again
    raise Unavailable("draft", "it is being saved from too many places at once; send the page again")


def _write(
    rows: Rows, link: Link, *, answers: Answers, page: str, channel: AnswerChannel, now: datetime
) -> bool:
    if link.saves:
        values = {"new_answers": answers, "new_page": page, "new_channel": channel.value, "now": now}
        return AGAIN.change(rows, {"invitation": link.invitation_id, "seen": link.saves, **values}) == 1
    begun = BEGIN.first(
        rows,
        {
            "invitation_id": link.invitation_id,
            "version_id": link.version_id,
            "answers": answers,
            "page": page,
            "channel": channel.value,
            "saves": 1,
            "updated_at": now,
        },
    )
    if begun is None:
        return False
    start(rows, link.invitation_id, now=now)
    return True


def _saved(link: Link, answers: Answers, page: str) -> Link:
    return replace(link, answers=answers, page=page, saves=link.saves + 1)


def _merged(before: Answers, page: Mapping[str, Answer | None]) -> Answers:
    return {item: answer for item, answer in {**before, **page}.items() if answer is not None}


def _one(rows: Rows, statement: Prepared, key: str | int) -> Link | None:
    row = statement.first(rows, {"key": key})
    if row is None:
        return None
    *known, answers, page, saves, receipt, after_sending, corrects, kind, closes_at, channel = row
    left_off = [answers or {}, page or "", saves or 0, receipt or ""]
    came = AnswerChannel(channel) if channel else None
    columns: list[Any] = [*known, *left_off, after_sending, bool(corrects), kind, closes_at, came]
    return Link(*columns)
