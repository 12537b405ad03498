"""How long it takes to create a wave's invitations, beside the rows alone; and an audience's pages.

    python -m benchmarks.waves [--quick] [--people 100000]

Creating: every contact is judged by every rule and gets a token, invitations and touches are written chunk by
chunk, each committed. Beside it, in the same round, the least that could be called that: the same rows with
their tokens, in the same chunks, by executemany (SQLite) or COPY (PostgreSQL). Three rounds, medians; `ratio`
is ours by the bare one's; CPU time is that of this process, SQLite's work in it. Pages are asked for through
the app in this process, by an admin who is signed in: `first` counts a large audience anew, the others keep
its counts.
"""

import argparse
import sqlite3
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from flask.testing import FlaskClient
from sqlalchemy import delete, event, text, update

from benchmarks.figures import keep, middle, table
from benchmarks.installation import Installation, _add_people, _facts, installation
from surveyd.base.database import db, reading, writing
from surveyd.distribution import programs, waves
from surveyd.distribution.audience import CHUNK as JUDGED
from surveyd.distribution.audience import count_audience
from surveyd.distribution.audience_verdicts import LATEST
from surveyd.distribution.jobs import prepare_wave
from surveyd.distribution.models import Exclusion, Invitation, Touch, Wave, WaveState
from surveyd.forms.loading import shipped
from surveyd.people.models import StaffRole, User

KINDS = ("sqlite", "postgresql")
SLUG = "bench"
ROUNDS = 3
NOTE = "A wave's invitations created, beside the same rows alone"
PAGES_NOTE = "An audience's pages before the launch, milliseconds of server time"
PAGES = {
    "by name": "",
    "next page": "?after={after}",
    "only those in": "?in=1",
    "one rule": "?rule=opted_out",
    "search": "?search=person+4711",
    "by account": "?sort=account",
}


def main() -> None:
    """Measure, print, keep."""
    given = _arguments()
    made: list[dict[str, object]] = []
    shown: list[dict[str, object]] = []
    for kind in given.databases:
        with installation(kind) as place:
            with place.app.app_context():
                wave_id = _arrange(place, given.people)
            shown += [{"database": kind, **row} for row in _pages(place, wave_id)]
            with place.app.app_context():
                created = _create(place, wave_id, given.rounds)
            made.append({"database": kind, "people": given.people, **created})
    print(f"{NOTE}\n\n{table(made)}\n\n{PAGES_NOTE}\n\n{table(shown)}")
    if not given.quick:
        keep("waves", made, note=f"{NOTE}; {given.rounds} rounds, medians")
        keep("audience", shown, note=f"{PAGES_NOTE}; {given.people} contacts")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--people", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS)
    given = parser.parse_args()
    given.people = given.people or (10_000 if given.quick else 100_000)
    given.rounds = given.rounds or (1 if given.quick else ROUNDS)
    return given


def _arrange(place: Installation, people: int) -> int:
    """The contacts, an admin, and a wave that is scheduled; returns its id."""
    with writing():
        _add_people(place, SLUG, people)
    return schedule(place)


def schedule(place: Installation) -> int:
    """An admin, and a wave that is scheduled for everybody; returns its id."""
    with writing() as session:
        session.add(_admin(place.now))
        program = programs.create_program(
            session, _facts(SLUG), questionnaire=shipped("relational"), now=place.now
        )
        program.rest_days = 90
        wave_id = waves.schedule_wave(session, program, SLUG, at=place.now, now=place.now).id
    if place.kind == "postgresql":
        # As its own housekeeping would within a minute.
        with writing() as session:
            session.execute(text("ANALYZE"))
    return wave_id


def _create(place: Installation, wave_id: int, rounds: int) -> dict[str, float]:
    each = []
    for _ in range(rounds):
        with writing() as session:
            waves.launch(session, session.get_one(Wave, wave_id), now=place.now, by=None)
        begun, cpu = time.perf_counter(), time.process_time()
        prepare_wave(wave_id)
        ours, cpu = time.perf_counter() - begun, time.process_time() - cpu
        invitations, touches = _rows()
        _empty(wave_id)
        begun = time.perf_counter()
        _bare(place.kind, invitations, touches)
        bare = time.perf_counter() - begun
        _empty(wave_id)
        each.append({"seconds": ours, "cpu_seconds": cpu, "bare_seconds": bare, "ratio": ours / bare})
    return middle(each)


