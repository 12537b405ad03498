"""The pages before a launch: what was found, and how a wave would go."""

import csv
import inspect
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from surveyd.base.clock import SetClock
from surveyd.distribution.launching import (
    confirming,
    dkim,
    dmarc,
    domain,
    looking,
    network,
    plan_checks,
    probe_checks,
    spf,
)
from surveyd.distribution.launching.findings import Level, Report, green, red, yellow
from surveyd.distribution.launching.gate import keep_report
from surveyd.distribution.models import Program, Wave
from surveyd.distribution.rehearsing.jobs import rehearse_wave
from surveyd.distribution.waves import schedule_wave
from surveyd.web.staff.finding_advice import ADVICE
from surveyd.web.staff.finding_words import DAY_CODES, SENTENCES, words_of
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn

CHECKS = (confirming, dkim, dmarc, domain, looking, network, plan_checks, probe_checks, spf)


@pytest.fixture
def wave(office: Office, writer: Transaction) -> int:
    """A wave that may be launched, beside the one that runs."""
    with writer() as session:
        program = session.get_one(Program, session.get_one(Wave, office.wave).program_id)
        program.rest_days = 0
        return schedule_wave(session, program, "autumn", at=NOW, now=NOW).id


def keep(writer: Transaction, wave: int, *findings: object) -> None:
    with writer() as session:
        keep_report(session, wave, Report(findings, "a" * 64, 3, NOW))  # type: ignore[arg-type]  # findings


def test_a_demo_is_told_what_it_cannot_have_and_may_launch(
    office: Office, wave: int, sign_in: SignIn
) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{wave}"
    assert "Not checked yet" in admin.get(path).text

    assert admin.post(f"{path}/preflight").status_code == 303

    page = admin.get(f"{path}/preflight").text
    assert "Nothing forbids the launch" in page
    assert "In production this forbids the launch; here it does not." in page
    assert "names a mailbox for it in SURVEYD_SEEDS" in page and "Send a probe" not in page
    assert admin.post(f"{path}/launch", contacts="3").status_code == 303


def test_what_is_red_stands_before_the_launch(
    office: Office, wave: int, sign_in: SignIn, writer: Transaction
) -> None:
    keep(writer, wave, red("spf_missing", "mail.company.test"), yellow("paper"), green("no_tests"))

    page = sign_in(office.cast.admin).get(f"/staff/waves/{wave}").text

    assert "1 finding forbids the launch" in page and "mail.company.test has no SPF record." in page
    assert "Publish one TXT record" in page and "Yes, launch" not in page
    executive = sign_in(office.cast.executive).get(f"/staff/waves/{wave}/preflight").text
    assert "Override with this reason" not in executive and "Check again" not in executive


def test_an_override_needs_a_reason(office: Office, wave: int, sign_in: SignIn, writer: Transaction) -> None:
    keep(writer, wave, red("spf_missing", "mail.company.test"))
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{wave}/override"

    empty, long = admin.post(path, reason=""), admin.post(path, reason="x" * 501)

    assert (empty.status_code, long.status_code) == (422, 422)
    assert "Write the reason why" in empty.text and "x" * 501 in long.text
    assert admin.post(path, reason="<b>Now</b>").status_code == 303
    assert "&lt;b&gt;Now&lt;/b&gt;" in admin.get(f"/staff/waves/{wave}/preflight").text


def test_no_reason_lets_a_wave_go_to_nobody(
    office: Office, wave: int, sign_in: SignIn, writer: Transaction
) -> None:
    keep(writer, wave, red("nobody"))
    admin = sign_in(office.cast.admin)

    answer = admin.post(f"/staff/waves/{wave}/override", reason="All the same")

    assert answer.status_code == 422
    assert "change whom the wave asks" in answer.text
    assert "Override with this reason" not in admin.get(f"/staff/waves/{wave}/preflight").text


def test_a_check_without_an_end_says_which_it_was() -> None:
    assert words_of(red("look_unfinished", "relay")).sentence == "Relay: this check did not come to an end."


