"""Each mail says what it must in its language, and a name in it stays a name."""

import json
import re
from datetime import UTC, datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from playwright.sync_api import Browser

from surveyd.base.config import HOME
from surveyd.base.mailer import header_text, one_line
from surveyd.distribution.mails import (
    LANGUAGES,
    TEMPLATES,
    Links,
    Words,
    render,
    thank_you_context,
    wave_context,
)
from tests.base.hostile import HOSTILE

LINKS = Links(
    survey="https://survey.example/s/Kq3vX0d1Zt8mB2nL5pR7wA",
    opt_out="https://survey.example/u/12.34.Kq3vX0d1Zt8mB2nL5pR7wA",
    page="https://survey.example/staff/responses/7",
)
WAVE = wave_context(
    company="Example Works",
    sender_name="Eva Executive",
    contact="Anna Adler",
    account="Nordwind",
    closes_at=datetime(2026, 4, 14, 9, 0, tzinfo=UTC),
    time_zone="Europe/Berlin",
)
THANKS = thank_you_context(
    company="Example Works", sender_name="Eva Executive", contact="Anna Adler", receipt="7F3K-9QXM"
)
ALERT = {
    "company": "Example Works",
    "contact": "Anna Adler",
    "account": "Nordwind",
    "owner": "Mona Manager",
    "reasons": ["detractor", "asked to be called"],
    "recommendation": 3,
    "explanation": "trapped: attitude 25 of 100, below 50, from 4 of 4 items",
    "due_at": "2026-03-12T09:00+00:00",
    "priority": 81,
}
LETTER = {
    "company": "Example Works",
    "sender_name": "Eva Executive",
    "contact": "Anna Adler",
    "account": "Nordwind",
    "written_on": "2026-03-10",
    "answered": True,
    "has_paper": True,
    "subject_pieces": [{"text": "What you told us, "}, {"name": "contact"}, {"text": ", and what we do"}],
    "paragraphs": [
        {"pieces": [{"text": "Thanks to "}, {"name": "account"}, {"text": "."}], "points": []},
        {"pieces": [{"text": "We changed:"}], "points": ["A second carrier", "A new layout"]},
    ],
    "signature": [[{"name": "sender"}], [{"name": "company"}]],
}
PAUSED = {"wave": "2026H1", "reason": "the relay refused twenty mails in a row"}
SUMMARY: dict[str, Any] = {
    "company": "Example Works", "wave": "2026H1", "title": "312 people answered; the score is up to +37",
    "invited": 480, "answered": 312, "customers": 97, "score": "+37", "interval": "+31 to +43",
    "segments": [["truly loyal", 120], ["high risk", 14]], "cases": 40, "in_time": 31, "resolved": 22,
    "changed": ["Each order shows its date."], "planned": ["A second warehouse."], "reads_pages": True,
    "path": "/staff/waves/1/summary",
}  # fmt: skip
CONTEXTS: dict[str, dict[str, Any]] = {
    "invitation": WAVE, "reminder": WAVE, "thank_you": THANKS, "case_alert": ALERT, "wave_paused": PAUSED,
    "letter": LETTER, "wave_summary": SUMMARY,
}  # fmt: skip
TO_CONTACTS = [
    (name, language) for name in ("invitation", "reminder", "thank_you", "letter") for language in LANGUAGES
]
ALL = [*TO_CONTACTS, ("case_alert", "en"), ("wave_paused", "en"), ("wave_summary", "en")]
MAILS = pytest.mark.parametrize(("name", "language"), ALL)
MAILS_TO_CONTACTS = pytest.mark.parametrize(("name", "language"), TO_CONTACTS)
ASKING = pytest.mark.parametrize(
    ("name", "language"), [one for one in TO_CONTACTS if one[0] in ("invitation", "reminder")]
)
HELLO = {
    "en": "Dear Anna",
    "de": "Guten Tag Anna",
    "fr": "Bonjour Anna",
    "es": "Buenos días, Anna",
    "ja": "Anna Adler 様",
    "ar": "تحية طيبة إلى Anna",
}
SPELLED = {
    "en": "14 April 2026",
    "de": "14. April 2026",
    "fr": "14 avril 2026",
    "es": "14 de abril de 2026",
    "ja": "2026年4月14日",
    "ar": "14 أبريل 2026",
}
INFORMAL = {"de": r"\b[Dd]u\b", "fr": r"\b[Tt](u|es|on)\b", "es": r"\b[Tt](ú|us?)\b"}
KEPT = ("closes_on", "due_at", "written_on", "name", "subject_pieces")
"""What in a context is no person's text."""


