"""Confirming contacts in the browser: the account managers' pages, and the program admin's report."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.clock import SetClock
from surveyd.distribution import confirmations
from surveyd.distribution.confirmation_models import Confirmation, ContactMark, MarkState
from surveyd.distribution.models import Message, Program, Wave
from surveyd.distribution.waves import schedule_wave
from surveyd.people.models import Account, Contact
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

HOSTILE = '<b>Bobby</b>"; {{7*7}}'
SHOWN = "&lt;b&gt;Bobby&lt;/b&gt;&#34;; {{7*7}}"
Collect = Callable[[], AbstractContextManager[list[str]]]


@dataclass
class Round:
    """The office's next wave, whose contacts are being confirmed."""

    office: Office
    wave_id: int
    sign_in: SignIn
    writer: Transaction
    reader: Transaction

    @property
    def path(self) -> str:
        return f"/staff/confirmations/{self.wave_id}"

    def of(self, contact_id: int, deed: str = "") -> str:
        return f"{self.path}/contacts/{contact_id}{deed and '/' + deed}"

    def mona(self) -> Staff:
        return self.sign_in(self.office.cast.mona)

    def mark(self, contact_id: int) -> ContactMark | None:
        with self.reader() as session:
            return session.get(ContactMark, (self.wave_id, contact_id))

    def contact(self, contact_id: int) -> Contact:
        with self.reader() as session:
            return session.get_one(Contact, contact_id)


def plan_wave(session: Session) -> Wave:
    program = session.scalars(select(Program)).one()
    program.rest_days = 0
    return schedule_wave(session, program, "next", at=NOW + timedelta(days=20), now=NOW)


@pytest.fixture
def round_(office: Office, sign_in: SignIn, writer: Transaction, reader: Transaction) -> Round:
    with writer() as session:
        wave = plan_wave(session)
        until = NOW.date() + timedelta(days=10)
        confirmations.begin(
            session, wave, until=until, remind_days=(3,), by=None, now=NOW, mail_domain="mail.surveyd.test"
        )
        return Round(office, wave.id, sign_in, writer, reader)


