"""The fields of the texts of a questionnaire: what stands there, what is typed, what is said beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from surveyd.forms.definition import Questionnaire
from surveyd.forms.editing import TextPlace, text_places

SHORT = ("title", "label", "scale.low_end", "scale.high_end")


@dataclass(frozen=True, slots=True)
class TextField:
    """One text in the form. `theirs` is what somebody else wrote meanwhile, where that is something else."""

    place: TextPlace
    source: str
    now: str
    typed: str
    wrong: str = ""
    theirs: str | None = None

    @property
    def is_short(self) -> bool:
        """Whether one line is enough for it."""
        is_line = self.place.key in SHORT or self.place.key.startswith("options.")
        return is_line and "\n" not in self.typed

    @property
    def is_missing(self) -> bool:
        """Whether the text is there in the first language and not in this one."""
        return bool(self.source) and not self.now


def text_fields(
    state: Questionnaire,
    language: str,
    *,
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    theirs: Mapping[str, str],
) -> list[TextField]:
    """Every text of the questionnaire as a field of this language, with what belongs beside it by path."""
    return [
        TextField(
            place=place,
            source=place.texts.get(state.languages[0], ""),
            now=place.texts.get(language, ""),
            typed=typed.get(place.path, place.texts.get(language, "")),
            wrong=wrong.get(place.path, ""),
            theirs=theirs.get(place.path),
        )
        for place in text_places(state)
    ]
