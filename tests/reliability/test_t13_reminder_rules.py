"""T13: who is reminded and who is called, over three weeks and a change of the clocks.

The wave goes out on 17 March 2026 at nine in Berlin; summer time begins on the 29th, so day 14 and day 21 lie
behind it. A part of the contacts live in New York, where it had begun before.
"""

import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from tests.fixtures.children import wait_for
from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Received, Relay
from tests.reliability.respondents import Respondent, link_in, receipt_in
from tests.reliability.stage import import_company, launch_wave

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
DAY_0 = datetime(2026, 3, 17, 8, 0, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Europe/Berlin", "Europe/Berlin", "America/New_York")
HOURS = {"Europe/Berlin": 9, "America/New_York": 8}
"""When mails go out: at nine, as on day 0; where that is too early, when the window opens."""
LATE_SECONDS = 0.05
REMINDED = "Until "
"""How the reminder's subject begins."""
DSN = """From: MAILER-DAEMON@relay.test
To: {path}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your mail.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user here

--b--
"""


@dataclass(frozen=True)
class Plan:
    """How many people do what; they are numbered in this order."""

    refused: int
    bounced: int
    answered: int
    opted_out: int
    half_way: int
    meanwhile: int
    silent: int

    @property
    def people(self) -> int:
        return self.refused + self.asked

    @property
    def asked(self) -> int:
        return self.bounced + self.answered + self.opted_out + self.half_way + self.meanwhile + self.silent

    @property
    def owed(self) -> int:
        """How many are owed a reminder, apart from those who answer meanwhile."""
        return self.half_way + self.silent


@pytest.mark.full
def test_five_hundred_people_over_three_weeks(house: House, relay: Relay, measured: Measured) -> None:
    plan = Plan(refused=25, bounced=25, answered=100, opted_out=50, half_way=20, meanwhile=20, silent=260)
    assert plan.people == 500
    _live_through(house, relay, measured, plan)


def test_a_few_people_over_three_weeks(house: House, relay: Relay, measured: Measured) -> None:
    plan = Plan(refused=1, bounced=1, answered=2, opted_out=2, half_way=1, meanwhile=2, silent=11)
    _live_through(house, relay, measured, plan)


def _live_through(house: House, relay: Relay, measured: Measured, plan: Plan) -> None:
    relay.slow_seconds = 0.0
    house.set_clock(DAY_0)
    names = [f"{'perm' if at < plan.refused else 'slow'}.c{at}" for at in range(plan.people)]
    import_company(house, [f"{name}@customer.test" for name in names], time_zones=ZONES)
    launch_wave(house, WAVE, policies=("--rest-days", "0"))
    house.start_all()
    _jump(house, relay, DAY_0 + timedelta(hours=5), lambda: len(relay.received) == plan.asked)
    asked = sorted(relay.received, key=lambda mail: int(re.findall(r"\d+", mail.recipients[0])[0]))
    groups = _grouped(asked, plan)
    house.set_clock(DAY_0 + timedelta(days=3))
    with ThreadPoolExecutor(4) as hands:
        assert all(hands.map(_answer, groups["answered"]))
        assert set(hands.map(_opt_out, groups["opted_out"])) <= {200}
        list(hands.map(_go_half_way, groups["half_way"]))
        bounces = list(hands.map(lambda mail: _bounce(house, mail), groups["bounced"]))
    assert [bounce["effect"] for bounce in bounces] == [True] * plan.bounced

    relay.slow_seconds = LATE_SECONDS
    receipts = _remind_while_some_answer(house, relay, groups["meanwhile"])
    reminders = _reminders(relay)
    reminded = Counter(mail.recipients[0] for mail in reminders)
    late = [mail for mail in reminders if mail.at > receipts.get(mail.recipients[0], mail.at) + 1]
    owed = {mail.recipients[0] for mail in [*groups["half_way"], *groups["silent"]]}
    meanwhile = {mail.recipients[0] for mail in groups["meanwhile"]}

    _jump(house, relay, DAY_0 + timedelta(days=21, hours=5), lambda: _calls(house) == plan_calls(plan))
    before = _calls(house)
    assert _answer(groups["silent"][0])
    after = _calls(house)
    hours_off = [mail for mail in [*asked, *reminders] if not _is_at_the_right_hour(mail)]
    measured(
        people=plan.people,
        owed_a_reminder=plan.owed,
        reminded=len(reminders),
        not_reminded=len(owed - set(reminded)),
        twice=sum(count > 1 for count in reminded.values()),
        reminded_without_owing=len(set(reminded) - owed - meanwhile),
        after_a_receipt=len(late),
        flagged=before,
        flagged_after_an_answer=after,
        at_another_hour=len(hours_off),
    )
    assert owed <= set(reminded) <= owed | meanwhile
    assert max(reminded.values()) == 1
    assert not late
    assert (before, after) == (plan_calls(plan), plan_calls(plan) - 1)
    assert relay.refused["perm"] == plan.refused
    assert not hours_off


def plan_calls(plan: Plan) -> int:
    """Who is on the call list: who has neither answered nor opted out; a dead address is no answer."""
    return plan.refused + plan.bounced + plan.half_way + plan.silent


def _remind_while_some_answer(house: House, relay: Relay, some: list[Received]) -> dict[str, float]:
    """Let day 14 come, and some answer while the reminders go out; returns when each saw a receipt."""
    receipts: dict[str, float] = {}
    house.set_clock(DAY_0 + timedelta(days=14, hours=-1))
    wait_for(lambda: _reminders(relay), seconds=60, what="the first reminder")
    for mail in some:
        assert _answer(mail)
        receipts[mail.recipients[0]] = time.monotonic()
    house.set_clock(DAY_0 + timedelta(days=14, hours=6))

    def settled() -> bool:
        status = house.json("wave", "status", WAVE)
        time.sleep(0.3)
        return bool(status["owed"] == 0 and not status["planned"].get("reminder"))

    wait_for(settled, seconds=120, what="the reminders")
    return receipts


def _reminders(relay: Relay) -> list[Received]:
    return [mail for mail in [*relay.received] if str(mail.mail["Subject"]).startswith(REMINDED)]


def _grouped(asked: list[Received], plan: Plan) -> dict[str, list[Received]]:
    # Every group has people in both zones, since the zones alternate by number.
    people = iter(asked)
    return {
        name: [next(people) for _ in range(getattr(plan, name))]
        for name in ("bounced", "answered", "opted_out", "half_way", "meanwhile", "silent")
    }


def _jump(house: House, relay: Relay, to: datetime, arrived: Callable[[], bool]) -> None:
    house.set_clock(to)

    def there() -> bool:
        time.sleep(0.2)
        return arrived()

    wait_for(there, seconds=120, what=f"{to}: {len(relay.received)} mails, {_calls(house)} calls")


def _answer(mail: Received) -> str:
    respondent = Respondent(link_in(mail))
    html = ""
    for form in respondent.forms():
        if form["go"] == "send":
            html = respondent.send(form)
            break
    respondent.leave()
    return receipt_in(html)


def _go_half_way(mail: Received) -> None:
    respondent = Respondent(link_in(mail))
    pages = respondent.forms()
    next(pages), next(pages)
    respondent.leave()


def _opt_out(mail: Received) -> int:
    link = urlsplit(str(mail.mail["List-Unsubscribe"]).strip("<>"))
    respondent = Respondent(link.geturl())
    status, _ = respondent.ask("POST", form={"List-Unsubscribe": "One-Click"})
    respondent.leave()
    return status


def _bounce(house: House, mail: Received) -> dict[str, object]:
    found: dict[str, object] = house.json("bounce", stdin=DSN.format(path=mail.sender, to=mail.recipients[0]))
    return found


def _calls(house: House) -> int:
    count: int = house.json("calls")["count"]
    return count


def _is_at_the_right_hour(mail: Received) -> bool:
    number = int(re.findall(r"\d+", mail.recipients[0])[0])
    zone = ZONES[number % len(ZONES)]
    return parsedate_to_datetime(str(mail.mail["Date"])).astimezone(ZoneInfo(zone)).hour == HOURS[zone]
