"""How a questionnaire is spoken of to an admin: kinds, what items measure, and logic, all in words."""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from surveyd.forms.conditions import Answer, Condition, Joined, Not, OnAnswer, OnFact
from surveyd.forms.definition import Item, Questionnaire
from surveyd.forms.editing import TextPlace
from surveyd.forms.fields import kind_of
from surveyd.forms.path_table import Path
from surveyd.web.filters import words

KIND_WORDS = {
    "recommendation": lazy_gettext("recommendation, 0 to 10"),
    "rating": lazy_gettext("rating"),
    "battery": lazy_gettext("statements on one scale"),
    "choice": lazy_gettext("one of several answers"),
    "choices": lazy_gettext("any of several answers"),
    "number": lazy_gettext("number"),
    "date": lazy_gettext("date"),
    "short_text": lazy_gettext("a line of text"),
    "long_text": lazy_gettext("open text"),
    "contact_details": lazy_gettext("name, e-mail address and telephone"),
    "consent": lazy_gettext("box to agree"),
    "statement": lazy_gettext("text without an answer"),
    "email": lazy_gettext("e-mail address"),
    "phone": lazy_gettext("telephone number"),
}
MEASURE_WORDS = {
    "recommendation": lazy_gettext("likelihood to recommend"),
    "attitude": lazy_gettext("attitude"),
    "intent": lazy_gettext("intent to continue"),
    "growth": lazy_gettext("intent to do more"),
    "ease": lazy_gettext("ease of doing business"),
    "driver": lazy_gettext("what drives loyalty"),
    "contact_me": lazy_gettext("wish to be called"),
    "verbatim": lazy_gettext("reasons in own words"),
}
STAGE_WORDS = {
    "evaluating": lazy_gettext("stage: evaluating"),
    "buying": lazy_gettext("stage: buying"),
    "onboarding": lazy_gettext("stage: onboarding"),
    "delivery": lazy_gettext("stage: delivery"),
    "support": lazy_gettext("stage: support"),
    "billing": lazy_gettext("stage: billing"),
    "renewal": lazy_gettext("stage: renewal"),
}
FACT_WORDS = {
    "role": lazy_gettext("role"),
    "region": lazy_gettext("region"),
    "tier": lazy_gettext("tier"),
    "channel": lazy_gettext("channel"),
}
TEXT_WORDS = {
    "title": lazy_gettext("Title"),
    "intro": lazy_gettext("Introduction"),
    "text": lazy_gettext("Text"),
    "help": lazy_gettext("Help below the text"),
    "label": lazy_gettext("Short name in reports"),
    "scale.low_end": lazy_gettext("Words at the low end"),
    "scale.high_end": lazy_gettext("Words at the high end"),
    "text_for.promoter": lazy_gettext("Text for promoters (9 and 10)"),
    "text_for.passive": lazy_gettext("Text for passives (7 and 8)"),
    "text_for.detractor": lazy_gettext("Text for detractors (0 to 6)"),
}
CATEGORY_WORDS = {
    "promoter": lazy_gettext("promoters"),
    "passive": lazy_gettext("passives"),
    "detractor": lazy_gettext("detractors"),
}


def measured(item: Item) -> str:
    """What an item measures; empty for nothing."""
    stage = item.measures.partition(":")[2]
    return str(STAGE_WORDS.get(stage) or MEASURE_WORDS.get(item.measures, item.measures))


def text_named(key: str) -> str:
    """What a text is, such as "Help below the text"; an option's by its value."""
    kind, _dot, value = key.partition(".")
    return _("Answer %(value)s", value=value) if kind == "options" else str(TEXT_WORDS.get(key, key))


def place_named(place: TextPlace, questionnaire: Questionnaire) -> str:
    """Where a text belongs and what it is: "Why do you say so? (Help below the text)"."""
    if not place.part:
        return _("Title of the questionnaire")
    part = part_named(place, questionnaire)
    return part if place.key == "text" else _("%(part)s (%(text)s)", part=part, text=text_named(place.key))


