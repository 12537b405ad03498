"""The bell: jobs that carry ids, or nothing, and only say "look now".

What is owed stands in the database. A bell that cannot be rung is a line in the log, never an
error: the sweeps find the work a moment later. The worker runs functions on an allow-list only,
since whoever can write to Redis could name any function that Python can import.
"""

import logging
from collections.abc import Sequence

import redis
from rq import Queue, SimpleWorker
from rq.exceptions import DuplicateJobError
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from surveyd.base.errors import Unavailable

log = logging.getLogger("surveyd.jobs")

QUEUE = "surveyd"
JOB_SECONDS = 600
KEPT_SECONDS = 3600
REDIS_TIMEOUT = 2.0


class Bell:
    """Rings for the workers. `url` is redis:// or unix://; nothing is connected until the first ring."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._queue: Queue | None = None

    def ring(self, function: str, *ids: int) -> bool:
        """Ask a worker to run `function` (its dotted name) with `ids`, once for all who ask at the same time.

        Returns whether the queue took it; call it after the commit, and go on either way.
        """
        job_id = "-".join([function.replace(".", "-"), *map(str, ids)])
        try:
            self.queue().enqueue(
                function,
                args=ids,
                job_id=job_id,
                unique=True,
                result_ttl=0,
                failure_ttl=KEPT_SECONDS,
                job_timeout=JOB_SECONDS,
            )
        except DuplicateJobError:
            return True
        except (redis.RedisError, OSError) as error:
            log.warning(
                "the queue does not answer", extra={"facts": {"job": function, "error": type(error).__name__}}
            )
            return False
        return True

    def check(self) -> None:
        """Raise Unavailable when the queue does not answer."""
        try:
            self.connection().ping()
        except (redis.RedisError, OSError) as error:
            raise Unavailable(
                "The queue does not answer", f"{type(error).__name__}. Is Redis running?"
            ) from error

    def failed_jobs(self) -> int:
        """How many jobs failed within the last hour. Raises Unavailable when the queue does not answer."""
        try:
            return int(self.queue().failed_job_registry.get_job_count(cleanup=True))
        except (redis.RedisError, OSError) as error:
            raise Unavailable("The queue does not answer", type(error).__name__) from error

    def connection(self) -> redis.Redis:
        """A client for this process; it connects at its first command and gives up after two seconds."""
        return redis.Redis.from_url(
            self.url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT, protocol=2
        )

    def queue(self) -> Queue:
        """The one queue."""
        if self._queue is None:
            self._queue = Queue(QUEUE, connection=self.connection(), serializer=JSONSerializer)
        return self._queue


class CarefulWorker(SimpleWorker):
    """A worker that refuses every function but those in `allowed`."""

    allowed: Sequence[str] = ()

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        if job.func_name not in self.allowed:
            log.error("a job that is not on the list was dropped", extra={"facts": {"job_id": job.id}})
            job.delete()
            return False
        return bool(super().perform_job(job, queue, execution))
