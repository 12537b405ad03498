"""How often wrong guesses are allowed: wrong links and wrong passwords, counted in Redis, else in memory.

Only failures count, and new visits through open links. A good link always works, however many bad ones came
from the same address, and opening a link never clears what wrong passwords have counted. A Redis that is slow
or gone costs one short wait; for the next while this process counts by itself. Redis learns no address: keys
are HMACs.
"""

import hashlib
import hmac
import ipaddress
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn, cast

import redis
from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from surveyd.base.config import Config
from surveyd.base.errors import NotFound

log = logging.getLogger("surveyd.web")

EXTENSION = "surveyd.guesses"
SECRET = "limits"
WRONG_LINKS = RateLimitItemPerMinute(30, 1, namespace="wrong-link")
MANY_VISITS = RateLimitItemPerHour(60, 1, namespace="open-many")
"""New visits through open links from one address: more look like spam. A whole office may stand behind it."""
MOST_VISITS = RateLimitItemPerHour(600, 1, namespace="open-most")
"""More have to wait."""
WRONG_PASSWORDS_OF_ADDRESS = RateLimitItemPerMinute(30, 10, namespace="sign-in-address")
WRONG_PASSWORDS_OF_ACCOUNT = RateLimitItemPerMinute(10, 10, namespace="sign-in-account")
REDIS_SECONDS = 0.3
BY_ITSELF_SECONDS = 15.0


@dataclass
class Guesses:
    """Counts failures in a moving window: shared through Redis, by this process alone while that is down."""

    url: str
    secret: bytes
    alone_until: float = 0.0
    alone: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))
    shared: MovingWindowRateLimiter | None = None

    def spent(self, limit: RateLimitItem, key: str) -> bool:
        """Whether `key` has used up its failures."""
        name = self._name(key)
        return not self._ask(lambda counter: counter.test(limit, name))

    def count(self, limit: RateLimitItem, key: str) -> bool:
        """Count one failure (or visit) of `key`; false when it was already over the limit."""
        name = self._name(key)
        return self._ask(lambda counter: counter.hit(limit, name))

    def _name(self, key: str) -> str:
        return hmac.new(self.secret, key.encode(), hashlib.sha256).hexdigest()

    def _ask(self, question: Callable[[MovingWindowRateLimiter], bool]) -> bool:
        if time.monotonic() >= self.alone_until:
            try:
                return question(self._connected())
            except (redis.RedisError, OSError) as error:
                self.alone_until = time.monotonic() + BY_ITSELF_SECONDS
                log.warning("limits are counted alone", extra={"facts": {"error": type(error).__name__}})
        return question(self.alone)

    def _connected(self) -> MovingWindowRateLimiter:
        if self.shared is None:
            storage = RedisStorage(
                f"redis+{self.url}" if self.url.startswith("unix://") else self.url,
                key_prefix="surveyd-limits",
                socket_timeout=REDIS_SECONDS,
                socket_connect_timeout=REDIS_SECONDS,
                protocol=2,
            )
            self.shared = MovingWindowRateLimiter(storage)
        return self.shared


def open_limits(app: Flask, config: Config) -> None:
    """Hang the counters on `app`; nothing is connected until the first wrong guess."""
    app.extensions[EXTENSION] = Guesses(config.redis_url, config.keys.derive(SECRET))


def guesses() -> Guesses:
    """The counters of the current app."""
    return cast(Guesses, current_app.extensions[EXTENSION])


def wrong_link(thing: str) -> NoReturn:
    """Answer a link that opens nothing: NotFound, or TooManyRequests after thirty a minute from one address.

    Call it only once the link is known to be wrong; the key in the error never holds the link.
    """
    if guesses().count(WRONG_LINKS, client_address()):
        raise NotFound(thing, "-")
    raise TooManyRequests


def client_address() -> str:
    """Who asks, as one key: an IPv4 address, or the /64 network of an IPv6 one: that is one customer."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
    return str(address)
