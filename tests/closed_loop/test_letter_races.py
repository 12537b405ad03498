"""Two at the same letter at once: whoever must not be mailed gets none, and no text is lost."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.errors import Refused
from surveyd.closed_loop import letters
from surveyd.closed_loop.letter_files import default_texts
from surveyd.closed_loop.letter_sending import queue_chunk
from surveyd.closed_loop.letter_texts import Variant
from surveyd.closed_loop.models import Audience, Letter, LetterAction, LetterVariant
from surveyd.distribution import waves
from surveyd.distribution.models import MessageState, Wave
from surveyd.distribution.suppressions import opt_out, suppress
from tests.closed_loop.desks import Desk
from tests.fixtures.apps import NOW

A_MOMENT = 0.5
Work = Callable[[Session], object]
DEFAULT = default_texts("en")[0]


def meanwhile(desk: Desk, first: Work, then: Callable[[], object]) -> Future[object]:
    """Begin `first`, let another thread do `then` for a moment, commit `first`; `then` as it has ended."""
    with ThreadPoolExecutor(1) as pool:
        with desk.writer() as session:
            first(session)
            other = pool.submit(then)
            wait([other], timeout=A_MOMENT)
        wait([other])
    return other


def committed(desk: Desk, work: Work) -> Callable[[], object]:
    def run() -> object:
        with desk.writer() as session:
            return work(session)

    return run


def opt_anna_out(session: Session, desk: Desk) -> None:
    opt_out(session, desk.people.anna.id, now=NOW)


def suppress_anna(session: Session, desk: Desk) -> None:
    suppress(session, "anna@nordwind.test", reason="bounced", now=NOW)


def cancel_wave(session: Session, desk: Desk) -> None:
    waves.cancel(session, session.get_one(Wave, desk.wave_id), now=NOW)


STOPS = pytest.mark.parametrize("stop", [opt_anna_out, suppress_anna, cancel_wave])


def anna_is_owed(desk: Desk) -> bool:
    hers = [mail for mail in desk.messages() if mail.contact_id == desk.people.anna.id]
    return any(mail.state is MessageState.QUEUED for mail in hers)


@STOPS
def test_a_stop_before_the_chunk_ends_leaves_no_letter(
    desk: Desk, stop: Callable[[Session, Desk], None]
) -> None:
    desk.send()
    meanwhile(desk, lambda session: stop(session, desk), desk.job).result()
    assert not anna_is_owed(desk)


@STOPS
def test_a_stop_while_the_chunk_is_written_takes_its_letter_back(
    desk: Desk, stop: Callable[[Session, Desk], None]
) -> None:
    def chunk(session: Session) -> None:
        letter = session.get_one(Letter, desk.letter_id)
        assert queue_chunk(session, letter, now=NOW, system_now=system_now(), mail_domain="m.test")

    desk.send()
    meanwhile(desk, chunk, committed(desk, lambda session: stop(session, desk))).result()
    assert desk.messages()
    assert not anna_is_owed(desk)


def test_an_opt_out_a_second_time_stops_what_was_queued_since(desk: Desk) -> None:
    desk.send()
    desk.job()
    committed(desk, lambda session: opt_anna_out(session, desk))()
    with desk.writer() as session:
        for mail in desk.messages():
            session.merge(mail).state = MessageState.QUEUED
    with desk.writer() as session:
        assert not opt_out(session, desk.people.anna.id, now=NOW)
    assert not anna_is_owed(desk)


def text_for(audience: Audience) -> Variant:
    return Variant(audience, "en", DEFAULT.subject, DEFAULT.paragraphs, DEFAULT.signature)


def test_two_editors_at_once_lose_no_text(desk: Desk) -> None:
    def write(audience: Audience) -> Work:
        def work(session: Session) -> None:
            letter = session.get_one(Letter, desk.letter_id)
            letters.write_text(session, letter, text_for(audience), by=None, now=NOW)

        return work

    meanwhile(desk, write(Audience.TRAPPED), committed(desk, write(Audience.HIGH_RISK))).result()

    with desk.reader() as session:
        content = letters.content_now(session, session.get_one(Letter, desk.letter_id))
    assert {text.audience for text in content.variants} == {
        Audience.DEFAULT, Audience.SILENT, Audience.TRAPPED, Audience.HIGH_RISK,
    }  # fmt: skip


@pytest.fixture
def unwritten(desk: Desk) -> Desk:
    """The wave before anybody began its letter."""
    with desk.writer() as session:
        for table in (LetterVariant, LetterAction, Letter):
            session.execute(delete(table))
    return desk


def begin(desk: Desk) -> Work:
    return lambda session: letters.begin_letter(
        session, session.get_one(Wave, desk.wave_id), by=None, now=NOW
    )


def test_of_two_who_begin_a_letter_at_once_the_second_is_told(unwritten: Desk) -> None:
    other = meanwhile(unwritten, begin(unwritten), committed(unwritten, begin(unwritten)))
    with pytest.raises(Refused, match="change that one"):
        other.result()
    with unwritten.reader() as session:
        assert session.query(Letter).count() == 1


def test_a_letter_that_somebody_else_begins_at_the_same_moment_is_written_over(unwritten: Desk) -> None:
    def write(session: Session) -> None:
        wave = session.get_one(Wave, unwritten.wave_id)
        letters.write_letter(session, wave, [DEFAULT], by=None, now=NOW)

    meanwhile(unwritten, begin(unwritten), committed(unwritten, write)).result()

    with unwritten.reader() as session:
        letter = session.query(Letter).one()
        assert letters.content_now(session, letter).variants == (DEFAULT,)
