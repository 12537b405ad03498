"""What to say on the telephone, as data: one file for each language, in the order in which a call goes."""

import re
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from functools import cache
from importlib.resources import files

from surveyd.forms.source import Place, read_yaml

SCRIPTS = files("surveyd") / "distribution" / "call_scripts"
FALLBACK = "en"
NAMES = ("caller", "company", "contact", "account", "minutes")
"""What a line can carry in braces."""
BRACES = re.compile(r"\{([^{}]*)\}")
SECONDS_A_QUESTION = 10
RIGHT_TO_LEFT = ("ar",)


class Why(StrEnum):
    """Why somebody is called; each has a line of its own."""

    SILENT = "silent"
    STARTED = "started"
    ASKED = "asked"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Script:
    """The lines of one language."""

    greeting: str
    why_silent: str
    why_started: str
    why_asked: str
    why_back: str
    about: str
    ask: str
    no_time: str
    not_me: str
    no_more: str
    mailbox: str
    end: str


@dataclass(frozen=True, slots=True)
class Lines:
    """What to say in one call, its names filled in: plain text in `language`, written in `direction`."""

    language: str
    direction: str
    begin: tuple[str, ...]
    no_time: str
    not_me: str
    no_more: str
    mailbox: str
    end: str


@dataclass(frozen=True, slots=True)
class Names:
    """Whom the lines name, and how many minutes the questions take at most."""

    caller: str
    company: str
    contact: str
    account: str
    minutes: int


def lines_for(language: str, *, why: Why, names: Names) -> Lines:
    """The lines of a call in `language`; in English when surveyd has none in it (`de-AT` finds `de`)."""
    code = _known(language)
    script = _script(code)
    facts = {name: str(value) for name, value in asdict(names).items()}

    def said(line: str) -> str:
        return BRACES.sub(lambda found: facts[found[1]], line)

    begin = (script.greeting, getattr(script, f"why_{why.value}"), script.about, script.ask)
    return Lines(
        code,
        "rtl" if code in RIGHT_TO_LEFT else "ltr",
        tuple(map(said, begin)),
        said(script.no_time),
        said(script.not_me),
        said(script.no_more),
        said(script.mailbox),
        said(script.end),
    )


def minutes_for(questions: int) -> int:
    """How many minutes so many questions take at most on the telephone: three or more."""
    return max(3, -(-questions * SECONDS_A_QUESTION // 60) + 1)


@cache
def languages() -> tuple[str, ...]:
    """The languages that there is a script in, sorted."""
    return tuple(
        sorted(file.name.removesuffix(".yaml") for file in SCRIPTS.iterdir() if file.name.endswith(".yaml"))
    )


def _known(language: str) -> str:
    return next(
        (code for code in (language, language.split("-")[0].lower()) if code in languages()), FALLBACK
    )


@cache
def _script(code: str) -> Script:
    name = f"{code}.yaml"
    top = read_yaml((SCRIPTS / name).read_text(encoding="utf-8"), name)
    wanted = [field.name for field in fields(Script)]
    found = {key: _line(place) for key, place in top.keys(wanted, wanted).items()}
    top.findings.raise_any()
    return Script(**found)


def _line(place: Place) -> str:
    line = place.text()
    for name in BRACES.findall(line):
        if name not in NAMES:
            place.fault(f"{{{name}}} is not known", f"known here: {', '.join(NAMES)}")
    return line
