"""Merging: one person goes on, with all that was, and nobody is asked twice or forgotten."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyd.base.database import Base
from surveyd.base.errors import NotFound, Refused
from surveyd.closed_loop.models import Case
from surveyd.distribution import opt_outs, suppressions
from surveyd.distribution.models import (
    Exclusion,
    Invitation,
    InvitationState,
    Message,
    MessageState,
    Suppression,
    Touch,
    TouchState,
    WaveState,
)
from surveyd.distribution.return_models import ProgramOptOut
from surveyd.operations import merge_history
from surveyd.people.access import SYSTEM
from surveyd.people.contacts import contacts_of, find_contact
from surveyd.people.duplicate_models import DuplicatePair, PairState
from surveyd.people.import_models import ImportBatch
from surveyd.people.models import Account, AuditEntry, Contact
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.seals import seal, verify
from tests.fixtures.asking import UNHAPPY, Asking, open_wave
from tests.operations.merging import ACCOUNT, CONTACT, join, planned


@pytest.fixture
def asking(session: Session, now: datetime) -> Asking:
    return open_wave(session, now)


def test_every_table_that_names_people_says_what_becomes_of_it() -> None:
    for target, follows in (("contacts", merge_history.CONTACTS), ("accounts", merge_history.ACCOUNTS)):
        ours = {
            f"{table.name}.{column.name}"
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if any(key.column.table.name == target for key in column.foreign_keys)
            or column.name == f"{target.removesuffix('s')}_id"
        }
        assert ours == set(follows), f"say in merge_history what becomes of {ours ^ set(follows)}"


class TestOnePerson:
    def test_history_goes_along(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        heard = asking.answer(asking.ask(people.anna.id), UNHAPPY)
        row = join(asking, people.aziz.id, people.anna.id)
        session.expire_all()
        response = session.get_one(Response, heard.response_id)
        invitation = session.get_one(Invitation, response.invitation_id)
        case = session.scalars(select(Case).where(Case.response_id == response.id)).one()
        assert {response.contact_id, invitation.contact_id, case.contact_id} == {people.aziz.id}
        assert row.moved["invitations"] == row.moved["responses"] == row.moved["cases"] == 1
        trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "merge")).one()
        assert (trail.thing, trail.thing_id, trail.facts["into"]) == (
            "contact",
            people.anna.id,
            people.aziz.id,
        )

    def test_who_went_is_seen_by_nobody(self, asking: Asking) -> None:
        people = asking.people
        join(asking, people.aziz.id, people.anna.id)
        assert [one.id for one in contacts_of(asking.session, people.nordwind, scope=SYSTEM)] == [
            people.aziz.id
        ]
        with pytest.raises(NotFound):
            find_contact(asking.session, people.anna.id, scope=SYSTEM)

    def test_fields_are_chosen_one_by_one(self, asking: Asking) -> None:
        people = asking.people
        row = join(asking, people.aziz.id, people.anna.id, take=["email", "role"])
        kept = asking.session.get_one(Contact, people.aziz.id)
        assert (kept.name, kept.email) == ("Aziz Ahmed", people.anna.email)
        assert kept.role.value == "decision_maker"
        assert row.own == {"email": people.aziz.email, "role": "user"}

    def test_by_itself_the_fuller_stays(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        session.execute(
            update(Contact).where(Contact.id == people.aziz.id).values(phone="", consent="contract")
        )
        session.execute(update(Contact).where(Contact.id == people.anna.id).values(consent=""))
        join(asking, people.aziz.id, people.anna.id)
        kept = session.get_one(Contact, people.aziz.id)
        assert (kept.phone, kept.consent) == ("+4930901821", "contract")

    def test_a_second_time_changes_nothing(self, asking: Asking) -> None:
        people = asking.people
        asking.ask(people.anna.id)
        first = join(asking, people.aziz.id, people.anna.id)
        assert join(asking, people.aziz.id, people.anna.id).id == first.id
        trail = select(func.count()).where(AuditEntry.action == "merge")
        assert asking.session.execute(trail).scalar_one() == 1

    def test_nobody_goes_on_as_two_or_in_a_circle(self, asking: Asking) -> None:
        people = asking.people
        join(asking, people.aziz.id, people.anna.id)
        for kept, gone in ((people.anna.id, people.aziz.id), (people.sofie.id, people.anna.id)):
            with pytest.raises(Refused, match="merged already"):
                join(asking, kept, gone)
        with pytest.raises(Refused, match="one and the same"):
            join(asking, people.aziz.id, people.aziz.id)
        with pytest.raises(NotFound):
            join(asking, people.aziz.id, 987_654)
        with pytest.raises(Refused, match="no field"):
            join(asking, people.aziz.id, people.sofie.id, take=["external_id"])

    def test_three_in_a_row_end_at_the_last(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        asking.ask(people.anna.id)
        join(asking, people.aziz.id, people.anna.id, take=["name"])
        join(asking, people.sofie.id, people.aziz.id, take=[])
        into = session.execute(
            select(Contact.merged_into_id).where(Contact.id == people.anna.id)
        ).scalar_one()
        assert into == people.sofie.id
        # The row in the middle says again what its list says of it.
        assert session.get_one(Contact, people.aziz.id).name == "Aziz Ahmed"
        assert session.scalars(select(Invitation)).one().contact_id == people.sofie.id

    def test_not_while_a_list_is_imported(self, asking: Asking) -> None:
        facts = {"kind": "contacts", "file_name": "a.csv", "digest": "", "rows": 1, "made_at": asking.now}
        batch = ImportBatch(**facts, decided_at=asking.now, touched_at=asking.now)
        asking.session.add(batch)
        asking.session.flush()
        with pytest.raises(Refused, match="imported"):
            join(asking, asking.people.aziz.id, asking.people.anna.id)


class TestTheStricterWins:
    def test_an_opt_out_holds_and_stops_what_is_queued(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        invitation, touch = asking.ask(people.aziz.id), planned(asking, asking.ask(people.aziz.id))
        suppressions.opt_out(session, people.anna.id, now=asking.now - timedelta(days=3))
        join(asking, people.aziz.id, people.anna.id)
        session.expire_all()
        assert session.get_one(Contact, people.aziz.id).opted_out_at == asking.now - timedelta(days=3)
        assert session.get_one(Invitation, invitation).state is InvitationState.OPTED_OUT
        assert session.get_one(Touch, touch.id).state is TouchState.CANCELLED

    def test_so_does_one_of_a_program_and_the_wish_not_to_be_called(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        opt_outs.opt_out_of(session, people.anna.id, asking.program.id, now=asking.now)
        session.execute(update(Contact).where(Contact.id == people.anna.id).values(do_not_phone=True))
        invitation = asking.ask(people.aziz.id)
        join(asking, people.aziz.id, people.anna.id)
        session.expire_all()
        assert session.get(ProgramOptOut, (asking.program.id, people.aziz.id)) is not None
        assert session.get_one(Contact, people.aziz.id).do_not_phone
        assert session.get_one(Invitation, invitation).state is InvitationState.OPTED_OUT

    @pytest.mark.parametrize(
        ("reason", "holds"), [("complaint", True), ("by_hand", True), ("bounced", False)]
    )
    def test_a_complaint_holds_at_each_address_and_a_bounce_at_its_own(
        self, asking: Asking, reason: str, holds: bool
    ) -> None:
        people = asking.people
        suppressions.suppress(asking.session, people.anna.email, reason=reason, now=asking.now)
        join(asking, people.aziz.id, people.anna.id)
        kept = asking.session.get_one(Contact, people.aziz.id)
        assert kept.email == people.aziz.email
        found = asking.session.get(Suppression, kept.email)
        assert (found is not None) is (reason != "bounced")

    def test_an_old_opt_out_link_reaches_who_went_on(self, asking: Asking) -> None:
        people = asking.people
        join(asking, people.aziz.id, people.anna.id)
        assert suppressions.opt_out(asking.session, people.anna.id, now=asking.now)
        assert asking.session.get_one(Contact, people.aziz.id).opted_out_at == asking.now


class TestSealed:
    def test_what_is_sealed_stays_as_it_is(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        asking.answer(asking.ask(people.anna.id), UNHAPPY)
        asking.ask(people.sofie.id)
        session.add(Exclusion(wave_id=asking.wave.id, contact_id=people.aziz.id, rule="rested"))
        session.execute(update(Message).values(state=MessageState.SENT))
        asking.wave.state = WaveState.CLOSED
        session.flush()
        seal(session, asking.wave, now=asking.now, by=None)
        join(asking, people.aziz.id, people.anna.id)
        join(asking, people.nordwind, people.sudwerk, ACCOUNT)
        assert verify(session, asking.wave).holds


class TestAccounts:
    def test_everything_of_an_account_goes_along(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        heard = asking.answer(asking.ask(people.sofie.id), UNHAPPY)
        child = account_below(asking, people.sudwerk)
        join(asking, people.nordwind, people.sudwerk, ACCOUNT)
        session.expire_all()
        of_score = select(Score.account_id).where(Score.response_id == heard.response_id)
        assert set(session.scalars(of_score)) == {people.nordwind}
        for row in (session.get_one(Response, heard.response_id), session.get_one(Contact, people.sofie.id)):
            assert row.account_id == people.nordwind
        assert session.get_one(Account, child).parent_id == people.nordwind

    def test_parents_never_lead_in_a_circle(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        middle = account_below(asking, people.nordwind)
        session.execute(update(Account).where(Account.id == people.sudwerk).values(parent_id=middle))
        join(asking, people.sudwerk, people.nordwind, ACCOUNT)
        session.expire_all()
        assert session.get_one(Account, people.sudwerk).parent_id is None
        assert session.get_one(Account, middle).parent_id == people.sudwerk

    def test_dimensions_and_revenue_are_fields_like_others(self, asking: Asking) -> None:
        session, people = asking.session, asking.people
        session.get_one(Account, people.sudwerk).dimensions = {"Fleet": "12", "Plant": "Ulm"}
        session.get_one(Account, people.nordwind).dimensions = {"Plant": "Kiel"}
        session.flush()
        join(asking, people.nordwind, people.sudwerk, ACCOUNT, take=["dimension:Fleet", "revenue"])
        kept = session.get_one(Account, people.nordwind)
        assert kept.dimensions == {"Fleet": "12", "Plant": "Kiel"}
        assert kept.revenue_cents == 400_000_00


def account_below(asking: Asking, parent_id: int) -> int:
    facts = {"created_at": asking.now, "updated_at": asking.now}
    child = Account(external_id=f"B-{parent_id}", name="Below", parent_id=parent_id, **facts)
    asking.session.add(child)
    asking.session.flush()
    return child.id


def test_a_pair_said_to_be_two_stays_so_for_who_goes_on(asking: Asking) -> None:
    session, people = asking.session, asking.people
    low, high = sorted((people.anna.id, people.sofie.id))
    facts = {"kind": CONTACT, "score": 80, "reasons": ["same_name"], "found_at": asking.now}
    session.add(DuplicatePair(low_id=low, high_id=high, state=PairState.APART, **facts))
    low, high = sorted((people.anna.id, people.aziz.id))
    session.add(DuplicatePair(low_id=low, high_id=high, **facts))
    session.flush()
    join(asking, people.aziz.id, people.anna.id)
    left = session.scalars(select(DuplicatePair)).one()
    assert {left.low_id, left.high_id} == {people.aziz.id, people.sofie.id}
    assert left.state is PairState.APART
