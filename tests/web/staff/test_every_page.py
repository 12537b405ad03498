"""Every page of every role in a real browser: axe finds nothing, nothing sticks out, no policy is broken.

A new page is looked at as soon as it has a route. Each run sees every page once on a phone and once on a dark
desk, by the first role that may open it; with --full every role sees its own, in both sizes and both schemes.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Route
from werkzeug.routing import Rule

from surveyd.base.services import EXTENSION
from surveyd.closed_loop.actions import ActionFacts, add_action
from surveyd.closed_loop.letters import begin_letter
from surveyd.closed_loop.models import ActionStatus
from surveyd.distribution import papers
from surveyd.distribution.hook_keys import make_hook_key
from surveyd.distribution.mail_checks import Draft
from surveyd.distribution.mail_starters import starter
from surveyd.distribution.mail_templates import Place
from surveyd.distribution.mail_templates import save as save_words
from surveyd.distribution.models import Wave
from surveyd.distribution.paper_models import PaperKind
from surveyd.distribution.papers import NewPaper
from surveyd.distribution.questionnaire_edits import change_questionnaire
from surveyd.distribution.return_models import Door
from surveyd.distribution.returns import take_return
from surveyd.forms.definition import Questionnaire
from surveyd.forms.editing import with_texts
from surveyd.people.access import SYSTEM
from surveyd.people.columns import ImportKind
from surveyd.people.jobs import work_on_upload
from surveyd.people.mappings import save_mapping
from surveyd.people.models import StaffRole
from surveyd.results.jobs import compare
from surveyd.results.policy_reading import PolicyFile
from surveyd.results.proposals import propose
from surveyd.scoring.policy import SHIPPED
from surveyd.web.access import RIGHTS
from tests.fixtures.apps import NOW, Transaction
from tests.web.lobby import hang_codes
from tests.web.offices import Office, confirm_contacts, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

SIZES = {"phone": (360, 780), "desk": (1280, 900)}
ROLES = {
    "admin": StaffRole.ADMIN,
    "executive": StaffRole.EXECUTIVE,
    "leader": StaffRole.REGIONAL_LEADER,
    "mona": StaffRole.ACCOUNT_MANAGER,
    "support": StaffRole.SUPPORT,
}
CONTACTS = "id,account,name,email\nC9,NORDWIND,Nele Neu,nele@nordwind.test\nC10,NOWHERE,Bad Row,nobody\n"


@pytest.fixture
def furnished(app: Flask, office: Office, writer: Transaction) -> Office:
    """The office, with one of each thing that has a page of its own."""
    cast = office.cast
    facts = ActionFacts(
        "Deliveries come late",
        "A second carrier",
        "",
        cast.mona.id,
        "",
        ActionStatus.UNDER_WAY,
        date(2026, 6, 1),
    )
    with writer() as session:
        add_action(session, facts, scope=SYSTEM, by=cast.admin.id, now=NOW)
        begin_letter(session, session.get_one(Wave, office.wave), by=cast.admin.id, now=NOW)
        hang_codes(session, 1, cast.admin.id)
        change_questionnaire(session, "relational", reworded, by=cast.admin.id, now=NOW)
        paper = NewPaper(
            dedup_key=f"response:{office.anna}",
            kind=PaperKind.RESPONSE,
            file_name="anna.pdf",
            response_id=office.anna,
            asked_by_id=cast.admin.id,
        )
        papers.want(session, paper, now=NOW)
        keys = app.extensions[EXTENSION].keys
        take_return(session, b"Subject: <b>hm</b>\n\nIs it\0?", keys=keys, door=Door.PIPE, now=NOW)
        confirm_contacts(session, office, NOW)
        make_hook_key(session, "mx", by=None, now=NOW)
        words = starter("invitation", "en")
        draft = Draft(words.subject, words.text, words.html)
        save_words(session, Place(1, "invitation", "en"), draft, seen=0, by=None, now=NOW)
    file = (io.BytesIO(CONTACTS.encode()), "contacts.csv")
    answer = signed_in(app, cast.admin).post("/staff/imports", kind="contacts", file=file)  # type: ignore[arg-type]
    assert answer.status_code == 303
    with app.app_context():
        work_on_upload(1)
    with writer() as session:
        headings = {"Nr": "id", "Firma": "account", "Wer": "name", "Schuhgröße": "skip"}
        by = cast.admin.id
        save_mapping(session, ImportKind.CONTACTS, headings, name="Our CRM", by=by, now=NOW)
    return replace(office, policy=proposed(app, writer))


def proposed(app: Flask, writer: Transaction) -> int:
    """A scoring policy that waits for a decision, compared with the one in force."""
    with writer() as session:
        made = propose(session, PolicyFile("A harder cut", replace(SHIPPED, cut=8_000)), now=NOW, by=None)
    with app.app_context():
        compare(made)
    return made


def reworded(state: Questionnaire) -> Questionnaire:
    """An edit under way: one text is new, and one is missing."""
    why = "pages.reason.why.text"
    return with_texts(with_texts(state, "en", {why: "What should we do better?"}), "de", {why: ""})


def pages(app: Flask) -> Iterator[Rule]:
    """The routes that show a page."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("staff.") and "GET" in (rule.methods or ()):
            yield rule


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desk", "dark")])
def test_every_page_once(
    app: Flask, browser: Browser, live_server: str, furnished: Office, *, size: str, scheme: str
) -> None:
    seen: set[str] = set()
    wrong: list[str] = []
    for name in ROLES:
        rules = [rule for rule in pages(app) if may_open(name, rule) and rule.endpoint not in seen]
        found, shown = look(
            app, browser, live_server, furnished, name=name, rules=rules, size=size, scheme=scheme
        )
        wrong += found
        seen |= shown
    missing = {rule.endpoint for rule in pages(app)} - seen - NO_PAGES
    assert not wrong, "\n".join(wrong)
    assert not missing, f"these pages were not seen: {sorted(missing)}"


