"""Who is not the right person, whom they name, and what staff make of it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound, Refused
from surveyd.base.tokens import Keys
from surveyd.distribution import nominations
from surveyd.distribution.audience import audience_of
from surveyd.distribution.excuses import Excuse, Named, excuse
from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Program,
    Suppression,
    Touch,
    TouchState,
    Wave,
)
from surveyd.distribution.waves import close_due, schedule_wave
from surveyd.distribution.wish_models import Nomination, NominationState, WhyNot
from surveyd.people.access import SYSTEM, scope_of
from surveyd.people.models import AuditEntry, Contact, User
from tests.distribution.conftest import Post
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast

KEYS = Keys((b"a secret key that only the tests know",))
BERND = Named("Bernd Lang", "bernd@nordwind.test", "+493012345")


def say(post: Post, contact_id: int, given: Excuse) -> bool:
    with post.writer() as session:
        invitation_id = post.invitation(contact_id).id
        return excuse(session, invitation_id, given, now=NOW, mail_domain="mail.surveyd.test")


def only(session: Session) -> Nomination:
    return session.scalars(select(Nomination)).one()


def add(post: Post, by: int, *, keeps_asking: bool = False) -> nominations.Added:
    with post.writer() as session:
        found = only(session)
        return nominations.add_named(
            session, found, keeps_asking=keeps_asking, keys=KEYS, by=by, now=post.clock.now()
        )


@pytest.fixture
def named(post: Post, cast: Cast) -> Post:
    """Anna has named Bernd."""
    assert say(post, cast.anna.id, Excuse(WhyNot.NOT_MY_SUBJECT, named=BERND))
    return post


def test_the_asking_ends_and_the_account_manager_gets_a_mail(named: Post, cast: Cast) -> None:
    assert named.invitation(cast.anna.id).state is InvitationState.DECLINED
    mine = [touch for key, touch in named.touches().items() if key.startswith(f"{cast.anna.id} ")]
    assert {touch.state for touch in mine} == {TouchState.CANCELLED}
    with named.reader() as session:
        (mail,) = session.scalars(select(Message)).all()
        assert (mail.name, mail.user_id) == ("not_right_person", cast.mona.id)
        assert mail.context["named"] == "Bernd Lang"
        assert session.scalars(select(Contact).where(Contact.email == BERND.email)).all() == []


def test_the_mail_can_be_sent_and_nobody_who_was_named_gets_one(named: Post, cast: Cast) -> None:
    named.send()

    with named.reader() as session:
        sent = session.scalars(select(Message).where(Message.state == MessageState.SENT)).all()
        assert "not_right_person" in {mail.name for mail in sent}
        assert BERND.email not in {mail.recipient for mail in sent}


def test_without_an_account_manager_an_admin_gets_the_mail(post: Post, cast: Cast) -> None:
    with post.writer() as session:
        session.get_one(User, cast.mona.id).active = False
    say(post, cast.anna.id, Excuse(WhyNot.LEFT_COMPANY))

    with post.reader() as session:
        assert session.scalars(select(Message.user_id)).all() == [cast.admin.id]


def test_a_second_excuse_replaces_the_first_without_another_mail(named: Post, cast: Cast) -> None:
    assert not say(named, cast.anna.id, Excuse(WhyNot.OTHER, "I deal with printing only."))

    with named.reader() as session:
        found = only(session)
        assert (found.why, found.words, found.email) == (WhyNot.OTHER, "I deal with printing only.", "")
        assert session.execute(select(func.count()).select_from(Message)).scalar_one() == 1


def test_the_next_wave_leaves_them_out_until_somebody_has_looked(named: Post, cast: Cast) -> None:
    def rule(session: Session) -> str:
        program = session.scalars(select(Program)).one()
        program.rest_days = 0
        slug = f"w{session.execute(select(func.count()).select_from(Wave)).scalar_one() + 1}"
        wave = schedule_wave(session, program, slug, at=NOW, now=NOW)
        audience = audience_of(session, wave, program, now=NOW)
        return next(one.rule for one in audience.members if one.contact_id == cast.anna.id)

    with named.writer() as session:
        assert rule(session) == "not_right_person"
        nominations.dismiss(
            session, only(session), reason="He left", keeps_asking=True, by=cast.mona.id, now=NOW
        )
        assert rule(session) == ""


class TestAdding:
    def test_the_colleague_is_asked_in_the_namers_language_and_zone(self, named: Post, cast: Cast) -> None:
        added = add(named, cast.mona.id)

        assert added.rule == ""
        with named.reader() as session:
            bernd = session.get_one(Contact, added.contact_id)
            assert (bernd.name, bernd.email, bernd.phone) == ("Bernd Lang", BERND.email, BERND.phone)
            assert (bernd.language, bernd.time_zone) == ("en", "Europe/Berlin")
            assert bernd.account_id == cast.nordwind
            assert not session.get_one(Contact, cast.anna.id).active
            assert only(session).state is NominationState.ADDED
            trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "add_nominated")).one()
            assert trail.user_id == cast.mona.id
        named.send()
        assert named.messages()["bernd invitation"].state is MessageState.SENT

    def test_the_namer_can_stay(self, named: Post, cast: Cast) -> None:
        add(named, cast.mona.id, keeps_asking=True)

        with named.reader() as session:
            assert session.get_one(Contact, cast.anna.id).active

    def test_two_people_decide_once(self, named: Post, cast: Cast) -> None:
        add(named, cast.mona.id)

        with pytest.raises(Refused, match="looked at this already"):
            add(named, cast.admin.id)
        with named.reader() as session:
            theirs = select(func.count()).where(Contact.email == BERND.email)
            assert session.execute(theirs).scalar_one() == 1

    def test_a_suppressed_address_is_not_mailed(self, named: Post, cast: Cast) -> None:
        with named.writer() as session:
            session.add(Suppression(address=BERND.email, reason="bounced", at=NOW))

        assert add(named, cast.mona.id).rule == "suppressed"
        named.send()
        assert "bernd invitation" not in named.messages()
        with named.reader() as session:
            assert session.scalars(select(Exclusion.rule)).all() == ["suppressed"]

    def test_whoever_was_asked_already_is_not_asked_twice(self, post: Post, cast: Cast) -> None:
        say(post, cast.anna.id, Excuse(WhyNot.OTHER, named=Named("Aziz A.", "AZIZ@nordwind.test")))

        added = add(post, cast.mona.id)

        assert (added.contact_id, added.rule) == (cast.aziz.id, "asked_already")

    def test_who_was_left_out_at_the_launch_stands_in_one_place_only(self, named: Post, cast: Cast) -> None:
        with named.writer() as session:
            bernd = Contact(
                external_id="C-lang",
                account_id=cast.nordwind,
                name="Bernd",
                email=BERND.email,
                created_at=NOW,
                updated_at=NOW,
            )
            session.add(bernd)
            session.flush()
            session.add(Exclusion(wave_id=named.wave_id, contact_id=bernd.id, rule="no_address"))

        assert add(named, cast.mona.id).rule == ""
        with named.reader() as session:
            assert session.scalars(select(Exclusion)).all() == []

    def test_after_the_close_the_colleague_is_a_contact_only(self, named: Post, cast: Cast) -> None:
        named.go_to(NOW + timedelta(days=35))
        with named.writer() as session:
            close_due(session, now=named.clock.now())

        assert add(named, cast.mona.id).rule == "not_open"
        with named.reader() as session:
            assert session.execute(select(func.count()).select_from(Invitation)).scalar_one() == 3

    def test_steps_after_the_close_are_not_planned(self, named: Post, cast: Cast) -> None:
        named.go_to(NOW + timedelta(days=25))

        added = add(named, cast.mona.id)

        with named.reader() as session:
            theirs = select(Touch.step).join(Invitation).where(Invitation.contact_id == added.contact_id)
            assert session.scalars(theirs).all() == ["invitation"]

    def test_where_nobody_was_named_nobody_is_added(self, post: Post, cast: Cast) -> None:
        say(post, cast.anna.id, Excuse(WhyNot.LEFT_COMPANY))

        with pytest.raises(Refused, match="named nobody"):
            add(post, cast.mona.id)


class TestDismissing:
    def test_a_named_colleague_needs_a_reason(self, named: Post, cast: Cast) -> None:
        with named.writer() as session:
            with pytest.raises(Refused, match="few words"):
                nominations.dismiss(
                    session, only(session), reason=" ", keeps_asking=False, by=cast.mona.id, now=NOW
                )
            nominations.dismiss(
                session, only(session), reason="Bernd retires", keeps_asking=False, by=cast.mona.id, now=NOW
            )

            found = only(session)
            assert (found.state, found.reason) == (NominationState.DISMISSED, "Bernd retires")
            assert not session.get_one(Contact, cast.anna.id).active

    def test_what_was_decided_stays(self, named: Post, cast: Cast) -> None:
        add(named, cast.mona.id)

        assert not say(named, cast.anna.id, Excuse(WhyNot.OTHER, "again"))
        with named.reader() as session:
            assert only(session).name == "Bernd Lang"


def test_only_who_sees_the_account_sees_it(named: Post, cast: Cast) -> None:
    with named.reader() as session:
        for person, sees in (
            (cast.mona, True),
            (cast.admin, True),
            (cast.milo, False),
            (cast.support, False),
        ):
            scope = scope_of(session.get_one(User, person.id))
            lines = nominations.waiting_at(session, cast.nordwind, scope=scope)
            assert [line.name for line in lines] == (["Bernd Lang"] if sees else [])
            if not sees:
                with pytest.raises(NotFound):
                    nominations.find_nomination(session, only(session).id, scope=scope)
        (line,) = nominations.waiting_at(session, cast.nordwind, scope=SYSTEM)
        assert (line.contact, line.why, line.has_answered) == ("Anna Adler", WhyNot.NOT_MY_SUBJECT, False)
