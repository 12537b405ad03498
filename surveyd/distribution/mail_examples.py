"""The mails that there are, each with example values: what a recipient would see."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from surveyd.base.errors import NotFound
from surveyd.distribution.mails import TEMPLATES, Links, Words, render

EXAMPLES = "examples.json"
SUBJECT = "subject."


@dataclass(frozen=True, slots=True)
class MailKind:
    """One mail, and the languages that it is written in, English first."""

    name: str
    languages: tuple[str, ...]


@cache
def list_mails() -> tuple[MailKind, ...]:
    """Every mail by name."""
    found: dict[str, set[str]] = {}
    for path in TEMPLATES.list_templates():
        name, _, file = path.partition("/")
        if file.startswith(SUBJECT):
            found.setdefault(name, set()).add(file.removeprefix(SUBJECT).removesuffix(".txt"))
    ordered = (sorted(languages, key=lambda code: (code != "en", code)) for languages in found.values())
    kinds = (MailKind(name, tuple(codes)) for name, codes in zip(found, ordered, strict=True))
    return tuple(sorted(kinds, key=lambda kind: kind.name))


def find_mail(name: str) -> MailKind:
    """The mail of this name. Raises NotFound."""
    kind = next((kind for kind in list_mails() if kind.name == name), None)
    if kind is None:
        raise NotFound("mail", name)
    return kind


def example_of(name: str, language: str, *, base_url: str) -> Words:
    """The mail `name` as somebody would get it; its links lead to `base_url` and open nothing.

    Raises NotFound for a mail or a language that there is not, and for a mail without example values.
    """
    if language not in find_mail(name).languages or name not in _examples():
        raise NotFound("example of this mail", language)
    links = Links(survey=f"{base_url}/s/example", opt_out=f"{base_url}/u/example", page=f"{base_url}/staff/")
    return render(name, language, _examples()[name], links)


@cache
def _examples() -> dict[str, dict[str, Any]]:
    source, _, _ = TEMPLATES.loader.get_source(TEMPLATES, EXAMPLES)  # type: ignore[union-attr]  # it has one
    found: dict[str, dict[str, Any]] = json.loads(source)
    return found