class Outline(HTMLParser):
    """The tags of a document with the names of their attributes, its links, and what a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        self.words += data


def mail(name: str, language: str = "en", **changed: object) -> Words:
    """The mail as the outbox would render it: its context has been JSON."""
    return render(name, language, json.loads(json.dumps(CONTEXTS[name] | changed)), LINKS)


def soiled(name: str, text: str) -> dict[str, Any]:
    """The mail's context with `text` in place of every person's text."""
    dirty: dict[str, Any] = _soiled(CONTEXTS[name], text)
    return dirty


def _soiled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: one if key in KEPT else _soiled(one, text) for key, one in value.items()}
    if isinstance(value, list):
        return [_soiled(one, text) for one in value]
    return text if isinstance(value, str) else value


@MAILS
def test_a_mail_has_all_three_parts_in_its_own_language(name: str, language: str) -> None:
    words = mail(name, language)
    assert words.subject and words.text.strip()
    assert words.html.startswith("<!doctype html>")
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}"' in words.html
    if (name, language) in TO_CONTACTS:
        for body in (words.text, words.html):
            assert [code for code, hello in HELLO.items() if hello in body] == [language]
    assert f"<title>{words.subject}</title>" in words.html


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@MAILS
def test_a_hostile_name_stays_a_name(name: str, language: str, text: str) -> None:
    plain, hostile = (render(name, language, soiled(name, one), LINKS) for one in ("Anna", text))
    assert "\n" not in hostile.subject and "\r" not in header_text(hostile.subject).replace("\r\n ", "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", hostile.text + hostile.html)
    assert hostile.text.count("\n") == plain.text.count("\n")
    assert one_line(text) in hostile.text
    before, after = Outline(plain.html), Outline(hostile.html)
    assert after.tags == before.tags
    assert after.links == before.links
    assert one_line(text).strip() in after.words


def directly(name: str, language: str, context: dict[str, Any]) -> tuple[str, str, str]:
    """The mail rendered in one go."""
    values = {**context, "links": LINKS, "language": language}
    subject = TEMPLATES.get_template(f"{name}/subject.{language}.txt").render(values).strip()
    text = TEMPLATES.get_template(f"{name}/body.{language}.txt").render(values)
    return (
        subject,
        text,
        TEMPLATES.get_template(f"{name}/body.{language}.html").render(values, subject=subject),
    )


@MAILS
def test_a_mail_of_pieces_is_the_mail_rendered_in_one_go(name: str, language: str) -> None:
    texts = [*HOSTILE.values(), "", " ", "\ue000contact\ue001", "Anna"]
    for context in (CONTEXTS[name], *(soiled(name, text) for text in texts)):
        words = render(name, language, context, LINKS)
        assert (words.subject, words.text, words.html) == directly(name, language, context)


@pytest.mark.parametrize("key", ["company", "sender_name", "contact", "account"])
def test_one_mail_leaves_nothing_behind_for_the_next(key: str) -> None:
    assert "First" in mail("invitation", **{key: "First"}).html
    after = mail("invitation", **{key: "Second"})
    assert "Second" in after.html and "First" not in after.html
    other = render("invitation", "en", WAVE, Links(survey="https://survey.example/s/other"))
    assert LINKS.survey not in other.html and "/u/" not in other.html


@MAILS
def test_a_mail_fetches_nothing_and_runs_nothing(name: str, language: str) -> None:
    html = mail(name, language).html
    assert not re.search(r"<(img|link|script|iframe|object|form|base)|\bsrc=|url\(|@import|\bon\w+=", html)
    assert {link.partition("?")[0] for link in Outline(html).links} <= {
        LINKS.survey,
        LINKS.opt_out,
        LINKS.page,
    }


@MAILS
def test_no_program_cuts_a_mail_short(name: str, language: str) -> None:
    assert len(mail(name, language).html.encode()) < 20_000


@ASKING
def test_the_scale_is_eleven_links_in_order(name: str, language: str) -> None:
    links = [link for link in Outline(mail(name, language).html).links if "?" in link]
    assert links == [f"{LINKS.survey}?score={score}" for score in range(11)]


@ASKING
def test_a_mail_that_asks_has_the_link_and_until_when(name: str, language: str) -> None:
    words = mail(name, language)
    assert words.text.split().count(LINKS.survey) == 1
    assert LINKS.survey in Outline(words.html).links
    assert SPELLED[language] in words.text and SPELLED[language] in words.html


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    assert "jusqu’au 1er avril 2026." in mail("invitation", "fr", closes_on="2026-04-01").text
    assert "jusqu’au 11 avril 2026." in mail("invitation", "fr", closes_on="2026-04-11").text


@MAILS_TO_CONTACTS
def test_each_mail_to_a_contact_says_who_writes_and_how_to_stop(name: str, language: str) -> None:
    words = mail(name, language)
    assert words.text.split()[-1] == LINKS.opt_out
    assert Outline(words.html).links[-1] == LINKS.opt_out
    for body in (words.text, Outline(words.html).words):
        assert all(who in body for who in ("Anna Adler", "Eva Executive", "Example Works"))


@MAILS_TO_CONTACTS
def test_words_are_plain(name: str, language: str) -> None:
    words = mail(name, language)
    said = words.subject + words.text + Outline(words.html).words.partition("}\n}")[2]
    assert "!" not in said and "NPS" not in said
    assert language not in INFORMAL or not re.search(INFORMAL[language], said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_thank_you_has_the_receipt(language: str) -> None:
    words = mail("thank_you", language)
    assert "7F3K-9QXM" in words.text and "7F3K-9QXM" in words.html


def test_the_alert_names_person_score_reasons_and_due_time_and_leads_to_the_page() -> None:
    words = mail("case_alert")
    assert words.subject == "Please call Anna Adler, Nordwind, by Thursday 12 March 2026, 09:00 UTC"
    for body in (words.text, Outline(words.html).words):
        for fact in ("3 of 10", "detractor, asked to be called", "trapped: attitude 25 of 100", "81 of 100"):
            assert fact in body
    assert LINKS.page in words.text and Outline(words.html).links == [LINKS.page]


def test_an_alert_without_a_recommendation_names_none() -> None:
    words = mail("case_alert", recommendation=None)
    assert "recommend" not in words.text + words.html


def test_an_alert_about_a_zero_names_it() -> None:
    assert "0 of 10" in mail("case_alert", recommendation=0).text


def test_the_pause_says_why_and_what_to_do() -> None:
    words = mail("wave_paused")
    assert words.subject == "Wave 2026H1 is paused: the relay refused twenty mails in a row"
    assert "surveyd wave resume 2026H1" in words.text and LINKS.page in words.text


@pytest.mark.parametrize(
    ("wanted", "got"),
    [("de-AT", "de"), ("DE", "de"), ("pt", "en"), ("", "en"), ("../de", "en"), ("en-US", "en")],
)
def test_a_language_that_a_mail_does_not_have_falls_back(wanted: str, got: str) -> None:
    assert mail("invitation", wanted) == mail("invitation", got)


def test_the_day_on_which_a_wave_closes_is_the_contacts_own() -> None:
    wave = partial(wave_context, company="C", sender_name="S", contact="A", account="N")
    closes_at = datetime(2026, 4, 13, 22, 30, tzinfo=UTC)
    days = {
        zone: wave(closes_at=closes_at, time_zone=zone)["closes_on"]
        for zone in ("Europe/Berlin", "America/New_York")
    }
    assert days == {"Europe/Berlin": "2026-04-14", "America/New_York": "2026-04-13"}


def test_a_fact_that_is_missing_is_no_blank_in_a_mail() -> None:
    with pytest.raises(UndefinedError, match="account"):
        render("invitation", "en", {key: WAVE[key] for key in WAVE if key != "account"}, LINKS)


def test_mails_have_the_colours_of_the_pages() -> None:
    colour = re.compile(r"#[0-9a-f]{6}\b")
    pages = set(colour.findall((HOME / "surveyd/static/tokens.css").read_text()))
    templates = Path(HOME / "surveyd/templates/emails").rglob("*.html")
    assert {used for path in templates for used in colour.findall(path.read_text().lower())} <= pages


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 640])
def test_every_mail_fits_its_screen_and_its_numbers_a_thumb(browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 600}, offline=True)
    page = context.new_page()
    for name, language in ALL:
        for words in (mail(name, language), render(name, language, soiled(name, "x" * 300), LINKS)):
            page.set_content(words.html)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, language)
            numbers = [link.bounding_box() for link in page.locator("a.number").all()]
            assert len(numbers) == (11 if name in ("invitation", "reminder") else 0)
            assert all(box and box["width"] >= 26 and box["height"] >= 44 for box in numbers)
            assert len({box["y"] for box in numbers if box}) <= (2 if width < 600 else 1)
    context.close()
