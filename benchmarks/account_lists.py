"""How long the list of accounts takes by whatever it is sorted and narrowed, at 27,000 accounts.

    python -m benchmarks.account_lists [--quick] [--databases sqlite postgresql]

100,000 contacts, two waves that ask all of them, 140,000 answers. Each page is asked for in this process by
somebody who sees every account, in turn with the page about oneself, which reads one row: `ratio` is by that.
`cpu_ms` is this process's: SQLite's work is in it, PostgreSQL's is not. `first` has read nothing yet; on
PostgreSQL what is kept is looked at anew for a minute, so the pages are asked for behind that.
"""

import argparse
import time
from collections.abc import Iterator

from flask.testing import FlaskClient

from benchmarks.figures import keep, middle, table
from benchmarks.installation import Installation, installation
from benchmarks.many_answers import Company, fill
from benchmarks.staff import BARE, TIMES, _ask, _count_statements
from surveyd.base.database import writing
from surveyd.people.models import StaffRole, User
from surveyd.results.shelf import SETTLED

COMPANY = Company(accounts=27_000, contacts=100_000, waves=2, answers=140_000)
LISTS = (
    "sort=name",
    "sort=-revenue",
    "sort=segment",
    "sort=-recommend",
    "sort=answered",
    "segment=at_risk",
    "segment=trapped&sort=-revenue",
    "flag=split",
    "flag=dm_silent",
    "flag=went_quiet",
    "response=some&region=DACH&tier=A",
    "state=at_risk&sort=segment",
    "before=trapped",
    "search=99&sort=segment",
)
NOTE = "Server time of the list of 27,000 accounts with 100,000 contacts and 140,000 answers in two waves"


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    for kind in given.databases:
        with installation(kind) as place:
            fill(place, COMPANY)
            rows += _measure(kind, place, times=3 if given.quick else TIMES)
    print(f"{NOTE}\n\n{table(rows)}")
    if not given.quick:
        keep("account_lists", rows, note=f"{NOTE}; {TIMES} times each")


def _measure(kind: str, place: Installation, *, times: int) -> Iterator[dict[str, object]]:
    said, client = _count_statements(place.app), _executive(place)
    first, _ = _timed(client, "sort=segment")
    yield {"list": "first", "database": kind, "ms": 1000 * first, "cpu_ms": "", "ratio": "", "statements": ""}
    if kind == "postgresql":
        time.sleep(SETTLED + 1)
    for words in LISTS:
        _timed(client, words)
        rounds = []
        for _ in range(times):
            bare = _ask(client, BARE)
            said.clear()
            took, used = _timed(client, words)
            rounds.append({"ms": 1000 * took, "cpu_ms": 1000 * used, "ratio": took / bare})
        yield {"list": words, "database": kind, **middle(rounds), "statements": len(said)}


def _timed(client: FlaskClient, words: str) -> tuple[float, float]:
    """Seconds and seconds of CPU time."""
    begun = time.process_time()
    took = _ask(client, f"/staff/accounts?{words}")
    return took, time.process_time() - begun


def _executive(place: Installation) -> FlaskClient:
    """Somebody who sees every account, signed in."""
    facts = {"role": StaffRole.EXECUTIVE, "created_at": place.now}
    with place.app.app_context(), writing() as session:
        session.add(User(email="eva@company.test", name="Eva", fs_uniquifier="eva", **facts))
    client = place.app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "eva"
        cookie["_fresh"] = True
    return client


if __name__ == "__main__":
    main()
