"""Several processes forked from one parent, restarted when they die, stopped together."""

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from surveyd.base.processes import die_with_parent

log = logging.getLogger("surveyd.up")

CALM_SECONDS = 30.0
STOP_SECONDS = 20.0
PAUSE_AT_MOST = 10.0


@dataclass(slots=True)
class Child:
    """One process: what it runs, and how it fares."""

    name: str
    run: Callable[[], None]
    pid: int = 0
    started: float = 0.0
    failures: int = 0
    restart_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Starts the children and watches them until a signal says stop."""

    children: list[Child]
    stopping: bool = False
    before_fork: Callable[[], None] = field(default=lambda: None)

    def start(self) -> None:
        """Fork every child; from here on SIGTERM and SIGINT stop all of them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        for child in self.children:
            self._fork(child)

    def watch(self, tick: Callable[[], None] = lambda: None) -> None:
        """Restart what dies, sooner after a long life than after a short one; returns when asked to stop."""
        while not self.stopping:
            self._reap()
            for child in self.children:
                if not child.pid and time.monotonic() >= child.restart_at and not self.stopping:
                    self._fork(child)
            tick()
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask every child to finish what it is doing; whoever does not within twenty seconds is killed."""
        self.stopping = True
        self._signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while any(child.pid for child in self.children) and time.monotonic() < until:
            self._reap()
            time.sleep(0.05)
        self._signal(signal.SIGKILL)

    def _fork(self, child: Child) -> None:
        self.before_fork()
        pid = os.fork()
        if pid == 0:
            _live(child)
        child.pid, child.started = pid, time.monotonic()

    def _reap(self) -> None:
        for child in self.children:
            if child.pid and os.waitpid(child.pid, os.WNOHANG)[0]:
                calm = time.monotonic() - child.started > CALM_SECONDS
                child.failures = 0 if calm else child.failures + 1
                child.restart_at = time.monotonic() + min(PAUSE_AT_MOST, 0.25 * child.failures)
                child.pid = 0
                if not self.stopping:
                    log.warning(
                        "a process ended and is started again", extra={"facts": {"process": child.name}}
                    )

    def _signal(self, number: signal.Signals) -> None:
        for child in self.children:
            if child.pid:
                os.kill(child.pid, number)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self.stopping = True


def _live(child: Child) -> None:
    """The child's whole life; it never comes back from here."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Ctrl-C reaches the whole group; the parent alone decides, and tells us by SIGTERM.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        die_with_parent()
        child.run()
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        log.exception("a process failed", extra={"facts": {"process": child.name}})
    finally:
        os._exit(code)
