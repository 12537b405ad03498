"""A program's own words: what is checked when they are saved, and which version a queued mail keeps."""

from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from surveyd.base.errors import BadFile
from surveyd.distribution.letterheads import Letterheads, save_letterhead
from surveyd.distribution.mail_checks import CLIPPED_AT, Draft, check
from surveyd.distribution.mail_examples import example_of, list_mails
from surveyd.distribution.mail_fields import Letterheading, Stationery
from surveyd.distribution.mail_starters import mjml_starter, starter
from surveyd.distribution.mail_templates import (
    Missing,
    Overtaken,
    Place,
    bring_back,
    missing,
    newest,
    save,
    template_of,
)
from surveyd.distribution.mail_tests import EXAMPLE, send_test, show
from surveyd.distribution.mails import LANGUAGES, Links, render
from surveyd.distribution.models import Program, Wave
from surveyd.people.models import Account, User
from tests.distribution.conftest import Post, make_wave
from tests.distribution.test_mails import CONTEXTS, Outline
from tests.fixtures.apps import NOW
from tests.fixtures.cast import Cast
from tests.fixtures.relays import Relay

WORDS = starter("invitation", "en")
DRAFT = Draft(WORDS.subject, WORDS.text, WORDS.html)
LINKS = Links(survey="https://survey.example/s/abc", opt_out="https://survey.example/u/abc")
OWN = [
    (mail, language)
    for mail in ("invitation", "reminder", "thank_you", "case_solved")
    for language in LANGUAGES
]


def reasons(mail: str = "invitation", **changed: str) -> list[str]:
    return [f"{one.file} {one.line}: {one.reason}" for one in check(replace(DRAFT, **changed), mail).faults]


def in_body(words: str) -> str:
    """The shipped HTML with something more in it, on line 40 or so."""
    return WORDS.html.replace("<p style", f"{words}\n<p style", 1)


@pytest.mark.parametrize(("mail", "language"), OWN)
def test_the_shipped_words_as_own_words_are_the_same_mail(mail: str, language: str) -> None:
    words = starter(mail, language)
    for source in (words.html, mjml_starter(mail, language)):
        checked = check(Draft(words.subject, words.text, source), mail)
        assert checked.faults == ()
    if mail not in CONTEXTS:
        return
    heading = Letterheading("Main Street 1\nBerlin", (("en", "HRB <1>"),))
    shipped = render(mail, language, CONTEXTS[mail], LINKS, Stationery(letterhead=heading))
    own = render(mail, language, CONTEXTS[mail], LINKS, Stationery(words, heading))
    assert (own.subject, own.text) == (shipped.subject, shipped.text)
    assert Outline(own.html).links == Outline(shipped.html).links
    assert Outline(own.html).words.split() == Outline(shipped.html).words.split()