Cells = list[tuple[object, ...]]


def _rows() -> tuple[Cells, Cells]:
    """What was created, as the driver gives it."""
    with reading() as session:
        connection = session.connection()
        found = []
        for model in (Invitation, Touch):
            cells = connection.exec_driver_sql(f"SELECT * FROM {model.__tablename__} ORDER BY id").all()
            found.append([tuple(row) for row in cells])
    return found[0], found[1]


def _bare(kind: str, invitations: Cells, touches: Cells) -> None:
    """The same rows, in as many transactions as ours."""
    steps = max(1, len(touches) // max(1, len(invitations)))
    engine = db.engine.raw_connection()
    try:
        driver = engine.driver_connection
        assert driver is not None
        for at in range(0, len(invitations), JUDGED):
            some = ((Invitation, invitations[at : at + JUDGED]),)
            more = ((Touch, touches[at * steps : (at + JUDGED) * steps]),)
            for model, rows in (*some, *more):
                _copy(driver, model.__tablename__, rows) if kind == "postgresql" else _many(
                    driver, model.__tablename__, rows
                )
            driver.commit()
    finally:
        engine.close()


def _many(driver: sqlite3.Connection, name: str, rows: Cells) -> None:
    if not driver.in_transaction:
        driver.execute("BEGIN IMMEDIATE")
    marks = ", ".join("?" * len(rows[0]))
    driver.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)


def _copy(driver: object, name: str, rows: Cells) -> None:
    cursor = driver.cursor()  # type: ignore[attr-defined]  # psycopg's
    cursor.execute("SET TRANSACTION READ WRITE")
    with cursor.copy(f"COPY {name} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _empty(wave_id: int) -> None:
    """Take back what was created, so that it can be created again."""
    with writing() as session:
        for model in (Touch, Invitation, Exclusion):
            session.execute(delete(model).where(model.wave_id == wave_id))
        session.execute(
            update(Wave).where(Wave.id == wave_id).values(state=WaveState.SCHEDULED, prepared_to=0)
        )


def _pages(place: Installation, wave_id: int) -> Iterator[dict[str, object]]:
    client, path = _signed_in(place), f"/staff/waves/{wave_id}/audience"
    first = client.get(path).text
    key = first.partition("after=")[2].partition("&")[0].partition('"')[0]
    LATEST.kept.clear()
    yield {"page": "first", **_timed(place, client, path, once=True)}
    for name, words in PAGES.items():
        yield {"page": name, **_timed(place, client, path + words.format(after=key))}
    yield {"page": "accounts", **_timed(place, client, f"{path}/accounts")}
    begun, cpu = time.perf_counter(), time.process_time()
    with place.app.app_context(), reading() as session:
        wave = session.get_one(Wave, wave_id)
        count_audience(session, wave, waves.program_of(session, wave), now=place.now)
    counted = {"ms": 1000 * (time.perf_counter() - begun), "cpu_ms": 1000 * (time.process_time() - cpu)}
    yield {"page": "(the count alone)", **counted, "statements": 1}


def _timed(
    place: Installation, client: FlaskClient, path: str, *, once: bool = False, status: int = 200
) -> dict[str, object]:
    said: list[str] = []
    with place.app.app_context():
        engine = db.engine

    def note(*facts: object) -> None:
        said.append(str(facts[2]))

    event.listen(engine, "before_cursor_execute", note)
    times, worked = [], []
    for _ in range(1 if once else 7):
        said.clear()
        begun, cpu = time.perf_counter(), time.process_time()
        assert client.get(path).status_code == status, path
        times.append(time.perf_counter() - begun)
        worked.append(time.process_time() - cpu)
    event.remove(engine, "before_cursor_execute", note)
    found = {"ms": 1000 * statistics.median(times), "cpu_ms": 1000 * statistics.median(worked)}
    return {**found, "statements": len(said)}


def _signed_in(place: Installation) -> FlaskClient:
    client = place.app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = SLUG, True
    return client


def _admin(now: datetime) -> User:
    facts = {"role": StaffRole.ADMIN, "active": True, "fs_uniquifier": SLUG, "time_zone": "UTC"}
    return User(name="Ada", email="ada@company.test", created_at=now.astimezone(UTC), **facts)


if __name__ == "__main__":
    main()
