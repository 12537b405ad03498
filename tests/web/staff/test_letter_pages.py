"""The letter's pages: an admin writes, an executive approves, one of them sends, nobody else sees it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from surveyd.base.clock import system_now
from surveyd.closed_loop import letters
from surveyd.closed_loop.actions import ActionFacts, add_action
from surveyd.closed_loop.jobs import send_letter
from surveyd.closed_loop.models import ActionStatus, Letter, LetterState
from surveyd.distribution import papers
from surveyd.distribution.models import Message, Wave, WaveState
from surveyd.people.access import SYSTEM
from surveyd.people.models import Account, Contact
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.cast import PASSWORD
from tests.web.offices import Office, SignIn, Staff

Statements = Callable[[], AbstractContextManager[list[str]]]
TEXT = {
    "subject": "Thank you, {contact}",
    "body": "One.\r\n\r\nTwo {account}.\r\n",
    "signature": "{sender}\r\nCEO",
}


@pytest.fixture
def path(office: Office, writer: Transaction) -> str:
    """The address of the office's letter, not yet written; there is one action, done."""
    facts = ActionFacts(heard="Late <i>trucks</i>", changed="A second carrier", status=ActionStatus.DONE)
    with writer() as session:
        add_action(session, facts, scope=SYSTEM, by=None, now=NOW)
    return f"/staff/waves/{office.wave}/letter"


@pytest.fixture
def ada(office: Office, sign_in: SignIn, path: str) -> Staff:
    """The admin, who has written the draft."""
    staff = sign_in(office.cast.admin)
    assert staff.post(f"{path}/begin").status_code == 303
    return staff


@pytest.fixture
def eva(office: Office, sign_in: SignIn, ada: Staff) -> Staff:
    """The executive, at a draft."""
    return sign_in(office.cast.executive)


def letter(reader: Transaction) -> Letter:
    with reader() as session:
        return session.scalars(select(Letter)).one()


def digest(reader: Transaction) -> str:
    with reader() as session:
        return letters.content_now(session, session.scalars(select(Letter)).one()).digest


def approved(eva: Staff, path: str, reader: Transaction) -> None:
    assert eva.post(f"{path}/approve", seen=digest(reader)).status_code == 303


def test_before_a_letter_is_written_the_page_says_who_begins(
    office: Office, sign_in: SignIn, path: str
) -> None:
    page = sign_in(office.cast.admin).get(path).text
    assert "2026H1 has no letter yet" in page and "Write a draft" in page
    page = sign_in(office.cast.executive).get(path).text
    assert "A program admin writes the draft" in page and "Write a draft" not in page


def test_a_draft_is_shown_as_a_real_respondent_with_its_links_masked(
    office: Office, eva: Staff, path: str
) -> None:
    page = eva.get(path).text
    assert "The letter of 2026H1 waits for approval" in page
    assert "As Anna Adler gets it" in page and "sandbox></iframe>" in page
    assert "- Late &lt;i&gt;trucks&lt;/i&gt;" in page and "/u/not-in-a-preview" in page
    assert "Approve the letter" in page and "Send the letter" not in page

    page = eva.get(f"{path}?search=aziz&contact={office.cast.aziz.id}").text
    assert "As Aziz Ahmed gets it" in page
    assert "Nobody of this wave" in eva.get(f"{path}?search=nobody").text
    assert eva.get(f"{path}?contact={office.cast.admin.id + 900}").status_code == 404


def test_the_frame_runs_nothing(office: Office, eva: Staff, path: str) -> None:
    answer = eva.get(f"{path}/mails/{office.cast.anna.id}")
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    assert "Late &lt;i&gt;trucks&lt;/i&gt;" in answer.text
    assert eva.get(f"{path}/mails/999999").status_code == 404


