"""A mail sink that costs little: it takes every mail, answers each command at once, and counts.

    python -m benchmarks.sink PORT [SECONDS]     answers after SECONDS, as a relay far away would

Two commands of its own: XFORGET sets the count to zero, XREPORT answers with the count, the system
times of the first and the last mail, and a sample of the mails.
"""

import asyncio
import base64
import json
import smtplib
import sys
import time
from dataclasses import dataclass, field

SAMPLE = 100
GREETING = b"220 sink ESMTP\r\n"
EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
OK = b"250 OK\r\n"
END = b"\r\n.\r\n"


@dataclass
class Report:
    """What arrived: how many mails, from when to when (system time), and some of them."""

    mails: int = 0
    first: float = 0.0
    last: float = 0.0
    sample: list[tuple[str, str, str]] = field(default_factory=list)


class Conversation(asyncio.Protocol):
    """One connection."""

    def __init__(self, reports: list[Report], delay: float) -> None:
        self.reports = reports
        self.delay = delay
        self.buffer = b""
        self.in_mail = False
        self.sender = self.recipient = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        """Take commands and mails as they come."""
        self.buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        mark = END if self.in_mail else b"\r\n"
        found, mark, rest = self.buffer.partition(mark)
        if not mark:
            return False
        self.buffer = rest
        answer = self._mail(found) if self.in_mail else self._command(found)
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)
        else:
            self.transport.write(answer)
        return True

    def _mail(self, content: bytes) -> bytes:
        self.in_mail = False
        report = self.reports[0]
        report.mails += 1
        report.last = time.time()
        report.first = report.first or report.last
        if len(report.sample) < SAMPLE:
            mail = base64.b64encode(content + b"\r\n").decode()
            report.sample.append((self.sender, self.recipient, mail))
        return OK

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self.sender = line.partition(b"<")[2].partition(b">")[0].decode()
        elif verb == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        elif verb == b"DATA":
            self.in_mail = True
            return b"354 Go on\r\n"
        elif verb == b"EHLO":
            return EHLO
        elif verb == b"XFOR":
            self.reports[0] = Report()
        elif verb == b"XREP":
            return b"250 " + json.dumps(vars(self.reports[0])).encode() + b"\r\n"
        elif verb == b"QUIT":
            return b"221 Bye\r\n"
        return OK


def forget(port: int) -> None:
    """Set a sink's count to zero."""
    with smtplib.SMTP("127.0.0.1", port) as connection:
        connection.docmd("XFORGET")


def report(port: int) -> Report:
    """What a sink has counted."""
    smtplib._MAXLINE = 10_000_000  # type: ignore[attr-defined]  # the sample stands on one line
    with smtplib.SMTP("127.0.0.1", port) as connection:
        return Report(**json.loads(connection.docmd("XREPORT")[1]))


async def serve(port: int, delay: float) -> None:
    """Take mails until the end."""
    reports = [Report()]
    server = await asyncio.get_running_loop().create_server(
        lambda: Conversation(reports, delay), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
