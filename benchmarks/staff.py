"""How long the staff's pages take on the demo company, beside a page that shows next to nothing.

    python -m benchmarks.staff [--quick] [--databases sqlite postgresql]

Server time in this process: from the request to the last byte of the answer, 20 times each, in turn with the
page about oneself, which reads one row. `ratio` is the page's median by that of the page beside it, and
`statements` how many the page runs. Ids are those of the largest account, its first response and its case.
"""

import argparse
import time
from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from benchmarks.figures import keep, middle, percentile, table
from benchmarks.installation import Installation, installation
from surveyd.base.database import db, reading
from surveyd.closed_loop.models import Case
from surveyd.distribution.call_models import Call, CallState
from surveyd.distribution.models import Invitation, Wave
from surveyd.operations.demo import load_demo
from surveyd.people.models import Account, StaffRole, User
from surveyd.responses.models import Response

TIMES = 20
BARE = "/staff/me"
PAGES = {
    StaffRole.EXECUTIVE: ("health", "accounts", "team", "cases", "actions", "waves", "waves/{wave}/summary"),
    StaffRole.REGIONAL_LEADER: ("health", "accounts", "team", "cases"),
    StaffRole.ACCOUNT_MANAGER: ("accounts", "accounts/{own}", "cases"),
    StaffRole.SUPPORT: ("calls", "calls/{call}", "cases"),
    StaffRole.ADMIN: (
        "accounts/{account}",
        "accounts?search=a&sort=-revenue",
        "responses/{response}",
        "cases/{case}",
        "waves/{wave}",
        "waves/{wave}/audience",
        "waves/{wave}/letter",
        "calendar",
        "programs",
        "outbox",
        "users",
        "imports",
        "templates",
    ),
}
NOTE = "Server time of the staff's pages on the demo company"


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    for kind in given.databases:
        with installation(kind, env="demo") as place:
            with place.app.app_context():
                load_demo(place.services, now=place.now, progress=lambda step, done, total: None)
            rows += list(_measure(kind, place, times=3 if given.quick else TIMES))
    print(f"{NOTE}\n\n{table(rows)}")
    if not given.quick:
        keep("staff", rows, note=f"{NOTE}; {TIMES} times each")


def _measure(kind: str, place: Installation, *, times: int) -> Iterator[dict[str, object]]:
    names = _names(place)
    statements = _count_statements(place.app)
    for role, paths in PAGES.items():
        client = _signed_in(place, role)
        for path in (f"/staff/{one.format(**names)}" for one in paths):
            _ask(client, path)
            took: list[float] = []
            bare: list[float] = []
            for _ in range(times):
                bare.append(_ask(client, BARE))
                statements.clear()
                took.append(_ask(client, path))
            yield {
                "page": path,
                "role": role.value,
                "database": kind,
                "ms": 1000 * middle([{"s": one} for one in took])["s"],
                "p95_ms": 1000 * percentile(sorted(took), 0.95),
                "statements": len(statements),
                "ratio": middle([{"s": one} for one in took])["s"]
                / middle([{"s": one} for one in bare])["s"],
            }


def _ask(client: FlaskClient, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    took = time.perf_counter() - begun
    assert answer.status_code == 200, f"{path} answers {answer.status_code}"
    return took


def _count_statements(app: Flask) -> list[str]:
    said: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *facts: said.append(str(facts[2])))
    return said


def _names(place: Installation) -> dict[str, int]:
    """The ids that stand in the addresses."""
    with place.app.app_context(), reading() as session:
        wave = select(Wave.id).order_by(Wave.id.desc()).limit(1)
        manager = select(User.id).where(User.role == StaffRole.ACCOUNT_MANAGER).order_by(User.id).limit(1)
        asked = func.count(Invitation.id)
        largest = (
            select(Invitation.account_id).group_by(Invitation.account_id).order_by(asked.desc()).limit(1)
        )
        account = session.scalars(largest).one()
        return {
            "wave": session.scalars(wave).one(),
            "account": account,
            "own": session.scalars(select(Account.id).where(Account.manager_id.in_(manager))).first() or 1,
            "response": session.scalars(select(Response.id).where(Response.account_id == account)).first()
            or 1,
            "case": session.scalars(select(Case.id)).first() or 1,
            "call": session.scalars(select(Call.id).where(Call.state == CallState.OPEN)).first() or 1,
        }


def _signed_in(place: Installation, role: StaffRole) -> FlaskClient:
    client = place.app.test_client()
    with place.app.app_context(), reading() as session:
        first = select(User.fs_uniquifier).where(User.role == role).order_by(User.id).limit(1)
        name = session.scalars(first).one()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = name
        cookie["_fresh"] = True
    return client


if __name__ == "__main__":
    main()
