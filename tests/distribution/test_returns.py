"""Mail that comes back, from the door to the ledger: once each, counted, kept, and never answered."""

import random
import time
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from surveyd.distribution import nominations
from surveyd.distribution.bounces import BounceKind, read_bounce
from surveyd.distribution.models import Invitation, InvitationState, Message, MessageState, Suppression
from surveyd.distribution.return_models import Absence, Door, Return, ReturnState
from surveyd.distribution.returns import KEPT, Taken, forget_returns, settle_return, take_return
from surveyd.distribution.soft_bounces import LIMIT, WITHIN, note_soft
from surveyd.distribution.stop_lists import lift_stop
from surveyd.people.access import SYSTEM
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, answered
from tests.distribution.test_bounces import COMPLAINT, DONE, FULL, GONE, LATER, report
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast

DOMAIN = "mail.surveyd.test"
AWAY = """\
From: Anna <anna@nordwind.test>
To: {to}
Subject: Out of office: your survey
Auto-Submitted: auto-replied

I am back on 2 April 2026. In urgent cases contact Bernd Bauer, bernd@nordwind.test.
"""


@pytest.fixture
def sent(post: Post) -> Post:
    """A wave whose invitations are out."""
    post.send()
    return post


def path_of(sent: Post, name: str = "anna invitation") -> str:
    """The signed return path of one mail."""
    return sent.services.keys.return_path(sent.messages()[name].id, DOMAIN)


def take(sent: Post, raw: bytes, *, to: str = "", now: datetime = NOW) -> Taken:
    """Take one mail in as the pipe does."""
    with sent.writer() as session:
        return take_return(session, raw, keys=sent.services.keys, door=Door.PIPE, envelope_to=to, now=now)


def kept(sent: Post) -> list[Return]:
    """What is kept of all that came."""
    with sent.reader() as session:
        return list(session.scalars(select(Return).options(undefer(Return.content)).order_by(Return.id)))


def test_the_same_mail_counts_once(sent: Post, cast: Cast) -> None:
    first, second = (take(sent, report(path_of(sent), GONE)) for _ in range(2))
    assert (first.effect, first.is_new, second.effect, second.is_new) == (True, True, True, False)
    assert [(one.kind, one.state, one.content) for one in kept(sent)] == [("hard", ReturnState.APPLIED, None)]


def test_the_envelope_says_which_mail_it_is_about(sent: Post, cast: Cast) -> None:
    taken = take(sent, report("bounces@elsewhere.test", GONE), to=path_of(sent).upper())
    assert (taken.kind, taken.effect) == (BounceKind.HARD, True)
    with sent.reader() as session:
        assert session.get_one(Suppression, cast.anna.email).message_id == taken.message_id


def test_without_a_genuine_return_path_a_person_decides(sent: Post, cast: Cast) -> None:
    message = sent.messages()["anna invitation"]
    raw = report(f"b-{message.id}-{'0' * 20}@{DOMAIN}", GONE)
    raw = raw.replace(
        b"--b--", f"--b\nContent-Type: message/rfc822\n\nMessage-ID: <{message.message_id}>\n\n--b--".encode()
    )
    taken = take(sent, raw)
    assert (taken.kind, taken.effect, taken.why) == (BounceKind.HARD, False, "no_signature")
    [row] = kept(sent)
    assert (row.hint_id, row.message_id) == (message.id, None)
    with sent.reader() as session:
        assert session.get_one(Return, row.id).content == raw
        assert session.scalars(select(Suppression)).all() == []

    with sent.writer() as session:
        found, keys = session.get_one(Return, row.id), sent.services.keys
        assert settle_return(session, found, believe=BounceKind.HARD, keys=keys, by=cast.admin.id, now=NOW)
    with sent.reader() as session:
        assert session.get_one(Suppression, cast.anna.email).reason == "bounced"


def test_a_report_of_success_changes_nothing_and_is_not_kept(sent: Post) -> None:
    taken = take(sent, report(path_of(sent), DONE))
    assert (taken.state, kept(sent)[0].content) == (ReturnState.NOTED, None)


