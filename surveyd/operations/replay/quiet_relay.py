"""A relay for mails of the past: it takes them at once, and keeps the young ones for the mail catcher."""

from pathlib import Path

from surveyd.base.clock import Clock
from surveyd.base.config import Relay
from surveyd.base.relay import Delivery, RelayConnection, Verdict
from surveyd.operations.catcher import keep_mail


class QuietRelay(RelayConnection):
    """What the sender's own lane delivers to. `gone` are addresses of nobody, in lower case."""

    def __init__(self, relay: Relay, clock: Clock, data: Path) -> None:
        super().__init__(relay)
        self.clock = clock
        self.data = data
        self.gone: frozenset[str] = frozenset()
        self.keeps = False

    @property
    def is_open(self) -> bool:
        return True

    def open(self) -> None:
        """There is nothing to open."""

    def close(self) -> None:
        """There is nothing to close."""

    def deliver(self, sender: str, recipient: str, mail: bytes) -> Delivery:
        """Take the mail, or say that there is nobody of that address."""
        if recipient.lower() in self.gone:
            return Delivery(Verdict.NO_SUCH_ADDRESS, "550 5.1.1 no such user here")
        if self.keeps:
            at = self.clock.now()
            keep_mail(self.data, sender=sender, recipients=(recipient,), content=mail, at=at)
        return Delivery(Verdict.ACCEPTED)
