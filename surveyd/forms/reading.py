"""Reads a questionnaire from its top place: its languages, scales, pages and modules."""

import re
from collections.abc import Callable, Iterator, Mapping

from surveyd.forms import definition as d
from surveyd.forms.condition_reading import read_conditions
from surveyd.forms.item_reading import read_block, read_scale
from surveyd.forms.sheet import ID, ID_WORDS, PIPE, Sheet, each, matching
from surveyd.forms.source import Place, read_yaml
from surveyd.forms.texts import every_text

SLUG = re.compile(r"[a-z][a-z0-9_-]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
TOP_KEYS = ("slug", "title", "languages", "translations", "anonymous", "scales", "pages")
MODULE_KEYS = ("languages", "scales", "pages")
TRANSLATION_KEYS = ("register", "reviewed_by")
TELLING_KINDS = ("contact_details", "email", "phone")
TELLING_NAMES = ("contact", "account")
"""What tells who somebody is: nothing that an anonymous questionnaire may ask or say."""
PAGE_KEYS = ("id", "title", "intro", "stage", "items", "show_if", "skip_if", "roles")

Modules = Mapping[str, Callable[[], str]]
"""The YAML texts of the modules that a questionnaire can take in, by name."""


def read_questionnaire(top: Place, modules: Modules, *, stored: bool = False) -> d.Questionnaire:
    """The questionnaire that stands at `top`. Raises BadFile with every fault.

    A `stored` version is not held to rules about names that came after it was published.
    """
    sheet, keys = Sheet(stored=stored), top.keys(TOP_KEYS, ("slug", "title", "languages", "pages"))
    sheet.languages = sheet.written = tuple(
        matching(place, LANGUAGE, "a language code such as en") for place in each(keys, "languages")
    )
    if not sheet.languages:
        top.fault("names no language", "add languages: [en]")
    title = sheet.texts(keys.get("title"))
    _read_scales(keys, sheet)
    _read_pages(keys, sheet, modules)
    _check_recommendation(top, sheet)
    anonymous = keys["anonymous"].flag() if "anonymous" in keys else False
    if not sheet.pages and "pages" in keys:
        keys["pages"].fault("has no page", "add a page with an item")
    found = d.Questionnaire(
        slug=matching(keys["slug"], SLUG, "small letters, digits, - and _") if "slug" in keys else "",
        title=title,
        languages=sheet.languages,
        pages=tuple(sheet.pages.values()),
        anonymous=anonymous,
        translations=_translations(keys["translations"], sheet) if "translations" in keys else {},
    )
    if anonymous and not stored:
        _check_anonymous(keys["anonymous"], found)
    top.findings.raise_any()
    return found


def _read_scales(keys: Mapping[str, Place], sheet: Sheet) -> None:
    for name, place in (keys["scales"].keys() if "scales" in keys else {}).items():
        sheet.scales[name] = read_scale(place, sheet)


def _read_pages(keys: Mapping[str, Place], sheet: Sheet, modules: Modules) -> None:
    sheet.later.update(_ids(keys))
    for place in each(keys, "pages"):
        found = place.keys()
        if "module" in found:
            place.keys(("module",))
            _read_module(found["module"], sheet, modules)
            continue
        page = _page(place, sheet)
        if page.id in sheet.pages:
            place.fault(f"a page {page.id!r} stands further up", "give each page its own id")
        sheet.pages[page.id] = page
        sheet.earlier.update(sheet.items)


def _read_module(name: Place, sheet: Sheet, modules: Modules) -> None:
    """Put a module's pages in. It may speak other languages: what it lacks counts as missing."""
    wanted = name.one_of(modules)
    if wanted not in modules:
        return
    top = read_yaml(modules[wanted](), f"{wanted}.yaml", faults=name.findings.faults)
    keys = top.keys(MODULE_KEYS, ("languages", "pages"))
    scales, sheet.scales = sheet.scales, {}
    sheet.written = tuple(place.text() for place in each(keys, "languages"))
    _read_scales(keys, sheet)
    _read_pages(keys, sheet, {})
    sheet.scales, sheet.written = scales, sheet.languages


def _page(place: Place, sheet: Sheet) -> d.Page:
    keys = place.keys(PAGE_KEYS, ("id", "title", "items"))
    blocks = tuple(read_block(at, sheet) for at in each(keys, "items"))
    if "items" in keys and not blocks:
        keys["items"].fault("has no item", "add an item, or remove the page")
    return d.Page(
        id=matching(keys["id"], ID, ID_WORDS) if "id" in keys else "",
        title=sheet.texts(keys.get("title")),
        blocks=blocks,
        intro=sheet.texts(keys.get("intro")),
        stage=keys["stage"].one_of(d.STAGES) if "stage" in keys else "",
        show_if=read_conditions(keys, sheet),
    )


def _translations(place: Place, sheet: Sheet) -> Mapping[str, d.Translation]:
    found = {}
    for language, at in place.keys(sheet.languages).items():
        keys = at.keys(TRANSLATION_KEYS, ("register",))
        found[language] = d.Translation(
            keys["register"].text() if "register" in keys else "",
            keys["reviewed_by"].words() if "reviewed_by" in keys else "",
        )
    return found


def _ids(keys: Mapping[str, Place]) -> Iterator[str]:
    """All ids in the file, as far as they can be read."""
    for page in each(keys, "pages"):
        for block in each(page.keys(), "items"):
            found = block.keys()
            for at in (block, *each(found, "statements")):
                if "id" in (own := at.keys()) and own["id"].scalar:
                    yield own["id"].words()


def _check_recommendation(top: Place, sheet: Sheet) -> None:
    asked = [item for item in sheet.items.values() if item.measures == "recommendation"]
    if len(asked) > 1:
        names = " and ".join(repr(item.id) for item in asked)
        top.fault("more than one item measures recommendation", f"keep one of {names}")
    for item in asked:
        if item.kind != "recommendation":
            top.fault(f"item {item.id!r} measures recommendation", "give it kind: recommendation")


def _check_anonymous(place: Place, found: d.Questionnaire) -> None:
    for block in found.blocks.values():
        if block.kind in TELLING_KINDS:
            place.fault(
                f"item {block.id!r} asks who somebody is",
                f"leave {block.id!r} out, or take anonymous away: whoever answers is promised that no answer"
                " leads back to them",
            )
    for path, texts in every_text(found):
        told = {name for text in texts.values() for name, _ in PIPE.findall(text)}
        for name in sorted(told.intersection(TELLING_NAMES)):
            place.fault(
                f"the text {path} carries {{{name}}}", "write it without a name, or take anonymous away"
            )