def part_named(place: TextPlace, questionnaire: Questionnaire) -> str:
    """The page or question to which a text belongs, as it is read in the first language."""
    ids = place.part.split(".")[1:]
    page = next(page for page in questionnaire.pages if page.id == ids[0])
    if len(ids) == 1:
        title = questionnaire.said(page.title, questionnaire.languages[0])
        return _("Page %(name)s", name=title)
    items = {item.id: item for block in page.blocks for item in (block, *block.statements)}
    return questionnaire.said(items[ids[-1]].text, questionnaire.languages[0])


def asked_only(condition: Condition | None, questionnaire: Questionnaire) -> str:
    """The sentence that says of whom something is asked: "asked only of detractors"; empty for everybody."""
    if condition is None:
        return ""
    if isinstance(condition, OnAnswer) and condition.categories and not condition.values:
        who = _or(str(CATEGORY_WORDS[name]) for name in condition.categories)
        return _("asked only of %(who)s", who=who)
    return _("asked only if %(condition)s", condition=_said(condition, questionnaire, alone=True))


def _said(condition: Condition, questionnaire: Questionnaire, *, alone: bool = False) -> str:
    if isinstance(condition, Joined):
        parts = [_said(part, questionnaire) for part in condition.parts]
        joined = _and(parts) if condition.word == "all" else _or(parts)
        return joined if alone or len(parts) < 2 else f"({joined})"
    if isinstance(condition, Not):
        return _("not (%(condition)s)", condition=_said(condition.part, questionnaire))
    if isinstance(condition, OnFact):
        values = _or(words(value) for value in condition.values)
        return _("the %(fact)s is %(values)s", fact=FACT_WORDS[condition.fact], values=values)
    return _on_answer(condition, questionnaire) if isinstance(condition, OnAnswer) else ""


def _on_answer(leaf: OnAnswer, questionnaire: Questionnaire) -> str:
    item = questionnaire.items.get(leaf.item)
    name = named(item, questionnaire) if item else leaf.item
    said = []
    if leaf.categories:
        who = _or(str(CATEGORY_WORDS[one]) for one in leaf.categories)
        said.append(_("they are %(who)s", who=who))
    if leaf.values:
        answers = _or(_answer(item, value, questionnaire) for value in leaf.values)
        said.append(_("“%(item)s” is answered by %(answers)s", item=name, answers=answers))
    if leaf.at_least is not None:
        said.append(_("“%(item)s” is %(number)s or more", item=name, number=leaf.at_least))
    if leaf.at_most is not None:
        said.append(_("“%(item)s” is %(number)s or less", item=name, number=leaf.at_most))
    if leaf.given:
        said.append(_("“%(item)s” is answered", item=name))
    return _and(said) if leaf.at_least is not None and leaf.at_most is not None else _or(said)


def example_of(path: Path, questionnaire: Questionnaire) -> str:
    """A person who goes this way: facts and answers, as far as they matter."""
    facts = [
        _("%(fact)s %(value)s", fact=FACT_WORDS[name], value=words(value))
        for name, value in path.facts.items()
    ]
    answers = []
    for name, value in path.answers.items():
        item = questionnaire.items[name]
        said = _answer(item, value, questionnaire)
        answers.append(_("“%(item)s”: %(answer)s", item=named(item, questionnaire), answer=said))
    return ", ".join([*facts, *answers]) or _("anybody")


def named(item: Item, questionnaire: Questionnaire) -> str:
    """A short name of an item: its label, else its text, else its id."""
    language = questionnaire.languages[0]
    return questionnaire.said(item.label, language) or questionnaire.said(item.text, language) or item.id


def _answer(item: Item | None, value: Answer, questionnaire: Questionnaire) -> str:
    if item is not None and kind_of(item).choices(item) and item.options:
        for option in item.options:
            if option.value == value:
                return questionnaire.said(option.text, questionnaire.languages[0])
    return str(value)


def _and(parts: Iterable[str]) -> str:
    return _joined(list(parts), _(" and "))


def _or(parts: Iterable[str]) -> str:
    return _joined(list(parts), _(" or "))


def _joined(parts: list[str], word: str) -> str:
    return word.join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
