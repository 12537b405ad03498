"""T12: whatever stands in a name, a subject or a letter, a mail stays one mail with our headers alone."""

import re
from collections.abc import Callable
from itertools import cycle

import pytest
from sqlalchemy import update

from surveyd.base.mailer import one_line
from surveyd.distribution import outbox
from surveyd.distribution.letterheads import Letterheads, save_letterhead
from surveyd.distribution.mail_checks import Draft
from surveyd.distribution.mail_starters import mjml_starter, starter
from surveyd.distribution.mail_templates import Place, save
from surveyd.distribution.models import MessageState, Program, Wave
from surveyd.distribution.outbox import NewMessage
from surveyd.people.models import Account, Contact, User
from tests.base.hostile import HOSTILE
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.figures import Measured
from tests.fixtures.relays import Received, Relay

Launched = Callable[..., Post]
OURS = {
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "List-Unsubscribe",
    "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
}  # fmt: skip
UNKEPT = ("nul", "half a character")
"""No database keeps these; the mailer's own tests send them."""
NAMES = [text[:200] for name, text in HOSTILE.items() if name not in UNKEPT]
OUTSIDE = ["jörg@müller.test", "испытание@пример.испытание", "用户@例子.test"]
"""Their local parts need a relay that knows SMTPUTF8."""
PUNYCODE = ["joerg@müller.test", "info@пример.испытание"]
BROKEN = [
    "two@at@company.test", "blank in@company.test", "nobody", "a@b.test,c@d.test", "<x>@company.test",
    "line\r\nRCPT TO:<everybody@company.test>", "line\nBcc: everybody@company.test", "nul\u2028@company.test",
]  # fmt: skip
VERBATIM = "\n.\n..\n.\n" + "x" * 5000 + "\n" + "ü" * 5000 + "\nMAIL FROM:<everybody@company.test>\n.\nQUIT\n"
ADDRESS = "Main Street 1\n.\n--=_boundary--"
LONGEST_LINE = 998


@pytest.mark.parametrize("takes_utf8", [True, False], ids=["smtputf8", "plain smtp"])
def test_poisoned_names_of_a_few(  # noqa: PLR0917  # fixtures, by name
    launched: Launched, writer: Transaction, cast: Cast, relay: Relay, measured: Measured, takes_utf8: bool
) -> None:
    people = _people(writer, cast.mona.id, times=1)
    _poison(launched, people, relay, measured, takes_utf8=takes_utf8)


@pytest.mark.full
@pytest.mark.parametrize("takes_utf8", [True, False], ids=["smtputf8", "plain smtp"])
def test_poisoned_names_of_many(  # noqa: PLR0917  # fixtures, by name
    launched: Launched, writer: Transaction, cast: Cast, relay: Relay, measured: Measured, takes_utf8: bool
) -> None:
    people = _people(writer, cast.mona.id, times=25)
    _poison(launched, people, relay, measured, takes_utf8=takes_utf8)


def test_a_letter_comes_back_byte_for_byte(post: Post, cast: Cast, relay: Relay) -> None:
    lines = [line for line in VERBATIM.splitlines() if line]
    context = {
        "company": "Example Works", "sender_name": NAMES[0], "contact": NAMES[1], "account": NAMES[2],
        "written_on": "2026-03-10", "answered": True, "has_paper": False,
        "subject_pieces": [{"text": name} for name in NAMES],
        "paragraphs": [{"pieces": [{"text": line}], "points": lines} for line in lines],
        "signature": [[{"text": "."}]],
    }  # fmt: skip
    letter = NewMessage(
        dedup_key="letter:1", name="letter", language="en", recipient=cast.anna.email, context=context,
        contact_id=cast.anna.id, due_at=NOW, created_at=NOW,
    )  # fmt: skip
    with post.writer() as session:
        outbox.queue(session, [letter], mail_domain="mail.surveyd.test")
    post.drain()
    [received] = relay.received
    _assert_ours(received)
    body = received.body()
    for line in lines:
        assert f"\n{line}\n" in body
        assert line in received.body("html").replace("&lt;", "<").replace("&gt;", ">")