def test_three_soft_bounces_in_some_months_are_a_hard_one(sent: Post, cast: Cast) -> None:
    message = sent.messages()["anna invitation"]
    for now in (NOW, NOW, NOW + timedelta(days=1)):
        take(sent, report(path_of(sent), FULL + f"\nX-Try: {now}"), now=now)
    take(sent, report(path_of(sent), LATER))
    with sent.writer() as session:
        others = [
            session.get_one(Message, sent.messages()[f"{name} invitation"].id) for name in ("aziz", "sofie")
        ]
        for one in others:
            one.recipient = message.recipient.upper()
        # Four reports about one mail are one that did not arrive.
        assert (
            note_soft(session, others[0].id, others[0].recipient, detail="full", now=NOW + timedelta(days=2))
            == LIMIT - 1
        )
        assert session.get(Suppression, cast.anna.email) is None
        assert (
            note_soft(session, others[1].id, others[1].recipient, detail="full", now=NOW + timedelta(days=3))
            == LIMIT
        )
        assert session.get_one(Suppression, cast.anna.email).reason == "kept_bouncing"
        lift_stop(session, cast.anna.email, reason="She cleaned up", by=None, now=NOW)
        assert (
            note_soft(session, others[1].id, others[1].recipient, detail="full", now=NOW + timedelta(days=4))
            == 1
        )


@pytest.mark.parametrize("heard", ["answered", "long ago"])
def test_soft_bounces_decay_and_an_answer_resets_them(sent: Post, cast: Cast, heard: str) -> None:
    with sent.writer() as session:
        first = sent.messages()["anna invitation"]
        note_soft(session, first.id, first.recipient, detail="", now=NOW)
        later = NOW + timedelta(days=5)
        if heard == "answered":
            invitation = session.scalars(
                select(Invitation).where(Invitation.contact_id == cast.anna.id)
            ).one()
            answered(session, invitation.id, now=NOW + timedelta(days=1))
        else:
            later = NOW + WITHIN + timedelta(minutes=1)
        other = session.get_one(Message, sent.messages()["aziz invitation"].id)
        other.recipient = cast.anna.email
        assert note_soft(session, other.id, other.recipient, detail="", now=later) == 1


def test_a_refusal_of_the_mail_is_no_word_on_the_address(sent: Post) -> None:
    spam = GONE.replace("5.1.1", "5.7.1").replace("No such user", "Message blocked as spam")
    for now in range(LIMIT + 1):
        taken = take(sent, report(path_of(sent), f"{spam}\nX-Try: {now}"))
        assert (taken.kind, taken.effect) == (BounceKind.REFUSED, True)
    with sent.reader() as session:
        assert session.scalars(select(Suppression)).all() == []


def test_one_complaint_may_name_several_people(sent: Post, cast: Cast) -> None:
    named = "".join(f"\nOriginal-Rcpt-To: <{one}>" for one in (cast.aziz.email.upper(), "stranger@else.test"))
    assert take(sent, report(path_of(sent), COMPLAINT + named, "feedback-report")).effect
    with sent.reader() as session:
        assert sorted(session.scalars(select(Suppression.address))) == sorted(
            [cast.anna.email, cast.aziz.email]
        )
        out = session.scalars(select(Contact.id).where(Contact.opted_out_at.is_not(None)))
        assert sorted(out) == sorted([cast.anna.id, cast.aziz.id])


