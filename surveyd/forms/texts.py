"""Every text of a questionnaire, with a path that names its place: what translators and editors work on."""

from collections.abc import Iterator

from surveyd.forms.definition import Item, Questionnaire, Texts


def every_text(questionnaire: Questionnaire) -> Iterator[tuple[str, Texts]]:
    """Every text that is written in the file, with its path by ids, such as `pages.reason.why.help`."""
    yield "title", questionnaire.title
    for page in questionnaire.pages:
        yield f"pages.{page.id}.title", page.title
        if page.intro:
            yield f"pages.{page.id}.intro", page.intro
        for block in page.blocks:
            yield from _texts_of(block, f"pages.{page.id}.{block.id}")


def _texts_of(item: Item, path: str) -> Iterator[tuple[str, Texts]]:
    yield f"{path}.text", item.text
    for category, texts in item.text_for.items():
        yield f"{path}.text_for.{category}", texts
    for name, texts in (("help", item.help), ("label", item.label)):
        if texts:
            yield f"{path}.{name}", texts
    if item.scale:
        yield f"{path}.scale.low_end", item.scale.low_end
        yield f"{path}.scale.high_end", item.scale.high_end
    for option in item.options:
        yield f"{path}.options.{option.value}", option.text
    for statement in item.statements:
        yield from _texts_of(_bare(statement), f"{path}.{statement.id}")


def _bare(statement: Item) -> Item:
    # The scale is the battery's; its ends are written there, once.
    return Item(
        statement.id,
        statement.kind,
        statement.text,
        text_for=statement.text_for,
        help=statement.help,
        label=statement.label,
    )


def missing(questionnaire: Questionnaire, language: str) -> list[str]:
    """The paths of the texts that `language` lacks, in the order of the file."""
    return [path for path, texts in every_text(questionnaire) if language not in texts]
