"""Responses as CSV: one line each, streamed, with every answer and score, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterator, Mapping
from typing import IO, Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from surveyd.base.spreadsheets import guarded
from surveyd.distribution.models import QuestionnaireVersion, Wave
from surveyd.forms.loading import from_data
from surveyd.people.access import Scope, visible_accounts
from surveyd.people.models import Account, Contact
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE

HEAD = ("receipt", "invitation", "contact", "account", "wave", "channel", "source", "given_at")
TAIL = ("nps", "attitude", "intent", "ease", "segment")
ROWS_AT_ONCE = 1000


def write_responses(session: Session, out: IO[str], *, scope: Scope, wave_id: int | None = None) -> int:
    """Write the responses that `scope` may see, by id, as RFC 4180 says; returns how many.

    A cell that a spreadsheet would run (it begins with = + - @, a tab or a line end, and is no number)
    gets one apostrophe in front; a cell that begins with an apostrophe gets one more, so that taking one
    away gives back what was typed. Times are ISO 8601 in UTC.
    """
    items = _items(session, wave_id)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*HEAD, *items, *TAIL])
    count = 0
    for row in session.execute(_query(scope, wave_id).execution_options(yield_per=ROWS_AT_ONCE)):
        writer.writerow([guarded(cell) for cell in _cells(row, items)])
        count += 1
    return count


def _items(session: Session, wave_id: int | None) -> list[str]:
    versions = select(QuestionnaireVersion.definition).where(
        QuestionnaireVersion.id.in_(
            select(Response.version_id).where(*([Response.wave_id == wave_id] if wave_id is not None else []))
        )
    )
    names: dict[str, None] = {}
    for definition in session.scalars(versions.order_by(QuestionnaireVersion.id)):
        names |= dict.fromkeys(from_data(definition).items)
    return list(names)


def _query(scope: Scope, wave_id: int | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Response.receipt,
            Response.invitation_id,
            Contact.external_id.label("contact"),
            Account.external_id.label("account"),
            Wave.slug.label("wave"),
            Response.channel,
            Response.source,
            Response.given_at,
            Response.answers,
            Score.recommendation,
            Score.attitude,
            Score.intent,
            Score.ease,
            Score.segment,
        )
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .join(Wave, Wave.id == Response.wave_id)
        .outerjoin(Score, (Score.response_id == Response.id) & (Score.rule_version == CURRENT_RULE))
        .where(visible_accounts(scope))
        .order_by(Response.id)
    )
    return query if wave_id is None else query.where(Response.wave_id == wave_id)


def _cells(row: Row[*tuple[Any, ...]], items: list[str]) -> Iterator[object]:
    answers: Mapping[str, object] = row.answers
    yield from (row.receipt, row.invitation_id, row.contact, row.account, row.wave)
    yield from (row.channel, row.source)
    yield row.given_at.isoformat()
    yield from (answers.get(item) for item in items)
    yield from (row.recommendation, row.attitude, row.intent, row.ease, row.segment)
