"""A relay that says what it is told, for what a well-behaved server never does."""

import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

HANG_UP = "hang up"
SILENCE = "silence"
"""No reply; the connection stays open until the other side gives up."""
USUAL = {
    "HELLO": "220 relay.test",
    "EHLO": "250-relay.test\r\n250 8BITMIME",
    "MAIL": "250 2.1.0 Fine",
    "RCPT": "250 2.1.5 Fine",
    "DATA": "354 Go on",
    "END": "250 2.0.0 Taken",
    "RSET": "250 2.0.0 Fine",
    "QUIT": "221 2.0.0 Bye",
}


@dataclass
class Scripted:
    """What the relay says at HELLO (the greeting), EHLO, MAIL, RCPT, DATA, END (of data), RSET and QUIT."""

    replies: Mapping[str, str]
    port: int = 0
    heard: list[str] = field(default_factory=list)
    """The commands so far, in order; END for the final dot."""


@contextmanager
def scripted(**replies: str) -> Iterator[Scripted]:
    """`with scripted(RCPT="550 5.1.1 Nobody") as relay:` listens on `relay.port`."""
    script = Scripted(USUAL | replies)

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _talk(script, self)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Conversation) as server:
        script.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


def _talk(script: Scripted, peer: socketserver.StreamRequestHandler) -> None:
    going_on = _say(script, "HELLO", peer)
    while going_on and (line := peer.rfile.readline()):
        verb = line.decode("utf-8", "replace").split()[0].upper()
        script.heard.append(verb)
        going_on = _say(script, verb, peer) and verb != "QUIT"
        if going_on and verb == "DATA" and script.replies["DATA"].startswith("354"):
            while peer.rfile.readline() not in (b".\r\n", b""):
                pass
            script.heard.append("END")
            going_on = _say(script, "END", peer)


def _say(script: Scripted, verb: str, peer: socketserver.StreamRequestHandler) -> bool:
    reply = script.replies[verb]
    if reply == SILENCE:
        peer.connection.settimeout(10)
        while peer.rfile.read(1):
            pass
        return False
    if reply == HANG_UP:
        peer.connection.shutdown(socket.SHUT_RDWR)
        return False
    peer.wfile.write(f"{reply}\r\n".encode())
    return True
