"""What is wrong with a plan itself: languages, mails, people, days. Each check looks at one thing."""

import re
from collections.abc import Iterator
from datetime import timedelta

from jinja2 import TemplateError

from surveyd.base.clock import zone_named
from surveyd.base.errors import Unavailable
from surveyd.base.pdf import check_pdf
from surveyd.distribution.cadence import due_at
from surveyd.distribution.launching.confirming import check_confirmation
from surveyd.distribution.launching.findings import Finding, green, red, yellow
from surveyd.distribution.launching.plan import Plan, PlannedMail
from surveyd.distribution.mail_fields import Stationery
from surveyd.distribution.mails import Links, render, wave_context
from surveyd.distribution.models import Channel

LONGEST_WAIT = timedelta(days=4)
"""So long after day 0 somebody's first mail is pointed at: a weekend and a holiday are shorter."""
LINK = re.compile(r"""\b(?:href|src)\s*=\s*["']?(https?://[^\s"'>]+)|(?<!["'=])\b(https?://[^\s<>"')]+)""")
NAMED = 80


def plan_findings(plan: Plan, *, base_url: str, is_production: bool) -> list[Finding]:
    """All that can be said of a plan without asking anybody."""
    if not plan.contacts:
        return [red("nobody")]
    return [
        *check_people(plan),
        *check_languages(plan),
        *check_mails(plan, base_url),
        *check_letterhead(plan),
        *check_returns(plan),
        *check_phones(plan),
        *check_tests(plan, is_production=is_production),
        *check_days(plan),
        *check_confirmation(plan.confirmed),
        *check_paper(),
    ]


def check_people(plan: Plan) -> list[Finding]:
    """How many are asked and left out, beside the last wave."""
    out, suppressed = sum(plan.left_out.values()), plan.left_out.get("suppressed", 0)
    found = [green("people", contacts=plan.contacts, out=out, suppressed=suppressed)]
    last = plan.last
    if not last.then:
        return found
    facts = {"contacts": last.now, "before": last.then}
    if not last.is_far_off:
        return [*found, green("as_last_time", last.last, **facts)]
    rule, (then, now) = max(last.rules.items(), key=_shift, default=("", (0, 0)))
    if then == now:
        return [*found, yellow("fewer_or_more", last.last, **facts)]
    return [*found, yellow("fewer_or_more_by_rule", last.last, **facts, rule=rule, then=then, now=now)]


def _shift(rule: tuple[str, tuple[int, int]]) -> int:
    _, (then, now) = rule
    return abs(now - then)


def check_letterhead(plan: Plan) -> list[Finding]:
    """Whether every mail says where the sender can be reached by post, which many countries' laws want."""
    if not plan.has_postal_address:
        return [yellow("postal_address_missing", plan.company)]
    return [green("postal_address", plan.company)]


def check_returns(plan: Plan) -> list[Finding]:
    """Whether mail has ever come back to us: DNS says where it goes, not that it is handed over."""
    if plan.last_return is None:
        return [yellow("returns_never")]
    return [green("returns_seen", plan.last_return.date().isoformat())]


def check_languages(plan: Plan) -> list[Finding]:
    """Whether the questionnaire speaks each language of the audience whole, and who signed it."""
    found = []
    for asked in plan.languages:
        if asked.missing:
            found.append(red("language_gaps", asked.language, people=asked.people, texts=asked.missing))
        elif not asked.is_signed:
            found.append(yellow("language_unsigned", asked.language, people=asked.people))
    return found or [green("languages", plan.questionnaire, languages=len(plan.languages))]


def check_mails(plan: Plan, base_url: str) -> list[Finding]:
    """Whether each mail can be written in each language, and where its links lead."""
    found = [finding for mail in plan.mails for finding in _mail(plan, mail, base_url)]
    mails = {mail.mail for mail in plan.mails}
    return found or [green("mails", mails=len(mails), languages=len(plan.languages))]


def _mail(plan: Plan, planned: PlannedMail, base_url: str) -> Iterator[Finding]:
    place = f"{planned.mail} {planned.language}"
    if planned.is_foreign or planned.lacks_own:
        code = "mail_language" if planned.is_foreign else "mail_not_own"
        yield yellow(code, planned.language, mail=planned.mail, people=planned.people)
    links = Links(survey=f"{base_url}/s/example", opt_out=f"{base_url}/u/example")
    context = wave_context(
        company=plan.company,
        sender_name=plan.sender_name,
        contact="Anna Adler",
        account="Nordwind",
        closes_at=plan.closes_at,
        time_zone=plan.zones[0],
    )
    try:
        words = render(planned.mail, planned.language, context, links, Stationery(planned.template))
    except (TemplateError, LookupError, ValueError, TypeError) as error:
        yield red("mail_broken", place, error=type(error).__name__)
        return
    if not words.subject or links.survey not in words.text or links.survey not in words.html:
        yield red("mail_without_link", place)
    for address in sorted({one or other for one, other in LINK.findall(words.html + " " + words.text)}):
        if not address.startswith(base_url):
            yield yellow("link_foreign", address[:NAMED])


def check_phones(plan: Plan) -> list[Finding]:
    """How many could not be called in the steps that are calls."""
    if not any(step.channel is Channel.PHONE for step in plan.cadence.steps):
        return []
    if plan.without_phone:
        return [yellow("phones_missing", people=plan.without_phone, contacts=plan.contacts)]
    return [green("phones", contacts=plan.contacts)]


def check_tests(plan: Plan, *, is_production: bool) -> list[Finding]:
    """Whether somebody is asked who is no real recipient."""
    if not plan.tests:
        return [green("no_tests")]
    make = red if is_production else yellow
    return [make("tests", people=plan.tests, who=", ".join(plan.test_people))]


def check_days(plan: Plan) -> list[Finding]:
    """Whether every step falls into the open wave, and nobody's first mail comes much later than day 0."""
    found = []
    zones = [zone_named(name) for name in plan.zones]
    dues = {
        step.name: [due_at(plan.day_zero, step.day, zone, step.window or plan.window) for zone in zones]
        for step in plan.cadence.steps
    }
    first = plan.cadence.steps[0].name
    for name, instants in dues.items():
        if min(instants) >= plan.closes_at:
            found.append((red if name == first else yellow)("step_after_close", name))
        elif max(instants) >= plan.closes_at:
            found.append(yellow("step_partly_after_close", name))
    latest = max(dues[first])
    if latest - plan.day_zero > LONGEST_WAIT:
        found.append(yellow("first_mail_waits", first, days=(latest - plan.day_zero).days))
    return found or [green("days", days=plan.cadence.close_day, steps=len(plan.cadence.steps))]


def check_paper() -> list[Finding]:
    """Whether this machine can make the letters that follow."""
    try:
        check_pdf()
    except Unavailable:
        return [yellow("paper")]
    return [green("paper_good")]
