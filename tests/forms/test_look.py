"""Every page of every shipped questionnaire: under axe, on the smallest phone, in large letters."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from surveyd.forms.fields import Problem
from surveyd.forms.pages import Sight
from surveyd.forms.paths import route_of
from surveyd.forms.wording import languages
from tests.forms.drawn_pages import NAMES, Drawn, answered, compiled, drawn, questionnaires, serve, show

pytestmark = pytest.mark.browser
PHONE, DESK = ViewportSize(width=320, height=640), ViewportSize(width=1280, height=900)
ALWAYS = ("en", "ar")
ALL = [(name, code) for name, asked in questionnaires().items() for code in asked.languages]
REST = "a, button:not(.heard), summary, textarea, input:not([type=hidden], label input)"
MAIN = "label.step, label.aside, label.option, .field, .go button, .language:not([aria-current])"


@pytest.fixture(scope="module")
def sheet(browser: Browser) -> Iterator[Page]:
    """One page that is used again and again; what goes wrong on it fails the test that sees it."""
    opened = browser.new_page(viewport=PHONE)
    serve(opened)
    yield opened
    opened.close()


@pytest.fixture
def wrong(sheet: Page) -> Iterator[list[str]]:
    """What the page complained of, and what it asked for that is not its own."""
    found: list[str] = []

    def heard(message: object) -> None:
        found.append(str(message))

    def asked(request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith(("http://127.0.0.1:9/", "data:")):
            found.append(url)

    sheet.on("console", heard)
    sheet.on("pageerror", heard)
    sheet.on("request", asked)
    yield found
    sheet.remove_listener("console", heard)
    sheet.remove_listener("pageerror", heard)
    sheet.remove_listener("request", asked)
    sheet.emulate_media(
        color_scheme="light", forced_colors="none", media="screen", reduced_motion="no-preference"
    )


def assert_accessible(sheet: Page, name: str, language: str) -> None:
    found = {}
    for one in drawn(name, language):
        show(sheet, one.html)
        for violation in Axe().run(sheet).response["violations"]:
            found[f"{one.where}: {violation['id']}"] = violation["nodes"][0]["html"][:200]
    assert not found, found


@pytest.mark.parametrize("language", ALWAYS)
@pytest.mark.parametrize("name", questionnaires())
def test_axe_finds_nothing(sheet: Page, wrong: list[str], name: str, language: str) -> None:
    # Light in one language and dark in the other: both are looked at.
    sheet.emulate_media(color_scheme="dark" if language == "ar" else "light")
    assert_accessible(sheet, name, language)
    assert not wrong


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "language"), ALL)
def test_axe_finds_nothing_in_any_language(sheet: Page, name: str, language: str, scheme: str) -> None:
    sheet.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert_accessible(sheet, name, language)


@pytest.mark.parametrize("language", ALWAYS)
def test_axe_finds_nothing_where_something_is_wrong(sheet: Page, language: str) -> None:
    form = compiled("every_kind", language)
    route = route_of(form.questionnaire, answered("every_kind"))
    for shown in route.pages:
        problems = {item.id: Problem.REQUIRED for item in shown.items}
        html = form.render(shown.page, route, sight=Sight("/s/token", NAMES), problems=problems)
        show(sheet, html)
        assert not Axe().run(sheet).response["violations"], shown.page.id


def sizes(sheet: Page, what: str) -> list[tuple[str, float, float]]:
    found: list[tuple[str, float, float]] = sheet.locator(what).evaluate_all(
        """all => all.map(one => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
        .map(([html, box]) => [html, Math.round(box.width * 10) / 10, Math.round(box.height * 10) / 10])
        .filter(([html, width, height]) => width > 1)"""
    )
    return found


def is_wide(sheet: Page) -> bool:
    found: bool = sheet.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return found


@pytest.mark.parametrize("language", languages())
def test_the_smallest_phone_shows_all_of_it_in_large_targets(
    sheet: Page, wrong: list[str], language: str
) -> None:
    pages = [one for name, code in ALL if code == language for one in drawn(name, code)]
    for one in pages:
        show(sheet, one.html)
        assert not is_wide(sheet), one.where
        small = [size for size in sizes(sheet, MAIN) if size[1] < 26 or size[2] < 44]
        small += [size for size in sizes(sheet, REST) if min(size[1:]) < 24]
        assert not small, (one.where, small)
    assert not wrong


@pytest.mark.parametrize(("language", "width"), [("en", 320), ("ar", 320), ("en", 640)])
def test_letters_of_twice_the_size_push_nothing_out(sheet: Page, language: str, width: int) -> None:
    sheet.set_viewport_size({"width": width, "height": 800})
    for name in ("every_kind", "relational"):
        for one in drawn(name, language, answers=answered(name)):
            show(sheet, one.html)
            sheet.evaluate("document.documentElement.style.fontSize = '200%'")
            assert not is_wide(sheet), one.where
            cut = sheet.locator(".step > span, .option > span").evaluate_all(
                "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
            )
            assert not cut, (one.where, cut)
    sheet.set_viewport_size(PHONE)


@pytest.mark.parametrize("language", ALWAYS)
def test_eleven_numbers_stand_in_one_row_in_the_direction_of_reading(sheet: Page, language: str) -> None:
    show(sheet, next(drawn("every_kind", language)).html)
    steps = [box for step in sheet.locator(".step").all() if (box := step.bounding_box())]
    assert len(steps) == 11 and len({box["y"] for box in steps}) == 1
    assert all(box["width"] >= 26 for box in steps)
    begins_left = steps[0]["x"] < steps[-1]["x"]
    assert begins_left == (language == "en")
    low, high = (end.bounding_box() for end in sheet.locator(".ends span").all())
    assert low and high and (low["x"] < high["x"]) == begins_left


def page_named(name: str, language: str = "en") -> Drawn:
    """A page of the questionnaire with every kind, all of it answered."""
    answers = answered("every_kind") | {"since": "2026-03-01", "people": 12}
    pages = {one.name: one for one in drawn("every_kind", language, answers=answers)}
    return pages[f"every_kind/{name}"]


@pytest.mark.parametrize("colours", ["none", "active"])
@pytest.mark.parametrize(("page", "what"), [("scales", ".step"), ("choices", ".option")])
def test_an_answer_shows_without_colour(
    sheet: Page, wrong: list[str], page: str, what: str, colours: str
) -> None:
    sheet.emulate_media(forced_colors="active" if colours == "active" else "none")
    show(sheet, page_named(page).html)
    looks = "one => { const s = getComputedStyle(one); return [s.fontWeight, s.textDecorationLine] }"
    inner = f"{what} > span" if what == ".step" else what
    chosen = sheet.locator(f"{what}:has(input:checked)").first
    other = sheet.locator(f"{what}:has(input:not(:checked))").first
    seen = [one.locator("> span").evaluate(looks) if what == ".step" else one.evaluate(looks)
            for one in (chosen, other)]  # fmt: skip
    assert seen[0] != seen[1], inner
    ground = "one => getComputedStyle(one).backgroundColor + getComputedStyle(one).outlineStyle"
    if colours == "active":
        one, two = (each.locator("> span") if what == ".step" else each for each in (chosen, other))
        assert one.evaluate(ground) != two.evaluate(ground)


def test_it_prints_the_questions_and_no_buttons(sheet: Page, wrong: list[str]) -> None:
    sheet.emulate_media(media="print")
    show(sheet, page_named("choices").html)
    assert not sheet.locator(".go").is_visible() and not sheet.locator(".languages").is_visible()
    assert sheet.locator(".option").first.is_visible()


def test_who_wants_no_motion_gets_none(sheet: Page, wrong: list[str]) -> None:
    sheet.emulate_media(reduced_motion="reduce")
    show(sheet, page_named("first").html)
    lasts = sheet.locator(".step > span").first.evaluate("one => getComputedStyle(one).transitionDuration")
    assert lasts in ("0s", "0ms")


def test_a_date_that_is_none_is_shown_as_it_was_written(sheet: Page) -> None:
    form = compiled("every_kind", "en")
    route = route_of(form.questionnaire, {"since": "last spring"})
    page = next(shown.page for shown in route.pages if shown.page.id == "lines")
    sight = Sight("/s/token", NAMES)
    show(sheet, form.render(page, route, sight=sight, problems={"since": Problem.NOT_A_DATE}))
    assert sheet.locator("#since").input_value() == "last spring"
