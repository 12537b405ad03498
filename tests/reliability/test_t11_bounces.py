"""T11: what comes back is understood, has its effect once, is never answered and never lost.

A small set of mails of our own, in the shapes that mail systems use; the pipe takes them as a server does.
"""

import pytest

from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Received, Relay
from tests.reliability.stage import import_company, launch_wave

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
DSN = """\
From: MAILER-DAEMON@mx.customer.test
To: {path}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is the mail system at mx.customer.test.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.test

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--b--
"""
TOLD = """\
From: Mail Delivery System <Mailer-Daemon@mx.customer.test>
To: {path}
Subject: Mail delivery failed: returning message to sender

A message that you sent could not be delivered. The following address failed:

  {to}
    {words}

------ This is a copy of the message, including all the headers. ------
Received: from survey.company.test
Subject: quota exceeded? user unknown?
"""
ARF = """\
From: feedback@provider.test
To: abuse@company.test
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

An abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {words}
Version: 1
Original-Mail-From: <{path}>
Original-Rcpt-To: {to}

--b--
"""
AWAY = """\
From: {to}
To: {path}
Subject: {words}
Auto-Submitted: auto-replied

Back in a while. The user unknown to you, with a full mailbox, says hello.
"""
HARD = (
    (DSN, "failed", "5.1.1", "550 5.1.1 <{to}>: Recipient address rejected: User unknown"),
    (DSN, "failed", "5.0.0", "550 No such user here"),
    (DSN, "failed", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
    (DSN, "failed", "5.4.4", "550 5.4.4 Host or domain name not found"),
    (TOLD, "", "", "550 5.1.1 The email account that you tried to reach does not exist"),
    (TOLD, "", "", "Unrouteable address"),
    (TOLD, "", "", "Destinataire inconnu"),
    (TOLD, "", "", "Empfänger unbekannt"),
)
SOFT = (
    (DSN, "failed", "5.2.2", "552 5.2.2 Mailbox full"),
    (DSN, "failed", "4.4.7", "delivery time expired"),
    (DSN, "delayed", "4.4.1", "connection timed out"),
    (DSN, "failed", "5.3.4", "552 message size exceeds the limit"),
    (TOLD, "", "", "retry timeout exceeded"),
    (TOLD, "", "", "Das Postfach des Empfängers ist voll"),
)
REFUSED = (
    (DSN, "failed", "5.7.1", "554 5.7.1 Message blocked as spam"),
    (DSN, "failed", "5.1.8", "553 5.1.8 Domain of sender address does not exist"),
)
COMPLAINTS = ((ARF, "", "", "abuse"), (ARF, "", "", "opt-out"))
AWAYS = (
    (AWAY, "", "", "Out of office"),
    (AWAY, "", "", "Abwesenheitsnotiz: Ihre Umfrage"),
    (AWAY, "", "", "自動応答"),
    (ARF, "", "", "auth-failure"),
)
ALL = (*HARD, *SOFT, *REFUSED, *COMPLAINTS, *AWAYS)


def test_mail_that_comes_back_has_its_effect_once(house: House, relay: Relay, measured: Measured) -> None:
    import_company(house, [f"c{at}@customer.test" for at in range(len(ALL))] + ["perm@customer.test"])
    launch_wave(house, WAVE)
    house.run("tick")
    mails = {mail.recipients[0]: mail for mail in relay.received}
    before = len(relay.received)
    taken = [_take(house, mails[f"c{at}@customer.test"], form) for at, form in enumerate(ALL)]
    again = [_take(house, mails[f"c{at}@customer.test"], form) for at, form in enumerate(ALL)]
    house.run("tick")

    stopped = {row["address"]: row["reason"] for row in house.json("suppressions", "list")}
    hard = _addresses(HARD)
    complained = _addresses(COMPLAINTS)
    assert {one for one, reason in stopped.items() if reason == "bounced"} == {*hard, "perm@customer.test"}
    assert {one for one, reason in stopped.items() if reason == "complaint"} == set(complained[:1])
    assert len(house.json("suppressions", "people")) == len(complained)
    assert [one["new"] for one in (*taken, *again)] == [True] * len(ALL) + [False] * len(ALL)
    measured(
        mails=len(ALL),
        hard_found=sum(one["kind"] == "hard" for one in taken[: len(HARD)]),
        soft_taken_as_hard=sum(one["kind"] == "hard" for one in taken[len(HARD) :]),
        complaints_suppressed=len(house.json("suppressions", "people")),
        replies=len(relay.received) - before,
    )
    assert len(relay.received) == before


def test_what_nobody_understands_is_taken_and_kept(house: House, relay: Relay) -> None:
    for raw in ("\0\0", "Subject: hello\n\nWho are you?", "From: MAILER-DAEMON\n\n"):
        found = house.json("bounce", stdin=raw)
        assert (found["effect"], found["state"], found["why"]) == (False, "waiting", "not_understood")
    assert relay.received == []


def _take(house: House, mail: Received, form: tuple[str, str, str, str]) -> dict[str, object]:
    text, action, status, words = form
    to = mail.recipients[0]
    said = text.format(path=mail.sender, to=to, action=action, status=status, words=words.replace("{to}", to))
    found: dict[str, object] = house.json("bounce", stdin=said)
    return found


def _addresses(forms: tuple[tuple[str, str, str, str], ...]) -> list[str]:
    return [f"c{ALL.index(form)}@customer.test" for form in forms]