def test_the_admin_writes_a_text_and_chooses_actions(ada: Staff, path: str, reader: Transaction) -> None:
    edit = f"{path}/edit?audience=trapped&language=de"
    assert "There is no such text yet" in ada.get(edit).text
    answer = ada.post(edit, **TEXT)
    assert (answer.status_code, answer.location) == (303, f"{path}/edit?audience=trapped&language=de")
    with reader() as session:
        content = letters.content_now(session, session.scalars(select(Letter)).one())
    text = next(one for one in content.variants if one.key == ("trapped", "de"))
    assert (text.paragraphs, text.signature) == (("One.", "Two {account}."), "{sender}\nCEO")

    assert ada.post(f"{path}/actions").status_code == 303
    assert "No chosen action says what was heard" in ada.get(path).text
    assert ada.post(f"{path}/drop?audience=trapped&language=de").status_code == 303
    assert "There is no such text yet" in ada.get(edit).text
    assert ada.get(f"{path}/edit?audience=all").status_code == 404
    assert ada.get(f"{path}/edit?language=xx").status_code == 404


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"subject": ""}, "Write a subject."),
        ({"subject": "x" * 201}, "Shorten the subject"),
        ({"body": " "}, "no paragraph"),
        ({"signature": ""}, "who signs"),
        ({"body": "Fine.\n\nIt is {{7*7}}."}, "Paragraph 2 has"),
        ({"body": "Dear {name}"}, "Paragraph 1 has &#39;{name}&#39;"),
        ({"subject": "<script>{x}</script>"}, "The subject has"),
    ],
)
def test_a_text_that_cannot_be_keeps_what_was_typed(
    ada: Staff, path: str, *, changed: dict[str, str], says: str
) -> None:
    answer = ada.post(f"{path}/edit", **TEXT | {"signature": "Typed in vain"} | changed)
    assert answer.status_code == 422
    assert says in answer.text and "<script>{x}" not in answer.text
    assert "Typed in vain" in answer.text or "signature" in changed


def test_a_subject_with_line_ends_is_one_line(ada: Staff, path: str, reader: Transaction) -> None:
    ada.post(f"{path}/edit", **TEXT | {"subject": "Thanks\r\nBcc: x@y.test"})
    with reader() as session:
        content = letters.content_now(session, session.scalars(select(Letter)).one())
    assert {text.subject for text in content.variants if text.audience == "default"} == {
        "Thanks Bcc: x@y.test"
    }


def test_an_executive_approves_what_was_read(ada: Staff, eva: Staff, path: str, reader: Transaction) -> None:
    seen = digest(reader)
    ada.post(f"{path}/edit", **TEXT)
    stale = eva.post(f"{path}/approve", seen=seen)
    assert stale.status_code == 409 and "changed since you read it" in stale.text
    assert eva.post(f"{path}/approve").status_code == 409
    assert ada.post(f"{path}/approve", seen=digest(reader)).status_code == 403

    approved(eva, path, reader)

    page = eva.get(path).text
    assert "is approved and can go to 2 people" in page and "by Eva Executive, 10 March 2026" in page
    ada.post(f"{path}/edit", **TEXT | {"subject": "Another"})
    assert letter(reader).state is LetterState.DRAFT


def test_sending_names_the_number_and_goes_once(eva: Staff, path: str, reader: Transaction) -> None:
    assert eva.post(f"{path}/send").status_code == 409
    approved(eva, path, reader)
    page = eva.get(path).text
    assert "2 people who answered" in page and "also the 1 who did not answer" not in page
    assert "1 person has not answered yet and still may" in page
    refused = eva.post(f"{path}/send", to="everybody")
    assert refused.status_code == 409 and "is not closed" in refused.text

    assert eva.post(f"{path}/send", to="answered").status_code == 303
    assert eva.post(f"{path}/send", to="answered").status_code == 409
    run_job(eva, reader)

    page = eva.get(path).text
    assert "0 of 2 letters of 2026H1 are sent" in page and "2 letters wait for their page" in page
    assert eva.post(f"{path}/edit", **TEXT).status_code == 403
    with reader() as session:
        assert session.query(Message).filter_by(name="letter").count() == 2


def test_those_who_did_not_answer_can_get_it_when_the_wave_is_closed(
    office: Office, eva: Staff, path: str, reader: Transaction, writer: Transaction
) -> None:
    approved(eva, path, reader)
    with writer() as session:
        session.get_one(Wave, office.wave).state = WaveState.CLOSED
    page = eva.get(path).text
    assert "also the 1 who did not answer" in page and "still may" not in page
    assert eva.post(f"{path}/send", to="everybody").status_code == 303
    assert letter(reader).to_silent


def run_job(staff: Staff, reader: Transaction) -> None:
    """Do what the worker does."""
    with staff.app.app_context():
        send_letter(letter(reader).id)


