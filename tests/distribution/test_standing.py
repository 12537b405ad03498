"""Where each contact of a wave stands: in one state, and all of them add up."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyd.base.errors import Refused
from surveyd.base.keyset import Wanted
from surveyd.distribution import waves
from surveyd.distribution.audience_lists import AudienceLine, list_audience
from surveyd.distribution.models import Message, MessageState, Touch, TouchState, Wave
from surveyd.distribution.standing import STANDINGS, Reconciliation, reconcile
from surveyd.distribution.suppressions import opt_out, suppress
from surveyd.people.access import SYSTEM
from surveyd.people.models import Contact
from tests.distribution.conftest import Post, answered, make_wave
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import Cast, make_cast


def stands(post: Post) -> Reconciliation:
    with post.reader() as session:
        return reconcile(session, session.get_one(Wave, post.wave_id))


def wish(search: str = "", sort: str = "name", after: str = "", **filters: str) -> Wanted:
    return Wanted(search, sort, after, {"in": "", "rule": "", "state": ""} | filters)


def listed(session: Session, wave_id: int, wanted: Wanted) -> tuple[AudienceLine, ...]:
    wave = session.get_one(Wave, wave_id)
    return list_audience(
        session, wave, waves.program_of(session, wave), wish=wanted, scope=SYSTEM, now=NOW
    ).lines


class TestStanding:
    def test_before_the_first_mail_everybody_is_to_be_mailed(self, post: Post) -> None:
        assert stands(post).standings == {"to_be_mailed": 3}
        post.release()
        assert stands(post).standings == {"to_be_mailed": 3}

    def test_after_the_mail_they_wait(self, post: Post, cast: Cast, writer: Transaction) -> None:
        post.send()
        with writer() as session:
            answered(session.connection(), post.invitation(cast.anna.id).id, now=NOW)
            opt_out(session, cast.aziz.id, now=NOW)
        assert stands(post) == Reconciliation({"answered": 1, "waiting": 1, "opted_out": 1}, {})

    def test_at_the_end_nobody_waits(self, post: Post, cast: Cast, writer: Transaction) -> None:
        post.send()
        with writer() as session:
            answered(session.connection(), post.invitation(cast.anna.id).id, now=NOW)
            waves.close_due(session, now=NOW + timedelta(days=36))
        assert stands(post).standings == {"answered": 1, "no_answer": 2}

    def test_who_came_back_and_who_was_never_reached(
        self, post: Post, cast: Cast, writer: Transaction
    ) -> None:
        post.release()
        with writer() as session:
            session.execute(update(Message).values(state=MessageState.FAILED, reason="refused"))
            suppress(session, cast.anna.email.upper(), reason="bounced", now=NOW)
            waves.close_due(session, now=NOW + timedelta(days=36))
        assert stands(post).standings == {"bounced": 1, "unreachable": 2}

    @pytest.mark.parametrize("table", [Message, Touch])
    def test_what_is_held_waits_for_a_person(
        self, post: Post, writer: Transaction, table: type[Message | Touch]
    ) -> None:
        if table is Message:
            post.release()
        with writer() as session:
            held = {Message: MessageState.HELD, Touch: TouchState.HELD}[table]
            session.execute(update(table).values(state=held))
        assert stands(post).standings == {"held": 3}

    def test_a_cancelled_wave_asks_nobody_any_more(self, post: Post, writer: Transaction) -> None:
        with writer() as session:
            waves.cancel(session, session.get_one(Wave, post.wave_id), now=NOW)
        assert stands(post).standings == {"cancelled": 3}

    def test_everybody_is_in_one_state_and_the_left_out_are_counted(
        self, cast: Cast, writer: Transaction, launched: Callable[..., Post]
    ) -> None:
        with writer() as session:
            opt_out(session, cast.anna.id, now=NOW)
        found = stands(launched())
        assert found == Reconciliation({"to_be_mailed": 2}, {"opted_out": 1})
        assert (found.invited, found.total) == (2, 3)
        assert set(found.standings) <= set(STANDINGS)


class TestLists:
    def test_the_forecast_names_the_rule(self, session: Session) -> None:
        cast = make_cast(session, NOW)
        wave = make_wave(session)
        opt_out(session, cast.anna.id, now=NOW)

        everybody = listed(session, wave.id, wish())
        assert [(line.name, line.rule) for line in everybody] == [
            ("Anna Adler", "opted_out"),
            ("Aziz Ahmed", ""),
            ("Sofie Sommer", ""),
        ]
        assert [line.name for line in listed(session, wave.id, wish(rule="opted_out"))] == ["Anna Adler"]
        assert len(listed(session, wave.id, wish(**{"in": "1"}))) == 2
        assert len(listed(session, wave.id, wish(**{"in": "0"}))) == 1
        assert listed(session, wave.id, wish(state="waiting")) == ()

    @pytest.mark.parametrize("search", ["anna", "ANNA@", "C-adler", "dler"])
    def test_somebody_is_found_by_name_address_or_id(self, session: Session, search: str) -> None:
        make_cast(session, NOW)
        wave = make_wave(session)
        assert [line.name for line in listed(session, wave.id, wish(search))] == ["Anna Adler"]

    @pytest.mark.parametrize("search", ["%", "_", "' OR 1=1", "nobody"])
    def test_what_is_in_no_name_finds_nobody(self, session: Session, search: str) -> None:
        make_cast(session, NOW)
        assert listed(session, make_wave(session).id, wish(search)) == ()

    def test_after_the_launch_the_ledger_says_it(self, post: Post, cast: Cast, writer: Transaction) -> None:
        post.send()
        with writer() as session:
            opt_out(session, cast.anna.id, now=NOW)
            session.get_one(Contact, cast.aziz.id).active = False
        with post.reader() as session:
            lines = listed(session, post.wave_id, wish())
            assert [(line.rule, line.standing) for line in lines] == [
                ("", "opted_out"),
                ("", "waiting"),
                ("", "waiting"),
            ]
            found = listed(session, post.wave_id, wish(state="opted_out"))
            assert [line.name for line in found] == ["Anna Adler"]

    @pytest.mark.parametrize("sort", ["name", "-name", "account", "-account"])
    def test_pages_show_everybody_once(
        self, post: Post, reader: Transaction, monkeypatch: pytest.MonkeyPatch, sort: str
    ) -> None:
        monkeypatch.setattr("surveyd.base.keyset.slice_of.__kwdefaults__", {"after": "", "limit": 2})
        with reader() as session:
            wave = session.get_one(Wave, post.wave_id)
            program = waves.program_of(session, wave)
            first = list_audience(session, wave, program, wish=wish(sort=sort), scope=SYSTEM, now=NOW)
            more = wish(sort=sort, after=first.after)
            second = list_audience(session, wave, program, wish=more, scope=SYSTEM, now=NOW)
        assert len(first.lines) == 2 and second.after == ""
        names = [line.name for line in first.lines + second.lines]
        assert sorted(names) == ["Anna Adler", "Aziz Ahmed", "Sofie Sommer"]

    def test_a_broken_key_is_refused(self, session: Session) -> None:
        with pytest.raises(Refused):
            listed(session, make_wave(session).id, wish(after="nonsense"))

    def test_who_came_later_is_on_no_list(self, post: Post, cast: Cast, writer: Transaction) -> None:
        with writer() as session:
            anna = session.scalars(select(Contact).where(Contact.id == cast.anna.id)).one()
            session.add(
                Contact(
                    external_id="C-new",
                    account_id=anna.account_id,
                    name="Nina New",
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
        with post.reader() as session:
            assert listed(session, post.wave_id, wish("Nina")) == ()
