"""A load generator that costs little: many connections in one thread, each on its own journey."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass(frozen=True)
class Step:
    """One request of a journey, complete but for the link: its bytes have `LINK` where the link goes.

    The answer must have `status`, and hold `shows`.
    """

    request: tuple[bytes, bytes]
    status: bytes = b"200"
    shows: bytes = b""
    is_page: bool = True


@dataclass
class Load:
    """What came of it: seconds of each request, of each save, of each whole journey; wrong answers."""

    requests: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    journeys: list[float] = field(default_factory=list)
    wrong: int = 0
    seconds: float = 0.0


def get(query: str = "", *, shows: bytes = b"<form") -> Step:
    """Open the link."""
    tail = f"{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    return Step((b"GET ", tail), shows=shows)


def post(body: str, *, status: bytes = b"303", shows: bytes = b"") -> Step:
    """Send a form to the link."""
    form = body.encode()
    head = (
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    return Step((b"POST ", head.encode() + form), status=status, shows=shows, is_page=False)


def walk(port: int, journey: Sequence[Step], links: Iterator[str], *, clients: int, seconds: float) -> Load:
    """Let `clients` walk the journey, each time with the next link, until the time is over."""
    return asyncio.run(_walk(port, journey, links, clients, seconds))


def endless(links: Sequence[str]) -> Iterator[str]:
    """The same links again and again: for pages, which change nothing."""
    return itertools.cycle(links)


async def _walk(
    port: int, journey: Sequence[Step], links: Iterator[str], clients: int, seconds: float
) -> Load:
    loop = asyncio.get_running_loop()
    load = Load()
    end = time.perf_counter() + seconds
    done = [loop.create_future() for _ in range(clients)]
    began = time.perf_counter()
    for one in done:
        await loop.create_connection(partial(_Client, journey, links, load, end, one), "127.0.0.1", port)
    await asyncio.gather(*done)
    load.seconds = time.perf_counter() - began
    load.requests.sort()
    load.saves.sort()
    load.journeys.sort()
    return load


class _Client(asyncio.Protocol):
    def __init__(
        self,
        journey: Sequence[Step],
        links: Iterator[str],
        load: Load,
        end: float,
        done: "asyncio.Future[None]",
    ) -> None:
        self.journey, self.links, self.load, self.end, self.done = journey, links, load, end, done
        self.buffer = b""
        self.at = 0
        self.link = b""
        self.began = self.asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._set_out()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.load.wrong += 1
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, body = self.buffer.partition(HEAD_END)
        if not mark:
            return
        at = head.lower().find(LENGTH)
        length = int(head[at + len(LENGTH) :].partition(b"\r\n")[0]) if at >= 0 else 0
        if len(body) < length:
            return
        self.buffer = b""
        self._take(head, body)

    def _take(self, head: bytes, body: bytes) -> None:
        now = time.perf_counter()
        step = self.journey[self.at]
        self.load.requests.append(now - self.asked)
        if not step.is_page:
            self.load.saves.append(now - self.asked)
        if head[9:12] != step.status or step.shows not in body:
            self.load.wrong += 1
        self.at += 1
        if self.at < len(self.journey):
            self._ask()
            return
        self.load.journeys.append(now - self.began)
        self._set_out()

    def _set_out(self) -> None:
        now = time.perf_counter()
        link = next(self.links, None) if now < self.end else None
        if link is None:
            if not self.done.done():
                self.done.set_result(None)
            self.transport.close()
            return
        self.link = link.encode()
        self.at = 0
        self.began = now
        self._ask()

    def _ask(self) -> None:
        before, after = self.journey[self.at].request
        self.asked = time.perf_counter()
        self.transport.write(before + self.link + after)
