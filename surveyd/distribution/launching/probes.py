"""Probes: a wave's first mail, sent to mailboxes of our own, and what became of each.

A probe takes the way of every other mail: a row of the outbox, the relay, a signed return path. It belongs to
no contact and no wave's counts. Its own token, signed as return paths are, says which one came back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.sending_domain import Seed
from surveyd.base.tokens import Keys
from surveyd.distribution import outbox
from surveyd.distribution.cadence import Step, cadence_of
from surveyd.distribution.invitations import run
from surveyd.distribution.launching.arrivals import judgement_in, probe_named, read_head
from surveyd.distribution.mail_templates import template_of
from surveyd.distribution.mail_tests import EXAMPLE, context_as, on_letterhead, preview_path
from surveyd.distribution.models import Channel, Message, MessageState, Program, Wave, WaveState
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.probe_models import LaunchProbe
from surveyd.distribution.stationery import PROBE, TEMPLATE, TESTED
from surveyd.people.audit import record

ARRIVES_WITHIN = timedelta(minutes=10)
HOLDS = timedelta(days=7)
"""So long what a probe has shown is believed."""
UNDELIVERED = (MessageState.FAILED, MessageState.SUPPRESSED, MessageState.CANCELLED, MessageState.HELD)


class Phase(StrEnum):
    """How far a probe is."""

    WAITING = "waiting"
    UNDELIVERED = "undelivered"
    LOST = "lost"
    ARRIVED = "arrived"
    OLD = "old"
    OTHER_SENDER = "other_sender"


@dataclass(frozen=True, slots=True)
class Probe:
    """The last probe of a wave to one seed box, as it stands at the time of reading.

    `seconds` is how long it took from the relay's hands, or from the asking, to its arrival. `spf`, `dkim`
    and `dmarc` are what `server` said of it, empty where it said nothing.
    """

    seed: str
    phase: Phase
    seconds: int = 0
    is_judged: bool = False
    server: str = ""
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    is_junk: bool = False
    covers_opt_out: bool | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an arrived mail was: the wave of a genuine probe, and whether it came for the first time."""

    wave_id: int | None
    is_new: bool


def send_probes(
    session: Session,
    wave: Wave,
    program: Program,
    *,
    seeds: Sequence[Seed],
    by: int | None,
    now: datetime,
    mail_domain: str,
) -> int:
    """Queue the wave's first mail for each seed box that has none on its way; returns how many.

    Its links ask nobody and opt nobody out. Raises Refused without a seed box, for a launched wave, and while
    all are on their way.
    """
    if wave.state is not WaveState.SCHEDULED:
        raise Refused(f"The wave {wave.slug} is {wave.state.value}; only a scheduled wave is probed.")
    if not seeds:
        raise Refused("No seed box is named; the operator does so in SURVEYD_SEEDS.")
    waiting = {
        probe.seed for probe in read_probes(session, wave, program, now=now) if probe.phase is Phase.WAITING
    }
    due = [seed for seed in seeds if seed.address not in waiting]
    if not due:
        raise Refused("A probe is on its way; give it ten minutes before you send another one.")
    step = _first_mail(session, wave)
    for seed in due:
        _send(session, wave, program, step, seed, by=by, now=now, mail_domain=mail_domain)
    record(session, action="probe", thing="wave", thing_id=wave.id, by=by, now=now, facts={"mails": len(due)})
    return len(due)


def read_probes(session: Session, wave: Wave, program: Program, *, now: datetime) -> tuple[Probe, ...]:
    """The last probe of a wave to each seed box."""
    rows = session.execute(
        select(LaunchProbe, Message.state, Message.sent_at)
        .outerjoin(Message, Message.id == LaunchProbe.message_id)
        .where(LaunchProbe.wave_id == wave.id)
        .order_by(LaunchProbe.id)
    )
    latest = {row.LaunchProbe.seed: row for row in rows}
    return tuple(
        _read(row.LaunchProbe, row.state, row.sent_at, sender=program.sender, now=now)
        for row in latest.values()
    )


