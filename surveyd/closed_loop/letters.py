"""The letter of a wave: written, its actions chosen, approved by an executive, sent.

What is approved is kept whole, and that alone is sent. Whatever changes a letter after its approval makes it
a draft again; while it is sent, and afterwards, nothing does. Of two people at once one wins, by a
conditional UPDATE on the letter's own row.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import insert_new
from surveyd.base.errors import NotFound, Refused
from surveyd.closed_loop.letter_files import default_texts
from surveyd.closed_loop.letter_texts import Content, Point, Variant, checked, content_of, language_of
from surveyd.closed_loop.models import (
    ActionStatus,
    Audience,
    ImprovementAction,
    Letter,
    LetterAction,
    LetterState,
    LetterVariant,
)
from surveyd.distribution.invitations import run
from surveyd.distribution.mails import LANGUAGES
from surveyd.distribution.models import Invitation, Program, Wave, WaveState
from surveyd.people.audit import record
from surveyd.people.models import StaffRole, User

THING = "letter"
EDITABLE = (LetterState.DRAFT, LetterState.APPROVED)
SENDABLE = (LetterState.APPROVED, LetterState.SENT)
SENT_FROM = (WaveState.OPEN, WaveState.CLOSED)


def find_letter(session: Session, wave: Wave) -> Letter:
    """The letter of the wave. Raises NotFound when none is written."""
    letter = session.scalar(select(Letter).where(Letter.wave_id == wave.id))
    if letter is None:
        raise NotFound("letter of the wave", wave.slug)
    return letter


def begin_letter(session: Session, wave: Wave, *, by: int | None, now: datetime) -> Letter:
    """Write a draft with good default texts and every done action that no letter has told of yet.

    Raises Refused when there is a letter, and for a wave that was not launched.
    """
    if session.scalar(select(Letter.id).where(Letter.wave_id == wave.id)) is not None:
        raise Refused(f"The wave {wave.slug} has its letter already; change that one.")
    letter = _new_letter(session, wave, now)
    if content_now(session, letter).variants:
        raise Refused(f"Somebody else has just begun the letter of the wave {wave.slug}; change that one.")
    texts = [text for language in _languages(session, wave) for text in default_texts(language)]
    _put_texts(session, letter, texts)
    _put_actions(session, letter, _suggested(session))
    record(session, action="write", thing=THING, thing_id=letter.id, by=by, now=now)
    return letter


def write_letter(
    session: Session,
    wave: Wave,
    texts: Sequence[Variant],
    *,
    by: int | None,
    now: datetime,
    action_ids: Sequence[int] | None = None,
) -> Letter:
    """Make these texts, and these actions if any are named, the whole letter; the same again changes nothing.

    A letter that did not exist begins with the suggested actions. Raises Refused for a text that cannot be
    sent, without a text for everybody, for an unknown action, and once the letter is being sent.
    """
    clean = [checked(text) for text in texts]
    if not Content(tuple(clean), ()).has(Audience.DEFAULT):
        raise Refused("A letter needs a text for everybody: write one for the audience default.")
    letter = session.scalar(select(Letter).where(Letter.wave_id == wave.id))
    if letter is None:
        letter = _new_letter(session, wave, now)
    _lock(session, letter)
    before = content_now(session, letter)
    if action_ids is None and not before.variants:
        action_ids = _suggested(session)
    _put_texts(session, letter, clean)
    if action_ids is not None:
        _put_actions(session, letter, action_ids)
    _changed(session, letter, before, by=by, now=now)
    return letter


def write_text(session: Session, letter: Letter, text: Variant, *, by: int | None, now: datetime) -> None:
    """Write or rewrite the text of one audience in one language. Raises Refused as `write_letter` does."""
    clean = checked(text)
    _lock(session, letter)
    before = content_now(session, letter)
    others = [one for one in before.variants if one.key != clean.key]
    _put_texts(session, letter, [*others, clean])
    _changed(session, letter, before, by=by, now=now)


def drop_text(
    session: Session, letter: Letter, *, audience: Audience, language: str, by: int | None, now: datetime
) -> None:
    """Take one text away: its readers get the one for everybody. The last one for everybody stays."""
    _lock(session, letter)
    before = content_now(session, letter)
    others = [one for one in before.variants if one.key != (audience.value, language)]
    if not Content(tuple(others), ()).has(Audience.DEFAULT):
        raise Refused("This is the text for everybody; a letter needs it.")
    _put_texts(session, letter, others)
    _changed(session, letter, before, by=by, now=now)


def choose_actions(
    session: Session, letter: Letter, action_ids: Sequence[int], *, by: int | None, now: datetime
) -> None:
    """Tell of these actions, in this order. Raises Refused for an unknown one, and once it is being sent."""
    _lock(session, letter)
    before = content_now(session, letter)
    _put_actions(session, letter, action_ids)
    _changed(session, letter, before, by=by, now=now)


def approve(session: Session, letter: Letter, *, by: User, now: datetime, seen: str = "") -> None:
    """Approve what the letter says now. `seen` is the digest of what the executive has read, if known.

    Raises Refused for anybody but an active executive, when the letter changed since it was read, and once
    it is being sent. Approving the same content twice changes nothing.
    """
    if by.role is not StaffRole.EXECUTIVE or not by.active:
        raise Refused("A letter is approved by an executive; ask one to do it.")
    _lock(session, letter)
    content = content_now(session, letter)
    if seen and seen != content.digest:
        raise Refused("The letter has changed since you read it; read it again, then approve it.")
    if letter.state is LetterState.APPROVED and letter.digest == content.digest:
        return
    letter.state, letter.content, letter.digest = LetterState.APPROVED, content.as_json(), content.digest
    letter.approved_at, letter.approved_by_id, letter.updated_at = now, by.id, now
    session.flush()
    facts = {"digest": content.digest}
    record(session, action="approve", thing=THING, thing_id=letter.id, by=by.id, now=now, facts=facts)


def send(session: Session, letter: Letter, *, to_silent: bool, by: int | None, now: datetime) -> None:
    """Let the approved letter go to everybody who answered, and to the others if `to_silent`.

    The letters themselves are queued behind this, in chunks. Sent again it reaches those who have answered
    since. Raises Refused when it is not approved, changed since, or on its way, and as `require_closed` does.
    """
    wave = session.get_one(Wave, letter.wave_id)
    if wave.state not in SENT_FROM:
        raise Refused(f"The wave {wave.slug} is {wave.state.value}; a letter follows one that was asked.")
    if letter.state is LetterState.SENDING:
        raise Refused("The letter is on its way already.")
    if letter.state not in SENDABLE:
        raise Refused("The letter is a draft; an executive approves it first.")
    if letter.state is LetterState.APPROVED and content_now(session, letter).digest != letter.digest:
        raise Refused("The letter has changed since its approval; an executive approves it again first.")
    if to_silent and not content_of(letter.content).has(Audience.SILENT):
        raise Refused(
            "The letter has no text for those who did not answer; write one for the audience silent."
        )
    if to_silent:
        require_closed(wave)
    values = {"state": LetterState.SENDING, "to_silent": to_silent, "queued_to": 0, "begun_at": now}
    same = (Letter.id == letter.id, Letter.state.in_(SENDABLE), Letter.digest == letter.digest)
    won = run(session, update(Letter).where(*same).values(**values, sent_at=None, updated_at=now))
    session.refresh(letter)
    if not won:
        raise Refused("Somebody else has just sent or changed the letter; look at it again.")
    facts: dict[str, str | int] = {"digest": letter.digest, "to_silent": int(to_silent)}
    record(session, action="send", thing=THING, thing_id=letter.id, by=by, now=now, facts=facts)


def require_closed(wave: Wave) -> None:
    """Raises Refused while somebody who did not answer still may: nobody is told so who then answers."""
    if wave.state is not WaveState.CLOSED:
        raise Refused(
            f"The wave {wave.slug} is not closed: who did not answer still may. "
            "Send the letter to those who answered; the others can get it when the wave is closed."
        )


def content_now(session: Session, letter: Letter) -> Content:
    """What the letter says as it stands, whether it was approved or not."""
    rows = session.scalars(select(LetterVariant).where(LetterVariant.letter_id == letter.id))
    variants = [
        Variant(row.audience, row.language, row.subject, tuple(row.paragraphs), row.signature) for row in rows
    ]
    told = session.scalars(
        select(ImprovementAction)
        .join(LetterAction, LetterAction.action_id == ImprovementAction.id)
        .where(LetterAction.letter_id == letter.id)
        .order_by(LetterAction.place)
    )
    points = tuple(Point(one.id, one.region, one.heard, one.changed, one.will_change) for one in told)
    return Content(tuple(sorted(variants, key=lambda one: one.key)), points)


def text_of(session: Session, letter: Letter, *, audience: Audience, language: str) -> Variant:
    """The text of one audience in one language; where there is none yet, one to begin it with."""
    known = {text.key: text for text in content_now(session, letter).variants}
    if (found := known.get((audience.value, language))) is not None:
        return found
    begins = {text.key: text for text in default_texts(language)}
    wider = Audience.SILENT if audience is Audience.SILENT else Audience.DEFAULT
    base = known.get((wider.value, language), begins[wider.value, language])
    return replace(base, audience=audience)


def _new_letter(session: Session, wave: Wave, now: datetime) -> Letter:
    """The wave's letter, made now; without a text, unless somebody else has made it at the same moment."""
    if wave.launched_at is None:
        raise Refused(f"The wave {wave.slug} was not launched; a letter follows one that was.")
    row = {"wave_id": wave.id, "created_at": now, "updated_at": now}
    insert_new(session, Letter, [row], unique=["wave_id"])
    return find_letter(session, wave)