def _poison(
    launched: Launched, people: list[str], relay: Relay, measured: Measured, *, takes_utf8: bool
) -> None:
    relay.stop()
    relay.takes_utf8 = takes_utf8
    relay.start()
    post = launched()
    _poison_the_rest(post)
    while post.release().total:
        pass
    lane = post.drain()
    rows = post.messages().values()
    names = {f"<{row.message_id}>": row.recipient_name for row in rows}
    failed = [row for row in rows if row.state is not MessageState.SENT]
    measured(contacts=len(people), sent=len(relay.received), failed=len(failed), smtputf8=takes_utf8)
    assert {row.recipient for row in failed} == {*BROKEN, *(() if takes_utf8 else OUTSIDE)}
    assert {row.state for row in failed} == {MessageState.FAILED}
    # The three of the cast are asked, too.
    assert len(rows) == len(people) + 3 == len(relay.received) + len(failed)
    assert lane.counts.sent == len({mail.message_id for mail in relay.received})
    for received in relay.received:
        _assert_ours(received)
        body = received.body()
        assert f"{one_line(names[received.message_id])}\n{VERBATIM}" in body
        assert body.endswith(f"\n{one_line(HOSTILE['template'])}\n{ADDRESS}\n")
        # Nothing was worked out: 7 times 7 stands nowhere. The port of our own links may have a 49 in it.
        html = received.body("html").replace(post.services.config.base_url, "")
        assert "49" not in html.partition("<body")[2].partition("/s/")[0]


def _poison_the_rest(post: Post) -> None:
    """Poison the company, the program's sender, the managers, the letterhead and the words themselves."""
    with post.writer() as session:
        program = session.get_one(Program, session.get_one(Wave, post.wave_id).program_id)
        program.company, program.sender_name = HOSTILE["crlf"], HOSTILE["end of data"]
        session.execute(update(User).values(name=HOSTILE["mailbox"]))
        legal = {"en": HOSTILE["template"]}
        heading = Letterheads(0, ADDRESS, legal, manager_sends=True, manager_replies=True)
        save_letterhead(session, program.id, heading, by=None, now=NOW)
        text = f"{{{{ contact }}}}\n{VERBATIM}{starter('invitation', 'en').text}"
        draft = Draft("{{ contact }} of {{ account }}", text, mjml_starter("invitation", "en"))
        save(session, Place(program.id, "invitation", "en"), draft, seen=0, by=None, now=NOW)


def _people(writer: Transaction, manager_id: int, *, times: int) -> list[str]:
    """Contacts whose names are poison, at accounts whose names are; returns their addresses."""
    plain = [f"c{at}@customer.test" for at in range(len(NAMES) * times)]
    addresses = [*plain, *OUTSIDE, *PUNYCODE, *BROKEN]
    dates = {"created_at": NOW, "updated_at": NOW}
    with writer() as session:
        for at, (address, name) in enumerate(zip(addresses, cycle(NAMES), strict=False)):
            account = Account(
                external_id=f"P{at}", name=name, manager_id=manager_id if at % 2 else None, **dates
            )
            session.add(account)
            session.flush()
            facts = {"external_id": f"P{at}", "account_id": account.id, "name": name, "email": address}
            session.add(Contact(**facts, **dates))
        session.execute(update(Contact).values(language="en"))
    return addresses


def _assert_ours(received: Received) -> None:
    """One mail to one person, in which every header is ours, and none stands twice."""
    assert len(received.recipients) == 1
    head = received.content.partition(b"\r\n\r\n")[0].decode()
    lines = [line for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    names = [line.partition(":")[0] for line in lines]
    assert set(names) <= OURS and len(names) == len(set(names)), names
    assert not re.search(r"[\r\n]", head.replace("\r\n", "")) and "everybody" not in received.recipients[0]
    assert all(len(line) <= LONGEST_LINE for line in received.content.split(b"\r\n"))
