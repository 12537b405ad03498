"""Sealing a closed wave: where everybody ended is written down once, and a check value shows any change.

The value covers ids, states and the answers that were picked or counted; no names, and no words that people
typed. What comes later is kept beside the wave, in a standing wave of its own: no figure of the wave moves.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.base.statements import insert_into, table_of
from surveyd.distribution.models import (
    OWED,
    Exclusion,
    Invitation,
    Message,
    QuestionnaireVersion,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.distribution.questionnaires import read_version
from surveyd.distribution.seal_models import Seal, SealedPlace
from surveyd.distribution.standing import reconcile, standing
from surveyd.people.models import Contact
from surveyd.responses.models import Response

METHOD = "surveyd seal 1"
TYPED = frozenset({"short_text", "long_text", "email", "phone"})
"""Questions that are answered in words of one's own: they stay out of the check value."""
AT_ONCE = 1000
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Digests:
    """SHA-256 over where everybody ended and over what was answered, in hexadecimal, with the counts."""

    places: str
    answers: str
    contacts: int
    responses: int

    @property
    def check_value(self) -> str:
        """One value over both."""
        return hashlib.sha256(f"{METHOD}\n{self.places}\n{self.answers}\n".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A seal beside what the wave comes to now; `late` answers came after it and count nowhere in it."""

    seal: Seal
    now: Digests
    late: int

    @property
    def places_agree(self) -> bool:
        """Whether everybody still stands where they were sealed."""
        return self.now.places == self.seal.places_digest

    @property
    def answers_agree(self) -> bool:
        """Whether every answer is still the sealed one."""
        return self.now.answers == self.seal.answers_digest

    @property
    def holds(self) -> bool:
        """Whether nothing has changed."""
        return self.now.check_value == self.seal.check_value


def seal(session: Session, wave: Wave, *, now: datetime, by: int | None) -> Seal:
    """Freeze a closed wave. Raises Refused while it runs or mails of it are owed, and a second time."""
    _refuse_unfinished(session, wave)
    if find_seal(session, wave) is not None:
        raise Refused(f"The wave {wave.slug} is sealed already.")
    stood = reconcile(session, wave)
    row = {
        "wave_id": wave.id,
        "late_wave_id": _late_wave(session, wave, now=now),
        "sealed_at": now,
        "by_id": by,
        "contacts": stood.total,
        "responses": 0,
        "places": {"standings": stood.standings, "left_out": stood.left_out},
        "places_digest": "",
        "answers_digest": "",
        "check_value": "",
    }
    insert = insert_into(session, Seal).on_conflict_do_nothing(index_elements=["wave_id"])
    if session.execute(insert.returning(table_of(Seal).c.wave_id), row).scalar_one_or_none() is None:
        raise Refused(f"The wave {wave.slug} is sealed already.")
    _write_places(session, wave)
    made = session.get_one(Seal, wave.id)
    digests = digests_of(session, wave)
    made.places_digest, made.answers_digest = digests.places, digests.answers
    made.responses, made.check_value = digests.responses, digests.check_value
    session.flush()
    return made


def find_seal(session: Session, wave: Wave) -> Seal | None:
    """The wave's seal, None for a wave without one."""
    return session.get(Seal, wave.id)


def verify(session: Session, wave: Wave) -> Verdict:
    """Work the check value out anew from the rows. Raises NotFound for a wave that is not sealed."""
    made = find_seal(session, wave)
    if made is None:
        raise NotFound("seal of wave", wave.slug)
    return Verdict(made, digests_of(session, wave), count_late(session, made))


def count_late(session: Session, made: Seal) -> int:
    """How many answers have come since the wave was sealed."""
    late = select(func.count()).where(Response.wave_id == made.late_wave_id)
    return session.execute(late).scalar_one()


def digests_of(session: Session, wave: Wave) -> Digests:
    """The digests over a sealed wave's rows as they stand."""
    places = select(
        SealedPlace.contact_id, SealedPlace.account_id, SealedPlace.standing, SealedPlace.rule
    ).where(SealedPlace.wave_id == wave.id)
    rows = session.execute(places.order_by(SealedPlace.contact_id).execution_options(yield_per=AT_ONCE))
    contacts, places_digest = _digest(tuple(row) for row in rows)
    responses, answers_digest = _digest(_answers(session, wave))
    return Digests(places_digest, answers_digest, contacts, responses)


def _digest(lines: Iterable[object]) -> tuple[int, str]:
    """How many lines there are, and the SHA-256 of each as canonical JSON with a line end."""
    digest, count = hashlib.sha256(), 0
    for line in lines:
        written = json.dumps(line, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        digest.update(written.encode() + b"\n")
        count += 1
    return count, digest.hexdigest()


def _answers(session: Session, wave: Wave) -> Iterable[object]:
    """One line a response: ids, version, channel, when it was given, and what was picked or counted."""
    counted: dict[int, frozenset[str]] = {}
    rows = session.execute(
        select(
            Response.id,
            Response.invitation_id,
            Response.version_id,
            Response.channel,
            Response.given_at,
            Response.answers,
        )
        .where(Response.wave_id == wave.id)
        .order_by(Response.id)
        .execution_options(yield_per=AT_ONCE)
    )
    for row in rows:
        if row.version_id not in counted:
            counted[row.version_id] = _countable(session, row.version_id)
        values = {item: row.answers[item] for item in counted[row.version_id] if item in row.answers}
        yield [row.id, row.invitation_id, row.version_id, row.channel, row.given_at.isoformat(), values]


def _countable(session: Session, version_id: int) -> frozenset[str]:
    version = session.get_one(QuestionnaireVersion, version_id)
    items = read_version(version.digest, version.definition).items.values()
    return frozenset(item.id for item in items if item.kind not in TYPED)


def _refuse_unfinished(session: Session, wave: Wave) -> None:
    if wave.kind is not WaveKind.PROGRAM or wave.state is not WaveState.CLOSED:
        raise Refused(f"The wave {wave.slug} is {wave.state.value}; only a closed wave can be sealed.")
    owed = select(func.count()).where(
        Message.wave_id == wave.id, Message.touch_id.is_not(None), Message.state.in_(OWED)
    )
    left = session.execute(owed).scalar_one()
    if left:
        raise Refused(
            f"The wave {wave.slug} still owes mails: {left} of them. Send or skip what is held; then seal it."
        )


def _write_places(session: Session, wave: Wave) -> None:
    """Everybody's place, by one statement each for who was in and who was left out."""
    columns = ["wave_id", "contact_id", "account_id", "standing", "rule"]
    invited = select(
        Invitation.wave_id, Invitation.contact_id, Invitation.account_id, standing(), literal("")
    ).where(Invitation.wave_id == wave.id)
    session.execute(insert(SealedPlace).from_select(columns, invited))
    left_out = (
        select(Exclusion.wave_id, Exclusion.contact_id, Contact.account_id, literal(""), Exclusion.rule)
        .join(Contact, Contact.id == Exclusion.contact_id)
        .where(Exclusion.wave_id == wave.id)
    )
    session.execute(insert(SealedPlace).from_select(columns, left_out))


def _late_wave(session: Session, wave: Wave, *, now: datetime) -> int:
    """The standing wave that late answers hang on; its name has a blank, which no wave of a person has."""
    late = Wave(
        program_id=wave.program_id,
        slug=f"{wave.slug[:LONGEST_NAME]} late {wave.id}",
        version_id=wave.version_id,
        kind=WaveKind.STANDING,
        state=WaveState.OPEN,
        scheduled_at=now,
        launched_at=now,
        day_zero=now,
    )
    session.add(late)
    session.flush()
    return late.id
