"""What the pages of an open link say where a personal link's words would not be true: one file a language."""

from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files

from surveyd.forms.conditions import Answers
from surveyd.forms.definition import Item, Page, Questionnaire, Texts
from surveyd.forms.fields import kind_of
from surveyd.forms.source import read_yaml
from surveyd.forms.wording import FALLBACK, Wording, languages, wording

OPEN_WORDINGS = files("surveyd") / "forms" / "open_wordings"
ABOUT = "about_you"
COMPANY = f"{ABOUT}_company"
CONTACT = "contact_details"


@dataclass(frozen=True, slots=True)
class OpenWording:
    """The words of one language for open links. {company} is filled in where the text is used."""

    page_title: str
    page_intro: str
    company_name: str
    saved: str
    promise: str
    trap: str
    once_more: str
    many: str
    thanks_next: str
    told_title: str
    told_body: str
    gone_title: str
    gone_body: str
    closed_title: str
    closed_body: str
    unknown_title: str
    unknown_body: str
    wait_body: str


@cache
def open_wording(language: str) -> OpenWording:
    """The words of `language`; English for one that is not there. Raises BadFile when its file is faulty."""
    code = language if language in languages() else FALLBACK
    name = f"{code}.yaml"
    top = read_yaml((OPEN_WORDINGS / name).read_text(encoding="utf-8"), name)
    wanted = [field.name for field in fields(OpenWording)]
    found = {key: place.text() for key, place in top.keys(wanted, wanted).items()}
    top.findings.raise_any()
    return OpenWording(**found)


@cache
def open_voice(language: str) -> Wording:
    """All words around the questions as an open link says them."""
    words = open_wording(language)
    return replace(
        wording(language),
        saved=words.saved,
        not_anonymous=words.promise,
        who_reads="",
        happens_next="",
        thanks_next=words.thanks_next,
        closed_title=words.closed_title,
        closed_body=words.closed_body,
        unknown_title=words.unknown_title,
        unknown_body=words.unknown_body,
        wait_body=words.wait_body,
    )


@cache
def told_voice(language: str) -> Wording:
    """The same, where the notice that all is over thanks for anonymous answers."""
    words = open_wording(language)
    return replace(open_voice(language), closed_title=words.told_title, closed_body=words.told_body)


@cache
def gone_voice(language: str) -> Wording:
    """The same, where it says that anonymous answers are no longer there."""
    words = open_wording(language)
    return replace(open_voice(language), closed_title=words.gone_title, closed_body=words.gone_body)


def with_contact_page(questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire with a last page that asks who it is, so that we can answer: all of it optional.

    An anonymous one never asks, and one that asks for contact details by itself asks once.
    """
    asks = any(block.kind == CONTACT for block in questionnaire.blocks.values())
    if asks or questionnaire.anonymous or ABOUT in {page.id for page in questionnaire.pages}:
        return questionnaire
    person = Item(ABOUT, CONTACT, {}, asks=False)
    name, email, _ = kind_of(person).parts(person)
    company = Item(COMPANY, "short_text", _texts(questionnaire, "company_name"))
    page = Page(
        ABOUT,
        _texts(questionnaire, "page_title"),
        (name, email, company),
        intro=_texts(questionnaire, "page_intro"),
    )
    return replace(questionnaire, pages=(*questionnaire.pages, page))


@dataclass(frozen=True, slots=True)
class Who:
    """What somebody wrote about themselves; empty for what they did not."""

    name: str = ""
    email: str = ""
    company: str = ""


def who_of(questionnaire: Questionnaire, answers: Answers) -> Who:
    """Who the answers say that it is, by the first contact details that were asked for."""
    block = next((one.id for one in questionnaire.blocks.values() if one.kind == CONTACT), ABOUT)
    name, email, company = (
        str(answers.get(key) or "").strip() for key in (f"{block}_name", f"{block}_email", COMPANY)
    )
    return Who(name, email, company)


def _texts(questionnaire: Questionnaire, word: str) -> Texts:
    return {code: str(getattr(open_wording(code), word)) for code in questionnaire.languages}