def test_a_page_that_could_not_be_made_is_a_line_with_a_retry(
    eva: Staff, path: str, reader: Transaction, writer: Transaction
) -> None:
    approved(eva, path, reader)
    eva.post(f"{path}/send", to="answered")
    run_job(eva, reader)
    with writer() as session:
        paper = papers.claim(session, "me", system_now=system_now())
        assert paper and papers.fail(session, paper.id, by="me", reason="pango is missing")

    page = eva.get(path).text
    assert "Nordwind" in page and "pango is missing" in page and "Make it again" in page
    assert eva.post(f"{path}/papers/{paper.id}/retry").status_code == 303
    assert "pango is missing" not in eva.get(path).text
    assert eva.post(f"{path}/papers/999999/retry").status_code == 404


def test_a_paused_wave_says_that_its_letters_wait(
    office: Office, ada: Staff, path: str, writer: Transaction
) -> None:
    with writer() as session:
        session.get_one(Wave, office.wave).paused_at = NOW
    page = ada.get(path).text
    assert "its letters wait" in page and "Go on sending" in page


@pytest.mark.parametrize("who", ["leader", "mona", "support", "outsider"])
def test_nobody_else_sees_the_letter(
    office: Office, sign_in: SignIn, ada: Staff, path: str, who: str
) -> None:
    staff = sign_in(getattr(office.cast, who))
    for ending in ("", f"/mails/{office.cast.anna.id}", "/edit"):
        assert staff.get(path + ending).status_code == 403
    for ending in ("/begin", "/edit", "/drop", "/actions", "/approve", "/send", "/papers/1/retry"):
        assert staff.post(path + ending).status_code == 403


def test_a_letter_of_no_wave_is_not_found(ada: Staff, office: Office) -> None:
    for ending in ("letter", "letter/edit", f"letter/mails/{office.cast.anna.id}"):
        assert ada.get(f"/staff/waves/999999/{ending}").status_code == 404


def test_names_are_text_on_the_page(office: Office, ada: Staff, path: str, writer: Transaction) -> None:
    with writer() as session:
        session.get_one(Contact, office.cast.anna.id).name = "<script>{account}</script>"
        session.get_one(Account, office.cast.nordwind).name = "{{7*7}}"
    page = ada.get(f"{path}?contact={office.cast.anna.id}").text
    assert "<script>{account}" not in page and "&lt;script&gt;{account}&lt;/script&gt;" in page
    assert "{{7*7}}" in page


def test_the_page_asks_the_database_the_same_few_times(
    office: Office, ada: Staff, path: str, writer: Transaction, statements: Statements
) -> None:
    counts = []
    for number in range(2):
        with statements() as said:
            assert ada.get(path).status_code == 200
        counts.append(len(said))
        with writer() as session:
            facts = ActionFacts(heard=f"More {number}", will_change="Soon")
            add_action(session, facts, scope=SYSTEM, by=None, now=NOW)
        ada.post(f"{path}/actions", action="1")
        ada.post(f"{path}/edit?audience=trapped&language=en", **TEXT)
    assert counts[0] == counts[1] <= 16


@pytest.mark.browser
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_executives_journey(  # noqa: PLR0917  # fixtures, by name
    office: Office, ada: Staff, path: str, page: Page, live_server: str, reader: Transaction
) -> None:
    """Sign in, go to the wave's letter, read it as somebody else, approve it, sign out."""
    page.goto(f"{live_server}/staff/")
    page.get_by_label("E-mail address").fill(office.cast.executive.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{live_server}/staff/waves/{office.wave}")
    page.get_by_role("link", name="The letter").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("waits for approval")
    page.get_by_label("Somebody else, by name or account").fill("Aziz")
    page.get_by_role("button", name="Look up").click()
    page.get_by_role("link", name="Aziz Ahmed").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Dear Aziz Ahmed,")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Approve the letter").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("can go to 2 people")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert letter(reader).approved_by_id == office.cast.executive.id


@pytest.mark.browser
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_admins_pages_fit_a_phone_and_axe(ada: Staff, path: str, page: Page, live_server: str) -> None:
    cookie = ada.client.get_cookie("surveyd")
    assert cookie
    page.context.add_cookies([{"name": "surveyd", "value": cookie.value, "url": live_server}])
    for place in (path, f"{path}/edit", "/staff/actions", "/staff/actions/new", "/staff/actions/1"):
        page.goto(live_server + place)
        assert Axe().run(page).response["violations"] == [], place
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
