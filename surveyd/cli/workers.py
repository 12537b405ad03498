"""The worker process: does the jobs that the bell asks for, and no others."""

import logging
import signal
import threading
from contextlib import suppress
from types import FrameType

import redis
from flask import Flask
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from surveyd.base.database import db
from surveyd.base.jobs import CarefulWorker
from surveyd.base.services import EXTENSION, Services
from surveyd.closed_loop.jobs import SEND_LETTER, WORK_ON_ANSWERS
from surveyd.distribution.jobs import PREPARE_WAVE
from surveyd.distribution.rehearsing.jobs import REHEARSE_WAVE
from surveyd.people.duplicate_jobs import SEARCH_DUPLICATES
from surveyd.people.jobs import WORK_ON_UPLOAD
from surveyd.reports.jobs import MAKE_PAPERS
from surveyd.results.analysis_jobs import WORK_OUT
from surveyd.results.jobs import COMPARE, RESCORE

log = logging.getLogger("surveyd.worker")

JOBS = (
    *(COMPARE, MAKE_PAPERS, PREPARE_WAVE, REHEARSE_WAVE, RESCORE, SEARCH_DUPLICATES),
    *(SEND_LETTER, WORK_ON_UPLOAD, WORK_ON_ANSWERS, WORK_OUT),
)
QUEUE_PAUSE_SECONDS = 2.0


class Worker(CarefulWorker):
    """The worker with our list of jobs."""

    allowed = JOBS
    stop: threading.Event

    def request_stop(self, number: int, frame: FrameType | None) -> None:
        # Its farewell to a queue that is away fails, and the wish to stop would be lost in that.
        self.stop.set()
        super().request_stop(number, frame)  # type: ignore[no-untyped-call]  # it has no types


def run_worker(app: Flask, stop: threading.Event) -> None:
    """Work until `stop` is set or a signal comes; waits while the queue is away."""
    house: Services = app.extensions[EXTENSION]
    with app.app_context():
        while not stop.is_set():
            # A signal may come while the worker takes its leave of a queue that is away.
            with suppress(StopRequested):
                _work(house, stop)
            db.session.remove()
            stop.wait(QUEUE_PAUSE_SECONDS)


def _work(house: Services, stop: threading.Event) -> None:
    """Work until the queue goes away or a signal comes, and give the signals back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        worker = Worker([house.bell.queue()], connection=house.bell.connection(), serializer=JSONSerializer)
        worker.log_job_description = False
        worker.stop = stop
        worker.work(logging_level="WARNING")
        stop.set()
    except (redis.RedisError, OSError) as error:
        log.warning("the queue does not answer", extra={"facts": {"error": type(error).__name__}})
    finally:
        # The worker has put its own in their place, and they end only what it is doing.
        for number, handler in handlers.items():
            signal.signal(number, handler)
