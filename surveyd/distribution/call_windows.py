"""When calls may be made: in the hours of their own step, where it has some, or else in the program's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.cadence import Window, plain_step, read_cadence
from surveyd.distribution.cadence_models import WaveCadence
from surveyd.distribution.call_models import Call
from surveyd.distribution.days_off import days_off_of
from surveyd.distribution.models import Channel, Invitation, Program, Touch, Wave, WaveState
from surveyd.distribution.programs import window_of

Windows = Mapping[str, Window]
"""The hours of the calls that have some of their own, by the step's name."""


def windows_in(steps: Sequence[dict[str, Any]] | None) -> Windows:
    """The calls' own hours in a wave's steps as its row has them; None are those of a wave without a row."""
    found = read_cadence(steps or (), 0).steps
    return {step.name: step.window for step in found if step.window and step.channel is Channel.PHONE}


def own_windows(session: Session) -> dict[int, Windows]:
    """Of each open wave that has calls with hours of their own: these hours."""
    rows = session.execute(
        select(WaveCadence.wave_id, WaveCadence.steps)
        .join(Wave, Wave.id == WaveCadence.wave_id)
        .where(Wave.state == WaveState.OPEN)
    )
    found = {row.wave_id: windows_in(row.steps) for row in rows}
    return {wave_id: windows for wave_id, windows in found.items() if windows}


def window_for(program: Program, windows: Windows, step: str | None) -> Window:
    """The hours of a call that comes from a step; what somebody asked for has the program's."""
    return windows.get(plain_step(step or "")) or window_of(program)


def next_chance(session: Session, call: Call, instant: datetime, *, now: datetime) -> datetime:
    """When the person of a call may be called, at `instant` or the next time that is open and not off."""
    row = session.execute(
        select(Program, Invitation.time_zone, Touch.step, WaveCadence.steps)
        .select_from(Touch)
        .join(Invitation, Invitation.id == Touch.invitation_id)
        .join(Wave, Wave.id == Touch.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .outerjoin(WaveCadence, WaveCadence.wave_id == Wave.id)
        .where(Touch.id == call.touch_id)
    ).one()
    window = window_for(row.Program, windows_in(row.steps), row.step)
    off = days_off_of(session, row.Program.id, call.country, since=now)
    return window.opens(instant, zone_named(row.time_zone), off)