def _languages(session: Session, wave: Wave) -> list[str]:
    """The languages of the wave's people that letters are written in, the program's first."""
    program = session.get_one(Program, wave.program_id)
    asked = session.scalars(select(Invitation.language).where(Invitation.wave_id == wave.id).distinct())
    wanted = [language_of(program.language), *sorted(map(language_of, asked))]
    return list(dict.fromkeys(filter(None, wanted))) or [next(iter(LANGUAGES))]


def _suggested(session: Session) -> list[int]:
    """What is done and no other letter has told of, the oldest first."""
    told = select(LetterAction.action_id).join(Letter, Letter.id == LetterAction.letter_id)
    done = select(ImprovementAction.id).where(
        ImprovementAction.status == ActionStatus.DONE, ImprovementAction.id.not_in(told)
    )
    return list(session.scalars(done.order_by(ImprovementAction.done_on, ImprovementAction.id)))


def _put_texts(session: Session, letter: Letter, texts: Sequence[Variant]) -> None:
    session.execute(delete(LetterVariant).where(LetterVariant.letter_id == letter.id))
    session.add_all(
        LetterVariant(
            letter_id=letter.id,
            audience=text.audience,
            language=text.language,
            subject=text.subject,
            paragraphs=list(text.paragraphs),
            signature=text.signature,
        )
        for text in texts
    )
    session.flush()