def test_every_finding_has_its_words() -> None:
    """The codes stand in the checks as texts: none is without a sentence, and what is wrong has advice."""

    source = "".join(map(inspect.getsource, CHECKS))
    known = {code for code in SENTENCES if f'"{code}"' in source}
    made = re.findall(r'(?:red|yellow|green|worse|make|Broken)\(\s*"([a-z0-9_]+)"', source)
    assert known == set(SENTENCES) >= set(made)
    assert set(ADVICE) <= set(SENTENCES)
    facts = dict.fromkeys(
        ["mail", "bits", "least", "records", "words", "other", "policy", "lookups", "most", "relay", "error"],
        1,
    ) | dict.fromkeys(["status", "people", "texts", "languages", "contacts", "out", "suppressed"], 1)
    facts |= dict.fromkeys(
        ["before", "days", "steps", "mails", "host", "who", "rule", "then", "now", "day"], 1
    )
    facts |= dict.fromkeys(["managers", "finished", "looked"], 1)
    facts |= dict.fromkeys(["seconds", "by", "said", "unsaid", "result"], 1)
    for code in SENTENCES:
        said = words_of(red(code, "2026-03-10" if code in DAY_CODES else "thing", **facts))
        assert "%" not in said.sentence and said.level == Level.RED
        assert said.advice or code in GREEN, code


GREEN = {
    "as_last_time", "days", "dkim_good", "dmarc_good", "languages", "links_good", "mails", "mx_good",
    "no_tests", "paper_good", "people", "phones", "postal_address", "relay_good", "relay_local", "spf_good",
    "confirmation_done", "probe_arrived", "probe_came", "returns_seen", "url_good",
}  # fmt: skip


class TestRehearsal:
    """How a wave would go, on its page."""

    def rehearsed(self, app: Flask, office: Office, wave: int, sign_in: SignIn, **fields: str) -> str:
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{wave}/rehearsal"
        assert admin.post(path, minutes="10", **fields).status_code == 303
        assert "is being rehearsed" in admin.get(path).text
        with app.app_context():
            rehearse_wave(1)
        return admin.get(path).text

    def test_it_says_how_many_mails_calls_and_hours(
        self, app: Flask, office: Office, wave: int, sign_in: SignIn, clock: SetClock
    ) -> None:
        assert "Not rehearsed yet" in sign_in(office.cast.admin).get(f"/staff/waves/{wave}/rehearsal").text

        page = self.rehearsed(app, office, wave, sign_in, seed="5")

        assert "3 contacts would get" in page
        assert "As is usual, since no wave of this program is over" in page
        assert "10 March 2026" in page and "German" in page
        assert "Each attempt is taken to last 10 minutes." in page or "Work on the phone" in page

    def test_every_touch_is_in_the_files(
        self, app: Flask, office: Office, wave: int, sign_in: SignIn
    ) -> None:
        self.rehearsed(app, office, wave, sign_in)
        admin, path = sign_in(office.cast.admin), f"/staff/waves/{wave}/rehearsals/1"

        rows = list(csv.DictReader(io.StringIO(admin.get(f"{path}.csv").text)))

        assert len(rows) == 9 and {row["name"] for row in rows} >= {"Anna Adler", "Sofie Sommer"}
        assert admin.get(f"{path}.xlsx").data.startswith(b"PK")
        assert admin.get(f"/staff/waves/{office.wave}/rehearsals/1.csv").status_code == 404

    @pytest.mark.parametrize("fields", [{"minutes": "0"}, {"minutes": "x"}, {"minutes": "5", "seed": "-1"}])
    def test_numbers_that_do_not_do_are_said_beside_the_field(
        self, office: Office, wave: int, sign_in: SignIn, fields: dict[str, str]
    ) -> None:
        page = sign_in(office.cast.admin).post(f"/staff/waves/{wave}/rehearsal", **fields)
        assert page.status_code == 422 and 'aria-invalid="true"' in page.text

    def test_the_page_asks_the_same_few_questions(
        self,
        office: Office,
        wave: int,
        sign_in: SignIn,
        statements: Callable[[], AbstractContextManager[list[str]]],
    ) -> None:
        admin = sign_in(office.cast.admin)
        for page in ("rehearsal", "preflight"):
            with statements() as said:
                admin.get(f"/staff/waves/{wave}/{page}")
            assert len(said) <= 5, said
