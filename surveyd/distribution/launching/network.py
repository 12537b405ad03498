"""Whether the relay and our own web address answer. Only what the operator configured is ever asked."""

import http.client
import json
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from surveyd.base.config import Config, Relay
from surveyd.base.mailer import open_smtp
from surveyd.distribution.launching.domain import is_local_name
from surveyd.distribution.launching.findings import Finding, green, red, yellow

SECONDS = 3.0
LONGEST_ANSWER = 65_536
ANSWERING = (200, 503)
"""A health page is red or green; both say that somebody is there."""
GONE = range(400, 600)


def check_relay(relay: Relay, *, is_production: bool) -> list[Finding]:
    """Whether the relay answers and takes our sign-in, by TLS unless it is on this machine."""
    place = f"{relay.host}:{relay.port}"
    worse = red if is_production else yellow
    try:
        open_smtp(relay, connect_seconds=SECONDS, reply_seconds=SECONDS).quit()
    except smtplib.SMTPAuthenticationError:
        return [worse("relay_refuses", place)]
    except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
        return [worse("relay_tls", place, error=type(error).__name__)]
    except (OSError, smtplib.SMTPException) as error:
        return [worse("relay_silent", place, error=type(error).__name__)]
    if relay.tls or relay.starttls:
        return [green("relay_good", place)]
    if _is_own_machine(relay.host):
        return [green("relay_local", place)]
    return [worse("relay_plain", place)]


def check_address(config: Config) -> list[Finding]:
    """Whether the address that every link begins with is a public one, by https, and answers as surveyd."""
    parts = urlsplit(config.base_url)
    host = parts.hostname or ""
    worse = red if config.env == "production" else yellow
    if _is_own_machine(host) or is_local_name(host):
        return [worse("url_local", config.base_url)]
    if parts.scheme != "https":
        return [worse("url_not_https", config.base_url)]
    return [_health(config.base_url, worse)]


def check_links(config: Config, paths: tuple[str, ...]) -> list[Finding]:
    """Whether our own links answer; `paths` are one of each kind that stands in the mails. Not in a demo."""
    worse = red if config.env == "production" else yellow
    if config.env != "production" and _is_own_machine(urlsplit(config.base_url).hostname or ""):
        return []  # the finding about the address says enough
    for path in paths:
        # What a link carries stays out of every finding.
        kind = f"/{path.split('/')[1]}/"
        try:
            status, _ = _fetch(config.base_url, path)
        except (OSError, http.client.HTTPException):
            return [worse("link_silent", kind)]
        if status in GONE or 300 <= status < 400:
            return [worse("link_broken", kind, status=status)]
    return [green("links_good", config.base_url)]


def _health(base_url: str, worse: Callable[..., Finding]) -> Finding:
    try:
        status, body = _fetch(base_url, "/health")
    except ssl.SSLError as error:
        return worse("url_certificate", base_url, error=type(error).__name__)
    except (OSError, http.client.HTTPException) as error:
        return worse("url_silent", base_url, error=type(error).__name__)
    if 300 <= status < 400:
        return worse("url_moved", base_url)
    if status not in ANSWERING or not _is_health(body):
        return worse("url_other", base_url, status=status)
    return green("url_good", base_url)


def _fetch(base_url: str, path: str) -> tuple[int, bytes]:
    """A GET of our own address, which follows no redirect. Raises OSError or HTTPException."""
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", f"{parts.path}{path}", headers={"User-Agent": "surveyd-preflight"})
        answer = connection.getresponse()
        return answer.status, answer.read(LONGEST_ANSWER)
    finally:
        connection.close()


def _is_health(body: bytes) -> bool:
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return isinstance(told, dict) and "status" in told


def _is_own_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return False
