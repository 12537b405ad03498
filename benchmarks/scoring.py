"""What scoring adds to a submit, what comparing policies takes, and how long a batch of rescoring writes.

    python -m benchmarks.scoring [--quick] [--databases sqlite postgresql]

Each answer is stored twice, in turn: the response alone in a durable transaction, and the response with its
score. `added` is the difference of the medians in microseconds, goal 100; `score` is the arithmetic alone.
`compare` is a whole comparison over all responses, `batch` the longest transaction of rescoring them.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

from sqlalchemy import select

from benchmarks.figures import keep, middle, table
from benchmarks.installation import Installation, installation, launch
from surveyd.base.clock import system_now
from surveyd.base.database import reading, reading_rows, writing, writing_rows
from surveyd.distribution.models import Invitation, QuestionnaireVersion
from surveyd.forms.loading import shipped
from surveyd.responses import answers as responses
from surveyd.responses.answers import AnswerChannel, Asked, Given
from surveyd.results import comparisons, policies, proposals, rescoring, scores
from surveyd.results.policy_reading import PolicyFile
from surveyd.results.scores import ScoredResponse
from surveyd.scoring.policy import SHIPPED

MOST_ADDED = 100.0
ANSWERS: dict[str, int | str] = {
    "recommend": 8,
    "satisfied": 4,
    "better": 3,
    "trust": 4,
    "enjoy": 5,
    "renew": 4,
    "alternatives": 2,
    "grow": 3,
    "easy": 4,
    "support": 3,
    "billing": 5,
    "why": "Mostly good; deliveries could come earlier in the week.",
}
HARDER = PolicyFile("A harder cut", replace(SHIPPED, cut=7_000))
NOTE = "Scoring one response, in microseconds; comparing and rescoring history, in seconds and milliseconds"


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    people, rounds = (1_000, 1) if given.quick else (20_000, 3)
    rows: list[dict[str, object]] = []
    for kind in given.databases:
        with installation(kind) as place, place.app.app_context():
            rows.append({"database": kind, **_measure(place, people, rounds)})
    print(table(rows))
    if not given.quick:
        keep("scoring", rows, note=NOTE)


def _measure(place: Installation, people: int, rounds: int) -> dict[str, float]:
    wave = launch(place, "scoring", shipped("relational"), people=people)
    asked = _asked(wave)
    share = len(asked) // rounds
    added = [_store(place, asked[at * share : (at + 1) * share]) for at in range(rounds)]
    now = place.now
    seconds = _timed(lambda: comparisons.compare_with_current(HARDER.policy, now=now))
    return {**middle(added), "responses": float(len(asked)), "compare s": seconds, **_rescore(place)}


def _asked(wave_id: int) -> list[Asked]:
    chosen = select(
        Invitation.id, Invitation.wave_id, Invitation.contact_id, Invitation.account_id, Invitation.version_id
    )
    with reading() as session:
        return [Asked(*row) for row in session.execute(chosen.where(Invitation.wave_id == wave_id))]


def _store(place: Installation, asked: list[Asked]) -> dict[str, float]:
    """Store responses in turn without and with a score, each in a transaction of its own."""
    with reading() as session:
        digest = session.execute(
            select(QuestionnaireVersion.digest).where(QuestionnaireVersion.id == asked[0].version_id)
        ).scalar_one()
        policy = policies.current(session)
    took: tuple[list[float], list[float]] = ([], [])
    for number, one in enumerate(asked):
        answers = ANSWERS | {"recommend": number % 11, "satisfied": 1 + number // 2 % 5}
        given = Given(answers, AnswerChannel.WEB, place.now)
        is_scored = number % 2
        begun = time.perf_counter()
        with writing_rows() as rows:
            stored = responses.store(rows, one, given=given, has_draft=False, now=place.now)
            if is_scored:
                key = scores.key_of_version(rows, version_id=one.version_id, digest=digest, policy=policy)
                scores.store(
                    rows,
                    ScoredResponse(stored.id, one.wave_id, one.account_id),
                    of=scores.score(answers, key=key),
                    now=place.now,
                )
        took[is_scored].append(time.perf_counter() - begun)
    with reading_rows() as rows:
        key = scores.key_of_version(rows, version_id=asked[0].version_id, digest=digest, policy=policy)
    alone = _timed(lambda: [scores.score(ANSWERS, key=key) for _ in range(1000)]) / 1000
    bare, whole = median(took[0]) * 1e6, median(took[1]) * 1e6
    return {
        "bare write": bare,
        "with score": whole,
        "added": whole - bare,
        "ratio": whole / bare,
        "score": alone * 1e6,
    }


def _rescore(place: Installation) -> dict[str, float]:
    """Rescore all of it as the worker does; how long it takes, and the longest of its transactions."""
    with writing() as session:
        made = proposals.propose(session, HARDER, now=place.now, by=None)
        proposals.accept(session, made, against="1", now=place.now, by=None)
    batches = sorted(_batches(place, made))
    return {
        "rescore s": sum(batches),
        "batch p50 ms": median(batches) * 1000,
        "batch max ms": batches[-1] * 1000,
    }


def _batches(place: Installation, policy_id: int) -> Iterator[float]:
    scored = 1
    while scored:
        begun = time.perf_counter()
        with writing() as session:
            work = rescoring.work_on(session, policy_id)
            assert work, "it was accepted above"
            scored = rescoring.rescore_next(session, work, now=place.now, system_now=system_now())
        yield time.perf_counter() - begun


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
