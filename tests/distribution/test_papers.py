"""Papers: made once, whoever asks and however often; a mail with a paper never goes without it."""

import threading
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.clock import system_now
from surveyd.base.database import writing
from surveyd.base.errors import NotFound
from surveyd.distribution import outbox, papers
from surveyd.distribution.models import Message, MessageState
from surveyd.distribution.outbox import NewMessage
from surveyd.distribution.paper_models import Paper, PaperKind, PaperState
from surveyd.distribution.papers import NewPaper
from surveyd.people.access import NOBODY, SYSTEM, scope_of
from surveyd.people.models import User
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast
from tests.fixtures.relays import Relay

PDF = b"%PDF-1.7 " + bytes(range(256)) * 40
AT = system_now()


def summary(key: str = "summary:1", **facts: object) -> NewPaper:
    """A paper that belongs to no row."""
    kind = {"kind": PaperKind.SUMMARY, "file_name": "Summary.pdf"}
    return NewPaper(dedup_key=key, **{**kind, **facts})  # type: ignore[arg-type]  # the caller's keywords


def mail(paper_id: int | None, key: str = "letter:1") -> NewMessage:
    """A mail to one of us that carries the paper."""
    context = {"wave": "w1", "reason": "a reason", "path": "/staff/waves/1"}
    return NewMessage(
        dedup_key=key, name="wave_paused", language="en", recipient="eva@company.test", context=context,
        due_at=NOW, created_at=NOW, paper_id=paper_id,
    )  # fmt: skip


def make(session: Session, by: str = "w") -> int:
    """Claim and finish the next paper."""
    claimed = papers.claim(session, by, system_now=AT)
    assert claimed is not None
    assert papers.finish(session, claimed.id, by=by, content=PDF, now=NOW)
    return claimed.id


def the_mail(reader: Transaction) -> Message:
    with reader() as session:
        return session.scalars(select(Message)).one()


def queue(writer: Transaction, paper_id: int | None) -> None:
    with writer() as session:
        outbox.queue(session, [mail(paper_id)], mail_domain="mail.surveyd.test")


@pytest.fixture
def wanted(writer: Transaction) -> int:
    """The id of a wanted paper."""
    with writer() as session:
        return papers.want(session, summary(), now=NOW)


def test_a_key_is_one_paper_however_often_it_is_asked_for(writer: Transaction) -> None:
    with writer() as session:
        first = papers.want(session, summary(), now=NOW)
        make(session)
        assert papers.want(session, summary(file_name="Other.pdf"), now=NOW) == first
        assert papers.find(session, SYSTEM, first).state is PaperState.MADE
        assert papers.claim(session, "w", system_now=AT) is None


def test_many_are_asked_for_at_once(writer: Transaction) -> None:
    with writer() as session:
        ids = papers.want_all(session, [summary(f"summary:{n}") for n in range(1100)], now=NOW)
        assert len(set(ids.values())) == 1100
        assert papers.want_all(session, [], now=NOW) == {}


def test_a_claim_is_taken_once_and_comes_back_when_its_worker_is_gone(
    writer: Transaction, wanted: int
) -> None:
    with writer() as session:
        assert papers.claim(session, "one", system_now=AT) is not None
        assert papers.claim(session, "two", system_now=AT) is None
        assert papers.waiting(session, system_now=AT) == 0
        later = AT + papers.LEASE + timedelta(seconds=1)
        assert papers.waiting(session, system_now=later) == 1
        again = papers.claim(session, "two", system_now=later)
        assert again is not None and again.attempts == 2
        # The first one was only slow: what it brings now is too late.
        assert not papers.finish(session, wanted, by="one", content=b"%PDF-old", now=NOW)
        assert papers.finish(session, wanted, by="two", content=PDF, now=NOW)
        assert papers.content_of(session, wanted) == PDF


def test_two_workers_at_once_never_make_one_paper_twice(app: Flask, writer: Transaction) -> None:
    with writer() as session:
        papers.want_all(session, [summary(f"summary:{n}") for n in range(40)], now=NOW)
    taken: list[int] = []

    def work(name: str) -> None:
        with app.app_context():
            while True:
                with writing() as session:
                    claimed = papers.claim(session, name, system_now=AT)
                if claimed is None:
                    return
                taken.append(claimed.id)

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) >= 40 - 3 and len(taken) == len(set(taken))


def test_a_paper_that_workers_die_of_is_given_up_and_says_so(
    writer: Transaction, reader: Transaction, wanted: int
) -> None:
    queue(writer, wanted)
    with writer() as session:
        for attempt in range(papers.ATTEMPTS_AT_MOST):
            at = AT + attempt * (papers.LEASE * 2)
            assert papers.give_up(session, system_now=at) == 0
            assert papers.claim(session, "w", system_now=at) is not None
        over = AT + papers.ATTEMPTS_AT_MOST * (papers.LEASE * 2)
        assert papers.claim(session, "w", system_now=over) is None
        assert papers.give_up(session, system_now=over) == 1
        assert papers.counts(session)["failed"] == 1
    assert "the worker stopped 3 times" in the_mail(reader).reason


