"""A draft is saved page by page, whoever saves when, and no newer answer of another page is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import writing
from surveyd.distribution.models import Invitation, InvitationState, QuestionnaireVersion, Wave, WaveState
from surveyd.distribution.questionnaires import publish
from surveyd.forms.definition import Answer
from surveyd.forms.loading import from_data, shipped
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.drafts import Link, definition_of, find_link, find_link_of, save_page
from surveyd.responses.models import Draft
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import Asking, open_wave

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def asking(session: Session) -> Asking:
    return open_wave(session, NOW)


@pytest.fixture
def link(asking: Asking) -> Link:
    return found(asking.session, asking.ask(asking.people.anna.id))


def found(session: Session, invitation_id: int) -> Link:
    link = find_link_of(session, invitation_id)
    assert link is not None
    return link


def save(session: Session, link: Link, page: str = "reason", **answers: Answer | None) -> Link:
    return save_page(session, link, answers=answers, page=page, channel=AnswerChannel.WEB, now=LATER)


def test_a_link_says_whose_it_is(link: Link, session: Session) -> None:
    assert (link.company, link.contact, link.account) == ("Example Works", "Anna Adler", "Nordwind")
    assert (link.answers, link.page, link.saves, link.receipt) == ({}, "", 0, "")
    assert link.takes_answers and not link.is_sent
    digest = session.scalar(select(Invitation.token_digest).where(Invitation.id == link.invitation_id))
    assert find_link(session, digest or "") == link
    assert find_link(session, "0" * 64) is None
    assert find_link_of(session, link.invitation_id + 1000) is None


def test_a_link_is_found_by_one_read(
    asking: Asking, link: Link, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with statements() as said:
        find_link_of(asking.session, link.invitation_id)
    assert len(said) == 1


def test_the_definition_of_a_version_is_read_back(link: Link, session: Session) -> None:
    assert from_data(definition_of(session, link.version_id)) == shipped("relational")


def test_the_first_save_starts_the_invitation_and_later_ones_do_not(link: Link, session: Session) -> None:
    started = select(Invitation.started_at).where(Invitation.id == link.invitation_id)
    assert session.scalar(started) is None
    saved = save(session, link, recommend=9)
    assert session.scalar(started) == LATER
    save_page(
        session, saved, answers={}, page="plans", channel=AnswerChannel.WEB, now=LATER + timedelta(hours=1)
    )
    assert session.scalar(started) == LATER


def test_a_save_keeps_what_other_pages_hold(link: Link, session: Session) -> None:
    saved = save(session, link, recommend=9, why="because")
    saved = save(session, saved, page="plans", trust=3, why=None)
    assert saved == found(session, link.invitation_id)
    assert saved.answers == {"recommend": 9, "trust": 3}
    assert (saved.page, saved.saves) == ("plans", 2)


def test_a_stale_view_lays_its_page_over_what_is_newer(link: Link, session: Session) -> None:
    save(session, save(session, link, recommend=9), why="newer")
    saved = save(session, link, page="plans", trust=3)
    assert saved.answers == {"recommend": 9, "why": "newer", "trust": 3}


def test_the_channel_of_the_last_save_is_kept(link: Link, session: Session) -> None:
    saved = save(session, link, recommend=9)
    save_page(session, saved, answers={}, page="reason", channel=AnswerChannel.PHONE, now=LATER)
    assert session.scalar(select(Draft.channel)) == "phone"


def test_a_draft_stays_on_the_version_it_was_begun_on(link: Link, asking: Asking) -> None:
    save(asking.session, link, recommend=9)
    newer = publish(asking.session, shipped("relational_short"), now=NOW)
    asking.session.execute(update(Invitation).values(version_id=newer))
    assert found(asking.session, link.invitation_id).version_id == link.version_id
    asking.session.execute(delete(Draft))
    assert found(asking.session, link.invitation_id).version_id == newer
    assert asking.session.get_one(QuestionnaireVersion, newer).slug == "relational_short"


def test_what_is_sent_is_not_saved_again(link: Link, asking: Asking) -> None:
    receipt = asking.answer(link.invitation_id, {"recommend": 9})
    saved = save(asking.session, link, recommend=0)
    # The stale view could not know; the next look does.
    again = found(asking.session, link.invitation_id)
    assert again.receipt == receipt.number and again.is_sent
    assert save(asking.session, again, recommend=0) == again
    assert saved.invitation_id == again.invitation_id


@pytest.mark.parametrize(
    ("wave", "invitation", "takes"),
    [
        (WaveState.OPEN, InvitationState.WAITING, True),
        (WaveState.PREPARING, InvitationState.WAITING, True),
        (WaveState.OPEN, InvitationState.OPTED_OUT, True),
        (WaveState.OPEN, InvitationState.DECLINED, True),
        (WaveState.CLOSED, InvitationState.CLOSED, False),
        (WaveState.CLOSED, InvitationState.WAITING, False),
        (WaveState.CANCELLED, InvitationState.CANCELLED, False),
    ],
)
def test_who_can_still_answer(
    link: Link, session: Session, wave: WaveState, invitation: InvitationState, takes: bool
) -> None:
    session.execute(update(Wave).values(state=wave))
    session.execute(update(Invitation).values(state=invitation))
    assert found(session, link.invitation_id).takes_answers is takes


@pytest.mark.parametrize("first", [True, False])
def test_ten_saves_at_once_lose_nothing(
    app: Flask, writer: Transaction, reader: Transaction, first: bool
) -> None:
    with writer() as session:
        opened = open_wave(session, NOW)
        invitation_id = opened.ask(opened.people.anna.id)
        if not first:
            save(session, found(session, invitation_id), recommend=9)

    def one(number: int) -> None:
        with app.app_context(), writing() as session:
            link, item = found(session, invitation_id), f"page_{number}"
            save_page(session, link, answers={item: number}, page="x", channel=AnswerChannel.WEB, now=LATER)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one, range(10)))
    with reader() as session:
        kept = found(session, invitation_id)
    expected: dict[str, Answer] = {f"page_{number}": number for number in range(10)}
    assert kept.answers == expected | ({} if first else {"recommend": 9})
    assert kept.saves == (10 if first else 11)