class TestOwnContacts:
    def test_a_manager_looks_through_own_contacts_and_no_others(self, round_: Round) -> None:
        cast, mona = round_.office.cast, round_.mona()
        page = mona.get(round_.path).text
        assert "0 of 2 contacts are looked at" in page
        assert "Anna Adler" in page and "Sofie" not in page and "Südwerk" not in page
        assert mona.post(round_.of(cast.anna.id, "confirm")).status_code == 303
        assert "1 of 2 contacts are looked at" in mona.get(round_.path).text
        for path in (round_.of(cast.sofie.id), f"{round_.path}?manager={cast.milo.id}"):
            assert "Sofie" not in mona.get(path).text
        for deed in ("confirm", "take-back", "exclude", "correct"):
            fields = {"why": "talks", "name": "X", "email": "x@x.test", "role": "buyer"}
            assert mona.post(round_.of(cast.sofie.id, deed), **fields).status_code == 404
        assert round_.mark(cast.sofie.id) is None

    def test_the_rest_is_confirmed_in_one_press_and_then_it_is_done(self, round_: Round) -> None:
        mona, own = round_.mona(), str(round_.office.cast.mona.id)
        assert mona.post(f"{round_.path}/rest", manager=own, contacts="1").status_code == 422
        assert mona.post(f"{round_.path}/rest", manager=own, contacts="2").status_code == 303
        assert "All 2 contacts are looked at" in mona.get(round_.path).text
        assert mona.post(f"{round_.path}/finish", manager=own).status_code == 303
        assert mona.post(f"{round_.path}/finish", manager=own).status_code == 303
        assert "I am done" not in mona.get(round_.path).text

    def test_somebody_is_left_out_with_a_reason_and_is_found_by_it(self, round_: Round) -> None:
        anna, mona = round_.office.cast.anna, round_.mona()
        no_reason = mona.post(round_.of(anna.id, "exclude"), words=HOSTILE)
        assert no_reason.status_code == 422
        assert "Choose why they are left out." in no_reason.text and SHOWN in no_reason.text
        bare = mona.post(round_.of(anna.id, "exclude"), why="other", words=" ")
        assert bare.status_code == 422 and "Say in a few words" in bare.text
        assert mona.post(round_.of(anna.id, "exclude"), why="talks", words=HOSTILE).status_code == 303
        assert SHOWN in mona.get(round_.path).text
        admin = round_.sign_in(round_.office.cast.admin)
        told = admin.get(f"/staff/waves/{round_.wave_id}/audience?search=Anna").text
        assert "Mona Manager" in told and "contract talks are going on" in told and SHOWN in told

    def test_a_correction_keeps_what_was_typed_beside_its_errors(self, round_: Round) -> None:
        anna, mona = round_.office.cast.anna, round_.mona()
        seen = round_.contact(anna.id).updated_at.isoformat()
        wrong = {
            "name": HOSTILE,
            "email": "nobody",
            "phone": "12",
            "role": "buyer",
            "language": "",
            "seen": seen,
        }
        page = mona.post(round_.of(anna.id, "correct"), **wrong)
        assert page.status_code == 422
        for said in ("Type an e-mail address", "Write the number with its country", SHOWN, 'value="nobody"'):
            assert said in page.text
        gone = mona.post(round_.of(anna.id, "correct"), **(wrong | {"email": "", "phone": ""}))
        assert gone.status_code == 422 and "left out with a reason" in gone.text
        right = {"name": HOSTILE, "email": "anna.berg@nordwind.test", "phone": "+49 30 9018200"}
        assert mona.post(round_.of(anna.id, "correct"), **(wrong | right)).status_code == 303
        now = round_.contact(anna.id)
        assert (now.name, now.email, now.phone) == (HOSTILE, "anna.berg@nordwind.test", "+49309018200")
        mark = round_.mark(anna.id)
        assert mark is not None and mark.state is MarkState.CONFIRMED and mark.was_corrected

    def test_an_admin_who_edits_meanwhile_is_not_overwritten_unseen(self, round_: Round) -> None:
        anna, mona = round_.office.cast.anna, round_.mona()
        seen = round_.contact(anna.id).updated_at.isoformat()
        typed = {"name": "Anna Berg", "email": anna.email, "phone": "", "role": "buyer", "seen": seen}
        admin = round_.sign_in(round_.office.cast.admin)
        admin.post(round_.of(anna.id, "correct"), **(typed | {"name": "Anna Alt"}))
        late = mona.post(round_.of(anna.id, "correct"), **typed)
        assert late.status_code == 422
        assert "changed this contact meanwhile" in late.text
        assert "Anna Alt of Nordwind" in late.text and 'value="Anna Berg"' in late.text
        assert round_.contact(anna.id).name == "Anna Alt"

    def test_somebody_who_is_missing_is_added_once(self, round_: Round) -> None:
        mona, nordwind = round_.mona(), str(round_.office.cast.nordwind)
        fields = {"account": nordwind, "name": "Nele Neu", "email": "nele@nordwind.test", "role": "buyer"}
        fields |= {"phone": "030 9018299", "language": "de"}
        wrong = mona.post(f"{round_.path}/new", **(fields | {"email": round_.office.cast.anna.email}))
        assert wrong.status_code == 422 and "Anna Adler of the same account" in wrong.text
        assert [mona.post(f"{round_.path}/new", **fields).status_code for _ in range(2)] == [303, 303]
        with round_.reader() as session:
            (nele,) = session.scalars(select(Contact).where(Contact.name == "Nele Neu")).all()
            assert (nele.phone, nele.language, nele.account_id) == ("+49309018299", "de", int(nordwind))
        elsewhere = fields | {"account": str(round_.office.cast.sudwerk), "email": "x@suedwerk.test"}
        assert mona.post(f"{round_.path}/new", **elsewhere).status_code == 422

    def test_after_the_last_day_it_is_to_read_only(self, round_: Round, clock: SetClock) -> None:
        anna, mona = round_.office.cast.anna, round_.mona()
        mona.post(round_.of(anna.id, "exclude"), why="own_wish", words="")
        clock.instant = NOW + timedelta(days=12)
        page = mona.get(round_.path).text
        assert "what was said holds" in page and "/take-back" not in page and "left out" in page
        assert "/correct" not in mona.get(round_.of(anna.id)).text
        assert mona.post(round_.of(anna.id, "confirm")).status_code == 422

    def test_the_new_manager_sees_the_accounts(self, round_: Round) -> None:
        cast = round_.office.cast
        assert "None of these contacts" in round_.sign_in(cast.outsider).get(round_.path).text
        with round_.writer() as session:
            session.get_one(Account, cast.nordwind).manager_id = cast.outsider.id
        assert "Anna Adler" in round_.sign_in(cast.outsider).get(round_.path).text
        assert "Anna Adler" not in round_.mona().get(round_.path).text

    def test_the_accounts_lead_to_it_as_long_as_it_runs(self, round_: Round, clock: SetClock) -> None:
        assert "Look through your contacts for next" in round_.mona().get("/staff/accounts").text
        assert "Look through" not in round_.sign_in(round_.office.cast.outsider).get("/staff/accounts").text
        clock.instant = NOW + timedelta(days=12)
        assert "Look through" not in round_.mona().get("/staff/accounts").text

    def test_a_wave_without_a_round_has_no_such_page(self, round_: Round) -> None:
        assert round_.mona().get(f"/staff/confirmations/{round_.office.wave}").status_code == 404

    def test_accounts_without_a_decision_maker_are_named(self, round_: Round) -> None:
        assert "No decision maker" not in round_.mona().get(round_.path).text
        round_.mona().post(round_.of(round_.office.cast.anna.id, "exclude"), why="talks", words="")
        assert "No decision maker" in round_.mona().get(round_.path).text