@pytest.mark.parametrize(
    ("part", "words", "said"),
    [
        ("subject", "{{ contact", "{{ contact is no field"),
        ("subject", "{{7*7}}", "{{7*7}} is no field"),
        ("subject", "{% if x %}", "{% is no field"),
        ("subject", "{{ acount }}", "There is no field acount. Did you mean {{ account }}?"),
        ("subject", "{{ survey_link }}", "The field survey_link cannot stand in the subject."),
        ("subject", "two\nlines", "Write the subject on one line."),
        ("subject", " ", "Write a subject."),
        ("subject", "x" * 201, "Shorten it to 200 characters; it has 201."),
        ("text", "\n\n{{ scale }}", "text 3: The field scale cannot stand in the text."),
        ("text", "Hello", "Put {{ opt_out_link }} in: every mail says how to stop."),
        ("text", "Hello", "Put {{ postal_address }} in: every mail says where you are."),
        ("text", "Hello", "Put {{ survey_link }} in: without it nobody can answer."),
        ("source", "<mjml><mj-body><mj-section>", "The MJML cannot be read: unexpected end of stream."),
        ("source", "<p>Hello</p>", "Put {{ survey_link }} or {{ scale }} in: without it nobody can answer."),
    ],
)  # fmt: skip
def test_what_does_not_do_is_named_with_its_line(part: str, words: str, said: str) -> None:
    if words.startswith("<mjml>"):
        words = mjml_starter("invitation", "en").replace("</mj-column>", "").replace("</mjml>", "")
        assert any("The MJML cannot be read" in one for one in reasons(source=words))
        return
    assert any(said in one for one in reasons(**{part: words}))


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>", "<p onclick='x()'>a</p>", "<iframe src='https://x.test'></iframe>",
        "<a href='javascript:alert(1)'>a</a>", "<a href='data:text/html,x'>a</a>", "<form></form>",
        "<a href='{{ contact }}'>a</a>", "<p class={{ contact }}>a</p>", "<p title={{ contact }}>a</p>",
        "<p style='color: {{ account }}'>a</p>", "<style>p { color: {{ account }} }</style>",
        "<base href='/'>",
        "<img src='http://x.test/a.png'>", "<meta http-equiv='refresh' content='0; url=https://x.test'>",
        "<svg><a xlink:href='javascript:alert(1)'>a</a></svg>", "<link rel='stylesheet' href='https://x.test'>",
        "<a href='https://x.test/{{ contact }}'>a</a>", "<a href='{{ survey_link }}{{ opt_out_link }}'>a</a>",
    ],
)  # fmt: skip
def test_nothing_runs_and_no_name_becomes_a_link(words: str) -> None:
    assert len(reasons(source=in_body(words))) >= 1
    mjml = mjml_starter("invitation", "en").replace("<mj-text", f"<mj-raw>{words}</mj-raw>\n<mj-text", 1)
    assert len(reasons(source=mjml)) >= 1


def test_mjml_includes_no_file() -> None:
    source = mjml_starter("invitation", "en")
    assert reasons(source=source.replace("<mj-text", '<mj-include path="/etc/passwd" /><mj-text', 1))


def test_no_mail_is_longer_than_gmail_shows() -> None:
    long = in_body("<p>" + "word " * 20_000 + "</p>")
    assert any("Gmail hides" in one for one in reasons(source=long))
    for kind in list_mails():
        for language in kind.languages:
            html = example_of(kind.name, language, base_url="https://survey.example").html
            assert len(html.encode()) < CLIPPED_AT / 2


def test_a_hostile_name_in_own_words_stays_a_name() -> None:
    for name in ('"><script>', "{{ company }}", "{{7*7}}", "\r\nBcc: x@y.test", "\ue000contact\ue001"):
        words = render(
            "invitation", "en", CONTEXTS["invitation"] | {"contact": name}, LINKS, Stationery(WORDS)
        )
        plain = render("invitation", "en", CONTEXTS["invitation"], LINKS, Stationery(WORDS))
        assert Outline(words.html).tags == Outline(plain.html).tags
        assert words.text.count("\n") == plain.text.count("\n") and "49" not in words.text


class TestVersions:
    @pytest.fixture
    def program(self, session: Session) -> Program:
        return session.get_one(Program, make_wave(session).program_id)

    def test_the_newest_holds_and_the_shipped_words_come_back(
        self, session: Session, program: Program
    ) -> None:
        place = Place(program.id, "invitation", "en")
        assert template_of(session, program.id, "invitation", "en") is None
        assert save(session, place, DRAFT, seen=0, by=None, now=NOW) == 1
        assert save(session, place, DRAFT, seen=1, by=None, now=NOW) == 1
        found = template_of(session, program.id, "invitation", "en-us")
        assert found is not None and found.html == DRAFT.source
        assert template_of(session, program.id, "invitation", "de") is None
        italian = template_of(session, program.id, "invitation", "it")
        assert italian is not None and italian.id == found.id
        with pytest.raises(Overtaken):
            save(session, place, replace(DRAFT, subject="Mine"), seen=0, by=None, now=NOW)
        with pytest.raises(BadFile):
            save(session, place, replace(DRAFT, subject=""), seen=1, by=None, now=NOW)
        assert bring_back(session, place, 0, seen=1, by=None, now=NOW) == 2
        assert bring_back(session, place, 0, seen=2, by=None, now=NOW) == 2
        assert newest(session, place) is None
        assert bring_back(session, place, 1, seen=2, by=None, now=NOW) == 3

    def test_what_is_missing_is_named(self, session: Session, program: Program) -> None:
        assert missing(session, program, ["en", "de"]) == ()
        assert Missing("invitation", "it", is_foreign=True) in missing(session, program, ["it"])
        save(session, Place(program.id, "invitation", "en"), DRAFT, seen=0, by=None, now=NOW)
        assert missing(session, program, ["en", "de"]) == (Missing("invitation", "de", is_foreign=False),)


