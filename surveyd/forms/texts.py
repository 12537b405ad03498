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
            path = f"pages.{page.id}.{block.id}"
            yield from ((f"{path}.{key}", texts) for key, texts in texts_of(block))
            for statement in block.statements:
                at = f"{path}.{statement.id}"
                yield from ((f"{at}.{key}", texts) for key, texts in texts_of(_bare(statement)))


def texts_of(item: Item) -> Iterator[tuple[str, Texts]]:
    """The texts of one item, by the keys that lead to them; those of a battery's statements are not among."""
    yield "text", item.text
    for category, texts in item.text_for.items():
        yield f"text_for.{category}", texts
    for name, texts in (("help", item.help), ("label", item.label)):
        if texts:
            yield name, texts
    if item.scale:
        yield "scale.low_end", item.scale.low_end
        yield "scale.high_end", item.scale.high_end
    for option in item.options:
        yield f"options.{option.value}", option.text


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