def test_who_is_away_is_reminded_when_they_are_back(sent: Post, cast: Cast) -> None:
    before = sent.touches()[f"{cast.anna.id} reminder"].due_at
    mails = len(sent.messages())
    raw = AWAY.format(to=path_of(sent)).encode()
    for _ in range(2):
        assert take(sent, raw).kind is BounceKind.AUTO_REPLY
    touches = sent.touches()
    back = touches[f"{cast.anna.id} reminder"].due_at
    assert back.astimezone().date() >= date(2026, 4, 1) and back > before
    # What was planned keeps its distance, and nobody else waits.
    assert touches[f"{cast.anna.id} call"].due_at - back == touches[f"{cast.aziz.id} call"].due_at - before
    assert touches[f"{cast.aziz.id} reminder"].due_at == before
    with sent.reader() as session:
        assert session.scalars(select(Absence.until)).all() == [date(2026, 4, 2)]
        assert session.scalars(select(Suppression)).all() == []
        [line] = nominations.waiting_at(session, cast.nordwind, scope=SYSTEM)
        assert (line.name, line.email, line.is_away) == ("Bernd Bauer", "bernd@nordwind.test", True)
        assert session.get_one(Contact, cast.anna.id).opted_out_at is None
    assert len(sent.messages()) == mails


def test_who_does_not_say_how_long_is_away_for_a_week(sent: Post, cast: Cast) -> None:
    at = NOW + timedelta(days=12)
    raw = f"To: {path_of(sent)}\nX-Autoreply: yes\nSubject: hm\n\nAway.\n".encode()
    take(sent, raw, now=at)
    due = sent.touches()[f"{cast.anna.id} reminder"].due_at
    assert timedelta(days=6) < due - at < timedelta(days=8)


def test_whoever_has_answered_is_not_touched_by_their_machine(sent: Post, cast: Cast) -> None:
    with sent.writer() as session:
        answered(session, sent.invitation(cast.anna.id).id, now=NOW)
    take(sent, AWAY.format(to=path_of(sent)).encode())
    with sent.reader() as session:
        assert session.scalars(select(Absence)).all() == []
    assert sent.invitation(cast.anna.id).state is InvitationState.ANSWERED


def test_somebody_may_ask_to_stop_by_mail(sent: Post, cast: Cast) -> None:
    assert take(sent, f"To: {path_of(sent)}\nSubject: Re: Unsubscribe\n\n".encode()).effect
    assert sent.invitation(cast.anna.id).state is InvitationState.OPTED_OUT


def test_what_was_not_understood_is_kept_whole_for_a_while(sent: Post) -> None:
    noise = random.Random(3)
    odd = [f"To: {path_of(sent)}\nSubject: \0?\n\nHello?".encode(), noise.randbytes(3000), b"\xff\0"]
    for raw in odd:
        assert take(sent, raw).why == "not_understood"
    with sent.reader() as session:
        assert [one.content for one in session.scalars(select(Return).order_by(Return.id))] == odd
    with sent.writer() as session:
        assert forget_returns(session, now=NOW + KEPT) == 0
        assert forget_returns(session, now=NOW + KEPT + timedelta(seconds=1)) == len(odd)
    assert all(one.state is ReturnState.WAITING for one in kept(sent))


def test_a_mail_of_ours_that_is_gone_leaves_the_return_waiting(sent: Post) -> None:
    gone = sent.services.keys.return_path(999_999, DOMAIN)
    assert take(sent, report(gone, GONE)).why == "mail_gone"


def test_nothing_is_ever_sent_in_reply(sent: Post) -> None:
    with sent.reader() as session:
        before = session.scalar(select(func.count()).select_from(Message))
    for facts, kind in ((GONE, "delivery-status"), (COMPLAINT, "feedback-report")):
        take(sent, report(path_of(sent, "aziz invitation"), facts, kind))
    take(sent, AWAY.format(to=path_of(sent)).encode())
    with sent.reader() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == before
        states = set(session.scalars(select(Message.state)))
        assert states <= {MessageState.SENT, MessageState.FAILED}


@pytest.mark.parametrize("sign", [b"\n", b"-", b"<script ", b"a: b\n\n", b"> ", b"b-1"])
def test_no_mail_keeps_a_processor_busy(sent: Post, sign: bytes) -> None:
    raw = b"From: postmaster@x.test\nContent-Type: text/html\n\n" + sign * (1_000_000 // len(sign))
    began = time.process_time()
    read_bounce(raw, sent.services.keys)
    assert time.process_time() - began < 10
