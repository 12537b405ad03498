"""Unsolicited responses: who they may come from, and matching them once, through the one door."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.database import db, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.keyset import Wanted
from surveyd.closed_loop.matching import (
    SaidAlready,
    Why,
    candidates,
    keep_as_note,
    match,
    match_to_new,
    search_contacts,
)
from surveyd.closed_loop.models import Case
from surveyd.distribution.audience import count_audience
from surveyd.distribution.calendar import calendar_span, waves_between
from surveyd.distribution.models import Invitation, Message, Program, Wave, WaveKind
from surveyd.distribution.overview import latest_waves, list_waves, running_waves, wave_names
from surveyd.distribution.program_lists import list_program_lines
from surveyd.distribution.waves import close_due, find_wave, get_wave
from surveyd.forms.loading import shipped
from surveyd.people.access import NOBODY, SYSTEM, Scope, scope_of
from surveyd.people.contacts import NewContact
from surveyd.people.models import AuditEntry, Contact, User
from surveyd.reports.account import account_view
from surveyd.responses import open_queue
from surveyd.responses.models import Response
from surveyd.responses.open_links import NewLink, make_link
from surveyd.responses.open_models import OpenLink, OpenVisit, VisitState
from surveyd.results.models import Score
from surveyd.results.trend import nps_trend
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import OFFICE, UNHAPPY, Asking, open_wave

LATER = NOW + timedelta(hours=2)


def left(session: Session, asking: Asking, number: int = 1, **facts: object) -> int:
    """A response that came through the lobby's link; its id."""
    admin = asking.people.admin.id
    link = session.scalars(select(OpenLink)).first()
    if link is None:
        program = session.get_one(Program, asking.program.id)
        made = NewLink("lobby", "The code in the lobby")
        link = make_link(session, program, made, questionnaire=shipped("relational_short"), now=NOW, by=admin)
    values: dict[str, object] = {
        "link_id": link.id,
        "version_id": link.version_id,
        "token_digest": f"{number:064d}",
        "language": "de",
        "answers": {"recommend": 2, "why": "Too late."},
        "page": "about_you",
        "state": VisitState.WAITING,
        "receipt": f"RECEIPT{number}",
        "begun_at": NOW,
        "updated_at": NOW,
        "sent_at": NOW,
    }
    visit = OpenVisit(**(values | facts))
    session.add(visit)
    session.flush()
    return visit.id


def take(session: Session, asking: Asking, visit_id: int, contact_id: int, **facts: object) -> int:
    settings: dict[str, object] = {
        "scope": SYSTEM, "office": OFFICE, "by": asking.people.admin.id, "now": LATER,
    }  # fmt: skip
    return match(session, visit_id, contact_id, **(settings | facts)).response_id  # type: ignore[arg-type]  # as there


def found(session: Session, visit_id: int) -> list[tuple[str, Why]]:
    return [(one.name, one.why) for one in candidates(session, visit_id, scope=SYSTEM)]


class TestCandidates:
    def test_the_same_address_comes_first(self, session: Session, asking: Asking) -> None:
        visit = left(session, asking, email=asking.people.aziz.email.upper(), name="Anna Adler")
        assert found(session, visit) == [
            ("Aziz Ahmed", Why.SAME_ADDRESS),
            ("Anna Adler", Why.SAME_DOMAIN),
        ]

    def test_a_colleague_at_the_same_company(self, session: Session, asking: Asking) -> None:
        visit = left(session, asking, email="new.person@nordwind.test", name="Azis Ahmet")
        assert next(name for name, why in found(session, visit) if why is Why.SAME_DOMAIN) == "Aziz Ahmed"

    def test_a_provider_of_everybody_says_nothing(self, session: Session, asking: Asking) -> None:
        contact = session.get_one(Contact, asking.people.anna.id)
        contact.email = "anna@gmail.com"
        session.flush()
        assert found(session, left(session, asking, email="zoe@gmail.com")) == []
        same = left(session, asking, 2, email="anna@gmail.com")
        assert found(session, same) == [("Anna Adler", Why.SAME_ADDRESS)]

    def test_a_similar_company(self, session: Session, asking: Asking) -> None:
        visit = left(session, asking, company="Nordwind GmbH", name="Anna")
        assert found(session, visit)[0] == ("Anna Adler", Why.SIMILAR_COMPANY)
        assert found(session, left(session, asking, 2, company="win")) == []

    @pytest.mark.parametrize("text", ["%", "_", "' OR 1=1 --", "\\", "@", "  ", "x" * 300])
    def test_hostile_words_find_nobody(self, session: Session, asking: Asking, text: str) -> None:
        assert found(session, left(session, asking, email=text[:254], company=text, name=text[:200])) == []
        assert search_contacts(session, text.replace("@", "%@%"), scope=SYSTEM) == ()

    def test_staff_search_by_name_and_learn_no_more(self, session: Session, asking: Asking) -> None:
        support = scope_of(session.get_one(User, asking.people.support.id))
        [anna] = search_contacts(session, "adler", scope=support)
        assert (anna.name, anna.account) == ("Anna Adler", "Nordwind")
        manager = scope_of(session.get_one(User, asking.people.mona.id))
        assert search_contacts(session, "adler", scope=manager) == ()


