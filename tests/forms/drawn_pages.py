"""A respondent's pages in a browser without a server: the real templates, style, script and policy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from playwright.sync_api import Page, Route

from surveyd.base.config import HOME
from surveyd.forms.definition import Answer, Questionnaire
from surveyd.forms.fields import kind_of
from surveyd.forms.loading import load, shipped, shipped_names
from surveyd.forms.pages import CompiledForm, Sight
from surveyd.forms.paths import route_of
from surveyd.web.headers import POLICY

STATIC = HOME / "surveyd" / "static"
KINDS_FILE = Path(__file__).parent / "every_kind.yaml"
NAMES = {"company": "Example Works", "contact": "Anna Adler", "account": "Nordwind Trading"}
WHERE = "http://127.0.0.1:9"
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@cache
def templates() -> Environment:
    """The app's templates, as the app sets them up for respondents."""
    environment = Environment(
        loader=PackageLoader("surveyd"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = lambda name: f"/static/{name}"
    return environment


@cache
def every_kind() -> Questionnaire:
    """The questionnaire of the tests that has every kind of question."""
    return load(KINDS_FILE.read_text(encoding="utf-8"), KINDS_FILE.name)


@cache
def questionnaires() -> Mapping[str, Questionnaire]:
    """All that are shipped, and the one with every kind."""
    return {name: shipped(name) for name in shipped_names()} | {"every_kind": every_kind()}


@cache
def compiled(name: str, language: str) -> CompiledForm:
    """A questionnaire's pages in a language, drawn as for a personal link."""
    return CompiledForm(questionnaires()[name], language, templates())


@dataclass(frozen=True)
class Drawn:
    """One page as somebody sees it."""

    name: str
    language: str
    html: str

    @property
    def where(self) -> str:
        return f"{self.name} in {self.language}"


def drawn(name: str, language: str, *, answers: Mapping[str, Answer] | None = None) -> Iterator[Drawn]:
    """Every page of a questionnaire: those that nobody's answers hide, with these answers on them."""
    form = compiled(name, language)
    route = route_of(form.questionnaire, answers or {})
    for shown in route.pages:
        html = form.render(shown.page, route, sight=Sight("/s/token", NAMES))
        yield Drawn(f"{name}/{shown.page.id}", language, html)


def answered(name: str) -> dict[str, Answer]:
    """An answer to everything: of what is picked the second choice, and words elsewhere."""
    found: dict[str, Answer] = {}
    for item in questionnaires()[name].items.values():
        choices = list(kind_of(item).choices(item).values())
        found[item.id] = choices[1 % len(choices)] if choices else "Some words"
    return found


def serve(page: Page) -> None:
    """Answer for the static files, so that a page drawn here finds its style and its script."""

    def static(route: Route) -> None:
        name = route.request.url.partition("?")[0].rpartition("/")[2]
        body = (STATIC / name).read_bytes()
        route.fulfill(body=body, content_type=TYPES[name.rpartition(".")[2]])

    page.route(f"{WHERE}/static/**", static)


def show(page: Page, html: str) -> None:
    """Open a page drawn here, under the headers of the real one."""
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
    page.route(f"{WHERE}/s/token", lambda route: route.fulfill(body=html, headers=headers))
    page.goto(f"{WHERE}/s/token")
