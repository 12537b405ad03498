"""Waves as arrays: what they hold, what is kept of them, and when it is read anew."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyd.base.changes import count_change, invited_topic, wave_topic
from surveyd.base.plain_rows import plain_rows
from surveyd.base.services import Services
from surveyd.base.statements import table_of
from surveyd.closed_loop.corrections import correct
from surveyd.distribution.models import AfterSending, Invitation, Program, Wave, WaveState
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Response
from surveyd.results import shelf, wave_reading
from surveyd.results.column_files import open_columns, path_of, write_columns
from surveyd.results.columns import CHANNELS, PHASES, SEGMENTS, columns_of
from surveyd.results.models import Score
from surveyd.results.policy_models import PolicyState, ScoringPolicy
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, OFFICE, UNHAPPY, Asking, open_wave

Collect = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def asked(writer: Transaction) -> dict[str, int]:
    """Anna is unhappy, Aziz is happy, Sofie is silent: the wave, which is open, and their invitations."""
    with writer() as session:
        asking = open_wave(session, NOW)
        people = asking.people
        found = {name: asking.ask(getattr(people, name).id) for name in ("anna", "aziz", "sofie")}
        asking.answer(found["anna"], UNHAPPY | {"easy": 2})
        asking.answer(found["aziz"], HAPPY | {"easy": 5}, channel=AnswerChannel.PHONE)
        return found | {"wave": asking.wave.id, "asking_anna": people.anna.id}


@pytest.fixture
def kept(asked: dict[str, int], writer: Transaction, reader: Transaction, services: Services) -> Path:
    """The same wave, closed, and the file that its columns are kept in."""
    with writer() as session:
        session.get_one(Wave, asked["wave"]).state = WaveState.CLOSED
    assert ratings(reader, asked) == [3, 10]
    path = path_of(services.config.data / "columns", asked["wave"])
    assert path.is_file()
    return path


def ratings(reader: Transaction, asked: dict[str, int]) -> list[int]:
    """The ratings as a page sees them now."""
    with reader() as session:
        return sorted(columns_of(session, [asked["wave"]]).answered.recommendation.tolist())


def ratings_of_a_new_process(reader: Transaction, asked: dict[str, int]) -> list[int]:
    shelf.forget()
    return ratings(reader, asked)


def say(writer: Transaction, asked: dict[str, int], who: str, answers: dict[str, int | str]) -> None:
    with writer() as session:
        wave = session.get_one(Wave, asked["wave"])
        program = session.get_one(Program, wave.program_id)
        Asking(session, NOW, program, wave, None).answer(asked[who], answers)  # type: ignore[arg-type]  # nobody else is asked


def test_a_response_has_one_place(asked: dict[str, int], reader: Transaction) -> None:
    with reader() as session:
        columns = columns_of(session, [asked["wave"]])
        answered = columns.answered
        stored = session.scalars(select(Response).order_by(Response.id)).all()
    order = np.argsort(answered.response_id)

    assert answered.response_id[order].tolist() == [one.id for one in stored]
    assert answered.contact_id[order].tolist() == [one.contact_id for one in stored]
    assert answered.account_id[order].tolist() == [one.account_id for one in stored]
    assert answered.given_at[order].tolist() == [int(NOW.timestamp())] * 2
    assert [CHANNELS[code] for code in answered.channel[order]] == ["web", "phone"]
    assert [PHASES[code] for code in answered.phase[order]] == ["invitation", "call"]
    assert [SEGMENTS[code] for code in answered.segment[order]] == ["trapped", "truly_loyal"]
    assert answered.attitude[order].tolist() == [25, 100]
    assert np.isnan(answered.growth).all()
    assert answered.items["easy"][order].tolist() == [2, 5]
    assert columns.scales["easy"].index(answered.items["easy"])[order].tolist() == [25, 100]
    assert np.isnan(columns.scales["worth"].index(answered.items["worth"])).all()
    assert set(answered.wave_id) == {asked["wave"]}
    assert len(columns.asked) == len(set(columns.asked.contact_id)) == 3
    with pytest.raises(KeyError):
        answered.items["unheard-of"]


def test_waves_stand_behind_each_other(asked: dict[str, int], reader: Transaction) -> None:
    with reader() as session:
        none = columns_of(session, [])
        twice = columns_of(session, [4711, asked["wave"], asked["wave"]])
    assert (len(none.answered), len(none.asked), none.answered.recommendation.tolist()) == (0, 0, [])
    assert (len(twice.answered), len(twice.asked)) == (4, 6)
    assert sorted(twice.answered.items["easy"].tolist()) == [2, 2, 5, 5]


def test_an_open_wave_grows(asked: dict[str, int], reader: Transaction, writer: Transaction) -> None:
    assert ratings(reader, asked) == [3, 10]
    say(writer, asked, "sofie", CONTENT | {"worth": 4})
    assert ratings(reader, asked) == [3, 8, 10]
    with reader() as session:
        columns = columns_of(session, [asked["wave"]])
    assert sorted(columns.answered.items["worth"].tolist()) == [-1, -1, 4]
    assert len(columns.asked) == 3


def test_a_correction_takes_the_place_of_what_it_corrects(
    asked: dict[str, int], reader: Transaction, writer: Transaction
) -> None:
    assert ratings(reader, asked) == [3, 10]
    with writer() as session:
        session.execute(update(Program).values(after_sending=AfterSending.CORRECT))
    for number, rating in enumerate((7, 9), 1):
        _correct(writer, asked["anna"], rating, minutes=number)
        assert ratings(reader, asked) == sorted([rating, 10])


def test_a_correction_between_two_statements_counts_once(
    asked: dict[str, int], reader: Transaction, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writer() as session:
        session.execute(update(Program).values(after_sending=AfterSending.CORRECT))
    corrected: list[Sequence[Any]] = []

    def read_and_correct(session: Session, query: Any) -> Sequence[Any]:
        rows = plain_rows(session, query)
        if not corrected:
            corrected.append(rows)
            _correct(writer, asked["anna"], 7, minutes=1)
        return rows

    monkeypatch.setattr(wave_reading, "CHUNK", 1)
    monkeypatch.setattr(wave_reading, "plain_rows", read_and_correct)
    with reader() as session:
        answers = wave_reading.read_answers(session, asked["wave"], rule="1")
    assert len(corrected) == 1
    assert len(answers["response_id"]) == len(set(answers["response_id"].tolist())) == 2
    assert ratings(reader, asked) == [7, 10]


def test_of_two_scores_of_a_response_the_later_one_counts() -> None:
    answers = {"response_id": np.array([5, 4, 5, 6]), "score_id": np.array([9, 2, 3, 1])}
    found = wave_reading.latest(answers)
    assert found["response_id"].tolist() == [5, 4, 6]
    assert found["score_id"].tolist() == [9, 2, 1]
    assert wave_reading.latest(found) is found
    assert not len(wave_reading.latest({name: of[:0] for name, of in answers.items()})["score_id"])


def test_a_late_answer_is_found_below_many_ids_of_others(
    asked: dict[str, int], reader: Transaction, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another rule's scores take ids in between; then the answer with the lower id comes last."""
    monkeypatch.setattr(shelf, "OVERLAP", 1)
    say(writer, asked, "sofie", CONTENT)
    with writer() as session:
        low = session.scalars(select(Score).order_by(Score.id.desc()).limit(1)).one()
        facts = {c.key: getattr(low, c.key) for c in table_of(Score).c}
        high = session.scalars(select(Score).order_by(Score.id.desc()).offset(1).limit(1)).one()
        session.delete(low)
        session.flush()
        session.execute(update(Score).where(Score.id == high.id).values(id=facts["id"] + 5_000))
    assert ratings(reader, asked) == [3, 10]
    with writer() as session:
        session.add(Score(**facts))
        last = facts["id"] + 5_000
        session.execute(update(Score).where(Score.id == last).values(id=last + 1))
    assert ratings(reader, asked) == [3, 8, 10]


