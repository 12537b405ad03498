"""A program's cadence as a person gives it, and what a launched wave keeps of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.distribution import waves
from surveyd.distribution.cadence import (
    USUAL,
    Cadence,
    Step,
    Window,
    cadence_of,
    cadence_of_program,
    read_cadence,
    written_step,
)
from surveyd.distribution.cadences import (
    check_cadence,
    new_step,
    read_step,
    read_steps,
    set_cadence,
    step_text,
)
from surveyd.distribution.models import Channel, Message, Wave
from tests.distribution.conftest import Post, make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast

LONG = ("invitation:invitation:0", "early:call:3:09-12", "nudge:reminder:7", "last:reminder:21:00-24:all:fr")


def give(session: Session, wave: Wave, *steps: str, close_day: int = 30) -> None:
    """Give the wave's program these steps."""
    program = waves.program_of(session, wave)
    set_cadence(session, program, read_steps(steps, close_day=close_day), by=None, now=NOW)


def test_without_another_a_program_has_the_usual_one(session: Session) -> None:
    wave = make_wave(session)
    assert cadence_of_program(session, waves.program_of(session, wave)) == USUAL == cadence_of(session, wave)


def test_a_wave_keeps_what_it_was_launched_with(writer: Transaction, cast: Cast) -> None:
    with writer() as session:
        wave, later = make_wave(session), make_wave(session, "w2")
        give(session, wave, *LONG)
        waves.launch(session, wave, now=NOW, by=None)
        assert wave.closes_at == NOW + timedelta(days=30)
        give(session, wave, LONG[0], close_day=9)
        assert cadence_of(session, wave).names() == ("invitation", "early", "nudge", "last")
        assert cadence_of_program(session, waves.program_of(session, wave)).names() == ("invitation",)
        assert cadence_of(session, later) == USUAL


def test_each_step_goes_out_as_its_mail_in_its_window_and_language(
    post: Post, writer: Transaction, cast: Cast
) -> None:
    with writer() as session:
        waves.cancel(session, session.get_one(Wave, post.wave_id), now=NOW)
        wave = make_wave(session, "w2")
        give(session, wave, LONG[0], "nudge:reminder:7", "last:reminder:21:00-06:all:fr", "ring:call:22")
        waves.launch(session, wave, now=NOW, by=None)
        mine = replace(post, wave_id=wave.id)
    mine.prepare()
    for day in (0, 7, 21):
        mine.go_to(NOW + timedelta(days=day))
        mine.release()
    # At ten in the morning in Berlin the window of the last mail is shut: it opens at midnight.
    mine.go_to(datetime(2026, 3, 31, 22, tzinfo=UTC))
    assert mine.release().messages == 3
    mine.go_to(NOW + timedelta(days=22))
    assert mine.release().calls == 3
    said = (
        select(Message.step, Message.name, Message.language).where(Message.wave_id == mine.wave_id).distinct()
    )
    with writer() as session:
        assert {tuple(row) for row in session.execute(said)} == {
            ("invitation", "invitation", "en"),
            ("invitation", "invitation", "de"),
            ("nudge", "reminder", "en"),
            ("nudge", "reminder", "de"),
            ("last", "reminder", "fr"),
        }


@pytest.mark.parametrize(
    ("steps", "close_day", "told"),
    [
        ((), 30, "begins with the invitation"),
        (("nudge:reminder:0",), 30, "begins with the invitation"),
        (("invitation:invitation:1",), 30, "begins with the invitation"),
        (("invitation:invitation:0", "nudge:reminder:0"), 30, "days go up"),
        (("invitation:invitation:0", "b:reminder:9", "a:reminder:8"), 30, "days go up"),
        (("invitation:invitation:0", "again:invitation:9"), 30, "invites again"),
        (("invitation:invitation:0", "a:reminder:8", "a:call:9"), 30, "same name"),
        (("invitation:invitation:0", "a:reminder:8"), 8, "Close after the last step"),
        (("invitation:invitation:0",), 181, "day 180"),
        (("invitation:invitation:0", "a:reminder:200"), 30, "days go from 0 to 180"),
        (("invitation:invitation:0", "reminder_2:reminder:8"), 30, "does not do"),
        (("invitation:invitation:0", "wished:reminder:8"), 30, "does not do"),
        (("invitation:invitation:0", "A b:reminder:8"), 30, "does not do"),
        (("invitation:invitation:0", "<b>:reminder:8"), 30, "does not do"),
        (("invitation:invitation:0", "a:reminder:8:::xx"), 30, "There are no mails in"),
        (("invitation:invitation:0", *(f"s{day}:reminder:{day}" for day in range(1, 13))), 30, "12 steps"),
        (("invitation:invitation",), 30, "not understood"),
        (("invitation:invitation:x",), 30, "not understood"),
        (("a:b:1:08-18:all:en:more",), 30, "not understood"),
        (("invitation:letter:0",), 30, "kind 'letter' is not known"),
        (("invitation:invitation:0:18-08",), 30, "window"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write(
    steps: tuple[str, ...], close_day: int, told: str
) -> None:
    with pytest.raises(Refused, match=told):
        check_cadence(read_steps(steps, close_day=close_day))


def test_a_step_is_read_as_it_is_written() -> None:
    assert read_step("last:reminder:21:09-12:all:fr") == Step(
        "last", Channel.MAIL, 21, "reminder", Window(9, 12, workdays_only=False), "fr"
    )
    assert read_step("ring:call:28") == Step("ring", Channel.PHONE, 28)
    assert new_step("a", "reminder", 3, days="all").window == Window(0, 24, workdays_only=False)


WINDOWS = st.none() | st.tuples(st.integers(0, 23), st.integers(1, 24), st.booleans()).filter(
    lambda window: window[0] < window[1]
).map(lambda window: Window(*window))


@given(
    st.lists(st.tuples(st.sampled_from(["reminder", "call"]), WINDOWS), max_size=8),
    st.sets(st.integers(1, 100), min_size=8, max_size=8),
)
def test_every_cadence_comes_back_as_it_was_kept_and_as_it_was_typed(
    kinds: list[tuple[str, Window | None]], days: set[int]
) -> None:
    steps = [new_step("invitation", "invitation", 0)]
    for number, ((kind, window), day) in enumerate(zip(kinds, sorted(days), strict=False)):
        channel = Channel.PHONE if kind == "call" else Channel.MAIL
        steps.append(Step(f"s{number}", channel, day, "" if kind == "call" else kind, window))
    cadence = Cadence(tuple(steps), 150)
    check_cadence(cadence)
    assert read_cadence([written_step(step) for step in steps], 150) == cadence
    assert read_steps([step_text(step) for step in steps], close_day=150) == cadence