def take_probe(
    session: Session, raw: bytes, *, keys: Keys, seeds: Sequence[Seed], now: datetime
) -> Arrival | None:
    """Note that a probe arrived, and what its receiver wrote above it; None for a mail that is none.

    One that is forged, unknown or comes again changes nothing. The mail is not kept. Never raises for what
    the bytes are.
    """
    head = read_head(raw)
    if not head.is_probe:
        return None
    probe_id = probe_named(head, keys)
    probe = session.get(LaunchProbe, probe_id) if probe_id is not None else None
    if probe is None:
        return Arrival(None, is_new=False)
    server = next((seed.server for seed in seeds if seed.address == probe.seed), "")
    judged = judgement_in(head, server)
    values = {"arrived_at": now, "is_junk": head.is_junk, "covers_opt_out": head.covers_opt_out}
    if judged is not None:
        values |= {
            "is_judged": True,
            "server": judged.server,
            "spf": judged.spf,
            "dkim": judged.dkim,
            "dmarc": judged.dmarc,
        }
    first = (LaunchProbe.id == probe.id, LaunchProbe.arrived_at.is_(None))
    is_new = bool(run(session, update(LaunchProbe).where(*first).values(**values)))
    session.refresh(probe)
    return Arrival(probe.wave_id, is_new=is_new)


def _first_mail(session: Session, wave: Wave) -> Step:
    steps = cadence_of(session, wave).steps
    first = next((step for step in steps if step.channel is Channel.MAIL), None)
    if first is None:
        raise Refused(f"The wave {wave.slug} sends no mail, so there is nothing to probe.")
    return first


def _send(
    session: Session,
    wave: Wave,
    program: Program,
    step: Step,
    seed: Seed,
    *,
    by: int | None,
    now: datetime,
    mail_domain: str,
) -> None:
    probe = LaunchProbe(
        wave_id=wave.id, seed=seed.address, sender=program.sender, asked_at=now, asked_by_id=by
    )
    session.add(probe)
    session.flush()
    language = step.language or program.language
    template = template_of(session, program.id, step.mail, language)
    context = context_as(session, program, to=EXAMPLE, now=now) | on_letterhead(session, program.id)
    context |= {TESTED: step.mail, PROBE: probe.id, "path": preview_path(session, program)}
    key = f"{PROBE}:{probe.id}"
    mail = NewMessage(
        dedup_key=key,
        name=PROBE,
        step=PROBE,
        language=language,
        recipient=seed.address,
        context=context if template is None else context | {TEMPLATE: template.id},
        program_id=program.id,
        due_at=now,
        created_at=now,
    )
    outbox.queue(session, [mail], mail_domain=mail_domain)
    probe.message_id = session.scalar(select(Message.id).where(Message.dedup_key == key))
    session.flush()


def _read(
    row: LaunchProbe, state: MessageState | None, sent_at: datetime | None, *, sender: str, now: datetime
) -> Probe:
    since = sent_at or row.asked_at
    seconds = int((row.arrived_at - since).total_seconds()) if row.arrived_at else 0
    return Probe(
        seed=row.seed,
        phase=_phase(row, state, sent_at, sender=sender, now=now),
        seconds=max(0, seconds),
        is_judged=row.is_judged,
        server=row.server,
        spf=row.spf,
        dkim=row.dkim,
        dmarc=row.dmarc,
        is_junk=row.is_junk,
        covers_opt_out=row.covers_opt_out,
    )


def _phase(
    row: LaunchProbe, state: MessageState | None, sent_at: datetime | None, *, sender: str, now: datetime
) -> Phase:
    if row.sender != sender:
        return Phase.OTHER_SENDER
    if now - (row.arrived_at or row.asked_at) > HOLDS:
        return Phase.OLD
    if row.arrived_at is not None:
        return Phase.ARRIVED
    if state in UNDELIVERED:
        return Phase.UNDELIVERED
    if now - (sent_at or row.asked_at) < ARRIVES_WITHIN:
        return Phase.WAITING
    return Phase.UNDELIVERED if sent_at is None else Phase.LOST
