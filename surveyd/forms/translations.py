"""How far a questionnaire is spoken in each of its languages."""

from dataclasses import dataclass

from surveyd.forms.definition import Questionnaire
from surveyd.forms.editing import TextPlace, text_places


@dataclass(frozen=True, slots=True)
class Spoken:
    """One language of a questionnaire: how it speaks, who, a native speaker, signed it, what it lacks."""

    language: str
    is_source: bool
    register: str
    reviewed_by: str
    missing: tuple[TextPlace, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every text is there and somebody who speaks it has read it."""
        return not self.missing and (self.is_source or bool(self.reviewed_by))


def spoken(questionnaire: Questionnaire) -> tuple[Spoken, ...]:
    """The languages of a questionnaire, the first one, in which it was written, first."""
    found, places = [], [place for place in text_places(questionnaire) if place.texts]
    for language in questionnaire.languages:
        translation = questionnaire.translations.get(language)
        found.append(
            Spoken(
                language=language,
                is_source=language == questionnaire.languages[0],
                register=translation.register if translation else "",
                reviewed_by=translation.reviewed_by if translation else "",
                missing=tuple(place for place in places if language not in place.texts),
            )
        )
    return tuple(found)
