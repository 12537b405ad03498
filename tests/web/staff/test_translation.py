"""Staff pages are translatable: with a catalogue no word of ours stays English.

The catalogue is made from the sources, as for a translator, and returns each message in brackets. What
is left outside of them has to be data: a name, a number, a date.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from babel import Locale
from babel.dates import get_day_names, get_month_names
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.config import HOME
from surveyd.base.database import Base
from surveyd.closed_loop import models as closed_loop_models
from surveyd.closed_loop import rules
from surveyd.distribution import models as distribution_models
from surveyd.distribution import paper_models
from surveyd.distribution.confirmation_models import ContactMark
from surveyd.distribution.models import QuestionnaireVersion
from surveyd.distribution.questionnaires import SHORT_DIGEST
from surveyd.forms.loading import shipped, shipped_names
from surveyd.forms.wording import languages
from surveyd.people import models as people_models
from surveyd.results.codebook_data import as_data, start_codebook
from surveyd.scoring import loyalty, nps
from surveyd.scoring.text import sentences
from surveyd.web.translation import open_translation
from tests.fixtures.apps import NOW, MakeApp, Transaction
from tests.web.offices import Office, confirm_contacts, signed_in

LANGUAGE = "eo"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
SPOKEN = ("title", "aria-label", "placeholder", "alt")
# The questionnaire in the contact's language, and mails, or a page that is named by one, in the recipient's.
OTHERS_WORDS = {
    "staff.call_form",
    "staff.message_html",
    "staff.template",
    "staff.template_html",
    "staff.letter_mail",
    "staff.preview_page",
    "staff.show_mail",
    "staff.show_texts",
}
SILENT = {"style", "script", "svg", "option", "iframe", "pre", "textarea"}
BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
# Marks of units and of ourselves, and what no language writes otherwise.
OURS = re.compile(r"\b(surveyd|NPS|CSV|PDF|HTML|Message-ID|UTC|CET|CEST|EUR|M|k|bn|id)\b")
MONTHS = "|".join(
    re.escape(name)
    for width in ("wide", "abbreviated")
    for name in get_month_names(width, locale="eo").values()
)
DAYS = "|".join(get_day_names("abbreviated", locale="eo").values())
DATE = re.compile(
    rf"\d{{1,2}} ({MONTHS})\b( \d{{4}})?(, \d\d:\d\d( \S+)?)?|\b({MONTHS}) \d{{4}}|({DAYS}) \d\d:\d\d"
)
PIPED = re.compile(r"{\w+}")
LETTERS = re.compile(r"[^\W\d_]{2,}")


@pytest.fixture(scope="session")
def messages() -> list[str | tuple[str, ...]]:
    """All messages of the sources."""
    with open(HOME / "babel.cfg", encoding="utf-8") as file:
        ways, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel's own, untyped
    return [message for _, _, message, _, _ in extract_from_dir(str(HOME), ways, options, keywords=KEYWORDS)]


@pytest.fixture(scope="session")
def catalogue(messages: list[str | tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of translations into a language in which each sentence stands in brackets."""
    catalog = Catalog(locale=LANGUAGE, fuzzy=False)
    for message in messages:
        whole = message if isinstance(message, str) else tuple(message)
        said = f"⟦{whole}⟧" if isinstance(whole, str) else tuple(f"⟦{form}⟧" for form in whole)
        catalog.add(whole, said)
    folder = tmp_path_factory.mktemp("translations")
    target = folder / LANGUAGE / "LC_MESSAGES"
    target.mkdir(parents=True)
    with open(target / "messages.mo", "wb") as file:
        write_mo(file, catalog)
    return folder


class Words(HTMLParser):
    """The words that a page shows or says, one text or attribute at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in SPOKEN and value]
        # What staff say to a customer is in the customer's language.
        is_foreign = tag != "html" and dict(attributes).get("lang") not in (None, LANGUAGE)
        if tag in SILENT or is_foreign or (self.inside and self.inside[-1] == tag):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside and data.strip():
            self.found.append(data)


def leaves(value: object) -> Iterator[str]:
    """All texts in a row's column, also in JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)


def data_of(session: Session) -> list[str]:
    """Whatever stands in the database, longest first."""
    found = {
        text.strip()
        for table in Base.metadata.sorted_tables
        for row in session.execute(select(table))
        for value in row
        for text in leaves(value)
        for text in (text, *PIPED.split(text), *sentences(text))
    }
    # A version is named by the beginning of its digest.
    found |= {digest[:SHORT_DIGEST] for digest in session.scalars(select(QuestionnaireVersion.digest))}
    found |= set(session.scalars(select(ContactMark.words)))
    # Questionnaires that come with surveyd are read before they are published.
    found |= {text for name in shipped_names() for text in leaves(shipped(name).data())}
    found |= {shipped(name).digest[:SHORT_DIGEST] for name in shipped_names()}
    found |= set(shipped_names())
    # An admin names the themes and their phrases; those of the shipped codebook are a start.
    found |= set(leaves(as_data(start_codebook())))
    found |= {Locale.parse(code).get_display_name(LANGUAGE) or "" for code in languages()}
    # A name is shown by parts, too; a word that is a state is ours all the same.
    ours = STATES - set(shipped_names())
    return sorted((text for text in found if len(text) > 1 and text not in ours), key=len, reverse=True)


def left_over(text: str, data: list[str]) -> str:
    """What of a text is neither translated nor data."""
    before = None
    while text != before:
        before, text = text, BRACKETED.sub(" ", text)
    text = DATE.sub(" ", text).replace("Message-ID", " ")
    for known in data:
        text = text.replace(known, " ")
    return " ".join(LETTERS.findall(OURS.sub(" ", text)))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["admin", "executive", "leader", "mona", "support"])
def test_no_word_of_a_staff_page_stays_english(  # noqa: PLR0917  # fixtures, by name
    make_app: MakeApp,
    catalogue: Path,
    office: Office,
    writer: Transaction,
    reader: Transaction,
    name: str,
) -> None:
    app = make_app(proxies="3")  # an app of this test alone
    open_translation(app, catalogue)
    with writer() as session:
        confirm_contacts(session, office, NOW)
    with reader() as session:
        data = data_of(session)
    missing: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("staff.") or "GET" not in (rule.methods or ()):
            continue
        if rule.endpoint in OTHERS_WORDS:
            continue
        staff = signed_in(app, getattr(office.cast, name))
        response = staff.client.get(office.path(rule.rule), headers={"Accept-Language": LANGUAGE})
        if response.status_code == 200 and response.mimetype == "text/html":
            page = Words()
            page.feed(response.text)
            english = [text.strip() for text in page.found if left_over(text, data)]
            if english:
                missing[rule.rule] = english
    assert missing == {}


def test_every_state_and_role_has_its_words_in_the_catalogue(messages: list[str | tuple[str, ...]]) -> None:
    assert sorted(STATES - set(messages)) == []


def _states(*modules: ModuleType) -> set[str]:
    kinds = [
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
    ]
    return {member.value.replace("_", " ") for kind in kinds for member in kind}


STATES = _states(closed_loop_models, distribution_models, paper_models, people_models, loyalty, nps)
STATES |= set(rules.WORDS.values())
STATES |= {
    path.name.replace("_", " ") for path in (HOME / "surveyd/templates/emails").iterdir() if path.is_dir()
}