class TestReport:
    def path(self, round_: Round) -> str:
        return f"/staff/waves/{round_.wave_id}/confirmation"

    def test_an_admin_begins_it_once(self, office: Office, sign_in: SignIn, writer: Transaction) -> None:
        with writer() as session:
            wave_id = plan_wave(session).id
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{wave_id}/confirmation"
        assert "2 account managers could be asked" in admin.get(path).text
        late = admin.post(f"{path}/begin", until="2020-01-01", remind="3, x")
        assert late.status_code == 422 and "such as 3, 1" in late.text and 'value="3, x"' in late.text
        over = admin.post(f"{path}/begin", until="2020-01-01", remind="3")
        assert over.status_code == 422 and "That day is over" in over.text
        until = (NOW.date() + timedelta(days=9)).isoformat()
        for _press in range(2):
            assert admin.post(f"{path}/begin", until=until, remind="3, 1").status_code == 303
        with writer() as session:
            mails = session.scalars(select(Message).where(Message.name == "contacts_to_confirm")).all()
            assert {mail.user_id for mail in mails} == {office.cast.mona.id, office.cast.milo.id}
            assert len(mails) == 2
        later = (NOW.date() + timedelta(days=12)).isoformat()
        assert admin.post(f"{path}/change", until=later, remind="").status_code == 303
        with writer() as session:
            assert session.get_one(Confirmation, wave_id).remind_days == []

    def test_of_a_wave_that_went_out_without_it_no_progress_is_listed(
        self, office: Office, sign_in: SignIn
    ) -> None:
        page = sign_in(office.cast.admin).get(f"/staff/waves/{office.wave}/confirmation")

        assert "who is in this wave is fixed" in page.text
        assert "How far each one is" not in page.text

    def test_it_says_how_far_each_one_is_and_sends_again(self, round_: Round) -> None:
        cast, admin = round_.office.cast, round_.sign_in(round_.office.cast.admin)
        round_.mona().post(round_.of(cast.anna.id, "confirm"))
        round_.mona().post(f"{round_.path}/finish", manager=str(cast.mona.id))
        page = admin.get(self.path(round_)).text
        assert "1 of 2 account managers are done" in page and "1 of 2" in page
        refused = admin.post(f"{self.path(round_)}/ask", manager=str(cast.mona.id))
        assert refused.status_code == 422 and "finished already" in refused.text
        assert admin.post(f"{self.path(round_)}/ask", manager=str(cast.outsider.id)).status_code == 404
        lines = admin.get(f"{self.path(round_)}.csv").text.splitlines()
        assert lines[0].startswith("manager,email,asked") and len(lines) == 3

    def test_whom_they_leave_out_stands_there_with_what_they_said_last(self, round_: Round) -> None:
        cast, admin = round_.office.cast, round_.sign_in(round_.office.cast.admin)
        round_.mona().post(round_.of(cast.anna.id, "exclude"), why="complaint", words=HOSTILE)
        page = admin.get(self.path(round_)).text
        for said in ("1 contact is left out", "3 of 10 in", "a complaint is being dealt with", SHOWN, "9.0"):
            assert said in page
        assert "too few to say" in page
        file = admin.get(f"/staff/waves/{round_.wave_id}/excluded.csv").text
        assert "Mona Manager,Nordwind,C-adler,Anna Adler,9000000.0,EUR" in file
        assert admin.post(f"{self.path(round_)}/put-back", contact=str(cast.anna.id)).status_code == 303
        assert "Nobody is left out" in admin.get(self.path(round_)).text

    def test_only_admins_change_it_and_only_who_reads_waves_sees_it(self, round_: Round) -> None:
        cast = round_.office.cast
        executive, mona = round_.sign_in(cast.executive), round_.mona()
        assert executive.get(self.path(round_)).status_code == 200
        for staff in (executive, mona):
            assert staff.post(f"{self.path(round_)}/begin", until="2026-06-01", remind="").status_code == 403
            put_back = staff.post(f"{self.path(round_)}/put-back", contact=str(cast.anna.id))
            assert put_back.status_code == 403
        assert mona.get(self.path(round_)).status_code == 403
        assert round_.sign_in(cast.support).get(round_.path).status_code == 403

    def test_pages_take_as_many_statements_for_many_as_for_few(
        self, round_: Round, statements: Collect
    ) -> None:
        cast = round_.office.cast
        roads = (
            (round_.mona(), round_.path),
            (round_.sign_in(cast.admin), self.path(round_)),
        )
        counts = []
        for time in range(2):
            for staff, path in roads:
                with statements() as said:
                    assert staff.get(path).status_code == 200
                counts.append(len(said))
            round_.mona().post(round_.of(cast.anna.id, "exclude"), why="talks", words="")
            with round_.writer() as session:
                for number in range(60):
                    session.add(
                        Contact(
                            external_id=f"M-{time}-{number}",
                            account_id=cast.nordwind,
                            name=f"Many {number}",
                            email=f"m{time}.{number}@nordwind.test",
                            created_at=NOW,
                            updated_at=NOW,
                        )
                    )
        assert counts[0] == counts[2] and counts[3] - counts[1] <= 3
        assert "More contacts" in round_.mona().get(round_.path).text
