"""One kept-alive connection to the relay that says, for each mail, what is certain and what is not.

smtplib raises the same exception for a cut in the middle of a mail and for one after its final
dot. The first is harmless: the mail is sent again. After the second nobody knows. So this module
drives the dialogue step by step and notes the phase itself.
"""

import re
import select
import smtplib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from surveyd.base.config import Relay
from surveyd.base.mailer import OUTSIDE_ASCII, open_smtp

FINAL_REPLY_SECONDS = 600.0
TAKEN, FORWARDED, DATA_OK, SHUTTING_DOWN, NO_MAILBOX = 250, 251, 354, 421, 550
LONGEST_REASON = 300
# Addresses that need no quoting; any other goes the long way.
PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
GONE_CODE = re.compile(r"\b5\.1\.[0-36]\b")
GONE = re.compile(
    GONE_CODE.pattern + r"|user (is )?unknown|unknown (user|recipient|mailbox)"
    r"|no such (user|mailbox|recipient|person|address)|(does not|doesn't) exist"
    r"|mailbox (not found|unavailable: no)|recipient (not found|unknown)|address unknown",
    re.IGNORECASE,
)
TOO_MUCH = re.compile(
    r"too (many|much|fast)|rate.?limit|throttl|slow down|\b4\.7\.28\b|unusual (rate|volume)"
    r"|exceed\w* .{0,40}\brate",
    re.IGNORECASE,
)
"""How a relay says that a domain wants fewer mails from us for a while."""

BUSY = re.compile(r"421\b|[45]\d\d[ -][45]\.3\.")
"""How a relay says that it is the one who cannot, whoever the mail is for."""


class Verdict(StrEnum):
    """What became of one mail."""

    ACCEPTED = "accepted"
    LATER = "later"
    """Refused for now (4xx): the relay asks to try again."""
    REFUSED = "refused"
    """Refused for good (5xx)."""
    NO_SUCH_ADDRESS = "no_such_address"
    """Refused for good, because there is nobody of that address."""
    NOT_SENT = "not_sent"
    """The connection failed before the final dot: certainly not delivered."""
    UNWRITTEN = "unwritten"
    """We could not write the mail: it waits for a person, and was never sent."""
    IN_DOUBT = "in_doubt"
    """The connection failed after the final dot: delivered or not, nobody knows."""


