"""What scoring adds to a submit, what comparing policies takes, and how long a batch of rescoring writes.

    python -m benchmarks.scoring [--quick] [--databases sqlite postgresql]

Answers are stored in three ways, in turn, each in a durable transaction: the response alone, with the row of
a score that is ready, and with a score that is worked out. `row` is what the row costs, `added` what scoring
adds to the bare write of both rows, in microseconds between medians; `inside` is looking up what to score by
and scoring, as it was timed within the transaction, goal 100; `score` is arithmetic alone, again and again.
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
from surveyd.base.database import Rows, reading, writing, writing_rows
from surveyd.distribution.models import Invitation, QuestionnaireVersion
from surveyd.forms.loading import shipped
from surveyd.responses import answers as responses
from surveyd.responses.answers import AnswerChannel, Asked, Given
from surveyd.results import comparisons, policies, proposals, rescoring, scores
from surveyd.results.policy_data import digest_of
from surveyd.results.policy_reading import PolicyFile
from surveyd.results.scores import ScoredResponse, ScoringKey
from surveyd.scoring.policy import SHIPPED

WORKED_OUT = 2
POLICY = digest_of(SHIPPED)
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
    """Store responses in the three ways, in turn."""
    with reading() as session:
        digest = session.execute(
            select(QuestionnaireVersion.digest).where(QuestionnaireVersion.id == asked[0].version_id)
        ).scalar_one()
        policy = policies.current(session)
        key = scores.key_of_version(session, version_id=asked[0].version_id, digest=digest, policy=policy)
    ready = scores.score(ANSWERS, key=key)
    took: tuple[list[float], ...] = ([], [], [])
    inside: list[float] = []
    for number, one in enumerate(asked):
        answers = ANSWERS | {"recommend": number % 11, "satisfied": 1 + number // 3 % 5}
        given, way = Given(answers, AnswerChannel.WEB, place.now), number % 3
        begun = time.perf_counter()
        with writing_rows() as rows:
            stored = responses.store(rows, one, given=given, has_draft=False, now=place.now)
            of = ready
            if way == WORKED_OUT:
                scoring = time.perf_counter()
                of = scores.score(answers, key=_key(rows, one, digest))
                inside.append(time.perf_counter() - scoring)
            if way:
                scored = ScoredResponse(stored.id, one.wave_id, one.account_id)
                scores.store(rows, scored, of=of, now=place.now)
        took[way].append(time.perf_counter() - begun)
    alone = _timed(lambda: [scores.score(ANSWERS, key=key) for _ in range(1000)]) / 1000
    response, bare, whole = (median(way) * 1e6 for way in took)
    return {
        "response": response,
        "row": bare - response,
        "bare write": bare,
        "with score": whole,
        "added": whole - bare,
        "ratio": whole / bare,
        "inside": median(inside) * 1e6,
        "score": alone * 1e6,
    }


def _key(rows: Rows, asked: Asked, digest: str) -> ScoringKey:
    """What a submit looks up before it scores; the digest of the policy in force comes with what it reads."""
    policy = policies.with_digest(rows, POLICY)
    return scores.key_of_version(rows, version_id=asked.version_id, digest=digest, policy=policy)


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