def _put_actions(session: Session, letter: Letter, action_ids: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(action_ids))
    known = set(session.scalars(select(ImprovementAction.id).where(ImprovementAction.id.in_(wanted))))
    for action_id in wanted:
        if action_id not in known:
            raise Refused(f"There is no action {action_id}; `surveyd actions` lists them.")
    session.execute(delete(LetterAction).where(LetterAction.letter_id == letter.id))
    session.add_all(
        LetterAction(letter_id=letter.id, action_id=action_id, place=place)
        for place, action_id in enumerate(wanted)
    )
    session.flush()


def _changed(session: Session, letter: Letter, before: Content, *, by: int | None, now: datetime) -> None:
    """Make it a draft if it says something else than before; its row is locked."""
    if content_now(session, letter) == before:
        return
    letter.state, letter.updated_at = LetterState.DRAFT, now
    session.flush()
    record(session, action="write", thing=THING, thing_id=letter.id, by=by, now=now)


def _lock(session: Session, letter: Letter) -> None:
    """Take the letter's row for this transaction. Raises Refused when it is being sent or was."""
    editable = (Letter.id == letter.id, Letter.state.in_(EDITABLE))
    won = run(session, update(Letter).where(*editable).values(updated_at=Letter.updated_at))
    session.refresh(letter)
    if not won:
        raise Refused("The letter is on its way or was sent; it stays as it was approved.")
