"""How soon the other end of a connection that has fallen silent is taken for gone.

A host that loses its network takes no leave. Left to itself, TCP waits a quarter of an hour for what was sent
and two hours for what is to come; meanwhile the database would hold the rows that the host had in its hands,
and the host would wait for replies that nobody sends.
"""

import socket
from typing import Any

FIRST, EACH, TIMES = 10, 5, 3
"""Seconds until the first question whether anybody is there, between two; how many go unanswered."""
SECONDS = FIRST + EACH * TIMES
MILLISECONDS = 1000 * SECONDS
POSTGRESQL_ARGUMENTS: dict[str, Any] = {
    "keepalives_idle": FIRST,
    "keepalives_interval": EACH,
    "keepalives_count": TIMES,
    "tcp_user_timeout": MILLISECONDS,
}
"""What libpq asks of our end of a connection; on a unix socket it means nothing."""
POSTGRESQL_SETTINGS = {
    "tcp_keepalives_idle": FIRST,
    "tcp_keepalives_interval": EACH,
    "tcp_keepalives_count": TIMES,
    "tcp_user_timeout": MILLISECONDS,
}
"""What the server is asked to do at its end, so that the locks of a host that is gone are free by then."""
OPTIONS = (
    ("TCP_KEEPIDLE", FIRST),
    ("TCP_KEEPINTVL", EACH),
    ("TCP_KEEPCNT", TIMES),
    ("TCP_USER_TIMEOUT", MILLISECONDS),
)


def notice(connection: socket.socket) -> None:
    """Have a TCP connection fail once its other end was silent for twenty-five seconds.

    What was sent by then and not acknowledged never arrives later.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in OPTIONS:
        # Not every system has them all.
        if (option := getattr(socket, name, None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
