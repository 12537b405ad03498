"""In which languages a wave asks, and whether its questionnaire speaks each of them whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError

from surveyd.base.errors import Refused
from surveyd.forms.definition import Questionnaire
from surveyd.forms.texts import missing


@dataclass(frozen=True, slots=True)
class Asked:
    """One language in which people are asked: how many, how many texts it lacks, whether it is signed.

    The language in which the questionnaire was written lacks nothing and needs no signature.
    """

    language: str
    people: int
    missing: int
    is_signed: bool


def asked_languages(
    questionnaire: Questionnaire, wishes: Mapping[str, int], *, fallback: str
) -> tuple[Asked, ...]:
    """The languages in which `questionnaire` asks people, most first.

    `wishes` counts them by the language of the contact; `fallback` serves who has none that it speaks.
    """
    people: Counter[str] = Counter()
    for wanted, count in wishes.items():
        people[language_for(wanted, fallback, questionnaire.languages)] += count
    return tuple(_asked(questionnaire, language, count) for language, count in people.most_common())


def language_for(wanted: str, fallback: str, languages: Sequence[str]) -> str:
    """The wanted language, its main one or `fallback`, whichever is among `languages`, else their first."""
    for tag in (wanted, wanted.split("-")[0].lower(), fallback):
        if tag in languages:
            return tag
    return languages[0]


def refuse_gaps(questionnaire: Questionnaire, asked: Sequence[Asked]) -> None:
    """Raise Refused when somebody would be asked in a language that lacks texts; it says what to do."""
    gaps = [_gap(each) for each in asked if each.missing]
    if gaps:
        raise Refused(
            f"{'; '.join(gaps)}. Translate what {questionnaire.slug} lacks, publish it and let the program"
            " use that version, or change the language of these contacts."
        )


def warnings_of(asked: Sequence[Asked]) -> list[str]:
    """A sentence for each language that nobody has signed."""
    return [
        f"{_people(each.people)} would be asked in {_name(each.language)},"
        " which no native speaker has signed."
        for each in asked
        if not each.is_signed
    ]


def _asked(questionnaire: Questionnaire, language: str, people: int) -> Asked:
    translation = questionnaire.translations.get(language)
    is_source = language == questionnaire.languages[0]
    return Asked(
        language=language,
        people=people,
        missing=len(missing(questionnaire, language)),
        is_signed=is_source or bool(translation and translation.reviewed_by),
    )


def _gap(asked: Asked) -> str:
    texts = "1 text is" if asked.missing == 1 else f"{asked.missing:,} texts are"
    return f"{_people(asked.people)} would be asked in {_name(asked.language)}, in which {texts} missing"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _name(language: str) -> str:
    try:
        return Locale.parse(language, sep="-").english_name or language
    except (UnknownLocaleError, ValueError):
        return language