def test_who_waits_for_a_page_comes_before_a_thousand_letters(writer: Transaction, cast: Cast) -> None:
    with writer() as session:
        account = {"kind": PaperKind.ACCOUNT, "account_id": cast.nordwind}
        papers.want_all(session, [summary(f"account:1:{n}", **account) for n in range(3)], now=NOW)
        last = papers.want(session, summary(), now=NOW)
        assert make(session) == last


def test_a_mail_waits_for_its_paper_and_goes_with_it(
    post: Post, writer: Transaction, reader: Transaction, relay: Relay, wanted: int
) -> None:
    queue(writer, wanted)
    post.drain()
    assert relay.received == [] and the_mail(reader).state is MessageState.QUEUED
    with writer() as session:
        make(session)
    post.drain()
    post.drain()
    [received] = relay.received
    parsed = message_from_bytes(received.content, EmailMessage, policy=SMTP)
    [attached] = parsed.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "Summary.pdf")
    assert attached.get_content() == PDF
    body = parsed.get_body(("plain",))
    assert body is not None and "a reason" in body.get_content()


def test_a_mail_to_a_made_paper_goes_at_once(
    post: Post, writer: Transaction, relay: Relay, wanted: int
) -> None:
    with writer() as session:
        make(session)
    queue(writer, wanted)
    post.drain()
    assert len(relay.received) == 1


def test_a_mail_says_why_it_waits_and_goes_on_after_a_retry(
    post: Post, writer: Transaction, reader: Transaction, relay: Relay, wanted: int
) -> None:
    queue(writer, wanted)
    with writer() as session:
        papers.claim(session, "w", system_now=AT)
        assert papers.fail(session, wanted, by="w", reason="pango is missing")
        assert not papers.fail(session, wanted, by="w", reason="too late")
    post.drain()
    waiting = the_mail(reader)
    assert (waiting.state, waiting.reason) == (
        MessageState.QUEUED,
        "its PDF could not be made: pango is missing",
    )
    with writer() as session:
        # A person's word that held mails may go does not let it go bare.
        session.execute(update(Message).values(state=MessageState.HELD))
        outbox.release_held(session, now=NOW)
    post.drain()
    assert relay.received == []
    with writer() as session:
        assert papers.retry(session, wanted, now=NOW)
        assert not papers.retry(session, wanted, now=NOW)
    assert the_mail(reader).reason == ""
    with writer() as session:
        make(session)
    post.drain()
    assert len(relay.received) == 1


def test_a_mail_that_was_stopped_keeps_saying_why(
    post: Post, writer: Transaction, reader: Transaction, relay: Relay, wanted: int
) -> None:
    queue(writer, wanted)
    with writer() as session:
        session.execute(update(Message).values(state=MessageState.SUPPRESSED, reason="opted_out"))
        make(session)
    post.drain()
    assert (the_mail(reader).state, the_mail(reader).reason) == (MessageState.SUPPRESSED, "opted_out")
    assert relay.received == []


def test_a_mail_queued_while_its_paper_was_finished_is_found_by_the_sweep(
    writer: Transaction, reader: Transaction, wanted: int
) -> None:
    with writer() as session:
        make(session)
    queue(writer, wanted)
    with writer() as session:
        session.execute(update(Message).values(awaits_paper=True))
        assert papers.let_mails_go(session) == 1
        assert papers.let_mails_go(session) == 0
    assert not the_mail(reader).awaits_paper


def test_a_paper_is_made_anew_while_its_last_content_stays(writer: Transaction, wanted: int) -> None:
    with writer() as session:
        make(session)
        assert papers.renew(session, wanted, now=NOW)
        assert not papers.renew(session, wanted, now=NOW)
        line = papers.find(session, SYSTEM, wanted)
        assert (line.state, line.size) == (PaperState.WANTED, len(PDF))
        assert papers.content_of(session, wanted) == PDF


def test_an_old_failure_does_not_overtake_a_new_claim(writer: Transaction, wanted: int) -> None:
    with writer() as session:
        papers.claim(session, "one", system_now=AT)
        papers.fail(session, wanted, by="one", reason="no")
        papers.retry(session, wanted, now=NOW)
        papers.claim(session, "two", system_now=AT)
        assert not papers.finish(session, wanted, by="one", content=PDF, now=NOW)
        assert session.get_one(Paper, wanted).attempts == 1


def test_everybody_finds_what_is_theirs(writer: Transaction, cast: Cast) -> None:
    with writer() as session:
        ids = papers.want_all(
            session,
            [
                summary("response:1", kind=PaperKind.RESPONSE, asked_by_id=cast.mona.id),
                summary("account:1", kind=PaperKind.ACCOUNT, account_id=cast.nordwind),
                summary("summary:1"),
            ],
            now=NOW,
        )
        seen: dict[str, set[str]] = {}
        for name in ("mona", "milo", "leader", "outsider", "executive", "support"):
            scope = scope_of(session.get_one(User, getattr(cast, name).id))
            found = {key for key in ids if papers.find_by_key(session, scope, key) is not None}
            seen[name] = {key.partition(":")[0] for key in found}
        assert seen == {
            "mona": {"response", "account"},
            "milo": set(),
            "leader": {"account"},
            "outsider": set(),
            "executive": {"account", "summary"},
            "support": set(),
        }
        for paper_id in ids.values():
            with pytest.raises(NotFound):
                papers.find(session, NOBODY, paper_id)
