"""T20: no log line and no job holds a name, an address, an answer, a link or a secret, whatever fails."""

import http.client
import http.cookiejar
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
import redis
from sqlalchemy import create_engine, text

from tests.fixtures.cast import CSRF_TOKEN
from tests.fixtures.children import wait_for
from tests.fixtures.databases import Database
from tests.fixtures.figures import Measured
from tests.fixtures.houses import PROCESSES, House
from tests.fixtures.queues import Valkey
from tests.fixtures.relays import Relay
from tests.reliability.respondents import Respondent, link_in
from tests.reliability.stage import launch_wave

pytestmark = pytest.mark.processes

CANARY = "kanari7391"
NAME = f"Nora {CANARY.title()}"
ADDRESS = f"nora.{CANARY}@customer.test"
WORDS = f"the {CANARY} sings"
PASSWORD = f"long {CANARY} password"
SMTP_SECRET = f"{CANARY}smtp"
FAULTS = ("perm", "temp", "drop", "lost")
FORGED = "\r\n" + json.dumps({"at": "2020-01-01T00:00:00.000+00:00", "level": "error", "what": "forged"})


def test_a_program_with_all_that_can_go_wrong(
    house: House, database: Database, own_valkey: Valkey, relay: Relay, measured: Measured
) -> None:
    _import(house)
    house.run("init", "--email", f"admin.{CANARY}@company.test", "--password-stdin", stdin=PASSWORD)
    house.start_all()
    launch_wave(house, "2026-h1")
    wait_for(lambda: any(ADDRESS in mail.recipients for mail in relay.received), what="the invitation")
    link = link_in(relay.to(ADDRESS)[0])

    _sign_in(house)
    _ask_for_what_is_not_there(house, link)
    _break_the_database(database, house, link)
    respondent = Respondent(link)
    form = respondent.to_last_page()
    respondent.send({name: WORDS if name == "why" else value for name, value in form.items()})
    respondent.leave()
    _refuse_the_relay(house, relay)
    house.command("bounce", stdin=_bounce())

    lines = [line for process in PROCESSES for line in house.log(process).splitlines()]
    token = link.rpartition("/")[2]
    found = [line for line in lines if CANARY in line.lower() or token in line or "forged" in line]
    queued = _all_of(own_valkey)
    measured(lines=len(lines), hits=len(found), jobs_with_hits=CANARY in queued.lower())
    assert found == []
    assert CANARY not in queued.lower()
    assert token not in queued
    for line in lines:
        _check(line)
    assert any("error" in json.loads(line) for line in lines), "nothing went wrong: the test tried nothing"


def _import(house: House) -> None:
    accounts, contacts = house.folder / "accounts.csv", house.folder / "contacts.csv"
    accounts.write_text(f"id,name\nA1,{CANARY} Works\n")
    rows = [f"C0,A1,{NAME},{ADDRESS}"]
    rows += [f"C-{fault},A1,{NAME},{fault}.{CANARY}@customer.test" for fault in FAULTS]
    contacts.write_text("\n".join(["id,account,name,email", *rows]))
    house.run("import", "accounts", str(accounts))
    house.run("import", "contacts", str(contacts))


def _sign_in(house: House) -> None:
    """Once with a wrong password, once rightly, once with a line break in the address."""
    for email, password in (
        (f"admin.{CANARY}@company.test", f"wrong {PASSWORD}"),
        (f"admin.{CANARY}@company.test{FORGED}", PASSWORD),
        (f"admin.{CANARY}@company.test", PASSWORD),
    ):
        browser = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )
        with browser.open(f"{house.url}/staff/login") as page:
            token = CSRF_TOKEN.search(page.read().decode())
        assert token
        fields = urlencode({"email": email, "password": password, "csrf_token": token[1]}).encode()
        browser.open(f"{house.url}/staff/login", fields).close()


def _ask_for_what_is_not_there(house: House, link: str) -> None:
    token = link.rpartition("/")[2]
    for path in (f"/s/{token}x", f"/u/{token}", f"/{CANARY}", f"/s/{CANARY}%0d%0aforged", f"/?q={CANARY}"):
        _get(house, path)
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)
    connection.request("POST", f"/s/{token}", body=f"why={CANARY}", headers={"Content-Length": "9999999"})
    connection.close()


def _break_the_database(database: Database, house: House, link: str) -> None:
    """Answers meet a table that is not there: an error that nobody expected, with what was typed at hand."""
    respondent = Respondent(link)
    page = next(iter(respondent.forms(1)))
    engine = create_engine(database.url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE drafts RENAME TO drafts_away"))
    request = urllib.request.Request(link, urlencode({**page, "why": WORDS}).encode())
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(request, timeout=10)
    assert failed.value.code >= 500
    assert CANARY not in failed.value.read().decode()
    failed.value.close()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE drafts_away RENAME TO drafts"))
    engine.dispose()
    respondent.leave()


def _refuse_the_relay(house: House, relay: Relay) -> None:
    """A sender with a password that the relay does not take, and one whose relay is gone."""
    right = house.env["SURVEYD_SMTP_URL"]
    before = house.log("sender").count("\n")
    house.env["SURVEYD_SMTP_URL"] = right.replace("://", f"://{CANARY}:{SMTP_SECRET}@")
    house.start("sender")
    relay.stop()
    house.env["SURVEYD_SMTP_URL"] = right
    wait_for(lambda: house.log("sender").count("\n") > before, what="the sender's complaint")
    check = house.command("check")
    assert SMTP_SECRET not in check.stdout + check.stderr


def _bounce() -> str:
    return f"From: <>\nTo: nobody@mail.surveyd.test\nSubject: {CANARY}\n\n{ADDRESS}\n"


def _get(house: House, path: str) -> None:
    try:
        urllib.request.urlopen(f"{house.url}{path}", timeout=10).close()
    except urllib.error.HTTPError as error:
        error.close()


def _all_of(valkey: Valkey) -> str:
    """Whatever the queue holds, as text."""
    client = redis.Redis.from_url(valkey.url, decode_responses=False)
    readers: dict[bytes, Callable[[bytes], object]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    held = [
        f"{key!r} {readers[kind](key)!r}"
        for key in client.scan_iter()
        if (kind := client.type(key)) in readers
    ]
    client.close()
    return "\n".join(held)


def _check(line: str) -> None:
    """A log line is one JSON object: when in UTC, who, what, how bad."""
    said = json.loads(line)
    at = datetime.fromisoformat(said["at"])
    assert at.utcoffset() == timedelta(0)
    assert re.fullmatch(r"[\w.]+", said["who"])
    assert said["what"]
    assert said["level"] in ("debug", "info", "warning", "error", "critical")
