"""Respondents without a browser: they open a personal link, fill in the form that they see, and send it."""

import http.client
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from tests.fixtures.relays import Received

RECEIPT = re.compile(r'id="receipt">([^<]+)<')
SURVEY_LINK = re.compile(r"http://[^\s\"<>]+/s/[\w-]{22}(?![\w-])")
ANSWER_SECONDS = 30.0
PAGES_AT_MOST = 12


class Trouble(Exception):
    """The server says that it cannot answer now."""


@dataclass
class Form:
    """What a page asks: its hidden fields, the values on offer by field, its texts, and its buttons."""

    hidden: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)

    @property
    def way(self) -> str:
        """The button that goes on."""
        return "send" if "send" in self.ways else "next"

    def filled(self, choice: int, words: str) -> dict[str, str]:
        """The form's fields with an answer to each question: the option at `choice`, and these words."""
        picked = {name: values[choice % len(values)] for name, values in self.offered.items()}
        return {**self.hidden, **picked, **dict.fromkeys(self.texts, words), "go": self.way}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form = Form()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        if tag == "button" and name == "go":
            self.form.ways.append(given.get("value", ""))
        elif tag == "textarea" or (tag == "input" and given.get("type") == "text"):
            self.form.texts.append(name)
        elif tag == "input" and given.get("type") == "hidden":
            self.form.hidden[name] = given.get("value", "")
        elif tag == "input" and given.get("type") == "radio":
            self.form.offered.setdefault(name, []).append(given.get("value", ""))


def read_form(html: str) -> Form:
    """The form of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.form


def link_in(mail: Received) -> str:
    """The personal link in a mail's text."""
    found = SURVEY_LINK.search(mail.body())
    assert found, "no personal link in this mail"
    return found[0]


class Respondent:
    """One person with one link and one connection, which is opened again when it breaks."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self.path = parts.path
        self.address = (parts.hostname or "", parts.port or 80)
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str = "GET", path: str = "", form: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, str]:
        """One request; returns the status, and where to go or the page.

        Raises Trouble for 5xx, and OSError or http.client.HTTPException when the server goes away.
        """
        if self._connection is None:
            self._connection = http.client.HTTPConnection(*self.address, timeout=ANSWER_SECONDS)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, path or self.path, urlencode(form) if form else None, sent)
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.leave()
            raise
        if answer.status >= 500:
            raise Trouble(f"{answer.status}: {text[:300]}")
        return answer.status, answer.headers.get("Location") or text

    def send(self, form: dict[str, str]) -> str:
        """Post a form and follow to the page behind it; returns its HTML."""
        status, text = self.ask("POST", form=form)
        while status in (302, 303):
            parts = urlsplit(text)
            status, text = self.ask(path=f"{parts.path}?{parts.query}")
        assert status == 200, f"{status}: {text}"
        return text

    def forms(self, choice: int = 0, words: str = "Because it works.") -> Iterator[dict[str, str]]:
        """Answer page by page; yields each page's filled form before it is sent, the last one too.

        The caller may keep the last one, and stop there: then it is not sent.
        """
        html = self.ask()[1]
        for _ in range(PAGES_AT_MOST):
            if RECEIPT.search(html):
                return
            filled = read_form(html).filled(choice, words)
            yield filled
            html = self.send(filled)

    def to_last_page(self, choice: int = 0) -> dict[str, str]:
        """Answer all pages but the last; returns the last one's form, filled and not sent."""
        for filled in self.forms(choice):
            if filled["go"] == "send":
                return filled
        raise AssertionError("there was no last page")

    def answer(self, choice: int = 0, words: str = "Because it works.") -> str:
        """Answer everything; returns the receipt's number."""
        for _ in self.forms(choice, words):
            pass
        return self.receipt()

    def receipt(self) -> str:
        """The receipt that the link shows now, else an empty string."""
        return receipt_in(self.ask()[1])

    def leave(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def receipt_in(html: str) -> str:
    """The receipt's number on a page, else an empty string."""
    found = RECEIPT.search(html)
    return found[1] if found else ""