def own_words(post: Post, subject: str, *, seen: int = 0) -> None:
    with post.writer() as session:
        program_id = session.get_one(Wave, post.wave_id).program_id
        for language in ("en", "de"):
            words = starter("invitation", language)
            draft = Draft(subject, words.text, mjml_starter("invitation", language))
            save(session, Place(program_id, "invitation", language), draft, seen=seen, by=None, now=NOW)


def letterhead(post: Post, **facts: object) -> None:
    with post.writer() as session:
        program_id = session.get_one(Wave, post.wave_id).program_id
        save_letterhead(session, program_id, Letterheads(**facts), by=None, now=NOW)  # type: ignore[arg-type]


def test_a_queued_mail_keeps_its_version_and_letterhead(post: Post, relay: Relay) -> None:
    own_words(post, "First, {{ contact }}")
    letterhead(post, postal_address="Old Street 1")
    post.release()
    own_words(post, "Second", seen=1)
    letterhead(post, number=1, postal_address="New Street 2")
    post.drain()
    assert len(relay.received) == 3
    for received in relay.received:
        assert str(received.mail["Subject"]).startswith("First, ")
        assert "Old Street 1" in received.body() and "Old Street 1" in received.body("html")
        assert "<mj-" not in received.body("html") and "{{" not in received.body("html")


def test_the_letterhead_stands_in_shipped_words_too(post: Post, relay: Relay) -> None:
    letterhead(post, postal_address="Main Street 1\nBerlin", legal={"de": "HRB 1"})
    post.send()
    for received in relay.received:
        assert received.body().endswith("\n\nHRB 1\nMain Street 1\nBerlin\n")
        assert "<bdi>HRB 1</bdi><br>\n<bdi>Main Street 1</bdi><br>\n<bdi>Berlin</bdi>" in received.body(
            "html"
        )


def test_the_account_manager_sends_where_there_is_one(post: Post, cast: Cast, relay: Relay) -> None:
    letterhead(post, manager_sends=True, manager_replies=True)
    with post.writer() as session:
        session.execute(update(Account).where(Account.id == cast.sudwerk).values(manager_id=None))
        session.execute(update(User).where(User.id == cast.mona.id).values(name='Mona "\r\nBcc: x@y.test'))
    post.send()
    by_recipient = {received.recipients[0]: received.mail for received in relay.received}
    own, other = by_recipient[cast.anna.email], by_recipient[cast.sofie.email]
    assert str(own["From"]).endswith("<survey@northwind.test>") and "Mona" in str(own["From"])
    assert str(own["Reply-To"]) == cast.mona.email and "Bcc" not in own
    assert str(other["From"]) == "Nora North <survey@northwind.test>"
    assert str(other["Reply-To"]) == "nora@northwind.test"


def test_a_test_says_so_opens_no_answer_and_opts_nobody_out(post: Post, relay: Relay) -> None:
    with post.writer() as session:
        place = Place(session.get_one(Wave, post.wave_id).program_id, "invitation", "en")
        facts = {"to": EXAMPLE, "by": None, "now": NOW, "mail_domain": "mail.surveyd.test"}
        send_test(session, place, WORDS, addresses=["me@company.test"], **facts)  # type: ignore[arg-type]
        shown = show(session, place, WORDS, to=EXAMPLE, now=NOW, base_url="https://survey.example")
    post.drain()
    [received] = relay.received
    assert str(received.mail["Subject"]) == f"[Test] {shown.subject}"
    assert "List-Unsubscribe" not in received.mail
    links = Outline(received.body("html")).links
    assert links and all("/staff/" in link for link in links)
    assert post.release().messages == 3
