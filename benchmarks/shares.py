"""What the time of a page and of a submit goes to, as shares, by a sampling profiler in this process.

A timer of CPU time interrupts every millisecond; a sample counts for the innermost of its frames that stands
in one of the places below. What the driver and the database do in this process counts for the line that
called them; waiting (for the disk, for PostgreSQL, for the other programs on this machine) is told apart, as
wall time beyond CPU time. The web server itself (HTTP, threads) is not in it.
"""

import signal
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

EVERY_S = 0.001
TIMES = 400
WARM = 40
# From inside to outside, the first place that a frame stands in has it.
PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("driver and database", ("/base/prepared.py:_run", "default.py:do_", "/psycopg", "/base/database.py:")),
    ("SQLAlchemy", ("/sqlalchemy/", "/flask_sqlalchemy/")),
    ("values to and from columns", ("/base/prepared.py:", "/json/")),
    ("WTForms", ("/wtforms/", "/forms/inputs.py:")),
    (
        "drawing pages",
        ("/jinja2/", "/markupsafe/", "/forms/pages.py:", "/forms/notices.py:", "/fragments.py:"),
    ),
    ("scoring", ("/surveyd/scoring/", "/results/scores.py:")),
    ("mail rows", ("/distribution/outbox.py:", "/closed_loop/mails.py:", "/distribution/mails.py:")),
    ("rules of the questionnaire", ("/surveyd/forms/",)),
    ("rules of the follow-up", ("/surveyd/",)),
    ("HTTP and Flask", ("/flask/", "/werkzeug/", "/flask_", "/benchmarks/")),
)
REST = "the rest"


@dataclass
class Profile:
    """Samples by place, and milliseconds of CPU and of waiting a request."""

    samples: Counter[str] = field(default_factory=Counter)
    cpu_ms: float = 0.0
    waiting_ms: float = 0.0

    def lines(self) -> dict[str, float]:
        """Milliseconds a request, of CPU and of waiting, then the shares of the CPU time in percent."""
        total = self.samples.total() or 1
        sums = {"CPU, ms": self.cpu_ms, "waiting, ms": self.waiting_ms}
        names = [*(name for name, _ in PLACES), REST]
        return sums | {f"{name}, %": 100 * self.samples[name] / total for name in names}

    def note(self, signal_number: int, frame: FrameType | None) -> None:
        """Take one sample."""
        while frame is not None:
            code = frame.f_code
            where = f"{code.co_filename}:{code.co_name}"
            for name, marks in PLACES:
                if any(mark in where for mark in marks):
                    self.samples[name] += 1
                    return
            frame = frame.f_back
        self.samples[REST] += 1


def shares(app: Flask, links: Sequence[str], form: Mapping[str, str]) -> dict[str, Profile]:
    """The profile of the page and of the submit, each of `TIMES` requests; takes `WARM + TIMES` links."""
    warm, measured = links[:WARM], links[WARM : WARM + TIMES]
    for one in (None, form):
        profile(app, warm, one)
    return {"page": profile(app, measured), "submit": profile(app, measured, form)}


def profile(app: Flask, links: Iterable[str], form: Mapping[str, str] | None = None) -> Profile:
    """Open each of these links, or send the form to each, and say what the time went to."""
    found = Profile()
    requests = [_environ(link, form) for link in links]
    before = signal.signal(signal.SIGPROF, found.note)
    began, cpu = time.perf_counter(), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
    try:
        for environ in requests:
            _answer(app, environ)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    found.cpu_ms = 1000 * (time.process_time() - cpu) / len(requests)
    found.waiting_ms = 1000 * (time.perf_counter() - began) / len(requests) - found.cpu_ms
    return found


def _environ(link: str, form: Mapping[str, str] | None) -> "WSGIEnvironment":
    method = "GET" if form is None else "POST"
    sent = None if form is None else dict(form)
    return EnvironBuilder(path=link, method=method, data=sent, base_url="http://127.0.0.1").get_environ()


def _answer(app: Flask, environ: "WSGIEnvironment") -> None:
    body, status, _ = run_wsgi_app(app, environ)
    b"".join(body)
    assert status.startswith("200"), status