# What each reply to MAIL, RCPT and DATA must be, and what a refusal there says of the address at most.
AT_ONCE = (
    ((TAKEN,), Verdict.REFUSED),
    ((TAKEN, FORWARDED), Verdict.NO_SUCH_ADDRESS),
    ((DATA_OK,), Verdict.NO_SUCH_ADDRESS),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The verdict, and the relay's own words for the ledger.

    `is_of_sender` says that our own address was turned away, before the recipient's was named.
    """

    verdict: Verdict
    reason: str = ""
    is_of_sender: bool = False

    @property
    def is_of_address(self) -> bool:
        """Whether a refusal says something of the recipient's address, and not of us or of a busy system."""
        words = self.reason
        return not (self.is_of_sender or TOO_MUCH.search(words) or BUSY.match(words))

    @property
    def is_too_much(self) -> bool:
        """Whether it was refused for now because we send too many mails there."""
        return self.verdict is Verdict.LATER and TOO_MUCH.search(self.reason) is not None


class RelayConnection:
    """One connection, kept open over many mails; not for several threads at once.

    `final_reply_seconds` is how long the reply after a mail's final dot is waited for.
    """

    def __init__(
        self,
        relay: Relay,
        open_connection: Callable[[Relay], smtplib.SMTP] = open_smtp,
        *,
        final_reply_seconds: float = FINAL_REPLY_SECONDS,
    ) -> None:
        self.relay = relay
        self.final_reply_seconds = final_reply_seconds
        self._open_connection = open_connection
        self._smtp: smtplib.SMTP | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is connected, as far as can be known without a word to the relay."""
        return self._smtp is not None and not _has_news(self._smtp.sock)

    def open(self) -> None:
        """Connect unless connected. Raises OSError or smtplib.SMTPException: nothing was sent then."""
        if not self.is_open:
            self._drop()
            self._smtp = self._open_connection(self.relay)

    def close(self) -> None:
        """Take leave of the relay; never raises."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def deliver(self, sender: str, recipient: str, mail: bytes) -> Delivery:
        """Hand one mail over; `mail` has CRLF line ends. Never raises for what relay or network do."""
        assert self._smtp is not None, "open() comes first"
        smtp = self._smtp
        try:
            early = self._announce(smtp, sender, recipient, is_ascii=mail.isascii())
            if early is not None:
                return early
            # Dot-stuffing as smtplib.data does it.
            smtp.send(smtplib._quote_periods(mail))  # type: ignore[attr-defined]  # has no public name
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._drop()
            return Delivery(Verdict.NOT_SENT, _words(error))
        return self._finish(smtp, ends_in_newline=mail.endswith(b"\r\n"))

    def _announce(
        self, smtp: smtplib.SMTP, sender: str, recipient: str, *, is_ascii: bool
    ) -> Delivery | None:
        options: tuple[str, ...] = ()
        if not (is_ascii and recipient.isascii()):
            if not smtp.has_extn("smtputf8"):
                return Delivery(Verdict.REFUSED, "the relay takes no addresses outside ASCII (SMTPUTF8)")
            options = OUTSIDE_ASCII
        elif smtp.has_extn("pipelining") and PLAIN.fullmatch(sender) and PLAIN.fullmatch(recipient):
            return self._announce_at_once(smtp, sender, recipient)
        code, text = smtp.mail(sender, options)
        if code != TAKEN:
            # What is said about our own address says nothing about the recipient's.
            return self._turned_away(smtp, code, text, gone=Verdict.REFUSED)
        code, text = smtp.rcpt(recipient)
        if code not in (TAKEN, FORWARDED):
            return self._turned_away(smtp, code, text)
        code, text = smtp.docmd("DATA")
        return None if code == DATA_OK else self._turned_away(smtp, code, text)

    def _announce_at_once(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> Delivery | None:
        """The three commands in one packet, their replies in order (RFC 2920): one journey, not three."""
        smtp.send(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode("ascii"))
        wrong: tuple[int, bytes, Verdict] | None = None
        code = 0
        for good, gone in AT_ONCE:
            try:
                code, text = smtp.getreply()
            except (OSError, smtplib.SMTPException):
                if wrong is None:
                    raise
                self._drop()  # an earlier refusal stands all the same
                break
            if wrong is None and code not in good:
                wrong = (code, text, gone)
        if wrong is None:
            return None
        if code == DATA_OK:
            # The relay waits for a mail to nobody; it gets none, and the next mail a new connection.
            self._drop()
        return self._turned_away(smtp, wrong[0], wrong[1], gone=wrong[2])

    def _turned_away(
        self, smtp: smtplib.SMTP, code: int, text: bytes, *, gone: Verdict = Verdict.NO_SUCH_ADDRESS
    ) -> Delivery:
        refusal = _refusal(code, text, gone=gone)
        # The next mail needs a clean dialogue; where there is none, this mail's reply stands all the same.
        if refusal is None or code == SHUTTING_DOWN:
            self._drop()
            return refusal or Delivery(Verdict.NOT_SENT, f"no sense in the reply {code}")
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()
        return refusal

    def _finish(self, smtp: smtplib.SMTP, *, ends_in_newline: bool) -> Delivery:
        # From here on a failure leaves the mail in doubt: the relay may have it.
        try:
            assert smtp.sock is not None
            usual = smtp.sock.gettimeout()
            smtp.sock.settimeout(self.final_reply_seconds)
            smtp.send(b".\r\n" if ends_in_newline else b"\r\n.\r\n")
            code, text = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(usual)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Delivery(Verdict.IN_DOUBT, f"no reply after the final dot ({_words(error)})")
        if 200 <= code < 300:
            return Delivery(Verdict.ACCEPTED)
        refusal = _refusal(code, text)
        if refusal is None or code == SHUTTING_DOWN:
            self._drop()
        return refusal or Delivery(Verdict.IN_DOUBT, f"no sense in the reply {code} after the final dot")

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _has_news(connection: socket.socket | None) -> bool:
    """Whether the relay said something unasked. That is its farewell: it closes what was idle for minutes.

    A mail tried on such a connection would be taken for one that failed, and wait for its next turn.
    """
    if connection is None:
        return True
    looks = select.poll()
    looks.register(connection, select.POLLIN)
    return bool(looks.poll(0))


def _refusal(code: int, text: bytes, *, gone: Verdict = Verdict.NO_SUCH_ADDRESS) -> Delivery | None:
    words = f"{code} {text.decode('utf-8', 'replace')}"[:LONGEST_REASON]
    is_of_sender = gone is Verdict.REFUSED
    if 400 <= code < 500:
        return Delivery(Verdict.LATER, words, is_of_sender)
    if 500 <= code < 600:
        return Delivery(gone if _says_nobody(code, words) else Verdict.REFUSED, words, is_of_sender)
    return None


def _says_nobody(code: int, words: str) -> bool:
    # By the code, or in words; words about the sender speak of our own address.
    in_words = code == NO_MAILBOX and "sender" not in words.lower() and GONE.search(words)
    return bool(GONE_CODE.search(words) or in_words)


def _words(error: Exception) -> str:
    return type(error).__name__
