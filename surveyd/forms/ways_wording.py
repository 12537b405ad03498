"""What a respondent can do besides answering, in words: one file for each language.

Read or correct what was sent; ask for another day or for a call; say that somebody else is to be asked.
"""

from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from surveyd.forms.source import read_yaml
from surveyd.forms.wording import FALLBACK, languages

WAYS_WORDINGS = files("surveyd") / "forms" / "ways_wordings"


@dataclass(frozen=True, slots=True)
class WaysWording:
    """The words of one language. Names in braces are filled in where the text is used."""

    see_answers: str
    correct: str
    go_on_correcting: str
    correct_until: str
    answers_title: str
    answers_sent: str
    agreed: str
    no_answer: str
    of_scale: str
    thanks_again: str
    correcting: str
    corrected_title: str
    corrected_body: str
    solved_title: str
    solved_body: str
    way_out: str
    ways_title: str
    ways_intro: str
    stop_mails: str
    back: str
    optional: str
    remind_title: str
    remind_day: str
    remind_hint: str
    remind_button: str
    call_title: str
    call_phone: str
    call_known: str
    call_suits: str
    call_suits_hint: str
    call_button: str
    excuse_title: str
    excuse_why: str
    why_left_company: str
    why_not_my_subject: str
    why_other: str
    excuse_words: str
    excuse_named: str
    excuse_name: str
    excuse_email: str
    excuse_phone: str
    excuse_promise: str
    excuse_button: str
    problem_day: str
    problem_number: str
    problem_colleague_name: str
    problem_colleague_email: str
    problem_own_address: str
    problem_too_often: str
    reminded_title: str
    reminded_body: str
    reminded_later: str
    called_title: str
    called_body: str
    called_suits: str
    excused_title: str
    excused_body: str
    excused_named: str
    answer_now: str


@cache
def ways_wording(language: str) -> WaysWording:
    """The words of `language`; English for one that is not there. Raises BadFile when its file is faulty."""
    code = language if language in languages() else FALLBACK
    name = f"{code}.yaml"
    top = read_yaml((WAYS_WORDINGS / name).read_text(encoding="utf-8"), name)
    wanted = [field.name for field in fields(WaysWording)]
    found = {key: place.text() for key, place in top.keys(wanted, wanted).items()}
    top.findings.raise_any()
    return WaysWording(**found)
