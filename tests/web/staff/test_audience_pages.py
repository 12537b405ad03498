"""Whom a wave asks, on pages: the plan, the answer to who gets no mail, the lists and the files."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from html import unescape
from zipfile import ZipFile

import pytest

from surveyd.distribution.audience_lists import LATER
from surveyd.distribution.audience_models import AudiencePlan, Customers, SampleKind
from surveyd.distribution.audience_plans import Plan, filters_of
from surveyd.distribution.audience_rules import RULES
from surveyd.distribution.audience_samples import save_plan
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.distribution.suppressions import opt_out
from surveyd.distribution.waves import schedule_wave
from surveyd.people.models import Account, AuditEntry, Contact
from surveyd.web.staff.audience_words import ADVICE
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn

HOSTILE = "=1+1<script>alert(1)</script>"


@pytest.fixture
def coming(office: Office, writer: Transaction) -> int:
    """A wave that is scheduled, of a program that asks everybody again."""
    with writer() as session:
        first = session.get_one(Wave, office.wave)
        session.get_one(Program, first.program_id).rest_days = 0
        wave = Wave(program_id=first.program_id, slug="next", version_id=first.version_id, scheduled_at=NOW)
        session.add(wave)
        session.flush()
        return wave.id


def plan_of(reader: Transaction, wave_id: int) -> AudiencePlan | None:
    with reader() as session:
        return session.get(AudiencePlan, wave_id)


def cells_of(sheet: bytes) -> str:
    """All text of a sheet."""
    with ZipFile(io.BytesIO(sheet)) as book:
        return unescape("".join(book.read(name).decode() for name in book.namelist()))


def add_contact(writer: Transaction, account_id: int, name: str, *, at: int = 0) -> None:
    with writer() as session:
        session.add(
            Contact(
                external_id=f"N-{at}",
                account_id=account_id,
                name=name,
                email=f"n{at}@nordwind.test",
                created_at=NOW,
                updated_at=NOW,
            )
        )


class TestPlan:
    def test_it_is_chosen_on_a_page_and_shown(
        self, office: Office, sign_in: SignIn, coming: int, reader: Transaction
    ) -> None:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}/audience"
        form = admin.get(f"{path}/plan").text
        assert 'name="filter:region" value="North"' in form and "Mona Manager" in form
        fields = {"customers": "active", "sample": "number", "size": "1", "seed": "7", "first": "tier"}

        sent = admin.post(f"{path}/plan", **{"filter:region": "North"}, **fields, allocation="equal")

        assert sent.status_code == 303
        kept = plan_of(reader, coming)
        assert kept and (kept.filters, kept.sample, kept.seed) == (
            {"region": ["North"]},
            SampleKind.NUMBER,
            7,
        )
        page = admin.get(path).text
        assert "<h1>1 contact would be in, 2 out</h1>" in page
        assert "active customers; Region: North; a random sample of 1 person; drawn by Tier" in page
        assert "1 of 2 were drawn on 10 March 2026" in page
        assert 'value="North" checked' in admin.get(f"{path}/plan").text
        with reader() as session:
            assert session.query(AuditEntry).filter_by(action="plan_audience").count() == 1
        assert admin.post(f"{path}/draw").status_code == 303

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"sample": "number"}, "Write below how many to draw."),
            ({"sample": "number", "size": "0"}, "Write how many to draw, 1 or more."),
            ({"sample": "share", "size": "101"}, "Write how many percent to draw, from 1 to 100."),
            ({"revenue_from": HOSTILE}, "Write whole units, such as 250000, or nothing."),
            ({"revenue_from": "5", "revenue_to": "4"}, "The least revenue is above the most"),
            ({"sample": "number", "size": "1", "seed": "-1"}, "Write a whole number from 0"),
            ({"sample": "number", "size": "1", "first": "password"}, "by dimensions of accounts"),
            ({"sample": "number", "size": "1", "first": "tier", "second": "tier"}, "two different"),
            ({"customers": "both"}, "Not a valid choice"),
        ],
    )
    def test_what_cannot_be_is_said_and_what_was_typed_stays(
        self,
        office: Office,
        sign_in: SignIn,
        coming: int,
        reader: Transaction,
        *,
        fields: dict[str, str],
        said: str,
    ) -> None:
        path = f"/staff/waves/{coming}/audience/plan"
        all_fields = {"customers": "active", "sample": "census", "filter:region": "South", **fields}

        answer = sign_in(office.cast.admin).post(path, **all_fields)

        assert answer.status_code == 422
        assert said in answer.text and 'value="South" checked' in answer.text
        assert "<script>alert" not in answer.text
        assert plan_of(reader, coming) is None

    def test_a_launched_wave_keeps_its_audience(self, office: Office, sign_in: SignIn) -> None:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}/audience"

        assert admin.get(f"{path}/plan").status_code == 303
        refused = admin.post(f"{path}/plan", customers="lapsed", sample="census")

        assert refused.status_code == 409 and "fixed since the launch" in refused.text
        assert "Change whom it asks" not in admin.get(path).text

    def test_an_executive_looks_and_changes_nothing(
        self, office: Office, sign_in: SignIn, coming: int, reader: Transaction
    ) -> None:
        executive, path = sign_in(office.cast.executive), f"/staff/waves/{coming}/audience"

        assert "Change whom it asks" not in executive.get(path).text
        assert executive.get(f"{path}/plan").status_code == 403
        assert executive.post(f"{path}/plan", customers="lapsed", sample="census").status_code == 403
        assert plan_of(reader, coming) is None

    def test_values_that_are_gone_stay_ticked(
        self, office: Office, sign_in: SignIn, coming: int, writer: Transaction
    ) -> None:
        with writer() as session:
            facts = {"customers": Customers.ACTIVE, "seed": 0, "changed_at": NOW}
            session.add(AudiencePlan(wave_id=coming, filters={"region": [HOSTILE], "branch": ["x"]}, **facts))
        page = sign_in(office.cast.admin).get(f"/staff/waves/{coming}/audience/plan").text

        assert page.count(" checked> ") >= 2 and "<script>alert" not in page


def test_a_new_wave_says_whose_audience_it_starts_from(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        session.add(AudiencePlan(wave_id=office.wave, filters={"region": ["North"]}, seed=1, changed_at=NOW))
        session.flush()
        program = session.get_one(Program, session.get_one(Wave, office.wave).program_id)
        path = f"/staff/waves/{schedule_wave(session, program, 'next', at=NOW, now=NOW).id}/audience"
    admin = sign_in(office.cast.admin)

    assert "So did the last wave, 2026H1." in admin.get(path).text
    assert "This wave asks whom the last one, 2026H1, asked." in admin.get(f"{path}/plan").text
    assert "So did" not in admin.get(f"/staff/waves/{office.wave}/audience").text


class TestWhy:
    def test_every_rule_is_told_with_what_to_do(
        self, office: Office, sign_in: SignIn, coming: int, writer: Transaction
    ) -> None:
        with writer() as session:
            opt_out(session, office.cast.sofie.id, now=NOW)
            session.get_one(Contact, office.cast.sofie.id).active = False
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}/audience"

        for words in ("sofie", "SOFIE@", "C-sommer"):
            page = admin.get(f"{path}?search={words}").text
            assert "Sofie Sommer of Südwerk gets no mail, for 2 reasons:" in page, words
            assert "Nothing: it was their own wish" in page and "has left or was switched off" in page
        page = admin.get(f"{path}?search=Nordwind").text
        assert "Anna Adler of Nordwind would get a mail: no rule leaves them out." in page

    def test_the_filters_and_the_other_wave_are_named(
        self, office: Office, sign_in: SignIn, coming: int, writer: Transaction
    ) -> None:
        with writer() as session:
            wave = session.get_one(Wave, coming)
            program = session.get_one(Program, wave.program_id)
            asked = Plan(filters=filters_of([("region", "South"), ("role", "user"), ("region", "<b>")]))
            save_plan(session, wave, program, asked, by=None, now=NOW)
            program.rest_days = 90
        page = sign_in(office.cast.admin).get(f"/staff/waves/{coming}/audience?search=anna").text

        assert "Anna Adler of Nordwind gets no mail, for 3 reasons:" in page
        assert "Region is North, and this wave asks only South, &lt;b&gt;" in page
        assert "Role is decision maker, and this wave asks only " in page
        assert "the wave 2026H1 of" in page and "they rest until 18 May 2026" in page

    def test_after_the_launch_it_says_where_they_stand_or_that_they_came_later(
        self, office: Office, sign_in: SignIn, writer: Transaction
    ) -> None:
        add_contact(writer, office.cast.nordwind, "Nele Neu")
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}/audience"

        assert "Anna Adler of Nordwind is in: has answered." in admin.get(f"{path}?search=anna").text
        page = admin.get(f"{path}?search=nele").text
        assert "Nele Neu of Nordwind gets no mail: they were added after the launch." in page
        assert "Nobody of this wave is like that." in admin.get(f"{path}?search=nobody").text

    def test_there_is_advice_for_every_rule(self) -> None:
        assert set(ADVICE) == {*RULES, LATER}


class TestFiles:
    def test_they_hold_the_whole_list_and_no_cell_is_run(
        self, office: Office, sign_in: SignIn, coming: int, writer: Transaction
    ) -> None:
        add_contact(writer, office.cast.nordwind, HOSTILE)
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}/audience"

        rows = list(csv.reader(io.StringIO(admin.get(f"{path}.csv").text)))
        assert rows[0] == ["contact", "name", "email", "account", "in", "rule", "state"]
        assert len(rows) == 5 and f"'{HOSTILE}" in {row[1] for row in rows}
        narrowed = admin.get(f"{path}.csv?search=sofie&in=1").text
        assert narrowed.count("\r\n") == 2 and "C-sommer" in narrowed
        sheet = admin.get(f"{path}.xlsx")
        assert HOSTILE in cells_of(sheet.data) and sheet.status_code == 200

    def test_after_the_launch_they_say_where_each_stands(self, office: Office, sign_in: SignIn) -> None:
        text = sign_in(office.cast.executive).get(f"/staff/waves/{office.wave}/audience.csv").text

        assert "C-adler,Anna Adler,anna@nordwind.test,Nordwind,yes,,answered\r\n" in text

    def test_who_may_not_see_the_wave_gets_none(self, office: Office, sign_in: SignIn) -> None:
        for kind in (".csv", ".xlsx", "/accounts", "/plan"):
            path = f"/staff/waves/{office.wave}/audience{kind}"
            assert sign_in(office.cast.mona).get(path).status_code == 403


class TestAccounts:
    def test_accounts_that_lack_somebody_are_counted_and_lead_to_their_page(
        self, office: Office, sign_in: SignIn, coming: int, writer: Transaction
    ) -> None:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}/audience"
        with writer() as session:
            opt_out(session, office.cast.sofie.id, now=NOW)
            session.add(Account(external_id="E", name="Empty & Co", created_at=NOW, updated_at=NOW))

        page = admin.get(path).text
        for lack, count in (("no_decider", 2), ("single", 1), ("unreachable", 2), ("nobody_in", 2)):
            assert f'/audience/accounts?lack={lack}">{count}</a>' in page, lack
        listed = admin.get(f"{path}/accounts?lack=single").text
        assert "1 of 3 accounts are with a single contact" in listed
        assert f"/staff/accounts/{office.cast.sudwerk}" in listed and "Nordwind" not in listed
        assert "Empty &amp; Co" in admin.get(f"{path}/accounts?lack=nobody_in&sort=-contacts").text
        for words in ("%25", "%00", "<script>", "'"):
            answer = admin.get(f"{path}/accounts?lack={words}&search={words}&sort={words}")
            assert answer.status_code == 200 and "<script>'" not in answer.text
        assert admin.get(f"{path}/accounts?after=nonsense").status_code == 409

    def test_after_the_launch_the_ledger_says_who_is_in(self, office: Office, sign_in: SignIn) -> None:
        page = sign_in(office.cast.admin).get(f"/staff/waves/{office.wave}/audience/accounts?lack=nobody_in")

        assert "0 of 2 accounts are with nobody in this wave" in page.text
        assert "No account is like that." in page.text


def test_pages_cost_the_same_however_many_contacts_there_are(
    office: Office,
    sign_in: SignIn,
    coming: int,
    writer: Transaction,
    statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}/audience"
    paths = (path, f"{path}?search=n", f"{path}/plan", f"{path}/accounts", f"{path}.csv")

    def costs() -> list[int]:
        found = []
        for each in paths:
            with statements() as said:
                admin.get(each)
            found.append(len(said))
        return found

    before = costs()
    for number in range(70):
        add_contact(writer, office.cast.nordwind, f"Nina {number}", at=number)
    assert costs() == before
    assert "More contacts" in admin.get(path).text
    # Five are told of in sentences; that there are more is said, with the way to them.
    searched = admin.get(f"{path}?search=Nina").text
    assert "More than 45 more people match." in searched and 'href="#matches"' in searched
    assert "6 more people match." in admin.get(f"{path}?search=Nina+6").text
    assert "more people match" not in admin.get(f"{path}?search=Nina+69").text


def test_a_wave_of_lapsed_customers_asks_nobody_else(
    office: Office, sign_in: SignIn, coming: int, reader: Transaction, writer: Transaction
) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{coming}/audience"
    admin.post(f"{path}/plan", customers="lapsed", sample="census")
    with reader() as session:
        assert session.get_one(Wave, coming).state is WaveState.SCHEDULED
        assert session.get_one(Wave, coming).scheduled_at == NOW + timedelta(0)

    page = admin.get(path).text
    assert "<h1>0 contacts would be in, 3 out</h1>" in page
    assert "the account is active, and this wave asks lapsed customers" in page
