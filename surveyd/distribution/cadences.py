"""A program's cadence given by a person: read, checked, kept. Waves that are launched keep their own."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution.cadence import INVITATION, REMINDER, USUAL, Cadence, Step, read_window, written_step
from surveyd.distribution.cadence_models import ProgramCadence
from surveyd.distribution.mails import LANGUAGES
from surveyd.distribution.models import Channel, Program
from surveyd.people.audit import record

MAILS = (INVITATION, REMINDER)
CALL = "call"
KINDS = (*MAILS, CALL)
"""What a step can do: send one of the mails, or put the person on the call list."""
NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
MOST_STEPS, LAST_DAY = 12, 180
FORM = "NAME:KIND:DAY[:HH-HH[:mon-fri|all[:LANGUAGE]]]"


def set_cadence(
    session: Session, program: Program, cadence: Cadence, *, by: int | None, now: datetime
) -> None:
    """Give the program's next waves these steps. Raises Refused for what cannot be a cadence."""
    check_cadence(cadence)
    steps = [written_step(step) for step in cadence.steps]
    session.merge(ProgramCadence(program_id=program.id, steps=steps, close_day=cadence.close_day))
    session.flush()
    facts: dict[str, str | int] = {
        "steps": " ".join(map(step_text, cadence.steps)),
        "close_day": cadence.close_day,
    }
    record(session, action="cadence", thing="program", thing_id=program.id, by=by, now=now, facts=facts)


def check_cadence(cadence: Cadence) -> None:
    """Raise Refused, with what to write instead, for the first thing that cannot be."""
    steps = cadence.steps
    if not steps or steps[0].name != INVITATION or steps[0].mail != INVITATION or steps[0].day:
        raise Refused("A cadence begins with the invitation, named invitation, on day 0.")
    if len(steps) > MOST_STEPS:
        raise Refused("A cadence has at most 12 steps.")
    for step in steps:
        _check_step(step)
    for before, step in pairwise(steps):
        _check_next(before, step)
    if len({step.name for step in steps}) < len(steps):
        raise Refused("Two steps have the same name; give each its own.")
    if not steps[-1].day < cadence.close_day <= LAST_DAY:
        raise Refused(
            f"Close after the last step, on day {steps[-1].day}, and on day {LAST_DAY} at the latest."
        )


def new_step(name: str, kind: str, day: int, *, hours: str = "", days: str = "", language: str = "") -> Step:
    """A step as a person says it; without hours and days the program's hold. Raises Refused."""
    if kind not in KINDS:
        raise Refused(f"The kind {kind!r} is not known; write {', '.join(KINDS[:-1])} or {KINDS[-1]}.")
    window = read_window(hours or "00-24", days or "mon-fri") if hours or days else None
    if kind == CALL:
        return Step(name, Channel.PHONE, day, "", window)
    return Step(name, Channel.MAIL, day, kind, window, language)


def read_step(text: str) -> Step:
    """A step as the command line has it, `NAME:KIND:DAY` and what else there is. Raises Refused."""
    name, kind, day, hours, days, language, *rest = (*text.split(":"), "", "", "", "", "")
    if any(rest) or not day.isdecimal():
        raise Refused(f"The step {text!r} is not understood; write {FORM}, such as second:reminder:21:09-12.")
    return new_step(name, kind, int(day), hours=hours, days=days, language=language)


def step_text(step: Step) -> str:
    """A step as `read_step` takes it."""
    parts = [step.name, step.mail or CALL, str(step.day)]
    if step.window or step.language:
        own = step.window
        parts += (
            [f"{own.start:02}-{own.end:02}", "mon-fri" if own.workdays_only else "all"] if own else ["", ""]
        )
    return ":".join([*parts, step.language] if step.language else parts)


def read_steps(texts: Sequence[str], *, close_day: int) -> Cadence:
    """A cadence out of its steps' texts; checked when it is kept."""
    return Cadence(tuple(read_step(text) for text in texts), close_day)


def is_usual(cadence: Cadence) -> bool:
    """Whether nobody has changed it."""
    return cadence == USUAL


def _check_step(step: Step) -> None:
    if not NAME.fullmatch(step.name) or step.name.startswith("wished"):
        raise Refused(
            f"The name {step.name!r} does not do; use small letters, digits and dashes, such as last-call."
        )
    if step.language and step.language not in LANGUAGES:
        raise Refused(
            f"There are no mails in {step.language!r}; write one of {', '.join(LANGUAGES)}, or nothing."
        )
    if not 0 <= step.day <= LAST_DAY:
        raise Refused(f"The step {step.name} is on day {step.day}; days go from 0 to {LAST_DAY}.")


def _check_next(before: Step, step: Step) -> None:
    if step.day <= before.day:
        raise Refused(
            f"The step {step.name} is on day {step.day}, and {before.name} before it on day {before.day};"
            " days go up from step to step."
        )
    if step.mail == INVITATION:
        raise Refused(f"The step {step.name} invites again; choose a reminder or a call.")
