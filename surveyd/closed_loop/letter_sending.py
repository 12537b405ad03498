"""A letter on its way: chunk by chunk into the outbox, each its own short transaction.

One message a person and wave, by its dedup key, however often the letter is sent and whatever stops in the
middle. The PDF about the account is asked for in the same transaction; the outbox keeps the letter until it
is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, or_, update
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.closed_loop.letter_reach import answered, recipients, silent
from surveyd.closed_loop.letter_texts import Content, content_of, letter_context
from surveyd.closed_loop.models import Audience, Letter, LetterState
from surveyd.distribution import outbox, papers
from surveyd.distribution.cadence import Window
from surveyd.distribution.claims import LETTER
from surveyd.distribution.days_off import Calendars, calendars
from surveyd.distribution.invitations import run
from surveyd.distribution.models import Invitation, Wave, WaveState
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.paper_orders import Change, account_paper
from surveyd.distribution.papers import NewPaper
from surveyd.people.models import Contact

CHUNK = 200
SEGMENTS = {audience.value: audience for audience in Audience}


def queue_chunk(
    session: Session, letter: Letter, *, now: datetime, system_now: datetime, mail_domain: str
) -> bool:
    """Queue the next letters, or mark the letter sent; False when nothing is left to do.

    Another process may be at the same letter: the row count of one UPDATE says who has the chunk.
    """
    if letter.state is not LetterState.SENDING:
        return False
    taken = session.scalars(_take(letter)).all()
    mine = update(Letter).where(
        Letter.id == letter.id, Letter.state == LetterState.SENDING, Letter.queued_to == letter.queued_to
    )
    if not taken:
        run(session, mine.values(state=LetterState.SENT, sent_at=now))
        return False
    if run(session, mine.values(queued_to=taken[-1])):
        rows = session.execute(_next(letter).where(Invitation.id.in_(taken))).all()
        _queue(session, letter, rows, now=now, system_now=system_now, mail_domain=mail_domain)
    session.refresh(letter)
    return True


def _take(letter: Letter) -> Select[int]:
    """The next invitations; an opt-out, a suppression or a cancel waits until their letters are committed.

    Such a change that came first is waited for, and may not be in what this statement sees: whoever is to
    be mailed is read by another one, after it.
    """
    ids = _next(letter).with_only_columns(Invitation.id)
    return ids.with_for_update(read=True, of=[Contact, Wave])


def _next(letter: Letter) -> Select[*tuple[Any, ...]]:
    return (
        recipients(letter.wave_id)
        .where(Invitation.id > letter.queued_to, Wave.state != WaveState.CANCELLED)
        .where(or_(answered(), *([silent()] if letter.to_silent else [])))
        .order_by(Invitation.id)
        .limit(CHUNK)
    )


def _queue(  # the facts of a chunk
    session: Session,
    letter: Letter,
    rows: Sequence[Row[*tuple[Any, ...]]],
    *,
    now: datetime,
    system_now: datetime,
    mail_domain: str,
) -> None:
    content = content_of(letter.content)
    written = [_Written(row, *words_for(row, content, written_on="")) for row in rows if not row.rule]
    orders = [_order(one, content, variant=letter.digest[:16]) for one in written]
    ids = papers.want_all(session, orders, now=now)
    off = calendars(session, since=now)
    messages = [
        _message(one, off, paper_id=ids[order.dedup_key], now=now, system_now=system_now)
        for one, order in zip(written, orders, strict=True)
    ]
    outbox.queue(session, messages, mail_domain=mail_domain)


@dataclass(frozen=True, slots=True)
class _Written:
    """One person of `recipients`, with the words of their letter."""

    row: Row[*tuple[Any, ...]]
    context: dict[str, Any]
    language: str


def _order(one: _Written, content: Content, *, variant: str) -> NewPaper:
    told = content.points_for(one.row.region)
    return account_paper(
        one.row.wave_id,
        one.row.account_id,
        account=one.row.account,
        language=one.language,
        changes=[Change(point.heard, point.changed, point.planned) for point in told],
        asked_by_id=None,
        variant=variant,
    )


def _message(
    one: _Written, off: Calendars, *, paper_id: int, now: datetime, system_now: datetime
) -> NewMessage:
    row = one.row
    zone = zone_named(row.time_zone)
    window = Window(row.window_start, row.window_end, row.workdays_only)
    opens = window.opens(now, zone, off.of(row.program_id, row.country))
    return NewMessage(
        dedup_key=f"{LETTER}:{row.wave_id}:{row.contact_id}",
        name=LETTER,
        step=LETTER,
        language=one.language,
        recipient=row.email,
        recipient_name=row.contact,
        context=one.context | {"written_on": opens.astimezone(zone).date().isoformat()},
        program_id=row.program_id,
        wave_id=row.wave_id,
        invitation_id=row.invitation_id,
        contact_id=row.contact_id,
        due_at=opens,
        stale_at=system_now + (window.shuts(opens, zone) - now),
        created_at=now,
        priority=outbox.WAVE,
        paper_id=paper_id,
    )


def words_for(row: Row[*tuple[Any, ...]], content: Content, *, written_on: str) -> tuple[dict[str, Any], str]:
    """The context of one person's letter, and its language; `row` is one of `recipients`. Raises Refused."""
    audience = Audience.SILENT if row.response_id is None else SEGMENTS.get(row.segment, Audience.DEFAULT)
    text = content.text_for(audience, language=row.language, fallback=row.program_language)
    names = {
        "contact": row.contact,
        "account": row.account,
        "company": row.company,
        "sender_name": row.sender_name,
    }
    told = content.points_for(row.region)
    context = letter_context(text, told, names=names, written_on=written_on, has_paper=True)
    return context, text.language