def test_a_closed_wave_is_read_from_its_file(
    asked: dict[str, int], kept: Path, reader: Transaction, statements: Collect
) -> None:
    shelf.forget()
    with statements() as said:
        assert ratings(reader, asked) == [3, 10]
    assert not [one for one in said if "inputs" in one]
    with statements() as said:
        assert ratings(reader, asked) == [3, 10]
    assert len([one for one in said if "scoring_policies" not in one]) <= 2


def test_a_late_answer_is_found(
    asked: dict[str, int], kept: Path, reader: Transaction, writer: Transaction
) -> None:
    say(writer, asked, "sofie", CONTENT)
    assert ratings(reader, asked) == [3, 8, 10]
    assert ratings_of_a_new_process(reader, asked) == [3, 8, 10]


def test_what_goes_is_counted(
    asked: dict[str, int], kept: Path, reader: Transaction, writer: Transaction
) -> None:
    with writer() as session:
        first = session.scalars(select(Response.id).order_by(Response.id).limit(1)).one()
        session.execute(delete(Score).where(Score.response_id == first))
        count_change(session, wave_topic(asked["wave"]))
    assert ratings(reader, asked) == [10]
    assert ratings_of_a_new_process(reader, asked) == [10]


def test_whoever_is_invited_later_is_counted(
    asked: dict[str, int], kept: Path, reader: Transaction, writer: Transaction
) -> None:
    with writer() as session:
        session.execute(delete(Invitation).where(Invitation.id == asked["sofie"]))
        count_change(session, invited_topic(asked["wave"]))
    for _ in range(2):
        with reader() as session:
            assert len(columns_of(session, [asked["wave"]]).asked) == 2
        shelf.forget()


