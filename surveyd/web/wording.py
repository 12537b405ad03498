"""What the web says to a respondent besides the questions, as data: one file for each language."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from surveyd.forms.source import Place, read_yaml
from surveyd.forms.wording import nearest, wording

WORDINGS = files("surveyd") / "web" / "wordings"
STATUSES = (400, 401, 403, 404, 405, 409, 413, 429, 500, 503)
"""What an error page can be about; another status is told as 400 or 500."""


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """A title and one paragraph."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class OptOutWords:
    """The page of the opt-out link, before and after."""

    title: str
    text: str
    button: str
    done_title: str
    done_text: str
    program_title: str
    program_text: str
    program_button: str
    program_done_title: str
    program_done_text: str


@dataclass(frozen=True, slots=True)
class WebWords:
    """All of one language, and which way it is read."""

    language: str
    direction: str
    errors: Mapping[int, ErrorWords]
    opt_out: OptOutWords

    def error(self, status: int) -> ErrorWords:
        """The words for `status`, or for the nearest one that has any."""
        return self.errors.get(status) or self.errors[500 if status >= 500 else 400]


def web_words(*wanted: str | None) -> WebWords:
    """The words of the first of `wanted`, codes or tags (`de-AT`), that there is; else of English.

    Raises BadFile when their file is faulty.
    """
    return _read(nearest(*wanted))


@cache
def _read(code: str) -> WebWords:
    name = f"{code}.yaml"
    top = read_yaml((WORDINGS / name).read_text(encoding="utf-8"), name)
    groups = top.keys(("errors", "opt_out"), ("errors", "opt_out"))
    statuses = [str(status) for status in STATUSES]
    errors = groups["errors"].keys(statuses, statuses) if "errors" in groups else {}
    found = {int(status): ErrorWords(**_texts(place, ErrorWords)) for status, place in errors.items()}
    opt_out = OptOutWords(**_texts(groups.get("opt_out"), OptOutWords))
    top.findings.raise_any()
    return WebWords(code, wording(code).direction, found, opt_out)


def _texts(place: Place | None, group: type[Any]) -> dict[str, str]:
    wanted = [field.name for field in fields(group)]
    found = {key: text.text() for key, text in place.keys(wanted, wanted).items()} if place else {}
    return {key: found.get(key, "") for key in wanted}
