"""The words of the one page for a customer, as data: one file for each language that mails are written in."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from surveyd.forms.definition import STAGES
from surveyd.forms.source import read_yaml

WORDINGS = files("surveyd") / "reports" / "account_wordings"
NAMES = "stage_names"


@dataclass(frozen=True, slots=True)
class AccountWords:
    """The words of one language. Names in braces are filled in by the template."""

    title: str
    document: str
    head: str
    foot: str
    asked: str
    answered: str
    said: str
    mean: str
    ratings: str
    bars: str
    high: str
    middle: str
    low: str
    stages: str
    part: str
    scale: str
    too_few: str
    changes: str
    changed: str
    planned: str
    nothing: str
    stage_names: Mapping[str, str]


@cache
def account_words(language: str) -> AccountWords:
    """The words of a language of mails.LANGUAGES. Raises BadFile when its file is faulty."""
    name = f"{language}.yaml"
    top = read_yaml((WORDINGS / name).read_text(encoding="utf-8"), name)
    wanted = [field.name for field in fields(AccountWords)]
    found = top.keys(wanted, wanted)
    texts = {key: place.text() for key, place in found.items() if key != NAMES}
    stages = found[NAMES].keys(STAGES, STAGES) if NAMES in found else {}
    names = {stage: place.text() for stage, place in stages.items()}
    top.findings.raise_any()
    return AccountWords(stage_names=names, **texts)
