"""Conditions in words, as the command line and comparisons show them."""

from surveyd.forms.conditions import Condition, Joined, Not, OnAnswer, OnFact


def in_words(condition: Condition | None) -> str:
    """The condition in one line of English, such as "recommend is promoter"; empty for none."""
    return _said(condition, alone=True) if condition is not None else ""


def _said(condition: Condition, *, alone: bool) -> str:
    if isinstance(condition, Joined):
        word = " and " if condition.word == "all" else " or "
        whole = word.join(_said(part, alone=len(condition.parts) == 1) for part in condition.parts)
        return whole if alone or len(condition.parts) == 1 else f"({whole})"
    if isinstance(condition, Not):
        return f"not ({_said(condition.part, alone=True)})"
    if isinstance(condition, OnFact):
        return f"the person's {condition.fact} is {_any(condition.values)}"
    if isinstance(condition, OnAnswer):
        return _on_answer(condition)
    return str(condition.data())


def _on_answer(leaf: OnAnswer) -> str:
    said = []
    if leaf.values or leaf.categories:
        said.append(f"{leaf.item} is {_any((*leaf.categories, *leaf.values))}")
    if leaf.at_least is not None and leaf.at_most is not None:
        said.append(f"{leaf.item} is from {leaf.at_least} to {leaf.at_most}")
    elif leaf.at_least is not None:
        said.append(f"{leaf.item} is at least {leaf.at_least}")
    elif leaf.at_most is not None:
        said.append(f"{leaf.item} is at most {leaf.at_most}")
    if leaf.given:
        said.append(f"{leaf.item} is answered")
    return " or ".join(said) if len(said) < 2 else f"({' or '.join(said)})"


def _any(values: tuple[object, ...]) -> str:
    *others, last = map(str, values)
    return f"{', '.join(others)} or {last}" if others else last
