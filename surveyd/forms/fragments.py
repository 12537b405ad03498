"""Text with named slots: a template is drawn once, with a mark wherever a respondent's own things go."""

from collections.abc import Mapping

from markupsafe import Markup, escape

from surveyd.forms.definition import PIPES
from surveyd.forms.source import SLOT_MARK

# Unicode's marks around a text that keeps its own direction inside another one's sentence.
ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


class Fragment:
    """Text with named slots."""

    __slots__ = ("_parts",)

    def __init__(self, text: str) -> None:
        self._parts = text.split(SLOT_MARK)

    def fill(self, values: Mapping[str, Markup]) -> Markup:
        """The text with its slots filled. Raises KeyError for a slot that has no value."""
        parts = self._parts.copy()
        for at in range(1, len(parts), 2):
            parts[at] = values[parts[at]]
        return Markup("".join(parts))  # noqa: S704  # a template's own text, and Markup in its slots


def slot(name: str) -> Markup:
    """A mark for a slot in a template that is drawn once."""
    mark = Markup(SLOT_MARK)  # noqa: S704  # a constant
    return mark + name + mark


def piped(text: str) -> str:
    """`text` with a slot for each of PIPES that it carries."""
    for name in PIPES:
        text = text.replace(f"{{{name}}}", slot(name))
    return text


def name_in(direction: str, text: str) -> Markup:
    """A name for a slot on a page of that `direction`: from right to left it stands for itself."""
    return escape(f"{ISOLATE}{text}{POP_ISOLATE}" if direction == "rtl" and text else text)