def test_another_policy_has_other_scores(
    asked: dict[str, int], kept: Path, reader: Transaction, writer: Transaction
) -> None:
    with writer() as session:
        _rescore(session)
    with reader() as session:
        assert set(columns_of(session, [asked["wave"]]).answered.attitude) == {50.0}
    assert ratings_of_a_new_process(reader, asked) == [3, 10]


def _correct(writer: Transaction, invitation_id: int, rating: int, *, minutes: int) -> None:
    with writer() as session:
        correct(
            session,
            invitation_id,
            answers=UNHAPPY | {"recommend": rating},
            channel=AnswerChannel.WEB,
            now=NOW + timedelta(minutes=minutes),
            office=OFFICE,
        )


def _rescore(session: Session) -> None:
    """A second policy in force, by which everybody's attitude is 50."""
    first = session.scalars(select(ScoringPolicy)).one()
    first.state = PolicyState.RETIRED
    session.flush()
    facts = {"definition": first.definition, "proposed_at": NOW, "state": PolicyState.CURRENT}
    session.add(ScoringPolicy(version="2", title="Two", digest="2" * 64, **facts))
    for score in session.scalars(select(Score)).all():
        columns = {c.key: getattr(score, c.key) for c in table_of(Score).c if c.key != "id"}
        session.add(Score(**columns | {"rule_version": "2", "attitude": 50.0}))


@pytest.mark.parametrize("damage", ["gone", "cut", "empty", "foreign", "torn", "flipped"])
def test_a_file_that_is_no_good_is_made_anew(
    asked: dict[str, int], kept: Path, reader: Transaction, damage: str
) -> None:
    whole = kept.read_bytes()
    foreign = b"SVYCOL02" + b"\xff" * 200
    torn = whole[:20] + b"\0\0\0\0" + whole[24:]
    at = whole.index(np.array([3, 10], dtype=np.int8).tobytes(), len(whole) // 2)
    flipped = whole[:at] + b"\x07" + whole[at + 1 :]
    damaged = {"cut": whole[:-9], "flipped": flipped, "empty": b"", "foreign": foreign, "torn": torn}
    kept.unlink()
    if damage != "gone":
        kept.write_bytes(damaged[damage])
    assert ratings_of_a_new_process(reader, asked) == [3, 10]
    assert kept.read_bytes() == whole


def test_the_file_of_another_database_is_made_anew(
    asked: dict[str, int], kept: Path, reader: Transaction, writer: Transaction
) -> None:
    """After a restore the same ids may be other people's answers."""
    with writer() as session:
        session.execute(update(Score).values(scored_at=NOW.replace(year=2025), recommendation=5))
    assert ratings_of_a_new_process(reader, asked) == [5, 5]


def test_a_folder_that_takes_no_file_costs_nothing_but_time(
    asked: dict[str, int], kept: Path, reader: Transaction
) -> None:
    kept.unlink()
    kept.parent.rmdir()
    kept.parent.write_text("in the way")
    assert ratings_of_a_new_process(reader, asked) == [3, 10]
    kept.parent.unlink()


def test_many_may_write_and_read_a_file_at_once(
    asked: dict[str, int], kept: Path, reader: Transaction
) -> None:
    with reader() as session:
        columns = columns_of(session, [asked["wave"]]).waves[0]

    def write_and_read(number: int) -> bool:
        write_columns(kept, columns, key={"number": number % 2})
        found = open_columns(kept, key={})
        return found is not None and found[0].answers["recommendation"].tolist() == [3, 10]

    with ThreadPoolExecutor(8) as many:
        assert all(many.map(write_and_read, range(200)))
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_what_is_not_committed_is_kept_nowhere(
    asked: dict[str, int], reader: Transaction, writer: Transaction
) -> None:
    with writer() as session:
        session.execute(update(Score).values(recommendation=0))
        assert columns_of(session, [asked["wave"]]).answered.recommendation.tolist() == [0, 0]
        session.rollback()
    assert ratings(reader, asked) == [3, 10]
