"""T16: links are made from the configured address alone, whatever name a request gives the server."""

import re
import socket
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import pytest

from tests.fixtures.children import wait_for
from tests.fixtures.houses import House
from tests.fixtures.relays import Relay
from tests.reliability.respondents import read_form
from tests.reliability.stage import import_company, launch_wave

pytestmark = pytest.mark.processes

BASE = "https://survey.example"
EVIL = "evil.test"
LIES: tuple[Mapping[str, str], ...] = (
    {"X-Forwarded-Host": EVIL, "X-Forwarded-Server": EVIL, "X-Original-Host": EVIL},
    {"Forwarded": f"for=1.2.3.4;host={EVIL};proto=http"},
    {"X-Forwarded-Proto": "http", "X-Forwarded-Port": "81", "X-Forwarded-Prefix": "/evil"},
)
SURVEY = re.compile(rf"{BASE}(/s/[\w-]{{22}})(?![\w-])")
ADDRESS = re.compile(r"\bhttps?://[^\s\"'<>)]+")
NAMESPACE = "www.w3.org"
PAGES_AT_MOST = 12


def test_every_link_of_every_mail_is_ours(house: House, relay: Relay) -> None:
    house.env["SURVEYD_BASE_URL"] = BASE
    house.env["SURVEYD_PROXIES"] = "1"
    import_company(house, ["a@customer.test", "b@customer.test", "c@customer.test"])
    house.run("init", "--email", "admin@company.test", "--password-stdin", stdin="correct horse battery")
    house.start("web")
    launch_wave(house, "2026-h1")
    house.run("tick")
    for mail, lies in zip(list(relay.received), LIES, strict=True):
        found = SURVEY.search(mail.body())
        assert found
        _answer(house.port, found[1], lies)

    house.run("tick")
    wait_for(lambda: len(relay.received) >= 3 + 3 + 3, what="thanks and alerts")

    for mail in relay.received:
        for address in _addresses(mail.body(), mail.body("html"), str(mail.mail["List-Unsubscribe"] or "")):
            assert address.startswith(f"{BASE}/"), address
        assert EVIL not in mail.content.decode("utf-8", "replace")


@pytest.mark.parametrize("line", ["/staff/login", f"http://{EVIL}/staff/login", f"https://{EVIL}/health"])
def test_a_name_that_is_not_ours_is_refused(house: House, line: str) -> None:
    house.env["SURVEYD_BASE_URL"] = BASE
    house.start("web")

    status, _, body = _ask(house.port, "GET", line, {"Host": EVIL})

    assert status == 400
    assert EVIL not in body


def test_an_absolute_request_line_makes_no_foreign_redirect(house: House) -> None:
    house.env["SURVEYD_BASE_URL"] = BASE
    house.start("web")

    for path in ("/staff/", "/staff", "/staff/accounts"):
        line = f"http://{EVIL}{path}"
        status, head, _ = _ask(house.port, "GET", line, {"Host": "survey.example", **LIES[0]})
        assert status in (303, 308, 400, 404), (line, status)
        assert EVIL not in head


def _answer(port: int, path: str, lies: Mapping[str, str]) -> None:
    """Walk the survey with the right name in Host and lies beside it."""
    headers = {"Host": "survey.example", **lies}
    where = path
    for _ in range(PAGES_AT_MOST):
        html = _ask(port, "GET", where, headers)[2]
        form = read_form(html)
        # The lowest answers: somebody is alarmed, so that an alert is written as well.
        fields = form.filled(0, "late")
        status, head, body = _ask(port, "POST", path, headers, urlencode(fields))
        assert EVIL not in head + body
        if 'id="receipt"' in body:
            return
        assert status == 303, body
        found = re.search(r"(?im)^location: (\S+)", head)
        assert found
        assert found[1].startswith("/s/"), "a redirect names no host"
        where = found[1]
    raise AssertionError("the survey has no end")


def _ask(
    port: int, method: str, line: str, headers: Mapping[str, str], body: str = ""
) -> tuple[int, str, str]:
    """One request as bytes on the wire: status, head and body of the answer."""
    sent = {**headers, "Connection": "close", "Content-Length": str(len(body.encode()))}
    if body:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(f"{method} {line} HTTP/1.1\r\n{head}\r\n{body}".encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b"")).decode("utf-8", "replace")
    top, _, rest = answer.partition("\r\n\r\n")
    return int(top.split(" ", 2)[1]), top, rest


def _addresses(*texts: str) -> Iterator[str]:
    for text in texts:
        yield from (found for found in ADDRESS.findall(text) if NAMESPACE not in found)