@pytest.mark.full
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ROLES)
def test_every_page_of_every_role(
    app: Flask, browser: Browser, live_server: str, furnished: Office, *, name: str, size: str, scheme: str
) -> None:
    rules = [rule for rule in pages(app) if may_open(name, rule)]
    wrong, _ = look(app, browser, live_server, furnished, name=name, rules=rules, size=size, scheme=scheme)
    assert not wrong, "\n".join(wrong)


# They answer with a file, with data or with the way to another page.
NO_PAGES = {
    "staff.audience_csv",
    "staff.call_state",
    "staff.call_sheet_csv",
    "staff.confirmation_csv",
    "staff.excluded_csv",
    "staff.suppressions_csv",
    "staff.audience_xlsx",
    "staff.rehearsal_csv",
    "staff.rehearsal_xlsx",
    "staff.home",
    "staff.accounts_csv",
    "staff.health_chart",
    "staff.responses_csv",
    "staff.responses_xlsx",
    "staff.link_svg",
    "staff.link_png",
    "staff.paper_file",
    "staff.rejected_rows",
    "staff.answers_template",
    "staff.questionnaire_file",
    "staff.policy_file",
    "staff.policy_progress",
    "staff.wave_progress",
    "staff.show_mail",
    "staff.template_html",
    "staff.response_pdf",
    "staff.message_html",
    "staff.letter_mail",
}


def may_open(name: str, rule: Rule) -> bool:
    return ROLES[name] in (RIGHTS.get(rule.endpoint) or ())


def look(
    app: Flask,
    browser: Browser,
    live_server: str,
    office: Office,
    *,
    name: str,
    rules: list[Rule],
    size: str,
    scheme: str,
) -> tuple[list[str], set[str]]:
    """Open the pages as that person; what is wrong, and the endpoints that showed a page."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of the two that there are
    )
    cookie = signed_in(app, getattr(office.cast, name)).client.get_cookie("surveyd")
    assert cookie
    context.add_cookies([{"name": "surveyd", "value": cookie.value, "url": live_server}])
    context.route("**/staff/papers/*", hold_still)
    page = context.new_page()
    wrong: list[str] = []
    shown: set[str] = set()
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    for rule in rules:
        if rule.endpoint in NO_PAGES:
            continue
        answer = page.goto(live_server + office.path(rule.rule))
        if answer is not None and answer.status == 200 and "html" in answer.headers.get("content-type", ""):
            wrong += [f"{name}: {fault}" for fault in faults(page, rule)]
            shown.add(rule.endpoint)
    context.close()
    return wrong, shown


def hold_still(route: Route) -> None:
    """A page that looks again every two seconds would be gone before a busy machine has looked at it."""
    answer = route.fetch()
    route.fulfill(response=answer, headers={k: v for k, v in answer.headers.items() if k != "refresh"})


def faults(page: Page, rule: Rule) -> list[str]:
    """What axe finds on the page that is open, and whether it is wider than the window."""
    violations = Axe().run(page).response["violations"]
    found = [f"{rule.rule}: {one['id']} at {one['nodes'][0]['target']}" for one in violations]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{rule.rule}: sticks out to the side")
    return found
