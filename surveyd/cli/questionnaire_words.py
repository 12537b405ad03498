"""A questionnaire in the words of the command line: its outline, its languages and its paths."""

from collections.abc import Iterator
from typing import Any

from surveyd.forms.condition_words import in_words
from surveyd.forms.definition import Item, Questionnaire
from surveyd.forms.path_table import Path, PathTable
from surveyd.forms.texts import missing
from surveyd.forms.translations import spoken


def outline(questionnaire: Questionnaire) -> Iterator[str]:
    """The questionnaire as lines of text, in its first language."""
    first = questionnaire.languages[0]
    languages = ", ".join(questionnaire.languages)
    anonymous = "; anonymous" if questionnaire.anonymous else ""
    yield f"{questionnaire.said(questionnaire.title, first)} ({questionnaire.slug}; {languages}{anonymous})"
    for page in questionnaire.pages:
        yield ""
        stage = f", stage {page.stage}" if page.stage else ""
        yield f"Page {page.id}: {questionnaire.said(page.title, first)}{stage}"
        if page.show_if:
            yield f"  shown if {in_words(page.show_if)}"
        for block in page.blocks:
            yield from _item(questionnaire, block, "  ")


def language_rows(questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """Each language: how many texts it lacks and where, how it is spoken, and who has signed it."""
    return [
        {
            "language": each.language,
            "missing": len(lacking := missing(questionnaire, each.language)),
            "register": each.register or "not stated",
            "reviewed by": each.reviewed_by or "nobody",
            "where": lacking,
        }
        for each in spoken(questionnaire)
    ]


def path_rows(table: PathTable) -> list[dict[str, Any]]:
    """Each path: how many items, how long, an example of who goes it, and its pages."""
    return [
        {
            "items": path.items,
            "time": f"{path.seconds // 60}:{path.seconds % 60:02}",
            "who": _who(path),
            "pages": " ".join(path.pages),
        }
        for path in table.paths
    ]


def _who(path: Path) -> str:
    said = [f"{name}={value}" for name, value in (*path.facts.items(), *path.answers.items())]
    return ", ".join(said) or "everybody else"


def _item(questionnaire: Questionnaire, item: Item, indent: str) -> Iterator[str]:
    first = questionnaire.languages[0]
    yield f"{indent}{item.id} ({', '.join(_facts(item))})"
    yield f"{indent}  {questionnaire.said(item.text, first)}"
    for category, texts in item.text_for.items():
        yield f"{indent}  for a {category}: {questionnaire.said(texts, first)}"
    for option in item.options:
        yield f"{indent}  - {option.value}: {questionnaire.said(option.text, first)}"
    if item.show_if:
        yield f"{indent}  shown if {in_words(item.show_if)}"
    for statement in item.statements:
        yield from _item(questionnaire, statement, f"{indent}    ")


def _facts(item: Item) -> Iterator[str]:
    yield item.kind
    if item.scale:
        yield f"{item.scale.low} to {item.scale.high}"
    if item.measures:
        yield f"measures {item.measures}"
    for name in ("required", "reversed", "gate", "na", "shuffle"):
        if getattr(item, name):
            yield "not applicable offered" if name == "na" else name.replace("shuffle", "shuffled")
    if item.weight != 1:
        yield f"weight {item.weight}"