class TestMatching:
    def test_it_goes_through_the_one_door(self, session: Session, asking: Asking) -> None:
        visit = left(session, asking)
        response_id = take(session, asking, visit, asking.people.anna.id)

        response = session.get_one(Response, response_id)
        assert (response.receipt, response.channel, response.given_at) == ("RECEIPT1", "open", NOW)
        assert response.answers == {"recommend": 2, "why": "Too late."}
        assert session.scalars(select(Score.category)).one() == "detractor"
        assert session.scalars(select(Case)).one().account_id == asking.people.nordwind
        thanks = session.scalars(select(Message).where(Message.name == "thank_you")).one()
        assert (thanks.recipient, thanks.language) == (asking.people.anna.email, "de")
        assert session.get_one(OpenVisit, visit).state is VisitState.MATCHED
        trail = session.scalars(select(AuditEntry).where(AuditEntry.thing == "open_visit")).one()
        assert (trail.action, trail.facts) == ("matched", {"response": response_id})

    def test_what_is_old_raises_no_alarm(self, session: Session, asking: Asking) -> None:
        visit = left(session, asking, sent_at=NOW - timedelta(days=30))
        take(session, asking, visit, asking.people.anna.id)
        assert session.scalars(select(Case)).all() == []
        assert session.scalars(select(Message)).all() == []

    def test_a_second_one_in_the_same_month_is_offered_as_a_note(
        self, session: Session, asking: Asking
    ) -> None:
        first, second = left(session, asking), left(session, asking, 2, answers={"why": "And again."})
        response_id = take(session, asking, first, asking.people.anna.id)
        with pytest.raises(SaidAlready, match="keep this answer as a note") as said:
            take(session, asking, second, asking.people.anna.id)
        assert said.value.response_id == response_id
        with pytest.raises(NotFound):
            note(session, asking, second, asking.people.aziz.id, response_id)
        note(session, asking, second, asking.people.anna.id, response_id)
        [kept] = open_queue.noted_on(session, response_id)
        assert kept.answers == {"why": "And again."}
        # A month later it is a response of its own.
        next_month = left(session, asking, 3, sent_at=NOW + timedelta(days=31))
        take(session, asking, next_month, asking.people.anna.id, now=NOW + timedelta(days=31))
        assert session.execute(select(func.count()).select_from(Response)).scalar_one() == 2

    def test_a_new_contact(self, session: Session, asking: Asking) -> None:
        visit = left(session, asking)
        facts = NewContact(asking.people.sudwerk, "Zoë Zweig", "zoe@sudwerk.test")
        receipt = match_to_new(
            session, visit, facts, scope=SYSTEM, office=OFFICE, by=asking.people.admin.id, now=LATER
        )
        response = session.get_one(Response, receipt.response_id)
        contact = session.get_one(Contact, response.contact_id)
        assert (contact.name, contact.account_id, contact.language) == (
            "Zoë Zweig", asking.people.sudwerk, "de",
        )  # fmt: skip

    def test_a_new_contact_without_an_address_is_nobody_else(self, session: Session, asking: Asking) -> None:
        session.get_one(Contact, asking.people.sofie.id).email = ""
        facts = NewContact(asking.people.sudwerk, "Zoë Zweig", "")
        visit = left(session, asking)
        receipt = match_to_new(
            session, visit, facts, scope=SYSTEM, office=OFFICE, by=asking.people.admin.id, now=LATER
        )
        assert session.get_one(Response, receipt.response_id).contact_id != asking.people.sofie.id

    def test_what_is_settled_stays_settled(self, session: Session, asking: Asking) -> None:
        visit, by = left(session, asking), asking.people.admin.id
        with pytest.raises(Refused, match="few words"):
            open_queue.dismiss(session, visit, reason="\0 ", by=by, now=LATER)
        open_queue.dismiss(session, visit, reason="A test of ours", by=by, now=LATER)
        with pytest.raises(Refused, match="settled"):
            take(session, asking, visit, asking.people.anna.id)
        with pytest.raises(Refused, match="settled"):
            open_queue.mark_spam(session, visit, by=by, now=LATER)
        open_queue.put_back(session, visit, by=by, now=LATER)
        assert take(session, asking, visit, asking.people.anna.id)
        with pytest.raises(Refused):
            open_queue.put_back(session, visit, by=by, now=LATER)

    def test_who_may_not_match_finds_nothing(self, session: Session, asking: Asking) -> None:
        visit = left(session, asking)
        mona = scope_of(session.get_one(User, asking.people.mona.id))
        for scope in (mona, NOBODY):
            assert open_queue.list_waiting(session, Wanted(sort="sent"), scope=scope).lines == ()
            with pytest.raises(NotFound):
                open_queue.find_unmatched(session, visit, scope=scope)
            with pytest.raises(NotFound):
                take(session, asking, visit, asking.people.anna.id, scope=scope)
        with pytest.raises(NotFound):
            take(session, asking, 4711, asking.people.anna.id)


