"""How long it takes: an estimate from the questions, said in the reader's language."""

import pytest

from surveyd.forms.loading import shipped, shipped_names
from surveyd.forms.pace import estimated, said, unseen


@pytest.mark.parametrize(
    ("seconds", "language", "words"),
    [
        (0, "en", "30 seconds"),
        (44, "en", "30 seconds"),
        (46, "en", "1 minute"),
        (75, "de", "1 Minute"),
        (80, "de", "1,5 Minuten"),
        (150, "fr", "2,5 minutes"),
        (150, "es", "2,5 minutos"),
        (150, "ja", "2.5 分"),
        (180, "ar", "3 دقائق"),
        (660, "ar", "11 دقيقة"),
    ],
)
def test_a_time_is_said_in_half_minutes(seconds: int, language: str, words: str) -> None:
    assert said(seconds, language) == words


@pytest.mark.parametrize("name", shipped_names())
def test_every_questionnaire_is_estimated_within_reason(name: str) -> None:
    questionnaire = shipped(name)
    assert 5 <= unseen(questionnaire) <= estimated(questionnaire) <= 360


def test_the_short_form_is_shorter() -> None:
    assert estimated(shipped("relational_short")) < estimated(shipped("relational")) / 2