def note(session: Session, asking: Asking, visit: int, contact_id: int, response_id: int) -> None:
    keep_as_note(
        session,
        visit,
        contact_id,
        response_id=response_id,
        scope=Scope(SYSTEM.reach),
        by=asking.people.admin.id,
        now=LATER,
    )


class TestStandingWaves:
    """A standing wave is noticed by nothing that counts, lists or ends the waves of a program."""

    def test_no_list_knows_it(self, session: Session, asking: Asking) -> None:
        before = everything_about_waves(session, asking)
        take(session, asking, left(session, asking), asking.people.aziz.id)
        standing = session.scalars(select(Wave).where(Wave.kind == WaveKind.STANDING)).one()
        assert standing.slug == "lobby 2026-03"
        assert everything_about_waves(session, asking) == before
        with pytest.raises(NotFound):
            get_wave(session, standing.id)
        with pytest.raises(NotFound):
            find_wave(session, standing.slug)
        assert close_due(session, now=NOW + timedelta(days=400)) == 1  # the program's own
        assert session.get_one(Wave, standing.id).closed_at is None

    def test_it_counts_for_nobody_s_rest_and_is_seen_at_the_account(
        self, session: Session, asking: Asking
    ) -> None:
        take(session, asking, left(session, asking), asking.people.anna.id)
        wave = Wave(
            program_id=asking.program.id,
            slug="2026H2",
            version_id=asking.wave.version_id,
            scheduled_at=LATER,
        )
        session.add(wave)
        session.flush()
        assert count_audience(session, wave, asking.program, now=LATER).left_out == {}
        view = account_view(session, asking.people.nordwind, scope=SYSTEM, now=NOW)
        anna = next(line for line in view.people.lines if line.name == "Anna Adler")
        assert (anna.channel, anna.said_in) == ("open", "lobby 2026-03")

    def test_an_opinion_in_passing_places_nobody_anew(self, session: Session, asking: Asking) -> None:
        leaving = UNHAPPY | {"renew": 1, "alternatives": 5}
        asking.answer(asking.ask(asking.people.anna.id), leaving)
        before = account_view(session, asking.people.nordwind, scope=SYSTEM, now=NOW).at_risk
        assert before == ("Anna Adler",)
        happy = left(session, asking, answers={"recommend": 10})
        take(session, asking, happy, asking.people.anna.id)
        assert account_view(session, asking.people.nordwind, scope=SYSTEM, now=NOW).at_risk == before


def everything_about_waves(session: Session, asking: Asking) -> list[object]:
    wish = Wanted(sort="name")
    start, end = NOW - timedelta(days=100), NOW + timedelta(days=100)
    return [
        list_waves(session, wish),
        running_waves(session),
        [wave.slug for wave in latest_waves(session, most=9)],
        wave_names(session),
        list_program_lines(session, wish),
        waves_between(session, start, end),
        calendar_span(session),
        [point.wave for point in nps_trend(session, asking.program.id, scope=SYSTEM)],
    ]


def at_once(app: Flask, works: list[Callable[[Session], object]]) -> list[object]:
    """What threads got that were started together, each in a transaction of its own."""
    start = Barrier(len(works))

    def one(work: Callable[[Session], object]) -> object:
        with app.app_context():
            start.wait()
            try:
                with writing() as session:
                    return work(session)
            except Refused as refused:
                return type(refused)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_of_two_who_match_the_same_one_does(app: Flask, writer: Transaction, reader: Transaction) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        visit = left(session, asking)
    people = [asking.people.anna.id, asking.people.aziz.id] * 2

    def work(contact_id: int) -> Callable[[Session], object]:
        return lambda session: take(session, asking, visit, contact_id)

    got = at_once(app, [work(contact_id) for contact_id in people])

    assert len([one for one in got if isinstance(one, int)]) == 1
    with reader() as session:
        assert session.execute(select(func.count()).select_from(Response)).scalar_one() == 1
        assert session.execute(select(func.count()).select_from(Invitation)).scalar_one() == 1
        assert session.execute(select(func.count()).select_from(Case)).scalar_one() == 1


def test_of_two_answers_of_one_person_at_once_one_is_matched(
    app: Flask, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        visits = [left(session, asking, number) for number in (1, 2)]

    def work(visit: int) -> Callable[[Session], object]:
        return lambda session: take(session, asking, visit, asking.people.anna.id)

    got = at_once(app, [work(visit) for visit in visits])

    assert SaidAlready in got
    with reader() as session:
        states = session.scalars(select(OpenVisit.state)).all()
        assert sorted(states) == [VisitState.MATCHED, VisitState.WAITING]
